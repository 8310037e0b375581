/* SPDX-License-Identifier: BSD-3-Clause */
/* What goes in comes out, byte by byte and in order, in every shape a packet may have. */
#include "contract.h"

#include <stdlib.h>
#include <string.h>

static const size_t lengths[] = {18, 59, 60, 61, 63, 64, 65, 127, 128, 511, 1000, 1499, 1513, 1514};

static void
frames_arrive_whole_and_in_order(void **state)
{
	struct wire *wire = *state;

	wire_start(wire, 1, NULL);
	for (size_t i = 0; i < PLX_ARRAY_LEN(lengths); i++) {
		wire_put(wire, (uint32_t)i * 100, 40, lengths[i]);
		wire_expect(wire, (uint32_t)i * 100, 40, lengths[i]);
	}
	wire_check_ledger(wire);
}

static void
frames_are_sent_whole_and_in_order(void **state)
{
	struct wire *wire = *state;
	struct plx_mbuf *pkts[40];

	wire_start(wire, 1, NULL);
	for (size_t i = 0; i < PLX_ARRAY_LEN(lengths); i++) {
		for (uint32_t k = 0; k < 40; k++)
			pkts[k] = frame_mbuf(wire->pool, lengths[i], wire->mac, k, 1);
		wire_send(wire, 0, pkts, 40);
		wire_take_frames(wire, 0, 40, lengths[i]);
	}
	wire_check_ledger(wire);
}

static void
a_burst_of_none_does_nothing(void **state)
{
	struct wire *wire = *state;

	wire_start(wire, 1, NULL);
	assert_int_equal(plx_ethdev_rx_burst(wire->port, 0, NULL, 0), 0);
	assert_int_equal(plx_ethdev_tx_burst(wire->port, 0, NULL, 0), 0);
	wire_check_ledger(wire);
}

static void
every_burst_size_works(void **state)
{
	static const uint16_t sizes[] = {1, 2, 3, 7, 8, 31, 32, 33, 64, 65, 100};
	struct wire *wire = *state;
	struct plx_mbuf *pkts[100];

	wire_start(wire, 1, NULL);
	for (size_t i = 0; i < PLX_ARRAY_LEN(sizes); i++) {
		for (uint16_t k = 0; k < sizes[i]; k++)
			pkts[k] = frame_mbuf(wire->pool, 90, wire->mac, k, 1);
		wire_send(wire, 0, pkts, sizes[i]);
		if (wire->pmd->has & HAS_TX)
			wire_take_frames(wire, 0, sizes[i], 90);
		if (!(wire->pmd->has & (HAS_RX | HAS_ENDLESS)))
			continue;
		if (wire->pmd->has & HAS_RX)
			wire_put(wire, 0, sizes[i], 90);
		assert_int_equal(wire_receive(wire, 0, pkts, sizes[i]), sizes[i]);
		plx_mbuf_free_bulk(pkts, sizes[i]);
	}
	wire_check_ledger(wire);
}

static void
a_huge_burst_takes_what_there_is(void **state)
{
	struct wire *wire = *state;
	struct plx_mbuf **pkts = calloc(2048, sizeof(*pkts));
	uint16_t got = 0;

	assert_non_null(pkts);
	wire_start(wire, 1, NULL);
	if (wire->pmd->has & HAS_RX)
		wire_put(wire, 0, 50, 100);
	for (uint64_t until = now_ms() + PATIENCE_MS; got < 50 && now_ms() < until;)
		got = (uint16_t)(got + plx_ethdev_rx_burst(wire->port, 0, pkts + got,
							   (uint16_t)(2048 - got)));
	assert_true(wire->pmd->has & HAS_RX ? got == 50 : got > 0);
	plx_mbuf_free_bulk(pkts, got);
	free(pkts);
	wire_check_ledger(wire);
}

