/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who holds what. A buffer that slaves hold has a bit for each of them in its holder word; it is clear in one place and
 * the buffer goes home in one place, here. All lists of numbers (queues' shadows, asides, what a slave says) are only hints where
 * to look: a number counts if its bit is set.
 */
#include "cluster_put_priv.h"

#include <string.h>

/* Buffers on their way home, by their numbers, a burst at a time. */
struct home {
	struct plx_pool *pool;
	uint32_t n;
	uint32_t number[PLX_CLUSTER_BURST];
};

static void
home_flush(struct home *home)
{
	plx_pool_put_bulk(home->pool, home->number, home->n);
	home->n = 0;
}

/* Nobody holds it any more. A port may: then the last reference sends it home. */
static inline void
home_add(const struct plx_cluster *cluster, struct home *home, uint32_t number)
{
	struct plx_mbuf *m = cluster->headers + number;

	if (PLX_UNLIKELY(plx_mbuf_state(m) != cluster->plain)) {
		plx_mbuf_free(m);
		return;
	}
	home->number[home->n++] = number;
	if (home->n == PLX_CLUSTER_BURST)
		home_flush(home);
}

/* The bit's place no longer holds the buffer. False if it did not. */
static inline bool
drop(struct plx_cluster *cluster, uint64_t bit, uint32_t number, struct home *home)
{
	uint64_t holders = cluster->holders[number];

	if (PLX_UNLIKELY((holders & bit) == 0))
		return false;
	holders &= ~bit;
	cluster->holders[number] = holders;
	if (holders == 0)
		home_add(cluster, home, number);
	return true;
}

bool
hold_drop(struct plx_cluster *cluster, struct place *place, uint32_t number)
{
	struct home home = {.pool = cluster->pool};
	bool held = drop(cluster, place->bit, number, &home);

	home_flush(&home);
	return held;
}

/* -- aside ------------------------------------------------------------------------------------------- */

/* Throws out what was given back since, and what is in twice: a number's bit is taken away while it is in the new list. */
static void
aside_tidy(struct plx_cluster *cluster, struct place *place)
{
	struct aside *aside = &place->aside;
	uint32_t n = 0;

	for (uint32_t i = 0; i < aside->len; i++) {
		uint32_t number = aside->number[i];

		if ((cluster->holders[number] & place->bit) == 0)
			continue;
		cluster->holders[number] &= ~place->bit;
		aside->number[n++] = number;
	}
	for (uint32_t i = 0; i < n; i++)
		cluster->holders[aside->number[i]] |= place->bit;
	aside->len = n;
}

/* False if the slave holds more than any honest one does. */
bool
aside_add(struct plx_cluster *cluster, struct place *place, uint32_t number)
{
	struct aside *aside = &place->aside;

	if (aside->len == aside->max)
		aside_tidy(cluster, place);
	if (aside->len == aside->max)
		return false;
	aside->number[aside->len++] = number;
	return true;
}

/* -- what a slave gave back --------------------------------------------------------------------------- */

void
place_doom(struct plx_cluster *cluster, struct place *place)
{
	COUNT(place->stats.lies, 1);
	cluster->doomed |= place->bit;
}

/* A piece of the shadow, of which most are held by this place alone and go home. The compiler is told what does not change. */
static uint64_t
collect_piece(struct plx_cluster *cluster, uint64_t bit, const uint32_t *number, uint32_t n)
{
	const struct plx_mbuf *headers = cluster->headers;
	uint64_t *holders = cluster->holders;
	const uint64_t plain = cluster->plain;
	uint32_t home[PLX_CLUSTER_BURST], nb_home = 0;
	uint64_t released = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t word = holders[number[i]];

		released += (word & bit) != 0;
		holders[number[i]] = word & ~bit;
		if (word != bit)
			continue;
		if (PLX_LIKELY(plx_mbuf_state(headers + number[i]) == plain))
			home[nb_home++] = number[i];
		else
			plx_mbuf_free(plx_pool_mbuf(cluster->pool, number[i]));
	}
	plx_pool_put_bulk(cluster->pool, home, nb_home);
	return released;
}

