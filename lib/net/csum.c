/* SPDX-License-Identifier: BSD-3-Clause */
/* Sums of bytes. */
#include "plx_net_csum.h"

#include "plx_byteorder.h"
#include "plx_net_wire.h"

#include <endian.h>

/*
 * 32-bit words into 64-bit sums, which cannot overflow below 16 GiB. Four sums side by side are what
 * compilers turn into vector code.
 */
uint64_t
plx_net_csum_add(uint64_t sum, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	uint64_t lanes[4] = {0};

	for (; len >= 16; len -= 16, at += 16) {
		uint32_t words[4];

		memcpy(words, at, sizeof(words));
		for (unsigned i = 0; i < 4; i++)
			lanes[i] += words[i];
	}
	for (; len >= 4; len -= 4, at += 4) {
		uint32_t word;

		memcpy(&word, at, sizeof(word));
		lanes[0] += word;
	}
	if (len >= 2) {
		uint16_t half;

		memcpy(&half, at, sizeof(half));
		lanes[1] += half;
		at += 2;
	}
	if (len & 1)
		lanes[2] += htole16(*at);
	/* The running sum is folded, so that adding piece after piece never overflows it either. */
	return plx_net_csum_fold(sum) + (uint64_t)plx_net_csum_fold(lanes[0]) +
	       plx_net_csum_fold(lanes[1]) + plx_net_csum_fold(lanes[2]) +
	       plx_net_csum_fold(lanes[3]);
}

uint64_t
plx_net_csum_pseudo_ipv4(const void *src, const void *dst, uint8_t proto, uint32_t len)
{
	uint64_t sum = plx_net_csum_add(0, src, PLX_NET_IPV4_LEN);

	sum = plx_net_csum_add(sum, dst, PLX_NET_IPV4_LEN);
	return sum + htobe16(proto) + htobe32(len);
}

uint64_t
plx_net_csum_pseudo_ipv6(const void *src, const void *dst, uint8_t proto, uint32_t len)
{
	uint64_t sum = plx_net_csum_add(0, src, PLX_NET_IPV6_LEN);

	sum = plx_net_csum_add(sum, dst, PLX_NET_IPV6_LEN);
	return sum + htobe16(proto) + htobe32(len);
}
