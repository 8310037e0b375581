/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The clock of the program. Its frequency is found once; the pieces of time (clock_priv.h) are published
 * by a sequence lock, so that readers never wait and never write.
 */
#include "clock_priv.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#define NS_PER_S       1000000000ULL
#define CALIBRATION_NS 10000000ULL

/*
 * The sequence lock. One writer at a time (writer_busy); the sequence is odd while it writes. No fences,
 * which the thread sanitizer cannot follow: the fields themselves carry the order.
 *
 *   writer                               reader
 *   sequence = odd, relaxed              s1 = sequence, acquire        (B, reads D)
 *   fields, each with release  (A)       fields, each with acquire     (C, reads A)
 *   sequence = even, release   (D)       s2 = sequence, relaxed; again if odd or s1 != s2
 *
 * B reads D: the fields are at least as new as s1. If some field is newer, C read it from A, so the odd
 * sequence before A is visible to s2 and the reader goes again.
 */
static struct {
	_Atomic uint32_t sequence;
	atomic_flag writer_busy;
	_Atomic uint64_t ticks, ns, rate;	      /* the piece now in force */
	_Atomic uint64_t old_ticks, old_ns, old_rate; /* the one before it */
	struct plx_clock_sample sample;		      /* of the last laying; the writer's */
	unsigned laid;				      /* how many pieces; the writer's */
	_Atomic uint64_t next_ticks;		      /* when to lay another */
} timeline = {.writer_busy = ATOMIC_FLAG_INIT};

static struct {
	pthread_once_t once;
	uint64_t hz;
	uint64_t ns_rate;   /* ticks to ns */
	uint64_t tick_rate; /* ns to ticks */
	char source[64];
} counter = {.once = PTHREAD_ONCE_INIT};

static uint64_t
read_clock(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* Both clocks at one moment: the tightest of some tries, so that a preemption between does not count. */
static struct plx_clock_sample
read_both(clockid_t id)
{
	struct plx_clock_sample best = {0, 0};
	uint64_t best_width = UINT64_MAX;

	for (int i = 0; i < 8; i++) {
		uint64_t before = plx_clock_ticks();
		uint64_t ns = read_clock(id);
		uint64_t width = plx_clock_ticks() - before;

		if (width >= best_width)
			continue;
		best_width = width;
		best.ticks = before + width / 2;
		best.ns = ns;
	}
	return best;
}

static uint64_t
measure_hz(void)
{
	struct plx_clock_sample first = read_both(CLOCK_MONOTONIC_RAW), last;
	struct timespec nap = {0, CALIBRATION_NS};

	clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL);
	last = read_both(CLOCK_MONOTONIC_RAW);
	return (uint64_t)((unsigned __int128)(last.ticks - first.ticks) * NS_PER_S /
			  (last.ns - first.ns));
}

#if defined(__x86_64__)
static const char counter_name[] = "tsc";

static bool
is_invariant(void)
{
	unsigned a, b, c, d;

	return __get_cpuid(0x80000007, &a, &b, &c, &d) != 0 && (d & 1u << 8) != 0;
}

/*
 * Intel SDM, CPUID leaf 15H: crystal in ecx, ratio ebx/eax. Hypervisors: leaf 40000010H, kHz in eax.
 * 0 if the processor does not say.
 */
static uint64_t
stated_hz(void)
{
	unsigned a, b, c, d;

	if (__get_cpuid(1, &a, &b, &c, &d) != 0 && (c & 1u << 31) != 0) {
		__cpuid(0x40000000, a, b, c, d);
		if (a >= 0x40000010 && a < 0x40010000) {
			__cpuid(0x40000010, a, b, c, d);
			if (a != 0)
				return (uint64_t)a * 1000;
		}
	}
	if (__get_cpuid(0x15, &a, &b, &c, &d) != 0 && a != 0 && b != 0 && c != 0)
		return (uint64_t)c * b / a;
	return 0;
}
#elif defined(__aarch64__)
static const char counter_name[] = "cntvct";

static bool
is_invariant(void)
{
	return true;
}

static uint64_t
stated_hz(void)
{
	uint64_t hz;

	__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(hz));
	return hz;
}
#else
static const char counter_name[] = "clock_gettime";

static bool
is_invariant(void)
{
	return true;
}

static uint64_t
stated_hz(void)
{
	return NS_PER_S;
}
#endif

static void
find_hz(void)
{
	counter.hz = stated_hz();
	if (counter.hz == 0)
		counter.hz = measure_hz();
	counter.ns_rate = plx_clock_rate(counter.hz);
	counter.tick_rate =
		(uint64_t)(((unsigned __int128)counter.hz << PLX_CLOCK_SHIFT) / NS_PER_S);
	snprintf(counter.source, sizeof(counter.source), "%s %.1f MHz, %s", counter_name,
		 (double)counter.hz / 1e6, is_invariant() ? "invariant" : "not invariant");
}

static void
calibrate(void)
{
	pthread_once(&counter.once, find_hz);
}

