/* SPDX-License-Identifier: BSD-3-Clause */
/* Sending: chains, tables, orders, wishes, shared bytes, full rings. */
#include "queue_scene.h"

#define V1     VIRTIO_BIT(VIRTIO_F_VERSION_1)
#define PACKED (V1 | VIRTIO_BIT(VIRTIO_F_RING_PACKED))
#define ORDER  VIRTIO_BIT(VIRTIO_F_IN_ORDER)
#define TABLES VIRTIO_BIT(VIRTIO_F_INDIRECT_DESC)
#define CSUM   VIRTIO_BIT(VIRTIO_NET_F_CSUM)
#define TSO4   VIRTIO_BIT(VIRTIO_NET_F_HOST_TSO4)
#define SIZE   16
#define FRAME  65536

static uint8_t frame[FRAME];

static uint64_t
kind(unsigned i)
{
	return i % 2 ? PACKED : V1;
}

/* A packet of n segments of 100 bytes, each byte of which is the segment's number. */
static struct plx_mbuf *
chain(unsigned n)
{
	struct plx_mbuf *head = NULL, *seg = NULL;

	for (unsigned i = 0; i < n; i++) {
		seg = plx_mbuf_alloc(pool);
		memset(plx_mbuf_append(seg, 100), (int)i, 100);
		if (i == 0)
			head = seg;
		else
			assert_int_equal(plx_mbuf_chain(head, seg), 0);
	}
	return head;
}

/* Takes the next packet into frame[], gives it back, returns its length without the header. */
static uint32_t
device_gets(struct device_chain *c)
{
	uint32_t len;

	assert_true(device_take(&scene.tx_device, c));
	len = device_read(c, frame, FRAME);
	assert_true(len > scene.dev.header_len);
	device_give_back(&scene.tx_device, c, 0);
	return len - scene.dev.header_len;
}

static void
send_one(struct plx_mbuf *m)
{
	assert_int_equal(scene.tx(scene.txq, &m, 1), 1);
	scene_balanced();
}

static void
reap(uint64_t packets)
{
	assert_int_equal(scene.tx(scene.txq, NULL, 0), 0);
	scene_balanced();
	assert_int_equal(scene.txq->stats.packets, packets);
	assert_int_equal(scene.txq->stats.in_flight, 0);
	assert_int_equal(scene.txq->q->nb_free, scene.txq->q->size);
	assert_int_equal(scene.txq->q->nb_areas, scene.txq->q->size);
}

static const uint8_t *
payload(void)
{
	return frame + scene.dev.header_len;
}

/* -- chains --------------------------------------------------------------------------------------------------- */

static void
chains_of_all_lengths(void **state)
{
	for (unsigned i = 0; i < 16; i++) {
		struct device_chain c = {.n = 0};
		uint64_t bytes = 0;

		scene_make(kind(i) | (i & 2 ? TABLES : 0) | (i & 8 ? ORDER : 0), i & 4, SIZE);
		for (unsigned round = 0; round < 10; round++)
			for (unsigned n = 1; n <= SIZE; n++) {
				send_one(chain(n));
				assert_int_equal(device_gets(&c), 100 * n);
				for (unsigned k = 0; k < 100 * n; k++)
					assert_int_equal(payload()[k], k / 100);
				assert_int_equal(c.n, n);
				assert_int_equal(c.descs, i & 2 ? 1 : n);
				assert_int_equal(c.indirect, i & 2 && n > 1);
				bytes += 100 * n;
				reap(round * SIZE + n);
			}
		assert_int_equal(scene.txq->stats.bytes, bytes);
		scene_end();
	}
}

/* A table is longer than the ring: it takes one descriptor all the same; a chain has no room, ever. */
static void
chains_longer_than_the_ring(void **state)
{
	for (unsigned i = 0; i < 4; i++) {
		struct device_chain c = {.n = 0};

		scene_make(kind(i) | (i & 2 ? TABLES : 0), false, SIZE);
		send_one(chain(SIZE + 2));
		if (i & 2) {
			assert_int_equal(device_gets(&c), 100 * (SIZE + 2));
			reap(1);
		}
		send_one(chain(VIRTIO_TABLE_LEN + 1));
		send_one(chain(VIRTIO_TX_PARTS + 1));
		assert_int_equal(scene.txq->stats.errors, i & 2 ? 2 : 3);
		assert_int_equal(scene.txq->q->nb_areas, SIZE);
		assert_false(device_take(&scene.tx_device, &c));
		scene_end();
	}
}

