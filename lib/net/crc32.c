/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CRC-32 of IEEE 802.3, polynomial 0x04c11db7: half a byte a step through a table of 16 words; where the processor multiplies
 * without carries, 64 bytes a step, of which the last 16 then go through the table.
 */
#include "csum_priv.h"

static const uint32_t nibble_table[16] = {
	0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
	0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
	0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
};

static uint32_t
by_table(uint32_t crc, const uint8_t *at, size_t len)
{
	for (; len > 0; len--, at++) {
		crc ^= *at;
		crc = crc >> 4 ^ nibble_table[crc & 0xf];
		crc = crc >> 4 ^ nibble_table[crc & 0xf];
	}
	return crc;
}

uint32_t
net_crc32_portable(uint32_t crc, const void *bytes, size_t len)
{
	return ~by_table(~crc, bytes, len);
}

#ifdef __x86_64__
#include <immintrin.h>

#define FOLD_MIN 64u
#define FOLDS	 PLX_TARGET("pclmul,sse4.1")

/* Powers of x modulo the polynomial, bits reversed: what 16 bytes are worth 64 or 16 bytes further on. */
#define BY_64 _mm_set_epi64x(0x1c6e41596, 0x154442bd4)
#define BY_16 _mm_set_epi64x(0x0ccaa009e, 0x1751997d0)

FOLDS static inline __m128i
fold(__m128i sum, __m128i by, __m128i next)
{
	return _mm_xor_si128(next, _mm_xor_si128(_mm_clmulepi64_si128(sum, by, 0x00),
						 _mm_clmulepi64_si128(sum, by, 0x11)));
}

FOLDS static inline __m128i
load(const uint8_t *at)
{
	return _mm_loadu_si128((const __m128i *)(const void *)at);
}

FOLDS static uint32_t
by_folding(uint32_t crc, const uint8_t *at, size_t len)
{
	__m128i sum[4];
	uint8_t rest[16];

	for (unsigned i = 0; i < 4; i++)
		sum[i] = load(at + 16 * i);
	sum[0] = _mm_xor_si128(sum[0], _mm_cvtsi32_si128((int)crc));
	for (at += 64, len -= 64; len >= 64; at += 64, len -= 64)
		for (unsigned i = 0; i < 4; i++)
			sum[i] = fold(sum[i], BY_64, load(at + 16 * i));
	for (unsigned i = 1; i < 4; i++)
		sum[0] = fold(sum[0], BY_16, sum[i]);
	for (; len >= 16; at += 16, len -= 16)
		sum[0] = fold(sum[0], BY_16, load(at));
	_mm_storeu_si128((__m128i *)(void *)rest, sum[0]);
	return by_table(by_table(0, rest, sizeof(rest)), at, len);
}
#endif

uint32_t
plx_net_crc32(uint32_t crc, const void *bytes, size_t len)
{
#ifdef __x86_64__
	if (len >= FOLD_MIN && __builtin_cpu_supports("pclmul"))
		return ~by_folding(~crc, bytes, len);
#endif
	return net_crc32_portable(crc, bytes, len);
}
