/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * flowgen: UDP packets of many flows (--flowgen-flows) that differ in the destination address, one after the
 * other; what is received is counted and freed. Addresses and ports are those of DPDK's flowgen.
 */
#include "maker.h"

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
	const struct maker_flows flows = {
		.off = FLOWS_DST,
		.n = (uint32_t)stream->app->args.engines.flows,
		.first = (10u << 24) | (253u << 16), /* 10.253.0.0 */
		.step = 1,
		.mask = UINT32_MAX,
	};

	return maker_create(stream, &build, &flows, why);
}

static unsigned
run(struct stream *stream)
{
	struct plx_mbuf *pkts[BURST_MAX];
	uint16_t got = stream_receive(stream, pkts);

	plx_mbuf_free_bulk(pkts, got);
	return got + maker_run(stream);
}

const struct engine engine_flowgen = {
	.name = "flowgen",
	.about = "makes UDP packets of many flows, frees what comes",
	.makes_packets = true,
	.begin = begin,
	.end = engine_free,
	.run = run,
};
