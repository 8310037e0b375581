/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bursts against rings in plain memory, with this test as the kernel: honest, and as one that lies
 * about which buffers it has. No socket, no rights.
 */
#include "af_xdp_priv.h"

#include "plx_eal.h"

#include "../eal_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RING	64u
#define BUFFERS 512u

/* Rings and the indexes that the two sides share. */
struct shared {
	uint32_t producer, consumer, flags;
	union {
		uint64_t addr[2 * RING];
		struct xdp_desc desc[RING];
	};
};

static struct shared fill, rx, tx, comp;
static struct af_xdp_queue queue;
static struct plx_pool *pool;
static uint32_t handed[2 * RING]; /* numbers that the kernel took out of FILL */

static void
make_ring(struct xsk_ring *ring, struct shared *at, uint32_t size, bool we_produce)
{
	memset(at, 0, sizeof(*at));
	*ring = (struct xsk_ring){.producer = &at->producer,
				  .consumer = &at->consumer,
				  .flags = &at->flags,
				  .addr = at->addr,
				  .size = size,
				  .mask = size - 1,
				  .far = we_produce ? size : 0};
}

static int
set_up_with(uint32_t buf_size, uint32_t stride, bool multi_buffer)
{
	const struct plx_pool_params params = {
		.name = "p", .n = BUFFERS, .buf_size = buf_size, .stride = stride, .node = -1};

	if (plx_pool_create(&params, &pool, NULL) != 0)
		return -1;
	memset(&queue, 0, sizeof(queue));
	make_ring(&queue.xsk.fill, &fill, 2 * RING, true);
	make_ring(&queue.xsk.rx, &rx, RING, false);
	make_ring(&queue.xsk.tx, &tx, RING, true);
	make_ring(&queue.xsk.comp, &comp, RING, false);
	queue.xsk.fd = -1;
	queue.xsk.zerocopy = true; /* no system calls but on demand */
	queue.xsk.multi_buffer = queue.tx.multi_buffer = multi_buffer;
	queue.open = true;
	queue.rx.port = 7;
	queue.rx.queue = 3;
	queue.tx.plain = plx_mbuf_state_plain(pool->id);
	queue.rx.held = calloc(BUFFERS / 64, sizeof(uint64_t));
	queue.tx.state = calloc(BUFFERS, 1);
	if (af_xdp_umem_init(&queue.umem, pool, NULL) != 0)
		return -1;
	af_xdp_rx_fill(&queue);
	return 0;
}

static int
set_up(void **state)
{
	return set_up_with(0, 0, false);
}

static int
set_up_aligned(void **state)
{
	return set_up_with(4096, 4096, false);
}

static int
set_up_multi_buffer(void **state)
{
	return set_up_with(2048, 2112, true);
}

/* Whatever happened, every buffer comes home. */
static int
tear_down(void **state)
{
	struct plx_why why = {""};
	int err;

	af_xdp_rx_recover(&queue);
	af_xdp_tx_recover(&queue);
	free(queue.rx.held);
	free(queue.tx.state);
	err = plx_pool_audit(pool, &why);
	if (err == 0)
		err = plx_pool_destroy(pool, &why);
	if (err != 0)
		print_message("%s\n", why.text);
	return err;
}

/* -- the kernel's part ------------------------------------------------------------------------------------ */

/* The next buffer that we were given, as its number. */
static uint32_t
take_fill(void)
{
	static unsigned at;
	uint64_t addr;

	assert_true(fill.producer != fill.consumer);
	addr = fill.addr[fill.consumer++ & (2 * RING - 1)];
	assert_int_equal(addr % pool->stride, 0);
	at = (at + 1) % (2 * RING);
	handed[at] = (uint32_t)(addr / pool->stride);
	return handed[at];
}

static uint64_t
received_address(uint32_t index, uint32_t offset)
{
	const uint64_t base = (uint64_t)index * pool->stride;

	return queue.umem.unaligned ? base | (uint64_t)offset << XSK_OFFSET_SHIFT : base + offset;
}

static void
put_rx(uint64_t addr, uint32_t len, uint32_t options)
{
	rx.desc[rx.producer++ & (RING - 1)] =
		(struct xdp_desc){.addr = addr, .len = len, .options = options};
}

static uint32_t
put_frame(uint32_t len, uint32_t options)
{
	const uint32_t index = take_fill();

	memset(plx_pool_data(pool, index) + 256, (int)(index & 0xff), len);
	put_rx(received_address(index, 256), len, options);
	return index;
}

