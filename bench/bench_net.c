/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a packet costs in lib/net: parsing, flow hash, checksums; and, since a hash is chosen for how it spreads,
 * how many packets the fullest of 16 workers gets when neighbouring flows are hashed.
 */
#include "bench.h"
#include "bench_net.h"

#include <pollux/plx_net_build.h>
#include <pollux/plx_net_csum.h>
#include <pollux/plx_net_hash.h>
#include <pollux/plx_net_parse.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PASSES 512

static struct plx_net_toeplitz toeplitz;

static const uint8_t *
frame(const struct bench_net_frames *frames, unsigned i)
{
	return frames->bytes + (size_t)i * BENCH_NET_FRAME_ROOM;
}

static double
measure(uint64_t (*pass)(const struct bench_net_frames *), const void *arg)
{
	uint64_t sum = pass(arg), start = bench_cycles();

	for (unsigned i = 0; i < PASSES; i++)
		sum += pass(arg);
	bench_use(&sum);
	return (double)(bench_cycles() - start) / (PASSES * BENCH_NET_FRAMES);
}

static uint64_t
pass_parse(const struct bench_net_frames *frames)
{
	struct plx_net_packet packet;
	uint64_t sum = 0;

	for (unsigned i = 0; i < BENCH_NET_FRAMES; i++) {
		plx_net_parse(frame(frames, i), frames->len, &packet);
		sum += packet.packet_type + packet.layers[0].l4_off;
	}
	return sum;
}

static uint64_t
pass_hash(const struct bench_net_frames *frames)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < BENCH_NET_FRAMES; i++)
		sum += plx_net_flow_hash(frame(frames, i), frames->len);
	return sum;
}

static uint64_t
pass_toeplitz(const struct bench_net_frames *frames)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < BENCH_NET_FRAMES; i++) {
		size_t addresses = frames->ipv6 ? 32 : 8;

		sum += plx_net_toeplitz_hash(
			&toeplitz, frame(frames, i) + frames->l4_off - addresses, addresses + 4);
	}
	return sum;
}

static uint64_t
pass_csum(const struct bench_net_frames *frames)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < BENCH_NET_FRAMES; i++)
		sum += plx_net_csum(frame(frames, i) + 14, frames->len - 14);
	return sum;
}

static uint64_t
pass_l4_csum(const struct bench_net_frames *frames)
{
	struct plx_net_packet packet;
	uint64_t sum = 0;

	for (unsigned i = 0; i < BENCH_NET_FRAMES; i++) {
		plx_net_parse(frame(frames, i), frames->len, &packet);
		sum += plx_net_csum_check_l4(frame(frames, i), &packet.layers[0]);
	}
	return sum;
}

#define MEASURE(name, pass)                 \
	static double name(const void *arg) \
	{                                   \
		return measure(pass, arg);  \
	}

MEASURE(ours_parse, pass_parse)
MEASURE(ours_hash, pass_hash)
MEASURE(ours_toeplitz, pass_toeplitz)
MEASURE(ours_csum, pass_csum)
MEASURE(ours_l4_csum, pass_l4_csum)
MEASURE(peer_parse, bench_net_dpdk_parse)
MEASURE(peer_softrss, bench_net_dpdk_softrss)
MEASURE(peer_csum, bench_net_dpdk_csum)
MEASURE(peer_l4_csum, bench_net_dpdk_l4_csum)

static struct bench_net_frames
make_frames(bool ipv6, uint8_t proto, size_t len)
{
	struct plx_net_build build = {.ipv6 = ipv6,
				      .proto = proto,
				      .src_ip = {10, 0, 0, 1},
				      .dst_ip = {10, 0, 0, 2},
				      .dst_port = 80};
	struct bench_net_frames frames = {.len = len, .l4_off = ipv6 ? 54 : 34, .ipv6 = ipv6};

	frames.bytes = calloc(BENCH_NET_FRAMES, BENCH_NET_FRAME_ROOM);
	for (unsigned i = 0; frames.bytes != NULL && i < BENCH_NET_FRAMES; i++) {
		build.src_port = (uint16_t)(1024 + i);
		build.src_ip[2] = (uint8_t)(i * 7);
		plx_net_build_frame(&build, frames.bytes + (size_t)i * BENCH_NET_FRAME_ROOM, len);
	}
	return frames;
}

