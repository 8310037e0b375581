/* SPDX-License-Identifier: BSD-3-Clause */
/* What does it cost to take a buffer and give it back, as a number and as an mbuf, beside DPDK's? */
#include "bench_pool.h"

#include <pollux/plx_eal.h>
#include <pollux/plx_mbuf.h>
#include <pollux/plx_zone.h>

#include <stdio.h>

#define POOL_ITEM uint32_t
#define MBUF	  struct plx_mbuf *

static struct plx_pool *pools[2];

static inline bool
pool_get(void *pool, uint32_t *v, uint32_t n)
{
	return plx_pool_get_bulk(pool, v, n);
}

static inline void
pool_put(void *pool, uint32_t *v, uint32_t n)
{
	plx_pool_put_bulk(pool, v, n);
}

static inline bool
mbuf_get(void *pool, struct plx_mbuf **v, uint32_t n)
{
	if (n == 1)
		return (v[0] = plx_mbuf_alloc(pool)) != NULL;
	return plx_mbuf_alloc_bulk(pool, v, n) == 0;
}

static inline void
mbuf_put(void *pool, struct plx_mbuf **v, uint32_t n)
{
	if (n == 1)
		plx_mbuf_free(v[0]);
	else
		plx_mbuf_free_bulk(v, n);
}

static void *
pool_of(bool cached)
{
	return pools[cached];
}

#define BENCH_POOL_ENTRY bench_pool_ours
#include "bench_pool_loops.h"

int
bench_pool_ours_begin(void)
{
	char program[] = "bench", lcores[] = "-l", set[] = "0", huge[] = "--no-huge",
	     pci[] = "--no-pci";
	char *argv[] = {program, lcores, set, huge, pci, NULL};
	struct plx_pool_params params = {.n = BENCH_POOL_N, .node = PLX_NODE_ANY};
	struct plx_why why;
	int ret = plx_eal_init(5, argv, &why);

	for (int cached = 0; cached < 2 && ret >= 0; cached++) {
		params.name = cached ? "cached" : "plain";
		params.cache = cached ? BENCH_POOL_CACHE : 0;
		ret = plx_pool_create(&params, &pools[cached], &why);
	}
	if (ret < 0)
		fprintf(stderr, "%s\n", why.text);
	return ret < 0;
}

#define ROW(name, ...)                                                                  \
	{                                                                               \
		name, bench_pool_ours, bench_pool_dpdk, &(const struct bench_pool_case) \
		{                                                                       \
			__VA_ARGS__                                                     \
		}                                                                       \
	}

static const struct bench_row rows[] = {
	ROW("pool, cached, single", 1, true, false),
	ROW("pool, cached, bulk 8", 8, true, false),
	ROW("pool, cached, bulk 32", 32, true, false),
	ROW("pool, cached, bulk 64", 64, true, false),
	ROW("pool, no cache, single", 1, false, false),
	ROW("pool, no cache, bulk 8", 8, false, false),
	ROW("pool, no cache, bulk 32", 32, false, false),
	ROW("pool, no cache, bulk 64", 64, false, false),
	ROW("mbuf, cached, single", 1, true, true),
	ROW("mbuf, cached, bulk 8", 8, true, true),
	ROW("mbuf, cached, bulk 32", 32, true, true),
	ROW("mbuf, no cache, single", 1, false, true),
	ROW("mbuf, no cache, bulk 32", 32, false, true),
};

int
main(int argc, char **argv)
{
	const struct bench bench = {
		.question = "pool",
		.unit = "cycles/buffer",
		.peer = "dpdk",
		.rows = rows,
		.nb_rows = PLX_ARRAY_LEN(rows),
	};

	if (bench_pool_ours_begin() != 0 || bench_pool_dpdk_begin() != 0)
		return 1;
	return bench_main(argc, argv, &bench);
}
