/* SPDX-License-Identifier: BSD-3-Clause */
/* Sums of bytes. */
#include "plx_net_csum.h"

#include "plx_byteorder.h"
#include "plx_net_wire.h"

#include <endian.h>

/*
 * 32-bit words into 64-bit sums, which cannot overflow below 16 GiB. Sums side by side are what compilers turn into
 * vector code.
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
	sum += lanes[0] + lanes[1] + lanes[2] + lanes[3];
	for (; len >= 4; len -= 4, at += 4) {
		uint32_t word;

		memcpy(&word, at, sizeof(word));
		sum += word;
	}
	if (len >= 2) {
		uint16_t half;

		memcpy(&half, at, sizeof(half));
		sum += half;
		at += 2;
	}
	if (len & 1)
		sum += htole16(*at);
	return sum;
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
