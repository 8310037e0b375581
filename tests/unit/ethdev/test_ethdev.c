/* SPDX-License-Identifier: BSD-3-Clause */
/* The port layer over a driver that only remembers what it was asked. */
#include "eal_pool_fixture.h"
#include "plx_zone.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "toy.h"

static void
unknown_ports_are_enodev(void **state)
{
	struct plx_ethdev_info info;
	struct plx_ethdev_stats stats;
	struct plx_mbuf *pkts[4];
	struct plx_why why;
	uint16_t port;

	assert_int_equal(plx_ethdev_info(5, &info), -ENODEV);
	assert_int_equal(plx_ethdev_stats(PLX_ETHDEV_MAX, &stats), -ENODEV);
	assert_int_equal(plx_ethdev_start(3, &why), -ENODEV);
	assert_non_null(strstr(why.text, "no port 3"));
	assert_int_equal(plx_ethdev_by_name("nobody", &port), -ENODEV);
	assert_int_equal(plx_ethdev_rx_burst(5, 1, pkts, 4), 0);
}

static void
the_states_are_kept(void **state)
{
	struct toy toy;
	struct plx_mbuf *pkts[4];
	struct plx_ethdev_info info;
	struct plx_why why;
	uint16_t port;

	/* The toy leaves the array as it is, so these are what it "receives". */
	assert_int_equal(plx_mbuf_alloc_bulk(pool, pkts, 4), 0);
	toy_init(&toy, "toy0");
	assert_int_equal(plx_ethdev_register(&toy.dev, NULL), 0);
	assert_int_equal(plx_ethdev_by_name("toy0", &port), 0);
	assert_int_equal(plx_ethdev_rx_queue_setup(port, 0, 0, pool, &why), -EINVAL);
	assert_int_equal(plx_ethdev_start(port, &why), -EINVAL);
	assert_int_equal(plx_ethdev_configure(port, 0, 0, NULL, &why), -EINVAL);
	assert_int_equal(plx_ethdev_configure(port, 5, 1, NULL, &why), -EINVAL);
	assert_non_null(strstr(why.text, "the device has 4"));
	assert_int_equal(plx_ethdev_configure(port, 2, 1, NULL, NULL), 0);
	assert_int_equal(plx_ethdev_start(port, &why), -EINVAL);
	assert_non_null(strstr(why.text, "rx queue 0"));
	assert_int_equal(plx_ethdev_rx_queue_setup(port, 2, 0, pool, &why), -EINVAL);
	assert_int_equal(plx_ethdev_rx_queue_setup(port, 0, 2000, pool, &why), -EINVAL);
	assert_int_equal(plx_ethdev_rx_queue_setup(port, 0, 0, NULL, &why), -EINVAL);
	assert_int_equal(plx_ethdev_rx_burst(port, 0, pkts, 4), 0);
	run(&toy, pool, 2, 1);
	assert_int_equal(plx_ethdev_rx_burst(port, 1, pkts, 4), 4);
	assert_int_equal(plx_ethdev_start(port, NULL), -EBUSY);
	assert_int_equal(plx_ethdev_configure(port, 1, 1, NULL, NULL), -EBUSY);
	assert_int_equal(plx_ethdev_rx_queue_setup(port, 0, 0, pool, NULL), -EBUSY);
	assert_int_equal(plx_ethdev_stop(port), 0);
	assert_int_equal(plx_ethdev_rx_burst(port, 1, pkts, 4), 0);
	assert_int_equal(plx_ethdev_start(port, NULL), 0);
	assert_int_equal(plx_ethdev_close(port), 0);
	assert_int_equal(toy.starts, 2);
	assert_int_equal(toy.stops, 2);
	assert_int_equal(toy.queues, 0);
	assert_int_equal(plx_ethdev_info(port, &info), 0);
	assert_int_equal(info.state, PLX_ETHDEV_CLOSED);
	plx_ethdev_unregister(&toy.dev);
	assert_int_equal(plx_ethdev_count(), 0);
	plx_ethdev_unregister(NULL);
	plx_mbuf_free_bulk(pkts, 4);
}

static void
a_failing_driver_leaves_nothing_behind(void **state)
{
	struct toy toy;
	struct plx_why why;

	toy_init(&toy, "toy0");
	assert_int_equal(plx_ethdev_register(&toy.dev, NULL), 0);
	assert_int_equal(plx_ethdev_configure(toy.dev.port, 1, 1, NULL, NULL), 0);
	toy.fail = -EIO;
	assert_int_equal(plx_ethdev_rx_queue_setup(toy.dev.port, 0, 0, pool, &why), -EIO);
	assert_string_equal(why.text, "port 0 (toy0) rx queue 0: the toy is broken");
	assert_null(toy.dev.rx_pool[0]);
	toy.fail = 0;
	run(&toy, pool, 1, 1);
	assert_int_equal(plx_ethdev_stop(toy.dev.port), 0);
	toy.fail = -EIO;
	assert_int_equal(plx_ethdev_start(toy.dev.port, &why), -EIO);
	assert_int_equal(plx_ethdev_rx_burst(toy.dev.port, 0, NULL, 4), 0);
	plx_ethdev_unregister(&toy.dev);
	assert_int_equal(toy.queues, 0);
}