static void
empty_segments_are_left_out(void **state)
{
	for (unsigned i = 0; i < 2; i++) {
		struct device_chain c = {.n = 0};
		struct plx_mbuf *m = plx_mbuf_alloc(pool);

		scene_make(kind(i), false, SIZE);
		assert_int_equal(plx_mbuf_chain(m, chain(1)), 0);
		assert_int_equal(plx_mbuf_chain(m, plx_mbuf_alloc(pool)), 0);
		send_one(m);
		assert_int_equal(device_gets(&c), 100);
		assert_int_equal(c.n, 2);
		reap(1);
		send_one(plx_mbuf_alloc(pool));
		assert_int_equal(scene.txq->stats.errors, 1);
		scene_end();
	}
}

/* -- full rings ------------------------------------------------------------------------------------------------- */

static void
a_full_ring_takes_no_more(void **state)
{
	for (unsigned i = 0; i < 4; i++) {
		struct plx_mbuf *pkts[SIZE + 4];
		struct device_chain c = {.n = 0};

		scene_make(kind(i), i & 2, SIZE);
		for (unsigned round = 0; round < 50; round++) {
			scene_packets(pkts, SIZE + 4, 60);
			assert_int_equal(scene.tx(scene.txq, pkts, SIZE + 4), SIZE);
			assert_int_equal(scene.tx(scene.txq, pkts + SIZE, 4), 0);
			scene_balanced();
			assert_int_equal(device_gets(&c), 60);
			assert_int_equal(scene.tx(scene.txq, pkts + SIZE, 4), 1);
			for (unsigned k = 0; k < SIZE; k++) {
				assert_int_equal(device_gets(&c), 60);
				assert_int_equal(payload()[0], k + 1);
			}
			plx_mbuf_free_bulk(pkts + SIZE + 1, 3);
			reap((round + 1) * (SIZE + 1));
		}
		scene_end();
	}
}

/* A chain that finds too few descriptors waits, and the ring is reaped for it, be it ever so empty. */
static void
a_long_chain_gets_its_turn(void **state)
{
	for (unsigned i = 0; i < 2; i++) {
		struct device_chain c = {.n = 0};
		struct plx_mbuf *m;

		scene_make(kind(i), false, SIZE);
		for (unsigned k = 0; k < 5; k++)
			send_one(chain(1));
		m = chain(SIZE - 2);
		assert_int_equal(scene.tx(scene.txq, &m, 1), 0);
		for (unsigned k = 0; k < 5; k++)
			device_gets(&c);
		send_one(m);
		assert_int_equal(device_gets(&c), 100 * (SIZE - 2));
		reap(6);
		scene_end();
	}
}

static void
what_is_in_flight_comes_back(void **state)
{
	for (unsigned i = 0; i < 4; i++) {
		scene_make(kind(i) | (i & 2 ? TABLES : 0), false, SIZE);
		send_one(chain(3));
		send_one(chain(1));
		send_one(chain(4));
		virtio_txq_stop(scene.txq);
		virtio_txq_drain(scene.txq);
		assert_int_equal(scene.txq->stats.errors, 3);
		assert_int_equal(scene.txq->stats.in_flight, 0);
		scene_balanced();
		virtio_rxq_drain(scene.rxq);
		scene_start();
		send_one(chain(2));
		assert_int_equal(device_gets(&(struct device_chain){.n = 0}), 200);
		reap(1);
		scene_end();
	}
}

/* -- orders ------------------------------------------------------------------------------------------------------ */

/* Chains of one to four descriptors come back shuffled: every one's descriptors must be those it took. */
static void
any_order(void **state)
{
	for (unsigned i = 0; i < 4; i++) {
		struct device_chain c[4];
		uint64_t packets = 0;

		scene_make(kind(i) | (i & 2 ? TABLES : 0), false, SIZE);
		for (unsigned round = 0; round < 200; round++) {
			for (unsigned k = 0; k < 4; k++)
				send_one(chain(1 + (k + round) % 4));
			for (unsigned k = 0; k < 4; k++) {
				assert_true(device_take(&scene.tx_device, &c[k]));
				assert_int_equal(device_read(&c[k], frame, FRAME) - 12,
						 100 * (1 + (k + round) % 4));
			}
			for (unsigned k = 0; k < 4; k++)
				device_give_back(&scene.tx_device, &c[(k * 3 + round) % 4], 0);
			packets += 4;
			reap(packets);
		}
		scene_end();
	}
}

