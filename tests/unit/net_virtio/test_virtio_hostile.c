/* SPDX-License-Identifier: BSD-3-Clause */
/* Devices that break a rule of the ring: the queue is broken, counts it, delivers nothing more and loses no buffer. */
#include "queue_scene.h"

#include "plx_log.h"

#define SPLIT  VIRTIO_BIT(VIRTIO_F_VERSION_1)
#define PACKED (SPLIT | VIRTIO_BIT(VIRTIO_F_RING_PACKED))
#define ORDER  VIRTIO_BIT(VIRTIO_F_IN_ORDER)
#define MERGE  VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF)
#define SIZE   64

static const struct virtio_net_hdr_full one_buffer = {.num_buffers = 1};

/* -- what broken means -------------------------------------------------------------------------------------- */

static unsigned told; /* lines that say that a queue is broken, since the last scene */

static void
note_line(void *arg, enum plx_log_level level, const char *component, const char *text)
{
	told += strstr(text, "the device wrote nonsense into the ring") != NULL;
}

static void
rx_is_broken(void)
{
	struct virtio_queue *q = scene.rxq->q;
	uint16_t next = q->next_avail;
	struct plx_mbuf *got[8];

	assert_int_equal(scene.rx(scene.rxq, got, 8), 0);
	assert_true(q->broken);
	assert_int_equal(q->violations, 1);
	assert_int_equal(scene.rx(scene.rxq, got, 8), 0);
	assert_int_equal(q->violations, 1);
	assert_int_equal(q->next_avail, next);
	assert_int_equal(told, 1);
	told = 0;
	scene_end();
}

/* All that was given to the device counts as lost in the end. */
static void
tx_is_broken(unsigned given)
{
	struct virtio_queue *q = scene.txq->q;
	struct plx_mbuf *m;

	assert_int_equal(scene.tx(scene.txq, NULL, 0), 0);
	assert_true(q->broken);
	assert_int_equal(q->violations, 1);
	scene_packets(&m, 1, 60);
	assert_int_equal(scene.tx(scene.txq, &m, 1), 0);
	plx_mbuf_free(m);
	assert_int_equal(scene.tx(scene.txq, NULL, 0), 0);
	assert_int_equal(q->violations, 1);
	scene_balanced();
	assert_int_equal(scene.txq->stats.in_flight + scene.txq->stats.packets, given);
	virtio_txq_drain(scene.txq);
	assert_int_equal(scene.txq->stats.in_flight, 0);
	assert_int_equal(scene.txq->stats.errors + scene.txq->stats.packets, given);
	assert_int_equal(told, 1);
	told = 0;
	scene_end();
}

static void
send_some(unsigned n)
{
	struct plx_mbuf *pkts[SIZE];

	scene_packets(pkts, n, 60);
	assert_int_equal(scene.tx(scene.txq, pkts, (uint16_t)n), n);
}

/* -- ids --------------------------------------------------------------------------------------------------- */

static const uint64_t kinds[] = {SPLIT,		 PACKED,	SPLIT | ORDER,
				 PACKED | ORDER, SPLIT | MERGE, PACKED | MERGE};

static void
rx_id_out_of_range(void **state)
{
	static const uint16_t ids[] = {SIZE, SIZE + 1, 0x7fff, 0xffff};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(kinds) * PLX_ARRAY_LEN(ids); i++) {
		scene_make(kinds[i / PLX_ARRAY_LEN(ids)], i % 2, SIZE);
		device_give(&scene.rx_device, ids[i % PLX_ARRAY_LEN(ids)], 72, 1);
		rx_is_broken();
	}
}

/* 32 bits of a split ring's element are the id; the lower ones alone would be a good one. */
static void
an_id_is_32_bits_wide(void **state)
{
	scene_make(SPLIT, false, SIZE);
	device_write_used(&scene.rx_device, 0, 0x10000, 72);
	device_write_used_idx(&scene.rx_device, 1);
	rx_is_broken();
	scene_make(SPLIT | ORDER, false, SIZE);
	device_write_used(&scene.rx_device, 0, 0x10000, 72);
	device_write_used_idx(&scene.rx_device, 1);
	rx_is_broken();
	scene_make(SPLIT, false, SIZE);
	send_some(1);
	device_write_used(&scene.tx_device, 0, 0x10000, 0);
	device_write_used_idx(&scene.tx_device, 1);
	tx_is_broken(1);
}

