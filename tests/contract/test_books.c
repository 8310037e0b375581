/* SPDX-License-Identifier: BSD-3-Clause */
/* Counters say what happened, no more and no less. */
#include "contract.h"

#include <string.h>
#include <unistd.h>

#define XSTATS_MAX 1024

static void
stats_equal_the_packets_in_both_directions(void **state)
{
	struct wire *wire = *state;
	struct plx_ethdev_stats stats;
	struct plx_mbuf *pkts[50];
	uint64_t bytes = 0;

	wire_start(wire, 1, NULL);
	for (uint32_t i = 0; i < 50; i++) {
		pkts[i] = frame_mbuf(wire->pool, 60 + i, wire->mac, i, 1);
		bytes += 60 + i;
	}
	wire_send(wire, 0, pkts, 50);
	for (uint32_t i = 0; i < 50 && (wire->pmd->has & HAS_TX); i++)
		wire_take_frames(wire, i, 1, 60 + i);
	wire_drain(wire);
	assert_int_equal(plx_ethdev_stats(wire->port, &stats), 0);
	assert_int_equal(stats.tx_packets, wire_taken(wire, 50));
	assert_int_equal(stats.tx_bytes, wire_taken(wire, bytes));
	assert_int_equal(stats.tx_errors, 0);
	if (!(wire->pmd->has & HAS_RX))
		return;
	wire_put(wire, 0, 70, 123);
	wire_expect(wire, 0, 70, 123);
	assert_int_equal(plx_ethdev_stats(wire->port, &stats), 0);
	assert_int_equal(stats.rx_packets, 70);
	assert_int_equal(stats.rx_bytes, 70 * 123);
	assert_int_equal(stats.rx_missed + stats.rx_no_mbuf + stats.rx_errors, 0);
}

static void
expect_stats(struct wire *wire, uint64_t rx_packets, uint64_t tx_packets)
{
	struct plx_ethdev_stats stats;

	assert_int_equal(plx_ethdev_stats(wire->port, &stats), 0);
	assert_int_equal(stats.tx_packets, tx_packets);
	assert_int_equal(stats.tx_bytes, tx_packets * 100);
	if (!(wire->pmd->has & HAS_RX))
		return;
	assert_int_equal(stats.rx_packets, rx_packets);
	assert_int_equal(stats.rx_bytes, rx_packets * 100);
}

static void
stats_survive_stop_and_start_until_they_are_reset(void **state)
{
	struct wire *wire = *state;
	struct plx_mbuf *m = frame_mbuf(wire->pool, 100, wire->mac, 0, 1);
	const uint64_t sent = wire_taken(wire, 1);

	wire_start(wire, 1, NULL);
	wire_send(wire, 0, &m, 1);
	if (wire->pmd->has & HAS_TX)
		wire_take_frames(wire, 0, 1, 100);
	if (wire->pmd->has & HAS_RX) {
		wire_put(wire, 0, 3, 100);
		wire_expect(wire, 0, 3, 100);
	}
	assert_int_equal(plx_ethdev_stop(wire->port), 0);
	assert_int_equal(plx_ethdev_start(wire->port, NULL), 0);
	expect_stats(wire, 3, sent);
	assert_int_equal(plx_ethdev_close(wire->port), 0);
	expect_stats(wire, 3, sent);
	wire_check_ledger(wire);
	assert_int_equal(plx_ethdev_stats_reset(wire->port), 0);
	expect_stats(wire, 0, 0);
	wire_check_ledger(wire);
}

static void
xstats_have_names_of_their_own(void **state)
{
	static struct plx_ethdev_xstat stats[XSTATS_MAX], few[3];
	struct wire *wire = *state;
	int n;

	wire_start(wire, wire->pmd->has & HAS_QUEUES ? 2 : 1, NULL);
	n = plx_ethdev_xstats(wire->port, NULL, 0);
	assert_in_range(n, 8, XSTATS_MAX);
	assert_int_equal(plx_ethdev_xstats(wire->port, stats, XSTATS_MAX), n);
	for (int i = 0; i < n; i++) {
		assert_in_range(strlen(stats[i].name), 1, sizeof(stats[i].name) - 1);
		for (int k = 0; k < i; k++)
			assert_string_not_equal(stats[i].name, stats[k].name);
	}
	memset(few, 0, sizeof(few));
	assert_int_equal(plx_ethdev_xstats(wire->port, few, 2), n);
	assert_string_equal(few[1].name, stats[1].name);
	assert_int_equal(few[2].name[0], 0);
}

