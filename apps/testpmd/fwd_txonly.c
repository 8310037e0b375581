/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * txonly: UDP packets as fast as the queue takes them, from the addresses and ports of --tx-ip and --tx-udp; with
 * --txonly-multi-flow the third byte of the source address counts up, so that receivers spread them over queues.
 */
#include "maker.h"

#include <pollux/plx_byteorder.h>

#include <string.h>

static int
begin(struct stream *stream, struct plx_why *why)
{
	const struct engine_settings *settings = &stream->app->args.engines;
	const struct maker_flows flows = {
		.off = settings->multi_flow ? FLOWS_SRC : 0,
		.n = 256,
		.first = plx_load_be32(settings->src_ip),
		.step = 0x100,
		.mask = 0xff00,
	};
	struct plx_net_build build = {
		.src_port = settings->src_port,
		.dst_port = settings->dst_port,
	};

	plx_ethdev_mac(stream->tx_port, build.src_mac);
	memcpy(build.dst_mac, settings->ports[stream->tx_port].peer, sizeof(build.dst_mac));
	if (!settings->multi_flow)
		memcpy(build.src_ip, settings->src_ip, sizeof(settings->src_ip));
	memcpy(build.dst_ip, settings->dst_ip, sizeof(settings->dst_ip));
	return maker_create(stream, &build, &flows, why);
}

const struct engine engine_txonly = {
	.name = "txonly",
	.about = "makes UDP packets and sends them",
	.makes_packets = true,
	.begin = begin,
	.end = engine_free,
	.run = maker_run,
};
