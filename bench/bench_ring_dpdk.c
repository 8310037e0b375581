/* SPDX-License-Identifier: BSD-3-Clause */
/* DPDK's side of bench_ring: rte_ring over plain memory, which needs no EAL. */
#include "bench_ring.h"

#include <rte_ring.h>
#include <rte_ring_elem.h>

#include <stdlib.h>

#define CALLS(kind, type, p, c)                                                               \
	static __rte_always_inline uint32_t kind##_put(void *ring, const type *v, uint32_t n) \
	{                                                                                     \
		return rte_ring_##p##_enqueue_bulk_elem(ring, v, sizeof(type), n, NULL);      \
	}                                                                                     \
	static __rte_always_inline uint32_t kind##_get(void *ring, type *v, uint32_t n)       \
	{                                                                                     \
		return rte_ring_##c##_dequeue_bulk_elem(ring, v, sizeof(type), n, NULL);      \
	}

CALLS(spsc32, uint32_t, sp, sc)
CALLS(spsc64, uint64_t, sp, sc)
CALLS(mpmc32, uint32_t, mp, mc)
CALLS(mpmc64, uint64_t, mp, mc)

static void *
ring_make(bool mpmc, unsigned elem_size)
{
	/* The same memory: 1,023 of 1,024 can be used. */
	size_t size = (size_t)rte_ring_get_memsize_elem(elem_size, BENCH_RING_CAPACITY);
	struct rte_ring *ring = aligned_alloc(128, (size + 127) & ~(size_t)127);

	if (ring != NULL && rte_ring_init(ring, "bench", BENCH_RING_CAPACITY,
					  mpmc ? 0 : RING_F_SP_ENQ | RING_F_SC_DEQ) != 0) {
		free(ring);
		ring = NULL;
	}
	return ring;
}

static void
ring_free(void *ring)
{
	free(ring);
}

#define BENCH_RING_ENTRY bench_ring_dpdk
#include "bench_ring_loops.h"
