/* SPDX-License-Identifier: BSD-3-Clause */
/* A burst to every slave: described once, then copied into each queue as a whole. */
#include "cluster_put_priv.h"

#include <string.h>

/* What every slave gets, ready to be copied into their queues. */
struct sheaf {
	uint32_t n;
	uint64_t words[2 * PLX_CLUSTER_BURST];
	uint64_t time[PLX_CLUSTER_BURST];
	uint32_t number[PLX_CLUSTER_BURST];
	uint64_t took[PLX_CLUSTER_BURST]; /* the places that have it */
	struct plx_mbuf *pkts[PLX_CLUSTER_BURST];
};

static void
sheaf_add(struct plx_cluster *cluster, const struct put_base *base, struct sheaf *sheaf,
	  struct plx_mbuf *m)
{
	struct put put = put_describe(base, m, 0);
	uint32_t i = sheaf->n++;

	put_time(cluster, m);
	sheaf->words[2 * i] = put.low;
	sheaf->words[2 * i + 1] = put.high;
	sheaf->time[i] = cluster->time_now;
	sheaf->number[i] = put.number;
	sheaf->pkts[i] = m;
	sheaf->took[i] = 0;
}

/* Up to the end of the queue's memory, from packet `from` on. Returns how many were copied. */
static uint32_t
sheaf_copy(const struct sheaf *sheaf, struct place *place, uint32_t from)
{
	uint32_t slot = (uint32_t)place->tail & place->mask, n = sheaf->n - from;

	if (n > place->mask + 1 - slot)
		n = place->mask + 1 - slot;
	memcpy(&place->queue[slot], &sheaf->words[2 * from], n * sizeof(place->queue[0]));
	memcpy(&place->shadow[slot], &sheaf->number[from], n * sizeof(place->shadow[0]));
	if (PLX_UNLIKELY(place->times != NULL))
		memcpy(&place->times[slot], &sheaf->time[from], n * sizeof(place->times[0]));
	COUNT(place->tail, n);
	return n;
}

/* One by one, because there may not be room for all. */
static void
sheaf_put(struct plx_cluster *cluster, struct sheaf *sheaf, struct place *place)
{
	for (uint32_t i = 0; i < sheaf->n; i++) {
		struct put put = {.low = sheaf->words[2 * i],
				  .high = sheaf->words[2 * i + 1],
				  .number = sheaf->number[i]};

		cluster->time_now = sheaf->time[i];
		cluster->holders[put.number] |= place->bit;
		if (put_one(cluster, place, put))
			sheaf->took[i] |= place->bit;
		else
			cluster->holders[put.number] &= ~place->bit;
	}
}

/*
 * The places with room for all get all; then the others what they can take. Holder words are right at every step: a backlog
 * may forget a packet of this very burst, and that must find its bit.
 */
static void
sheaf_spread(struct plx_cluster *cluster, struct sheaf *sheaf)
{
	uint64_t narrow = 0, wide = 0, delivered = 0;

	for (uint64_t left = cluster->takers; left != 0; left &= left - 1) {
		struct place *place = &cluster->places[__builtin_ctzll(left)];

		if (PLX_UNLIKELY(place->tail + sheaf->n > place->limit)) {
			narrow |= place->bit;
			continue;
		}
		for (uint32_t done = 0; done < sheaf->n;)
			done += sheaf_copy(sheaf, place, done);
		wide |= place->bit;
	}
	cluster->touched |= wide;
	for (uint32_t i = 0; i < sheaf->n; i++)
		cluster->holders[sheaf->number[i]] = wide;
	for (; narrow != 0; narrow &= narrow - 1)
		sheaf_put(cluster, sheaf, &cluster->places[__builtin_ctzll(narrow)]);
	for (uint32_t i = 0; i < sheaf->n; i++) {
		if (PLX_LIKELY((wide | sheaf->took[i]) != 0)) {
			delivered++;
			continue;
		}
		COUNT(cluster->stats.full, 1);
		plx_mbuf_free(sheaf->pkts[i]);
	}
	COUNT(cluster->stats.delivered, delivered);
}

/* Every slave; nobody needs a hash. Order is kept: what is not plain goes when those before it have gone. */
void
spread_fanout(struct plx_cluster *cluster, struct plx_mbuf **pkts, uint16_t n)
{
	const struct put_base base = put_base(cluster);
	struct sheaf sheaf;

	sheaf.n = 0;
	for (uint16_t i = 0; i < n; i++) {
		if (PLX_LIKELY(put_is_plain(&base, pkts[i]))) {
			sheaf_add(cluster, &base, &sheaf, pkts[i]);
			continue;
		}
		sheaf_spread(cluster, &sheaf);
		sheaf.n = 0;
		spread_one(cluster, pkts[i], 0, cluster->takers, 0);
	}
	sheaf_spread(cluster, &sheaf);
}
