/* SPDX-License-Identifier: BSD-3-Clause */
/* Receiving: chains, batches, orders, headers, pools that run dry. */
#include "queue_scene.h"

#define V1     VIRTIO_BIT(VIRTIO_F_VERSION_1)
#define PACKED (V1 | VIRTIO_BIT(VIRTIO_F_RING_PACKED))
#define ORDER  VIRTIO_BIT(VIRTIO_F_IN_ORDER)
#define MERGE  VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF)
#define CSUM   VIRTIO_BIT(VIRTIO_NET_F_GUEST_CSUM)
#define TSO4   VIRTIO_BIT(VIRTIO_NET_F_GUEST_TSO4)
#define HASH   VIRTIO_BIT(VIRTIO_NET_F_HASH_REPORT)
#define SIZE   64

static const struct virtio_net_hdr_full one_buffer = {.num_buffers = 1};

static uint64_t
kind(unsigned i)
{
	return i % 2 ? PACKED : V1;
}

/* -- chains ------------------------------------------------------------------------------------------------- */

/* The next buffer of a chain: whole, but for the last. */
static void
deliver_part(unsigned i, unsigned n, uint16_t num_buffers, uint32_t last)
{
	struct device_chain c = {.n = 0};
	uint32_t off = i == 0 ? scene.dev.header_len : 0, len;

	assert_true(device_take(&scene.rx_device, &c));
	len = i + 1 < n ? c.parts[0].len : off + last;
	memset(c.parts[0].at, 0, c.parts[0].len);
	if (i == 0)
		memcpy(c.parts[0].at + 10, &num_buffers, sizeof(num_buffers));
	memset(c.parts[0].at + off, (int)(i + 1), len - off);
	device_give_back(&scene.rx_device, &c, len);
}

static void
check_chain(const struct plx_mbuf *m, unsigned n, uint32_t last)
{
	uint32_t posted = scene.rxq->posted, header_len = scene.dev.header_len, off = 0;
	struct plx_why why;
	unsigned i = 0;

	if (plx_mbuf_check(m, &why) != 0)
		fail_msg("%s", why.text);
	assert_int_equal(m->nb_segs, n);
	assert_int_equal(m->pkt_len, (n - 1) * posted + last - (n > 1 ? header_len : 0));
	PLX_MBUF_FOREACH_SEG(seg, m) {
		assert_int_equal(plx_mbuf_data(seg)[0], ++i);
		assert_int_equal(plx_mbuf_data(seg)[seg->data_len - 1], i);
		off += seg->data_len;
	}
	assert_int_equal(off, m->pkt_len);
}

static void
chains_come_whole(void **state)
{
	for (unsigned i = 0; i < 4; i++) {
		struct plx_mbuf *got[8];

		scene_make(kind(i) | MERGE, i / 2, SIZE);
		for (unsigned n = 1; n <= 20; n++) {
			for (unsigned part = 0; part < n; part++) {
				deliver_part(part, n, (uint16_t)n, 100 + n);
				assert_int_equal(scene.rx(scene.rxq, got, 8), part + 1 == n);
			}
			check_chain(got[0], n, 100 + n);
			plx_mbuf_free(got[0]);
		}
		scene_end();
	}
}

static void
chains_in_one_burst(void **state)
{
	struct plx_mbuf *got[32];

	for (unsigned i = 0; i < 2; i++) {
		scene_make(kind(i) | MERGE, false, 256);
		for (unsigned n = 1; n <= 12; n++)
			for (unsigned part = 0; part < n; part++)
				deliver_part(part, n, (uint16_t)n, 60);
		assert_int_equal(scene.rx(scene.rxq, got, 32), 12);
		for (unsigned n = 1; n <= 12; n++)
			check_chain(got[n - 1], n, 60);
		plx_mbuf_free_bulk(got, 12);
		scene_end();
	}
}

