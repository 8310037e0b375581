/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A lane, as the thread sees it that fills it. A burst is staged first and committed then, since of packets to send it is
 * known only afterwards how many were taken.
 */
#ifndef PLX_LIB_TAP_TAP_LANE_H
#define PLX_LIB_TAP_TAP_LANE_H

#include "plx_ethdev_tap_driver.h"
#include "plx_filter.h"
#include "tap_region.h"

#define TAP_SCRATCH 65536 /* bytes of a chained packet that a filter sees */

/* What becomes of a packet. */
enum tap_fate {
	TAP_RECORDED,
	TAP_FILTERED,
	TAP_DROPPED,
	TAP_FATES,
};

struct tap_lane {
	/* Of all lanes of a tap. */
	const struct plx_filter *filter; /* NULL: all match */
	uint32_t snaplen;

	uint8_t *ring;
	uint64_t size; /* bytes, a power of two */
	struct tap_lane_head *shared;
	const struct tap_tail *reader;
	uint8_t *scratch; /* TAP_SCRATCH bytes; NULL without a filter */

	uint64_t head;	 /* as published */
	uint64_t staged; /* where the next record begins */
	uint64_t tail;	 /* as last believed */
	bool looked;	 /* at the reader's tail, in this burst */
	uint64_t count[TAP_FATES];

	uint16_t nb_staged;
	uint8_t fate[PLX_ETHDEV_TAP_BURST];
	uint64_t end[PLX_ETHDEV_TAP_BURST]; /* of `staged`, behind each packet */
} PLX_CACHE_ALIGNED;

/* Begins with a zeroed one whose first members are set. -ENOMEM. */
int tap_lane_init(struct tap_lane *lane);
void tap_lane_fini(struct tap_lane *lane);

/*
 * n packets, PLX_ETHDEV_TAP_BURST at most, behind which a commit follows. False when the reader's tail cannot be: the lane
 * must not be used any more. Path: hot.
 */
bool tap_lane_stage(struct tap_lane *lane, struct plx_mbuf *const *pkts, uint16_t n,
		    uint64_t now_ns, bool tx);

/* The first n of them count, and are the reader's. Path: hot. */
void tap_lane_commit(struct tap_lane *lane, uint16_t n);

#endif
