/* SPDX-License-Identifier: BSD-3-Clause */
/* DPDK's side of bench_pool: rte_mempool with its default handler, and rte_mbuf. */
#include "bench_pool.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include <stdio.h>

#define POOL_ITEM void *
#define MBUF	  struct rte_mbuf *

static struct rte_mempool *pools[2];

static inline bool
pool_get(void *pool, void **v, uint32_t n)
{
	return rte_mempool_get_bulk(pool, v, n) == 0;
}

static inline void
pool_put(void *pool, void **v, uint32_t n)
{
	rte_mempool_put_bulk(pool, v, n);
}

static inline bool
mbuf_get(void *pool, struct rte_mbuf **v, uint32_t n)
{
	if (n == 1)
		return (v[0] = rte_pktmbuf_alloc(pool)) != NULL;
	return rte_pktmbuf_alloc_bulk(pool, v, n) == 0;
}

static inline void
mbuf_put(void *pool, struct rte_mbuf **v, uint32_t n)
{
	(void)pool;
	if (n == 1)
		rte_pktmbuf_free(v[0]);
	else
		rte_pktmbuf_free_bulk(v, n);
}

static void *
pool_of(bool cached)
{
	return pools[cached];
}

#define BENCH_POOL_ENTRY bench_pool_dpdk
#include "bench_pool_loops.h"

int
bench_pool_dpdk_begin(void)
{
	char program[] = "bench", lcores[] = "-l", set[] = "0", huge[] = "--no-huge",
	     pci[] = "--no-pci", mem[] = "-m", mem_mb[] = "256", level[] = "--log-level=error",
	     tele[] = "--no-telemetry";
	char *argv[] = {program, lcores, set, huge, pci, mem, mem_mb, level, tele, NULL};

	if (rte_eal_init(9, argv) < 0) {
		fprintf(stderr, "dpdk: %s\n", rte_strerror(rte_errno));
		return 1;
	}
	for (int cached = 0; cached < 2; cached++) {
		pools[cached] = rte_pktmbuf_pool_create(cached ? "cached" : "plain", BENCH_POOL_N,
							cached ? BENCH_POOL_CACHE : 0, 0,
							RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
		if (pools[cached] == NULL) {
			fprintf(stderr, "dpdk: %s\n", rte_strerror(rte_errno));
			return 1;
		}
	}
	return 0;
}
