/* SPDX-License-Identifier: BSD-3-Clause */
/* Single queues: stopped, started and deferred, while the port and the thread that polls them go on. */
#include "contract.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#define ROUNDS 25

static uint64_t
stopped_bursts(const struct wire *wire)
{
	struct plx_ethdev_xstat stats[512];
	int n = plx_ethdev_xstats(wire->port, stats, PLX_ARRAY_LEN(stats));

	for (int i = 0; i < n; i++)
		if (strcmp(stats[i].name, "stopped_bursts") == 0)
			return stats[i].value;
	fail_msg("no xstat stopped_bursts");
	return 0;
}

static enum plx_ethdev_queue_state
state_of(const struct wire *wire, bool rx, uint16_t queue)
{
	struct plx_ethdev_queue_info info;

	assert_int_equal(rx ? plx_ethdev_rx_queue_info(wire->port, queue, &info)
			    : plx_ethdev_tx_queue_info(wire->port, queue, &info),
			 0);
	return info.state;
}

static void
must(int ret, const struct plx_why *why)
{
	if (ret != 0)
		fail_msg("%d: %s", ret, why->text);
}

static void
stop_rx(struct wire *wire, uint16_t queue)
{
	struct plx_why why = {""};

	must(plx_ethdev_rx_queue_stop(wire->port, queue, &why), &why);
	assert_int_equal(state_of(wire, true, queue), PLX_ETHDEV_QUEUE_STOPPED);
}

static void
start_rx(struct wire *wire, uint16_t queue)
{
	struct plx_why why = {""};

	must(plx_ethdev_rx_queue_start(wire->port, queue, &why), &why);
	assert_int_equal(state_of(wire, true, queue), PLX_ETHDEV_QUEUE_STARTED);
}

static void
stop_tx(struct wire *wire, uint16_t queue)
{
	struct plx_why why = {""};

	must(plx_ethdev_tx_queue_stop(wire->port, queue, &why), &why);
	assert_int_equal(state_of(wire, false, queue), PLX_ETHDEV_QUEUE_STOPPED);
}

static void
start_tx(struct wire *wire, uint16_t queue)
{
	struct plx_why why = {""};

	must(plx_ethdev_tx_queue_start(wire->port, queue, &why), &why);
	assert_int_equal(state_of(wire, false, queue), PLX_ETHDEV_QUEUE_STARTED);
}

static void
frames_go_out(struct wire *wire, uint16_t queue, uint32_t first, uint32_t n)
{
	struct plx_mbuf *pkts[BURST];

	for (uint32_t i = 0; i < n; i++)
		pkts[i] = frame_mbuf(wire->pool, 100, wire->mac, first + i, 1);
	wire_send(wire, queue, pkts, (uint16_t)n);
	if (wire->pmd->has & HAS_TX)
		wire_take_frames(wire, first, n, 100);
}

static void
frames_come_in(struct wire *wire, uint32_t first, uint32_t n)
{
	struct plx_mbuf *pkts[BURST];

	if (wire->pmd->has & HAS_RX) {
		wire_put(wire, first, n, 100);
		wire_expect(wire, first, n, 100);
	} else if (wire->pmd->has & HAS_ENDLESS) {
		assert_int_equal(plx_ethdev_rx_burst(wire->port, 0, pkts, (uint16_t)n), n);
		plx_mbuf_free_bulk(pkts, n);
	}
}

/* -- where it can be had ---------------------------------------------------------------------------------- */

static void
a_stopped_rx_queue_brings_nothing_and_counts_who_asks(void **state)
{
	struct wire *wire = *state;
	struct plx_mbuf *pkts[BURST];
	uint64_t before;

	wire_start(wire, 1, NULL);
	for (uint32_t round = 0; round < 5; round++) {
		frames_come_in(wire, 100 * round, 10);
		stop_rx(wire, 0);
		before = stopped_bursts(wire);
		for (int i = 0; i < 3; i++)
			assert_int_equal(plx_ethdev_rx_burst(wire->port, 0, pkts, BURST), 0);
		assert_int_equal(stopped_bursts(wire), before + 3);
		frames_go_out(wire, 0, 100 * round, 5);
		wire_check_ledger(wire);
		start_rx(wire, 0);
	}
	frames_come_in(wire, 1000, 10);
	frames_go_out(wire, 0, 1000, 10);
	wire_check_ledger(wire);
}

