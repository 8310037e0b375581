/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pools: making and unmaking them, and the table that finds them. A pool is two zones: the data, which
 * devices and other processes may see, and the rest, which is this program's own:
 *
 *	meta   [headers n * 64][ring of numbers][caches, one a lcore][notes, if built with mbuf_debug]
 *	data   [buffer 0][buffer 1] ...
 */
#include "pool_priv.h"

#include "plx_bits.h"
#include "plx_log.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

PLX_LOG_COMPONENT(pool_log, "lib.mbuf.pool");

struct plx_pool *plx_pool_table[PLX_POOL_MAX];
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned next_order;

/* Where the parts of the meta zone lie. */
struct layout {
	size_t ring, caches, notes, end;
	uint32_t cache_stride;
	uint32_t nb_caches;
};

static int
check_params(struct plx_pool_params *p, struct plx_why *why)
{
	if (p->name == NULL || p->name[0] == '\0' || strlen(p->name) >= PLX_POOL_NAME_MAX)
		return plx_why(why, -EINVAL, "pool: the name must have 1 to %d characters",
			       PLX_POOL_NAME_MAX - 1);
	if (p->n == 0 || p->n > PLX_POOL_N_MAX)
		return plx_why(why, -EINVAL, "pool %s: %" PRIu32 " buffers; 1 to %u are possible",
			       p->name, p->n, PLX_POOL_N_MAX);
	if (p->headroom == 0)
		p->headroom = PLX_MBUF_HEADROOM;
	if (p->buf_size == 0)
		p->buf_size = 2048u + p->headroom;
	if (p->buf_size < 64 || p->buf_size > UINT16_MAX)
		return plx_why(why, -EINVAL,
			       "pool %s: buffers of %" PRIu32 " bytes; 64 to 65535 are possible",
			       p->name, p->buf_size);
	if (p->headroom > p->buf_size)
		p->headroom = (uint16_t)p->buf_size;
	if (p->cache > PLX_POOL_CACHE_MAX || p->cache > p->n / 2)
		return plx_why(why, -EINVAL,
			       "pool %s: a cache of %u buffers an lcore; at most %u and "
			       "half of the pool's %" PRIu32 " are possible",
			       p->name, p->cache, PLX_POOL_CACHE_MAX, p->n);
	if (p->stride == 0 && plx_iova_mode() == PLX_IOVA_PA) {
		/* No buffer crosses a huge page: the next one may be anywhere. */
		p->stride = (uint32_t)plx_pow2_ceil(p->buf_size);
	} else if (p->stride == 0) {
		/* An odd number of cache lines: heads of packets then spread over all cache sets. */
		p->stride = (uint32_t)plx_align_up(p->buf_size, PLX_CACHE_LINE);
		if (p->stride / PLX_CACHE_LINE % 2 == 0)
			p->stride += PLX_CACHE_LINE;
	}
	if (p->stride % PLX_CACHE_LINE != 0 || p->stride < p->buf_size)
		return plx_why(why, -EINVAL,
			       "pool %s: a stride of %" PRIu32 " bytes; it must be a "
			       "multiple of %d and not below the buffer size %" PRIu32,
			       p->name, p->stride, PLX_CACHE_LINE, p->buf_size);
	if (plx_iova_mode() == PLX_IOVA_PA && !plx_is_pow2(p->stride))
		return plx_why(why, -EINVAL,
			       "pool %s: a stride of %" PRIu32 " bytes; where devices are given "
			       "physical addresses it must be a power of two",
			       p->name, p->stride);
	return 0;
}

