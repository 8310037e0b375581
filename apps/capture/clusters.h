/* SPDX-License-Identifier: BSD-3-Clause */
/* -i cluster:10: this program as a worker of a cluster that another program is master of, each a net_cluster of ours. */
#ifndef PLX_APPS_CAPTURE_CLUSTERS_H
#define PLX_APPS_CAPTURE_CLUSTERS_H

#include "eal_args.h"
#include "settings.h"

/* Whether -i names a cluster. */
bool clusters_is_name(const char *name);

/*
 * A device for "cluster:10" or "cluster:10@2". The filter goes with it where that can be, so that the master queues nothing else. What
 * the master refuses is told when the device is made. -ENOTSUP with a sentence for what cannot be asked of a cluster.
 */
int clusters_add(struct eal_args *args, const struct settings *settings, const char *name,
		 struct plx_why *why);

/* Lists those that run, as -D does interfaces. */
void clusters_print(FILE *out);

#endif
