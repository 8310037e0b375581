/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is measured of every engine by the loop around it, when asked for: cycles spent on rounds that found
 * something to do, and how many packets came and went at a time. Off, the loop is another one and nothing is paid.
 */
#ifndef PLX_APPS_TESTPMD_RECORD_H
#define PLX_APPS_TESTPMD_RECORD_H

#include "testpmd.h"

#include <pollux/plx_clock.h>

/* One stream's, written by its lcore. bursts[n]: rounds of n packets; what is larger is in the last. */
struct record {
	uint64_t busy_cycles;
	uint64_t rx_bursts[BURST_MAX + 1];
	uint64_t tx_bursts[BURST_MAX + 1];
};

/* A round of an engine, measured as app->args says. Path: hot. */
static inline unsigned
record_round(struct stream *stream, unsigned (*run)(struct stream *))
{
	const uint64_t rx = stream->rx, tx = stream->tx, dropped = stream->dropped;
	const uint64_t start = plx_clock_ticks();
	struct record *record = stream->record;
	unsigned done = run(stream);
	uint64_t got, sent;

	if (done > 0)
		record->busy_cycles += plx_clock_ticks() - start;
	got = stream->rx - rx;
	sent = stream->tx - tx;
	record->rx_bursts[got < BURST_MAX ? got : BURST_MAX]++;
	if (sent > 0 || stream->dropped != dropped)
		record->tx_bursts[sent < BURST_MAX ? sent : BURST_MAX]++;
	return done;
}

/* The sum of two, into the first. */
void record_add(struct record *sum, const struct record *record);

/* Bursts of all lengths, and packets in them. */
uint64_t record_bursts(const uint64_t bursts[BURST_MAX + 1]);
uint64_t record_packets(const uint64_t bursts[BURST_MAX + 1]);

/* The length that is most frequent among those not in `known` (n of them); BURST_MAX + 1 if there is no more. */
unsigned
record_most_frequent(const uint64_t bursts[BURST_MAX + 1], const unsigned *known, unsigned n);

#endif