static struct layout
lay_out(const struct plx_pool_params *p)
{
	struct layout at = {0};
	size_t end = (size_t)p->n * sizeof(struct plx_mbuf);

	at.ring = end;
	end = plx_align_up(
		end + plx_ring_mpmc_size((uint32_t)plx_pow2_ceil(p->n), sizeof(uint32_t)),
		PLX_CACHE_LINE);
	at.caches = end;
	if (p->cache > 0) {
		/* Capacity is twice the size; a line apart from the neighbour's. */
		at.cache_stride = (uint32_t)plx_align_up(sizeof(struct plx_pool_cache) +
								 2 * p->cache * sizeof(uint32_t) +
								 PLX_CACHE_LINE,
							 PLX_CACHE_LINE);
		PLX_LCORE_FOREACH(lcore)
			at.nb_caches = lcore + 1;
		end += (size_t)at.cache_stride * at.nb_caches;
	}
	at.notes = end;
	if (PLX_MBUF_DEBUG)
		end += (size_t)p->n * sizeof(struct plx_pool_note);
	at.end = end;
	return at;
}

static int
reserve(struct plx_pool_private *priv, const struct plx_pool_params *p, const struct layout *at,
	struct plx_why *why)
{
	char name[PLX_ZONE_NAME_MAX];
	int ret;

	snprintf(name, sizeof(name), "%s.data", p->name);
	ret = plx_zone_reserve_dma(name, (size_t)p->n * p->stride, p->node, PLX_ZONE_BUFFERS,
				   &priv->data, why);
	if (ret != 0)
		return plx_why_prefix(why, ret, "pool %s: ", p->name);
	snprintf(name, sizeof(name), "%s.meta", p->name);
	ret = plx_zone_reserve(name, at->end, p->node, &priv->meta, why);
	if (ret != 0)
		return plx_why_prefix(why, ret, "pool %s: ", p->name);
	return 0;
}

static void
fill(struct plx_pool *pool, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct plx_mbuf *m = &pool->headers[i];

		m->buf = plx_pool_data(pool, i);
		m->refcnt = 1;
		m->nb_segs = 1;
		m->pool_id = pool->id;
		m->port = UINT16_MAX;
		plx_ring_mpmc_enqueue_bulk32_mp(pool->priv->free, &i, 1);
	}
}

static int
take_slot(struct plx_pool *pool, const char *name, struct plx_why *why)
{
	int slot = -ENOSPC;

	pthread_mutex_lock(&table_lock);
	for (int i = PLX_POOL_MAX - 1; i >= 0; i--) {
		if (plx_pool_table[i] == NULL) {
			slot = slot == -EEXIST ? slot : i;
		} else if (strcmp(plx_pool_table[i]->priv->name, name) == 0) {
			slot = -EEXIST;
		}
	}
	if (slot >= 0) {
		pool->id = (uint16_t)slot;
		pool->priv->order = next_order++;
		plx_pool_table[slot] = pool;
	}
	pthread_mutex_unlock(&table_lock);
	if (slot == -EEXIST)
		return plx_why(why, slot, "pool %s: there is one of that name", name);
	if (slot < 0)
		return plx_why(why, slot, "pool %s: %d pools are the most", name, PLX_POOL_MAX);
	return 0;
}

static void
leave_slot(struct plx_pool *pool)
{
	pthread_mutex_lock(&table_lock);
	plx_pool_table[pool->id] = NULL;
	pthread_mutex_unlock(&table_lock);
}

static void
place(struct plx_pool *pool, const struct plx_pool_params *p, const struct layout *at)
{
	uint8_t *meta = pool->priv->meta->addr;

	pool->headers = (struct plx_mbuf *)(void *)meta;
	pool->data = pool->priv->data->addr;
	pool->n = p->n;
	pool->stride = p->stride;
	pool->buf_size = p->buf_size;
	pool->headroom = p->headroom;
	pool->caches = meta + at->caches;
	pool->cache_stride = at->cache_stride;
	pool->nb_caches = at->nb_caches;
	pool->priv->cache_size = p->cache;
	pool->page_iova = plx_zone_page_iova(pool->priv->data, &pool->page_shift);
	pool->priv->free = (struct plx_ring_mpmc *)(void *)(meta + at->ring);
	if (PLX_MBUF_DEBUG)
		pool->notes = (struct plx_pool_note *)(void *)(meta + at->notes);
	for (uint32_t i = 0; i < pool->nb_caches; i++)
		pool_cache_at(pool, i)->flush_at = 2u * p->cache;
}