static void
no_buffers_is_one(void **state)
{
	struct plx_mbuf *got[8];

	for (unsigned i = 0; i < 2; i++) {
		scene_make(kind(i) | MERGE, false, SIZE);
		scene_deliver((struct virtio_net_hdr_full){.num_buffers = 0}, 7, 60);
		assert_int_equal(scene.rx(scene.rxq, got, 8), 1);
		assert_int_equal(got[0]->nb_segs, 1);
		plx_mbuf_free(got[0]);
		scene_end();
	}
}

/* Without MRG_RXBUF the field means nothing. */
static void
buffers_without_mergeable(void **state)
{
	struct plx_mbuf *got[8];

	scene_make(V1 | CSUM, false, SIZE);
	scene_deliver((struct virtio_net_hdr_full){.num_buffers = 7}, 7, 60);
	assert_int_equal(scene.rx(scene.rxq, got, 8), 1);
	plx_mbuf_free(got[0]);
	scene_end();
}

static void
part_of_a_chain_waits_and_is_lost_with_the_queue(void **state)
{
	struct plx_mbuf *got[8];

	for (unsigned i = 0; i < 2; i++) {
		scene_make(kind(i) | MERGE, false, SIZE);
		for (unsigned part = 0; part < 4; part++)
			deliver_part(part, 5, 5, 60);
		assert_int_equal(scene.rx(scene.rxq, got, 8), 0);
		assert_int_equal(scene.rxq->stats.errors, 0);
		virtio_rxq_stop(scene.rxq);
		virtio_rxq_drain(scene.rxq);
		assert_int_equal(scene.rxq->stats.errors, 1);
		scene_start();
		scene_deliver(one_buffer, 1, 60);
		assert_int_equal(scene.rx(scene.rxq, got, 8), 1);
		plx_mbuf_free(got[0]);
		scene_end();
	}
}

static void
a_bad_part_takes_the_whole_chain(void **state)
{
	struct plx_mbuf *got[8];

	for (unsigned bad = 0; bad < 4; bad++)
		for (unsigned i = 0; i < 2; i++) {
			struct device_chain c = {.n = 0};

			scene_make(kind(i) | MERGE, false, SIZE);
			for (unsigned part = 0; part < 4; part++) {
				if (part != bad) {
					deliver_part(part, 4, 4, 60);
					continue;
				}
				assert_true(device_take(&scene.rx_device, &c));
				memset(c.parts[0].at, 0, 12);
				c.parts[0].at[10] = 4;
				device_give_back(&scene.rx_device, &c,
						 i ? 0 : scene.rxq->posted + 1);
			}
			scene_deliver(one_buffer, 5, 60);
			assert_int_equal(scene.rx(scene.rxq, got, 8), 1);
			assert_int_equal(plx_mbuf_data(got[0])[0], 5);
			plx_mbuf_free(got[0]);
			assert_int_equal(scene.rxq->stats.errors, 1);
			scene_end();
		}
}

static void
no_frame_is_larger_than_there_are(void **state)
{
	struct plx_mbuf *got[8];

	scene_make(V1 | MERGE, false, SIZE);
	for (unsigned part = 0; part < 40; part++)
		deliver_part(part, 40, 40, 60);
	scene_deliver(one_buffer, 5, 60);
	assert_int_equal(scene.rx(scene.rxq, got, 8), 1);
	plx_mbuf_free(got[0]);
	assert_int_equal(scene.rxq->stats.errors, 1);
	scene_end();
}

static void
chains_that_nobody_asked_for(void **state)
{
	struct plx_mbuf *got[8];

	scene_make(V1 | MERGE, false, SIZE);
	virtio_rxq_drain(scene.rxq);
	scene.dev.eth.info.rx_offloads = 0;
	scene_start();
	for (unsigned part = 0; part < 3; part++)
		deliver_part(part, 3, 3, 60);
	scene_deliver(one_buffer, 5, 60);
	assert_int_equal(scene.rx(scene.rxq, got, 8), 1);
	plx_mbuf_free(got[0]);
	assert_int_equal(scene.rxq->stats.errors, 1);
	scene_end();
}

/* -- orders -------------------------------------------------------------------------------------------------- */

