/* SPDX-License-Identifier: BSD-3-Clause */
/* What both sides of bench_cluster do alike: packets of many flows, workers that read a byte of each, and the clock. */
#ifndef PLX_BENCH_BENCH_CLUSTER_H
#define PLX_BENCH_BENCH_CLUSTER_H

#include <pollux/plx_base.h>

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define CLUSTER_BURST	    32
#define CLUSTER_FLOWS	    1024
#define CLUSTER_POOL	    16384
#define CLUSTER_CACHE	    256
#define CLUSTER_QUEUE	    1024
#define CLUSTER_WORKERS_MAX 4
#define CLUSTER_CROWD	    64 /* workers at most, where there is no peer */
#define CLUSTER_LEN	    64
#define CLUSTER_MS	    120
#define CLUSTER_WORKER_CPU  1 /* of all workers; the main thread is on 0 */

/* One row: how many workers, and what each packet is for. */
struct cluster_case {
	unsigned workers;
	bool fanout;
	bool processes; /* ours only: the peers' workers are threads all the same */
	bool turns; /* all in the main thread: what it costs when nobody waits for a line or a processor */
};

/* UDP over IPv4: `flow` is the end of the source address. */
static inline void
cluster_frame(uint8_t *bytes, uint32_t flow)
{
	static const uint8_t frame[CLUSTER_LEN] PLX_CACHE_ALIGNED = {
		2,    0, 0,  0,	 0, 2, 2,  0, 0, 0, 0,	1, 8, 0, 0x45, 0, 0, 50, 0, 0,
		0x40, 0, 64, 17, 0, 0, 10, 0, 0, 0, 10, 1, 0, 1, 4,    0, 0, 53, 0, 30,
	};

	memcpy(bytes, frame, sizeof(frame));
	memcpy(bytes + 28, &flow, 2);
}

/* What a worker does with a packet. */
static inline uint64_t
cluster_look(const uint8_t *bytes)
{
	return bytes[28];
}

/* A worker's count, on a line of its own. */
struct cluster_count {
	uint64_t packets;
	uint64_t sum;
} PLX_CACHE_ALIGNED;

/* Millions of packets a second that workers were done with, or a negative value. */
double cluster_ours(const void *arg);
double cluster_rings(const void *arg);
double cluster_distributor(const void *arg);

int cluster_ours_begin(void);
int cluster_dpdk_begin(void);

#endif
