/* SPDX-License-Identifier: BSD-3-Clause */
/* Loads and stores of wire integers at any alignment: big endian for protocols, little for devices. */
#ifndef PLX_LIB_BASE_PLX_BYTEORDER_H
#define PLX_LIB_BASE_PLX_BYTEORDER_H

#include "plx_base.h"

#include <endian.h>
#include <string.h>

#define PLX_BYTEORDER_ACCESSORS(bits, order)                                                       \
	static inline uint##bits##_t plx_load_##order##bits(const void *p)                         \
	{                                                                                          \
		uint##bits##_t raw;                                                                \
                                                                                                   \
		memcpy(&raw, p, sizeof(raw));                                                      \
		return order##bits##toh(raw);                                                      \
	}                                                                                          \
                                                                                                   \
	static inline void plx_store_##order##bits(void *p, uint##bits##_t value)                  \
	{                                                                                          \
		uint##bits##_t raw = hto##order##bits(value);                                      \
                                                                                                   \
		memcpy(p, &raw, sizeof(raw));                                                      \
	}

PLX_BYTEORDER_ACCESSORS(16, be)
PLX_BYTEORDER_ACCESSORS(32, be)
PLX_BYTEORDER_ACCESSORS(64, be)
PLX_BYTEORDER_ACCESSORS(16, le)
PLX_BYTEORDER_ACCESSORS(32, le)
PLX_BYTEORDER_ACCESSORS(64, le)

#undef PLX_BYTEORDER_ACCESSORS

#endif
