/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pools for the headers of clones. A device may hold clones when the cluster that made them ends, so that a pool can outlive its
 * cluster: the next one takes it over.
 */
#include "cluster_priv.h"

#include <errno.h>
#include <stdio.h>

#define CLONES	     4096
#define CLUSTERS_MAX 64

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t used; /* a bit for each that a living cluster has */

static void
name_of(unsigned i, char name[PLX_POOL_NAME_MAX])
{
	snprintf(name, PLX_POOL_NAME_MAX, "cluster.clones.%u", i);
}

static int
take(unsigned i, struct plx_pool **ret_pool, struct plx_why *why)
{
	char name[PLX_POOL_NAME_MAX];
	struct plx_pool_params params = {
		.name = name,
		.n = CLONES,
		.buf_size = PLX_MBUF_HEADROOM + PLX_CACHE_LINE,
		.cache = 128,
		.node = PLX_NODE_ANY,
	};

	name_of(i, name);
	*ret_pool = plx_pool_lookup(name);
	return *ret_pool != NULL ? 0 : plx_pool_create(&params, ret_pool, why);
}

int
clones_get(struct plx_pool **ret_pool, struct plx_why *why)
{
	int ret;

	pthread_mutex_lock(&lock);
	if (used == UINT64_MAX) {
		ret = plx_why(why, -ENOSPC, "%u clusters that send in one program", CLUSTERS_MAX);
	} else {
		unsigned i = (unsigned)__builtin_ctzll(~used);

		ret = take(i, ret_pool, why);
		if (ret == 0)
			used |= 1ULL << i;
	}
	pthread_mutex_unlock(&lock);
	return ret;
}

void
clones_put(struct plx_pool *pool)
{
	pthread_mutex_lock(&lock);
	for (unsigned i = 0; i < CLUSTERS_MAX && pool != NULL; i++) {
		char name[PLX_POOL_NAME_MAX];

		name_of(i, name);
		if (plx_pool_lookup(name) != pool)
			continue;
		if (plx_pool_in_use(pool) == 0)
			plx_pool_destroy(pool, NULL);
		used &= ~(1ULL << i);
		break;
	}
	pthread_mutex_unlock(&lock);
}