/* Sends everything and completes it. */
static unsigned
complete_all(void)
{
	unsigned n = 0;

	for (; tx.consumer != tx.producer; tx.consumer++, n++)
		comp.addr[comp.producer++ & (RING - 1)] = tx.desc[tx.consumer & (RING - 1)].addr;
	return n;
}

/* -- receiving --------------------------------------------------------------------------------------------- */

static void
addresses_map_to_buffers_at_every_stride(void **state)
{
	for (uint32_t stride = 64; stride <= 65600; stride += 64) {
		const struct af_xdp_umem umem = {.stride = stride,
						 .reciprocal = af_xdp_reciprocal(stride)};
		static const uint32_t indexes[] = {
			0, 1, 2, 1000, 65535, (1u << 26) - 2, (1u << 26) - 1};

		for (unsigned i = 0; i < PLX_ARRAY_LEN(indexes); i++) {
			const uint64_t base = (uint64_t)indexes[i] * stride;

			assert_int_equal(af_xdp_index(&umem, base), indexes[i]);
			assert_int_equal(af_xdp_index(&umem, base + stride - 1), indexes[i]);
			if (base != 0)
				assert_int_equal(af_xdp_index(&umem, base - 1), indexes[i] - 1);
		}
	}
}

static void
the_kernel_gets_as_many_buffers_as_descriptors(void **state)
{
	assert_int_equal(fill.producer, RING);
	assert_int_equal(plx_pool_in_use(pool), RING);
}

static void
packets_come_with_their_bytes_and_the_ring_is_refilled(void **state)
{
	struct plx_mbuf *pkts[32];

	for (unsigned round = 0; round < 20; round++) {
		uint32_t index[10];
		struct plx_why why = {""};

		for (unsigned i = 0; i < 10; i++)
			index[i] = put_frame(100 + i, 0);
		assert_int_equal(af_xdp_rx_burst(&queue.rx, pkts, 32), 10);
		for (unsigned i = 0; i < 10; i++) {
			assert_int_equal(plx_pool_index(pool, pkts[i]), index[i]);
			assert_int_equal(pkts[i]->pkt_len, 100 + i);
			assert_int_equal(pkts[i]->data_off, 256);
			assert_int_equal(pkts[i]->port, 7);
			assert_int_equal(pkts[i]->queue, 3);
			assert_int_equal(plx_mbuf_data(pkts[i])[99], index[i] & 0xff);
			assert_int_equal(plx_mbuf_check(pkts[i], &why), 0);
		}
		assert_int_equal(fill.producer - fill.consumer, RING);
		plx_mbuf_free_bulk(pkts, 10);
	}
	assert_int_equal(queue.rx.stats.packets, 200);
	assert_int_equal(rx.consumer, rx.producer);
}

static void
a_burst_takes_no_more_than_asked_for(void **state)
{
	struct plx_mbuf *pkts[32];

	for (unsigned i = 0; i < 10; i++)
		put_frame(100, 0);
	assert_int_equal(af_xdp_rx_burst(&queue.rx, pkts, 4), 4);
	assert_int_equal(af_xdp_rx_waiting(&queue), 6);
	assert_int_equal(af_xdp_rx_burst(&queue.rx, pkts + 4, 32), 6);
	assert_int_equal(af_xdp_rx_burst(&queue.rx, pkts + 10, 32), 0);
	plx_mbuf_free_bulk(pkts, 10);
}

static void
descriptors_of_buffers_the_kernel_has_not_are_counted(void **state)
{
	struct plx_mbuf *pkts[32], *mine = plx_mbuf_alloc(pool);
	const uint32_t index = take_fill();

	put_rx(received_address(index, 256), 100, 0);
	put_rx(received_address(index, 256), 100, 0);			   /* twice */
	put_rx(received_address(plx_pool_index(pool, mine), 256), 100, 0); /* the application's */
	put_rx(received_address(BUFFERS, 256), 100, 0);			   /* behind the end */
	put_rx(UINT64_MAX, 100, 0);
	put_rx(XSK_BASE_MASK, 100, 0);
	assert_int_equal(af_xdp_rx_burst(&queue.rx, pkts, 32), 1);
	assert_int_equal(queue.rx.stats.errors, 5);
	assert_int_equal(queue.rx.bad_descs, 5);
	plx_mbuf_free(pkts[0]);
	plx_mbuf_free(mine);
}