static void
books_balance_and_outlive_queues(void **state)
{
	struct toy toy;
	struct plx_ethdev_ledger ledger;
	struct plx_ethdev_stats stats;
	struct toy_rxq *rxq;
	struct toy_txq *txq;
	int64_t rx, tx;

	toy_init(&toy, "toy0");
	assert_int_equal(plx_ethdev_register(&toy.dev, NULL), 0);
	run(&toy, pool, 2, 1);
	rxq = toy.dev.rxq[1];
	txq = toy.dev.txq[0];
	rxq->stats = (struct plx_ethdev_rxq_stats){.packets = 10, .no_mbuf = 3, .errors = 2};
	txq->stats = (struct plx_ethdev_txq_stats){
		.packets = 5, .taken = 8, .errors = 1, .in_flight = 2};
	toy.ring_full = 4;
	toy.waiting = 1; /* on each of two queues */
	toy.received = 10 + 3 + 2 + 4 + 2;
	assert_int_equal(plx_ethdev_ledger(toy.dev.port, &ledger), 0);
	plx_ethdev_ledger_balance(&ledger, &rx, &tx);
	assert_int_equal(rx, 0);
	assert_int_equal(tx, 0);
	assert_int_equal(ledger.rx_waiting, 2);
	assert_int_equal(plx_ethdev_stats(toy.dev.port, &stats), 0);
	assert_int_equal(stats.rx_missed, 4);
	assert_int_equal(stats.rx_errors, 2);

	toy.received++; /* one packet that nobody accounts for */
	plx_ethdev_ledger(toy.dev.port, &ledger);
	plx_ethdev_ledger_balance(&ledger, &rx, &tx);
	assert_int_equal(rx, 1);
	toy.received--;

	assert_int_equal(plx_ethdev_stats_reset(toy.dev.port), 0);
	plx_ethdev_ledger(toy.dev.port, &ledger);
	plx_ethdev_ledger_balance(&ledger, &rx, &tx);
	assert_int_equal(rx, 0);
	assert_int_equal(tx, 0);
	assert_int_equal(ledger.rx_delivered, 0);
	assert_int_equal(ledger.rx_received, 2); /* those that wait */
	txq->stats.packets += 2;
	txq->stats.in_flight = 0;
	rxq->stats.packets += 2;
	toy.waiting = 0;

	assert_int_equal(plx_ethdev_close(toy.dev.port), 0);
	plx_ethdev_ledger(toy.dev.port, &ledger);
	plx_ethdev_ledger_balance(&ledger, &rx, &tx);
	assert_int_equal(ledger.rx_delivered, 2);
	assert_int_equal(ledger.tx_sent, 2);
	assert_int_equal(rx, 0);
	assert_int_equal(tx, 0);
	plx_ethdev_unregister(&toy.dev);
}

static void
xstats_have_distinct_names(void **state)
{
	struct plx_ethdev_xstat xstats[64];
	struct toy toy;
	int n;

	toy_init(&toy, "toy0");
	assert_int_equal(plx_ethdev_register(&toy.dev, NULL), 0);
	run(&toy, pool, 2, 1);
	n = plx_ethdev_xstats(toy.dev.port, NULL, 0);
	assert_in_range(n, 10, 64);
	assert_int_equal(plx_ethdev_xstats(toy.dev.port, xstats, 64), n);
	for (int i = 0; i < n; i++) {
		for (int j = 0; j < i; j++)
			assert_string_not_equal(xstats[i].name, xstats[j].name);
	}
	assert_string_equal(xstats[n - 1].name, "wakeups");
	assert_int_equal(xstats[n - 1].value, 77);
	plx_ethdev_unregister(&toy.dev);
}

static void
a_small_pool_is_refused_with_the_number_needed(void **state)
{
	struct toy toy;
	struct plx_why why;

	toy_init(&toy, "toy0");
	toy.dev.prefills = true;
	assert_int_equal(plx_ethdev_register(&toy.dev, NULL), 0);
	assert_int_equal(plx_ethdev_configure(toy.dev.port, 2, 1, NULL, NULL), 0);
	assert_int_equal(plx_ethdev_rx_queue_setup(toy.dev.port, 0, 100, pool, NULL), 0);
	assert_int_equal(plx_ethdev_rx_queue_setup(toy.dev.port, 1, 29, pool, &why), -ENOBUFS);
	assert_non_null(strstr(why.text, "129"));
	assert_int_equal(plx_ethdev_rx_queue_setup(toy.dev.port, 1, 28, pool, &why), 0);
	plx_ethdev_unregister(&toy.dev);
}