/* Buffers come back in the order 3, 2, 1, 0, 7, 6, ..., and go out again so. */
static void
any_order(void **state)
{
	for (unsigned i = 0; i < 4; i++) {
		struct plx_mbuf *got[64];

		scene_make(kind(i), i / 2, SIZE);
		for (unsigned round = 0; round < 200; round++) {
			struct device_chain c[4];

			for (unsigned k = 0; k < 4; k++) {
				assert_true(device_take(&scene.rx_device, &c[k]));
				memset(c[k].parts[0].at, (int)k, 100);
			}
			for (unsigned k = 4; k-- > 0;)
				device_give_back(&scene.rx_device, &c[k], 100);
			assert_int_equal(scene.rx(scene.rxq, got, 64), 4);
			for (unsigned k = 0; k < 4; k++)
				assert_int_equal(plx_mbuf_data(got[k])[0], 3 - k);
			plx_mbuf_free_bulk(got, 4);
		}
		scene_end();
	}
}

/* The device keeps one buffer while the others go round: its id is not given again before it came back. */
static void
a_buffer_that_is_kept(void **state)
{
	for (unsigned i = 0; i < 2; i++) {
		struct device_chain kept = {.n = 0}, c = {.n = 0};
		struct plx_mbuf *got[64];

		scene_make(kind(i), false, SIZE);
		assert_true(device_take(&scene.rx_device, &kept));
		for (unsigned round = 0; round < 300; round++) {
			assert_true(device_take(&scene.rx_device, &c));
			assert_int_not_equal(c.id, kept.id);
			memset(c.parts[0].at, (int)round, 100);
			device_give_back(&scene.rx_device, &c, 100);
			assert_int_equal(scene.rx(scene.rxq, got, 64), 1);
			assert_int_equal(plx_mbuf_data(got[0])[0], (uint8_t)round);
			plx_mbuf_free(got[0]);
		}
		memset(kept.parts[0].at, 0x5a, 100);
		device_give_back(&scene.rx_device, &kept, 100);
		assert_int_equal(scene.rx(scene.rxq, got, 64), 1);
		assert_int_equal(plx_mbuf_data(got[0])[0], 0x5a);
		plx_mbuf_free(got[0]);
		scene_end();
	}
}

/* IN_ORDER: one element for a batch; all but the last are full. */
static void
batches_in_order(void **state)
{
	for (unsigned i = 0; i < 4; i++) {
		struct plx_mbuf *got[64];

		scene_make(kind(i) | ORDER | (i / 2 ? MERGE : 0), false, SIZE);
		for (unsigned round = 0; round < 300; round++) {
			unsigned n = 1 + round % 20;
			struct device_chain c = {.n = 0};

			for (unsigned k = 0; k < n; k++) {
				assert_true(device_take(&scene.rx_device, &c));
				memset(c.parts[0].at, 0, 12);
				c.parts[0].at[12] = (uint8_t)k;
			}
			device_give(&scene.rx_device, c.id, 100, (uint16_t)n);
			assert_int_equal(scene.rx(scene.rxq, got, 64), n);
			for (unsigned k = 0; k < n; k++) {
				assert_int_equal(plx_mbuf_data(got[k])[0], k);
				assert_int_equal(got[k]->pkt_len,
						 k + 1 < n ? scene.rxq->posted - 12 : 88);
			}
			plx_mbuf_free_bulk(got, n);
		}
		scene_end();
	}
}

/* A batch is larger than the application's burst. */
static void
a_batch_over_several_bursts(void **state)
{
	for (unsigned i = 0; i < 2; i++) {
		struct plx_mbuf *got[64];
		struct device_chain c = {.n = 0};

		scene_make(kind(i) | ORDER, false, SIZE);
		for (unsigned k = 0; k < 50; k++)
			assert_true(device_take(&scene.rx_device, &c));
		device_give(&scene.rx_device, c.id, 100, 50);
		for (unsigned k = 0; k < 50; k += 5) {
			assert_int_equal(scene.rx(scene.rxq, got, 5), 5);
			plx_mbuf_free_bulk(got, 5);
		}
		assert_int_equal(scene.rx(scene.rxq, got, 5), 0);
		scene_end();
	}
}