/* A device that is a thread may hand a frame on before it says that it is done with it. */
static void
reap_all(struct wire *wire, uint64_t n)
{
	struct plx_ethdev_stats stats = {0};

	for (unsigned ms = 0; ms < PATIENCE_MS && stats.tx_packets < n; ms++) {
		if (ms > 0)
			usleep(1000);
		plx_ethdev_tx_burst(wire->port, 0, NULL, 0);
		plx_ethdev_tx_burst(wire->port, 1, NULL, 0);
		assert_int_equal(plx_ethdev_stats(wire->port, &stats), 0);
	}
}

static void
queue_counters_add_up(void **state)
{
	static struct plx_ethdev_xstat stats[XSTATS_MAX];
	struct wire *wire = *state;
	uint64_t sum = 0, total = 0;
	int n;

	wire_start(wire, 2, NULL);
	for (uint16_t i = 0; i < 30; i++) {
		struct plx_mbuf *m = frame_mbuf(wire->pool, 100, wire->mac, i, 1);

		wire_send(wire, i % 2, &m, 1);
		if (wire->pmd->has & HAS_TX)
			wire_take_frames(wire, i, 1, 100);
	}
	reap_all(wire, wire_taken(wire, 30));
	n = plx_ethdev_xstats(wire->port, stats, XSTATS_MAX);
	for (int i = 0; i < n; i++) {
		if (strcmp(stats[i].name, "tx_q0_packets") == 0 ||
		    strcmp(stats[i].name, "tx_q1_packets") == 0) {
			assert_int_equal(stats[i].value, wire_taken(wire, 15));
			sum += stats[i].value;
		}
		if (strcmp(stats[i].name, "tx_good_packets") == 0)
			total = stats[i].value;
	}
	assert_int_equal(sum, wire_taken(wire, 30));
	assert_int_equal(total, wire_taken(wire, 30));
}

static void
the_ledger_balances_at_every_stop(void **state)
{
	struct wire *wire = *state;
	struct plx_ethdev_ledger ledger;

	wire_check_ledger(wire);
	for (uint32_t round = 0; round < 5; round++) {
		struct plx_mbuf *pkts[20];

		wire_start(wire, 1, NULL);
		for (uint32_t i = 0; i < 20; i++)
			pkts[i] = frame_mbuf(wire->pool, 100, wire->mac, i, 1);
		wire_send(wire, 0, pkts, 20);
		if (wire->pmd->has & HAS_RX) {
			wire_put(wire, 0, 20, 100);
			assert_int_equal(wire_receive(wire, 0, pkts, 15), 15);
			plx_mbuf_free_bulk(pkts, 15);
		}
		assert_int_equal(plx_ethdev_stop(wire->port), 0);
		wire_check_ledger(wire);
		wire_drain(wire);
	}
	assert_int_equal(plx_ethdev_close(wire->port), 0);
	wire_check_ledger(wire);
	assert_int_equal(plx_ethdev_ledger(wire->port, &ledger), 0);
	assert_int_equal(ledger.tx_taken, wire_taken(wire, 100));
	if (!(wire->pmd->has & HAS_RX))
		return;
	assert_int_equal(ledger.rx_delivered, 75);
	assert_true(ledger.rx_received >= 75);
}

const struct contract_case books_cases[] = {
	CASE(stats_equal_the_packets_in_both_directions),
	CASE(stats_survive_stop_and_start_until_they_are_reset),
	CASE(xstats_have_names_of_their_own),
	CASE(queue_counters_add_up, .needs = HAS_QUEUES),
	CASE(the_ledger_balances_at_every_stop),
	{0},
};
