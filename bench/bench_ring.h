/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The loops of bench_ring, compiled twice: by bench_ring.c over our rings and by bench_ring_dpdk.c over
 * DPDK's, each with its own library's flags. The includer defines, for each KIND (spsc32, spsc64, mpmc32,
 * mpmc64) with its element type:
 *
 *	static inline uint32_t KIND_put(void *ring, const TYPE *v, uint32_t n)	n or 0
 *	static inline uint32_t KIND_get(void *ring, TYPE *v, uint32_t n)	n or 0
 *	static void *ring_make(bool mpmc, unsigned elem_size), ring_free(void *)
 */
#ifndef PLX_BENCH_BENCH_RING_H
#define PLX_BENCH_BENCH_RING_H

#include "bench.h"

enum bench_ring_kind {
	SPSC32,
	SPSC64,
	MPMC32,
	MPMC64,
};

enum bench_ring_shape {
	ALONE,	/* one thread puts and gets in turn */
	FRESH,	/* the same, of an array written just before, one by one (which costs both sides) */
	ACROSS, /* one thread puts, another on the other processor gets */
	CROWD,	/* half of the threads put, half get, all on all processors */
	MIXED,	/* all threads put and get in turn, as with a pool */
	NOTHING, /* one thread gets from an empty ring */
};

struct bench_ring_case {
	enum bench_ring_kind kind;
	enum bench_ring_shape shape;
	uint32_t n;    /* elements a call */
	bool constant; /* the compiler knows n (1, 8 or 32) */
	unsigned threads;
};

/* Cycles an element on the clock, from the first to the last; with NOTHING cycles a call. */
double bench_ring_ours(const void *arg);
double bench_ring_dpdk(const void *arg);

#define BENCH_RING_CAPACITY 1024

#endif