static void
partial_tx_leaves_the_rest_with_the_caller(void **state)
{
	enum { N = 2000 };
	struct wire *wire = *state;
	struct plx_mbuf **pkts = calloc(N, sizeof(*pkts));
	struct plx_ethdev_stats stats;
	uint16_t taken;

	assert_non_null(pkts);
	wire_start(wire, 1, NULL);
	for (uint32_t i = 0; i < N; i++)
		pkts[i] = frame_mbuf(wire->pool, 100, wire->mac, i, 1);
	taken = plx_ethdev_tx_burst(wire->port, 0, pkts, N);
	assert_true(taken <= wire_taken(wire, N) && (taken > 0 || wire_taken(wire, N) == 0));
	if (wire->pmd->has & HAS_NO_LIMIT)
		assert_int_equal(taken, N);
	for (uint32_t i = taken; i < N; i++) {
		assert_int_equal(plx_mbuf_check(pkts[i], NULL), 0);
		frame_check(plx_mbuf_data(pkts[i]), pkts[i]->pkt_len, wire->mac, i);
		plx_mbuf_free(pkts[i]);
	}
	free(pkts);
	wire_drain(wire);
	assert_int_equal(plx_ethdev_stop(wire->port), 0);
	wire_check_ledger(wire);
	assert_int_equal(plx_ethdev_stats(wire->port, &stats), 0);
	assert_int_equal(stats.tx_packets + stats.tx_errors, taken);
	assert_int_equal(plx_ethdev_close(wire->port), 0);
	wire_check_pool(wire);
}

static void
chains_are_sent_as_one_frame(void **state)
{
	static const unsigned segs[] = {2, 3, 5, 17};
	struct wire *wire = *state;

	wire_start(wire, 1,
		   &(struct plx_ethdev_conf){.tx_offloads = PLX_ETH_TX_OFFLOAD_MULTI_SEGS});
	for (uint32_t i = 0; i < PLX_ARRAY_LEN(segs); i++) {
		struct plx_mbuf *m = frame_mbuf(wire->pool, 1001, wire->mac, i, segs[i]);

		wire_send(wire, 0, &m, 1);
		if (wire->pmd->has & HAS_TX)
			wire_take_frames(wire, i, 1, 1001);
	}
	assert_int_equal(plx_ethdev_close(wire->port), 0);
	wire_check_pool(wire);
	wire_check_ledger(wire);
}

static void
empty_segments_in_a_chain_do_no_harm(void **state)
{
	struct wire *wire = *state;
	struct plx_mbuf *m = frame_mbuf(wire->pool, 500, wire->mac, 1, 1);
	struct plx_mbuf *empty = plx_mbuf_alloc(wire->pool);
	struct plx_mbuf *tail = plx_mbuf_alloc(wire->pool);

	wire_start(wire, 1,
		   &(struct plx_ethdev_conf){.tx_offloads = PLX_ETH_TX_OFFLOAD_MULTI_SEGS});
	memcpy(plx_mbuf_append(tail, 100), plx_mbuf_data(m) + 400, 100);
	assert_true(plx_mbuf_trim(m, 100));
	assert_int_equal(plx_mbuf_chain(m, empty), 0);
	assert_int_equal(plx_mbuf_chain(m, tail), 0);
	wire_send(wire, 0, &m, 1);
	if (wire->pmd->has & HAS_TX)
		wire_take_frames(wire, 1, 1, 500);
	assert_int_equal(plx_ethdev_close(wire->port), 0);
	wire_check_pool(wire);
}

static void
a_clone_is_sent_and_its_bytes_stay(void **state)
{
	struct wire *wire = *state;
	struct plx_mbuf *m = frame_mbuf(wire->pool, 300, wire->mac, 9, 1);
	struct plx_mbuf *clones[8];

	wire_start(wire, 1, NULL);
	for (int i = 0; i < 8; i++) {
		clones[i] = plx_mbuf_clone(m, wire->pool);
		assert_non_null(clones[i]);
	}
	wire_send(wire, 0, clones, 8);
	for (int i = 0; i < 8 && (wire->pmd->has & HAS_TX); i++)
		wire_take_frames(wire, 9, 1, 300);
	assert_int_equal(plx_ethdev_close(wire->port), 0);
	frame_check(plx_mbuf_data(m), 300, wire->mac, 9);
	assert_int_equal(plx_mbuf_check(m, NULL), 0);
	plx_mbuf_free(m);
	wire_check_pool(wire);
}

