/* SPDX-License-Identifier: BSD-3-Clause */
/* Figures a second, from two moments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rates.h"

static const struct rates_moment before = {
	.ns = 7, .rx_packets = 100, .rx_bytes = 6400, .tx_packets = 50, .tx_bytes = 3200};

static void
rates_are_of_what_came_between_and_bits_are_eight_a_byte(void **state)
{
	const struct rates_moment now = {.ns = 500000007,
					 .rx_packets = 300,
					 .rx_bytes = 19200,
					 .tx_packets = 51,
					 .tx_bytes = 3264};
	struct rates rates = rates_between(&before, &now);

	assert_int_equal(rates.rx_pps, 400);
	assert_int_equal(rates.rx_bps, 25600 * 8);
	assert_int_equal(rates.tx_pps, 2);
	assert_int_equal(rates.tx_bps, 128 * 8);
}

static void
counters_that_were_cleared_begin_at_zero(void **state)
{
	const struct rates_moment now = {.ns = 1000000007, .rx_packets = 10, .rx_bytes = 640};
	struct rates rates = rates_between(&before, &now);

	assert_int_equal(rates.rx_pps, 10);
	assert_int_equal(rates.rx_bps, 5120);
	assert_int_equal(rates.tx_pps, 0);
}

static void
no_time_has_no_rate(void **state)
{
	const struct rates_moment now = {.ns = 7, .rx_packets = 1000};

	assert_int_equal(rates_between(&before, &now).rx_pps, 0);
}

static void
a_port_that_was_never_shown_has_no_rate_yet(void **state)
{
	const struct plx_ethdev_stats stats = {.rx_packets = 5};
	struct rates rates;

	assert_false(rates_since_last(3, &stats, &rates));
	assert_true(rates_since_last(3, &stats, &rates));
	assert_int_equal(rates.rx_pps, 0);
	assert_false(rates_since_last(4, &stats, &rates));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rates_are_of_what_came_between_and_bits_are_eight_a_byte),
		cmocka_unit_test(counters_that_were_cleared_begin_at_zero),
		cmocka_unit_test(no_time_has_no_rate),
		cmocka_unit_test(a_port_that_was_never_shown_has_no_rate_yet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
