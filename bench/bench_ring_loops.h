/* SPDX-License-Identifier: BSD-3-Clause */
/* See bench_ring.h. The includer has defined puts, gets, ring_make, ring_free and BENCH_RING_ENTRY. */
#ifndef PLX_BENCH_BENCH_RING_LOOPS_H
#define PLX_BENCH_BENCH_RING_LOOPS_H

#include <pollux/plx_base.h>

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#define BURST_MAX 64

struct crowd {
	const struct bench_ring_case *c;
	void *ring;
	uint64_t quota; /* elements a producer puts (and, MIXED, gets back) */
	pthread_barrier_t barrier;
	uint64_t begin[16], end[16];
	uint64_t left; /* to get, by all */
};

struct member {
	struct crowd *crowd;
	unsigned index;
	pthread_t thread;
};

typedef uint64_t (*alone_fn)(void *ring, uint32_t n, uint64_t rounds);
typedef void (*stream_fn)(void *ring, uint32_t n, uint64_t quota, bool yields);
typedef void (*drain_fn)(struct crowd *crowd, uint32_t n, bool yields);

/* n is a constant in LOOPS(..., 8) and a parameter in LOOPS(..., n). */
#define LOOPS(kind, type, name, count)                                                             \
	static PLX_NOINLINE uint64_t kind##_alone_##name(void *ring, uint32_t n, uint64_t rounds)  \
	{                                                                                          \
		type in[BURST_MAX] = {0}, out[BURST_MAX];                                          \
		uint64_t begin = bench_cycles();                                                   \
                                                                                                   \
		for (uint64_t i = 0; i < rounds; i++) {                                            \
			kind##_put(ring, in, count);                                               \
			kind##_get(ring, out, count);                                              \
			bench_use(out);                                                            \
		}                                                                                  \
		return bench_cycles() - begin;                                                     \
	}                                                                                          \
	static PLX_NOINLINE uint64_t kind##_fresh_##name(void *ring, uint32_t n, uint64_t rounds)  \
	{                                                                                          \
		type in[BURST_MAX] = {0}, out[BURST_MAX];                                          \
		uint64_t begin = bench_cycles();                                                   \
                                                                                                   \
		for (uint64_t i = 0; i < rounds; i++) {                                            \
			for (uint32_t k = 0; k < count; k++) {                                     \
				in[k] = (type)(i + k);                                             \
				bench_use(in);                                                     \
			}                                                                          \
			kind##_put(ring, in, count);                                               \
			kind##_get(ring, out, count);                                              \
			bench_use(out);                                                            \
		}                                                                                  \
		return bench_cycles() - begin;                                                     \
	}                                                                                          \
	static PLX_NOINLINE uint64_t kind##_empty_##name(void *ring, uint32_t n, uint64_t rounds)  \
	{                                                                                          \
		type v[BURST_MAX] = {0};                                                           \
		uint64_t begin = bench_cycles();                                                   \
                                                                                                   \
		for (uint64_t i = 0; i < rounds; i++) {                                            \
			kind##_get(ring, v, count);                                                \
			bench_use(v);                                                              \
		}                                                                                  \
		return bench_cycles() - begin;                                                     \
	}                                                                                          \
	static PLX_NOINLINE void kind##_stream_##name(void *ring, uint32_t n, uint64_t quota,      \
						      bool yields)                                 \
	{                                                                                          \
		type v[BURST_MAX] = {0};                                                           \
                                                                                                   \
		for (uint64_t done = 0; done < quota;) {                                           \
			uint32_t got = kind##_put(ring, v, count);                                 \
                                                                                                   \
			done += got;                                                               \
			if (got == 0 && yields)                                                    \
				sched_yield();                                                     \
		}                                                                                  \
	}                                                                                          \
	static PLX_NOINLINE void kind##_drain_##name(struct crowd *crowd, uint32_t n, bool yields) \
	{                                                                                          \
		type v[BURST_MAX] = {0};                                                           \
		uint64_t share = crowd->quota, done = 0;                                           \
                                                                                                   \
		while (done < share) {                                                             \
			uint32_t got = kind##_get(crowd->ring, v, count);                          \
                                                                                                   \
			bench_use(v);                                                              \
                                                                                                   \
			done += got;                                                               \
			if (got == 0 && yields)                                                    \
				sched_yield();                                                     \
		}                                                                                  \
	}                                                                                          \
	static PLX_NOINLINE void kind##_mixed_##name(struct crowd *crowd, uint32_t n, bool yields) \
	{                                                                                          \
		type v[BURST_MAX] = {0};                                                           \
                                                                                                   \
		for (uint64_t done = 0; done < crowd->quota; done += count) {                      \
			while (kind##_put(crowd->ring, v, count) == 0)                             \
				sched_yield();                                                     \
			while (kind##_get(crowd->ring, v, count) == 0)                             \
				sched_yield();                                                     \
			bench_use(v);                                                              \
		}                                                                                  \
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
	stream_fn stream;
	drain_fn drain, mixed;
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
	crowd->begin[m->index] = bench_cycles();
	if (c->shape == MIXED)
		loops->mixed(crowd, c->n, true);
	else if (m->index % 2 == 0)
		loops->stream(crowd->ring, c->n, crowd->quota, c->shape == CROWD);
	else
		loops->drain(crowd, c->n, c->shape == CROWD);
	crowd->end[m->index] = bench_cycles();
	return NULL;
}

static double
run_crowd(const struct bench_ring_case *c, void *ring, uint64_t elements)
{
	unsigned producers = c->shape == MIXED ? c->threads : c->threads / 2;
	struct crowd crowd = {.c = c, .ring = ring, .quota = elements / producers};
	struct member members[16];
	uint64_t begin = UINT64_MAX, end = 0;
	unsigned made = 0;

	crowd.quota -= crowd.quota % c->n;
	pthread_barrier_init(&crowd.barrier, NULL, c->threads);
	for (; made < c->threads; made++) {
		members[made] = (struct member){&crowd, made, 0};
		if (pthread_create(&members[made].thread, NULL, run_member, &members[made]) != 0)
			abort();
	}
	for (unsigned i = 0; i < made; i++) {
		pthread_join(members[i].thread, NULL);
		begin = crowd.begin[i] < begin ? crowd.begin[i] : begin;
		end = crowd.end[i] > end ? crowd.end[i] : end;
	}
	pthread_barrier_destroy(&crowd.barrier);
	return (double)(end - begin) / (double)(crowd.quota * producers);
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
		return run_crowd(c, ring, c->n == 1 ? 400000 : 1600000);
	for (unsigned i = 0; i < 8; i++) {
		double cost = run_crowd(c, ring, c->n == 1 ? 40000 : 160000);

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
