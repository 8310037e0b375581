/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A source: one rx queue of one port, and the ring in which its packets wait for the writer. An rx lcore
 * polls it; the writer takes from it. Neither ever waits for the other: what does not fit into the ring is
 * lost there and then, and counted. (Only a source that reads a file is not polled while the ring is full.)
 *
 *	device queue --poll--> stamp --> filter --> [ring] --take--> writer
 *	                                   |           |
 *	                                filtered    too_slow
 *
 * Who writes what: the rx lcore counts and floor_ns; anybody may read them.
 */
#ifndef PLX_APPS_CAPTURE_SOURCE_H
#define PLX_APPS_CAPTURE_SOURCE_H

#include <pollux/plx_filter.h>
#include <pollux/plx_mbuf.h>
#include <pollux/plx_ring_spsc.h>

#include "tally.h"
#include "wake.h"

#define SOURCE_BURST 64

/* delivered = filtered + too_slow + what went into the ring */
struct source_counts {
	_Atomic uint64_t delivered;
	_Atomic uint64_t bytes;
	_Atomic uint64_t filtered;
	_Atomic uint64_t too_slow;
};

struct source_params {
	uint16_t port;
	uint16_t queue;
	unsigned port_index; /* among those that are captured */
	uint32_t ring;	     /* packets, a power of two */
	uint64_t slack_ns;   /* how late a packet may come, by its own time stamp */
	bool patient; /* packets come from a file: they can wait, and have times of their own */
	const struct plx_filter *filter;
	struct wake *wake; /* of the writer; NULL if it never sleeps */
};

/*
 * Packets that found the ring full, told to the writer by the one that came through behind them. When there are
 * more gaps than room for them, some are told together at a later packet.
 */
#define SOURCE_GAPS 64
struct source_gap {
	uint64_t number; /* of the packet behind it, from 0 */
	uint64_t drops;
};

struct source {
	struct source_params params;
	struct plx_ring_spsc *ring;
	uint64_t last_ns; /* of the last packet */
	uint8_t *scratch; /* a chained packet in one piece, for the filter */
	uint64_t handed;  /* packets that went into the ring */
	uint64_t untold;  /* lost since then */
	struct source_counts counts PLX_CACHE_ALIGNED;
	/* No packet handed over from now on is older; UINT64_MAX: none comes any more. */
	_Atomic uint64_t floor_ns;
	_Atomic uint32_t gaps_in;
	/* The writer's. */
	_Atomic uint32_t gaps_out PLX_CACHE_ALIGNED;
	uint64_t written; /* packets it is done with */
	bool loss_seen;
	struct source_gap gaps[SOURCE_GAPS];
};

/* -ENOMEM, -EINVAL (ring). */
int source_create(const struct source_params *params, struct source **ret_source);
/* NULL is fine. The ring must be empty. */
void source_destroy(struct source *source);

/*
 * One burst from the device; returns how many packets it had. now_ns is the time of day, read before: it holds
 * as the floor of the next burst. Thread: the rx lcore. Path: hot.
 */
unsigned source_poll(struct source *source, uint64_t now_ns);

/* Stamps, filters and hands over n packets received at now_ns: source_poll without the device. */
void source_accept(struct source *source, struct plx_mbuf **pkts, unsigned n, uint64_t now_ns);

/* Nothing comes any more. Thread: the rx lcore, last. */
void source_close(struct source *source);

/* Up to n packets, oldest first, then the caller's. Thread: the writer. Path: hot. */
unsigned source_take(struct source *source, struct plx_mbuf **pkts, unsigned n);

/*
 * To be called for each packet that was taken, in their order: how many were lost between the one before and this
 * one. Thread: the writer. Path: hot.
 */
static inline uint64_t
source_drops_before(struct source *source)
{
	uint64_t number = source->written++, drops = 0;
	uint32_t out = atomic_load_explicit(&source->gaps_out, memory_order_relaxed);

	/* Acquire: pairs with the release in hand_over; the gap is whole, and in front of its packet. */
	while (out != atomic_load_explicit(&source->gaps_in, memory_order_acquire) &&
	       source->gaps[out % SOURCE_GAPS].number <= number) {
		drops += source->gaps[out % SOURCE_GAPS].drops;
		atomic_store_explicit(&source->gaps_out, ++out, memory_order_release);
	}
	return drops;
}

/* True if the ring is so full that the writer should not wait for anything. Thread: the writer. */
bool source_presses(const struct source *source);

#endif
