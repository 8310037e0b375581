/* SPDX-License-Identifier: BSD-3-Clause */
/* Buckets cover every value once, and percentiles are right to 1/32. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "histogram.h"

#include <string.h>

static struct histogram h, other;

static int
setup(void **state)
{
	memset(&h, 0, sizeof(h));
	memset(&other, 0, sizeof(other));
	return 0;
}

static void
buckets_join_without_gap_or_overlap(void **state)
{
	assert_int_equal(histogram_least(0), 0);
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		assert_int_equal(histogram_bucket(histogram_least(i)), i);
		assert_int_equal(histogram_bucket(histogram_greatest(i)), i);
		if (i + 1 < HISTOGRAM_BUCKETS)
			assert_int_equal(histogram_greatest(i) + 1, histogram_least(i + 1));
	}
	assert_int_equal(histogram_bucket(UINT64_MAX), HISTOGRAM_BUCKETS - 1);
}

static void
a_bucket_is_narrower_than_a_thirtysecond_of_its_values(void **state)
{
	for (unsigned i = HISTOGRAM_PART; i < HISTOGRAM_BUCKETS; i++) {
		uint64_t width = histogram_greatest(i) - histogram_least(i) + 1;

		assert_true(width <= histogram_least(i) / HISTOGRAM_PART);
	}
}

static void
percentiles_of_a_hundred_values_are_exact_below_32(void **state)
{
	for (uint64_t value = 1; value <= 10; value++)
		for (unsigned i = 0; i < 10; i++)
			histogram_add(&h, value);
	assert_int_equal(histogram_total(&h), 100);
	assert_int_equal(histogram_percentile(&h, 0), 1);
	assert_int_equal(histogram_percentile(&h, 100), 1);
	assert_int_equal(histogram_percentile(&h, 101), 2);
	assert_int_equal(histogram_percentile(&h, 500), 5);
	assert_int_equal(histogram_percentile(&h, 990), 10);
	assert_int_equal(histogram_percentile(&h, 1000), 10);
}

static void
one_in_a_thousand_is_seen_by_the_last_percentile_only(void **state)
{
	for (unsigned i = 0; i < 9990; i++)
		histogram_add(&h, 7);
	for (unsigned i = 0; i < 10; i++)
		histogram_add(&h, 1000000);
	assert_int_equal(histogram_percentile(&h, 990), 7);
	assert_int_equal(histogram_percentile(&h, 999), 7);
	histogram_add(&h, 1000000);
	assert_in_range(histogram_percentile(&h, 999), 1000000, 1000000 + 1000000 / 32);
}

static void
none_has_no_percentile_and_many_do_not_overflow(void **state)
{
	assert_int_equal(histogram_percentile(&h, 500), 0);
	h.count[3] = UINT64_MAX / 2;
	h.count[4] = UINT64_MAX / 2;
	assert_int_equal(histogram_percentile(&h, 500), 3);
	assert_int_equal(histogram_percentile(&h, 999), 4);
}

static void
two_are_merged_bucket_by_bucket(void **state)
{
	histogram_add(&h, 5);
	histogram_add(&other, 5);
	histogram_add(&other, UINT64_MAX);
	histogram_merge(&h, &other);
	assert_int_equal(h.count[5], 2);
	assert_int_equal(histogram_total(&h), 3);
	assert_int_equal(histogram_percentile(&h, 1000), UINT64_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(buckets_join_without_gap_or_overlap, setup),
		cmocka_unit_test_setup(a_bucket_is_narrower_than_a_thirtysecond_of_its_values,
				       setup),
		cmocka_unit_test_setup(percentiles_of_a_hundred_values_are_exact_below_32, setup),
		cmocka_unit_test_setup(one_in_a_thousand_is_seen_by_the_last_percentile_only,
				       setup),
		cmocka_unit_test_setup(none_has_no_percentile_and_many_do_not_overflow, setup),
		cmocka_unit_test_setup(two_are_merged_bucket_by_bucket, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