static void
tx_id_out_of_range(void **state)
{
	static const uint16_t ids[] = {SIZE, 0x7fff, 0xffff};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(ids); i++) {
		scene_make(SPLIT, i % 2, SIZE);
		send_some(3);
		device_give(&scene.tx_device, ids[i], 0, 1);
		tx_is_broken(3);
		scene_make(PACKED, i % 2, SIZE);
		send_some(3);
		device_give(&scene.tx_device, ids[i], 0, 1);
		tx_is_broken(3);
		scene_make(PACKED | ORDER, i % 2, SIZE);
		send_some(3);
		device_give(&scene.tx_device, ids[i], 0, 1);
		tx_is_broken(3);
	}
}

static void
tx_id_not_in_flight(void **state)
{
	for (unsigned i = 0; i < 3; i++) {
		scene_make((const uint64_t[]){SPLIT, PACKED, PACKED | ORDER}[i], false, SIZE);
		send_some(3);
		device_give(&scene.tx_device, 3, 0, 1);
		tx_is_broken(3);
	}
}

static void
rx_id_returned_twice(void **state)
{
	struct plx_mbuf *got[8];

	for (unsigned i = 0; i < 2; i++) {
		scene_make(i == 0 ? SPLIT : PACKED, false, SIZE);
		scene_deliver(one_buffer, 1, 60);
		device_give(&scene.rx_device, 0, 72, 1);
		assert_int_equal(scene.rx(scene.rxq, got, 8), 1);
		plx_mbuf_free(got[0]);
		assert_true(scene.rxq->q->broken);
		rx_is_broken();
		scene_make(i == 0 ? SPLIT : PACKED, false, SIZE);
		scene_deliver(one_buffer, 1, 60);
		assert_int_equal(scene.rx(scene.rxq, got, 8), 1);
		plx_mbuf_free(got[0]);
		device_give(&scene.rx_device, 0, 72, 1);
		rx_is_broken();
	}
}

static void
tx_id_returned_twice(void **state)
{
	for (unsigned i = 0; i < 2; i++) {
		scene_make(i == 0 ? SPLIT : PACKED, false, SIZE);
		send_some(3);
		device_give(&scene.tx_device, 1, 0, 1);
		device_give(&scene.tx_device, 1, 0, 1);
		tx_is_broken(3);
	}
}

/* -- indexes and flags ------------------------------------------------------------------------------------------ */

static void
used_index_jumps(void **state)
{
	static const uint16_t jumps[] = {SIZE + 1, 0x8000, 0xffff};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(jumps); i++)
		for (unsigned order = 0; order < 2; order++) {
			scene_make(order ? SPLIT | ORDER : SPLIT, false, SIZE);
			device_write_used_idx(&scene.rx_device, jumps[i]);
			rx_is_broken();
			scene_make(order ? SPLIT | ORDER : SPLIT, false, SIZE);
			send_some(3);
			device_write_used_idx(&scene.tx_device, i == 0 ? 4 : jumps[i]);
			tx_is_broken(3);
		}
}

static void
used_flags_of_another_lap(void **state)
{
	static const uint16_t flags[] = {0, 0x8000};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(flags); i++) {
		scene_make(PACKED, false, SIZE);
		device_write_slot(&scene.rx_device, 0, 0, 72, flags[i]);
		rx_is_broken();
		scene_make(PACKED, false, SIZE);
		send_some(3);
		device_write_slot(&scene.tx_device, 0, 0, 0, flags[i]);
		tx_is_broken(3);
	}
}

/* Slots that are not in flight are not looked at. */
static void
a_descriptor_that_was_never_given(void **state)
{
	scene_make(PACKED, false, SIZE);
	device_write_slot(&scene.tx_device, 0, 0, 0, 0x8080);
	assert_int_equal(scene.tx(scene.txq, NULL, 0), 0);
	assert_false(scene.txq->q->broken);
	scene_end();
}

/* A batch of more than is in flight (IN_ORDER). */
static void
a_batch_beyond_what_is_in_flight(void **state)
{
	scene_make(SPLIT | ORDER, false, SIZE);
	device_write_used(&scene.rx_device, 0, 5, 72); /* six buffers, the index says three */
	device_write_used_idx(&scene.rx_device, 3);
	rx_is_broken();
}

/* -- network headers ------------------------------------------------------------------------------------------- */

static void
a_chain_longer_than_the_ring(void **state)
{
	for (unsigned i = 0; i < 2; i++) {
		scene_make(MERGE | (i == 0 ? SPLIT : PACKED), false, SIZE);
		scene_deliver((struct virtio_net_hdr_full){.num_buffers = SIZE + 1}, 1, 60);
		scene_deliver(one_buffer, 1, 60);
		rx_is_broken();
	}
}

