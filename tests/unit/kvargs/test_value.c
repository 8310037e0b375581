/* SPDX-License-Identifier: BSD-3-Clause */
#include "plx_kvargs.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static uint64_t
number(const char *text)
{
	uint64_t value = 12345;

	assert_int_equal(plx_kvargs_uint(text, 0, UINT64_MAX, &value), 0);
	return value;
}

static int
refusal(const char *text)
{
	uint64_t value = 12345;
	int err = plx_kvargs_uint(text, 1, 1000, &value);

	assert_int_equal(value, 12345);
	return err;
}

static void
numbers_are_decimal_hex_or_have_a_suffix(void **state)
{
	assert_int_equal(number("0"), 0);
	assert_int_equal(number("0010"), 10);
	assert_int_equal(number("0x1f"), 31);
	assert_int_equal(number("0XFFFFFFFFFFFFFFFF"), UINT64_MAX);
	assert_int_equal(number("18446744073709551615"), UINT64_MAX);
	assert_int_equal(number("2k"), 2048);
	assert_int_equal(number("0x10M"), 16 << 20);
	assert_int_equal(number("3G"), 3ULL << 30);
}

static void
what_is_no_number_is_einval(void **state)
{
	static const char *const bad[] = {"",	 "x",  "0x",  "-1",    "+1",  " 1", "1 ",
					  "1KB", "1T", "1.5", "0x1g1", "1e3", "K",  "08z"};

	for (size_t i = 0; i < PLX_ARRAY_LEN(bad); i++)
		assert_int_equal(refusal(bad[i]), -EINVAL);
}

static void
what_does_not_fit_is_erange(void **state)
{
	uint64_t value;

	assert_int_equal(refusal("0"), -ERANGE);
	assert_int_equal(refusal("1001"), -ERANGE);
	assert_int_equal(refusal("18446744073709551616"), -ERANGE);
	assert_int_equal(refusal("0x10000000000000001"), -ERANGE);
	assert_int_equal(refusal("17179869184G"), -ERANGE);
	/* 2^64 + 1024 */
	assert_int_equal(plx_kvargs_uint("18014398509481985K", 0, UINT64_MAX, &value), -ERANGE);
}

static void
mac_addresses_are_six_pairs(void **state)
{
	static const char *const bad[] = {"",
					  "02:00:00:00:00",
					  "02:00:00:00:00:0",
					  "02:00:00:00:00:00:00",
					  "02-00-00-00-00-00",
					  "0g:00:00:00:00:00",
					  "2:0:0:0:0:0",
					  "02:00:00:00:00:001"};
	uint8_t mac[6] = {9, 9, 9, 9, 9, 9};

	for (size_t i = 0; i < PLX_ARRAY_LEN(bad); i++)
		assert_int_equal(plx_kvargs_mac(bad[i], mac), -EINVAL);
	assert_memory_equal(mac, "\x09\x09\x09\x09\x09\x09", 6);
	assert_int_equal(plx_kvargs_mac("aB:cd:EF:01:23:45", mac), 0);
	assert_memory_equal(mac, "\xab\xcd\xef\x01\x23\x45", 6);
}

static void
the_nearest_word_counts_swaps_as_one(void **state)
{
	static const char *const words[] = {"iface", "queue_count", "start_queue", "io", NULL};

	assert_string_equal(plx_kvargs_nearest("ifcae", words), "iface");
	assert_string_equal(plx_kvargs_nearest("interface", words) == NULL ? "none" : "some",
			    "none");
	assert_string_equal(plx_kvargs_nearest("queuecount", words), "queue_count");
	assert_string_equal(plx_kvargs_nearest("oi", words), "io");
	assert_null(plx_kvargs_nearest("xyz", words));
	assert_null(plx_kvargs_nearest("a_word_that_is_much_too_long_for_a_key", words));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_decimal_hex_or_have_a_suffix),
		cmocka_unit_test(what_is_no_number_is_einval),
		cmocka_unit_test(what_does_not_fit_is_erange),
		cmocka_unit_test(mac_addresses_are_six_pairs),
		cmocka_unit_test(the_nearest_word_counts_swaps_as_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
