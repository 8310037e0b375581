/* SPDX-License-Identifier: BSD-3-Clause */
/* Which hint follows from which symptoms, and that healthy ports get none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "symptoms.h"

#include <string.h>

static struct symptoms
healthy(void)
{
	struct symptoms all = {
		.ns = 2000000000,
		.nb_ports = 2,
		.pool_name = "testpmd",
		.pool_n = 8192,
		.nb_lcores = 1,
		.nb_workers = 1,
		.busiest = 1,
		.busiest_streams = 2,
	};

	for (unsigned i = 0; i < 2; i++)
		all.port[i] = (struct symptoms_port){
			.port = (uint16_t)i, .name = "net_x", .link_up = true, .rx = 10, .tx = 10};
	return all;
}

/* The text of the only hint there is, which must have that name. */
static const char *
only(const struct symptoms *all, const char *name)
{
	static struct hints hints;

	symptoms_explain(all, &hints);
	assert_int_equal(hints.n, 1);
	assert_string_equal(hints.item[0].name, name);
	return hints.item[0].text;
}

static void
healthy_ports_get_no_hint(void **state)
{
	struct symptoms all = healthy();
	struct hints hints;

	symptoms_explain(&all, &hints);
	assert_int_equal(hints.n, 0);
}

static void
silence_with_links_up_speaks_of_the_other_ends(void **state)
{
	struct symptoms all = healthy();
	struct hints hints;

	all.port[0].rx = all.port[1].rx = 0;
	assert_non_null(strstr(only(&all, "nothing-received"), "set portlist"));
	all.nb_ports = 1;
	assert_non_null(strstr(only(&all, "nothing-received"), "start tx_first"));
	all.makes_packets = true;
	symptoms_explain(&all, &hints);
	assert_int_equal(hints.n, 0);
	all.makes_packets = false;
	all.ns = 1000;
	symptoms_explain(&all, &hints);
	assert_int_equal(hints.n, 0);
}

static void
a_link_that_is_down_is_named_with_the_command(void **state)
{
	struct symptoms all = healthy();

	all.port[1].link_up = false;
	strcpy(all.port[1].interface, "eth7");
	assert_non_null(strstr(only(&all, "link-down"), "ip link set dev eth7 up"));
	all.port[0].rx = all.port[1].rx = 0;
	assert_non_null(
		strstr(only(&all, "link-down"), "Nothing was received. The link of port 1"));
	all.port[1].interface[0] = '\0';
	assert_non_null(strstr(only(&all, "link-down"), "other end"));
}

static void
a_port_that_takes_nothing_is_named(void **state)
{
	struct symptoms all = healthy();

	all.port[1].dropped = 5;
	all.port[1].tx = 0;
	assert_non_null(strstr(only(&all, "tx-all-dropped"), "Port 1 (net_x) took none of 5"));
	all.port[1].tx = 1;
	all.port[1].dropped = 5;
	struct hints hints;

	symptoms_explain(&all, &hints);
	assert_int_equal(hints.n, 0);
}

static void
an_empty_pool_is_named_with_a_better_size(void **state)
{
	struct symptoms all = healthy();
	const char *text;

	all.port[0].rx_no_mbuf = 3;
	text = only(&all, "pool-exhausted");
	assert_non_null(strstr(text, "pool testpmd with its 8192 buffers"));
	assert_non_null(strstr(text, "--total-num-mbufs 16384"));
}

static void
a_port_without_partner_that_received_is_told(void **state)
{
	struct symptoms all = healthy();

	all.port[1].with_itself = true;
	assert_non_null(strstr(only(&all, "paired-with-itself"), "Port 1 sent back"));
}

static void
an_lcore_with_many_queues_is_told_what_helps(void **state)
{
	struct symptoms all = healthy();

	all.busiest_streams = 16;
	assert_non_null(strstr(only(&all, "busy-lcore"), "-l 0-2"));
	all.nb_workers = 3;
	assert_non_null(strstr(only(&all, "busy-lcore"), "set nbcore 3"));
}

static void
more_hints_than_there_is_room_for_are_forgotten(void **state)
{
	static struct hints hints;

	for (unsigned i = 0; i < HINTS_MAX + 3; i++)
		hints_add(&hints, "x", "%u", i);
	assert_int_equal(hints.n, HINTS_MAX);
	assert_true(hints_have(&hints, "x"));
	assert_false(hints_have(&hints, "y"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(healthy_ports_get_no_hint),
		cmocka_unit_test(silence_with_links_up_speaks_of_the_other_ends),
		cmocka_unit_test(a_link_that_is_down_is_named_with_the_command),
		cmocka_unit_test(a_port_that_takes_nothing_is_named),
		cmocka_unit_test(an_empty_pool_is_named_with_a_better_size),
		cmocka_unit_test(a_port_without_partner_that_received_is_told),
		cmocka_unit_test(an_lcore_with_many_queues_is_told_what_helps),
		cmocka_unit_test(more_hints_than_there_is_room_for_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