static uint64_t
collect_plain(struct plx_cluster *cluster, const struct place *place, uint32_t n)
{
	uint64_t released = 0;

	for (uint32_t done = 0, part; done < n; done += part) {
		uint32_t slot = (uint32_t)(place->reclaimed + done) & place->mask;

		part = n - done < PLX_CLUSTER_BURST ? n - done : PLX_CLUSTER_BURST;
		if (part > place->mask + 1 - slot)
			part = place->mask + 1 - slot;
		released += collect_piece(cluster, place->bit, place->shadow + slot, part);
	}
	return released;
}

/* The packet in this slot is either kept or given back. */
static inline uint64_t
collect_slot(struct plx_cluster *cluster, struct place *place, uint64_t at, const uint64_t *kept,
	     struct home *home)
{
	uint32_t slot = (uint32_t)at & place->mask;
	uint32_t number = place->shadow[slot];

	if (__atomic_load_n(&kept[slot], __ATOMIC_RELAXED) == at + 1) {
		if ((cluster->holders[number] & place->bit) == 0 ||
		    aside_add(cluster, place, number))
			return 0;
		place_doom(
			cluster,
			place); /* it keeps more than it may: what no list would name is given back */
	}
	return drop(cluster, place->bit, number, home);
}

/* What lies before `head`, as the slave says, is its no longer, but for what it kept. */
static unsigned
collect_queue(struct plx_cluster *cluster, struct place *place, uint32_t head)
{
	uint32_t n = head - (uint32_t)place->reclaimed;
	const uint64_t *kept = NULL;
	struct home home = {.pool = cluster->pool};
	uint64_t released = 0;

	if (n == 0)
		return 0;
	if (PLX_UNLIKELY(n > place->tail - place->reclaimed)) {
		place_doom(cluster, place);
		return 0;
	}
	if (__atomic_load_n(&place->lane->slave.kept_to, __ATOMIC_RELAXED) > place->reclaimed)
		kept = (const uint64_t *)(const void *)((const uint8_t *)place->lane +
							place->shape.kept_at);
	if (PLX_LIKELY(kept == NULL))
		released = collect_plain(cluster, place, n);
	else
		for (uint32_t i = 0; i < n; i++)
			released += collect_slot(cluster, place, place->reclaimed + i, kept, &home);
	place->reclaimed += n;
	put_limit(cluster, place);
	home_flush(&home);
	COUNT(place->stats.released, released);
	return n;
}

static unsigned
collect_returns(struct plx_cluster *cluster, struct place *place, uint32_t tail)
{
	const uint32_t *back = (const uint32_t *)(const void *)((const uint8_t *)place->lane +
								place->shape.return_at);
	uint32_t n = tail - place->return_head, mask = place->shape.return_len - 1;
	struct home home = {.pool = cluster->pool};

	if (n == 0)
		return 0;
	if (PLX_UNLIKELY(n > place->shape.return_len)) {
		place_doom(cluster, place);
		return 0;
	}
	for (uint32_t i = 0; i < n; i++) {
		uint32_t number =
			__atomic_load_n(&back[(place->return_head + i) & mask], __ATOMIC_RELAXED);

		if (PLX_LIKELY(number < cluster->pool->n) &&
		    drop(cluster, place->bit, number, &home))
			COUNT(place->stats.released, 1);
		else
			COUNT(place->stats.lies, 1);
	}
	home_flush(&home);
	place->return_head = tail;
	__atomic_store_n(&place->lane->master.return_head, tail, __ATOMIC_RELEASE);
	return n;
}

static unsigned
collect_orders(struct plx_cluster *cluster, struct place *place, uint32_t tail)
{
	const struct plx_cluster_order *orders =
		(const struct plx_cluster_order *)(const void *)((const uint8_t *)place->lane +
								 place->shape.send_at);
	uint32_t n = tail - place->send_head, mask = place->shape.send_len - 1;

	if (n == 0)
		return 0;
	if (PLX_UNLIKELY(n > place->shape.send_len)) {
		place_doom(cluster, place);
		return 0;
	}
	if (n > PLX_CLUSTER_BURST)
		n = PLX_CLUSTER_BURST;
	for (uint32_t i = 0; i < n; i++) {
		struct plx_cluster_order order;

		memcpy(&order, &orders[(place->send_head + i) & mask], sizeof(order));
		__asm__ volatile("" : : : "memory"); /* copied once, then checked */
		if (!egress_order(cluster, place, &order))
			COUNT(place->stats.lies, 1);
	}
	place->send_head += n;
	__atomic_store_n(&place->lane->master.send_head, place->send_head, __ATOMIC_RELEASE);
	return n;
}

