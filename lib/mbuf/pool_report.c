/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a pool's buffers are: counts, an audit of every invariant, and who holds what. */
#include "pool_priv.h"

#include "plx_log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

PLX_LOG_COMPONENT(note_log, "lib.mbuf");

static uint32_t
in_caches(const struct plx_pool *pool)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < pool->nb_caches; i++)
		n += pool_cache_at(pool, i)->len;
	return n;
}

uint32_t
plx_pool_available(const struct plx_pool *pool)
{
	uint32_t home = (uint32_t)plx_ring_mpmc_count(pool->priv->free) + in_caches(pool);

	return home < pool->n ? home : pool->n;
}

void
plx_pool_info(const struct plx_pool *pool, struct plx_pool_info *ret_info)
{
	const struct plx_pool_private *priv = pool->priv;
	uint32_t cached = in_caches(pool), ring = (uint32_t)plx_ring_mpmc_count(priv->free);

	/* While others take and give, a buffer may be seen in both places: the sum holds all the same. */
	if (cached > pool->n)
		cached = pool->n;
	if (ring > pool->n - cached)
		ring = pool->n - cached;
	*ret_info = (struct plx_pool_info){
		.n = pool->n,
		.in_ring = ring,
		.in_caches = cached,
		.out = pool->n - cached - ring,
		.cache = priv->cache_size,
		.buf_size = pool->buf_size,
		.stride = pool->stride,
		.headroom = pool->headroom,
		.bytes = priv->data->len + priv->meta->len,
		.node = priv->data->node,
	};
	snprintf(ret_info->name, sizeof(ret_info->name), "%s", priv->name);
}

uint32_t
plx_pool_in_use(const struct plx_pool *pool)
{
	return pool->n - plx_pool_available(pool);
}

/* -- audit ------------------------------------------------------------------------------------------- */

static int
audit_number(const struct plx_pool *pool, uint8_t *seen, uint32_t index, struct plx_why *why)
{
	const struct plx_mbuf *m;

	if (index >= pool->n)
		return plx_why(why, -EUCLEAN,
			       "pool %s: number %" PRIu32 " of %" PRIu32 " in a free list",
			       pool->priv->name, index, pool->n);
	if (seen[index])
		return plx_why(why, -EUCLEAN, "pool %s: buffer %" PRIu32 " was freed twice",
			       pool->priv->name, index);
	seen[index] = 1;
	m = plx_pool_mbuf(pool, index);
	if (plx_mbuf_state(m) != plx_mbuf_state_plain(pool->id) || m->next != NULL ||
	    m->buf != plx_pool_data(pool, index))
		return plx_why(why, -EUCLEAN,
			       "pool %s: buffer %" PRIu32 " was changed after it was freed",
			       pool->priv->name, index);
	return 0;
}

static int
audit_ring(const struct plx_pool *pool, uint8_t *seen, struct plx_why *why)
{
	uint32_t count = (uint32_t)plx_ring_mpmc_count(pool->priv->free);
	uint32_t index;
	int ret = 0;

	/* Once around: every number goes back to the end. */
	for (uint32_t i = 0; i < count; i++) {
		if (plx_ring_mpmc_dequeue_bulk32_mc(pool->priv->free, &index, 1) != 1)
			return plx_why(why, -EUCLEAN, "pool %s: the free ring lost an entry",
				       pool->priv->name);
		if (ret == 0)
			ret = audit_number(pool, seen, index, why);
		plx_ring_mpmc_enqueue_bulk32_mp(pool->priv->free, &index, 1);
	}
	return ret;
}

int
plx_pool_audit(const struct plx_pool *pool, struct plx_why *why)
{
	uint8_t *seen = calloc(pool->n, 1);
	int ret;

	if (seen == NULL)
		return plx_why(why, -ENOMEM, "pool %s: no memory for the audit", pool->priv->name);
	ret = audit_ring(pool, seen, why);
	for (uint32_t lcore = 0; lcore < pool->nb_caches; lcore++) {
		const struct plx_pool_cache *cache = pool_cache_at(pool, lcore);

		for (uint32_t i = 0; i < cache->len && ret == 0; i++)
			ret = audit_number(pool, seen, cache->index[i], why);
	}
	free(seen);
	return ret;
}

