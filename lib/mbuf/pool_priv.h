/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of lib/mbuf share about pools. */
#ifndef PLX_LIB_MBUF_POOL_PRIV_H
#define PLX_LIB_MBUF_POOL_PRIV_H

#include "plx_mbuf.h"
#include "plx_ring_mpmc.h"
#include "plx_zone.h"

struct plx_pool_private {
	char name[PLX_POOL_NAME_MAX];
	struct plx_ring_mpmc *free; /* numbers at home and in no cache; room for all */
	const struct plx_zone *data;
	const struct plx_zone *meta; /* headers, ring, caches, notes */
	uint32_t cache_size;
	unsigned order; /* of creation */
};

struct plx_log;

/* Tells the log how many buffers are out, and with mbuf_debug who holds them. */
void plx_pool_log_holders(const struct plx_pool *pool, struct plx_log *log);

static inline struct plx_pool_cache *
pool_cache_at(const struct plx_pool *pool, uint32_t lcore)
{
	return (struct plx_pool_cache *)(void *)(pool->caches + (size_t)lcore * pool->cache_stride);
}

#endif
