/* SPDX-License-Identifier: BSD-3-Clause */
/* What bench_net and its peer share: the frames, and one function for each thing that is measured. */
#ifndef PLX_BENCH_BENCH_NET_H
#define PLX_BENCH_BENCH_NET_H

#include <stddef.h>
#include <stdint.h>

/* They stay in the second cache, and their heads do not share sets of the first. */
#define BENCH_NET_FRAMES     128
#define BENCH_NET_FRAME_ROOM 1600

/* Frames of one kind, each of another flow. */
struct bench_net_frames {
	uint8_t *bytes; /* BENCH_NET_FRAME_ROOM apart */
	size_t len;
	size_t l4_off;
	int ipv6;
};

/* Each goes over all frames once and returns something that depends on the results. */
uint64_t bench_net_dpdk_parse(const struct bench_net_frames *frames);
uint64_t bench_net_dpdk_softrss(const struct bench_net_frames *frames);
uint64_t bench_net_dpdk_csum(const struct bench_net_frames *frames);
uint64_t bench_net_dpdk_l4_csum(const struct bench_net_frames *frames);

#endif
