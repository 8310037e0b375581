/* SPDX-License-Identifier: BSD-3-Clause */
/* A packet of one segment into a queue: the inner loop of a cluster. Letters as in plx_cluster_lane.h. */
#ifndef PLX_LIB_CLUSTER_CLUSTER_PUT_PRIV_H
#define PLX_LIB_CLUSTER_CLUSTER_PUT_PRIV_H

#include "cluster_priv.h"

#include <string.h>

uint8_t put_flags(uint32_t ol_flags);

/* The cluster's own, one segment, nobody else's: can be held as it is. */
static inline bool
put_is_plain(const struct plx_cluster *cluster, const struct plx_mbuf *m)
{
	return plx_mbuf_state(m) == cluster->plain;
}

/*
 * A descriptor that stays in two registers until it is stored: written field by field it would be seven stores, and be read
 * again before they have joined.
 */
struct put {
	uint64_t low, high; /* as they lie in memory */
	uint32_t number;
};

/* What a slave sees of a segment. */
static inline struct put
put_describe(const struct plx_cluster *cluster, const struct plx_mbuf *m, uint32_t hash)
{
	uint64_t number = (uint64_t)(m - cluster->headers), port = cluster->rx_now;
	uint64_t flags = PLX_LIKELY(m->ol_flags == 0) ? 0 : put_flags(m->ol_flags);
	uint32_t extent; /* length and offset, neighbours here and there */

	memcpy(&extent, &m->data_len, sizeof(extent));
	return (struct put)
	{
		.number = (uint32_t)number,
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		.low = number | (uint64_t)extent << 32,
		.high = hash | (uint64_t)m->vlan_tci << 32 | port << 48 | flags << 56,
#else
		.low = number << 32 | extent,
		.high = (uint64_t)hash << 32 | (uint64_t)m->vlan_tci << 16 | port << 8 | flags,
#endif
	};
}

static inline struct plx_cluster_desc
put_desc(struct put put)
{
	uint64_t words[2] = {put.low, put.high};
	struct plx_cluster_desc desc;

	memcpy(&desc, words, sizeof(desc));
	return desc;
}
PLX_STATIC_ASSERT(offsetof(struct plx_mbuf, data_off) == offsetof(struct plx_mbuf, data_len) + 2 &&
			  offsetof(struct plx_cluster_desc, off) ==
				  offsetof(struct plx_cluster_desc, len) + 2,
		  "length and offset can be copied as one");

/* When it came, for slaves that ask. */
static inline void
put_time(struct plx_cluster *cluster, const struct plx_mbuf *m)
{
	if (PLX_UNLIKELY(cluster->timed != 0))
		cluster->time_now = (m->ol_flags & PLX_MBUF_RX_TIMESTAMP) != 0
					    ? m->timestamp
					    : cluster->time_burst;
}

static inline bool
put_has_room(const struct place *place, uint32_t n)
{
	return place->tail - place->reclaimed + n <= (uint64_t)place->mask + 1;
}

static inline void
put_slot(struct place *place, struct put put, uint64_t time)
{
	uint32_t slot = (uint32_t)place->tail & place->mask;
	uint64_t *words = (uint64_t *)(void *)&place->queue[slot];

	words[0] = put.low;
	words[1] = put.high;
	place->shadow[slot] = put.number;
	if (PLX_UNLIKELY(place->times != NULL))
		place->times[slot] = time;
	COUNT(place->tail, 1);
}

/* True if the place took it. Whoever calls sets the holder word. */
static inline bool
put_one(struct plx_cluster *cluster, struct place *place, struct put put)
{
	COUNT(place->stats.offered, 1);
	if (PLX_UNLIKELY(!put_has_room(place, 1) || (cluster->backlogged & place->bit) != 0)) {
		struct plx_cluster_desc desc = put_desc(put);

		return place_put_slow(cluster, place, &desc, 1);
	}
	put_slot(place, put, cluster->time_now);
	cluster->touched |= place->bit;
	return true;
}

#endif
