/* SPDX-License-Identifier: BSD-3-Clause */
/* What ports receive and send a second: between two moments, or since a port was asked for last. */
#ifndef PLX_APPS_TESTPMD_RATES_H
#define PLX_APPS_TESTPMD_RATES_H

#include <pollux/plx_ethdev.h>

struct rates_moment {
	uint64_t ns; /* by CLOCK_MONOTONIC; 0: there was none */
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
};

struct rates {
	uint64_t rx_pps, rx_bps, tx_pps, tx_bps;
};

/* Counters that were cleared meanwhile begin at 0. No time has no rate. */
struct rates rates_between(const struct rates_moment *before, const struct rates_moment *now);

/*
 * Rates of a port whose figures are `stats` now, since the last call or since rates_begin(); false if there was neither.
 * Thread: the main lcore's.
 */
bool rates_since_last(uint16_t port, const struct plx_ethdev_stats *stats, struct rates *ret_rates);

/* From now on. */
void rates_begin(uint16_t port, const struct plx_ethdev_stats *stats);

#endif