/* -- headers ------------------------------------------------------------------------------------------------- */

static void
expect_flags(struct virtio_net_hdr_full header, uint32_t flags, uint16_t segsz)
{
	struct plx_mbuf *got[2];

	header.num_buffers = 1;
	scene_deliver(header, 1, 100);
	assert_int_equal(scene.rx(scene.rxq, got, 2), 1);
	assert_int_equal(got[0]->ol_flags, flags);
	if (segsz != 0)
		assert_int_equal(got[0]->tso_segsz, segsz);
	plx_mbuf_free(got[0]);
}

static void
expect_error(struct virtio_net_hdr_full header)
{
	uint64_t errors = scene.rxq->stats.errors;
	struct plx_mbuf *got[2];

	header.num_buffers = 1;
	scene_deliver(header, 1, 100);
	assert_int_equal(scene.rx(scene.rxq, got, 2), 0);
	assert_int_equal(scene.rxq->stats.errors, errors + 1);
}

static void
checksums_and_segments(void **state)
{
	for (unsigned i = 0; i < 2; i++) {
		scene_make(kind(i) | CSUM | TSO4, false, SIZE);
		expect_flags((struct virtio_net_hdr_full){.flags = 0}, 0, 0);
		expect_flags((struct virtio_net_hdr_full){.flags = 2}, PLX_MBUF_RX_L4_CSUM_GOOD, 0);
		expect_flags((struct virtio_net_hdr_full){.flags = 1,
							  .csum_start = 34,
							  .csum_offset = 64},
			     PLX_MBUF_RX_L4_CSUM_NONE, 0);
		expect_error((struct virtio_net_hdr_full){
			.flags = 1, .csum_start = 34, .csum_offset = 65});
		expect_error((struct virtio_net_hdr_full){
			.flags = 1, .csum_start = 0xffff, .csum_offset = 0xffff});
		expect_flags((struct virtio_net_hdr_full){.flags = 1,
							  .csum_start = 34,
							  .csum_offset = 16,
							  .gso_type = 1,
							  .gso_size = 1448},
			     PLX_MBUF_RX_L4_CSUM_NONE, 1448);
		expect_error((struct virtio_net_hdr_full){.gso_type = 1, .gso_size = 0});
		expect_error((struct virtio_net_hdr_full){.gso_type = 4, .gso_size = 1448});
		expect_error((struct virtio_net_hdr_full){.gso_type = 3, .gso_size = 1448});
		expect_error((struct virtio_net_hdr_full){.gso_type = 0x81, .gso_size = 1448});
		expect_error((struct virtio_net_hdr_full){.gso_type = 0xff, .gso_size = 1448});
		scene_end();
	}
}

/* Of what was not agreed nothing is believed, and nothing refused. */
static void
headers_without_offloads(void **state)
{
	scene_make(V1 | MERGE, false, SIZE);
	expect_flags((struct virtio_net_hdr_full){.flags = 0xff, .gso_type = 0xff}, 0, 0);
	scene_end();
}

static void
hashes(void **state)
{
	for (unsigned i = 0; i < 2; i++) {
		struct plx_mbuf *got[2];

		scene_make(kind(i) | HASH, false, SIZE);
		for (uint16_t report = 0; report < 12; report++) {
			struct virtio_net_hdr_full header = {
				.num_buffers = 1, .hash_value = 0x12345678, .hash_report = report};

			scene_deliver(header, 1, 100);
			assert_int_equal(scene.rx(scene.rxq, got, 2), 1);
			assert_int_equal(got[0]->ol_flags,
					 report >= 1 && report <= 9 ? PLX_MBUF_RX_HASH : 0);
			assert_int_equal(got[0]->hash, report >= 1 && report <= 9 ? 0x12345678 : 0);
			plx_mbuf_free(got[0]);
		}
		scene_end();
	}
}

static const uint8_t tagged[18] = {[12] = 0x81, 0x00, 0x21, 0x23, 0x08, 0x00};

