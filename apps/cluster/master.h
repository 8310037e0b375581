/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The master: ports, the cluster over them, and the lcores that run it.
 *
 *	main lcore: waits, tells, answers (main.c)		control thread: slaves that come and go
 *	rx lcore:   ports --> cluster --> lanes of slaves	tx lcore, if there is one: --> ports
 */
#ifndef PLX_APPS_CLUSTER_MASTER_H
#define PLX_APPS_CLUSTER_MASTER_H

#include "rules.h"
#include "settings.h"

#include <pollux/plx_cluster.h>

/* How --forward decides. One that the lcore uses is not written by others: the next mode has the other one. */
struct master_way {
	int mode;
	uint64_t all; /* places */
	uint64_t forward_to[PLX_CLUSTER_PORTS_MAX];
	uint64_t round; /* of the lcore that distributes */
};

struct master {
	struct settings settings;
	struct rules rules;
	struct plx_pool *pool; /* NULL: ports are closed */
	struct plx_cluster *cluster;
	struct plx_cluster_port ports[PLX_CLUSTER_PORTS_MAX]; /* all there are, in order */
	uint32_t nb_ports;
	uint32_t rx_lcore, tx_lcore; /* tx_lcore: PLX_LCORE_NONE if there is none */
	bool running;
	uint64_t began_ns;
	struct master_way ways[2];
	unsigned way; /* the one in use */
};

/* Everything here: Thread: main. */

/* Ports, rules and cluster; slaves can come. An error undoes all. */
int master_open(struct master *master, const struct settings *settings, struct plx_why *why);

/* The lcores begin. */
int master_start(struct master *master, struct plx_why *why);

/* What settings_set_mode, _groups and _forward are. */
typedef int (*master_set_fn)(struct settings *settings, const char *word, struct plx_why *why);

/* Another distribution, while packets come. An error leaves it as it was: -EINVAL, -ENOMEM. */
int master_change(struct master *master, master_set_fn set, const char *word, struct plx_why *why);

/* The lcores end; slaves are still there, and the books do not change any more but by them. */
void master_stop(struct master *master);

/* Slaves are told that it is over. The ports are stopped and still have their figures. */
void master_end_cluster(struct master *master);

/* The rest. -EBUSY if buffers are lost. */
int master_close(struct master *master, struct plx_why *why);

/* The same for one that was not started, or not even opened: whatever there is of it goes. */
void master_undo(struct master *master);

/* Slaves that are there now. */
uint32_t master_slaves(const struct master *master);

#endif
