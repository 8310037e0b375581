/* SPDX-License-Identifier: BSD-3-Clause */
/* One thread polls, another asks and sets: what the sanitizers judge, and the books after it. */
#include "contract.h"

#include <pthread.h>
#include <sched.h>

#define RUN_MS 300

struct poller {
	struct wire *wire;
	bool stop;
	uint64_t received, sent;
};

/* Sends back what it receives, or what it made itself where nothing comes in. */
static void *
poll_port(void *arg)
{
	struct poller *poller = arg;
	uint16_t port = poller->wire->port;
	struct plx_mbuf *pkts[BURST];

	while (!__atomic_load_n(&poller->stop, __ATOMIC_RELAXED)) {
		uint16_t n = plx_ethdev_rx_burst(port, 0, pkts, BURST);
		uint16_t sent = plx_ethdev_tx_burst(port, 0, pkts, n);

		plx_mbuf_free_bulk(pkts + sent, (uint32_t)(n - sent));
		__atomic_fetch_add(&poller->received, n, __ATOMIC_RELAXED);
		poller->sent += sent;
		sched_yield();
	}
	return NULL;
}

static void
ask_everything(struct wire *wire)
{
	struct plx_ethdev_xstat xstats[64];
	struct plx_ethdev_ledger ledger;
	struct plx_ethdev_stats stats;
	struct plx_ethdev_info info;
	struct plx_ethdev_link link;

	assert_int_equal(plx_ethdev_stats(wire->port, &stats), 0);
	assert_int_equal(plx_ethdev_ledger(wire->port, &ledger), 0);
	assert_true(plx_ethdev_xstats(wire->port, xstats, PLX_ARRAY_LEN(xstats)) > 0);
	assert_int_equal(plx_ethdev_info(wire->port, &info), 0);
	assert_int_equal(plx_ethdev_link(wire->port, &link), 0);
	plx_ethdev_rx_queue_count(wire->port, 0);
	plx_ethdev_rx_fd(wire->port, 0);
}

/* Refusals are as good as successes here. */
static void
set_everything(struct wire *wire, unsigned round)
{
	const uint8_t mac[6] = {0x02, 0xdd, 0, 0, 0, 1}, group[6] = {0x01, 0, 0x5e, 1, 1, 1};

	plx_ethdev_set_promiscuous(wire->port, round % 2 == 0);
	plx_ethdev_set_allmulticast(wire->port, round % 3 == 0);
	if (round % 2 == 0)
		plx_ethdev_mac_add(wire->port, group);
	else
		plx_ethdev_mac_remove(wire->port, group);
	plx_ethdev_set_mac(wire->port, round % 2 == 0 ? mac : wire->mac);
	plx_ethdev_set_mtu(wire->port, (uint16_t)(1400 + round % 100), NULL);
}

/* As much as goes in; and out comes what would be in the way, unless the port must stop for that. */
static void
put_some(struct wire *wire, uint32_t seq)
{
	uint8_t frame[FRAME_MAX];

	frame_make(frame, 100, wire->mac, seq);
	for (int i = 0; i < 5 && wire->pmd->put(wire, frame, 100) == 0; i++)
		;
	while (!(wire->pmd->has & HAS_PATIENCE) && wire->pmd->get(wire, frame, sizeof(frame)) > 0)
		;
}

static void
a_port_is_asked_and_set_while_another_thread_polls_it(void **state)
{
	struct wire *wire = *state;
	struct poller poller = {.wire = wire};
	struct plx_ethdev_stats stats;
	pthread_t thread;
	uint64_t until;

	wire_start(wire, 1, NULL);
	assert_int_equal(pthread_create(&thread, NULL, poll_port, &poller), 0);
	until = now_ms() + RUN_MS;
	/* At least until the thread has run: it may have to wait for a processor. */
	for (unsigned round = 0;
	     now_ms() < until || (__atomic_load_n(&poller.received, __ATOMIC_RELAXED) == 0 &&
				  now_ms() < until + PATIENCE_MS);
	     round++) {
		if (wire->pmd->has & HAS_RX)
			put_some(wire, round);
		ask_everything(wire);
		set_everything(wire, round);
	}
	__atomic_store_n(&poller.stop, true, __ATOMIC_RELAXED);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(plx_ethdev_stop(wire->port), 0);
	wire_check_ledger(wire);
	assert_int_equal(plx_ethdev_stats(wire->port, &stats), 0);
	assert_int_equal(stats.rx_packets, poller.received);
	assert_int_equal(stats.tx_packets + stats.tx_errors, poller.sent);
	assert_true(poller.received > 0);
	assert_int_equal(plx_ethdev_close(wire->port), 0);
	wire_check_pool(wire);
}

const struct contract_case thread_cases[] = {
	CASE(a_port_is_asked_and_set_while_another_thread_polls_it),
	{0},
};