static void
batches_in_order(void **state)
{
	for (unsigned i = 0; i < 2; i++) {
		uint64_t packets = 0;

		scene_make(kind(i) | ORDER, false, SIZE);
		for (unsigned round = 0; round < 200; round++) {
			struct device_chain c = {.n = 0};
			unsigned n = 1 + round % 5;
			uint16_t descs = 0;

			for (unsigned k = 0; k < n; k++)
				send_one(chain(1 + k % 3));
			for (unsigned k = 0; k < n; k++) {
				assert_true(device_take(&scene.tx_device, &c));
				descs = (uint16_t)(descs + (scene.tx_device.packed ? c.descs : 1));
			}
			device_give(&scene.tx_device, c.id, 0, descs);
			packets += n;
			reap(packets);
		}
		scene_end();
	}
}

/* -- wishes ------------------------------------------------------------------------------------------------------- */

/* An IPv4 TCP packet with `payload` bytes. */
static struct plx_mbuf *
tcp(uint16_t payload_len, uint32_t wishes)
{
	struct plx_mbuf *m = plx_mbuf_alloc(pool);
	uint8_t *p = plx_mbuf_append(m, (uint16_t)(54 + payload_len));

	memset(p, 0, 54 + payload_len);
	p[12] = 0x08;
	p[14] = 0x45;
	p[16] = (uint8_t)((40 + payload_len) >> 8);
	p[17] = (uint8_t)(40 + payload_len);
	p[22] = 64;
	p[23] = 6;
	memcpy(p + 26, (const uint8_t[]){10, 0, 0, 1, 10, 0, 0, 2}, 8);
	p[46] = 0x50;
	memset(p + 54, 0xaa, payload_len);
	m->l2_len = 14;
	m->l3_len = 20;
	m->l4_len = 20;
	m->tso_segsz = 500;
	m->vlan_tci = 0x0123;
	m->ol_flags = PLX_MBUF_TX_IPV4 | wishes;
	return m;
}

static void
check_header(uint8_t flags, uint8_t gso, uint16_t hdr_len, uint16_t gso_size, uint16_t start,
	     uint16_t offset)
{
	struct virtio_net_hdr_full header = {0};

	memcpy(&header, frame, scene.dev.header_len);
	assert_int_equal(header.flags, flags);
	assert_int_equal(header.gso_type, gso);
	assert_int_equal(header.hdr_len, hdr_len);
	assert_int_equal(header.gso_size, gso_size);
	assert_int_equal(header.csum_start, start);
	assert_int_equal(header.csum_offset, offset);
	assert_int_equal(header.num_buffers, 0);
}

static uint16_t
word(unsigned at)
{
	return (uint16_t)(payload()[at] << 8 | payload()[at + 1]);
}

static uint16_t
ip_sum(unsigned at)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < 20; i += 2)
		sum += word(at + i);
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

/* In front of a packet of ours, and in an area for one whose bytes somebody else holds too: all the same to the device. */
static void
wish(uint64_t features, bool shared, uint32_t wishes, uint16_t payload_len)
{
	struct plx_mbuf *m = tcp(payload_len, wishes);
	uint8_t before[64];
	struct device_chain c = {.n = 0};

	memcpy(before, plx_mbuf_data(m), 54);
	scene_make(features, false, SIZE);
	if (shared)
		plx_mbuf_ref(m);
	send_one(m);
	assert_int_equal(device_gets(&c), 54u + payload_len + (wishes & PLX_MBUF_TX_VLAN ? 4 : 0));
	assert_int_equal(c.n, shared ? 2 : 1);
	if (shared) {
		assert_memory_equal(plx_mbuf_data(m), before, 54);
		plx_mbuf_free(m);
	}
	reap(1);
}