int
plx_pool_create(const struct plx_pool_params *params, struct plx_pool **ret_pool,
		struct plx_why *why)
{
	struct plx_pool_params p = *params;
	struct plx_pool *pool;
	struct layout at;
	int ret;

	ret = check_params(&p, why);
	if (ret != 0)
		return ret;
	pool = aligned_alloc(PLX_CACHE_LINE, plx_align_up(sizeof(*pool), PLX_CACHE_LINE));
	if (pool == NULL)
		return plx_why(why, -ENOMEM, "pool %s: out of memory", p.name);
	memset(pool, 0, sizeof(*pool));
	pool->priv = calloc(1, sizeof(*pool->priv));
	if (pool->priv == NULL) {
		ret = plx_why(why, -ENOMEM, "pool %s: out of memory", p.name);
		goto free_pool;
	}
	snprintf(pool->priv->name, sizeof(pool->priv->name), "%s", p.name);
	ret = take_slot(pool, p.name, why);
	if (ret != 0)
		goto free_private;
	at = lay_out(&p);
	ret = reserve(pool->priv, &p, &at, why);
	if (ret != 0)
		goto free_zones;
	place(pool, &p, &at);
	ret = plx_ring_mpmc_init(pool->priv->free, (uint32_t)plx_pow2_ceil(p.n), sizeof(uint32_t));
	if (ret != 0)
		goto free_zones;
	fill(pool, p.n);
	*ret_pool = pool;
	return 0;

free_zones:
	plx_zone_free(pool->priv->meta);
	plx_zone_free(pool->priv->data);
	leave_slot(pool);
free_private:
	free(pool->priv);
free_pool:
	free(pool);
	return ret;
}

int
plx_pool_destroy(struct plx_pool *pool, struct plx_why *why)
{
	uint32_t out;

	if (pool == NULL)
		return 0;
	out = plx_pool_in_use(pool);
	if (out > 0) {
		plx_pool_log_holders(pool, &pool_log);
		return plx_why(
			why, -EBUSY, "pool %s: %" PRIu32 " of %" PRIu32 " buffers are still out%s",
			pool->priv->name, out, pool->n,
			PLX_MBUF_DEBUG ? "; the log names who holds them"
				       : "; a build with -Dmbuf_debug=true names who holds them");
	}
	plx_zone_free(pool->priv->meta);
	plx_zone_free(pool->priv->data);
	leave_slot(pool);
	free(pool->priv);
	free(pool);
	return 0;
}

struct plx_pool *
plx_pool_lookup(const char *name)
{
	struct plx_pool *found = NULL;

	pthread_mutex_lock(&table_lock);
	for (unsigned i = 0; i < PLX_POOL_MAX && found == NULL; i++) {
		struct plx_pool *pool = plx_pool_table[i];

		if (pool != NULL && strcmp(pool->priv->name, name) == 0)
			found = pool;
	}
	pthread_mutex_unlock(&table_lock);
	return found;
}

struct plx_pool *
plx_pool_at(unsigned wanted)
{
	struct plx_pool *found = NULL;
	unsigned older;

	pthread_mutex_lock(&table_lock);
	for (unsigned i = 0; i < PLX_POOL_MAX && found == NULL; i++) {
		if (plx_pool_table[i] == NULL)
			continue;
		older = 0;
		for (unsigned j = 0; j < PLX_POOL_MAX; j++)
			older += plx_pool_table[j] != NULL &&
				 plx_pool_table[j]->priv->order < plx_pool_table[i]->priv->order;
		if (older == wanted)
			found = plx_pool_table[i];
	}
	pthread_mutex_unlock(&table_lock);
	return found;
}

const char *
plx_pool_name(const struct plx_pool *pool)
{
	return pool->priv->name;
}

const struct plx_zone *
plx_pool_zone(const struct plx_pool *pool)
{
	return pool->priv->data;
}
