/* SPDX-License-Identifier: BSD-3-Clause */
/* The loops that bench_pool.h speaks of: they become part of the file that includes them. */
#ifndef PLX_BENCH_BENCH_POOL_LOOPS_H
#define PLX_BENCH_BENCH_POOL_LOOPS_H

#define LOOP(name, item, get, put)                                  \
	static bool name(void *pool, uint32_t n)                    \
	{                                                           \
		item v[BENCH_POOL_KEEP];                            \
                                                                    \
		for (uint32_t i = 0; i < BENCH_POOL_KEEP; i += n) { \
			if (!get(pool, v + i, n))                   \
				return false;                       \
		}                                                   \
		for (uint32_t i = 0; i < BENCH_POOL_KEEP; i += n)   \
			put(pool, v + i, n);                        \
		return true;                                        \
	}

LOOP(pool_round, POOL_ITEM, pool_get, pool_put)
LOOP(mbuf_round, MBUF, mbuf_get, mbuf_put)

double
BENCH_POOL_ENTRY(const void *arg)
{
	const struct bench_pool_case *c = arg;
	bool (*round)(void *, uint32_t) = c->mbufs ? mbuf_round : pool_round;
	void *pool = pool_of(c->cached);
	uint64_t start;

	if (!round(pool, c->n)) /* a first time, to warm up */
		return -1;
	start = bench_cycles();
	for (int i = 0; i < BENCH_POOL_ROUNDS; i++) {
		if (!round(pool, c->n))
			return -1;
	}
	return (double)(bench_cycles() - start) / BENCH_POOL_ROUNDS / BENCH_POOL_KEEP;
}

#endif
