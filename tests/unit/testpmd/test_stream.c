/* SPDX-License-Identifier: BSD-3-Clause */
/* Who forwards what: lists, masks, shapes of packets, and streams over net_null ports and four lcores. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine.h"

#include <pollux/plx_eal.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct app app;

static int
make_ports(void **state)
{
	static char words[][12] = {"test",	"--no-huge", "--lcores",  "(0-3)@0", "--vdev",
				   "net_null0", "--vdev",    "net_null1", "--vdev",  "net_null2"};
	char *argv[PLX_ARRAY_LEN(words)];
	struct plx_why why;

	for (unsigned i = 0; i < PLX_ARRAY_LEN(words); i++)
		argv[i] = words[i];
	if (plx_eal_init((int)PLX_ARRAY_LEN(argv), argv, &why) < 0)
		return -1;
	app.engine = &engine_io;
	app.args = (struct testpmd_args){.rxq = 2, .txq = 2, .burst = 32, .mbcache = 32};
	return ports_make_ready(&app, &why);
}

static int
close_ports(void **state)
{
	ports_close(&app);
	return plx_eal_cleanup();
}

static int
choose_all(void **state)
{
	memset(&app.chosen, 0, sizeof(app.chosen));
	app.args.topology = TOPOLOGY_PAIRED;
	return 0;
}

static int
free_streams(void **state)
{
	streams_free(&app);
	return 0;
}

/* "0>1 1>0": the way of every stream of queue 0, in order. */
static const char *
ways(char text[128])
{
	struct plx_why why;
	size_t used = 0;

	text[0] = '\0';
	if (streams_assign(&app, &why) != 0)
		return why.text[0] != '\0' ? "refused" : "refused without a word";
	for (unsigned i = 0; i < app.nb_streams; i++) {
		const struct stream *s = &app.streams[i];

		if (s->rx_queue == 0)
			used += (size_t)sprintf(text + used, "%s%u>%u", used > 0 ? " " : "",
						s->rx_port, s->tx_port);
	}
	return text;
}

static void
choose_ports(const char *text)
{
	struct number_list list;
	struct plx_why why;

	assert_int_equal(number_list_parse(text, "portlist", PLX_ETHDEV_MAX, &list, &why), 0);
	assert_int_equal(selection_ports(&app, &list, &why), 0);
}

static void
an_odd_port_is_paired_with_itself_and_told(void **state)
{
	char text[128];

	assert_string_equal(ways(text), "0>1 1>0 2>2");
	assert_true(hints_have(&app.notes, "paired-with-itself"));
	assert_non_null(strstr(app.notes.item[0].text, "Port 2 is paired with itself"));
}

static void
one_port_alone_is_no_mistake(void **state)
{
	char text[128];

	choose_ports("1");
	assert_string_equal(ways(text), "1>1");
	assert_int_equal(app.notes.n, 0);
}

static void
chained_ports_make_a_circle_and_loops_stay_at_home(void **state)
{
	char text[128];

	app.args.topology = TOPOLOGY_CHAINED;
	assert_string_equal(ways(text), "0>1 1>2 2>0");
	assert_int_equal(app.notes.n, 0);
	app.args.topology = TOPOLOGY_LOOP;
	assert_string_equal(ways(text), "0>0 1>1 2>2");
	assert_int_equal(app.notes.n, 0);
}

static void
a_portlist_pairs_in_its_own_order(void **state)
{
	char text[128];

	choose_ports("2,0");
	assert_string_equal(ways(text), "2>0 0>2");
	assert_int_equal(app.notes.n, 0);
	app.args.topology = TOPOLOGY_CHAINED;
	choose_ports("1,0,2");
	assert_string_equal(ways(text), "1>0 0>2 2>1");
}

static void
nbport_takes_the_first_of_the_list(void **state)
{
	struct plx_why why;
	char text[128];

	choose_ports("2,1,0");
	assert_int_equal(selection_nbport(&app, 2, &why), 0);
	assert_string_equal(ways(text), "2>1 1>2");
	assert_int_equal(selection_nbport(&app, 4, &why), -EINVAL);
	assert_string_equal(ways(text), "2>1 1>2");
}

static void
a_port_that_is_not_there_is_refused_and_nothing_changes(void **state)
{
	struct number_list list = {.n = 1, .item = {7}};
	struct plx_why why;

	choose_ports("1,0");
	assert_int_equal(selection_ports(&app, &list, &why), -ENODEV);
	assert_non_null(strstr(why.text, "there is no port 7"));
	assert_int_equal(app.chosen.ports.n, 2);
}

static void
a_stopped_port_is_left_out_with_a_sentence(void **state)
{
	struct plx_why why;
	char text[128];

	assert_int_equal(plx_ethdev_stop(1), 0);
	assert_string_equal(ways(text), "0>2 2>0");
	assert_true(hints_have(&app.notes, "port-stopped"));
	assert_non_null(strstr(app.notes.item[0].text, "port start 1"));
	assert_int_equal(plx_ethdev_start(1, &why), 0);
}

static void
queues_are_those_the_ports_have_now(void **state)
{
	struct plx_why why;

	app.args.rxq = 4;
	assert_int_equal(streams_assign(&app, &why), 0);
	assert_int_equal(app.nb_streams, 6);
	app.args.rxq = 2;
}

