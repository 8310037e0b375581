/* SPDX-License-Identifier: BSD-3-Clause */
/* What -i names, in the EAL's words: apps/common/port_word.h. */
#ifndef PLX_APPS_CLUSTER_PORTS_H
#define PLX_APPS_CLUSTER_PORTS_H

#include "eal_args.h"
#include "settings.h"

/*
 * Makes the EAL's arguments from argv[0..at), which ends where "--" stood, and the settings. Without "--" these are few lcores, no load
 * while nothing comes, and no PCI devices but those named. -ENODEV, -EINVAL or -ENOTSUP with a sentence when there is no such port.
 * eal_args_fini gives all back, also after an error.
 */
int ports_args(struct eal_args *args, const struct settings *settings, int at, char **argv,
	       struct plx_why *why);

#endif
