/* SPDX-License-Identifier: BSD-3-Clause */
/* What stands behind net_virtio_user0, and what is refused there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "user.h"

#include <errno.h>
#include <string.h>

static void
defaults_are_what_most_back_ends_do(void **state)
{
	struct user_args args;

	assert_int_equal(user_args_parse("path=/run/x.sock", &args, NULL), 0);
	assert_string_equal(args.path, "/run/x.sock");
	assert_int_equal(args.queues, 1);
	assert_int_equal(args.queue_size, 256);
	assert_true(args.mrg_rxbuf && args.in_order && args.cq);
	assert_false(args.server || args.wait || args.packed_vq);
	assert_int_equal(args.mtu, 0);
}

static void
all_can_be_said(void **state)
{
	struct user_args args;

	assert_int_equal(user_args_parse("path=/x,server=1,queues=4,queue_size=1024,packed_vq=1,"
					 "mrg_rxbuf=0,in_order=0,mtu=9000,speed=10000,"
					 "mac=02:00:00:00:00:01",
					 &args, NULL),
			 0);
	assert_true(args.server && args.packed_vq);
	assert_false(args.mrg_rxbuf || args.in_order);
	assert_int_equal(args.queues, 4);
	assert_int_equal(args.queue_size, 1024);
	assert_int_equal(args.mtu, 9000);
	assert_int_equal(args.speed, 10000);
	assert_int_equal(args.mac[5], 1);
}

static void
nonsense_is_refused_by_name(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{"", "path"},
		{"path=/x,queues=0", "queues"},
		{"path=/x,queues=1000", "queues"},
		{"path=/x,queue_size=300", "power of two"},
		{"path=/x,queue_size=65536", "queue_size"},
		{"path=/x,mac=01:00:00:00:00:01", "mac=01:00:00:00:00:01 is a group address"},
		{"path=/x,mtu=20", "mtu"},
		{"path=/x,queues=2,cq=0", "cq=0"},
		{"path=/x,server=1,wait=1", "wait=1"},
		{"path=/x,paket_vq=1", "packed_vq"},
	};
	char longer[300] = "path=";
	struct user_args args;

	for (unsigned i = 0; i < PLX_ARRAY_LEN(rows); i++) {
		struct plx_why why = {""};

		assert_int_equal(user_args_parse(rows[i].text, &args, &why), -EINVAL);
		if (strstr(why.text, rows[i].says) == NULL)
			fail_msg("%s: %s", rows[i].text, why.text);
	}
	memset(longer + 5, 'x', USER_PATH_MAX);
	assert_int_equal(user_args_parse(longer, &args, NULL), -EINVAL);
	longer[5 + USER_PATH_MAX - 1] = '\0';
	assert_int_equal(user_args_parse(longer, &args, NULL), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_what_most_back_ends_do),
		cmocka_unit_test(all_can_be_said),
		cmocka_unit_test(nonsense_is_refused_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
