/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * flowgen: UDP packets of many flows (--flowgen-flows) that differ in the destination address, one after the
 * other; what is received is counted and freed. Addresses and ports are those of DPDK's flowgen.
 */
#include "engine.h"
#include "flows.h"

#include <pollux/plx_net_build.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DST ((10u << 24) | (253u << 16)) /* 10.253.0.0, of flow 0 */

/* The packet without its destination. */
struct flowgen {
	uint32_t flow, flows;
	struct flows_sums sums;
	uint16_t len;
	uint8_t frame[];
};

static const struct plx_net_build build = {
	.src_mac = {0x00, 0x01, 0x02, 0x03, 0x04, 0x00},
	.dst_mac = {0x00, 0x01, 0x02, 0x03, 0x04, 0x01},
	.src_ip = {10, 254, 0, 0},
	.src_port = 1000,
	.dst_port = 1001,
};

static int
begin(struct stream *stream, struct plx_why *why)
{
	const uint32_t len = txpkts_len(&stream->app->args.txpkts);
	const unsigned room = engine_buffer_room(stream->app->pool);
	struct flowgen *own;

	if (len > room)
		return plx_why(why, -EINVAL,
			       "--txpkts %u: the pool's buffers take %u bytes; use larger ones "
			       "with --mbuf-size, or shorter packets",
			       len, room);
	own = calloc(1, sizeof(*own) + len);
	if (own == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	own->flows = (uint32_t)stream->app->args.engines.flows;
	own->len = (uint16_t)len;
	plx_net_build_frame(&build, own->frame, len);
	own->sums = flows_sums(own->frame);
	stream->engine = own;
	return 0;
}

static void
end(struct stream *stream)
{
	free(stream->engine);
	stream->engine = NULL;
}

/* The packet of the next flow. */
static inline void
fill(struct flowgen *own, uint8_t *bytes)
{
	memcpy(bytes, own->frame, own->len);
	flows_write(bytes, FLOWS_DST, DST + own->flow, own->sums);
	own->flow = own->flow + 1 < own->flows ? own->flow + 1 : 0;
}

static unsigned
run(struct stream *stream)
{
	struct flowgen *own = stream->engine;
	struct plx_mbuf *pkts[BURST_MAX];
	uint16_t n = (uint16_t)stream->app->args.burst, sent;
	uint16_t got = stream_receive(stream, pkts);

	plx_mbuf_free_bulk(pkts, got);
	if (PLX_UNLIKELY(plx_mbuf_alloc_bulk(stream->app->pool, pkts, n) != 0)) {
		/* All buffers are on their way out: let the queue find out which of them have left. */
		plx_ethdev_tx_burst(stream->tx_port, stream->tx_queue, NULL, 0);
		stream->no_mbuf++;
		return got;
	}
	for (uint16_t i = 0; i < n; i++)
		fill(own, plx_mbuf_append(pkts[i], own->len));
	sent = stream_send(stream, pkts, n);
	/* The flows of packets that were dropped come next, so that each has its share. */
	if (PLX_UNLIKELY(sent < n))
		own->flow =
			(own->flow + own->flows - (uint32_t)(n - sent) % own->flows) % own->flows;
	return got + n;
}

const struct engine engine_flowgen = {
	.name = "flowgen",
	.about = "makes UDP packets of many flows, frees what comes",
	.makes_packets = true,
	.begin = begin,
	.end = end,
	.run = run,
};