static void
checksums_tags_and_segments(void **state)
{
	for (unsigned i = 0; i < 4; i++) {
		uint64_t features = kind(i) | CSUM | TSO4;

		wish(features, i / 2, PLX_MBUF_TX_TCP_CSUM, 100);
		check_header(1, 0, 34, 0, 34, 16);
		scene_end();
		wish(features, i / 2, PLX_MBUF_TX_UDP_CSUM, 100);
		check_header(1, 0, 34, 0, 34, 6);
		scene_end();
		wish(features, i / 2, PLX_MBUF_TX_IP_CSUM, 100);
		check_header(0, 0, 0, 0, 0, 0);
		assert_int_equal(ip_sum(14), 0xffff);
		scene_end();
		wish(features, i / 2, PLX_MBUF_TX_VLAN, 100);
		check_header(0, 0, 0, 0, 0, 0);
		assert_int_equal(word(12), 0x8100);
		assert_int_equal(word(14), 0x0123);
		assert_int_equal(word(16), 0x0800);
		scene_end();
		wish(features, i / 2, PLX_MBUF_TX_TCP_SEG | PLX_MBUF_TX_IP_CSUM | PLX_MBUF_TX_VLAN,
		     1200);
		check_header(1, 1, 58, 500, 38, 16);
		assert_int_equal(word(12), 0x8100);
		assert_int_equal(ip_sum(18), 0xffff);
		/* The pseudo-header's sum: addresses, protocol, length. */
		assert_int_equal(word(38 + 16), 0x0a00 + 1 + 0x0a00 + 2 + 6 + 20 + 1200);
		assert_int_equal(payload()[58], 0xaa);
		scene_end();
	}
}

static void
wishes_that_the_device_has_not(void **state)
{
	static const struct {
		uint64_t features;
		uint32_t wishes;
	} cases[] = {
		{V1, PLX_MBUF_TX_TCP_CSUM},
		{V1, PLX_MBUF_TX_UDP_CSUM},
		{V1 | CSUM, PLX_MBUF_TX_TCP_SEG},
		{V1 | CSUM | TSO4, PLX_MBUF_TX_TCP_SEG | PLX_MBUF_TX_IPV6},
	};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(cases); i++) {
		struct plx_mbuf *pkts[3];

		scene_make(cases[i].features | (i % 2 ? PACKED : 0), false, SIZE);
		pkts[0] = chain(1);
		pkts[1] = tcp(1200, cases[i].wishes);
		pkts[2] = chain(1);
		assert_int_equal(scene.tx(scene.txq, pkts, 3), 3);
		assert_int_equal(scene.txq->stats.errors, 1);
		scene_balanced();
		device_gets(&(struct device_chain){.n = 0});
		device_gets(&(struct device_chain){.n = 0});
		reap(2);
		scene_end();
	}
}

/* -- bytes of others ------------------------------------------------------------------------------------------------ */

static void
clones_share_their_bytes(void **state)
{
	for (unsigned i = 0; i < 4; i++) {
		struct plx_mbuf *m = chain(2), *clone = plx_mbuf_clone(m, pool);
		struct device_chain c = {.n = 0};
		uint8_t *in_front = plx_mbuf_data(m) - 1;

		scene_make(kind(i), i & 2, SIZE);
		*in_front = 0x55;
		send_one(clone);
		assert_int_equal(device_gets(&c), 200);
		assert_int_equal(c.n, 3);
		assert_ptr_equal(c.parts[1].at, plx_mbuf_data(m));
		assert_int_equal(*in_front, 0x55);
		reap(1);
		plx_mbuf_free(m);
		scene_end();
	}
}

static unsigned released;

static void
release(void *arg, void *addr)
{
	released++;
}

/* Bytes on the heap are out of the device's reach: they are copied, and released at once. */
static void
external_bytes_are_copied(void **state)
{
	for (unsigned i = 0; i < 4; i++) {
		struct plx_mbuf_external ext = {.release = release};
		struct plx_mbuf *m = plx_mbuf_alloc(pool);
		struct device_chain c = {.n = 0};
		uint8_t *bytes = malloc(300);

		released = 0;
		memset(bytes, 0x77, 300);
		scene_make(kind(i), i & 2, SIZE);
		assert_int_equal(plx_mbuf_attach_external(m, bytes, 300, &ext), 0);
		send_one(m);
		assert_int_equal(released, 1);
		memset(bytes, 0, 300);
		free(bytes);
		assert_int_equal(device_gets(&c), 300);
		assert_int_equal(payload()[299], 0x77);
		assert_int_equal(scene.txq->q->copied, 1);
		reap(1);
		scene_end();
	}
}

