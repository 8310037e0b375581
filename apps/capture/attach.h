/* SPDX-License-Identifier: BSD-3-Clause */
/* --attach: ports of running programs, each a net_attach of ours. */
#ifndef PLX_APPS_CAPTURE_ATTACH_H
#define PLX_APPS_CAPTURE_ATTACH_H

#include "devices.h"

/*
 * PROGRAM[:PORT,..]: a device for each of the ports, which are named or numbered; without any, for all there are. -ENOENT
 * with the programs that run, -ENODEV with the ports there are, or what the program answered.
 */
int attach_add(struct eal_args *args, const struct settings *settings, const char *word,
	       struct plx_why *why);

/* Lists what --attach may name, as -D does interfaces. */
void attach_print(FILE *out);

#endif