static void
a_referenced_packet_is_sent_and_stays_its_holders(void **state)
{
	struct wire *wire = *state;
	struct plx_mbuf *m = frame_mbuf(wire->pool, 300, wire->mac, 9, 1), *sent = m;

	wire_start(wire, 1, NULL);
	plx_mbuf_ref(m);
	wire_send(wire, 0, &sent, 1);
	if (wire->pmd->has & HAS_TX)
		wire_take_frames(wire, 9, 1, 300);
	assert_int_equal(plx_ethdev_close(wire->port), 0);
	frame_check(plx_mbuf_data(m), 300, wire->mac, 9);
	assert_true(plx_mbuf_is_sole(m));
	plx_mbuf_free(m);
	wire_check_pool(wire);
}

static void
count_release(void *arg, void *addr)
{
	++*(int *)arg;
}

static void
external_bytes_are_sent_and_released_once(void **state)
{
	static uint8_t bytes[2048];
	struct wire *wire = *state;
	struct plx_mbuf *m = plx_mbuf_alloc(wire->pool);
	int released = 0;
	struct plx_mbuf_external external = {
		.release = count_release, .arg = &released, .addr = bytes};

	wire_start(wire, 1, NULL);
	frame_make(bytes, 700, wire->mac, 3);
	assert_int_equal(plx_mbuf_attach_external(m, bytes, 700, &external), 0);
	m->data_len = 700;
	m->pkt_len = 700;
	wire_send(wire, 0, &m, 1);
	if (wire->pmd->has & HAS_TX)
		wire_take_frames(wire, 3, 1, 700);
	assert_int_equal(plx_ethdev_close(wire->port), 0);
	assert_int_equal(released, 1);
	wire_check_pool(wire);
}

static void
frames_too_short_to_be_any_are_sent_or_counted(void **state)
{
	static const size_t tiny[] = {0, 1, 12, 13, 14};
	struct wire *wire = *state;
	struct plx_ethdev_stats stats;

	wire_start(wire, 1, NULL);
	for (size_t i = 0; i < PLX_ARRAY_LEN(tiny); i++) {
		struct plx_mbuf *m = frame_mbuf(wire->pool, tiny[i], wire->mac, 0, 1);

		wire_send(wire, 0, &m, 1);
	}
	sleep_ms(10);
	wire_drain(wire);
	assert_int_equal(plx_ethdev_stop(wire->port), 0);
	assert_int_equal(plx_ethdev_stats(wire->port, &stats), 0);
	assert_int_equal(stats.tx_packets + stats.tx_errors, wire_taken(wire, PLX_ARRAY_LEN(tiny)));
	wire_check_ledger(wire);
	assert_int_equal(plx_ethdev_start(wire->port, NULL), 0);
	if (wire->pmd->has & HAS_TX) {
		struct plx_mbuf *m = frame_mbuf(wire->pool, 60, wire->mac, 77, 1);

		wire_drain(wire);
		wire_send(wire, 0, &m, 1);
		wire_take_frames(wire, 77, 1, 60);
	}
}

static void
stretch(struct wire *wire, unsigned mtu)
{
	if (wire->pmd->stretch != NULL)
		assert_int_equal(wire->pmd->stretch(wire, mtu), 0);
}

/* A row without one takes frames of any length. */
static uint16_t
long_mtu(const struct wire *wire)
{
	return wire->pmd->has & HAS_MTU ? 8000 : 0;
}

static void
long_frames_come_as_chains(void **state)
{
	struct wire *wire = *state;
	struct plx_ethdev_conf conf = {.rx_offloads = PLX_ETH_RX_OFFLOAD_SCATTER,
				       .mtu = long_mtu(wire)};

	stretch(wire, 9000);
	wire_start(wire, 1, &conf);
	wire_put(wire, 0, 20, 8014);
	wire_expect(wire, 0, 20, 8014);
	wire_put(wire, 20, 20, 2049);
	wire_expect(wire, 20, 20, 2049);
	wire_put(wire, 40, 20, 2048);
	wire_expect(wire, 40, 20, 2048);
	assert_int_equal(plx_ethdev_stop(wire->port), 0);
	wire_check_ledger(wire);
}

static void
long_frames_without_scatter_are_counted_and_skipped(void **state)
{
	struct wire *wire = *state;
	struct plx_ethdev_conf conf = {.mtu = long_mtu(wire)};
	struct plx_ethdev_stats stats;

	stretch(wire, 9000);
	wire_start(wire, 1, &conf);
	wire_put(wire, 0, 1, 2048);
	wire_put(wire, 1, 5, 8014);
	wire_put(wire, 6, 1, 200);
	wire_expect(wire, 0, 1, 2048);
	wire_expect(wire, 6, 1, 200);
	assert_int_equal(plx_ethdev_stop(wire->port), 0);
	assert_int_equal(plx_ethdev_stats(wire->port, &stats), 0);
	assert_int_equal(stats.rx_errors, 5);
	wire_check_ledger(wire);
}

