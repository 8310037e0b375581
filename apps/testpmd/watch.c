/* SPDX-License-Identifier: BSD-3-Clause */
#include "watch.h"

#include "engine.h"
#include "latency.h"
#include "verbose.h"

#include <pollux/plx_clock.h>

#include <stdio.h>

void
watch_received(struct stream *stream, struct plx_mbuf **pkts, uint16_t n)
{
	if ((stream->watch & WATCH_LATENCY) != 0)
		latency_take(stream, pkts, n, plx_clock_ticks());
	if ((stream->watch & WATCH_RX) != 0)
		verbose_print(stream->rx_port, stream->rx_queue, true, pkts, n, stdout);
}

/* The device inserts it: bytes stay as they are. */
static void
tag(struct plx_mbuf **pkts, uint16_t n, uint16_t vlan)
{
	for (uint16_t i = 0; i < n; i++) {
		pkts[i]->ol_flags |= PLX_MBUF_TX_VLAN;
		pkts[i]->vlan_tci = vlan;
	}
}

uint16_t
watch_send(struct stream *stream, struct plx_mbuf **pkts, uint16_t n)
{
	const bool timed = (stream->watch & WATCH_LATENCY) != 0;
	bool probed[BURST_MAX];
	uint16_t sent;

	if ((stream->watch & WATCH_TAG) != 0)
		tag(pkts, n, stream->app->wishes[stream->tx_port].tx_vlan);
	if ((stream->watch & WATCH_TX) != 0)
		verbose_print(stream->tx_port, stream->tx_queue, false, pkts, n, stdout);
	if (timed)
		latency_stamp(stream, pkts, n, plx_clock_ticks(), probed);
	sent = stream_send_unwatched(stream, pkts, n);
	if (timed)
		latency_sent(stream, probed, sent);
	return sent;
}

void
watch_streams(struct app *app)
{
	const unsigned verbose = app->verbose > 2 ? WATCH_RX | WATCH_TX : (unsigned)app->verbose;

	for (unsigned i = 0; i < app->nb_streams; i++) {
		struct stream *stream = &app->streams[i];
		unsigned watch = verbose | (stream->latency != NULL ? WATCH_LATENCY : 0) |
				 (app->wishes[stream->tx_port].tx_vlan != 0 ? WATCH_TAG : 0);

		__atomic_store_n(&stream->watch, watch, __ATOMIC_RELAXED);
	}
}
