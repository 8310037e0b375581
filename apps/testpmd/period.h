/* SPDX-License-Identifier: BSD-3-Clause */
/* --stats-period: the ports' figures again and again, with what they are a second. */
#ifndef PLX_APPS_TESTPMD_PERIOD_H
#define PLX_APPS_TESTPMD_PERIOD_H

#include "testpmd.h"

#include <stdio.h>

/* One port's figures at a moment. */
struct period_port {
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
};

struct period_rates {
	uint64_t rx_pps, rx_bps, tx_pps, tx_bps;
};

struct period {
	uint64_t ns; /* the moment, by CLOCK_MONOTONIC */
	struct period_port port[PLX_ETHDEV_MAX];
};

/* What came and went between two moments `ns` apart, a second; counters that were cleared meanwhile begin at 0. */
struct period_rates
period_rates(const struct period_port *before, const struct period_port *now, uint64_t ns);

/* Takes the first moment. */
void period_begin(const struct testpmd *app, struct period *ret_period);

/* The figures of all ports with rates since the last moment, and of the counters of --display-xstats. On a terminal
 * the text is written over that of the last time, elsewhere behind it. */
void period_report(const struct testpmd *app, struct period *period, FILE *out);

/* The counters of --display-xstats; nothing without that option. */
void period_report_xstats(const struct testpmd *app, uint16_t port, FILE *out);

/* -EINVAL with a why if --display-xstats names a counter that no port has. */
int period_check_xstats(const struct testpmd *app, struct plx_why *why);

#endif