static uint64_t
losses(const struct wire *wire)
{
	struct plx_ethdev_ledger ledger;
	uint64_t sum = 0;

	assert_int_equal(plx_ethdev_ledger(wire->port, &ledger), 0);
	for (unsigned i = 0; i < ledger.nb_rx_losses; i++)
		sum += ledger.rx_loss[i].packets;
	return sum;
}

/* What came before the stop is lost by name, or waits where it was and comes after the start: all of it one or the other. */
static void
what_was_in_a_stopped_rx_queue_is_lost_by_name_or_comes_later(void **state)
{
	struct wire *wire = *state;
	struct plx_mbuf *pkts[BURST];
	uint64_t came = 0, until;

	wire_start(wire, 1, NULL);
	frames_come_in(wire, 0, 5);
	wire_put(wire, 100, 20, 100);
	sleep_ms(50);
	stop_rx(wire, 0);
	wire_check_ledger(wire);
	start_rx(wire, 0);
	until = now_ms() + PATIENCE_MS;
	while (came + losses(wire) < 20 && now_ms() < until) {
		uint16_t n = plx_ethdev_rx_burst(wire->port, 0, pkts, BURST);

		for (uint16_t i = 0; i < n; i++)
			frame_check_mbuf(pkts[i], wire->mac);
		plx_mbuf_free_bulk(pkts, n);
		came += n;
		sched_yield();
	}
	assert_int_equal(came + losses(wire), 20);
	frames_come_in(wire, 200, 10);
	wire_check_ledger(wire);
}

static void
a_stopped_tx_queue_takes_nothing_and_counts_who_offers(void **state)
{
	struct wire *wire = *state;
	struct plx_mbuf *m;
	uint64_t before;

	wire_start(wire, 1, NULL);
	for (uint32_t round = 0; round < 5; round++) {
		frames_go_out(wire, 0, 100 * round, 10);
		stop_tx(wire, 0);
		before = stopped_bursts(wire);
		m = frame_mbuf(wire->pool, 100, wire->mac, 0, 1);
		assert_int_equal(plx_ethdev_tx_burst(wire->port, 0, &m, 1), 0);
		assert_int_equal(stopped_bursts(wire), before + 1);
		assert_int_equal(plx_mbuf_check(m, NULL), 0);
		plx_mbuf_free(m);
		frames_come_in(wire, 100 * round, 5);
		wire_check_ledger(wire);
		start_tx(wire, 0);
	}
	frames_go_out(wire, 0, 1000, 10);
	wire_check_ledger(wire);
}

static void
the_other_queues_run_on(void **state)
{
	struct wire *wire = *state;

	wire_start(wire, 2, NULL);
	for (uint32_t round = 0; round < 3; round++) {
		stop_tx(wire, 0);
		stop_rx(wire, 1);
		assert_int_equal(state_of(wire, false, 1), PLX_ETHDEV_QUEUE_STARTED);
		assert_int_equal(state_of(wire, true, 0), PLX_ETHDEV_QUEUE_STARTED);
		frames_go_out(wire, 1, 100 * round, 10);
		start_rx(wire, 1);
		start_tx(wire, 0);
		frames_go_out(wire, 0, 100 * round + 50, 10);
	}
	wire_check_ledger(wire);
}

