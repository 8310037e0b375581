/* SPDX-License-Identifier: BSD-3-Clause */
/* A port that taps another one of this same program, through its own control socket: the driver, its books, and its end. */
#include "../tap/tap_scene.h"

#include "plx_door.h"
#include "plx_event.h"
#include "plx_ethdev_open.h"
#include "plx_net_attach.h"
#include "own.h"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#define LIMIT_S 20

extern const struct plx_driver plx_driver_net_attach;

static char folder[OWN_PATH];
static struct scene scene;
static pthread_t server;
static bool stop;

/* Answers while the main thread asks. */
static void *
serve(void *arg)
{
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		struct pollfd bell = {.fd = plx_door_fd(), .events = POLLIN};

		poll(&bell, 1, 10);
		plx_door_serve();
	}
	return NULL;
}

static int
attach(const char *more, uint16_t *ret_port, struct plx_why *why)
{
	char devargs[512];

	snprintf(devargs, sizeof(devargs), "net_attach0,program=%s%s", plx_door_path(), more);
	return plx_ethdev_attach(devargs, ret_port, why);
}

static void
run(uint16_t port, uint16_t queues, uint32_t offloads)
{
	const struct plx_ethdev_conf conf = {.rx_offloads = offloads};

	assert_int_equal(plx_ethdev_configure(port, queues, 1, &conf, NULL), 0);
	for (uint16_t i = 0; i < queues; i++)
		assert_int_equal(plx_ethdev_rx_queue_setup(port, i, 0, pool, NULL), 0);
	assert_int_equal(plx_ethdev_tx_queue_setup(port, 0, 0, NULL), 0);
	assert_int_equal(plx_ethdev_start(port, NULL), 0);
}

static void
leave(uint16_t port)
{
	plx_ethdev_stop(port);
	assert_int_equal(plx_ethdev_detach(port, NULL), 0);
}

/* `n` packets pass a queue of the scene. */
static void
receive(uint16_t queue, uint32_t first, uint16_t n, uint32_t len)
{
	struct scene_queue *q = scene.rxq[queue];
	struct plx_mbuf *pkts[1024];

	for (uint16_t i = 0; i < n; i++)
		q->give[i] = scene_packet(first + i, len, 2000);
	q->nb_give = n;
	assert_int_equal(plx_ethdev_rx_burst(scene.dev.port, queue, pkts, 1024), n);
	q->nb_give = 0;
	assert_int_equal(plx_ethdev_tx_burst(scene.dev.port, 0, pkts, n), n);
	plx_mbuf_free_bulk(pkts, n);
}