/* A frame with a tag, in one buffer or in two. */
static void
deliver_tagged(uint16_t buffers)
{
	for (uint16_t i = 0; i < buffers; i++) {
		struct device_chain c = {.n = 0};
		unsigned off = i == 0 ? scene.dev.header_len : 0;

		assert_true(device_take(&scene.rx_device, &c));
		memset(c.parts[0].at, 0, c.parts[0].len);
		if (i == 0 && off > 10)
			memcpy(c.parts[0].at + 10, &buffers, sizeof(buffers));
		if (i == 0)
			memcpy(c.parts[0].at + off, tagged, sizeof(tagged));
		device_give_back(&scene.rx_device, &c, off + 60);
	}
}

/* Headers that are read and such as are not; without the offload the tag stays where it is. */
static void
tags_are_taken_out_for_who_asks(void **state)
{
	static const uint64_t more[] = {0, MERGE, CSUM | MERGE};
	const uint32_t strip = PLX_ETH_RX_OFFLOAD_VLAN_STRIP | PLX_ETH_RX_OFFLOAD_SCATTER;

	for (unsigned i = 0; i < 2 * PLX_ARRAY_LEN(more); i++) {
		const uint16_t most = more[i / 2] & MERGE ? 2 : 1;

		scene_make(kind(i) | more[i / 2], false, SIZE);
		for (unsigned round = 0; round < 4; round++) {
			const bool on = round % 2 != 0;
			const uint16_t buffers = round < 2 ? 1 : most;
			struct plx_mbuf *got[8];

			virtio_rxq_stop(scene.rxq);
			virtio_rxq_drain(scene.rxq);
			scene.dev.eth.info.rx_offloads = on ? strip : PLX_ETH_RX_OFFLOAD_SCATTER;
			virtio_txq_stop(scene.txq);
			virtio_txq_drain(scene.txq);
			scene_start();
			deliver_tagged(buffers);
			assert_int_equal(scene.rx(scene.rxq, got, 8), 1);
			assert_int_equal(plx_mbuf_check(got[0], NULL), 0);
			assert_int_equal(got[0]->pkt_len, buffers * 60u - (on ? 4 : 0));
			assert_int_equal(got[0]->vlan_tci, on ? 0x2123 : 0);
			assert_int_equal((got[0]->ol_flags & PLX_MBUF_RX_VLAN_STRIPPED) != 0, on);
			assert_int_equal(plx_mbuf_data(got[0])[12], on ? 0x08 : 0x81);
			plx_mbuf_free(got[0]);
		}
		scene_end();
	}
}

/* The sum may lie behind the first buffer of a chain. */
static void
checksums_of_chains(void **state)
{
	struct device_chain c = {.n = 0};
	struct virtio_net_hdr_full header = {
		.flags = 1, .csum_start = 90, .csum_offset = 20, .num_buffers = 2};
	struct plx_mbuf *got[2];

	scene_make(V1 | CSUM | MERGE, false, SIZE);
	for (unsigned bad = 0; bad < 2; bad++) {
		assert_true(device_take(&scene.rx_device, &c));
		memcpy(c.parts[0].at, &header, 12);
		device_give_back(&scene.rx_device, &c, 12 + 100);
		assert_true(device_take(&scene.rx_device, &c));
		device_give_back(&scene.rx_device, &c, bad ? 11 : 12);
		assert_int_equal(scene.rx(scene.rxq, got, 2), !bad);
		if (!bad)
			plx_mbuf_free(got[0]);
	}
	assert_int_equal(scene.rxq->stats.errors, 1);
	scene_end();
}

/* -- pools --------------------------------------------------------------------------------------------------- */