static void
what_is_so_already_is_no_error_and_what_is_not_there_is(void **state)
{
	struct wire *wire = *state;
	struct plx_why why = {""};
	uint16_t port = wire->port;

	assert_int_equal(plx_ethdev_rx_queue_stop(PLX_ETHDEV_MAX, 0, &why), -ENODEV);
	assert_int_equal(plx_ethdev_rx_queue_stop(port, 0, &why), -EINVAL);
	wire_start(wire, 1, NULL);
	start_rx(wire, 0);
	start_tx(wire, 0);
	stop_rx(wire, 0);
	stop_rx(wire, 0);
	why.text[0] = '\0';
	assert_int_equal(plx_ethdev_rx_queue_stop(port, 1, &why), -EINVAL);
	assert_non_null(strstr(why.text, "no rx queue 1; 1 were configured"));
	assert_int_equal(plx_ethdev_tx_queue_start(port, 1, &why), -EINVAL);
	assert_int_equal(plx_ethdev_rx_queue_defer(port, 0, true, &why), -EBUSY);
	assert_int_equal(plx_ethdev_stop(port), 0);
	assert_int_equal(state_of(wire, true, 0), PLX_ETHDEV_QUEUE_STOPPED);
	assert_int_equal(plx_ethdev_tx_queue_stop(port, 0, &why), -EINVAL);
	/* A start is for all. */
	assert_int_equal(plx_ethdev_start(port, NULL), 0);
	assert_int_equal(state_of(wire, true, 0), PLX_ETHDEV_QUEUE_STARTED);
	frames_come_in(wire, 0, 5);
	frames_go_out(wire, 0, 0, 5);
}

static void
a_deferred_queue_is_left_out_of_each_start(void **state)
{
	struct wire *wire = *state;
	struct plx_ethdev_queue_info info;
	struct plx_why why = {""};
	struct plx_mbuf *pkts[BURST];
	uint16_t port = wire->port;

	assert_int_equal(plx_ethdev_configure(port, 1, 1, NULL, NULL), 0);
	assert_int_equal(plx_ethdev_rx_queue_defer(port, 0, true, &why), -EINVAL);
	wire_set_up_queues(wire, wire->pool);
	must(plx_ethdev_rx_queue_defer(port, 0, true, &why), &why);
	must(plx_ethdev_tx_queue_defer(port, 0, true, &why), &why);
	must(plx_ethdev_tx_queue_defer(port, 0, false, &why), &why);
	for (uint32_t round = 0; round < 3; round++) {
		must(plx_ethdev_start(port, &why), &why);
		assert_int_equal(plx_ethdev_rx_queue_info(port, 0, &info), 0);
		assert_true(info.deferred);
		assert_int_equal(info.state, PLX_ETHDEV_QUEUE_STOPPED);
		assert_int_equal(plx_ethdev_rx_burst(port, 0, pkts, BURST), 0);
		assert_int_equal(state_of(wire, false, 0), PLX_ETHDEV_QUEUE_STARTED);
		frames_go_out(wire, 0, 100 * round, 5);
		start_rx(wire, 0);
		frames_come_in(wire, 100 * round, 10);
		assert_int_equal(plx_ethdev_stop(port), 0);
	}
	/* Set up anew it is as any. */
	wire_set_up_queues(wire, wire->pool);
	must(plx_ethdev_start(port, &why), &why);
	assert_int_equal(state_of(wire, true, 0), PLX_ETHDEV_QUEUE_STARTED);
	wire_check_ledger(wire);
}

/* Its buffers come home at the stop where the device had them, at the latest when the port is closed. */
static void
a_port_is_closed_with_its_queues_stopped(void **state)
{
	struct wire *wire = *state;

	wire_start(wire, 1, NULL);
	frames_come_in(wire, 0, 5);
	stop_rx(wire, 0);
	stop_tx(wire, 0);
	assert_int_equal(plx_ethdev_close(wire->port), 0);
	wire_check_pool(wire);
	wire_check_ledger(wire);
}

struct poller {
	struct wire *wire;
	bool stop;
	uint64_t received;
};

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
		sched_yield();
	}
	return NULL;
}

static void
put_some(struct wire *wire, uint32_t seq)
{
	uint8_t frame[FRAME_MAX];

	frame_make(frame, 100, wire->mac, seq);
	for (int i = 0; (wire->pmd->has & HAS_RX) && i < 5; i++)
		if (wire->pmd->put(wire, frame, 100) != 0)
			break;
	while ((wire->pmd->has & HAS_TX) && wire->pmd->get(wire, frame, sizeof(frame)) > 0)
		;
}

