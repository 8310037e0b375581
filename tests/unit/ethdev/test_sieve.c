/* SPDX-License-Identifier: BSD-3-Clause */
/* A port whose packets are sifted: what its program gets, what its tap sees, and that the books say so. */
#include "eal_pool_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "plx_ethdev_sieve_driver.h"
#include "plx_ethdev_tap_driver.h"
#include "toy.h"

static struct toy toy;
static unsigned seen_by_tap, seen_by_sieve;
static bool is_gone;

/* Packets of 60, 61, 62 .. bytes. */
static uint16_t
receive(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	struct toy_rxq *rxq = queue;

	assert_int_equal(plx_mbuf_alloc_bulk(pool, pkts, n), 0);
	for (uint16_t i = 0; i < n; i++) {
		assert_non_null(plx_mbuf_append(pkts[i], 60 + i));
		plx_ethdev_add(&rxq->stats.bytes, 60 + i);
	}
	plx_ethdev_add(&rxq->stats.packets, n);
	return n;
}

/* Nothing passes. */
static uint16_t
stop_all(void *arg, uint16_t queue, struct plx_mbuf **pkts, uint16_t n,
	 struct plx_ethdev_sifted *sifted)
{
	for (uint16_t i = 0; i < n; i++)
		plx_ethdev_sift(sifted, PLX_ETHDEV_SIFTED_DROPPED, pkts[i]->pkt_len);
	plx_mbuf_free_bulk(pkts, n);
	return 0;
}

static const struct plx_ethdev_sieve wall = {.rx = stop_all};

/* Of four, one passes; the others get a fate each. */
static uint16_t
sift(void *arg, uint16_t queue, struct plx_mbuf **pkts, uint16_t n,
     struct plx_ethdev_sifted *sifted)
{
	uint16_t passed = 0;

	seen_by_sieve += n;
	for (uint16_t i = 0; i < n; i++) {
		if (i % 4 == 3) {
			pkts[passed++] = pkts[i];
			continue;
		}
		plx_ethdev_sift(sifted, i % 4, pkts[i]->pkt_len);
		plx_mbuf_free(pkts[i]);
	}
	return passed;
}

static void
gone(void *arg)
{
	assert_ptr_equal(arg, &toy);
	is_gone = true;
}

static const struct plx_ethdev_sieve sieve = {&toy, sift, gone};
static const struct plx_ethdev_sieve another = {&toy, sift, gone};

static void
look(void *arg, uint16_t queue, struct plx_mbuf *const *pkts, uint16_t n)
{
	seen_by_tap += n;
}

static void
tap_gone(void *arg)
{
}

static const struct plx_ethdev_tap tap = {.rx = look, .gone = tap_gone};

static void
begin(uint16_t nb_rx)
{
	seen_by_tap = seen_by_sieve = 0;
	is_gone = false;
	toy_init(&toy, "toy0");
	toy.dev.rx_burst = receive;
	assert_int_equal(plx_ethdev_register(&toy.dev, NULL), 0);
	run(&toy, pool, nb_rx, 1);
}

static uint16_t
burst(uint16_t queue, uint16_t n)
{
	struct plx_mbuf *pkts[64];
	uint16_t got = plx_ethdev_rx_burst(toy.dev.port, queue, pkts, n);

	for (uint16_t i = 0; i < got; i++)
		assert_int_equal(pkts[i]->pkt_len, seen_by_sieve != 0 ? 63 + 4 * i : 60 + i);
	plx_mbuf_free_bulk(pkts, got);
	return got;
}

static uint64_t
xstat(const char *name)
{
	struct plx_ethdev_xstat xstats[64];
	int n = plx_ethdev_xstats(toy.dev.port, xstats, 64);

	for (int i = 0; i < n; i++)
		if (strcmp(xstats[i].name, name) == 0)
			return xstats[i].value;
	fail_msg("there is no %s", name);
	return 0;
}

static void
expect_books(uint64_t received, uint64_t delivered, uint64_t each_fate)
{
	struct plx_ethdev_ledger ledger;
	int64_t rx, tx;

	assert_int_equal(plx_ethdev_ledger(toy.dev.port, &ledger), 0);
	plx_ethdev_ledger_balance(&ledger, &rx, &tx);
	assert_int_equal(rx, 0);
	assert_int_equal(ledger.rx_received, received);
	assert_int_equal(ledger.rx_delivered, delivered);
	assert_int_equal(ledger.nb_rx_sifted, each_fate != 0 ? PLX_ETHDEV_SIFTED_MAX : 0);
	for (unsigned i = 0; i < ledger.nb_rx_sifted; i++)
		assert_int_equal(ledger.rx_sifted[i].packets, i < 3 ? each_fate : 0);
}

