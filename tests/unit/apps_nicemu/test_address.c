/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses of taps, as they are typed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "address.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

static void
addresses_with_their_nets_are_read(void **state)
{
	static const uint8_t four[] = {10, 0, 0, 1}, six[] = {0xfd, 0};
	struct address a;
	struct plx_why why;

	assert_int_equal(address_parse("10.0.0.1/24", &a, &why), 0);
	assert_int_equal(a.family, AF_INET);
	assert_int_equal(a.prefix, 24);
	assert_memory_equal(a.bytes, four, 4);
	assert_int_equal(address_parse("fd00::1/64", &a, &why), 0);
	assert_int_equal(a.family, AF_INET6);
	assert_int_equal(a.prefix, 64);
	assert_memory_equal(a.bytes, six, 2);
	assert_int_equal(a.bytes[15], 1);
	assert_int_equal(address_parse("10.0.0.0/31", &a, &why), 0);
	assert_int_equal(address_parse("10.0.0.1/32", &a, &why), 0);
	assert_int_equal(address_parse("fd00::1/128", &a, &why), 0);
}

static void
what_makes_no_sense_is_refused_with_what_would(void **state)
{
	static const struct {
		const char *text, *says;
	} wrong[] = {
		{"10.0.0.1", "how large is its net"},
		{"10.0.0.300/24", "is no address"},
		{"10.0.0.1/33", "1 to 32 bits"},
		{"10.0.0.1/0", "1 to 32 bits"},
		{"10.0.0.1/", "1 to 32 bits"},
		{"10.0.0.1/24x", "1 to 32 bits"},
		{"10.0.0/24", "is no address"},
		{"/24", "is no address"},
		{"fd00::1/129", "1 to 128 bits"},
		{"fd00::g/64", "is no address"},
		{"10.0.0.0/24", "no host's address"},
		{"10.0.0.255/24", "no host's address"},
		{"10.0.1.255/23", "no host's address"},
		{"10.0.0.4/30", "no host's address"},
		{"10.0.0.7/30", "no host's address"},
		{"224.0.0.1/24", "no host's address"},
		{"0.0.0.0/8", "no host's address"},
		{"0.1.2.3/24", "no host's address"},
		{"ff02::1/64", "no host's address"},
		{"::/64", "no host's address"},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/24",
		 "is no address"},
	};

	for (size_t i = 0; i < PLX_ARRAY_LEN(wrong); i++) {
		struct address a;
		struct plx_why why = {""};

		if (address_parse(wrong[i].text, &a, &why) != -EINVAL ||
		    strstr(why.text, wrong[i].says) == NULL)
			fail_msg("%s: %s", wrong[i].text, why.text);
	}
}

/* A middle one of a net whose last byte alone would look like the net itself. */
static void
only_all_bits_of_the_host_count(void **state)
{
	struct address a;
	struct plx_why why;

	assert_int_equal(address_parse("10.0.1.0/23", &a, &why), 0);
	assert_int_equal(address_parse("10.0.0.255/23", &a, &why), 0);
}

static void
an_interface_that_is_not_there_gets_no_address(void **state)
{
	struct address a;
	struct plx_why why = {""};

	assert_int_equal(address_parse("10.0.0.1/24", &a, &why), 0);
	assert_true(address_add(&a, 0x7fffffff, &why) < 0);
	assert_non_null(strstr(why.text, "the tap's address"));
	address_remove(&a, 0x7fffffff);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_with_their_nets_are_read),
		cmocka_unit_test(what_makes_no_sense_is_refused_with_what_would),
		cmocka_unit_test(only_all_bits_of_the_host_count),
		cmocka_unit_test(an_interface_that_is_not_there_gets_no_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