static void
queues_stop_and_start_under_a_thread_that_polls_them(void **state)
{
	struct wire *wire = *state;
	struct poller poller = {.wire = wire};
	struct plx_ethdev_stats stats;
	uint64_t before, until;
	pthread_t thread;

	wire_start(wire, 1, NULL);
	assert_int_equal(pthread_create(&thread, NULL, poll_port, &poller), 0);
	for (unsigned round = 0; round < ROUNDS; round++) {
		put_some(wire, round);
		stop_rx(wire, 0);
		if (round % 2 == 0)
			stop_tx(wire, 0);
		put_some(wire, round);
		start_rx(wire, 0);
		start_tx(wire, 0);
	}
	/* It goes on as if nothing had been. */
	before = __atomic_load_n(&poller.received, __ATOMIC_RELAXED);
	until = now_ms() + PATIENCE_MS;
	for (unsigned i = 0; __atomic_load_n(&poller.received, __ATOMIC_RELAXED) == before; i++) {
		assert_true(now_ms() < until);
		put_some(wire, ROUNDS + i);
	}
	__atomic_store_n(&poller.stop, true, __ATOMIC_RELAXED);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(plx_ethdev_stop(wire->port), 0);
	wire_check_ledger(wire);
	assert_int_equal(plx_ethdev_stats(wire->port, &stats), 0);
	assert_int_equal(stats.rx_packets, poller.received);
	assert_int_equal(plx_ethdev_close(wire->port), 0);
	wire_check_pool(wire);
}

/* -- where it cannot ---------------------------------------------------------------------------------------- */

/* Says so, and runs on; a deferred queue then is no start. */
static void
a_port_that_cannot_says_why_and_runs_on(void **state)
{
	struct wire *wire = *state;
	struct plx_why why = {""};
	int ret;

	if (wire->pmd->has & HAS_ALONE)
		return;
	wire_start(wire, 1, NULL);
	assert_int_equal(plx_ethdev_rx_queue_stop(wire->port, 0, &why), -ENOTSUP);
	assert_non_null(strstr(why.text, "with"));
	assert_int_equal(plx_ethdev_tx_queue_stop(wire->port, 0, &why), -ENOTSUP);
	assert_int_equal(state_of(wire, true, 0), PLX_ETHDEV_QUEUE_STARTED);
	assert_int_equal(state_of(wire, false, 0), PLX_ETHDEV_QUEUE_STARTED);
	frames_come_in(wire, 0, 5);
	assert_int_equal(plx_ethdev_stop(wire->port), 0);
	ret = plx_ethdev_rx_queue_defer(wire->port, 0, true, &why);
	if (ret == 0)
		ret = plx_ethdev_start(wire->port, &why);
	assert_int_equal(ret, -ENOTSUP);
	plx_ethdev_rx_queue_defer(wire->port, 0, false, &why);
	must(plx_ethdev_start(wire->port, &why), &why);
}

const struct contract_case queue_cases[] = {
	CASE(a_stopped_rx_queue_brings_nothing_and_counts_who_asks, .needs = HAS_ALONE),
	CASE(what_was_in_a_stopped_rx_queue_is_lost_by_name_or_comes_later,
	     .needs = HAS_ALONE | HAS_RX),
	CASE(a_stopped_tx_queue_takes_nothing_and_counts_who_offers, .needs = HAS_ALONE),
	CASE(the_other_queues_run_on, .needs = HAS_ALONE | HAS_QUEUES),
	CASE(what_is_so_already_is_no_error_and_what_is_not_there_is, .needs = HAS_ALONE),
	CASE(a_deferred_queue_is_left_out_of_each_start, .needs = HAS_ALONE),
	CASE(a_port_is_closed_with_its_queues_stopped, .needs = HAS_ALONE),
	CASE(queues_stop_and_start_under_a_thread_that_polls_them, .needs = HAS_ALONE),
	CASE(a_port_that_cannot_says_why_and_runs_on),
	{0},
};
