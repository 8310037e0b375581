/* SPDX-License-Identifier: BSD-3-Clause */
/* Loads and stores of wire integers at any alignment: big endian for protocols, little for devices. */
#ifndef PLX_LIB_BASE_PLX_BYTEORDER_H
#define PLX_LIB_BASE_PLX_BYTEORDER_H

#include "plx_base.h"

#include <string.h>

/* Not <endian.h>: strict C11 hides its functions. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define PLX_BYTEORDER_LE(bits, x) (x)
#define PLX_BYTEORDER_BE(bits, x) __builtin_bswap##bits(x)
#else
#define PLX_BYTEORDER_LE(bits, x) __builtin_bswap##bits(x)
#define PLX_BYTEORDER_BE(bits, x) (x)
#endif

#define PLX_BYTEORDER_ACCESSORS(bits, order, swap)                                \
	static inline uint##bits##_t plx_load_##order##bits(const void *p)        \
	{                                                                         \
		uint##bits##_t raw;                                               \
                                                                                  \
		memcpy(&raw, p, sizeof(raw));                                     \
		return swap(bits, raw);                                           \
	}                                                                         \
                                                                                  \
	static inline void plx_store_##order##bits(void *p, uint##bits##_t value) \
	{                                                                         \
		uint##bits##_t raw = swap(bits, value);                           \
                                                                                  \
		memcpy(p, &raw, sizeof(raw));                                     \
	}

PLX_BYTEORDER_ACCESSORS(16, be, PLX_BYTEORDER_BE)
PLX_BYTEORDER_ACCESSORS(32, be, PLX_BYTEORDER_BE)
PLX_BYTEORDER_ACCESSORS(64, be, PLX_BYTEORDER_BE)
PLX_BYTEORDER_ACCESSORS(16, le, PLX_BYTEORDER_LE)
PLX_BYTEORDER_ACCESSORS(32, le, PLX_BYTEORDER_LE)
PLX_BYTEORDER_ACCESSORS(64, le, PLX_BYTEORDER_LE)

#undef PLX_BYTEORDER_ACCESSORS
#undef PLX_BYTEORDER_LE
#undef PLX_BYTEORDER_BE

#endif
