/* SPDX-License-Identifier: BSD-3-Clause */
#include "af_xdp_args.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct af_xdp_args
accepted(const char *text)
{
	struct af_xdp_args args;
	struct plx_why why = {""};

	if (af_xdp_args_parse(text, &args, &why) != 0)
		fail_msg("%s: %s", text, why.text);
	return args;
}

static void
refused(const char *text, const char *word)
{
	struct af_xdp_args args;
	struct plx_why why = {""};

	assert_int_equal(af_xdp_args_parse(text, &args, &why), -EINVAL);
	if (strstr(why.text, word) == NULL)
		fail_msg("no \"%s\" in: %s", word, why.text);
}

static void
an_interface_alone_gives_the_defaults(void **state)
{
	const struct af_xdp_args args = accepted("iface=eth1");

	assert_string_equal(args.iface, "eth1");
	assert_string_equal(args.filter, "");
	assert_int_equal(args.start_queue, 0);
	assert_int_equal(args.queue_count, 0);
	assert_int_equal(args.busy_budget, 0);
	assert_int_equal(args.mode, 0);
	assert_true(args.need_wakeup);
	assert_false(args.shared_umem || args.force_copy || args.zero_copy);
}

static void
every_key_is_taken(void **state)
{
	const struct af_xdp_args args = accepted(
		"iface=eth1,start_queue=2,queue_count=3,mode=native,force_copy=1,shared_umem=1,"
		"busy_budget=64,need_wakeup=0,tx_budget=256,filter='tcp port 80, or 81'");

	assert_int_equal(args.start_queue, 2);
	assert_int_equal(args.queue_count, 3);
	assert_int_equal(args.mode, 1);
	assert_true(args.force_copy && args.shared_umem);
	assert_false(args.need_wakeup);
	assert_int_equal(args.busy_budget, 64);
	assert_int_equal(args.tx_budget, 256);
	assert_string_equal(args.filter, "tcp port 80, or 81");
}

static void
queues_means_queue_count(void **state)
{
	assert_int_equal(accepted("iface=a,queues=4").queue_count, 4);
	assert_int_equal(accepted("iface=a,queues=4,queue_count=4").queue_count, 4);
	refused("iface=a,queues=4,queue_count=5", "contradict");
}

static void
nonsense_is_refused_by_name(void **state)
{
	refused("", "iface");
	refused(NULL, "iface");
	refused("iface=", "iface");
	refused("iface=an_interface_of_sixteen", "iface");
	refused("iface=a,iface=b", "iface");
	refused("iface=a,mode=turbo", "turbo");
	refused("iface=a,queue_count=0", "queue_count");
	refused("iface=a,queue_count=65", "queue_count");
	refused("iface=a,busy_budget=-1", "busy_budget");
	refused("iface=a,tx_budget=31", "tx_budget");
	refused("iface=a,zero_copy=1,force_copy=1", "contradict");
	refused("iface=a,zero_copy=1,mode=generic", "native");
	refused("iface=a,xdp_prog=x", "xdp_prog");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_interface_alone_gives_the_defaults),
		cmocka_unit_test(every_key_is_taken),
		cmocka_unit_test(queues_means_queue_count),
		cmocka_unit_test(nonsense_is_refused_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
