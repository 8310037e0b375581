/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A forwarding engine: what is done with packets between rx and tx. One file and one row in engine.c each.
 */
#ifndef PLX_APPS_TESTPMD_ENGINE_H
#define PLX_APPS_TESTPMD_ENGINE_H

#include "testpmd.h"
#include "watch.h"
#include "worker.h"

struct engine {
	const char *name;
	const char *about;
	bool makes_packets; /* sends without receiving: zero packets received is no surprise */
	/* What stream->counts[] counts, as it is printed ("Bad-ipcsum"); NULL behind the last. */
	const char *counts[ENGINE_COUNTS];
	/*
	 * Optional, both or none: prepares a stream before its lcore starts (stream->engine is the engine's
	 * own), and undoes that after it stopped. end() may still send what the engine kept.
	 */
	int (*begin)(struct stream *stream, struct plx_why *why);
	void (*end)(struct stream *stream);
	/* One round on one stream. Returns the packets handled, 0 when there was nothing to do. */
	unsigned (*run)(struct stream *stream);
	/* Optional, both or none: whether lcores without a stream have work, and one round of that. */
	bool (*wants_workers)(const struct app *app);
	unsigned (*work)(struct worker *worker);
	/* Optional: the main lcore is going to show stream->counts; here it sets those that no lcore does. */
	void (*look)(struct stream *stream);
};

extern const struct engine engine_5tswap;
extern const struct engine engine_cluster;
extern const struct engine engine_csum;
extern const struct engine engine_flowgen;
extern const struct engine engine_icmpecho;
extern const struct engine engine_io;
extern const struct engine engine_mac;
extern const struct engine engine_macswap;
extern const struct engine engine_noisy;
extern const struct engine engine_rxonly;
extern const struct engine engine_txonly;

/* "io, macswap, rxonly": all of them, into buf. Returns buf. */
#define ENGINE_NAMES_MAX 160
const char *engine_names(char buf[ENGINE_NAMES_MAX]);
/* NULL if there is none of that name. */
const struct engine *engine_find(const char *name);
/* The i-th, NULL behind the last. */
const struct engine *engine_at(unsigned i);

/* Bytes that a fresh buffer of the pool takes, 0 if the pool is empty. */
unsigned engine_buffer_room(struct plx_pool *pool);

/* Zeroed memory of the engine's own as stream->engine, NULL with a why if there is none; and its end. */
void *engine_alloc(struct stream *stream, size_t size, struct plx_why *why);
void engine_free(struct stream *stream);

/* Offers again what the tx queue did not take, if that is wanted; then frees and counts the rest. Returns sent. */
uint16_t stream_send_rest(struct stream *stream, struct plx_mbuf **pkts, uint16_t n);

/* stream_send without what may look at the packets. */
static inline uint16_t
stream_send_unwatched(struct stream *stream, struct plx_mbuf **pkts, uint16_t n)
{
	uint16_t taken = plx_ethdev_tx_burst(stream->tx_port, stream->tx_queue, pkts, n);

	stream->tx += taken;
	if (PLX_UNLIKELY(taken < n))
		taken += stream_send_rest(stream, pkts + taken, n - taken);
	return taken;
}

/* Hands packets to the stream's tx queue; what it does not take is freed and counted. Returns sent. */
static inline uint16_t
stream_send(struct stream *stream, struct plx_mbuf **pkts, uint16_t n)
{
	if (PLX_UNLIKELY(__atomic_load_n(&stream->watch, __ATOMIC_RELAXED) != 0))
		return watch_send(stream, pkts, n);
	return stream_send_unwatched(stream, pkts, n);
}

/* Takes up to a burst from the stream's rx queue. */
static inline uint16_t
stream_receive(struct stream *stream, struct plx_mbuf **pkts)
{
	uint16_t got = plx_ethdev_rx_burst(stream->rx_port, stream->rx_queue, pkts,
					   (uint16_t)stream->app->args.burst);

	stream->rx += got;
	if (PLX_UNLIKELY(__atomic_load_n(&stream->watch, __ATOMIC_RELAXED) != 0))
		watch_received(stream, pkts, got);
	return got;
}

#endif
