/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * txonly: UDP packets as fast as the queue takes them, from the addresses and ports of --tx-ip and --tx-udp; with
 * --txonly-multi-flow the third byte of the source address counts up, so that receivers spread them over queues.
 */
#include "engine.h"
#include "flows.h"

#include <pollux/plx_byteorder.h>
#include <pollux/plx_net_build.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A packet for each number of segments that may be asked for, at the same stride. */
struct txonly {
	struct txpkts shape;
	uint32_t stride;
	uint64_t chance; /* state of a generator, for txsplit rand */
	bool multi_flow; /* the frames are without source address then */
	uint32_t src;	 /* the next one */
	struct flows_sums sums[TXPKTS_MAX];
	uint8_t frames[];
};

static int
check_shape(const struct stream *stream, const struct txpkts *shape, struct plx_why *why)
{
	const unsigned room = engine_buffer_room(stream->app->pool);
	struct plx_ethdev_info info = {0};

	for (unsigned i = 0; i < shape->n; i++) {
		if (shape->len[i] > room)
			return plx_why(why, -EINVAL,
				       "--txpkts %u: the pool's buffers take %u bytes; use larger "
				       "ones with --mbuf-size, or shorter packets",
				       shape->len[i], room);
	}
	plx_ethdev_info(stream->tx_port, &info);
	if (shape->n > 1 && (info.tx_offloads_capable & PLX_ETH_TX_OFFLOAD_MULTI_SEGS) == 0)
		return plx_why(why, -ENOTSUP,
			       "txpkts of %u segments: port %u (%s) cannot send chains; set txpkts "
			       "with one length",
			       shape->n, stream->tx_port, info.name);
	if (shape->n > 1 && (info.tx_offloads & PLX_ETH_TX_OFFLOAD_MULTI_SEGS) == 0)
		return plx_why(why, -EINVAL,
			       "txpkts of %u segments: port %u (%s) was started for packets of one "
			       "segment; start again with --txpkts %u,%u..",
			       shape->n, stream->tx_port, info.name, shape->len[0], shape->len[1]);
	return 0;
}

/* The packets of 1, 2, .. all segments, each with its own lengths and checksums. */
static void
build_frames(struct txonly *own, const struct plx_net_build *build)
{
	uint32_t len = 0;

	for (unsigned i = 0; i < own->shape.n; i++) {
		len += own->shape.len[i];
		plx_net_build_frame(build, own->frames + i * own->stride, len);
		own->sums[i] = flows_sums(own->frames + i * own->stride);
	}
}

static int
begin(struct stream *stream, struct plx_why *why)
{
	const struct txpkts *shape = &stream->app->args.txpkts;
	const struct engine_settings *settings = &stream->app->args.engines;
	struct plx_net_build build = {
		.src_port = settings->src_port,
		.dst_port = settings->dst_port,
	};
	struct txonly *own;
	int ret = check_shape(stream, shape, why);

	if (ret != 0)
		return ret;
	plx_ethdev_mac(stream->tx_port, build.src_mac);
	memcpy(build.dst_mac, settings->ports[stream->tx_port].peer, sizeof(build.dst_mac));
	if (!settings->multi_flow)
		memcpy(build.src_ip, settings->src_ip, sizeof(settings->src_ip));
	memcpy(build.dst_ip, settings->dst_ip, sizeof(settings->dst_ip));
	own = calloc(1, sizeof(*own) + (size_t)shape->n * txpkts_len(shape));
	if (own == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	own->shape = *shape;
	own->stride = txpkts_len(shape);
	own->chance = stream->tx_port * 64u + stream->tx_queue + 1u;
	own->multi_flow = settings->multi_flow;
	own->src = plx_load_be32(settings->src_ip);
	build_frames(own, &build);
	stream->engine = own;
	return 0;
}

static void
end(struct stream *stream)
{
	free(stream->engine);
	stream->engine = NULL;
}

/* Writes the source address into a copy of the frame of n segments, and counts up its third byte. */
static inline void
write_source(struct txonly *own, uint8_t *copy, unsigned n)
{
	flows_write(copy, FLOWS_SRC, own->src, own->sums[n - 1]);
	own->src = (own->src & ~0xff00u) | ((own->src + 0x100) & 0xff00);
}

/* How many segments the next packet has: xorshift64 (Marsaglia 2003) decides with txsplit rand. */
static unsigned
next_nb_segs(struct txonly *own)
{
	if (own->shape.split != TXSPLIT_RAND)
		return own->shape.n;
	own->chance ^= own->chance << 13;
	own->chance ^= own->chance >> 7;
	own->chance ^= own->chance << 17;
	return 1 + (unsigned)(own->chance % own->shape.n);
}

/* Fills fresh segs[0..n) and links them to a packet. */
static void
fill_chain(struct txonly *own, struct plx_mbuf **segs, unsigned n)
{
	const uint8_t *bytes = own->frames + (n - 1) * own->stride;
	uint32_t len = 0;

	for (unsigned i = 0; i < n; i++) {
		memcpy(plx_mbuf_append(segs[i], own->shape.len[i]), bytes + len, own->shape.len[i]);
		len += own->shape.len[i];
		segs[i]->next = i + 1 < n ? segs[i + 1] : NULL;
	}
	segs[0]->nb_segs = (uint16_t)n;
	segs[0]->pkt_len = len;
	if (own->multi_flow)
		write_source(own, plx_mbuf_data(segs[0]), n);
}

/* Up to n packets of several segments; fewer when the pool has no more. */
static uint16_t
make_chains(struct stream *stream, struct plx_mbuf **pkts, uint16_t n)
{
	struct txonly *own = stream->engine;

	for (uint16_t i = 0; i < n; i++) {
		struct plx_mbuf *segs[TXPKTS_MAX];
		unsigned nb_segs = next_nb_segs(own);

		if (plx_mbuf_alloc_bulk(stream->app->pool, segs, nb_segs) != 0)
			return i;
		fill_chain(own, segs, nb_segs);
		pkts[i] = segs[0];
	}
	return n;
}

static uint16_t
make_packets(struct stream *stream, struct plx_mbuf **pkts, uint16_t n)
{
	struct txonly *own = stream->engine;

	if (own->shape.n > 1)
		return make_chains(stream, pkts, n);
	if (PLX_UNLIKELY(plx_mbuf_alloc_bulk(stream->app->pool, pkts, n) != 0))
		return 0;
	for (uint16_t i = 0; i < n; i++) {
		uint8_t *bytes = plx_mbuf_append(pkts[i], own->shape.len[0]);

		memcpy(bytes, own->frames, own->shape.len[0]);
		if (own->multi_flow)
			write_source(own, bytes, 1);
	}
	return n;
}

static unsigned
run(struct stream *stream)
{
	struct plx_mbuf *pkts[BURST_MAX];
	uint16_t n = make_packets(stream, pkts, (uint16_t)stream->app->args.burst);

	if (PLX_UNLIKELY(n == 0)) {
		/* All buffers are on their way out: let the queue find out which of them have left. */
		plx_ethdev_tx_burst(stream->tx_port, stream->tx_queue, NULL, 0);
		stream->no_mbuf++;
		return 0;
	}
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
