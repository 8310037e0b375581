/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * txonly: UDP packets as fast as the queue takes them, from the addresses and ports of --tx-ip and --tx-udp; with
 * --txonly-multi-flow the third byte of the source address counts up, so that receivers spread them over queues.
 */
#include "engine.h"

#include <pollux/plx_byteorder.h>
#include <pollux/plx_net_build.h>
#include <pollux/plx_net_csum.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define IP  sizeof(struct plx_net_ether)
#define UDP (IP + sizeof(struct plx_net_ipv4))

/* The packet that is sent again and again. */
struct txonly {
	uint16_t len;
	bool multi_flow;
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
	const struct engine_settings *settings = &stream->app->args.engines;
	struct plx_net_build build = {
		.src_port = settings->src_port,
		.dst_port = settings->dst_port,
	};
	struct txonly *own;

	if (len > room_of_a_buffer(stream->app->pool))
		return plx_why(
			why, -EINVAL,
			"--txpkts %u: the pool's buffers take %u bytes; use larger ones with "
			"--mbuf-size, or shorter packets",
			(unsigned)len, room_of_a_buffer(stream->app->pool));
	plx_ethdev_mac(stream->tx_port, build.src_mac);
	memcpy(build.dst_mac, settings->ports[stream->tx_port].peer, sizeof(build.dst_mac));
	memcpy(build.src_ip, settings->src_ip, sizeof(settings->src_ip));
	memcpy(build.dst_ip, settings->dst_ip, sizeof(settings->dst_ip));
	own = calloc(1, sizeof(*own) + len);
	if (own == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	own->len = len;
	own->multi_flow = settings->multi_flow;
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

/* The next flow: both checksums follow the address. */
static void
next_flow(struct txonly *own)
{
	uint8_t *half = own->frame + IP + offsetof(struct plx_net_ipv4, src) + 2;
	uint8_t *ip_csum = own->frame + IP + offsetof(struct plx_net_ipv4, csum);
	uint8_t *udp_csum = own->frame + UDP + offsetof(struct plx_net_udp, csum);
	uint16_t before = plx_load_be16(half), sum;

	half[0]++;
	sum = plx_net_csum_update16(plx_load_be16(ip_csum), before, plx_load_be16(half));
	plx_store_be16(ip_csum, sum);
	sum = plx_net_csum_update16(plx_load_be16(udp_csum), before, plx_load_be16(half));
	plx_store_be16(udp_csum, sum == 0 ? UINT16_MAX : sum);
}

static unsigned
run(struct stream *stream)
{
	struct txonly *own = stream->engine;
	struct plx_mbuf *pkts[BURST_MAX];
	uint16_t n = (uint16_t)stream->app->args.burst;

	if (PLX_UNLIKELY(plx_mbuf_alloc_bulk(stream->app->pool, pkts, n) != 0)) {
		/* All buffers are on their way out: let the queue find out which of them have left. */
		plx_ethdev_tx_burst(stream->tx_port, stream->tx_queue, NULL, 0);
		stream->no_mbuf++;
		return 0;
	}
	for (uint16_t i = 0; i < n; i++) {
		memcpy(plx_mbuf_append(pkts[i], own->len), own->frame, own->len);
		if (own->multi_flow)
			next_flow(own);
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
