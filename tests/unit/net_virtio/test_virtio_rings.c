/* SPDX-License-Identifier: BSD-3-Clause */
/* Both kinds of ring, both ways, through many laps. */
#include "queue_scene.h"

static const struct virtio_net_hdr_full one_buffer = {.num_buffers = 1};

/* -- sizes and laps ----------------------------------------------------------------------------------------- */

static void
cross_rx(unsigned n, uint16_t len)
{
	struct plx_mbuf *got[64];

	for (unsigned i = 0; i < n; i++)
		scene_deliver(one_buffer, (uint8_t)i, len);
	assert_int_equal(scene.rx(scene.rxq, got, 64), n);
	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(got[i]->pkt_len, len);
		assert_int_equal(got[i]->data_len, len);
		assert_int_equal(got[i]->data_off, pool->headroom);
		assert_int_equal(plx_mbuf_data(got[i])[0], i);
		assert_int_equal(plx_mbuf_data(got[i])[len - 1], i);
	}
	plx_mbuf_free_bulk(got, n);
}

/* Zeroes, but that a peer may find in num_buffers what it wrote. */
static void
check_sent_header(const uint8_t *header)
{
	struct virtio_net_hdr_full full = {0};
	const struct virtio_net_hdr_full zero = {0};

	memcpy(&full, header, scene.dev.header_len);
	if (scene.transport.virtual_addresses && full.num_buffers == 1)
		full.num_buffers = 0;
	assert_memory_equal(&full, &zero, sizeof(full));
}

static void
cross_tx(unsigned n, uint16_t len)
{
	struct plx_mbuf *pkts[64];
	struct device_chain c = {.n = 0};

	scene_packets(pkts, n, len);
	assert_int_equal(scene.tx(scene.txq, pkts, (uint16_t)n), n);
	for (unsigned i = 0; i < n; i++) {
		uint8_t frame[4096];

		assert_true(device_take(&scene.tx_device, &c));
		assert_int_equal(device_read(&c, frame, sizeof(frame)), scene.dev.header_len + len);
		check_sent_header(frame);
		assert_int_equal(frame[scene.dev.header_len], i);
		assert_int_equal(frame[scene.dev.header_len + len - 1], i);
		device_give_back(&scene.tx_device, &c, 0);
	}
	assert_false(device_take(&scene.tx_device, &c));
	scene_balanced();
}

static void
laps(uint64_t features, bool peer, uint16_t size, unsigned rounds)
{
	unsigned most = size < 64 ? size : 64;

	scene_make(features, peer, size);
	for (unsigned round = 0; round < rounds; round++) {
		unsigned n = 1 + round % most;

		cross_rx(n > (size + 1u) / 2 ? (size + 1u) / 2 : n, (uint16_t)(60 + round % 1400));
		cross_tx(n, (uint16_t)(60 + round % 1400));
	}
	assert_int_equal(scene.rxq->stats.errors, 0);
	assert_int_equal(scene.txq->stats.errors, 0);
	scene_end();
}

static void
split_rings_of_all_sizes(void **state)
{
	static const uint16_t sizes[] = {1, 2, 4, 64, 256, 1024, 32768};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(sizes); i++) {
		laps(VIRTIO_BIT(VIRTIO_F_ANY_LAYOUT), false, sizes[i], 300);
		laps(VIRTIO_BIT(VIRTIO_F_VERSION_1), true, sizes[i], 300);
		laps(VIRTIO_BIT(VIRTIO_F_VERSION_1) | VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF) |
			     VIRTIO_BIT(VIRTIO_NET_F_HASH_REPORT),
		     false, sizes[i], 300);
	}
}

static void
packed_rings_of_all_sizes(void **state)
{
	static const uint16_t sizes[] = {1, 2, 3, 5, 100, 256, 777, 32768};
	const uint64_t packed = VIRTIO_BIT(VIRTIO_F_VERSION_1) | VIRTIO_BIT(VIRTIO_F_RING_PACKED);

	for (unsigned i = 0; i < PLX_ARRAY_LEN(sizes); i++) {
		laps(packed, false, sizes[i], 300);
		laps(packed | VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF), true, sizes[i], 300);
	}
}

static int
set_up(void **state)
{
	return eal_pool_init(&(struct plx_pool_params){
		.name = "p", .n = 40000, .cache = 64, .node = PLX_NODE_ANY});
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(split_rings_of_all_sizes),
		cmocka_unit_test(packed_rings_of_all_sizes),
	};

	return cmocka_run_group_tests(tests, set_up, eal_pool_fini);
}
