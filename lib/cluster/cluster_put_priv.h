/* SPDX-License-Identifier: BSD-3-Clause */
/* A packet of one segment into a queue: the inner loop of a cluster. Letters as in plx_cluster_lane.h. */
#ifndef PLX_LIB_CLUSTER_CLUSTER_PUT_PRIV_H
#define PLX_LIB_CLUSTER_CLUSTER_PUT_PRIV_H

#include "cluster_priv.h"

#include <string.h>

uint8_t put_flags(uint32_t ol_flags);

/* What does not change in a burst, to be kept in registers: the compiler cannot know that no store changes it. */
struct put_base {
	const struct plx_mbuf *headers;
	uint64_t plain;
	uint64_t port; /* where it lies in a descriptor */
};

static inline struct put_base
put_base(const struct plx_cluster *cluster)
{
	return (struct put_base)
	{
		.headers = cluster->headers, .plain = cluster->plain,
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		.port = (uint64_t)cluster->rx_now << 48,
#else
		.port = (uint64_t)cluster->rx_now << 8,
#endif
	};
}

/* The cluster's own, one segment, nobody else's: can be held as it is. */
static inline bool
put_is_plain(const struct put_base *base, const struct plx_mbuf *m)
{
	return plx_mbuf_state(m) == base->plain;
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
put_describe(const struct put_base *base, const struct plx_mbuf *m, uint32_t hash)
{
	uint64_t number = (uint64_t)(m - base->headers);
	uint64_t flags = PLX_LIKELY(m->ol_flags == 0) ? 0 : put_flags(m->ol_flags);
	uint32_t extent; /* length and offset, neighbours here and there */

	memcpy(&extent, &m->data_len, sizeof(extent));
	return (struct put)
	{
		.number = (uint32_t)number,
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		.low = number | (uint64_t)extent << 32,
		.high = hash | (uint64_t)m->vlan_tci << 32 | base->port | flags << 56,
#else
		.low = number << 32 | extent,
		.high = (uint64_t)hash << 32 | (uint64_t)m->vlan_tci << 16 | base->port | flags,
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

/* The next round may want more room than is known of. */
static inline bool
put_is_narrow(const struct plx_cluster *cluster, const struct place *place)
{
	return place->tail + cluster->room > place->limit;
}

/* After one of them has changed: tail's limit. */
static inline void
put_limit(const struct plx_cluster *cluster, struct place *place)
{
	place->limit =
		(cluster->backlogged & place->bit) != 0 ? 0 : place->reclaimed + place->mask + 1;
}

/* At the tail, whose value is known. */
static inline void
put_at(struct place *place, uint64_t tail, struct put put)
{
	uint32_t slot = (uint32_t)tail & place->mask;
	uint64_t *words = (uint64_t *)(void *)&place->queue[slot];

	words[0] = put.low;
	words[1] = put.high;
	place->shadow[slot] = put.number;
	__atomic_store_n(&place->tail, tail + 1, __ATOMIC_RELAXED);
}

static inline void
put_slot(struct place *place, struct put put, uint64_t time)
{
	if (PLX_UNLIKELY(place->times != NULL))
		place->times[(uint32_t)place->tail & place->mask] = time;
	put_at(place, place->tail, put);
}

/* True if the place took it. Whoever calls sets the holder word. */
static inline bool
put_one(struct plx_cluster *cluster, struct place *place, struct put put)
{
	if (PLX_UNLIKELY(place->tail >= place->limit)) {
		struct plx_cluster_desc desc = put_desc(put);

		return place_put_slow(cluster, place, &desc, 1);
	}
	put_slot(place, put, cluster->time_now);
	cluster->touched |= place->bit;
	return true;
}

#endif
