/* SPDX-License-Identifier: BSD-3-Clause */
/* What a bouncer consists of. */
#ifndef PLX_LIB_CLUSTER_BOUNCER_PRIV_H
#define PLX_LIB_CLUSTER_BOUNCER_PRIV_H

#include "plx_bouncer.h"

/* One way; written by the thread that polls. */
struct way {
	struct plx_bouncer_port from, to;
	struct plx_bouncer_stats stats;
} PLX_CACHE_ALIGNED;

struct plx_bouncer {
	struct way ways[PLX_BOUNCER_WAYS];
	unsigned begin, end; /* the ways that it goes */
	uint16_t burst;
	uint16_t nb_others;
	bool decides; /* one of these two is there */
	uint32_t retries, retry_delay_us;
	plx_bouncer_decide_fn decide;
	plx_bouncer_decide_one_fn decide_one;
	void *arg;
	struct plx_bouncer_port others[PLX_BOUNCER_OTHERS_MAX];
	bool broken PLX_CACHE_ALIGNED; /* by any thread */
};

#endif