static void
what_a_sieve_keeps_is_in_the_books_and_outlives_it(void **state)
{
	struct plx_ethdev_stats stats;

	begin(2);
	assert_int_equal(burst(1, 8), 8);
	expect_books(8, 8, 0);
	assert_int_equal(plx_ethdev_sieve_swap(toy.dev.port, NULL, &sieve), 0);
	assert_int_equal(burst(0, 16), 4);
	assert_int_equal(burst(1, 16), 4);
	expect_books(40, 16, 8);
	assert_int_equal(plx_ethdev_stats(toy.dev.port, &stats), 0);
	assert_int_equal(stats.rx_packets, 16);
	assert_int_equal(stats.rx_bytes, 8 * 60 + 28 + 2 * (63 + 67 + 71 + 75));
	assert_int_equal(xstat("rx_rules_dropped"), 8);
	assert_int_equal(xstat("rx_rules_unwanted"), 8);
	assert_int_equal(xstat("rx_rules_sampled_out"), 8);
	assert_int_equal(xstat("rx_rules_sent"), 0);
	assert_int_equal(xstat("rx_good_packets"), 16);
	assert_int_equal(xstat("rx_q0_packets"), 16);
	assert_int_equal(plx_ethdev_sieve_swap(toy.dev.port, &sieve, NULL), 0);
	seen_by_sieve = 0;
	assert_int_equal(burst(0, 8), 8);
	assert_int_equal(seen_by_sieve, 0);
	assert_int_equal(plx_ethdev_close(toy.dev.port), 0);
	expect_books(48, 24, 8);
	assert_int_equal(plx_ethdev_stats_reset(toy.dev.port), 0);
	expect_books(0, 0, 0);
	plx_ethdev_unregister(&toy.dev);
	begin(1);
	expect_books(0, 0, 0);
	assert_int_equal(xstat("rx_rules_dropped"), 0);
	plx_ethdev_unregister(&toy.dev);
}

static void
a_tap_sees_what_the_device_received(void **state)
{
	begin(1);
	assert_int_equal(plx_ethdev_sieve_swap(toy.dev.port, NULL, &sieve), 0);
	assert_int_equal(plx_ethdev_tap_swap(toy.dev.port, NULL, &tap), 0);
	assert_int_equal(burst(0, 16), 4);
	assert_int_equal(seen_by_tap, 16);
	assert_int_equal(seen_by_sieve, 16);
	/* Each goes by itself, and the other stays. */
	assert_int_equal(plx_ethdev_sieve_swap(toy.dev.port, &sieve, NULL), 0);
	seen_by_sieve = 0;
	assert_int_equal(burst(0, 16), 16);
	assert_int_equal(seen_by_tap, 32);
	assert_int_equal(plx_ethdev_sieve_swap(toy.dev.port, NULL, &sieve), 0);
	assert_int_equal(plx_ethdev_tap_swap(toy.dev.port, &tap, NULL), 0);
	seen_by_sieve = 1;
	assert_int_equal(burst(0, 16), 4);
	assert_int_equal(seen_by_tap, 32);
	plx_ethdev_unregister(&toy.dev);
	assert_true(is_gone);
}

static void
one_at_a_time_and_only_on_ports_that_there_are(void **state)
{
	begin(1);
	assert_int_equal(plx_ethdev_sieve_swap(toy.dev.port + 1, NULL, &sieve), -ENODEV);
	assert_int_equal(plx_ethdev_sieve_swap(toy.dev.port, &sieve, NULL), -EBUSY);
	assert_int_equal(plx_ethdev_sieve_swap(toy.dev.port, NULL, &sieve), 0);
	assert_int_equal(plx_ethdev_sieve_swap(toy.dev.port, NULL, &another), -EBUSY);
	assert_int_equal(plx_ethdev_sieve_swap(toy.dev.port, &sieve, &another), 0);
	assert_non_null(plx_ethdev_fast_table[toy.dev.port].hooks);
	assert_int_equal(plx_ethdev_sieve_swap(toy.dev.port, &another, NULL), 0);
	assert_null(plx_ethdev_fast_table[toy.dev.port].hooks);
	plx_ethdev_unregister(&toy.dev);
	assert_false(is_gone);
}

static void
nothing_came_and_nothing_passed_are_told_apart(void **state)
{
	begin(2);
	assert_int_equal(burst(0, 4), 4);
	assert_false(plx_ethdev_rx_sifted(toy.dev.port, 0));
	assert_int_equal(plx_ethdev_sieve_swap(toy.dev.port, NULL, &wall), 0);
	assert_int_equal(burst(0, 4), 0);
	assert_true(plx_ethdev_rx_sifted(toy.dev.port, 0));
	assert_false(plx_ethdev_rx_sifted(toy.dev.port, 1));
	assert_int_equal(burst(0, 0), 0);
	assert_false(plx_ethdev_rx_sifted(toy.dev.port, 0));
	assert_int_equal(burst(0, 4), 0);
	assert_int_equal(plx_ethdev_sieve_swap(toy.dev.port, &wall, NULL), 0);
	assert_false(plx_ethdev_rx_sifted(toy.dev.port, 0));
	plx_ethdev_unregister(&toy.dev);
}

static int
set_up(void **state)
{
	return eal_pool_init(&(struct plx_pool_params){.name = "ports", .n = 128});
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_sieve_keeps_is_in_the_books_and_outlives_it),
		cmocka_unit_test(a_tap_sees_what_the_device_received),
		cmocka_unit_test(nothing_came_and_nothing_passed_are_told_apart),
		cmocka_unit_test(one_at_a_time_and_only_on_ports_that_there_are),
	};

	return cmocka_run_group_tests(tests, set_up, eal_pool_fini);
}
