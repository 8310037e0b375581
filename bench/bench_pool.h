/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The loops of bench_pool, compiled twice: by bench_pool.c over our pools and by bench_pool_dpdk.c over
 * DPDK's. One thread takes KEEP buffers, n at a time, and then gives them back in the same steps. The
 * includer defines POOL_ITEM and MBUF, what a pool and an mbuf allocator give, and
 *
 *	static inline bool pool_get(void *pool, POOL_ITEM *v, uint32_t n), void pool_put(the same)
 *	static inline bool mbuf_get(void *pool, MBUF *v, uint32_t n), void mbuf_put(the same)
 *	static void *pool_of(bool cached)
 */
#ifndef PLX_BENCH_BENCH_POOL_H
#define PLX_BENCH_BENCH_POOL_H

#include "bench.h"

struct bench_pool_case {
	uint32_t n;
	bool cached;
	bool mbufs;
};

/* Cycles a buffer, taken and given back. */
double bench_pool_ours(const void *arg);
double bench_pool_dpdk(const void *arg);
/* Both start their own EAL on plain pages. 0, or nonzero after a message. */
int bench_pool_ours_begin(void);
int bench_pool_dpdk_begin(void);

#define BENCH_POOL_N	  8192
#define BENCH_POOL_KEEP	  128
#define BENCH_POOL_CACHE  256
#define BENCH_POOL_ROUNDS 4000

#endif
