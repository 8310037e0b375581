/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules on a port: put on, changed, taken off; queues, taps, chains, books. */
#include "sieve_rig.h"

#include "plx_ethdev_tap_driver.h"

#include <unistd.h>

static void
load(const char *text)
{
	struct plx_why why;

	rig_require(plx_filter_rules_load_text(rig.rules, text, plx_clock_monotonic_ns(), &why),
		    &why);
}

static void
policy_and_sampling_have_rows_of_their_own(void **state)
{
	struct plx_sieve_stats stats;
	struct plx_ethdev_ledger ledger;

	rig_rules("10 forward sport 1000-1039\n20 drop sport 1040-1044\npolicy drop\nsample 4\n");
	rig_feed(0, 60);
	assert_int_equal(rig_drink(), 10);
	stats = rig_books();
	assert_int_equal(stats.packets, 60);
	assert_int_equal(stats.bytes, 60 * RIG_FRAME);
	assert_int_equal(stats.dropped, 5);
	assert_int_equal(stats.unwanted, 15);
	assert_int_equal(stats.sampled_out, 30);
	plx_ethdev_ledger(rig.port[0], &ledger);
	assert_int_equal(ledger.rx_received, 60);
	assert_int_equal(ledger.rx_sifted[0].packets, 5);
	assert_int_equal(ledger.rx_sifted[1].packets, 15);
	assert_int_equal(ledger.rx_sifted[2].packets, 30);
}

static void
rules_change_while_packets_come_and_go_with_the_sieve(void **state)
{
	struct plx_filter_rules *former = NULL, *next;

	rig_rules("10 drop\n");
	rig_feed(0, 3);
	assert_int_equal(rig_drink(), 0);
	load("10 drop sport 1001\n");
	rig_feed(0, 3);
	assert_int_equal(rig_drink(), 2);
	assert_int_equal(plx_filter_rules_create(NULL, &next, NULL), 0);
	assert_int_equal(plx_sieve_change(rig.sieve, next, NULL), 0);
	former = rig.rules;
	rig.rules = next;
	plx_filter_rules_destroy(former); /* nobody is inside it */
	rig_feed(0, 3);
	assert_int_equal(rig_drink(), 3);
	assert_int_equal(rig_books().packets, 9);
	plx_sieve_close(rig.sieve);
	rig.sieve = NULL;
	load("10 drop\n");
	rig_feed(0, 3);
	assert_int_equal(rig_drink(), 3);
}

/* More often than a set has readers. */
static void
put_on_and_taken_off_again_and_again(void **state)
{
	struct plx_sieve_params params = {.port = rig.port[0]};

	rig_rules("10 drop\n");
	params.rules = rig.rules;
	for (unsigned i = 0; i < 200; i++) {
		plx_sieve_close(rig.sieve);
		rig.sieve = NULL;
		rig_feed(0, 1);
		assert_int_equal(rig_drink(), 1);
		assert_int_equal(plx_sieve_open(&params, &rig.sieve, NULL), 0);
		assert_int_equal(plx_sieve_change(rig.sieve, NULL, NULL), 0);
		rig_feed(0, 1);
		assert_int_equal(rig_drink(), 0);
	}
}

