/* SPDX-License-Identifier: BSD-3-Clause */
#include "plx_kvargs.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct args {
	bool copy;
	uint64_t size;
	char iface[16];
	uint8_t mac[6];
	int mode;
	struct plx_kvargs_list files;
};

static const char *const modes[] = {"native", "generic", "auto", NULL};

static const struct plx_kvargs_field fields[] = {
	{"copy", PLX_KVARGS_BOOL, offsetof(struct args, copy)},
	{"size", PLX_KVARGS_UINT, offsetof(struct args, size), .min = 60, .max = 9000},
	{"iface", PLX_KVARGS_STRING, offsetof(struct args, iface), .max = 16},
	{"mac", PLX_KVARGS_MAC, offsetof(struct args, mac)},
	{"mode", PLX_KVARGS_CHOICE, offsetof(struct args, mode), .choices = modes},
	{"file", PLX_KVARGS_LIST, offsetof(struct args, files)},
	{NULL},
};

static struct args args;
static struct plx_why why;

static int
parse(const char *text)
{
	memset(&args, 0, sizeof(args));
	args.size = 64;
	why.text[0] = '\0';
	return plx_kvargs_parse(text, fields, &args, &why);
}

/* Fails, and says `words`. */
#define assert_refused(given, words)                                   \
	do {                                                           \
		assert_int_equal(parse(given), -EINVAL);               \
		if (strstr(why.text, words) == NULL)                   \
			fail_msg("no \"%s\" in: %s", words, why.text); \
	} while (0)

static void
no_arguments_leave_the_defaults(void **state)
{
	assert_int_equal(parse(NULL), 0);
	assert_int_equal(args.size, 64);
	assert_int_equal(parse(""), 0);
	assert_int_equal(args.size, 64);
}

static void
every_type_is_read(void **state)
{
	assert_int_equal(
		parse("copy=yes,size=1K,iface=eth1,mac=02:00:00:00:aA:01,mode=auto,file=a"), 0);
	assert_true(args.copy);
	assert_int_equal(args.size, 1024);
	assert_string_equal(args.iface, "eth1");
	assert_memory_equal(args.mac, "\x02\x00\x00\x00\xaa\x01", 6);
	assert_int_equal(args.mode, 2);
	assert_int_equal(args.files.n, 1);
	assert_string_equal(args.files.item[0], "a");
}

static void
a_bare_key_is_true_for_bool_only(void **state)
{
	assert_int_equal(parse("copy,size=60"), 0);
	assert_true(args.copy);
	assert_int_equal(args.size, 60);
	assert_refused("size", "'size' needs a value");
	assert_refused("copy=maybe", "'maybe'");
	assert_refused("copy=", "''");
}

static void
an_unknown_key_gets_a_suggestion(void **state)
{
	assert_refused("ifcae=eth1", "unknown key 'ifcae', did you mean 'iface'?");
	assert_refused("Size=1", "did you mean 'size'?");
	assert_refused("quickly=1", "keys are: copy size iface");
	assert_refused("c=1", "unknown key 'c'");
	assert_refused("cop=1", "did you mean 'copy'?");
}

static void
a_key_given_twice_is_refused_but_for_lists(void **state)
{
	assert_refused("size=60,copy,size=61", "'size' is given twice");
	assert_int_equal(parse("file=a,size=60,file=b"), 0);
	assert_int_equal(args.files.n, 2);
	assert_string_equal(args.files.item[1], "b");
}

static void
a_list_may_stand_in_brackets(void **state)
{
	assert_int_equal(parse("file=[a.pcap,b.pcap],file='c,d',size=60"), 0);
	assert_int_equal(args.files.n, 3);
	assert_string_equal(args.files.item[0], "a.pcap");
	assert_string_equal(args.files.item[1], "b.pcap");
	assert_string_equal(args.files.item[2], "c,d");
	assert_refused("file=[]", "0 characters");
	assert_refused("file=[a,]", "0 characters");
}

static void
a_list_replaces_its_default(void **state)
{
	memset(&args, 0, sizeof(args));
	args.files.n = 1;
	strcpy(args.files.item[0], "default");
	assert_int_equal(plx_kvargs_parse("file=given", fields, &args, &why), 0);
	assert_int_equal(args.files.n, 1);
	assert_string_equal(args.files.item[0], "given");
}

static void
a_list_has_an_end(void **state)
{
	char text[256] = "file=[a";

	for (int i = 1; i < PLX_KVARGS_LIST_MAX; i++)
		strcat(text, ",a");
	strcat(text, "]");
	assert_int_equal(parse(text), 0);
	assert_int_equal(args.files.n, PLX_KVARGS_LIST_MAX);
	strcat(text, ",file=a");
	assert_refused(text, "more than 16 times");
}

static void
numbers_out_of_range_name_the_range(void **state)
{
	assert_refused("size=59", "allowed is 60 to 9000");
	assert_refused("size=9001", "out of range");
	assert_refused("size=99999999999999999999999", "out of range");
	assert_refused("size=ten", "'size' is 'ten', which is not a whole number");
	assert_refused("size=-1", "not a whole number");
	assert_refused("size=", "not a whole number");
}

static void
strings_have_a_length(void **state)
{
	assert_int_equal(parse("iface=123456789012345"), 0);
	assert_string_equal(args.iface, "123456789012345");
	assert_refused("iface=1234567890123456", "16 characters; allowed are 1 to 15");
	assert_refused("iface=", "0 characters");
	assert_refused("file=", "0 characters");
}