unsigned
place_collect(struct plx_cluster *cluster, struct place *place)
{
	struct plx_cluster_lane *lane = place->lane;
	uint32_t send = __atomic_load_n(&lane->slave.send_tail, __ATOMIC_ACQUIRE);   /* D */
	uint32_t back = __atomic_load_n(&lane->slave.return_tail, __ATOMIC_ACQUIRE); /* D */
	uint32_t head = __atomic_load_n(&lane->slave.head, __ATOMIC_ACQUIRE);	     /* D */
	unsigned moved = collect_queue(cluster, place, head);

	moved += collect_returns(cluster, place, back);
	moved += collect_orders(cluster, place, send);
	if (place->shape.grant_len != 0)
		moved += place_grant(cluster, place);
	return moved;
}

/* -- empty buffers ------------------------------------------------------------------------------------ */

unsigned
place_grant(struct plx_cluster *cluster, struct place *place)
{
	uint32_t *grant = (uint32_t *)(void *)((uint8_t *)place->lane + place->shape.grant_at);
	uint32_t head = __atomic_load_n(&place->lane->slave.grant_head, __ATOMIC_ACQUIRE);
	uint32_t waiting = place->grant_tail - head, len = place->shape.grant_len, n = 0;

	if (PLX_UNLIKELY(waiting > len)) {
		place_doom(cluster, place);
		return 0;
	}
	if (waiting > len / 2)
		return 0;
	for (; n < len - waiting; n++) {
		struct plx_mbuf *m = plx_mbuf_alloc(cluster->pool);
		uint32_t number;

		if (m == NULL)
			break;
		number = plx_pool_index(cluster->pool, m);
		if (!aside_add(cluster, place, number)) {
			plx_mbuf_free(m);
			break;
		}
		cluster->holders[number] = place->bit;
		__atomic_store_n(&grant[(place->grant_tail + n) & (len - 1)], number,
				 __ATOMIC_RELAXED);
	}
	place->grant_tail += n;
	COUNT(place->stats.granted, n);
	__atomic_store_n(&place->lane->master.grant_tail, place->grant_tail, __ATOMIC_RELEASE);
	return n;
}

/* -- one that is gone --------------------------------------------------------------------------------- */

static uint64_t
sweep_queue(struct plx_cluster *cluster, struct place *place, uint32_t *budget, struct home *home)
{
	uint64_t taken = 0;

	for (; place->reclaimed != place->tail && *budget > 0; place->reclaimed++, --*budget)
		taken += drop(cluster, place->bit,
			      place->shadow[(uint32_t)place->reclaimed & place->mask], home);
	return taken;
}

/* These were never shown to the slave: they are as if they had been put into the queue. */
static uint64_t
sweep_backlog(struct plx_cluster *cluster, struct place *place, uint32_t *budget, struct home *home)
{
	struct backlog *backlog = &place->backlog;
	uint64_t taken = 0;

	for (; backlog->head != backlog->tail && *budget > 0; --*budget) {
		taken += drop(cluster, place->bit,
			      backlog->desc[(uint32_t)backlog->head & backlog->mask].number, home);
		COUNT(place->stats.queued, 1);
		COUNT(backlog->head, 1);
		cluster->in_backlogs--;
	}
	return taken;
}

static uint64_t
sweep_aside(struct plx_cluster *cluster, struct place *place, uint32_t *budget, struct home *home)
{
	uint64_t taken = 0;

	for (; place->swept<place->aside.len && * budget> 0; place->swept++, --*budget)
		taken += drop(cluster, place->bit, place->aside.number[place->swept], home);
	return taken;
}

bool
place_sweep(struct plx_cluster *cluster, struct place *place, uint32_t budget)
{
	struct home home = {.pool = cluster->pool};
	uint64_t taken = sweep_queue(cluster, place, &budget, &home);

	taken += sweep_backlog(cluster, place, &budget, &home);
	taken += sweep_aside(cluster, place, &budget, &home);
	home_flush(&home);
	COUNT(place->stats.taken_back, taken);
	return place->reclaimed == place->tail && place->backlog.head == place->backlog.tail &&
	       place->swept == place->aside.len;
}