static void
what_makes_no_sense_is_refused(void **state)
{
	struct plx_sieve_params params = {.port = rig.port[0]};
	struct plx_filter_rules_reader *readers[PLX_FILTER_READERS_MAX - 1];
	struct plx_sieve *sieve;
	struct plx_why why;

	assert_int_equal(plx_sieve_open(&params, &sieve, &why), -EINVAL);
	assert_non_null(strstr(why.text, "no rules"));
	rig_rules("10 drop\n");
	params.rules = rig.rules;
	assert_int_equal(plx_sieve_open(&params, &sieve, &why), -EBUSY);
	assert_non_null(strstr(why.text, "has rules already"));
	params.port = 60;
	assert_int_equal(plx_sieve_open(&params, &sieve, &why), -ENODEV);
	assert_non_null(strstr(why.text, "no port 60"));
	/* Two queues need two readers more, and there is one left: the rules stay on with those they have. */
	for (unsigned i = 0; i + 3 < PLX_FILTER_READERS_MAX; i++)
		assert_int_equal(plx_filter_rules_reader_create(rig.rules, &readers[i], NULL), 0);
	assert_int_equal(plx_sieve_change(rig.sieve, NULL, &why), -ENOSPC);
	rig_feed(0, 1);
	assert_int_equal(rig_drink(), 0);
	for (unsigned i = 0; i + 3 < PLX_FILTER_READERS_MAX; i++)
		plx_filter_rules_reader_destroy(readers[i]);
	assert_int_equal(rig_books().dropped, 1);
	plx_sieve_close(NULL);
}

/* Nobody could say that such packets may pass. */
static void
queues_that_come_later_need_readers(void **state)
{
	struct plx_mbuf *m;

	assert_int_equal(plx_ethdev_close(rig.port[0]), 0);
	rig_rules("10 drop sport 1001\n"); /* a port that is closed: one queue */
	assert_int_equal(plx_ethdev_open(rig.port[0], 2, pool, NULL), 0);
	rig_put(rig_packet(0), 0);
	rig_put(rig_packet(0), 1);
	assert_int_equal(rig_drink(), 1);
	assert_int_equal(plx_ethdev_rx_burst(rig.port[0], 1, &m, 1), 0);
	assert_int_equal(rig_books().unread, 1);
	assert_int_equal(rig_books().queues, 1);
	assert_int_equal(plx_sieve_change(rig.sieve, NULL, NULL), 0);
	assert_int_equal(rig_books().queues, 2);
	rig_put(rig_packet(0), 1);
	assert_int_equal(plx_ethdev_rx_burst(rig.port[0], 1, &m, 1), 1);
	plx_mbuf_free(m);
	rig_put(rig_packet(1), 1);
	assert_int_equal(plx_ethdev_rx_burst(rig.port[0], 1, &m, 1), 0);
	assert_int_equal(rig_books().unread, 1);
}

static void
look(void *arg, uint16_t queue, struct plx_mbuf *const *pkts, uint16_t n)
{
	*(unsigned *)arg += n;
}

static void
a_tap_sees_what_the_device_received(void **state)
{
	unsigned seen = 0;
	const struct plx_ethdev_tap tap = {.arg = &seen, .rx = look};

	rig_rules("10 drop sport 1000-1019\n");
	assert_int_equal(plx_ethdev_tap_swap(rig.port[0], NULL, &tap), 0);
	rig_feed(0, 30);
	assert_int_equal(rig_drink(), 10);
	assert_int_equal(seen, 30);
	assert_int_equal(plx_ethdev_tap_swap(rig.port[0], &tap, NULL), 0);
	rig_feed(0, 30);
	assert_int_equal(rig_drink(), 10);
	assert_int_equal(seen, 30);
	rig_books();
}

/* What is looked for lies in the third segment; packets around it are judged by themselves. */
static void
chains_are_looked_at_as_one(void **state)
{
	struct plx_mbuf *m = rig_packet(0), *pkts[8];

	rig_rules("10 drop bpf \"ether[140:4] = 0x01020304\"\n20 drop sport 1003\n");
	plx_mbuf_chain(m, rig_packet(1));
	plx_mbuf_chain(m, rig_packet(2));
	memcpy(plx_mbuf_data(m->next->next) + 12, "\1\2\3\4", 4);
	rig_feed(2, 2);
	rig_put(m, 0);
	rig_feed(3, 2);
	assert_int_equal(rig_get(pkts, 8), 2);
	assert_int_equal(rig_flow(pkts[0]), 2);
	assert_int_equal(rig_flow(pkts[1]), 4);
	plx_mbuf_free_bulk(pkts, 2);
	assert_int_equal(rig_books().dropped, 3);
}

