/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How far apart two processors are. The host of a virtual machine moves its processors as it likes: on the machine of RESULTS.md
 * a line then takes five times as long from one to the other, for seconds or minutes. What two threads do together is measured
 * in one state or the other, and samples of both must not be compared.
 */
#include "bench.h"

#include <pollux/plx_base.h>

#include <pthread.h>

#define HOPS	    50
#define HOP_SPINS   1000000 /* the other thread does not run at all */
#define HOP_SECONDS 0.03

static struct {
	uint32_t ball PLX_CACHE_ALIGNED;
	bool stop PLX_CACHE_ALIGNED;
} hop;

static void *
throw_back(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&hop.stop, __ATOMIC_RELAXED)) {
		uint32_t ball = __atomic_load_n(&hop.ball, __ATOMIC_ACQUIRE);

		if (ball & 1)
			__atomic_store_n(&hop.ball, ball + 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

/* Cycles for so many hops there and back; UINT64_MAX if they did not come to an end. */
static uint64_t throw(void)
{
	uint64_t began = bench_cycles();

	for (unsigned i = 0; i < HOPS; i++) {
		unsigned spins = 0;

		__atomic_store_n(&hop.ball, hop.ball + 1, __ATOMIC_RELEASE);
		while (__atomic_load_n(&hop.ball, __ATOMIC_ACQUIRE) & 1)
			if (++spins == HOP_SPINS)
				return UINT64_MAX;
	}
	return bench_cycles() - began;
}

/* It begins where it belongs: born on the thrower's processor it would have to wait there for its first turn. */
static int
begin_other(pthread_t *ret_thread, int cpu)
{
	pthread_attr_t attr;
	cpu_set_t set;
	int ret;

	CPU_ZERO(&set);
	CPU_SET((unsigned)cpu, &set);
	if (pthread_attr_init(&attr) != 0)
		return -1;
	ret = pthread_attr_setaffinity_np(&attr, sizeof(set), &set);
	if (ret == 0)
		ret = pthread_create(ret_thread, &attr, throw_back, NULL);
	pthread_attr_destroy(&attr);
	return ret;
}

double
bench_hop(int cpu, int other)
{
	const uint64_t span = (uint64_t)(bench_cycles_per_second() * HOP_SECONDS);
	uint64_t best = UINT64_MAX, began, now;
	pthread_t thread;

	hop.stop = false;
	hop.ball = 0;
	if (bench_pin(cpu) != 0 || begin_other(&thread, other) != 0)
		return -1;
	began = bench_cycles();
	do {
		now = throw();
		best = now < best ? now : best;
		hop.ball &= ~1u;
	} while (bench_cycles() - began < span);
	__atomic_store_n(&hop.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	bench_pin(-1);
	return best == UINT64_MAX ? -1 : (double)best / HOPS;
}