static void
lengths_that_leave_the_buffer_are_counted(void **state)
{
	struct plx_mbuf *pkts[32];

	put_rx(received_address(take_fill(), 256), pool->buf_size - 256 + 1, 0);
	put_rx(received_address(take_fill(), 256), UINT32_MAX, 0);
	put_rx(received_address(take_fill(), pool->stride - 1), 2, 0);
	put_rx(received_address(take_fill(), 256), pool->buf_size - 256, 0); /* just fits */
	assert_int_equal(af_xdp_rx_burst(&queue.rx, pkts, 32), 1);
	assert_int_equal(queue.rx.stats.errors, 3);
	plx_mbuf_free(pkts[0]);
	assert_int_equal(plx_pool_in_use(pool), RING);
}

static void
an_empty_pool_is_made_good_later(void **state)
{
	struct plx_mbuf *hoard[BUFFERS], *pkts[32];
	const uint32_t n = BUFFERS - RING;

	assert_int_equal(plx_mbuf_alloc_bulk(pool, hoard, n), 0);
	for (unsigned i = 0; i < 10; i++)
		put_frame(100, 0);
	assert_int_equal(af_xdp_rx_burst(&queue.rx, pkts, 32), 10);
	assert_int_equal(queue.rx.owed, 10);
	assert_int_equal(queue.rx.short_refills, 1);
	plx_mbuf_free_bulk(hoard, 3);
	assert_int_equal(af_xdp_rx_burst(&queue.rx, pkts + 10, 22), 0);
	assert_int_equal(queue.rx.owed, 7);
	plx_mbuf_free_bulk(pkts, 10);
	plx_mbuf_free_bulk(hoard + 3, n - 3);
	assert_int_equal(af_xdp_rx_burst(&queue.rx, pkts, 32), 0);
	assert_int_equal(queue.rx.owed, 0);
	assert_int_equal(fill.producer - fill.consumer, RING);
}

/* -- chains ------------------------------------------------------------------------------------------------ */

static void
a_chain_may_come_in_several_bursts(void **state)
{
	struct plx_mbuf *pkts[32];
	struct plx_why why = {""};

	put_frame(1000, XSK_PKT_CONTD);
	put_frame(900, XSK_PKT_CONTD);
	assert_int_equal(af_xdp_rx_burst_scatter(&queue.rx, pkts, 32), 0);
	put_frame(10, 0);
	put_frame(60, 0);
	assert_int_equal(af_xdp_rx_waiting(&queue), 2);
	assert_int_equal(af_xdp_rx_burst_scatter(&queue.rx, pkts, 1), 1);
	assert_int_equal(pkts[0]->pkt_len, 1910);
	assert_int_equal(pkts[0]->nb_segs, 3);
	assert_int_equal(plx_mbuf_check(pkts[0], &why), 0);
	assert_int_equal(af_xdp_rx_burst_scatter(&queue.rx, pkts + 1, 32), 1);
	assert_int_equal(pkts[1]->pkt_len, 60);
	plx_mbuf_free_bulk(pkts, 2);
	assert_int_equal(plx_pool_in_use(pool), RING);
}

static void
a_packet_beyond_its_buffer_is_dropped_with_the_mark_that_was_there(void **state)
{
	const uint32_t index = take_fill();
	struct plx_mbuf *pkts[32];

	plx_pool_mbuf(pool, index)->ol_flags = PLX_MBUF_APP;
	put_rx(received_address(index, 256), pool->buf_size - 255, 0);
	assert_int_equal(af_xdp_rx_burst(&queue.rx, pkts, 32), 0);
	assert_int_equal(queue.rx.bad_descs, 1);
	assert_int_equal(plx_pool_mbuf(pool, index)->ol_flags, 0);
	assert_int_equal(plx_pool_in_use(pool), RING);
}

static void
a_chain_with_a_bad_part_is_dropped_whole(void **state)
{
	struct plx_mbuf *pkts[32];

	put_frame(1000, XSK_PKT_CONTD);
	put_rx(received_address(BUFFERS + 5, 256), 900, XSK_PKT_CONTD);
	put_frame(1000, XSK_PKT_CONTD);
	put_frame(1000, 0);
	put_frame(60, 0);
	put_rx(UINT64_MAX, 10, 0);
	assert_int_equal(af_xdp_rx_burst_scatter(&queue.rx, pkts, 32), 1);
	assert_int_equal(pkts[0]->pkt_len, 60);
	assert_int_equal(queue.rx.stats.errors, 2);
	assert_int_equal(queue.rx.bad_descs, 2);
	plx_mbuf_free(pkts[0]);
	assert_int_equal(plx_pool_in_use(pool), RING);
}

