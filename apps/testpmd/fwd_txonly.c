/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * txonly: UDP packets as fast as the queue takes them, between the addresses that are set aside for such
 * tests (RFC 2544: 198.18.0.0/15), discard port to discard port.
 */
#include "engine.h"

#include <pollux/plx_net_build.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DISCARD_PORT 9

/* The packet that is sent again and again. */
struct txonly {
	uint16_t len;
	uint8_t frame[];
};

static unsigned
room_of_a_buffer(struct plx_pool *pool)
{
	struct plx_mbuf *m = plx_mbuf_alloc(pool);
	unsigned room = m != NULL ? plx_mbuf_tailroom(m) : 0;

	plx_mbuf_free(m);
	return room;
}

static int
begin(struct stream *stream, struct plx_why *why)
{
	const uint16_t len = (uint16_t)stream->app->args.txpkt_len;
	struct plx_net_build build = {
		.dst_mac = {0x02, 0, 0, 0, 0, (uint8_t)stream->tx_port},
		.src_ip = {198, 18, 0, 1},
		.dst_ip = {198, 18, 0, 2},
		.src_port = DISCARD_PORT,
		.dst_port = DISCARD_PORT,
	};
	struct txonly *own;

	if (len > room_of_a_buffer(stream->app->pool))
		return plx_why(
			why, -EINVAL,
			"--txpkts %u: the pool's buffers take %u bytes; use larger ones with "
			"--mbuf-size, or shorter packets",
			(unsigned)len, room_of_a_buffer(stream->app->pool));
	plx_ethdev_mac(stream->tx_port, build.src_mac);
	own = calloc(1, sizeof(*own) + len);
	if (own == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	own->len = len;
	stream->engine = own;
	plx_net_build_frame(&build, own->frame,
			    len); /* the option's least length is what it needs */
	return 0;
}

static void
end(struct stream *stream)
{
	free(stream->engine);
	stream->engine = NULL;
}

static unsigned
run(struct stream *stream)
{
	const struct txonly *own = stream->engine;
	struct plx_mbuf *pkts[BURST_MAX];
	uint16_t n = (uint16_t)stream->app->args.burst;

	if (PLX_UNLIKELY(plx_mbuf_alloc_bulk(stream->app->pool, pkts, n) != 0)) {
		/* All buffers are on their way out: let the queue find out which of them have left. */
		plx_ethdev_tx_burst(stream->tx_port, stream->tx_queue, NULL, 0);
		stream->no_mbuf++;
		return 0;
	}
	for (uint16_t i = 0; i < n; i++)
		memcpy(plx_mbuf_append(pkts[i], own->len), own->frame, own->len);
	stream_send(stream, pkts, n);
	return n;
}

const struct engine engine_txonly = {
	.name = "txonly",
	.about = "makes UDP packets and sends them",
	.makes_packets = true,
	.begin = begin,
	.end = end,
	.run = run,
};