static void
addresses_are_those_of_one_port(void **state)
{
	assert_refused("mac=02:00:00:00:00", "expected a MAC address like");
	assert_refused("mac=01:00:5e:00:00:01", "mac=01:00:5e:00:00:01 is a group address");
	assert_refused("mac=ff:ff:ff:ff:ff:ff", "is a group address");
}

static void
choices_are_listed(void **state)
{
	assert_refused("mode=natvie", "did you mean 'native'? Allowed are: native generic auto");
	assert_refused("mode=zzzzzzzz", "allowed are: native generic auto");
	assert_refused("mode=", "allowed are");
}

static void
quotes_hold_commas_and_must_be_closed(void **state)
{
	assert_int_equal(parse("iface='a,b',size=60"), 0);
	assert_string_equal(args.iface, "a,b");
	assert_int_equal(parse("iface=[tcp[13],x]"), 0);
	assert_string_equal(args.iface, "tcp[13],x");
	assert_int_equal(parse("iface=o'neill]"), 0);
	assert_string_equal(args.iface, "o'neill]");
	assert_refused("iface='a,b", "not closed");
	assert_refused("iface=[a,[b]", "not closed");
	assert_refused("iface='a'b", "behind the closing quote");
	assert_refused("iface=[a]b,size=60", "behind the closing quote");
}

static void
stray_commas_and_signs_are_refused(void **state)
{
	assert_refused(",", "between two commas");
	assert_refused("size=60,", "after the last comma");
	assert_refused("size=60,,copy", "between two commas");
	assert_refused("=60", "does not begin with a key");
	assert_refused("si ze=60", "does not begin with a key");
	assert_refused("size==60", "not a whole number");
}

static void
a_required_key_is_asked_for(void **state)
{
	static const struct plx_kvargs_field needs[] = {
		{"iface", PLX_KVARGS_STRING, offsetof(struct args, iface), .max = 16,
		 .help = "kernel interface", .required = true},
		{NULL},
	};

	assert_int_equal(plx_kvargs_parse("", needs, &args, &why), -EINVAL);
	assert_string_equal(why.text, "key 'iface' is missing: iface=... (kernel interface)");
	assert_int_equal(plx_kvargs_parse("iface=x", needs, &args, &why), 0);
}

static void
a_device_without_keys_takes_none(void **state)
{
	static const struct plx_kvargs_field none[] = {{NULL}};

	assert_int_equal(plx_kvargs_parse("", none, NULL, &why), 0);
	assert_int_equal(plx_kvargs_parse("size=1", none, NULL, &why), -EINVAL);
	assert_string_equal(why.text, "unknown key 'size'; this device takes none");
}

static void
a_name_is_split_off(void **state)
{
	const char *rest;
	char name[12];

	assert_int_equal(plx_kvargs_split("net_null0,size=64", name, sizeof(name), &rest, &why), 0);
	assert_string_equal(name, "net_null0");
	assert_string_equal(rest, "size=64");
	assert_int_equal(plx_kvargs_split("net_null0", name, sizeof(name), &rest, &why), 0);
	assert_string_equal(rest, "");
	assert_int_equal(plx_kvargs_split("00:08.0", name, sizeof(name), &rest, &why), 0);
	assert_string_equal(name, "00:08.0");
	assert_int_equal(plx_kvargs_split("net_null012", name, sizeof(name), &rest, &why), 0);
}

static void
a_bad_name_is_refused(void **state)
{
	const char *rest;
	char name[12];

	assert_int_equal(plx_kvargs_split("", name, sizeof(name), &rest, &why), -EINVAL);
	assert_int_equal(plx_kvargs_split(",a=b", name, sizeof(name), &rest, &why), -EINVAL);
	assert_int_equal(plx_kvargs_split("net_null0123", name, sizeof(name), &rest, &why),
			 -EINVAL);
	assert_non_null(strstr(why.text, "at most 11"));
	assert_int_equal(plx_kvargs_split("net null0", name, sizeof(name), &rest, &why), -EINVAL);
	assert_non_null(strstr(why.text, "' ' (0x20)"));
	assert_int_equal(plx_kvargs_split("net=0", name, sizeof(name), &rest, &why), -EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_arguments_leave_the_defaults),
		cmocka_unit_test(every_type_is_read),
		cmocka_unit_test(a_bare_key_is_true_for_bool_only),
		cmocka_unit_test(an_unknown_key_gets_a_suggestion),
		cmocka_unit_test(a_key_given_twice_is_refused_but_for_lists),
		cmocka_unit_test(a_list_may_stand_in_brackets),
		cmocka_unit_test(a_list_replaces_its_default),
		cmocka_unit_test(a_list_has_an_end),
		cmocka_unit_test(numbers_out_of_range_name_the_range),
		cmocka_unit_test(strings_have_a_length),
		cmocka_unit_test(addresses_are_those_of_one_port),
		cmocka_unit_test(choices_are_listed),
		cmocka_unit_test(quotes_hold_commas_and_must_be_closed),
		cmocka_unit_test(stray_commas_and_signs_are_refused),
		cmocka_unit_test(a_required_key_is_asked_for),
		cmocka_unit_test(a_device_without_keys_takes_none),
		cmocka_unit_test(a_name_is_split_off),
		cmocka_unit_test(a_bad_name_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