static uint32_t
number_of(const struct plx_mbuf *m)
{
	const uint8_t *bytes = plx_mbuf_data(m);

	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

static void
assert_balanced(uint16_t port, uint64_t received)
{
	struct plx_ethdev_ledger ledger;
	int64_t rx, tx;

	assert_int_equal(plx_ethdev_ledger(port, &ledger), 0);
	plx_ethdev_ledger_balance(&ledger, &rx, &tx);
	assert_int_equal(rx, 0);
	assert_int_equal(ledger.rx_received, received);
}

static bool
is_up(uint16_t port)
{
	struct plx_ethdev_link link;

	assert_int_equal(plx_ethdev_link(port, &link), 0);
	return link.up;
}

static void
packets_of_all_lanes_come_with_queue_direction_and_time(void **state)
{
	struct plx_mbuf *pkts[64];
	struct plx_ethdev_info info;
	uint16_t port;

	assert_int_equal(attach(",port=net_scene0", &port, NULL), 0);
	assert_int_equal(plx_ethdev_info(port, &info), 0);
	assert_int_equal(info.max_rx_queues, 3);
	receive(0, 0, 5, 100); /* before it runs */
	run(port, 3, 0);
	receive(1, 10, 5, 100);
	assert_int_equal(plx_ethdev_rx_burst(port, 0, pkts, 64), 0);
	assert_int_equal(plx_ethdev_rx_queue_count(port, 1), 5);
	assert_int_equal(plx_ethdev_rx_burst(port, 1, pkts, 2), 2);
	assert_int_equal(plx_ethdev_rx_burst(port, 1, pkts + 2, 64), 3);
	for (uint32_t i = 0; i < 5; i++) {
		assert_int_equal(number_of(pkts[i]), 10 + i);
		assert_int_equal(pkts[i]->pkt_len, 100);
		assert_int_equal(pkts[i]->queue, 1);
		assert_int_equal(pkts[i]->port, port);
		assert_int_equal(pkts[i]->ol_flags, PLX_MBUF_RX_TIMESTAMP);
		assert_true(pkts[i]->timestamp > UINT64_C(1000000000000000000));
	}
	plx_mbuf_free_bulk(pkts, 5);
	assert_int_equal(plx_ethdev_rx_burst(port, 2, pkts, 64), 5);
	assert_int_equal(pkts[0]->queue, 0);
	assert_int_equal(pkts[0]->ol_flags, PLX_MBUF_RX_TIMESTAMP | PLX_MBUF_RX_OUTGOING);
	assert_balanced(port, 10);
	assert_int_equal(plx_ethdev_tx_burst(port, 0, pkts, 5), 0);
	plx_mbuf_free_bulk(pkts, 5);
	leave(port);
}

static void
one_queue_reads_all_lanes(void **state)
{
	struct plx_mbuf *pkts[64];
	uint16_t port;

	assert_int_equal(attach("", &port, NULL), 0);
	run(port, 1, 0);
	receive(0, 0, 4, 100);
	receive(1, 0, 3, 100);
	assert_int_equal(plx_ethdev_rx_queue_count(port, 0), 14);
	assert_int_equal(plx_ethdev_rx_burst(port, 0, pkts, 9), 9);
	assert_int_equal(plx_ethdev_rx_burst(port, 0, pkts + 9, 64), 5);
	assert_balanced(port, 14);
	plx_mbuf_free_bulk(pkts, 14);
	leave(port);
}

static void
filter_snaplen_and_direction_are_applied_there(void **state)
{
	struct plx_net_attach_facts facts;
	struct plx_mbuf *pkts[64];
	uint16_t port;

	assert_int_equal(attach(",direction=in,snaplen=50,filter='ether[3] < 2 and len == 100'",
				&port, NULL),
			 0);
	run(port, 1, 0);
	receive(0, 0, 10, 100);
	assert_int_equal(plx_ethdev_rx_burst(port, 0, pkts, 64), 2);
	assert_int_equal(pkts[1]->pkt_len, 50);
	assert_int_equal(pkts[1]->wire_len, 100);
	assert_int_equal(pkts[1]->ol_flags, PLX_MBUF_RX_TIMESTAMP | PLX_MBUF_RX_CUT);
	plx_mbuf_free_bulk(pkts, 2);
	assert_int_equal(plx_net_attach_facts(port, &facts), 0);
	assert_int_equal(facts.filtered, 8);
	assert_string_equal(facts.filter, "ether[3] < 2 and len == 100");
	assert_string_equal(facts.port, "net_scene0");
	assert_int_equal(facts.end, PLX_NET_ATTACH_RUNS);
	assert_int_equal(plx_net_attach_facts(scene.dev.port, &facts), -ENODEV);
	assert_balanced(port, 2);
	leave(port);
}

static void
long_packets_are_chained_or_counted(void **state)
{
	struct plx_mbuf *pkts[64];
	struct plx_ethdev_stats stats;
	uint16_t port;

	assert_int_equal(attach(",direction=in", &port, NULL), 0);
	run(port, 1, PLX_ETH_RX_OFFLOAD_SCATTER);
	receive(0, 7, 1, 9000);
	assert_int_equal(plx_ethdev_rx_burst(port, 0, pkts, 64), 1);
	assert_int_equal(pkts[0]->pkt_len, 9000);
	assert_true(pkts[0]->nb_segs > 1);
	assert_int_equal(plx_mbuf_check(pkts[0], NULL), 0);
	plx_mbuf_free(pkts[0]);
	assert_int_equal(plx_ethdev_stop(port), 0);
	run(port, 1, 0);
	receive(0, 7, 1, 9000);
	assert_int_equal(plx_ethdev_rx_burst(port, 0, pkts, 64), 0);
	assert_int_equal(plx_ethdev_stats(port, &stats), 0);
	assert_int_equal(stats.rx_errors, 1);
	assert_balanced(port, 2);
	leave(port);
}

static void
what_is_left_unread_is_in_the_books(void **state)
{
	struct plx_mbuf *pkts[64];
	uint16_t port;

	assert_int_equal(attach(",direction=in", &port, NULL), 0);
	run(port, 2, 0);
	receive(0, 0, 10, 100);
	assert_int_equal(plx_ethdev_rx_burst(port, 0, pkts, 4), 4);
	plx_mbuf_free_bulk(pkts, 4);
	assert_int_equal(plx_ethdev_stop(port), 0);
	receive(0, 0, 10, 100); /* nobody wants them */
	assert_balanced(port, 10);
	assert_int_equal(plx_ethdev_rx_queue_count(port, 0), 6);
	/* Begun again as it is, it does not begin with what is old. */
	assert_int_equal(plx_ethdev_start(port, NULL), 0);
	assert_int_equal(plx_ethdev_rx_burst(port, 0, pkts, 64), 0);
	assert_balanced(port, 10);
	receive(0, 40, 2, 100);
	assert_int_equal(plx_ethdev_rx_burst(port, 0, pkts, 1), 1);
	assert_int_equal(number_of(pkts[0]), 40);
	plx_mbuf_free(pkts[0]);
	assert_int_equal(plx_ethdev_stop(port), 0);
	assert_balanced(port, 12);
	run(port, 1, 0);
	assert_balanced(port, 12);
	receive(0, 50, 1, 100);
	assert_int_equal(plx_ethdev_rx_burst(port, 0, pkts, 64), 1);
	assert_int_equal(number_of(pkts[0]), 50);
	plx_mbuf_free(pkts[0]);
	assert_balanced(port, 13);
	leave(port);
}

static void
stop_it(uint16_t port)
{
	assert_int_equal(plx_ethdev_stop(port), 0);
}

/* Ten packets to be sent there: the port stops between the moment when they are staged and the one when they count. */
static void
send_while_it_stops(uint16_t port)
{
	scene.txq[0]->meanwhile = stop_it;
	scene.txq[0]->port = port;
	receive(0, 0, 10, 100);
	scene.txq[0]->meanwhile = NULL;
}

static void
what_comes_while_the_port_stops_changes_no_figure(void **state)
{
	struct plx_net_attach_facts facts;
	uint16_t port;

	assert_int_equal(attach(",direction=out", &port, NULL), 0);
	run(port, 1, 0);
	send_while_it_stops(port);
	assert_balanced(port, 0);
	assert_int_equal(plx_ethdev_rx_queue_count(port, 0), 0);
	/* They are given up at the next start, and with the queues. */
	assert_int_equal(plx_ethdev_start(port, NULL), 0);
	assert_balanced(port, 10);
	send_while_it_stops(port);
	assert_balanced(port, 10);
	assert_int_equal(plx_ethdev_close(port), 0);
	assert_balanced(port, 20);
	assert_int_equal(plx_ethdev_detach(port, NULL), 0);
	assert_int_equal(attach(",direction=out,filter='len == 1'", &port, NULL), 0);
	run(port, 1, 0);
	send_while_it_stops(port);
	assert_int_equal(plx_net_attach_facts(port, &facts), 0);
	assert_int_equal(facts.filtered, 0);
	assert_int_equal(plx_ethdev_start(port, NULL), 0);
	assert_int_equal(plx_net_attach_facts(port, &facts), 0);
	assert_int_equal(facts.filtered, 10);
	leave(port);
	assert_int_equal(attach(",direction=out,lane=256K", &port, NULL), 0);
	run(port, 1, 0);
	for (unsigned i = 0; i < 8; i++)
		receive(0, 0, 256, 100);
	send_while_it_stops(port);
	assert_int_equal(plx_net_attach_facts(port, &facts), 0);
	assert_int_equal(facts.lost, 8 * 256 - 262144 / 136);
	assert_balanced(port, 8 * 256);
	leave(port);
}

static void
an_empty_pool_loses_nothing(void **state)
{
	struct plx_mbuf *all[2048], *pkts[64];
	unsigned n = 0;
	uint16_t port;

	assert_int_equal(attach(",direction=in", &port, NULL), 0);
	run(port, 2, 0);
	receive(0, 0, 10, 100);
	while (n < 2048 && (all[n] = plx_mbuf_alloc(pool)) != NULL)
		n++;
	assert_int_equal(plx_ethdev_rx_burst(port, 0, pkts, 64), 0);
	assert_balanced(port, 10);
	plx_mbuf_free_bulk(all, n);
	assert_int_equal(plx_ethdev_rx_burst(port, 0, pkts, 64), 10);
	plx_mbuf_free_bulk(pkts, 10);
	assert_balanced(port, 10);
	leave(port);
}

static void
a_lane_that_is_full_is_a_loss_with_a_name(void **state)
{
	struct plx_net_attach_facts facts;
	struct plx_ethdev_stats stats;
	uint16_t port;

	assert_int_equal(attach(",direction=in,lane=256K", &port, NULL), 0);
	run(port, 2, 0);
	for (unsigned i = 0; i < 30; i++)
		receive(0, 0, 256, 100);
	assert_int_equal(plx_ethdev_stats(port, &stats), 0);
	assert_int_equal(stats.rx_missed, 30 * 256 - 262144 / 136);
	assert_int_equal(plx_net_attach_facts(port, &facts), 0);
	assert_int_equal(facts.lost, stats.rx_missed);
	assert_balanced(port, 30 * 256);
	leave(port);
}

static void
wait_until_free(void)
{
	for (unsigned i = 0; i < LIMIT_S * 1000; i++) {
		if (__atomic_load_n(&plx_ethdev_fast_table[scene.dev.port].hooks,
				    __ATOMIC_ACQUIRE) == NULL)
			return;
		usleep(1000);
	}
	fail_msg("the tap is still there");
}

static void
a_queue_younger_than_the_tap_is_a_loss_with_a_name(void **state)
{
	const uint16_t other = scene.dev.port;
	struct plx_net_attach_facts facts;
	struct plx_ethdev_stats stats;
	uint16_t port;

	assert_int_equal(attach(",direction=in", &port, NULL), 0);
	run(port, 2, 0);
	assert_int_equal(plx_ethdev_stop(other), 0);
	assert_int_equal(plx_ethdev_configure(other, 3, 1, NULL, NULL), 0);
	for (uint16_t i = 0; i < 3; i++)
		assert_int_equal(plx_ethdev_rx_queue_setup(other, i, 0, pool, NULL), 0);
	assert_int_equal(plx_ethdev_tx_queue_setup(other, 0, 0, NULL), 0);
	assert_int_equal(plx_ethdev_start(other, NULL), 0);
	receive(2, 0, 7, 100);
	assert_int_equal(plx_ethdev_stats(port, &stats), 0);
	assert_int_equal(stats.rx_missed, 7);
	assert_int_equal(plx_net_attach_facts(port, &facts), 0);
	assert_int_equal(facts.lost, 7);
	assert_balanced(port, 7);
	leave(port);
	scene_end(&scene);
	scene_begin(&scene, 2, 1);
}

/* With what is still in its lanes given up, there is nothing to wait for. */
static void
a_port_that_is_stopped_is_down_when_the_other_ends(void **state)
{
	uint16_t port;

	assert_int_equal(attach(",direction=in", &port, NULL), 0);
	run(port, 2, 0);
	receive(0, 0, 10, 100);
	scene_end(&scene);
	assert_true(is_up(port));
	assert_int_equal(plx_ethdev_stop(port), 0);
	assert_false(is_up(port));
	assert_int_equal(plx_ethdev_detach(port, NULL), 0);
	scene_begin(&scene, 2, 1);
}

static void
who_goes_is_forgotten(void **state)
{
	uint16_t port;

	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(attach("", &port, NULL), 0);
		assert_non_null(plx_ethdev_fast_table[scene.dev.port].hooks);
		leave(port);
		wait_until_free();
	}
}

