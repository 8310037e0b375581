/* SPDX-License-Identifier: BSD-3-Clause */
/* Sums of bytes. */
#include "plx_net_csum.h"

#include "plx_byteorder.h"
#include "plx_net_wire.h"

#include <endian.h>

/*
 * Both halves of 64-bit words into 64-bit sums, which cannot overflow below 16 GiB. Sums side by side are what
 * compilers turn into vector code; below 64 bytes that is not worth its setting up.
 */
static uint64_t
add_blocks(uint64_t sum, const uint8_t *at, size_t nb_blocks)
{
	uint64_t lanes[8] = {0};

	for (; nb_blocks > 0; nb_blocks--, at += 64) {
		uint64_t words[8];

		memcpy(words, at, sizeof(words));
		for (unsigned i = 0; i < 8; i++)
			lanes[i] += (words[i] & 0xffffffff) + (words[i] >> 32);
	}
	for (unsigned i = 0; i < 8; i++)
		sum += lanes[i];
	return sum;
}

static uint64_t
load32(const uint8_t *at)
{
	uint32_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

uint64_t
plx_net_csum_add(uint64_t sum, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	if (len >= 64) {
		sum = add_blocks(sum, at, len / 64);
		at += len & ~(size_t)63;
		len &= 63;
	}
	for (; len >= 4; len -= 4, at += 4)
		sum += load32(at);
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
	return load32(src) + load32(dst) + htobe16(proto) + htobe32(len);
}

uint64_t
plx_net_csum_pseudo_ipv6(const void *src, const void *dst, uint8_t proto, uint32_t len)
{
	uint64_t sum = (uint64_t)htobe16(proto) + htobe32(len);

	for (unsigned i = 0; i < PLX_NET_IPV6_LEN; i += 4)
		sum += load32((const uint8_t *)src + i) + load32((const uint8_t *)dst + i);
	return sum;
}
