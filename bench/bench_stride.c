/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How far apart should buffers lie? One lcore takes bursts from a pool, reads and writes the first line of
 * each packet as a forwarder does, holds some back as a device's ring does, and gives them back. "Ours" is an
 * odd number of cache lines, the peer the power of two next to it; everything else is the same.
 */
#include "bench.h"

#include <pollux/plx_eal.h>
#include <pollux/plx_mbuf.h>
#include <pollux/plx_zone.h>

#include <stdio.h>
#include <string.h>

#define BURST  32
#define ROUNDS 20000
#define N      8192

struct shape {
	uint32_t odd, pow2; /* strides in bytes */
	uint32_t held;	    /* packets that are out at any time, a multiple of BURST */
};

static struct plx_pool *
pool_with(uint32_t stride)
{
	struct plx_pool_params params = {
		.n = N, .buf_size = 2048, .cache = 256, .stride = stride, .node = PLX_NODE_ANY};
	struct plx_pool *pool;
	struct plx_why why;
	char name[32];

	snprintf(name, sizeof(name), "stride-%u", stride);
	pool = plx_pool_lookup(name);
	params.name = name;
	if (pool == NULL && plx_pool_create(&params, &pool, &why) != 0) {
		fprintf(stderr, "%s\n", why.text);
		return NULL;
	}
	return pool;
}

static void
swap_macs(uint8_t *frame)
{
	uint8_t dst[6];

	memcpy(dst, frame, 6);
	memcpy(frame, frame + 6, 6);
	memcpy(frame + 6, dst, 6);
}

/* Cycles a packet. */
static double
forward(uint32_t stride, uint32_t held)
{
	static struct plx_mbuf *ring[N];
	struct plx_pool *pool = pool_with(stride);
	uint32_t put = 0, get = 0;
	uint64_t start = 0;

	if (pool == NULL)
		return -1;
	for (int i = -1000; i < ROUNDS; i++) {
		struct plx_mbuf **burst = &ring[put % N];

		if (i == 0)
			start = bench_cycles();
		if (plx_mbuf_alloc_bulk(pool, burst, BURST) != 0)
			return -1;
		for (int p = 0; p < BURST; p++)
			swap_macs(plx_mbuf_append(burst[p], 64));
		put += BURST;
		for (; put - get > held; get += BURST)
			plx_mbuf_free_bulk(&ring[get % N], BURST);
	}
	start = bench_cycles() - start;
	for (; put != get; get += BURST)
		plx_mbuf_free_bulk(&ring[get % N], BURST);
	return (double)start / ROUNDS / BURST;
}

static double
odd(const void *arg)
{
	const struct shape *shape = arg;

	return forward(shape->odd, shape->held);
}

static double
pow2(const void *arg)
{
	const struct shape *shape = arg;

	return forward(shape->pow2, shape->held);
}

#define ROW(name, ...)                                 \
	{                                              \
		name, odd, pow2, &(const struct shape) \
		{                                      \
			__VA_ARGS__                    \
		}                                      \
	}

static const struct bench_row rows[] = {
	ROW("2112 to 2048, none held", 2112, 2048, 0),
	ROW("2112 to 2048, 256 held", 2112, 2048, 256),
	ROW("2112 to 2048, 1024 held", 2112, 2048, 1024),
	ROW("2112 to 2048, 4096 held", 2112, 2048, 4096),
	ROW("4160 to 4096, 1024 held", 4160, 4096, 1024),
};

int
main(int argc, char **argv)
{
	const struct bench bench = {
		.question = "stride",
		.unit = "cycles/packet",
		.peer = "power of 2",
		.rows = rows,
		.nb_rows = PLX_ARRAY_LEN(rows),
	};
	char program[] = "bench", lcores[] = "-l", set[] = "0", pci[] = "--no-pci";
	char *eal[] = {program, lcores, set, pci, NULL};
	struct plx_why why;

	if (plx_eal_init(4, eal, &why) < 0) {
		fprintf(stderr, "%s\n", why.text);
		return 1;
	}
	return bench_main(argc, argv, &bench);
}