static void
external_bytes_without_a_buffer_for_the_copy(void **state)
{
	struct plx_mbuf_external ext = {.release = release};
	struct plx_mbuf *m, *all[1000];
	uint8_t bytes[100] = {0};
	unsigned n = 0;

	released = 0;
	scene_make(V1, false, SIZE);
	m = plx_mbuf_alloc(pool);
	assert_int_equal(plx_mbuf_attach_external(m, bytes, sizeof(bytes), &ext), 0);
	while ((all[n] = plx_mbuf_alloc(pool)) != NULL)
		n++;
	send_one(m);
	assert_int_equal(released, 1);
	assert_int_equal(scene.txq->stats.errors, 1);
	assert_int_equal(scene.txq->q->nb_areas, SIZE);
	plx_mbuf_free_bulk(all, n);
	scene_end();
}

/* No head-room, or a legacy device that wants headers by themselves. */
static void
headers_apart(void **state)
{
	struct device_chain c = {.n = 0};
	struct plx_mbuf *m = chain(1);

	scene_make(V1, false, SIZE);
	memmove(m->buf + 11, plx_mbuf_data(m), 100);
	m->data_off = 11;
	send_one(m);
	assert_int_equal(device_gets(&c), 100);
	assert_int_equal(c.n, 2);
	reap(1);
	scene_end();
	scene_make(CSUM, false, SIZE);
	send_one(chain(1));
	assert_int_equal(device_gets(&c), 100);
	assert_int_equal(c.n, 2);
	assert_int_equal(c.parts[0].len, 10);
	send_one(tcp(100, PLX_MBUF_TX_TCP_CSUM | PLX_MBUF_TX_VLAN));
	assert_int_equal(device_gets(&c), 158);
	assert_int_equal(c.n, 3);
	assert_int_equal(c.parts[0].len, 10);
	reap(2);
	scene_end();
}

/* What stood in the head-room is not what the device reads as a header, whatever its length. */
static void
headers_are_cleared(void **state)
{
	static const uint64_t features[] = {VIRTIO_BIT(VIRTIO_F_ANY_LAYOUT), V1,
					    V1 | VIRTIO_BIT(VIRTIO_NET_F_HASH_REPORT)};
	static const uint8_t zero[20];

	for (unsigned i = 0; i < PLX_ARRAY_LEN(features); i++) {
		scene_make(features[i], false, SIZE);
		for (unsigned k = 0; k < scene.dev.header_len; k++) {
			struct plx_mbuf *m = chain(1);

			memset(m->buf, 0, pool->headroom);
			plx_mbuf_data(m)[-(int)k - 1] = 0xff;
			send_one(m);
			device_gets(&(struct device_chain){.n = 0});
			assert_memory_equal(frame, zero, scene.dev.header_len);
		}
		scene_end();
	}
}

/* But for num_buffers, which a peer wrote itself: that line is left alone, the peer has it in its cache, too. */
static void
peers_find_their_own_num_buffers(void **state)
{
	for (unsigned i = 0; i < 2; i++) {
		scene_make(kind(i), true, SIZE);
		for (unsigned k = 0; k < scene.dev.header_len; k++) {
			const bool theirs = k >= offsetof(struct virtio_net_hdr_full, num_buffers);
			uint8_t expected[VIRTIO_NET_HDR_LEN] = {0};
			struct plx_mbuf *m = chain(1);

			memset(m->buf, 0, pool->headroom);
			plx_mbuf_data(m)[(int)k - scene.dev.header_len] = 0xff;
			expected[k] = theirs ? 0xff : 0;
			send_one(m);
			device_gets(&(struct device_chain){.n = 0});
			assert_memory_equal(frame, expected, sizeof(expected));
		}
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
		cmocka_unit_test(chains_of_all_lengths),
		cmocka_unit_test(chains_longer_than_the_ring),
		cmocka_unit_test(empty_segments_are_left_out),
		cmocka_unit_test(a_full_ring_takes_no_more),
		cmocka_unit_test(a_long_chain_gets_its_turn),
		cmocka_unit_test(what_is_in_flight_comes_back),
		cmocka_unit_test(any_order),
		cmocka_unit_test(batches_in_order),
		cmocka_unit_test(checksums_tags_and_segments),
		cmocka_unit_test(wishes_that_the_device_has_not),
		cmocka_unit_test(clones_share_their_bytes),
		cmocka_unit_test(external_bytes_are_copied),
		cmocka_unit_test(external_bytes_without_a_buffer_for_the_copy),
		cmocka_unit_test(headers_apart),
		cmocka_unit_test(headers_are_cleared),
		cmocka_unit_test(peers_find_their_own_num_buffers),
	};

	return cmocka_run_group_tests(tests, set_up, eal_pool_fini);
}
