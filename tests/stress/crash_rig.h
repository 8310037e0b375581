/* SPDX-License-Identifier: BSD-3-Clause */
/* The master of the crash tests; one in a process. */
#ifndef PLX_TESTS_STRESS_CRASH_RIG_H
#define PLX_TESTS_STRESS_CRASH_RIG_H

#include "crash.h"
#include "plx_mbuf.h"

#define CRASH_PORTS 2 /* into the cluster and out of it */

struct crash_rig {
	struct plx_pool *pool;
	struct plx_cluster_port near[CRASH_PORTS];
	uint16_t far[CRASH_PORTS];
	struct plx_cluster *cluster;
	uint8_t frame[CRASH_FRAME];
	uint32_t number;	   /* of the next packet */
	uint64_t came_out, beyond; /* of those, with bytes behind their buffers */
};
extern struct crash_rig crash_rig;

/* EAL, pool, ports and door; the cluster is the caller's to make. */
int crash_rig_open(struct plx_why *why);
void crash_rig_close(void);

/* A round of the master, with more packets in front or only what is there. Returns what it moved. */
unsigned crash_rig_turn(bool more);

#endif
