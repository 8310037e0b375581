/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets that cannot be taken: counted under a name, and the port recovers. */
#include "contract.h"

#include <stdio.h>
#include <string.h>

#define SILENCE_MS 50
#define SMALL_POOL 256

/* Takes every buffer that is left; `held` has room for SMALL_POOL. */
static uint32_t
hold_all(struct plx_pool *pool, struct plx_mbuf **held)
{
	uint32_t n = 0;

	while (n < SMALL_POOL && (held[n] = plx_mbuf_alloc(pool)) != NULL)
		n++;
	return n;
}

static uint64_t
named_losses(const struct wire *wire)
{
	struct plx_ethdev_stats stats;

	assert_int_equal(plx_ethdev_stats(wire->port, &stats), 0);
	return stats.rx_missed + stats.rx_no_mbuf + stats.rx_errors;
}

/* A port of its own small pool, with few descriptors, as drivers that fill their rings need. */
static struct plx_pool *
start_with_small_pool(struct wire *wire, const struct plx_ethdev_conf *conf)
{
	static unsigned number;
	char name[32];
	struct plx_pool_params params = {.name = name, .n = SMALL_POOL, .node = -1};
	struct plx_pool *pool;

	snprintf(name, sizeof(name), "small%u", number++);
	assert_int_equal(plx_pool_create(&params, &pool, NULL), 0);
	assert_int_equal(plx_ethdev_configure(wire->port, 1, 1, conf, NULL), 0);
	assert_int_equal(plx_ethdev_rx_queue_setup(wire->port, 0, 64, pool, NULL), 0);
	assert_int_equal(plx_ethdev_tx_queue_setup(wire->port, 0, 64, NULL), 0);
	assert_int_equal(plx_ethdev_start(wire->port, NULL), 0);
	return pool;
}

/* Keeps what comes, until packets are lost; of a port that leaves them where they are, until nothing comes for a while. */
static uint32_t
receive_all(struct wire *wire, struct plx_mbuf **kept, uint32_t room)
{
	const unsigned patience_ms = wire->pmd->has & HAS_PATIENCE ? SILENCE_MS : PATIENCE_MS;
	uint64_t until = now_ms() + patience_ms;
	uint32_t n = 0;

	while (now_ms() < until && n < room && named_losses(wire) == 0) {
		uint16_t got = plx_ethdev_rx_burst(wire->port, 0, kept + n,
						   (uint16_t)(room - n < BURST ? room - n : BURST));

		n += got;
		if (got > 0)
			until = now_ms() + patience_ms;
	}
	return n;
}

static void
an_empty_pool_costs_packets_under_a_name_and_no_more(void **state)
{
	enum { N = 1000 };
	struct wire *wire = *state;
	struct plx_pool *pool = start_with_small_pool(wire, NULL);
	struct plx_mbuf *held[SMALL_POOL], *kept[SMALL_POOL];
	uint32_t nb_held = hold_all(pool, held), nb_kept;

	wire_put(wire, 0, N, 100);
	nb_kept = receive_all(wire, kept, SMALL_POOL);
	assert_true(nb_kept < N);
	if (!(wire->pmd->has & HAS_PATIENCE))
		assert_true(named_losses(wire) > 0);
	plx_mbuf_free_bulk(held, nb_held);
	plx_mbuf_free_bulk(kept, nb_kept);
	/* What still waits somewhere may come now; then new frames flow as before. */
	wire_wait_for_far_end(wire);
	wire_put(wire, 5000, 20, 100);
	wire_expect(wire, 5000, 20, 100);
	assert_int_equal(plx_ethdev_stop(wire->port), 0);
	wire_check_ledger(wire);
	assert_int_equal(plx_ethdev_close(wire->port), 0);
	wire_check_ledger(wire);
	assert_int_equal(plx_pool_destroy(pool, NULL), 0);
}