static void
the_end_of_the_other_port_is_seen_when_all_was_read(void **state)
{
	struct plx_net_attach_facts facts;
	struct plx_mbuf *pkts[64];
	uint16_t port;

	assert_int_equal(attach(",direction=in", &port, NULL), 0);
	assert_true(is_up(port));
	run(port, 2, 0);
	receive(0, 0, 10, 100);
	scene_end(&scene);
	assert_true(is_up(port));
	assert_int_equal(plx_ethdev_rx_burst(port, 0, pkts, 64), 10);
	plx_mbuf_free_bulk(pkts, 10);
	assert_false(is_up(port));
	assert_int_equal(plx_net_attach_facts(port, &facts), 0);
	assert_int_equal(facts.end, PLX_NET_ATTACH_PORT_GONE);
	leave(port);
	scene_begin(&scene, 2, 1);
}

static void
what_the_other_end_refuses_is_told(void **state)
{
	struct plx_why why;
	uint16_t port;

	assert_true(attach(",port=net_nothing", &port, &why) < 0);
	assert_non_null(strstr(why.text, "there is no port net_nothing"));
	assert_true(attach(",filter='tcp prot 80'", &port, &why) < 0);
	assert_non_null(strstr(why.text, "\"prot\""));
	assert_true(attach(",direction=up", &port, &why) < 0);
	assert_true(attach(",port=\"\\", &port, &why) < 0);
	assert_true(plx_ethdev_attach("net_attach1,program=/nowhere/at.all", &port, &why) < 0);
	assert_true(plx_ethdev_attach("net_attach1,program=nobody-of-this-name", &port, &why) < 0);
	assert_non_null(strstr(why.text, "nobody-of-this-name"));
	assert_null(plx_ethdev_fast_table[scene.dev.port].hooks);
}

