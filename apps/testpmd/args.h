/* SPDX-License-Identifier: BSD-3-Clause */
/* From words behind "--" to struct testpmd_args. */
#ifndef PLX_APPS_TESTPMD_ARGS_H
#define PLX_APPS_TESTPMD_ARGS_H

#include "testpmd.h"

#include <stdio.h>

/* argv[0] is not looked at. 0, or -EINVAL with a why that names the option. */
int args_parse(int argc, char **argv, struct testpmd_args *args, struct plx_why *why);
void args_usage(FILE *out);

/*
 * For somebody who left out "--": the first word of argv that is an option of ours but not of the EAL's, NULL
 * if there is none or there is a "--". *ret_at is its place.
 */
const char *args_misplaced(int argc, char **argv, int *ret_at);

#endif
