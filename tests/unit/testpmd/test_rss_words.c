/* SPDX-License-Identifier: BSD-3-Clause */
/* Hash tables, masks and keys as people type them, right and wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rss_words.h"

#include <errno.h>
#include <string.h>

static const struct plx_ethdev_info device = {
	.reta_size = 128,
	.rss_key_size = 4,
	.nb_rx_queues = 3,
	.rss_types = PLX_ETH_RSS_IPV4 | PLX_ETH_RSS_TCP,
};

static void
pairs_go_into_the_table(void **state)
{
	uint16_t table[PLX_ETHDEV_RETA_MAX] = {0};

	assert_int_equal(rss_parse_pairs("(0,1),(127,2),(0,2)", &device, table, NULL), 0);
	assert_int_equal(table[0], 2);
	assert_int_equal(table[127], 2);
	assert_int_equal(table[1], 0);
}

static void
what_is_no_pair_or_out_of_range_is_refused(void **state)
{
	static const char *const bad[] = {"",	     "(",     "()",	"(0)",		"(0,)",
					  "0,1",     "(0,1",  "(0,1),", "(0,1)(1,1)",	"(0,1),x",
					  "(128,0)", "(0,3)", "(0,-1)", "(99999999,0)", "(0,1);"};
	uint16_t table[PLX_ETHDEV_RETA_MAX] = {0};
	struct plx_why why;

	for (size_t i = 0; i < PLX_ARRAY_LEN(bad); i++) {
		why.text[0] = '\0';
		if (rss_parse_pairs(bad[i], &device, table, &why) != -EINVAL)
			fail_msg("\"%s\" was taken", bad[i]);
		assert_true(strlen(why.text) > 0);
	}
}

static void
masks_choose_entries(void **state)
{
	bool chosen[PLX_ETHDEV_RETA_MAX];

	memset(chosen, true, sizeof(chosen));
	assert_int_equal(rss_parse_masks("(0x8000000000000001,2)", 128, chosen, NULL), 0);
	assert_true(chosen[0] && chosen[63] && chosen[65]);
	assert_false(chosen[1] || chosen[64] || chosen[66] || chosen[127]);
	assert_int_equal(rss_parse_masks("(0xff)", 4, chosen, NULL), 0);
	assert_true(chosen[3]);
	assert_false(chosen[4]);
}

static void
masks_for_more_or_fewer_entries_are_refused(void **state)
{
	static const char *const bad[] = {"",		"()",
					  "(0x1)",	"(0x1,)",
					  "(0x1,0x1",	"(0x1,0x1,0x1)",
					  "(0x1,0x1)x", "0x1,0x1",
					  "(0x1,-1)",	"(0x1,0x1ffffffffffffffff)"};
	bool chosen[PLX_ETHDEV_RETA_MAX];

	for (size_t i = 0; i < PLX_ARRAY_LEN(bad); i++) {
		if (rss_parse_masks(bad[i], 128, chosen, NULL) != -EINVAL)
			fail_msg("\"%s\" was taken", bad[i]);
	}
}

static void
a_key_has_exactly_its_bytes(void **state)
{
	const uint8_t expected[4] = {0x6d, 0x5a, 0x00, 0xff};
	uint8_t key[PLX_ETHDEV_RSS_KEY_MAX];

	assert_int_equal(rss_parse_key("6D5a00fF", 4, key, NULL), 0);
	assert_memory_equal(key, expected, 4);
	assert_int_equal(rss_parse_key("6d5a00", 4, key, NULL), -EINVAL);
	assert_int_equal(rss_parse_key("6d5a00ff00", 4, key, NULL), -EINVAL);
	assert_int_equal(rss_parse_key("6d5a00fg", 4, key, NULL), -EINVAL);
	assert_int_equal(rss_parse_key("0x5a00ff", 4, key, NULL), -EINVAL);
}

static void
a_type_is_one_that_the_device_hashes(void **state)
{
	assert_int_equal(rss_check_type("ipv4", &device, NULL), 0);
	assert_int_equal(rss_check_type("ipv4-tcp", &device, NULL), 0);
	assert_int_equal(rss_check_type("ipv6", &device, NULL), -EINVAL);
	assert_int_equal(rss_check_type("ipv4-udp", &device, NULL), -EINVAL);
	assert_int_equal(rss_check_type("ipv5-tcp", &device, NULL), -EINVAL);
	assert_int_equal(rss_check_type("", &device, NULL), -EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_go_into_the_table),
		cmocka_unit_test(what_is_no_pair_or_out_of_range_is_refused),
		cmocka_unit_test(masks_choose_entries),
		cmocka_unit_test(masks_for_more_or_fewer_entries_are_refused),
		cmocka_unit_test(a_key_has_exactly_its_bytes),
		cmocka_unit_test(a_type_is_one_that_the_device_hashes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