uint64_t
plx_clock_hz(void)
{
	calibrate();
	return counter.hz;
}

uint64_t
plx_clock_ticks_to_ns(uint64_t ticks)
{
	calibrate();
	return plx_clock_scale(ticks, counter.ns_rate);
}

uint64_t
plx_clock_ns_to_ticks(uint64_t ns)
{
	calibrate();
	return plx_clock_scale(ns, counter.tick_rate);
}

/* C; for next_ticks, which is a hint alone, more than is needed. */
static uint64_t
load(const _Atomic uint64_t *field)
{
	return atomic_load_explicit(field, memory_order_acquire);
}

/* A. */
static void
store(_Atomic uint64_t *field, uint64_t value)
{
	atomic_store_explicit(field, value, memory_order_release);
}

static void
publish(const struct plx_clock_piece *piece, const struct plx_clock_piece *old)
{
	uint32_t sequence = atomic_load_explicit(&timeline.sequence, memory_order_relaxed);

	atomic_store_explicit(&timeline.sequence, sequence + 1, memory_order_relaxed);
	store(&timeline.old_ticks, old->ticks);
	store(&timeline.old_ns, old->ns);
	store(&timeline.old_rate, old->rate);
	store(&timeline.ticks, piece->ticks);
	store(&timeline.ns, piece->ns);
	store(&timeline.rate, piece->rate);
	atomic_store_explicit(&timeline.sequence, sequence + 2, memory_order_release); /* D */
}

/* The piece that covers the tick; false before the first was laid. */
static bool
piece_for(uint64_t ticks, struct plx_clock_piece *ret_piece)
{
	uint32_t sequence;

	do {
		sequence = atomic_load_explicit(&timeline.sequence, memory_order_acquire); /* B */
		ret_piece->ticks = load(&timeline.ticks);
		ret_piece->ns = load(&timeline.ns);
		ret_piece->rate = load(&timeline.rate);
		if ((int64_t)(ticks - ret_piece->ticks) < 0) {
			ret_piece->ticks = load(&timeline.old_ticks);
			ret_piece->ns = load(&timeline.old_ns);
			ret_piece->rate = load(&timeline.old_rate);
		}
	} while ((sequence & 1) != 0 ||
		 sequence != atomic_load_explicit(&timeline.sequence, memory_order_relaxed));
	return sequence != 0;
}

/* Spans grow from 10 ms to a second: the first rate is from a short measurement, or only stated. */
static uint64_t
next_span(unsigned laid)
{
	uint64_t ms = laid >= 6 ? 1000 : 10u << laid;

	return counter.hz * ms / 1000;
}

static void
lay_piece(void)
{
	struct plx_clock_sample now = read_both(CLOCK_REALTIME);
	struct plx_clock_piece old, piece;
	uint64_t span = next_span(timeline.laid);

	if (timeline.laid == 0) {
		piece = (struct plx_clock_piece){now.ticks, now.ns, counter.ns_rate};
		old = piece;
	} else {
		piece_for(now.ticks, &old);
		piece = plx_clock_piece_next(&old, &timeline.sample, &now,
					     load(&timeline.next_ticks), counter.ns_rate, span);
	}
	timeline.sample = now;
	timeline.laid++;
	publish(&piece, &old);
	store(&timeline.next_ticks, now.ticks + span);
}

/* One thread lays, the others go on with the piece there is; the very first time they wait for it. */
static void
keep_laid(bool must)
{
	while (atomic_flag_test_and_set_explicit(&timeline.writer_busy, memory_order_acquire)) {
		if (!must || atomic_load_explicit(&timeline.sequence, memory_order_acquire) > 1)
			return;
		plx_pause();
	}
	if (timeline.laid == 0 || (int64_t)(plx_clock_ticks() - load(&timeline.next_ticks)) >= 0)
		lay_piece();
	atomic_flag_clear_explicit(&timeline.writer_busy, memory_order_release);
}

uint64_t
plx_clock_ticks_to_realtime_ns(uint64_t ticks)
{
	struct plx_clock_piece piece;

	if (PLX_UNLIKELY(!piece_for(ticks, &piece))) {
		calibrate();
		keep_laid(true);
		piece_for(ticks, &piece);
	} else if (PLX_UNLIKELY((int64_t)(ticks - load(&timeline.next_ticks)) >= 0)) {
		keep_laid(false);
		piece_for(ticks, &piece);
	}
	return plx_clock_piece_at(&piece, ticks);
}

uint64_t
plx_clock_realtime_ns(void)
{
	return plx_clock_ticks_to_realtime_ns(plx_clock_ticks());
}

uint64_t
plx_clock_monotonic_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

void
plx_clock_delay_us(unsigned us)
{
	uint64_t ticks = plx_clock_ns_to_ticks((uint64_t)us * 1000);
	uint64_t start = plx_clock_ticks();

	while (plx_clock_ticks() - start < ticks)
		plx_pause();
}

const char *
plx_clock_source(void)
{
	calibrate();
	return counter.source;
}
