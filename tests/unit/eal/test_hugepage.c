/* SPDX-License-Identifier: BSD-3-Clause */
#include "hugepage_priv.h"

#include "plx_bits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define MB (1UL << 20)
#define GB (1UL << 30)

static const size_t sizes[] = {GB, 2 * MB};

static void
plan(size_t len, bool any, size_t first, size_t second)
{
	struct plx_hugepage_plan got;

	plx_hugepage_plan(&got, sizes, 2, len, any);
	assert_int_equal(got.n, (first != 0) + (second != 0));
	if (first != 0)
		assert_int_equal(got.size[0], first);
	if (second != 0)
		assert_int_equal(got.size[1], second);
}

static void
large_zones_take_large_pages_first(void **state)
{
	plan(GB, false, GB, 2 * MB);
	plan(8 * GB - MB, false, GB, 2 * MB);
}

static void
zones_that_would_waste_a_large_page_take_it_last(void **state)
{
	plan(GB + MB, false, 2 * MB, GB);
	plan(700 * MB, false, 2 * MB, GB);
	plan(500 * MB, false, 2 * MB, 0);
	plan(2 * MB, false, 2 * MB, 0);
}

static void
small_zones_take_none_unless_they_must(void **state)
{
	plan(MB, false, 0, 0);
	plan(64, false, 0, 0);
	plan(64, true, 2 * MB, 0);
	plan(MB + 1, false, 2 * MB, 0);
}

static void
a_machine_without_sizes_plans_none(void **state)
{
	struct plx_hugepage_plan got;

	plx_hugepage_plan(&got, sizes, 0, GB, true);
	assert_int_equal(got.n, 0);
}

static void
the_machines_sizes_fall(void **state)
{
	size_t found[PLX_HUGEPAGE_SIZES_MAX];
	unsigned n = plx_hugepage_sizes(found);

	assert_in_range(n, 0, PLX_HUGEPAGE_SIZES_MAX);
	for (unsigned i = 0; i < n; i++) {
		assert_true(plx_is_pow2(found[i]));
		if (i > 0)
			assert_true(found[i] < found[i - 1]);
	}
}

static void
names_and_cures_are_for_people(void **state)
{
	char text[128];

	assert_string_equal(plx_hugepage_name(4096, text, sizeof(text)), "4 KiB");
	assert_string_equal(plx_hugepage_name(2 * MB, text, sizeof(text)), "2 MiB");
	assert_string_equal(plx_hugepage_name(GB, text, sizeof(text)), "1 GiB");
	plx_hugepage_cure(2 * MB, 3 * MB, text, sizeof(text));
	assert_non_null(strstr(text, "hugeadm --pool-pages-min 2048KB:+2"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(large_zones_take_large_pages_first),
		cmocka_unit_test(zones_that_would_waste_a_large_page_take_it_last),
		cmocka_unit_test(small_zones_take_none_unless_they_must),
		cmocka_unit_test(a_machine_without_sizes_plans_none),
		cmocka_unit_test(the_machines_sizes_fall),
		cmocka_unit_test(names_and_cures_are_for_people),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
