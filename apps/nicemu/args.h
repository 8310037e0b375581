/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From words to struct nicemu_args. There are two forms:
 *
 *	plx-nicemu -s /run/nic.sock -t nic0 -n 10.0.0.1/24	no "--": all options are the program's own
 *	plx-nicemu --vdev net_null0 -- --nic socket=/run/a.sock	"--": those in front of it are the EAL's
 */
#ifndef PLX_APPS_NICEMU_ARGS_H
#define PLX_APPS_NICEMU_ARGS_H

#include "nicemu.h"

/* argv[0] is not looked at. 0, or -EINVAL with a sentence that names the option. */
int args_parse(int argc, char **argv, struct nicemu_args *args, struct plx_why *why);
void args_usage(FILE *out);

#define ARGS_EAL_MAX 8
/* What the EAL is told in the short form: one lcore, no devices but what is asked for. Ends with NULL; how many. */
int args_of_eal(char *program, char *ret_argv[ARGS_EAL_MAX]);

#endif