static void
lengths_that_cannot_be(void **state)
{
	for (unsigned i = 0; i < PLX_ARRAY_LEN(kinds); i++) {
		struct device_chain c = {.n = 0};
		struct plx_mbuf *got[8];
		const uint32_t bad[] = {0, 1, 11, 12, 0, 0x10000, 0xffffffff};

		scene_make(kinds[i], false, SIZE);
		for (unsigned k = 0; k < PLX_ARRAY_LEN(bad); k++) {
			assert_true(device_take(&scene.rx_device, &c));
			memset(c.parts[0].at, 0, 12);
			device_give_back(&scene.rx_device, &c,
					 k == 4 ? c.parts[0].len + 1 : bad[k]);
		}
		scene_deliver(one_buffer, 9, 60);
		assert_int_equal(scene.rx(scene.rxq, got, 8), 1);
		assert_int_equal(plx_mbuf_data(got[0])[0], 9);
		plx_mbuf_free(got[0]);
		assert_int_equal(scene.rxq->stats.errors, PLX_ARRAY_LEN(bad));
		assert_false(scene.rxq->q->broken);
		scene_end();
	}
}

/* Nor are buffers put in, though there is room for many. */
static void
a_broken_ring_is_not_filled(void **state)
{
	for (unsigned i = 0; i < PLX_ARRAY_LEN(kinds); i++) {
		struct plx_mbuf *got[64];
		uint16_t next, n;

		scene_make(kinds[i], false, SIZE);
		next = scene.rxq->q->next_avail;
		for (unsigned k = 0; k < 50; k++)
			scene_deliver(one_buffer, 1, 60);
		device_give(&scene.rx_device, 0xffff, 72, 1);
		n = scene.rx(scene.rxq, got, 64);
		plx_mbuf_free_bulk(got, n);
		assert_true(n >= 32);
		assert_int_equal(n + scene.rxq->stats.errors, 50);
		assert_true(scene.rxq->q->broken);
		assert_int_equal(scene.rxq->q->next_avail, next);
		rx_is_broken();
	}
}

/* What the device makes of the descriptors after it got them is nothing to us. */
static void
descriptors_are_not_read_back(void **state)
{
	for (unsigned i = 0; i < 4; i++) {
		struct device_chain c = {.n = 0};
		struct plx_mbuf *m = NULL, *tail = NULL;

		scene_make((i % 2 ? SPLIT : PACKED) |
				   (i / 2 ? VIRTIO_BIT(VIRTIO_F_INDIRECT_DESC) : 0),
			   false, SIZE);
		scene_packets(&m, 1, 100);
		scene_packets(&tail, 1, 100);
		assert_int_equal(plx_mbuf_chain(m, tail), 0);
		assert_int_equal(scene.tx(scene.txq, &m, 1), 1);
		assert_true(device_take(&scene.tx_device, &c));
		memset(scene.tx_device.desc, 0xff, SIZE * sizeof(struct virtio_desc));
		device_give_back(&scene.tx_device, &c, 0xffffffff);
		assert_int_equal(scene.tx(scene.txq, NULL, 0), 0);
		assert_int_equal(scene.txq->stats.packets, 1);
		assert_int_equal(scene.txq->q->nb_free, SIZE);
		scene_end();
	}
}

static int
set_up(void **state)
{
	plx_log_set_sink(note_line, NULL);
	return eal_pool_init(&(struct plx_pool_params){
		.name = "p", .n = 1000, .cache = 64, .node = PLX_NODE_ANY});
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rx_id_out_of_range),
		cmocka_unit_test(an_id_is_32_bits_wide),
		cmocka_unit_test(tx_id_out_of_range),
		cmocka_unit_test(tx_id_not_in_flight),
		cmocka_unit_test(rx_id_returned_twice),
		cmocka_unit_test(tx_id_returned_twice),
		cmocka_unit_test(used_index_jumps),
		cmocka_unit_test(used_flags_of_another_lap),
		cmocka_unit_test(a_descriptor_that_was_never_given),
		cmocka_unit_test(a_batch_beyond_what_is_in_flight),
		cmocka_unit_test(a_chain_longer_than_the_ring),
		cmocka_unit_test(lengths_that_cannot_be),
		cmocka_unit_test(a_broken_ring_is_not_filled),
		cmocka_unit_test(descriptors_are_not_read_back),
	};

	return cmocka_run_group_tests(tests, set_up, eal_pool_fini);
}
