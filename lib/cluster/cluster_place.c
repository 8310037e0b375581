/* SPDX-License-Identifier: BSD-3-Clause */
/* Queues of slaves: what happens when one is full, and showing what is in them. */
#include "cluster_put_priv.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

uint8_t
put_flags(uint32_t ol_flags)
{
	static const struct {
		uint32_t of_mbuf;
		uint8_t of_desc;
	} pairs[] = {
		{PLX_MBUF_RX_VLAN_STRIPPED, PLX_CLUSTER_VLAN_STRIPPED},
		{PLX_MBUF_RX_IP_CSUM_GOOD, PLX_CLUSTER_IP_CSUM_GOOD},
		{PLX_MBUF_RX_IP_CSUM_BAD, PLX_CLUSTER_IP_CSUM_BAD},
		{PLX_MBUF_RX_L4_CSUM_GOOD, PLX_CLUSTER_L4_CSUM_GOOD},
		{PLX_MBUF_RX_L4_CSUM_BAD, PLX_CLUSTER_L4_CSUM_BAD},
		{PLX_MBUF_RX_L4_CSUM_NONE, PLX_CLUSTER_L4_CSUM_NONE},
		{PLX_MBUF_RX_OUTGOING, PLX_CLUSTER_OUTGOING},
	};
	uint8_t flags = 0;

	for (size_t i = 0; i < PLX_ARRAY_LEN(pairs); i++)
		if (ol_flags & pairs[i].of_mbuf)
			flags |= pairs[i].of_desc;
	return flags;
}

static struct put
put_of(const struct plx_cluster_desc *desc)
{
	struct put put = {.number = desc->number};

	memcpy(&put.low, desc, sizeof(put.low));
	memcpy(&put.high, (const uint8_t *)desc + sizeof(put.low), sizeof(put.high));
	return put;
}

/* -- the backlog ------------------------------------------------------------------------------------- */

/* The oldest packet of the backlog goes, with all its segments. */
static void
forget_oldest(struct plx_cluster *cluster, struct place *place)
{
	struct backlog *backlog = &place->backlog;
	const struct plx_cluster_desc *desc;

	do {
		desc = &backlog->desc[(uint32_t)backlog->head & backlog->mask];
		/* One that lies may have given it back unseen; that is in the books as if it had been queued. */
		if (hold_drop(cluster, place, desc->number))
			COUNT(place->stats.oldest, 1);
		else
			COUNT(place->stats.queued, 1);
		COUNT(backlog->head, 1);
		cluster->in_backlogs--;
	} while ((desc->flags & PLX_CLUSTER_MORE) != 0 && backlog->head != backlog->tail);
}

/* Makes room for n more if the policy allows it. */
static bool
backlog_room(struct plx_cluster *cluster, struct place *place, uint32_t n)
{
	struct backlog *backlog = &place->backlog;
	uint64_t max = (uint64_t)backlog->mask + 1;

	if (backlog->desc == NULL || n > max || n > place->mask + 1)
		return false; /* also what the queue has never room for: it would stay for ever */
	if (cluster->params.overflow == PLX_CLUSTER_BORROW)
		return cluster->in_backlogs + n <= cluster->params.reserve &&
		       backlog->tail - backlog->head + n <= max;
	if (cluster->params.overflow == PLX_CLUSTER_DROP_OLDEST)
		while (backlog->tail - backlog->head + n > max)
			forget_oldest(cluster, place);
	return backlog->tail - backlog->head + n <= max;
}

static void
backlog_add(struct plx_cluster *cluster, struct place *place, const struct plx_cluster_desc *desc,
	    uint32_t n)
{
	struct backlog *backlog = &place->backlog;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t slot = (uint32_t)backlog->tail & backlog->mask;

		backlog->desc[slot] = desc[i];
		if (backlog->time != NULL)
			backlog->time[slot] = cluster->time_now;
		COUNT(backlog->tail, 1);
	}
	cluster->in_backlogs += n;
	cluster->backlogged |= place->bit;
	put_limit(cluster, place);
	COUNT(place->stats.offered, n);
}

bool
place_put_slow(struct plx_cluster *cluster, struct place *place,
	       const struct plx_cluster_desc *desc, uint32_t n)
{
	if ((cluster->backlogged & place->bit) == 0 && put_has_room(place, n)) {
		for (uint32_t i = 0; i < n; i++)
			put_slot(place, put_of(&desc[i]), cluster->time_now);
		cluster->touched |= place->bit;
		return true;
	}
	if (backlog_room(cluster, place, n)) {
		backlog_add(cluster, place, desc, n);
		return true;
	}
	COUNT(place->stats.offered, n);
	COUNT(place->stats.full, n);
	return false;
}

/* How many segments the oldest packet of the backlog has. */
static uint32_t
oldest_segments(const struct backlog *backlog)
{
	uint32_t n = 1;

	while (backlog->desc[(uint32_t)(backlog->head + n - 1) & backlog->mask].flags &
	       PLX_CLUSTER_MORE)
		n++;
	return n;
}

unsigned
place_drain(struct plx_cluster *cluster, struct place *place)
{
	struct backlog *backlog = &place->backlog;
	unsigned moved = 0;

	while (backlog->head != backlog->tail) {
		uint32_t n = oldest_segments(backlog);

		if (!put_has_room(place, n))
			break;
		for (uint32_t i = 0; i < n; i++) {
			uint32_t slot = (uint32_t)backlog->head & backlog->mask;

			put_slot(place, put_of(&backlog->desc[slot]),
				 backlog->time != NULL ? backlog->time[slot] : 0);
			COUNT(backlog->head, 1);
		}
		cluster->in_backlogs -= n;
		place->shown += n; /* was offered when it came */
		moved += n;
	}
	if (backlog->head == backlog->tail)
		cluster->backlogged &= ~place->bit;
	put_limit(cluster, place);
	if (moved != 0)
		cluster->touched |= place->bit;
	return moved;
}

/* -- showing ----------------------------------------------------------------------------------------- */

void
cluster_ring(int bell)
{
	uint64_t one = 1;
	ssize_t written = write(bell, &one, sizeof(one));

	(void)written; /* full is loud enough */
}

void
cluster_ring_sock(int sock)
{
	ssize_t sent = send(sock, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);

	(void)sent; /* as above, or gone */
}

/* A slave that sleeps. What wakes a process is its connection: cluster_attach_priv.h. */
static void
wake(const struct place *place)
{
	if (place->sock < 0)
		cluster_ring(place->bell);
	else
		cluster_ring_sock(place->sock);
}

void
places_show(struct plx_cluster *cluster)
{
	uint64_t sleepers = cluster->touched & cluster->passive;

	for (uint64_t left = cluster->touched; left != 0; left &= left - 1) {
		struct place *place = &cluster->places[__builtin_ctzll(left)];

		__atomic_store_n(&place->lane->master.tail, (uint32_t)place->tail,
				 __ATOMIC_RELEASE); /* A */
		COUNT(place->stats.offered, place->tail - place->shown);
		place->shown = place->tail;
		if (PLX_UNLIKELY(put_is_narrow(cluster, place)))
			cluster->hasty |= place->bit;
	}
	cluster->touched = 0;
	if (PLX_LIKELY(sleepers == 0))
		return;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (; sleepers != 0; sleepers &= sleepers - 1) {
		struct place *place = &cluster->places[__builtin_ctzll(sleepers)];

		if (__atomic_load_n(&place->lane->bell.asleep, __ATOMIC_RELAXED) == 0)
			continue;
		__atomic_store_n(&place->lane->bell.asleep, 0, __ATOMIC_RELAXED);
		wake(place);
	}
}
