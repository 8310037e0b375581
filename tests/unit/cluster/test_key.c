/* SPDX-License-Identifier: BSD-3-Clause */
/* What packets are distributed by: names, and places. */
#include "plx_cluster_key.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
names_go_both_ways(void **state)
{
	enum plx_cluster_key key;
	struct plx_why why;

	for (unsigned i = 0; i < PLX_CLUSTER_KEYS; i++) {
		const char *name = plx_cluster_key_name((enum plx_cluster_key)i);

		assert_non_null(name);
		assert_int_equal(plx_cluster_key_by_name(name, &key, NULL), 0);
		assert_int_equal(key, i);
	}
	assert_null(plx_cluster_key_name(PLX_CLUSTER_KEYS));
	key = PLX_CLUSTER_KEY_VLAN;
	assert_int_equal(plx_cluster_key_by_name("tuple", &key, &why), -EINVAL);
	assert_int_equal(key, PLX_CLUSTER_KEY_VLAN);
	assert_non_null(strstr(why.text, "\"tuple\""));
	assert_non_null(strstr(
		why.text,
		"flow, round-robin, mac, ip, 5-tuple, protocol, vlan, inner, src-ip, dst-ip"));
}

/* Each place of n the same share of all hashes, in order. */
static void
places_share_the_hashes(void **state)
{
	for (uint32_t n = 1; n <= 64; n++) {
		assert_int_equal(plx_cluster_key_place(0, n), 0);
		assert_int_equal(plx_cluster_key_place(UINT32_MAX, n), n - 1);
		for (uint32_t i = 1; i < n; i++) {
			uint32_t first = (uint32_t)((((uint64_t)i << 32) + n - 1) / n);

			assert_int_equal(plx_cluster_key_place(first, n), i);
			assert_int_equal(plx_cluster_key_place(first - 1, n), i - 1);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_go_both_ways),
		cmocka_unit_test(places_share_the_hashes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
