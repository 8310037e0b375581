/* SPDX-License-Identifier: BSD-3-Clause */
/* From words behind "--" to struct testpmd_args. */
#ifndef PLX_APPS_TESTPMD_ARGS_H
#define PLX_APPS_TESTPMD_ARGS_H

#include "testpmd.h"

#include <stdio.h>

/* argv[0] is not looked at. 0, or -EINVAL with a why that names the option. */
int args_parse(int argc, char **argv, struct testpmd_args *args, struct plx_why *why);
void args_usage(FILE *out);

#endif