static void
lcores_share_the_streams_in_runs(void **state)
{
	struct plx_why why;

	assert_int_equal(streams_assign(&app, &why), 0);
	assert_int_equal(app.nb_streams, 6);
	assert_int_equal(app.nb_lcores, 3);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(app.streams[i].lcore, 1 + i / 2);
	assert_int_equal(selection_nbcore(&app, 2, &why), 0);
	assert_int_equal(streams_assign(&app, &why), 0);
	assert_int_equal(streams_of_lcore(&app, 1), 3);
	assert_int_equal(streams_of_lcore(&app, 2), 3);
	assert_int_equal(selection_nbcore(&app, 4, &why), -EINVAL);
}

static void
a_corelist_chooses_and_orders_lcores(void **state)
{
	struct number_list list = {.n = 2, .item = {3, 1}};
	struct plx_why why;

	assert_int_equal(selection_lcores(&app, &list, &why), 0);
	assert_int_equal(streams_assign(&app, &why), 0);
	assert_int_equal(app.streams[0].lcore, 3);
	assert_int_equal(app.streams[5].lcore, 1);
	list.item[1] = 0;
	assert_int_equal(selection_lcores(&app, &list, &why), -EINVAL);
	assert_non_null(strstr(why.text, "lcore 0 is the main one"));
	list.item[1] = 9;
	assert_int_equal(selection_lcores(&app, &list, &why), -EINVAL);
	assert_non_null(strstr(why.text, "there is no lcore 9"));
}

static void
a_preview_keeps_the_figures_of_the_last_run(void **state)
{
	struct plx_why why;

	assert_int_equal(streams_assign(&app, &why), 0);
	app.streams[1].rx = 42;
	assert_int_equal(streams_preview(&app, &why), 0);
	assert_int_equal(app.streams[1].rx, 42);
	choose_ports("1,0");
	assert_int_equal(streams_preview(&app, &why), 0);
	assert_int_equal(app.streams[1].rx, 0);
}

static void
lists_and_masks_are_read_or_refused(void **state)
{
	static const char *const bad[] = {"",	  "0,",	 ",0", "0,0", "3-1",  "64",
					  "0-64", "1 2", "a",  "0-",  "0,2-", "4294967296"};
	struct number_list list;
	struct plx_why why;

	assert_int_equal(number_list_parse("0,2-4,1", "list", 64, &list, &why), 0);
	assert_int_equal(list.n, 5);
	assert_memory_equal(list.item, ((uint16_t[]){0, 2, 3, 4, 1}), 10);
	for (unsigned i = 0; i < PLX_ARRAY_LEN(bad); i++)
		assert_int_equal(number_list_parse(bad[i], "list", 64, &list, &why), -EINVAL);
	assert_int_equal(number_mask_parse("0x16", "mask", 64, &list, &why), 0);
	assert_int_equal(list.n, 3);
	assert_memory_equal(list.item, ((uint16_t[]){1, 2, 4}), 6);
	assert_int_equal(number_mask_parse("8000000000000000", "mask", 64, &list, &why), 0);
	assert_int_equal(list.item[0], 63);
	assert_int_equal(number_mask_parse("10000000000000000", "mask", 64, &list, &why), -EINVAL);
	assert_int_equal(number_mask_parse("0x0", "mask", 64, &list, &why), -EINVAL);
	assert_int_equal(number_mask_parse("0xg", "mask", 64, &list, &why), -EINVAL);
	assert_int_equal(number_mask_parse("0x", "mask", 64, &list, &why), -EINVAL);
}

static void
shapes_of_packets_are_read_or_refused(void **state)
{
	static const char *const bad[] = {"",	   "59",    "0,64", "64,", "64,,64",
					  "41,64", "65536", "64,0", "64 ", "40000,40000"};
	struct txpkts shape = {.split = TXSPLIT_RAND};
	struct plx_why why;

	assert_int_equal(txpkts_parse("64,128,1", &shape, &why), 0);
	assert_int_equal(shape.n, 3);
	assert_int_equal(txpkts_len(&shape), 193);
	assert_int_equal(shape.split, TXSPLIT_RAND);
	for (unsigned i = 0; i < PLX_ARRAY_LEN(bad); i++) {
		assert_int_equal(txpkts_parse(bad[i], &shape, &why), -EINVAL);
		assert_int_equal(shape.n, 3);
	}
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, choose_all, free_streams)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(an_odd_port_is_paired_with_itself_and_told),
		CASE(one_port_alone_is_no_mistake),
		CASE(chained_ports_make_a_circle_and_loops_stay_at_home),
		CASE(a_portlist_pairs_in_its_own_order),
		CASE(nbport_takes_the_first_of_the_list),
		CASE(a_port_that_is_not_there_is_refused_and_nothing_changes),
		CASE(a_stopped_port_is_left_out_with_a_sentence),
		CASE(queues_are_those_the_ports_have_now),
		CASE(lcores_share_the_streams_in_runs),
		CASE(a_corelist_chooses_and_orders_lcores),
		CASE(a_preview_keeps_the_figures_of_the_last_run),
		cmocka_unit_test(lists_and_masks_are_read_or_refused),
		cmocka_unit_test(shapes_of_packets_are_read_or_refused),
	};

	return cmocka_run_group_tests(tests, make_ports, close_ports);
}
