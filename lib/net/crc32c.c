/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CRC32c, polynomial 0x1edc6f41: by the processor's instruction where the build may use it, else half a byte a
 * step through a table of 16 words, which costs no cache worth the name.
 */
#include "csum_priv.h"
#include "plx_byteorder.h"

static const uint32_t nibble_table[16] = {
	0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
	0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
	0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

uint32_t
net_crc32c_portable(uint32_t crc, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	crc = ~crc;
	for (; len > 0; len--, at++) {
		crc ^= *at;
		crc = crc >> 4 ^ nibble_table[crc & 0xf];
		crc = crc >> 4 ^ nibble_table[crc & 0xf];
	}
	return ~crc;
}

#if defined(__SSE4_2__) && defined(__x86_64__)
#define CRC32C_8(crc, at) ((uint32_t)__builtin_ia32_crc32di(crc, plx_load_le64(at)))
#define CRC32C_1(crc, at) __builtin_ia32_crc32qi(crc, *(at))
#elif defined(__ARM_FEATURE_CRC32) && defined(__aarch64__)
#include <arm_acle.h>
#define CRC32C_8(crc, at) __crc32cd(crc, plx_load_le64(at))
#define CRC32C_1(crc, at) __crc32cb(crc, *(at))
#endif

uint32_t
plx_net_crc32c(uint32_t crc, const void *bytes, size_t len)
{
#ifdef CRC32C_8
	const uint8_t *at = bytes;

	crc = ~crc;
	for (; len >= 8; len -= 8, at += 8)
		crc = CRC32C_8(crc, at);
	for (; len > 0; len--, at++)
		crc = CRC32C_1(crc, at);
	return ~crc;
#else
	return net_crc32c_portable(crc, bytes, len);
#endif
}
