/* SPDX-License-Identifier: BSD-3-Clause */
/* DPDK's side of bench_net: functions that need no EAL. */
#include "bench_net.h"

#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_net.h>
#include <rte_thash.h>

static const uint8_t *
frame(const struct bench_net_frames *frames, unsigned i)
{
	return frames->bytes + (size_t)i * BENCH_NET_FRAME_ROOM;
}

uint64_t
bench_net_dpdk_parse(const struct bench_net_frames *frames)
{
	struct rte_net_hdr_lens lens;
	uint64_t sum = 0;

	for (unsigned i = 0; i < BENCH_NET_FRAMES; i++) {
		struct rte_mbuf m = {.buf_addr = (void *)(uintptr_t)frame(frames, i),
				     .data_len = (uint16_t)frames->len,
				     .pkt_len = (uint32_t)frames->len,
				     .nb_segs = 1};

		sum += rte_net_get_ptype(&m, &lens, RTE_PTYPE_ALL_MASK) + lens.l3_len;
	}
	return sum;
}

/* Words of the tuple in host order, as rte_softrss wants them. */
static uint32_t
load_tuple(const uint8_t *bytes, size_t len, uint32_t *tuple)
{
	uint32_t words = (uint32_t)(len / 4);

	for (uint32_t i = 0; i < words; i++) {
		uint32_t word;

		memcpy(&word, bytes + 4 * i, sizeof(word));
		tuple[i] = rte_be_to_cpu_32(word);
	}
	return words;
}

uint64_t
bench_net_dpdk_softrss(const struct bench_net_frames *frames)
{
	static uint8_t key[40], ready[40];
	uint64_t sum = 0;

	for (unsigned i = 0; i < sizeof(key); i++)
		key[i] = i % 2 ? 0x5a : 0x6d;
	rte_convert_rss_key((const uint32_t *)(const void *)key, (uint32_t *)(void *)ready,
			    sizeof(key));
	for (unsigned i = 0; i < BENCH_NET_FRAMES; i++) {
		size_t addresses = frames->ipv6 ? 32 : 8;
		uint32_t tuple[9];
		uint32_t n = load_tuple(frame(frames, i) + frames->l4_off - addresses,
					addresses + 4, tuple);

		sum += rte_softrss_be(tuple, n, ready);
	}
	return sum;
}

uint64_t
bench_net_dpdk_csum(const struct bench_net_frames *frames)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < BENCH_NET_FRAMES; i++)
		sum += rte_raw_cksum(frame(frames, i) + 14, frames->len - 14);
	return sum;
}

uint64_t
bench_net_dpdk_l4_csum(const struct bench_net_frames *frames)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < BENCH_NET_FRAMES; i++) {
		const uint8_t *bytes = frame(frames, i);

		if (frames->ipv6)
			sum += (uint64_t)rte_ipv6_udptcp_cksum_verify(
				(const struct rte_ipv6_hdr *)(bytes + 14), bytes + frames->l4_off);
		else
			sum += (uint64_t)rte_ipv4_udptcp_cksum_verify(
				(const struct rte_ipv4_hdr *)(bytes + 14), bytes + frames->l4_off);
	}
	return sum;
}