/* -- holders ----------------------------------------------------------------------------------------- */

void
plx_mbuf_note_taken(const struct plx_mbuf *m, const char *holder, uint16_t port, uint16_t queue)
{
	const struct plx_pool *pool = plx_mbuf_pool(m);
	struct plx_pool_note *note;

	if (pool->notes == NULL)
		return;
	note = &pool->notes[plx_pool_index(pool, m)];
	*note = (struct plx_pool_note){holder, plx_lcore_id(), port, queue};
}

void
plx_mbuf_note_home(const struct plx_mbuf *m)
{
	const struct plx_pool *pool = plx_mbuf_pool(m);
	struct plx_pool_note *note;

	if (pool->notes == NULL)
		return;
	note = &pool->notes[plx_pool_index(pool, m)];
	if (note->holder == NULL) {
		plx_log_err(&note_log, "pool %s: buffer %" PRIu32 " freed twice", pool->priv->name,
			    plx_pool_index(pool, m));
	}
	note->holder = NULL;
}

static int
compare_notes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct plx_pool_note));
}

/* The buffers that are out, sorted so that one holder's stand together. Returns how many. */
static uint32_t
collect(const struct plx_pool *pool, struct plx_pool_note *out)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < pool->n; i++) {
		if (pool->notes[i].holder != NULL)
			out[n++] = pool->notes[i];
	}
	qsort(out, n, sizeof(*out), compare_notes);
	return n;
}

static void
describe(char *text, size_t size, uint32_t count, const struct plx_pool_note *note)
{
	char lcore[24] = "no lcore";
	char port[48] = "";

	if (note->lcore != PLX_LCORE_NONE)
		snprintf(lcore, sizeof(lcore), "lcore %" PRIu32, note->lcore);
	if (note->port != PLX_MBUF_NO_PORT)
		snprintf(port, sizeof(port), ", port %u queue %u", note->port, note->queue);
	snprintf(text, size, "%" PRIu32 " held by %s%s (%s)", count, note->holder, port, lcore);
}

/* One line a holder through `line`. */
static void
each_holder(const struct plx_pool *pool, void (*line)(void *arg, const char *text), void *arg)
{
	struct plx_pool_note *notes;
	uint32_t n, from = 0;
	char text[256];

	if (pool->notes == NULL)
		return;
	notes = calloc(pool->n, sizeof(*notes));
	if (notes == NULL)
		return;
	n = collect(pool, notes);
	for (uint32_t i = 1; i <= n; i++) {
		if (i < n && compare_notes(&notes[i], &notes[from]) == 0)
			continue;
		describe(text, sizeof(text), i - from, &notes[from]);
		line(arg, text);
		from = i;
	}
	free(notes);
}

static void
line_to_file(void *arg, const char *text)
{
	fprintf(arg, "  %s\n", text);
}

uint32_t
plx_pool_report(const struct plx_pool *pool, FILE *out)
{
	uint32_t in_use = plx_pool_in_use(pool);

	fprintf(out, "pool %s: %" PRIu32 " of %" PRIu32 " buffers out\n", pool->priv->name, in_use,
		pool->n);
	each_holder(pool, line_to_file, out);
	return in_use;
}

static void
line_to_log(void *arg, const char *text)
{
	plx_log_warn((struct plx_log *)arg, "  %s", text);
}

void
plx_pool_log_holders(const struct plx_pool *pool, struct plx_log *log)
{
	plx_log_warn(log, "pool %s: %" PRIu32 " of %" PRIu32 " buffers are still out",
		     pool->priv->name, plx_pool_in_use(pool), pool->n);
	each_holder(pool, line_to_log, log);
}