static void
long_frames_are_sent(void **state)
{
	struct wire *wire = *state;
	struct plx_ethdev_conf conf = {.rx_offloads = PLX_ETH_RX_OFFLOAD_SCATTER,
				       .tx_offloads = PLX_ETH_TX_OFFLOAD_MULTI_SEGS,
				       .mtu = 8000};
	struct plx_mbuf *m;

	stretch(wire, 9000);
	wire_start(wire, 1, &conf);
	m = frame_mbuf(wire->pool, 8014, wire->mac, 5, 6);
	wire_send(wire, 0, &m, 1);
	wire_take_frames(wire, 5, 1, 8014);
	wire_check_ledger(wire);
}

static void
every_queue_sends(void **state)
{
	struct wire *wire = *state;

	wire_start(wire, 2, NULL);
	for (uint16_t queue = 0; queue < 2; queue++) {
		struct plx_mbuf *m = frame_mbuf(wire->pool, 80, wire->mac, queue, 1);

		wire_send(wire, queue, &m, 1);
		if (wire->pmd->has & HAS_TX)
			wire_take_frames(wire, queue, 1, 80);
	}
	wire_check_ledger(wire);
}

static void
flows_are_spread_and_nothing_is_lost_or_doubled(void **state)
{
	enum { FLOWS = 200 };
	struct wire *wire = *state;
	unsigned per_queue[2] = {0};
	uint64_t until;
	uint8_t frame[FRAME_MAX];

	wire_start(wire, 2, NULL);
	for (uint16_t i = 0; i < FLOWS; i++)
		assert_int_equal(
			wire->pmd->put(wire, frame, frame_make_udp(frame, wire->mac, i, 60)), 0);
	until = now_ms() + PATIENCE_MS;
	while (per_queue[0] + per_queue[1] < FLOWS && now_ms() < until) {
		for (uint16_t queue = 0; queue < 2; queue++) {
			struct plx_mbuf *pkts[BURST];
			uint16_t n = plx_ethdev_rx_burst(wire->port, queue, pkts, BURST);

			for (uint16_t i = 0; i < n; i++)
				assert_int_equal(pkts[i]->queue, queue);
			plx_mbuf_free_bulk(pkts, n);
			per_queue[queue] += n;
		}
	}
	wire_expect_silence(wire);
	assert_int_equal(per_queue[0] + per_queue[1], FLOWS);
	assert_true(per_queue[0] > FLOWS / 10);
	assert_true(per_queue[1] > FLOWS / 10);
	assert_int_equal(plx_ethdev_stop(wire->port), 0);
	wire_check_ledger(wire);
}

const struct contract_case traffic_cases[] = {
	CASE(frames_arrive_whole_and_in_order, .needs = HAS_RX),
	CASE(frames_are_sent_whole_and_in_order, .needs = HAS_TX),
	CASE(a_burst_of_none_does_nothing),
	CASE(every_burst_size_works),
	CASE(a_huge_burst_takes_what_there_is),
	CASE(partial_tx_leaves_the_rest_with_the_caller),
	CASE(chains_are_sent_as_one_frame),
	CASE(empty_segments_in_a_chain_do_no_harm),
	CASE(a_clone_is_sent_and_its_bytes_stay),
	CASE(a_referenced_packet_is_sent_and_stays_its_holders),
	CASE(external_bytes_are_sent_and_released_once),
	CASE(frames_too_short_to_be_any_are_sent_or_counted),
	CASE(long_frames_come_as_chains, .needs = HAS_RX | HAS_SCATTER),
	CASE(long_frames_without_scatter_are_counted_and_skipped,
	     .needs = HAS_RX | HAS_SCATTER | HAS_JUMBO),
	CASE(long_frames_are_sent, .needs = HAS_TX | HAS_MTU),
	CASE(every_queue_sends, .needs = HAS_QUEUES),
	CASE(flows_are_spread_and_nothing_is_lost_or_doubled,
	     .needs = HAS_RX | HAS_QUEUES | HAS_SPREAD),
	{0},
};
