/* SPDX-License-Identifier: BSD-3-Clause */
/* What ports of net_cluster know of the cluster whose workers they are. */
#ifndef PLX_DRIVERS_NET_CLUSTER_PLX_NET_CLUSTER_H
#define PLX_DRIVERS_NET_CLUSTER_PLX_NET_CLUSTER_H

#include "plx_base.h"

PLX_BEGIN_DECLS

struct plx_net_cluster_facts {
	char name[64];	    /* as it was asked for: "cluster:10", "cluster:10@2" */
	const char *filter; /* that the master asks first, "" if none; lives as long as the port */
	uint64_t filtered;  /* packets that did not match it, as the masters told */
	unsigned places;    /* that the port wants */
	unsigned taken; /* that it has: fewer while a master is gone and not all of its was read */
	uint64_t masters; /* places taken so far: more than `places` if masters came and went */
};

/* -ENODEV for ports of other drivers. Thread: any that keeps the port from being detached. Path: slow. */
int plx_net_cluster_facts(uint16_t port, struct plx_net_cluster_facts *ret_facts);

PLX_END_DECLS

#endif
