/* SPDX-License-Identifier: BSD-3-Clause */
#include "clock_priv.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NS_PER_S 1000000000ULL

static uint64_t
kernel_ns(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static void
ticks_and_nanoseconds_convert_both_ways(void **state)
{
	uint64_t hz = plx_clock_hz();
	uint64_t century_ns = 100ULL * 365 * 86400 * NS_PER_S;

	assert_in_range(hz, 1000000, 100000000000ULL);
	assert_in_range(plx_clock_ticks_to_ns(hz), NS_PER_S - 1, NS_PER_S);
	assert_in_range(plx_clock_ns_to_ticks(NS_PER_S), hz - 1, hz);
	assert_int_equal(plx_clock_ticks_to_ns(0), 0);
	/* A part in 10^12 over a century, without wrapping. */
	assert_in_range(plx_clock_ticks_to_ns(plx_clock_ns_to_ticks(century_ns)),
			century_ns - century_ns / 1000000000000ULL, century_ns);
}

/* The smallest error of many tries: a preemption in between spoils one, not all. */
static void
the_rate_agrees_with_the_kernels(void **state)
{
	uint64_t start_ticks = plx_clock_ticks(), start = kernel_ns(CLOCK_MONOTONIC_RAW);
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < 20; i++) {
		uint64_t ours, theirs, off;

		plx_clock_delay_us(5000);
		ours = plx_clock_ticks_to_ns(plx_clock_ticks() - start_ticks);
		theirs = kernel_ns(CLOCK_MONOTONIC_RAW) - start;
		off = (ours > theirs ? ours - theirs : theirs - ours) * 1000000 / theirs;
		best = off < best ? off : best;
	}
	/* Parts in a million. */
	assert_in_range(best, 0, 200);
}

static void
the_time_of_day_is_the_kernels_to_a_microsecond(void **state)
{
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < 300; i++) {
		uint64_t before = kernel_ns(CLOCK_REALTIME);
		uint64_t ours = plx_clock_realtime_ns();
		uint64_t after = kernel_ns(CLOCK_REALTIME);
		uint64_t off = ours < before ? before - ours : ours > after ? ours - after : 0;

		best = off < best ? off : best;
		plx_clock_delay_us(1000);
	}
	assert_in_range(best, 0, 1000);
}

static void
a_delay_lasts_at_least_as_long(void **state)
{
	uint64_t start = kernel_ns(CLOCK_MONOTONIC_RAW);

	plx_clock_delay_us(2000);
	/* The counter may run a little faster than the kernel thinks. */
	assert_true(kernel_ns(CLOCK_MONOTONIC_RAW) - start >= 1990000);
}

static void
a_moment_ago_lies_before_now(void **state)
{
	uint64_t ticks = plx_clock_ticks();
	uint64_t hz = plx_clock_hz();
	uint64_t now = plx_clock_ticks_to_realtime_ns(ticks);
	uint64_t ago = plx_clock_ticks_to_realtime_ns(ticks - hz / 1000);

	assert_in_range(now - ago, 990000, 1010000);
}

struct watcher {
	uint64_t until;
	unsigned backwards;
	unsigned rounds;
};

static void *
watch_time(void *arg)
{
	struct watcher *watcher = arg;
	uint64_t last = 0;

	while (plx_clock_monotonic_ns() < watcher->until) {
		uint64_t now = plx_clock_realtime_ns();

		watcher->backwards += now < last;
		watcher->rounds++;
		last = now;
	}
	return NULL;
}

/* 300 ms see several pieces laid, as the first ones are short. */
static void
time_never_runs_back_while_threads_lay_pieces(void **state)
{
	struct watcher watchers[4];
	pthread_t threads[4];

	memset(watchers, 0, sizeof(watchers));
	for (int i = 0; i < 4; i++) {
		watchers[i].until = plx_clock_monotonic_ns() + 300000000;
		assert_int_equal(pthread_create(&threads[i], NULL, watch_time, &watchers[i]), 0);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(watchers[i].backwards, 0);
		assert_true(watchers[i].rounds > 0);
	}
}

/* A played kernel whose clock runs `ppm` off the nominal 1 GHz counter from tick 0 on. */
static uint64_t
played(uint64_t ticks, int64_t ppm)
{
	return 5000 * NS_PER_S + ticks + (uint64_t)((int64_t)ticks / 1000000 * ppm);
}

#define HZ   1000000000ULL
#define SPAN (HZ / 10)

static void
pieces_join_without_a_step_and_follow_the_kernel(void **state)
{
	uint64_t nominal = plx_clock_rate(HZ);
	struct plx_clock_piece piece = {0, played(0, 0), nominal};
	struct plx_clock_sample before = {0, played(0, 0)};

	/* From the second piece on the rate is known: a millionth of a span, 100 ns, is plenty. */
	for (uint64_t i = 1; i < 100; i++) {
		struct plx_clock_sample now = {i * SPAN + i, played(i * SPAN + i, 100)};
		struct plx_clock_piece next =
			plx_clock_piece_next(&piece, &before, &now, now.ticks, nominal, SPAN);
		uint64_t seam = plx_clock_piece_at(&piece, now.ticks);
		int64_t off = (int64_t)(seam - now.ns);

		assert_in_range(plx_clock_piece_at(&next, now.ticks), seam, seam + 1);
		if (i > 1)
			assert_in_range(off + 100, 0, 200);
		piece = next;
		before = now;
	}
}

