/* SPDX-License-Identifier: BSD-3-Clause */
/* Powers of two and alignment. Thread: any. Path: hot. */
#ifndef PLX_LIB_BASE_PLX_BITS_H
#define PLX_LIB_BASE_PLX_BITS_H

#include "plx_base.h"

/* True for 1, 2, 4, ...; 0 is none. */
static inline bool
plx_is_pow2(uint64_t x)
{
	return x != 0 && (x & (x - 1)) == 0;
}

/* The smallest power of two >= x; 1 for 0. x must not exceed 2^63. */
static inline uint64_t
plx_pow2_ceil(uint64_t x)
{
	return x <= 1 ? 1 : 1ULL << (64 - __builtin_clzll(x - 1));
}

/* Floor of the logarithm; x must not be 0. */
static inline unsigned
plx_log2(uint64_t x)
{
	return 63u - (unsigned)__builtin_clzll(x);
}

/* The nearest multiple of align that is not below x; align must be a power of two. */
static inline uint64_t
plx_align_up(uint64_t x, uint64_t align)
{
	return (x + align - 1) & ~(align - 1);
}

/* ... that is not above x. */
static inline uint64_t
plx_align_down(uint64_t x, uint64_t align)
{
	return x & ~(align - 1);
}

#endif