/* -- sending ----------------------------------------------------------------------------------------------- */

static struct plx_mbuf *
packet(uint16_t len)
{
	struct plx_mbuf *m = plx_mbuf_alloc(pool);

	memset(plx_mbuf_append(m, len), len & 0xff, len);
	return m;
}

static void
packets_go_as_they_lie_and_come_home_when_completed(void **state)
{
	struct plx_mbuf *pkts[10];
	uint64_t data[10];

	for (unsigned i = 0; i < 10; i++) {
		pkts[i] = packet((uint16_t)(60 + i));
		data[i] = (uint64_t)(plx_mbuf_data(pkts[i]) - pool->data);
	}
	assert_int_equal(af_xdp_tx_burst(&queue.tx, pkts, 10), 10);
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(tx.desc[i].addr, data[i]);
		assert_int_equal(tx.desc[i].len, 60 + i);
		assert_int_equal(tx.desc[i].options, 0);
	}
	assert_int_equal(queue.tx.stats.taken, 10);
	assert_int_equal(queue.tx.stats.in_flight, 10);
	assert_int_equal(queue.tx.stats.packets, 0);
	assert_int_equal(complete_all(), 10);
	assert_int_equal(af_xdp_tx_burst(&queue.tx, NULL, 0), 0);
	assert_int_equal(queue.tx.stats.in_flight, 0);
	assert_int_equal(queue.tx.stats.packets, 10);
	assert_int_equal(plx_pool_in_use(pool), RING);
}

static void
a_full_ring_takes_what_fits(void **state)
{
	struct plx_mbuf *pkts[RING + 10];

	for (unsigned i = 0; i < RING + 10; i++)
		pkts[i] = packet(60);
	assert_int_equal(af_xdp_tx_burst(&queue.tx, pkts, RING + 10), RING);
	assert_int_equal(af_xdp_tx_burst(&queue.tx, pkts + RING, 10), 0);
	complete_all();
	assert_int_equal(af_xdp_tx_burst(&queue.tx, pkts + RING, 10), 10);
	complete_all();
	af_xdp_tx_burst(&queue.tx, NULL, 0);
	assert_int_equal(queue.tx.stats.packets, RING + 10);
}

static void
false_completions_free_nothing(void **state)
{
	struct plx_mbuf *m = packet(60), *mine = packet(60);
	const uint32_t index = plx_pool_index(pool, m);

	assert_int_equal(af_xdp_tx_burst(&queue.tx, &m, 1), 1);
	comp.addr[comp.producer++ & (RING - 1)] =
		plx_pool_index(pool, mine) * (uint64_t)pool->stride;
	comp.addr[comp.producer++ & (RING - 1)] = UINT64_MAX;
	comp.addr[comp.producer++ & (RING - 1)] = (uint64_t)index * pool->stride + 256;
	comp.addr[comp.producer++ & (RING - 1)] = (uint64_t)index * pool->stride + 256;
	af_xdp_tx_burst(&queue.tx, NULL, 0);
	assert_int_equal(queue.tx.bad_completions, 3);
	assert_int_equal(queue.tx.stats.packets, 1);
	plx_mbuf_free(mine);
	assert_int_equal(plx_pool_in_use(pool), RING);
}

static void
chains_go_as_chains_and_count_once(void **state)
{
	struct plx_mbuf *m = packet(1000);

	assert_int_equal(plx_mbuf_chain(m, packet(900)), 0);
	assert_int_equal(plx_mbuf_chain(m, packet(10)), 0);
	assert_int_equal(af_xdp_tx_burst(&queue.tx, &m, 1), 1);
	assert_int_equal(tx.producer, 3);
	assert_int_equal(tx.desc[0].options, XSK_PKT_CONTD);
	assert_int_equal(tx.desc[1].options, XSK_PKT_CONTD);
	assert_int_equal(tx.desc[2].options, 0);
	assert_int_equal(complete_all(), 3);
	af_xdp_tx_burst(&queue.tx, NULL, 0);
	assert_int_equal(queue.tx.stats.packets, 1);
	assert_int_equal(queue.tx.copied, 0);
	assert_int_equal(plx_pool_in_use(pool), RING);
}