/* -- how hashes spread ------------------------------------------------------------------------------- */

enum { WORKERS = 16, FLOWS = 65536 };

static void
make_tuple(unsigned pattern, unsigned i, struct plx_net_build *build)
{
	*build = (struct plx_net_build){
		.src_ip = {10, 0, 0, 1}, .dst_ip = {10, 1, 0, 2}, .src_port = 1024, .dst_port = 80};
	if (pattern == 0 || pattern == 2) {
		build->src_ip[1] = (uint8_t)(i >> 8);
		build->src_ip[2] = (uint8_t)i;
	}
	if (pattern == 1)
		build->src_port = (uint16_t)i;
	if (pattern == 2) {
		build->dst_ip[1] = (uint8_t)(i >> 8);
		build->dst_ip[2] = (uint8_t)i;
	}
}

static void
print_spread(unsigned pattern, const char *name)
{
	unsigned by_hash[WORKERS] = {0}, by_toeplitz[WORKERS] = {0};
	unsigned most[2] = {0};

	for (unsigned i = 0; i < FLOWS; i++) {
		struct plx_net_build build;
		uint8_t bytes[42];

		make_tuple(pattern, i, &build);
		plx_net_build_frame(&build, bytes, sizeof(bytes));
		by_hash[plx_net_flow_hash(bytes, sizeof(bytes)) % WORKERS]++;
		by_toeplitz[plx_net_toeplitz_hash(&toeplitz, bytes + 26, 12) % WORKERS]++;
	}
	for (unsigned i = 0; i < WORKERS; i++) {
		most[0] = by_hash[i] > most[0] ? by_hash[i] : most[0];
		most[1] = by_toeplitz[i] > most[1] ? by_toeplitz[i] : most[1];
	}
	printf("  %-36s %6.3f %25.3f\n", name, (double)most[0] * WORKERS / FLOWS,
	       (double)most[1] * WORKERS / FLOWS);
}

int
main(int argc, char **argv)
{
	struct bench_net_frames tcp = make_frames(false, PLX_NET_PROTO_TCP, 64);
	struct bench_net_frames udp6 = make_frames(true, PLX_NET_PROTO_UDP, 80);
	struct bench_net_frames large = make_frames(false, PLX_NET_PROTO_UDP, 1514);
	const struct bench_row rows[] = {
		{"parse, IPv4 TCP", ours_parse, peer_parse, &tcp},
		{"parse, IPv6 UDP", ours_parse, peer_parse, &udp6},
		{"flow hash with parsing, IPv4 (softrss alone)", ours_hash, peer_softrss, &tcp},
		{"flow hash with parsing, IPv6 (softrss alone)", ours_hash, peer_softrss, &udp6},
		{"Toeplitz, IPv4 tuple", ours_toeplitz, peer_softrss, &tcp},
		{"Toeplitz, IPv6 tuple", ours_toeplitz, peer_softrss, &udp6},
		{"checksum of 50 bytes", ours_csum, peer_csum, &tcp},
		{"checksum of 1,500 bytes", ours_csum, peer_csum, &large},
		{"parse and check TCP, 64 bytes (check alone)", ours_l4_csum, peer_l4_csum, &tcp},
		{"parse and check UDP, 1,514 (check alone)", ours_l4_csum, peer_l4_csum, &large},
	};
	int ret;

	if (tcp.bytes == NULL || udp6.bytes == NULL || large.bytes == NULL)
		return 1;
	plx_net_toeplitz_init(&toeplitz, plx_net_toeplitz_key_symmetric, PLX_NET_TOEPLITZ_KEY_LEN);
	printf("load of the fullest of %d workers, 1 = even: flow hash, Toeplitz 0x6d5a\n",
	       WORKERS);
	print_spread(0, "65,536 addresses in a row");
	print_spread(1, "65,536 ports in a row");
	print_spread(2, "both addresses count up together");
	ret = bench_main(argc, argv,
			 &(struct bench){"net", "cycles/packet", "dpdk", rows,
					 sizeof(rows) / sizeof(rows[0]), false});
	free(tcp.bytes);
	free(udp6.bytes);
	free(large.bytes);
	return ret;
}
