/* SPDX-License-Identifier: BSD-3-Clause */
/* Arithmetic of what is recorded: rounds of an engine that is made up, and the histograms of their bursts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "record.h"

#include <string.h>

static uint64_t next_rx, next_tx, next_dropped;

static unsigned
made_up(struct stream *stream)
{
	stream->rx += next_rx;
	stream->tx += next_tx;
	stream->dropped += next_dropped;
	return (unsigned)next_rx;
}

static void
round_of(struct stream *stream, uint64_t rx, uint64_t tx, uint64_t dropped)
{
	next_rx = rx;
	next_tx = tx;
	next_dropped = dropped;
	assert_int_equal(record_round(stream, made_up), rx);
}

static void
a_round_is_counted_by_what_came_and_went_in_it(void **state)
{
	static struct record record;
	struct stream stream = {.rx = 1000, .tx = 77, .record = &record};

	memset(&record, 0, sizeof(record));
	round_of(&stream, 32, 30, 2);
	round_of(&stream, 32, 32, 0);
	round_of(&stream, 7, 0, 7);
	round_of(&stream, 0, 0, 0);
	assert_int_equal(record.rx_bursts[32], 2);
	assert_int_equal(record.rx_bursts[7], 1);
	assert_int_equal(record.rx_bursts[0], 1);
	assert_int_equal(record.tx_bursts[30], 1);
	assert_int_equal(record.tx_bursts[32], 1);
	assert_int_equal(record.tx_bursts[0], 1);
	assert_int_equal(record_bursts(record.rx_bursts), 4);
	assert_int_equal(record_bursts(record.tx_bursts), 3);
	assert_int_equal(record_packets(record.rx_bursts), 71);
	assert_int_equal(record_packets(record.tx_bursts), 62);
}

static void
a_round_that_found_nothing_costs_no_cycles(void **state)
{
	static struct record record;
	struct stream stream = {.record = &record};

	memset(&record, 0, sizeof(record));
	for (unsigned i = 0; i < 100; i++)
		round_of(&stream, 0, 0, 0);
	assert_int_equal(record.busy_cycles, 0);
	for (unsigned i = 0; i < 100; i++)
		round_of(&stream, 1, 1, 0);
	assert_true(record.busy_cycles > 0);
}

static void
rounds_larger_than_a_burst_are_in_the_last_place(void **state)
{
	static struct record record;
	struct stream stream = {.record = &record};

	memset(&record, 0, sizeof(record));
	round_of(&stream, BURST_MAX + 100, BURST_MAX, 0);
	assert_int_equal(record.rx_bursts[BURST_MAX], 1);
	assert_int_equal(record.tx_bursts[BURST_MAX], 1);
}

static void
lengths_come_by_how_frequent_they_are(void **state)
{
	static uint64_t bursts[BURST_MAX + 1];
	unsigned known[3] = {0};

	bursts[0] = 5;
	bursts[32] = 90;
	bursts[BURST_MAX] = 5;
	known[0] = record_most_frequent(bursts, known, 0);
	known[1] = record_most_frequent(bursts, known, 1);
	known[2] = record_most_frequent(bursts, known, 2);
	assert_int_equal(known[0], 32);
	assert_int_equal(known[1], 0);
	assert_int_equal(known[2], BURST_MAX);
	assert_int_equal(record_most_frequent(bursts, known, 3), BURST_MAX + 1);
}

static void
sums_are_of_all_figures(void **state)
{
	static struct record a = {.busy_cycles = 10}, b = {.busy_cycles = 5};

	a.rx_bursts[3] = 2;
	b.rx_bursts[3] = 1;
	b.tx_bursts[BURST_MAX] = 4;
	record_add(&a, &b);
	assert_int_equal(a.busy_cycles, 15);
	assert_int_equal(a.rx_bursts[3], 3);
	assert_int_equal(a.tx_bursts[BURST_MAX], 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_round_is_counted_by_what_came_and_went_in_it),
		cmocka_unit_test(a_round_that_found_nothing_costs_no_cycles),
		cmocka_unit_test(rounds_larger_than_a_burst_are_in_the_last_place),
		cmocka_unit_test(lengths_come_by_how_frequent_they_are),
		cmocka_unit_test(sums_are_of_all_figures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