struct reader {
	const struct plx_clock_line *line;
	atomic_bool *stop;
	unsigned torn;
	unsigned rounds;
};

/* Every piece that is published here has ns = 3 * ticks and rate = 7 * ticks. */
static void *
read_line(void *arg)
{
	struct reader *reader = arg;
	struct plx_clock_piece piece;

	while (!atomic_load(reader->stop) || reader->rounds == 0) {
		if (!plx_clock_line_read(reader->line, reader->rounds++ % 2 ? UINT64_MAX / 4 : 0,
					 &piece))
			continue;
		reader->torn += piece.ns != 3 * piece.ticks || piece.rate != 7 * piece.ticks;
	}
	return NULL;
}

static void
readers_never_see_half_a_piece(void **state)
{
	uint64_t end = plx_clock_monotonic_ns() + 200000000;
	/* Over two cache lines, so that half of it can be seen. */
	static struct {
		PLX_CACHE_ALIGNED char first_half[40];
		struct plx_clock_line line;
	} spread;
	struct plx_clock_line *line = &spread.line;
	struct reader readers[2];
	atomic_bool enough = false;
	pthread_t threads[2];

	assert_false(plx_clock_line_laid(line));
	for (int i = 0; i < 2; i++) {
		readers[i] = (struct reader){.line = line, .stop = &enough};
		assert_int_equal(pthread_create(&threads[i], NULL, read_line, &readers[i]), 0);
	}
	for (uint64_t t = 1; t % 1000 != 0 || plx_clock_monotonic_ns() < end; t++) {
		struct plx_clock_piece piece = {t, 3 * t, 7 * t};
		struct plx_clock_piece old = {t + 1, 3 * (t + 1), 7 * (t + 1)};

		plx_clock_line_publish(line, &piece, &old);
	}
	atomic_store(&enough, true);
	for (int i = 0; i < 2; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(readers[i].torn, 0);
	}
	assert_true(plx_clock_line_laid(line));
}

static void
a_set_clock_is_followed_at_once(void **state)
{
	uint64_t nominal = plx_clock_rate(HZ);
	struct plx_clock_piece piece = {0, played(0, 0), nominal};
	struct plx_clock_sample before = {0, played(0, 0)};
	struct plx_clock_sample now = {SPAN, played(SPAN, 0) + 3600 * NS_PER_S};
	struct plx_clock_piece next;

	next = plx_clock_piece_next(&piece, &before, &now, SPAN, nominal, SPAN);
	assert_int_equal(next.ns, now.ns);
	assert_int_equal(next.rate, nominal);
	now.ns = played(SPAN, 0) - 3600 * NS_PER_S;
	next = plx_clock_piece_next(&piece, &before, &now, SPAN, nominal, SPAN);
	assert_int_equal(next.ns, now.ns);
	assert_int_equal(next.rate, nominal);
}

/* 20 ppm off for 10 s without use: 200 us, which would be slewed in if someone had looked meanwhile. */
static void
after_a_long_silence_the_clock_is_right_at_once(void **state)
{
	uint64_t nominal = plx_clock_rate(HZ);
	struct plx_clock_piece piece = {0, played(0, 0), nominal};
	struct plx_clock_sample before = {0, played(0, 0)};
	struct plx_clock_sample now = {10 * HZ, played(10 * HZ, -20)};
	struct plx_clock_piece next;

	next = plx_clock_piece_next(&piece, &before, &now, SPAN, nominal, SPAN);
	assert_int_equal(next.ns, now.ns);
	assert_true(next.ns >= plx_clock_piece_at(&piece, SPAN));
}

static void
a_piece_reaches_back_before_its_beginning(void **state)
{
	struct plx_clock_piece piece = {1000, 5000, plx_clock_rate(HZ)};

	assert_in_range(plx_clock_piece_at(&piece, 900), 4900, 4901);
	assert_in_range(plx_clock_piece_at(&piece, 1100), 5099, 5100);
}

static void
the_source_says_what_ticks_are(void **state)
{
	assert_non_null(strstr(plx_clock_source(), "MHz"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_never_runs_back_while_threads_lay_pieces),
		cmocka_unit_test(ticks_and_nanoseconds_convert_both_ways),
		cmocka_unit_test(the_rate_agrees_with_the_kernels),
		cmocka_unit_test(the_time_of_day_is_the_kernels_to_a_microsecond),
		cmocka_unit_test(a_delay_lasts_at_least_as_long),
		cmocka_unit_test(a_moment_ago_lies_before_now),
		cmocka_unit_test(pieces_join_without_a_step_and_follow_the_kernel),
		cmocka_unit_test(readers_never_see_half_a_piece),
		cmocka_unit_test(a_set_clock_is_followed_at_once),
		cmocka_unit_test(after_a_long_silence_the_clock_is_right_at_once),
		cmocka_unit_test(a_piece_reaches_back_before_its_beginning),
		cmocka_unit_test(the_source_says_what_ticks_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