static void
exact_rules_end_with_their_flows_if_wanted(void **state)
{
	struct plx_sieve_params params = {.port = rig.port[0], .purge_ns = 1000000};
	struct plx_filter_rules_stats stats;

	rig_rules("");
	load("exact drop proto udp src 10.0.0.1 sport 1000 dst 10.0.0.2 dport 53\n");
	usleep(3 * PLX_SIEVE_TICK_MS * 1000);
	plx_filter_rules_stats(rig.rules, &stats);
	assert_int_equal(stats.exact, 1);
	plx_sieve_close(rig.sieve);
	params.rules = rig.rules;
	assert_int_equal(plx_sieve_open(&params, &rig.sieve, NULL), 0);
	RIG_WAIT((plx_filter_rules_stats(rig.rules, &stats), stats.exact == 0));
	assert_int_equal(stats.purged, 1);
}

static void
a_port_may_go_first(void **state)
{
	struct plx_sieve_stats stats;

	rig_rules("10 drop\n");
	rig_feed(0, 4);
	assert_int_equal(rig_drink(), 0);
	assert_int_equal(plx_device_detach("net_ring0", NULL), 0);
	plx_sieve_stats(rig.sieve, &stats);
	assert_true(stats.gone);
	assert_int_equal(stats.dropped, 4);
	assert_int_equal(plx_sieve_change(rig.sieve, NULL, NULL), -ENODEV);
	/* Another one of its number has no rules. */
	rig_port("net_ring0", "net_ring10", &rig.port[0]);
	rig_feed(0, 4);
	assert_int_equal(rig_drink(), 4);
	plx_sieve_close(rig.sieve);
	rig.sieve = NULL;
	rig_feed(0, 4);
	assert_int_equal(rig_drink(), 4);
}

/* A set on two ports, one of which makes its packets up. */
static void
several_ports_may_have_a_set(void **state)
{
	struct plx_sieve_params params = {0};
	struct plx_sieve *another;
	struct plx_sieve_stats stats;
	struct plx_mbuf *pkts[500];
	uint16_t port;

	assert_int_equal(plx_device_attach("net_null0,size=100", NULL), 0);
	assert_int_equal(plx_ethdev_by_name("net_null0", &port), 0);
	assert_int_equal(plx_ethdev_open(port, 1, pool, NULL), 0);
	rig_rules("10 drop sport 1000\n20 drop bpf \"less 100\"\n");
	params.port = port;
	params.rules = rig.rules;
	assert_int_equal(plx_sieve_open(&params, &another, NULL), 0);
	load("10 drop sport 1000\n20 drop bpf \"greater 100\"\n");
	assert_int_equal(plx_ethdev_rx_burst(port, 0, pkts, 500), 0);
	rig_feed(0, 2);
	assert_int_equal(rig_drink(), 1);
	plx_sieve_close(another);
	assert_int_equal(plx_ethdev_rx_burst(port, 0, pkts, 500), 500);
	plx_mbuf_free_bulk(pkts, 500);
	rig_feed(0, 2);
	assert_int_equal(rig_drink(), 1);
	plx_sieve_stats(rig.sieve, &stats);
	assert_int_equal(stats.packets, 4);
	plx_device_detach("net_null0", NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(policy_and_sampling_have_rows_of_their_own),
		RIG_TEST(rules_change_while_packets_come_and_go_with_the_sieve),
		RIG_TEST(put_on_and_taken_off_again_and_again),
		RIG_TEST(what_makes_no_sense_is_refused),
		RIG_TEST(queues_that_come_later_need_readers),
		RIG_TEST(a_tap_sees_what_the_device_received),
		RIG_TEST(chains_are_looked_at_as_one),
		RIG_TEST(exact_rules_end_with_their_flows_if_wanted),
		RIG_TEST(a_port_may_go_first),
		RIG_TEST(several_ports_may_have_a_set),
	};

	return cmocka_run_group_tests(tests, rig_init, eal_pool_fini);
}
