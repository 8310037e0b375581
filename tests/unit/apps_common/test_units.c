/* SPDX-License-Identifier: BSD-3-Clause */
#include "units.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
counts_have_commas(void **state)
{
	assert_string_equal(units_count(0).text, "0");
	assert_string_equal(units_count(999).text, "999");
	assert_string_equal(units_count(1000).text, "1,000");
	assert_string_equal(units_count(1234567).text, "1,234,567");
	assert_string_equal(units_count(UINT64_MAX).text, "18,446,744,073,709,551,615");
}

static void
rates_have_four_figures(void **state)
{
	assert_string_equal(units_rate(0, "pps").text, "0 pps");
	assert_string_equal(units_rate(999, "pps").text, "999 pps");
	assert_string_equal(units_rate(999.7, "pps").text, "1.000 kpps");
	assert_string_equal(units_rate(1250000, "pps").text, "1.250 Mpps");
	assert_string_equal(units_rate(99960, "pps").text, "99.96 kpps");
	assert_string_equal(units_rate(99996, "pps").text, "100.0 kpps");
	assert_string_equal(units_rate(999960, "bit/s").text, "1.000 Mbit/s");
	assert_string_equal(units_rate(2.5e18, "bit/s").text, "2500.0 Pbit/s");
}

static void
bytes_are_in_powers_of_1000(void **state)
{
	assert_string_equal(units_bytes(12).text, "12 bytes");
	assert_string_equal(units_bytes(842000000).text, "842.0 MB");
	assert_string_equal(units_bytes(1500).text, "1.500 kB");
}

static void
times_choose_their_unit(void **state)
{
	assert_string_equal(units_time(999).text, "999 ns");
	assert_string_equal(units_time(850000).text, "850 us");
	assert_string_equal(units_time(12500000).text, "12.5 ms");
	assert_string_equal(units_time(1250000000).text, "1.25 s");
	assert_string_equal(units_time(UINT64_C(245000000000)).text, "4 m 05 s");
	assert_string_equal(units_time(UINT64_C(7380000000000)).text, "2 h 03 m");
	assert_string_equal(units_clock(UINT64_C(12900000000)).text, "00:12");
	assert_string_equal(units_clock(UINT64_C(3723000000000)).text, "1:02:03");
}

static void
little_is_not_shown_as_nothing(void **state)
{
	assert_string_equal(units_percent(0, 5).text, "0 %");
	assert_string_equal(units_percent(1, 100000).text, "<0.1 %");
	assert_string_equal(units_percent(34, 1000).text, "3.4 %");
	assert_string_equal(units_percent(5, 0).text, "0 %");
}

static void
times_are_read_with_and_without_a_unit(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} good[] = {{"2", 2000000000},
		    {"0.5", 500000000},
		    {"500ms", 500000000},
		    {"250us", 250000},
		    {"7ns", 7},
		    {"10s", UINT64_C(10000000000)},
		    {"3m", UINT64_C(180000000000)},
		    {"1h", UINT64_C(3600000000000)},
		    {"1.001", 1001000000},
		    {"0", 0}};
	static const char *const bad[] = {
		"",    "s",  "-1",  "1.",	".5",
		"1 s", "1x", "1e3", "5000000h", "99999999999999999999999999"};
	uint64_t ns;

	for (size_t i = 0; i < PLX_ARRAY_LEN(good); i++) {
		ns = 99;
		assert_int_equal(units_parse_time(good[i].text, &ns), 0);
		assert_true(ns == good[i].ns);
	}
	for (size_t i = 0; i < PLX_ARRAY_LEN(bad); i++)
		assert_int_equal(units_parse_time(bad[i], &ns), -EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_have_commas),
		cmocka_unit_test(rates_have_four_figures),
		cmocka_unit_test(bytes_are_in_powers_of_1000),
		cmocka_unit_test(times_choose_their_unit),
		cmocka_unit_test(little_is_not_shown_as_nothing),
		cmocka_unit_test(times_are_read_with_and_without_a_unit),
	};

	return cmocka_run_group_tests_name("units", tests, NULL, NULL);
}
