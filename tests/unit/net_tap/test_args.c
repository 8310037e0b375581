/* SPDX-License-Identifier: BSD-3-Clause */
/* The devargs of net_tap, and which frames its filter wants. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "plx_kvargs.h"
#include "tap_priv.h"

static void
nothing_said_is_a_numbered_name_of_the_kernels(void **state)
{
	static const uint8_t none[6];
	struct tap_args args;

	assert_int_equal(tap_args_parse("", &args, NULL), 0);
	assert_string_equal(args.iface, "dtap%d");
	assert_memory_equal(args.mac, none, 6);
	assert_false(args.persist);
}

static void
all_of_it_is_understood(void **state)
{
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1}, host_mac[6] = {2, 0, 0, 0, 0, 2};
	struct tap_args args;

	assert_int_equal(tap_args_parse("iface=fifteen_letters,mac=02:00:00:00:00:01,"
					"host_mac=02:00:00:00:00:02,persist=1",
					&args, NULL),
			 0);
	assert_string_equal(args.iface, "fifteen_letters");
	assert_memory_equal(args.mac, mac, 6);
	assert_memory_equal(args.host_mac, host_mac, 6);
	assert_true(args.persist);
	assert_int_equal(tap_args_parse("iface=a%db", &args, NULL), 0);
	assert_int_equal(args.fd, TAP_NO_FD);
	assert_int_equal(tap_args_parse("fd=5,mac=02:00:00:00:00:01", &args, NULL), 0);
	assert_int_equal(args.fd, 5);
}

static void
nonsense_is_refused_with_the_word_in_question(void **state)
{
	static const struct {
		const char *args, *word;
	} bad[] = {
		{"iface=sixteen_letters_", "iface"},
		{"iface=", "iface"},
		{"iface=a/b", "a/b"},
		{"iface=%s", "%"},
		{"iface=a%d%d", "%"},
		{"iface=a%", "%"},
		{"iface=a,iface=b", "iface"},
		{"mac=01:00:00:00:00:01", "mac=01:00:00:00:00:01 is a group address"},
		{"mac=1:2", "mac"},
		{"host_mac=ff:ff:ff:ff:ff:ff", "host_mac"},
		{"persist=maybe", "persist"},
		{"queues=2", "queues"},
		{"fd=-1", "fd"},
		{"fd=4294967296", "fd"},
		{"fd=5,iface=dtap7", "fd=5 is a tap that was made already"},
		{"fd=5,persist=1", "fd=5 is a tap that was made already"},
	};
	struct tap_args args;

	for (size_t i = 0; i < PLX_ARRAY_LEN(bad); i++) {
		struct plx_why why = {""};

		assert_int_equal(tap_args_parse(bad[i].args, &args, &why), -EINVAL);
		if (strstr(why.text, bad[i].word) == NULL)
			fail_msg("%s: %s", bad[i].args, why.text);
	}
}

static const uint8_t own[6] = {0x02, 0, 0, 0, 0, 1};
static const uint8_t other[6] = {0x02, 0, 0, 0, 0, 2};
static const uint8_t group[6] = {0x01, 0x00, 0x5e, 0, 0, 1};
static const uint8_t everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
static const uint8_t zero[6];

static void
the_filter_wants_what_is_for_us(void **state)
{
	struct tap_filter filter = {.promiscuous = false};

	tap_filter_set_own(&filter, own);
	assert_true(tap_filter_wants(&filter, own));
	assert_true(tap_filter_wants(&filter, everybody));
	assert_false(tap_filter_wants(&filter, other));
	assert_false(tap_filter_wants(&filter, group));
	assert_false(tap_filter_wants(&filter, zero));
	filter.allmulticast = true;
	assert_true(tap_filter_wants(&filter, group));
	assert_false(tap_filter_wants(&filter, other));
	filter.promiscuous = true;
	assert_true(tap_filter_wants(&filter, other));
}

static void
the_list_of_addresses_is_kept_and_full_some_time(void **state)
{
	struct tap_filter filter = {.promiscuous = false};
	uint8_t mac[6] = {0x02, 9, 9, 9, 9, 0};
	unsigned n = 0;

	tap_filter_set_own(&filter, own);
	assert_int_equal(tap_filter_set(&filter, other, true), 0);
	assert_true(tap_filter_wants(&filter, other));
	assert_int_equal(tap_filter_set(&filter, other, false), 0);
	assert_false(tap_filter_wants(&filter, other));
	assert_int_equal(tap_filter_set(&filter, other, false), -ENOENT);
	while (tap_filter_set(&filter, mac, true) == 0)
		mac[5] = (uint8_t)++n;
	assert_int_equal(n, TAP_MACS_MAX - 1);
	assert_true(tap_filter_wants(&filter, own));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_said_is_a_numbered_name_of_the_kernels),
		cmocka_unit_test(all_of_it_is_understood),
		cmocka_unit_test(nonsense_is_refused_with_the_word_in_question),
		cmocka_unit_test(the_filter_wants_what_is_for_us),
		cmocka_unit_test(the_list_of_addresses_is_kept_and_full_some_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
