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

static struct {
	struct plx_clock_line line;
	atomic_flag writer_busy;
	struct plx_clock_sample sample; /* of the last laying; the writer's */
	unsigned laid;			/* how many pieces; the writer's */
	_Atomic uint64_t next_ticks;	/* when to lay another: a hint, without order */
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

bool
plx_clock_invariant(void)
{
	calibrate();
	return is_invariant();
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

/* Spans grow from 10 ms to a second: the first rate is from a short measurement, or only stated. */
static uint64_t
next_span(unsigned laid)
{
	uint64_t ms = laid >= 6 ? 1000 : 10u << laid;

	return counter.hz * ms / 1000;
}

static uint64_t
next_ticks(void)
{
	return atomic_load_explicit(&timeline.next_ticks, memory_order_relaxed);
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
		plx_clock_line_read(&timeline.line, now.ticks, &old);
		piece = plx_clock_piece_next(&old, &timeline.sample, &now, next_ticks(),
					     counter.ns_rate, span);
	}
	timeline.sample = now;
	timeline.laid++;
	plx_clock_line_publish(&timeline.line, &piece, &old);
	atomic_store_explicit(&timeline.next_ticks, now.ticks + span, memory_order_relaxed);
}

/* One thread lays, the others go on with the piece there is; the very first time they wait for it. */
static void
keep_laid(bool must)
{
	while (atomic_flag_test_and_set_explicit(&timeline.writer_busy, memory_order_acquire)) {
		if (!must || plx_clock_line_laid(&timeline.line))
			return;
		plx_pause();
	}
	if (timeline.laid == 0 || (int64_t)(plx_clock_ticks() - next_ticks()) >= 0)
		lay_piece();
	atomic_flag_clear_explicit(&timeline.writer_busy, memory_order_release);
}

uint64_t
plx_clock_ticks_to_realtime_ns(uint64_t ticks)
{
	struct plx_clock_piece piece;

	if (PLX_UNLIKELY(!plx_clock_line_read(&timeline.line, ticks, &piece))) {
		calibrate();
		keep_laid(true);
		plx_clock_line_read(&timeline.line, ticks, &piece);
	} else if (PLX_UNLIKELY((int64_t)(ticks - next_ticks()) >= 0)) {
		keep_laid(false);
		plx_clock_line_read(&timeline.line, ticks, &piece);
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