static void
addresses_are_checked_and_listed(void **state)
{
	const uint8_t zero[6] = {0}, group[6] = {1, 0, 0x5e, 0, 0, 1}, one[6] = {2, 0, 0, 0, 0, 1},
		      two[6] = {2, 0, 0, 0, 0, 2};
	uint8_t mac[6];
	struct toy toy;

	toy_init(&toy, "toy0");
	assert_int_equal(plx_ethdev_register(&toy.dev, NULL), 0);
	assert_int_equal(plx_ethdev_mac(0, mac), 0);
	assert_int_equal(mac[0] & 3, 2); /* a local unicast address */
	assert_int_equal(plx_ethdev_set_mac(0, group), -EINVAL);
	assert_int_equal(plx_ethdev_set_mac(0, zero), -EINVAL);
	assert_int_equal(plx_ethdev_set_mac(0, one), -ENOTSUP);
	assert_int_equal(plx_ethdev_mac_add(0, mac), -EEXIST);
	assert_int_equal(plx_ethdev_mac_add(0, one), 0);
	assert_int_equal(plx_ethdev_mac_add(0, one), -EEXIST);
	assert_int_equal(plx_ethdev_mac_add(0, group), 0);
	assert_int_equal(plx_ethdev_mac_add(0, two), -ENOSPC);
	assert_int_equal(plx_ethdev_mac_remove(0, two), -ENOENT);
	assert_int_equal(plx_ethdev_mac_remove(0, one), 0);
	assert_int_equal(plx_ethdev_mac_add(0, two), 0);
	plx_ethdev_unregister(&toy.dev);
}

static void
rss_is_symmetric_by_default_and_keeps_what_worked(void **state)
{
	uint8_t key[PLX_ETHDEV_RSS_KEY_MAX];
	uint16_t reta[8];
	uint32_t types;
	struct toy toy;

	toy_init(&toy, "toy0");
	assert_int_equal(plx_ethdev_register(&toy.dev, NULL), 0);
	run(&toy, pool, 3, 1);
	assert_int_equal(plx_ethdev_rss_key(0, key, &types), 0);
	assert_int_equal(key[0], 0x6d);
	assert_int_equal(key[1], 0x5a);
	assert_int_equal(types, PLX_ETH_RSS_IPV4 | PLX_ETH_RSS_TCP);
	assert_int_equal(plx_ethdev_reta(0, reta, 8), 0);
	assert_int_equal(reta[4], 1);
	assert_int_equal(plx_ethdev_reta(0, reta, 7), -EINVAL);
	reta[0] = 3;
	assert_int_equal(plx_ethdev_set_reta(0, reta, 8), -EINVAL);
	reta[0] = 2;
	toy.fail = -EIO;
	assert_int_equal(plx_ethdev_set_reta(0, reta, 8), -EIO);
	toy.fail = 0;
	assert_int_equal(plx_ethdev_reta(0, reta, 8), 0);
	assert_int_equal(reta[0], 0);
	assert_int_equal(plx_ethdev_set_rss_key(0, NULL, 0, PLX_ETH_RSS_UDP), -EINVAL);
	plx_ethdev_unregister(&toy.dev);
}

static void
wishes_beyond_the_device_are_dropped(void **state)
{
	const struct plx_ethdev_conf conf = {.rx_offloads = PLX_ETH_RX_OFFLOAD_SCATTER |
							    PLX_ETH_RX_OFFLOAD_LRO,
					     .tx_offloads = PLX_ETH_TX_OFFLOAD_TCP_TSO};
	struct plx_ethdev_info info;
	struct toy toy;

	toy_init(&toy, "toy0");
	assert_int_equal(plx_ethdev_register(&toy.dev, NULL), 0);
	assert_int_equal(plx_ethdev_configure(0, 1, 1, &conf, NULL), 0);
	plx_ethdev_info(0, &info);
	assert_int_equal(info.rx_offloads, PLX_ETH_RX_OFFLOAD_SCATTER);
	assert_int_equal(info.tx_offloads, 0);
	plx_ethdev_unregister(&toy.dev);
}

static void
a_driver_without_the_needed_ops_is_refused(void **state)
{
	static const struct plx_ethdev_ops none;
	struct plx_why why;
	struct toy toy;

	toy_init(&toy, "toy0");
	toy.dev.ops = &none;
	assert_int_equal(plx_ethdev_register(&toy.dev, &why), -EINVAL);
	assert_int_equal(plx_ethdev_count(), 0);
}

static int
set_up(void **state)
{
	const struct plx_pool_params params = {.name = "ports", .n = 128, .node = PLX_NODE_ANY};

	return eal_pool_init(&params);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_ports_are_enodev),
		cmocka_unit_test(the_states_are_kept),
		cmocka_unit_test(a_failing_driver_leaves_nothing_behind),
		cmocka_unit_test(books_balance_and_outlive_queues),
		cmocka_unit_test(xstats_have_distinct_names),
		cmocka_unit_test(a_small_pool_is_refused_with_the_number_needed),
		cmocka_unit_test(addresses_are_checked_and_listed),
		cmocka_unit_test(rss_is_symmetric_by_default_and_keeps_what_worked),
		cmocka_unit_test(wishes_beyond_the_device_are_dropped),
		cmocka_unit_test(a_driver_without_the_needed_ops_is_refused),
	};

	return cmocka_run_group_tests(tests, set_up, eal_pool_fini);
}
