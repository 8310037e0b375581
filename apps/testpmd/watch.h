/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What looks at packets between an engine and its queues: set verbose, the probes of latency-stats, and the tags of
 * tx_vlan. A stream that nobody watches pays one comparison a burst.
 */
#ifndef PLX_APPS_TESTPMD_WATCH_H
#define PLX_APPS_TESTPMD_WATCH_H

#include <pollux/plx_mbuf.h>

struct stream;
struct app;

/* Bits of stream->watch; the first two are DPDK's levels of set verbose. */
#define WATCH_RX      (1u << 0)
#define WATCH_TX      (1u << 1)
#define WATCH_LATENCY (1u << 2)
#define WATCH_TAG     (1u << 3) /* what is sent gets the port's tx_vlan */

/* Looks at what was received, and sends watched. Path: warm. */
void watch_received(struct stream *stream, struct plx_mbuf **pkts, uint16_t n);
uint16_t watch_send(struct stream *stream, struct plx_mbuf **pkts, uint16_t n);

/* Tells all streams what app says; also while they run. */
void watch_streams(struct app *app);

#endif
