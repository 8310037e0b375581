/* SPDX-License-Identifier: BSD-3-Clause */
/* See bench_ring.h. The includer has defined puts, gets, ring_make, ring_free and BENCH_RING_ENTRY. */
#ifndef PLX_BENCH_BENCH_RING_LOOPS_H
#define PLX_BENCH_BENCH_RING_LOOPS_H

#include <pollux/plx_base.h>

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#define BURST_MAX 64

#define MEMBERS_MAX 16

/* Threads on one ring, from a common start until told to stop. */
struct crowd {
	const struct bench_ring_case *c;
	void *ring;
	pthread_barrier_t barrier;
	bool stop PLX_CACHE_ALIGNED; /* atomic */
};

struct member {
	struct crowd *crowd;
	unsigned index;
	pthread_t thread;
	uint64_t got; /* elements taken out */
};

typedef uint64_t (*alone_fn)(void *ring, uint32_t n, uint64_t rounds);
typedef uint64_t (*crowd_fn)(struct crowd *crowd, uint32_t n, bool yields);

static inline bool
goes_on(const struct crowd *crowd)
{
	return !__atomic_load_n(&crowd->stop, __ATOMIC_RELAXED);
}

/* n is a constant in LOOPS(..., 8) and a parameter in LOOPS(..., n). */
#define LOOPS(kind, type, name, count)                                                            \
	static PLX_NOINLINE uint64_t kind##_alone_##name(void *ring, uint32_t n, uint64_t rounds) \
	{                                                                                         \
		type in[BURST_MAX] = {0}, out[BURST_MAX];                                         \
		uint64_t begin = bench_cycles();                                                  \
                                                                                                  \
		for (uint64_t i = 0; i < rounds; i++) {                                           \
			kind##_put(ring, in, count);                                              \
			kind##_get(ring, out, count);                                             \
			bench_use(out);                                                           \
		}                                                                                 \
		return bench_cycles() - begin;                                                    \
	}                                                                                         \
	static PLX_NOINLINE uint64_t kind##_fresh_##name(void *ring, uint32_t n, uint64_t rounds) \
	{                                                                                         \
		type in[BURST_MAX] = {0}, out[BURST_MAX];                                         \
		uint64_t begin = bench_cycles();                                                  \
                                                                                                  \
		for (uint64_t i = 0; i < rounds; i++) {                                           \
			for (uint32_t k = 0; k < count; k++) {                                    \
				in[k] = (type)(i + k);                                            \
				bench_use(in);                                                    \
			}                                                                         \
			kind##_put(ring, in, count);                                              \
			kind##_get(ring, out, count);                                             \
			bench_use(out);                                                           \
		}                                                                                 \
		return bench_cycles() - begin;                                                    \
	}                                                                                         \
	static PLX_NOINLINE uint64_t kind##_empty_##name(void *ring, uint32_t n, uint64_t rounds) \
	{                                                                                         \
		type v[BURST_MAX] = {0};                                                          \
		uint64_t begin = bench_cycles();                                                  \
                                                                                                  \
		for (uint64_t i = 0; i < rounds; i++) {                                           \
			kind##_get(ring, v, count);                                               \
			bench_use(v);                                                             \
		}                                                                                 \
		return bench_cycles() - begin;                                                    \
	}                                                                                         \
	static PLX_NOINLINE uint64_t kind##_stream_##name(struct crowd *crowd, uint32_t n,        \
							  bool yields)                            \
	{                                                                                         \
		type v[BURST_MAX] = {0};                                                          \
                                                                                                  \
		while (goes_on(crowd)) {                                                          \
			if (kind##_put(crowd->ring, v, count) == 0 && yields)                     \
				sched_yield();                                                    \
		}                                                                                 \
		return 0;                                                                         \
	}                                                                                         \
	static PLX_NOINLINE uint64_t kind##_drain_##name(struct crowd *crowd, uint32_t n,         \
							 bool yields)                             \
	{                                                                                         \
		type v[BURST_MAX];                                                                \
		uint64_t got = 0;                                                                 \
                                                                                                  \
		while (goes_on(crowd)) {                                                          \
			uint32_t part = kind##_get(crowd->ring, v, count);                        \
                                                                                                  \
			bench_use(v);                                                             \
			got += part;                                                              \
			if (part == 0 && yields)                                                  \
				sched_yield();                                                    \
		}                                                                                 \
		return got;                                                                       \
	}                                                                                         \
	static PLX_NOINLINE uint64_t kind##_mixed_##name(struct crowd *crowd, uint32_t n,         \
							 bool yields)                             \
	{                                                                                         \
		type v[BURST_MAX] = {0};                                                          \
		uint64_t got = 0;                                                                 \
                                                                                                  \
		while (goes_on(crowd)) {                                                          \
			while (kind##_put(crowd->ring, v, count) == 0 && goes_on(crowd))          \
				sched_yield();                                                    \
			while (kind##_get(crowd->ring, v, count) == 0 && goes_on(crowd))          \
				sched_yield();                                                    \
			bench_use(v);                                                             \
			got += count;                                                             \
		}                                                                                 \
		return got;                                                                       \
	}

#define KIND_LOOPS(kind, type)    \
	LOOPS(kind, type, 1, 1)   \
	LOOPS(kind, type, 8, 8)   \
	LOOPS(kind, type, 32, 32) \
	LOOPS(kind, type, n, n)

KIND_LOOPS(spsc32, uint32_t)
KIND_LOOPS(spsc64, uint64_t)
KIND_LOOPS(mpmc32, uint32_t)
KIND_LOOPS(mpmc64, uint64_t)

struct loops {
	alone_fn alone, fresh, empty;
	crowd_fn stream, drain, mixed;
};

#define LOOPS_ROW(kind, name)                                                          \
	{                                                                              \
		kind##_alone_##name, kind##_fresh_##name, kind##_empty_##name,         \
			kind##_stream_##name, kind##_drain_##name, kind##_mixed_##name \
	}
#define KIND_ROWS(kind)                                                                         \
	{                                                                                       \
		LOOPS_ROW(kind, 1), LOOPS_ROW(kind, 8), LOOPS_ROW(kind, 32), LOOPS_ROW(kind, n) \
	}

static const struct loops all_loops[4][4] = {
	[SPSC32] = KIND_ROWS(spsc32),
	[SPSC64] = KIND_ROWS(spsc64),
	[MPMC32] = KIND_ROWS(mpmc32),
	[MPMC64] = KIND_ROWS(mpmc64),
};

static const struct loops *
loops_of(const struct bench_ring_case *c)
{
	unsigned i = !c->constant ? 3 : c->n == 1 ? 0 : c->n == 8 ? 1 : 2;

	return &all_loops[c->kind][i];
}

static void *
run_member(void *arg)
{
	struct member *m = arg;
	struct crowd *crowd = m->crowd;
	const struct bench_ring_case *c = crowd->c;
	const struct loops *loops = loops_of(c);

	bench_pin(c->shape == ACROSS ? (int)m->index : -1);
	pthread_barrier_wait(&crowd->barrier);
	if (c->shape == MIXED)
		m->got = loops->mixed(crowd, c->n, true);
	else if (m->index % 2 == 0)
		m->got = loops->stream(crowd, c->n, c->shape == CROWD);
	else
		m->got = loops->drain(crowd, c->n, c->shape == CROWD);
	return NULL;
}

/* Cycles an element over so many milliseconds. */
static double
run_crowd(const struct bench_ring_case *c, void *ring, unsigned ms)
{
	const struct timespec time = {0, ms * 1000000L};
	struct crowd crowd = {.c = c, .ring = ring};
	struct member members[MEMBERS_MAX];
	uint64_t begin, cycles, got = 0;

	pthread_barrier_init(&crowd.barrier, NULL, c->threads + 1);
	for (unsigned i = 0; i < c->threads; i++) {
		members[i] = (struct member){.crowd = &crowd, .index = i};
		if (pthread_create(&members[i].thread, NULL, run_member, &members[i]) != 0)
			abort();
	}
	pthread_barrier_wait(&crowd.barrier);
	begin = bench_cycles();
	nanosleep(&time, NULL);
	__atomic_store_n(&crowd.stop, true, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < c->threads; i++) {
		pthread_join(members[i].thread, NULL);
		got += members[i].got;
	}
	cycles = bench_cycles() - begin;
	pthread_barrier_destroy(&crowd.barrier);
	return (double)cycles / (double)(got != 0 ? got : 1);
}

/*
 * Two threads on two processors come to a halt when either is interrupted, so of several short runs the one
 * that was interrupted least counts. A crowd is about being interrupted: there one long run counts.
 */
static double
run_threads(const struct bench_ring_case *c, void *ring)
{
	double least = -1;

	if (c->shape != ACROSS)
		return run_crowd(c, ring, 100);
	for (unsigned i = 0; i < 12; i++) {
		double cost = run_crowd(c, ring, 4);

		if (least < 0 || cost < least)
			least = cost;
	}
	return least;
}

double
BENCH_RING_ENTRY(const void *arg)
{
	const struct bench_ring_case *c = arg;
	const struct loops *loops = loops_of(c);
	const uint64_t rounds = 200000;
	void *ring = ring_make(c->kind == MPMC32 || c->kind == MPMC64,
			       c->kind == SPSC32 || c->kind == MPMC32 ? 4 : 8);
	double cost = -1;

	if (ring == NULL)
		return -1;
	if (c->shape == ALONE || c->shape == FRESH || c->shape == NOTHING) {
		alone_fn fn = c->shape == ALONE	  ? loops->alone
			      : c->shape == FRESH ? loops->fresh
						  : loops->empty;

		bench_pin(1);
		fn(ring, c->n, rounds / 10);
		cost = (double)fn(ring, c->n, rounds) / (double)rounds;
		if (c->shape != NOTHING)
			cost /= c->n;
		bench_pin(-1);
	} else {
		cost = run_threads(c, ring);
	}
	ring_free(ring);
	return cost;
}

#endif
