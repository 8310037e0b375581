/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Between a lcore's cache and the shared ring: refill and flush, both in strides of the cache size, so that
 * the ring is touched once for many buffers. A cache holds up to twice its size; a refill leaves it at the
 * size, a flush too, so alternating alloc and free of any burst stays inside it.
 */
#include "pool_priv.h"

#include <sched.h>

/*
 * A thread may be preempted between taking its place in the ring and writing its numbers; what it frees,
 * and what others free behind it, is then invisible for a moment. The pool is not empty, so let it run.
 */
#define GAP_TRIES 8

static bool
ring_take(struct plx_pool *pool, uint32_t *index, uint32_t n)
{
	struct plx_ring_mpmc *ring = pool->priv->free;

	for (unsigned try = 0; try < GAP_TRIES; try++) {
		if (plx_ring_mpmc_dequeue_bulk32_mc(ring, index, n) == n)
			return true;
		if (plx_ring_mpmc_count(ring) < n)
			return false;
		sched_yield();
	}
	return false;
}

/* The ring has room for every number of the pool, so this cannot fail. */
static void
ring_give(struct plx_pool *pool, const uint32_t *index, uint32_t n)
{
	plx_ring_mpmc_enqueue_bulk32_mp(pool->priv->free, index, n);
}

/* More than a cache is meant for: what it has, and the rest from the ring. */
static bool
take_many(struct plx_pool *pool, struct plx_pool_cache *cache, uint32_t *index, uint32_t n)
{
	uint32_t cached = cache->len < n ? cache->len : n;

	if (!ring_take(pool, index + cached, n - cached))
		return false;
	cache->len -= cached;
	memcpy(index, cache->index + cache->len, cached * sizeof(*index));
	return true;
}

bool
plx_pool_get_slow(struct plx_pool *pool, uint32_t *index, uint32_t n)
{
	struct plx_pool_cache *cache = plx_pool_cache_here(pool);
	uint32_t size = pool->priv->cache_size;
	uint32_t missing;

	if (cache == NULL)
		return ring_take(pool, index, n);
	if (n > size)
		return take_many(pool, cache, index, n);
	if (cache->len < n) {
		cache->len += plx_ring_mpmc_dequeue_burst32_mc(
			pool->priv->free, cache->index + cache->len, size + n - cache->len);
		missing = cache->len < n ? n - cache->len : 0;
		if (missing > 0) {
			if (!ring_take(pool, cache->index + cache->len, missing))
				return false;
			cache->len += missing;
		}
	}
	cache->len -= n;
	memcpy(index, cache->index + cache->len, n * sizeof(*index));
	return true;
}

/* The coldest numbers go, those at the bottom. */
static void
flush_bottom(struct plx_pool *pool, struct plx_pool_cache *cache, uint32_t n)
{
	ring_give(pool, cache->index, n);
	cache->len -= n;
	memmove(cache->index, cache->index + n, cache->len * sizeof(*cache->index));
}

void
plx_pool_put_slow(struct plx_pool *pool, const uint32_t *index, uint32_t n)
{
	struct plx_pool_cache *cache = plx_pool_cache_here(pool);
	uint32_t size = pool->priv->cache_size;

	if (cache == NULL || n > size) {
		ring_give(pool, index, n);
		return;
	}
	if (cache->len + n > cache->flush_at)
		flush_bottom(pool, cache, cache->len + n - size);
	memcpy(cache->index + cache->len, index, n * sizeof(*index));
	cache->len += n;
}

void
plx_pool_cache_flush(struct plx_pool *pool)
{
	struct plx_pool_cache *cache = plx_pool_cache_here(pool);

	if (cache != NULL && cache->len > 0)
		flush_bottom(pool, cache, cache->len);
}