static void
a_pool_that_runs_out_within_a_chain_costs_no_more_than_the_packet(void **state)
{
	enum { N = 60, LEN = 7014 }; /* four buffers, or two */
	struct wire *wire = *state;
	struct plx_ethdev_conf conf = {.rx_offloads = PLX_ETH_RX_OFFLOAD_SCATTER,
				       .mtu = wire->pmd->has & HAS_MTU ? 7000 : 0};
	struct plx_mbuf *held[SMALL_POOL], *kept[SMALL_POOL];
	struct plx_pool *pool;
	uint32_t nb_held, nb_kept;

	if (wire->pmd->stretch != NULL)
		assert_int_equal(wire->pmd->stretch(wire, 9000), 0);
	pool = start_with_small_pool(wire, &conf);
	nb_held = hold_all(pool, held);
	/* Seven buffers back: not a whole number of packets. */
	for (int i = 0; i < 7 && nb_held > 0; i++)
		plx_mbuf_free(held[--nb_held]);
	for (uint32_t i = 0; i < N; i++)
		wire_put(wire, i, 1, i % 3 != 0 ? LEN / 2 : LEN);
	nb_kept = receive_all(wire, kept, SMALL_POOL);
	assert_true(nb_kept < N || (wire->pmd->has & HAS_GIVEN));
	for (uint32_t i = 0; i < nb_kept; i++) {
		assert_int_equal(plx_mbuf_check(kept[i], NULL), 0);
		frame_check_mbuf(kept[i], wire->mac);
	}
	plx_mbuf_free_bulk(held, nb_held);
	plx_mbuf_free_bulk(kept, nb_kept);
	wire_wait_for_far_end(wire);
	wire_put(wire, 5000, 5, LEN);
	wire_expect(wire, 5000, 5, LEN);
	assert_int_equal(plx_ethdev_close(wire->port), 0);
	wire_check_ledger(wire);
	assert_int_equal(plx_pool_destroy(pool, NULL), 0);
}

static void
an_endless_source_counts_what_an_empty_pool_costs(void **state)
{
	struct wire *wire = *state;
	struct plx_pool *pool = start_with_small_pool(wire, NULL);
	struct plx_mbuf *held[SMALL_POOL], *got[BURST];
	uint32_t nb_held = hold_all(pool, held);

	assert_int_equal(plx_ethdev_rx_burst(wire->port, 0, got, BURST), 0);
	assert_true(named_losses(wire) > 0);
	plx_mbuf_free_bulk(held, nb_held);
	assert_int_equal(plx_ethdev_rx_burst(wire->port, 0, got, BURST), BURST);
	plx_mbuf_free_bulk(got, BURST);
	wire_check_ledger(wire);
	assert_int_equal(plx_ethdev_close(wire->port), 0);
	assert_int_equal(plx_pool_destroy(pool, NULL), 0);
}

static void
a_port_that_nobody_asks_loses_under_a_name(void **state)
{
	enum { N = 6000 };
	struct wire *wire = *state;
	struct plx_pool *pool = start_with_small_pool(wire, NULL);
	struct plx_ethdev_stats stats;
	struct plx_mbuf *pkts[BURST];
	uint64_t got = 0, until;

	wire_put(wire, 0, N, 100);
	sleep_ms(20);
	until = now_ms() + PATIENCE_MS;
	while (now_ms() < until && got + named_losses(wire) < N) {
		uint16_t n = plx_ethdev_rx_burst(wire->port, 0, pkts, BURST);

		plx_mbuf_free_bulk(pkts, n);
		got += n;
		if (n > 0)
			until = now_ms() + PATIENCE_MS;
	}
	assert_int_equal(plx_ethdev_stop(wire->port), 0);
	assert_int_equal(plx_ethdev_stats(wire->port, &stats), 0);
	assert_int_equal(stats.rx_packets, got);
	assert_int_equal(got + stats.rx_missed + stats.rx_no_mbuf + stats.rx_errors, N);
	wire_check_ledger(wire);
	assert_int_equal(plx_ethdev_close(wire->port), 0);
	assert_int_equal(plx_pool_destroy(pool, NULL), 0);
}

static void
frames_that_wait_at_a_stop_are_accounted_for_and_never_come(void **state)
{
	struct wire *wire = *state;

	wire_start(wire, 1, NULL);
	wire_put(wire, 0, 100, 100);
	sleep_ms(10);
	assert_int_equal(plx_ethdev_stop(wire->port), 0);
	wire_check_ledger(wire);
	assert_int_equal(plx_ethdev_start(wire->port, NULL), 0);
	wire_check_ledger(wire);
	if (!(wire->pmd->has & HAS_PATIENCE)) {
		wire_put(wire, 500, 5, 100);
		wire_expect(wire, 500, 5, 100);
	}
	assert_int_equal(plx_ethdev_close(wire->port), 0);
	wire_check_ledger(wire);
	wire_check_pool(wire);
}

const struct contract_case loss_cases[] = {
	CASE(an_empty_pool_costs_packets_under_a_name_and_no_more, .needs = HAS_RX),
	CASE(an_endless_source_counts_what_an_empty_pool_costs, .needs = HAS_ENDLESS),
	CASE(a_port_that_nobody_asks_loses_under_a_name, .needs = HAS_RX),
	CASE(a_pool_that_runs_out_within_a_chain_costs_no_more_than_the_packet,
	     .needs = HAS_RX | HAS_SCATTER),
	CASE(frames_that_wait_at_a_stop_are_accounted_for_and_never_come, .needs = HAS_RX),
	{0},
};