static int
set_up(void **state)
{
	struct plx_why why;

	if (own_folder(folder) == NULL)
		return -1;
	setenv("RUNTIME_DIRECTORY", folder, 1);
	if (eal_pool_init(&(struct plx_pool_params){.name = "p", .n = 2048}) != 0 ||
	    plx_driver_add(&plx_driver_net_attach, NULL) != 0)
		return -1;
	if (plx_door_open("test", &why) != 0) {
		fprintf(stderr, "%s\n", why.text);
		return -1;
	}
	scene_begin(&scene, 2, 1);
	return pthread_create(&server, NULL, serve, NULL);
}

static int
tear_down(void **state)
{
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(server, NULL);
	plx_door_close();
	scene_end(&scene);
	rmdir(folder);
	return eal_pool_fini(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_of_all_lanes_come_with_queue_direction_and_time),
		cmocka_unit_test(one_queue_reads_all_lanes),
		cmocka_unit_test(filter_snaplen_and_direction_are_applied_there),
		cmocka_unit_test(long_packets_are_chained_or_counted),
		cmocka_unit_test(what_is_left_unread_is_in_the_books),
		cmocka_unit_test(what_comes_while_the_port_stops_changes_no_figure),
		cmocka_unit_test(an_empty_pool_loses_nothing),
		cmocka_unit_test(a_lane_that_is_full_is_a_loss_with_a_name),
		cmocka_unit_test(a_queue_younger_than_the_tap_is_a_loss_with_a_name),
		cmocka_unit_test(a_port_that_is_stopped_is_down_when_the_other_ends),
		cmocka_unit_test(who_goes_is_forgotten),
		cmocka_unit_test(the_end_of_the_other_port_is_seen_when_all_was_read),
		cmocka_unit_test(what_the_other_end_refuses_is_told),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