static void
an_empty_pool_starves_the_ring_and_no_more(void **state)
{
	for (unsigned i = 0; i < 2; i++) {
		struct plx_mbuf *all[1000], *got[64];
		unsigned n = 0, received = 0;

		scene_make(kind(i), false, SIZE);
		while ((all[n] = plx_mbuf_alloc(pool)) != NULL)
			n++;
		for (unsigned k = 0; k < SIZE; k++) {
			scene_deliver(one_buffer, (uint8_t)k, 60);
			received += scene.rx(scene.rxq, got + received, 1);
		}
		assert_int_equal(received, SIZE);
		assert_int_equal(scene.rx(scene.rxq, got, 1), 0);
		assert_true(scene.rxq->q->starved > 0);
		assert_int_equal(scene.rxq->q->nb_free, SIZE);
		plx_mbuf_free(all[--n]); /* a single one is found and put in */
		assert_int_equal(scene.rx(scene.rxq, got + 1, 1), 0);
		assert_int_equal(scene.rxq->q->nb_free, SIZE - 1);
		plx_mbuf_free_bulk(all, n);
		plx_mbuf_free_bulk(got, SIZE);
		assert_int_equal(scene.rx(scene.rxq, got, 1), 0);
		assert_true(scene.rxq->q->nb_free < VIRTIO_RX_PART);
		scene_deliver(one_buffer, 1, 60);
		assert_int_equal(scene.rx(scene.rxq, got, 1), 1);
		plx_mbuf_free(got[0]);
		assert_int_equal(scene.rxq->stats.errors, 0);
		scene_end();
	}
}

static void
pools_without_room_for_a_header(void **state)
{
	static const struct plx_pool_params params[] = {
		{.name = "low", .n = 8, .headroom = 19, .node = PLX_NODE_ANY},
		{.name = "small", .n = 8, .headroom = 64, .buf_size = 84, .node = PLX_NODE_ANY},
	};

	for (unsigned i = 0; i < 2; i++) {
		struct virtio_rxq *rxq;
		struct plx_pool *poor;
		struct plx_why why;

		scene_describe(V1, false);
		assert_int_equal(plx_pool_create(&params[i], &poor, NULL), 0);
		assert_int_equal(virtio_rxq_create(&scene.dev, 0, SIZE, poor, &rxq, &why), -EINVAL);
		assert_non_null(strstr(why.text, "head-room"));
		assert_int_equal(plx_pool_destroy(poor, NULL), 0);
	}
}

static void
a_closed_gate_lets_nothing_through(void **state)
{
	struct plx_mbuf *got[8], *m;

	for (unsigned i = 0; i < 2; i++) {
		scene_make(kind(i), true, SIZE);
		scene_deliver(one_buffer, 1, 60);
		virtio_rxq_stop(scene.rxq);
		virtio_txq_stop(scene.txq);
		assert_int_equal(scene.rx(scene.rxq, got, 8), 0);
		scene_packets(&m, 1, 60);
		assert_int_equal(scene.tx(scene.txq, &m, 1), 0);
		plx_mbuf_free(m);
		scene_end();
	}
}

static int
set_up(void **state)
{
	return eal_pool_init(&(struct plx_pool_params){
		.name = "p", .n = 999, .cache = 64, .node = PLX_NODE_ANY});
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chains_come_whole),
		cmocka_unit_test(chains_in_one_burst),
		cmocka_unit_test(no_buffers_is_one),
		cmocka_unit_test(buffers_without_mergeable),
		cmocka_unit_test(part_of_a_chain_waits_and_is_lost_with_the_queue),
		cmocka_unit_test(a_bad_part_takes_the_whole_chain),
		cmocka_unit_test(no_frame_is_larger_than_there_are),
		cmocka_unit_test(chains_that_nobody_asked_for),
		cmocka_unit_test(any_order),
		cmocka_unit_test(a_buffer_that_is_kept),
		cmocka_unit_test(batches_in_order),
		cmocka_unit_test(a_batch_over_several_bursts),
		cmocka_unit_test(checksums_and_segments),
		cmocka_unit_test(headers_without_offloads),
		cmocka_unit_test(hashes),
		cmocka_unit_test(tags_are_taken_out_for_who_asks),
		cmocka_unit_test(checksums_of_chains),
		cmocka_unit_test(an_empty_pool_starves_the_ring_and_no_more),
		cmocka_unit_test(pools_without_room_for_a_header),
		cmocka_unit_test(a_closed_gate_lets_nothing_through),
	};

	return cmocka_run_group_tests(tests, set_up, eal_pool_fini);
}
