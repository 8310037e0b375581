/* SPDX-License-Identifier: BSD-3-Clause */
/* A packet of one segment into a queue: the inner loop of a cluster. Letters as in plx_cluster_lane.h. */
#ifndef PLX_LIB_CLUSTER_CLUSTER_PUT_PRIV_H
#define PLX_LIB_CLUSTER_CLUSTER_PUT_PRIV_H

#include "cluster_priv.h"

uint8_t put_flags(uint32_t ol_flags);

/* The cluster's own, one segment, nobody else's: can be held as it is. */
static inline bool
put_is_plain(const struct plx_cluster *cluster, const struct plx_mbuf *m)
{
	return plx_mbuf_state(m) == plx_mbuf_state_plain(cluster->pool->id);
}

/* What a slave sees of a segment. */
static inline struct plx_cluster_desc
put_describe(const struct plx_cluster *cluster, const struct plx_mbuf *m, uint32_t hash)
{
	return (struct plx_cluster_desc){
		.number = plx_pool_index(cluster->pool, m),
		.off = m->data_off,
		.len = m->data_len,
		.hash = hash,
		.vlan_tci = m->vlan_tci,
		.port = cluster->rx_now,
		.flags = PLX_LIKELY(m->ol_flags == 0) ? 0 : put_flags(m->ol_flags),
	};
}

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
put_slot(struct place *place, const struct plx_cluster_desc *desc, uint64_t time)
{
	uint32_t slot = (uint32_t)place->tail & place->mask;

	place->shadow[slot] = desc->number;
	place->queue[slot] = *desc;
	if (PLX_UNLIKELY(place->times != NULL))
		place->times[slot] = time;
	COUNT(place->tail, 1);
}

/* True if the place took it. Whoever calls sets the holder word. */
static inline bool
put_one(struct plx_cluster *cluster, struct place *place, const struct plx_cluster_desc *desc)
{
	COUNT(place->stats.offered, 1);
	if (PLX_UNLIKELY(!put_has_room(place, 1) || (cluster->backlogged & place->bit) != 0))
		return place_put_slow(cluster, place, desc, 1);
	put_slot(place, desc, cluster->time_now);
	cluster->touched |= place->bit;
	return true;
}

#endif
