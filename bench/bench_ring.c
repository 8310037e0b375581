/* SPDX-License-Identifier: BSD-3-Clause */
/* How fast are the rings, alone, across two processors and in a crowd, beside DPDK's? */
#include "bench_ring.h"

#include <pollux/plx_ring_mpmc.h>
#include <pollux/plx_ring_spsc.h>

#include <stdlib.h>

#define CALLS(kind, family, bits, p, c)                                                         \
	static PLX_ALWAYS_INLINE uint32_t kind##_put(void *ring, const uint##bits##_t *v,       \
						     uint32_t n)                                \
	{                                                                                       \
		return plx_ring_##family##_enqueue_bulk##bits##p(ring, v, n);                   \
	}                                                                                       \
	static PLX_ALWAYS_INLINE uint32_t kind##_get(void *ring, uint##bits##_t *v, uint32_t n) \
	{                                                                                       \
		return plx_ring_##family##_dequeue_bulk##bits##c(ring, v, n);                   \
	}

CALLS(spsc32, spsc, 32, , )
CALLS(spsc64, spsc, 64, , )
CALLS(mpmc32, mpmc, 32, _mp, _mc)
CALLS(mpmc64, mpmc, 64, _mp, _mc)

static void *
ring_make(bool mpmc, unsigned elem_size)
{
	size_t size = mpmc ? plx_ring_mpmc_size(BENCH_RING_CAPACITY, elem_size)
			   : plx_ring_spsc_size(BENCH_RING_CAPACITY, elem_size);
	void *ring = aligned_alloc(PLX_CACHE_LINE, size);

	if (ring == NULL)
		return NULL;
	if (mpmc)
		plx_ring_mpmc_init(ring, BENCH_RING_CAPACITY, elem_size);
	else
		plx_ring_spsc_init(ring, BENCH_RING_CAPACITY, elem_size);
	return ring;
}

static void
ring_free(void *ring)
{
	free(ring);
}

#define BENCH_RING_ENTRY bench_ring_ours
#include "bench_ring_loops.h"

#define ROW(name, ...)                                                                  \
	{                                                                               \
		name, bench_ring_ours, bench_ring_dpdk, &(const struct bench_ring_case) \
		{                                                                       \
			__VA_ARGS__                                                     \
		}                                                                       \
	}

#define SHAPE_ROWS(name, kind, shape)                                         \
	ROW(name ", single", kind, shape, 1, true, 2),                        \
		ROW(name ", bulk 8", kind, shape, 8, true, 2),                \
		ROW(name ", bulk 32", kind, shape, 32, true, 2),              \
		ROW(name ", bulk 8, not constant", kind, shape, 8, false, 2), \
		ROW(name ", bulk 32, not constant", kind, shape, 32, false, 2)

#define CROWD_ROWS(name, kind, shape, threads)                       \
	ROW(name ", single", kind, shape, 1, true, threads),         \
		ROW(name ", bulk 8", kind, shape, 8, true, threads), \
		ROW(name ", bulk 32", kind, shape, 32, true, threads)

static const struct bench_row rows[] = {
	SHAPE_ROWS("spsc, 8 bytes, one core", SPSC64, ALONE),
	SHAPE_ROWS("spsc, 4 bytes, one core", SPSC32, ALONE),
	SHAPE_ROWS("mpmc, 8 bytes, one core", MPMC64, ALONE),
	SHAPE_ROWS("mpmc, 4 bytes, one core", MPMC32, ALONE),
	ROW("spsc, 8 bytes, one core, bulk 8, new array", SPSC64, FRESH, 8, true, 1),
	ROW("spsc, 8 bytes, one core, bulk 32, new array", SPSC64, FRESH, 32, true, 1),
	ROW("mpmc, 4 bytes, one core, bulk 8, new array", MPMC32, FRESH, 8, true, 1),
	ROW("mpmc, 4 bytes, one core, bulk 32, new array", MPMC32, FRESH, 32, true, 1),
	ROW("spsc, 8 bytes, empty", SPSC64, NOTHING, 32, true, 1),
	ROW("mpmc, 8 bytes, empty", MPMC64, NOTHING, 32, true, 1),
	SHAPE_ROWS("spsc, 8 bytes, two cores", SPSC64, ACROSS),
	SHAPE_ROWS("spsc, 4 bytes, two cores", SPSC32, ACROSS),
	SHAPE_ROWS("mpmc, 8 bytes, two cores", MPMC64, ACROSS),
	SHAPE_ROWS("mpmc, 4 bytes, two cores", MPMC32, ACROSS),
	CROWD_ROWS("mpmc, 8 bytes, 2 put and 2 get", MPMC64, CROWD, 4),
	CROWD_ROWS("mpmc, 8 bytes, 4 put and 4 get", MPMC64, CROWD, 8),
	CROWD_ROWS("mpmc, 4 bytes, 2 put and get", MPMC32, MIXED, 2),
	CROWD_ROWS("mpmc, 4 bytes, 4 put and get", MPMC32, MIXED, 4),
	CROWD_ROWS("mpmc, 4 bytes, 8 put and get", MPMC32, MIXED, 8),
};

int
main(int argc, char **argv)
{
	const struct bench bench = {
		.question = "ring",
		.unit = "cycles/element",
		.peer = "dpdk",
		.rows = rows,
		.nb_rows = PLX_ARRAY_LEN(rows),
	};

	return bench_main(argc, argv, &bench);
}