static void
a_chain_that_does_not_fit_the_ring_waits_whole(void **state)
{
	struct plx_mbuf *pkts[RING - 1], *m = packet(1000);

	assert_int_equal(plx_mbuf_chain(m, packet(900)), 0);
	for (unsigned i = 0; i < RING - 1; i++)
		pkts[i] = packet(60);
	assert_int_equal(af_xdp_tx_burst(&queue.tx, pkts, RING - 1), RING - 1);
	assert_int_equal(af_xdp_tx_burst(&queue.tx, &m, 1), 0);
	assert_int_equal(m->nb_segs, 2);
	complete_all();
	assert_int_equal(af_xdp_tx_burst(&queue.tx, &m, 1), 1);
}

static void
without_multi_buffer_chains_are_copied_into_one(void **state)
{
	struct plx_mbuf *m = packet(1000);

	assert_int_equal(plx_mbuf_chain(m, packet(900)), 0);
	assert_int_equal(af_xdp_tx_burst(&queue.tx, &m, 1), 1);
	assert_int_equal(tx.producer, 1);
	assert_int_equal(tx.desc[0].len, 1900);
	assert_int_equal(queue.tx.copied, 1);
	assert_int_equal(plx_pool_in_use(pool), RING + 1);
}

static void
books_balance_when_sending_is_cut_short(void **state)
{
	struct plx_mbuf *pkts[20];
	const struct plx_ethdev_txq_stats *stats = &queue.tx.stats;

	for (unsigned i = 0; i < 20; i++)
		pkts[i] = packet(i == 7 ? 10 : 60); /* one too short */
	assert_int_equal(af_xdp_tx_burst(&queue.tx, pkts, 20), 20);
	for (; tx.consumer < 5; tx.consumer++)
		comp.addr[comp.producer++ & (RING - 1)] = tx.desc[tx.consumer].addr;
	af_xdp_tx_burst(&queue.tx, NULL, 0);
	af_xdp_tx_recover(&queue);
	assert_int_equal(stats->taken, 20);
	assert_int_equal(stats->packets, 5);
	assert_int_equal(stats->in_flight, 0);
	assert_int_equal(queue.tx.bad_length, 1);
	assert_int_equal(queue.tx.discarded, 14);
	assert_int_equal(plx_pool_in_use(pool), RING);
}

int
main(void)
{
#define CASE(name, up) cmocka_unit_test_setup_teardown(name, up, tear_down)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_map_to_buffers_at_every_stride),
		CASE(the_kernel_gets_as_many_buffers_as_descriptors, set_up),
		CASE(packets_come_with_their_bytes_and_the_ring_is_refilled, set_up),
		CASE(packets_come_with_their_bytes_and_the_ring_is_refilled, set_up_aligned),
		CASE(a_burst_takes_no_more_than_asked_for, set_up),
		CASE(descriptors_of_buffers_the_kernel_has_not_are_counted, set_up),
		CASE(a_packet_beyond_its_buffer_is_dropped_with_the_mark_that_was_there, set_up),
		CASE(descriptors_of_buffers_the_kernel_has_not_are_counted, set_up_aligned),
		CASE(lengths_that_leave_the_buffer_are_counted, set_up),
		CASE(an_empty_pool_is_made_good_later, set_up),
		CASE(a_chain_may_come_in_several_bursts, set_up_multi_buffer),
		CASE(a_chain_with_a_bad_part_is_dropped_whole, set_up_multi_buffer),
		CASE(packets_go_as_they_lie_and_come_home_when_completed, set_up),
		CASE(packets_go_as_they_lie_and_come_home_when_completed, set_up_aligned),
		CASE(a_full_ring_takes_what_fits, set_up),
		CASE(false_completions_free_nothing, set_up),
		CASE(chains_go_as_chains_and_count_once, set_up_multi_buffer),
		CASE(a_chain_that_does_not_fit_the_ring_waits_whole, set_up_multi_buffer),
		CASE(without_multi_buffer_chains_are_copied_into_one, set_up),
		CASE(books_balance_when_sending_is_cut_short, set_up),
	};
	int failed;

	if (eal_fixture_init("0@0") != 0)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	return plx_eal_cleanup() != 0 ? 1 : failed;
}
