/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Several sources, one order. Each source is in order by itself; the writer takes the oldest packet there is,
 * but only when no source can bring an older one any more. That is known from the floor of those that have
 * nothing to offer, which rises with every poll, also with empty ones.
 *
 *	lane 0   [t=5][t=9]          head 5: written up to 7, then wait
 *	lane 1   (empty), floor 7
 *	lane 2   [t=8]
 *
 * Waiting ends when a ring is half full: then packets are worth more than their order.
 */
#ifndef PLX_APPS_CAPTURE_ORDER_H
#define PLX_APPS_CAPTURE_ORDER_H

#include "source.h"

#define LANE_BURST 64

struct lane {
	struct source *source;
	uint64_t floor_ns; /* as it stood before the ring was seen empty */
	unsigned at, n;
	struct plx_mbuf *pkts[LANE_BURST];
};

/* Takes new packets into lanes that have none. Returns false when all sources are closed and empty. */
bool order_refill(struct lane *lanes, unsigned n);

/*
 * The lane whose head is to be written next, and the time up to which (inclusive) its packets come before
 * all others; NULL if there is nothing, or if it is too early to tell.
 */
struct lane *order_pick(struct lane *lanes, unsigned n, uint64_t *ret_until_ns);

static inline bool
lane_is_empty(const struct lane *lane)
{
	return lane->at == lane->n;
}

static inline struct plx_mbuf *
lane_head(const struct lane *lane)
{
	return lane->pkts[lane->at];
}

#endif
