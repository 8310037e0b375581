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

/* Out of line, each by itself: the register use of the long ones must not tax the short. */
static PLX_NOINLINE bool
take_8(struct plx_ring_mpmc *ring, uint32_t *index)
{
	return plx_ring_mpmc_dequeue_bulk32_mc(ring, index, 8) == 8;
}

static PLX_NOINLINE bool
take_bulk(struct plx_ring_mpmc *ring, uint32_t *index, uint32_t n)
{
	for (unsigned try = 0; try < GAP_TRIES; try++) {
		if (plx_ring_mpmc_dequeue_bulk32_mc(ring, index, n) == n)
			return true;
		if (plx_ring_mpmc_count(ring) < n)
			return false;
		sched_yield();
	}
	return false;
}

static PLX_NOINLINE bool
take_one(struct plx_ring_mpmc *ring, uint32_t *index)
{
	if (PLX_LIKELY(plx_ring_mpmc_dequeue32_mc(ring, index)))
		return true;
	return take_bulk(ring, index, 1);
}

/* The ring has room for every number of the pool, so these cannot fail. */
static PLX_NOINLINE void
give_8(struct plx_ring_mpmc *ring, const uint32_t *index)
{
	plx_ring_mpmc_enqueue_bulk32_mp(ring, index, 8);
}

static PLX_NOINLINE void
give_bulk(struct plx_ring_mpmc *ring, const uint32_t *index, uint32_t n)
{
	plx_ring_mpmc_enqueue_bulk32_mp(ring, index, n);
}

static PLX_NOINLINE void
give_one(struct plx_ring_mpmc *ring, uint32_t index)
{
	plx_ring_mpmc_enqueue32_mp(ring, index);
}

static PLX_NOINLINE uint32_t
take_some(struct plx_ring_mpmc *ring, uint32_t *index, uint32_t n)
{
	return plx_ring_mpmc_dequeue_burst32_mc(ring, index, n);
}

/* More than a cache is meant for: what it has, and the rest from the ring. */
static bool
take_many(struct plx_pool *pool, struct plx_pool_cache *cache, uint32_t *index, uint32_t n)
{
	uint32_t cached = cache->len < n ? cache->len : n;

	if (!take_bulk(pool->priv->free, index + cached, n - cached))
		return false;
	cache->len -= cached;
	memcpy(index, cache->index + cache->len, cached * sizeof(*index));
	return true;
}

/* The cache has too few: fill it up to its size beyond what is asked for. */
static PLX_NOINLINE bool
refill_and_take(struct plx_pool *pool, struct plx_pool_cache *cache, uint32_t *index, uint32_t n)
{
	struct plx_ring_mpmc *ring = pool->priv->free;
	uint32_t size = pool->priv->cache_size;

	if (n > size)
		return take_many(pool, cache, index, n);
	if (cache->len < n)
		cache->len += take_some(ring, cache->index + cache->len, size + n - cache->len);
	if (cache->len < n) {
		if (!take_bulk(ring, cache->index + cache->len, n - cache->len))
			return false;
		cache->len = n;
	}
	cache->len -= n;
	memcpy(index, cache->index + cache->len, n * sizeof(*index));
	return true;
}

bool
plx_pool_get_slow(struct plx_pool *pool, uint32_t *index, uint32_t n)
{
	struct plx_pool_cache *cache = plx_pool_cache_here(pool);

	if (cache != NULL)
		return refill_and_take(pool, cache, index, n);
	if (n == 1)
		return take_one(pool->priv->free, index);
	/* A driver's usual step, worth a copy whose length the compiler knows. */
	if (n == 8 && take_8(pool->priv->free, index))
		return true;
	return take_bulk(pool->priv->free, index, n);
}

/* The coldest numbers go, those at the bottom. */
static void
flush_bottom(struct plx_pool *pool, struct plx_pool_cache *cache, uint32_t n)
{
	give_bulk(pool->priv->free, cache->index, n);
	cache->len -= n;
	memmove(cache->index, cache->index + n, cache->len * sizeof(*cache->index));
}

static PLX_NOINLINE void
flush_and_put(struct plx_pool *pool, struct plx_pool_cache *cache, const uint32_t *index,
	      uint32_t n)
{
	uint32_t size = pool->priv->cache_size;

	if (n > size) {
		give_bulk(pool->priv->free, index, n);
		return;
	}
	if (cache->len + n > cache->flush_at)
		flush_bottom(pool, cache, cache->len + n - size);
	memcpy(cache->index + cache->len, index, n * sizeof(*index));
	cache->len += n;
}

void
plx_pool_put_slow(struct plx_pool *pool, const uint32_t *index, uint32_t n)
{
	struct plx_pool_cache *cache = plx_pool_cache_here(pool);

	if (cache != NULL)
		flush_and_put(pool, cache, index, n);
	else if (n == 1)
		give_one(pool->priv->free, *index);
	else if (n == 8)
		give_8(pool->priv->free, index);
	else
		give_bulk(pool->priv->free, index, n);
}

void
plx_pool_cache_flush(struct plx_pool *pool)
{
	struct plx_pool_cache *cache = plx_pool_cache_here(pool);

	if (cache != NULL && cache->len > 0)
		flush_bottom(pool, cache, cache->len);
}
