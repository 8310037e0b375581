/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A forwarding engine: what is done with packets between rx and tx. One file and one row in engine.c each.
 */
#ifndef PLX_APPS_TESTPMD_ENGINE_H
#define PLX_APPS_TESTPMD_ENGINE_H

#include "testpmd.h"

struct engine {
	const char *name;
	const char *about;
	bool makes_packets; /* sends without receiving: zero packets received is no surprise */
	/* Optional: prepares a stream before its lcore starts, and undoes that after it stopped. */
	int (*begin)(struct stream *stream, struct plx_why *why);
	void (*end)(struct stream *stream);
	/* One round on one stream. Returns the packets handled, 0 when there was nothing to do. */
	unsigned (*run)(struct stream *stream);
};

extern const struct engine engine_io;
extern const struct engine engine_macswap;
extern const struct engine engine_rxonly;
extern const struct engine engine_txonly;

/* NULL if there is none of that name. */
const struct engine *engine_find(const char *name);
/* The i-th, NULL behind the last. */
const struct engine *engine_at(unsigned i);

/* Hands packets to the stream's tx queue; what it does not take is freed and counted. */
static inline void
stream_send(struct stream *stream, struct plx_mbuf **pkts, uint16_t n)
{
	uint16_t taken = plx_ethdev_tx_burst(stream->tx_port, stream->tx_queue, pkts, n);

	stream->tx += taken;
	if (PLX_UNLIKELY(taken < n)) {
		stream->dropped += n - taken;
		plx_mbuf_free_bulk(pkts + taken, n - taken);
	}
}

/* Takes up to a burst from the stream's rx queue. */
static inline uint16_t
stream_receive(struct stream *stream, struct plx_mbuf **pkts)
{
	uint16_t got = plx_ethdev_rx_burst(stream->rx_port, stream->rx_queue, pkts,
					   (uint16_t)stream->app->args.burst);

	stream->rx += got;
	return got;
}

#endif
