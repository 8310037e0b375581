/* SPDX-License-Identifier: BSD-3-Clause */
/* Checksums and segmentation both ways, agreed on or not; both lengths of header; calls by event index; rings that are resumed. */
#include "vhost_test.h"

#include "plx_net_csum.h"

#define BASE   VIRTIO_BIT(VIRTIO_F_VERSION_1)
#define CSUM   (BASE | VIRTIO_BIT(VIRTIO_NET_F_CSUM) | VIRTIO_BIT(VIRTIO_NET_F_GUEST_CSUM))
#define TSO    (CSUM | VIRTIO_BIT(VIRTIO_NET_F_HOST_TSO4) | VIRTIO_BIT(VIRTIO_NET_F_GUEST_TSO4))
#define HDR    VIRTIO_NET_HDR_LEN
#define RX     0
#define TX     1
#define L3     14
#define L4     34
#define UDP_CS (L4 + 6)

static struct guest guest;

static void
begin(const char *devargs, uint64_t features, uint32_t rx_offloads)
{
	const struct plx_ethdev_conf conf = {
		.rx_offloads = rx_offloads,
		.tx_offloads = PLX_ETH_TX_OFFLOAD_UDP_CSUM | PLX_ETH_TX_OFFLOAD_TCP_CSUM |
			       PLX_ETH_TX_OFFLOAD_TCP_TSO | PLX_ETH_TX_OFFLOAD_MULTI_SEGS};

	assert_int_equal(port_open(devargs, 1, &conf), 0);
	guest_start(&guest, features);
}

static void
end(void)
{
	books_balance();
	guest_stop(&guest);
	port_close();
}

/* A UDP frame whose checksum field holds the sum of the pseudo-header, as who leaves the rest to others writes it. */
static void
make_udp(uint8_t *frame, uint32_t len)
{
	uint16_t sum, udp_len = (uint16_t)(len - L4);

	for (uint32_t i = 0; i < len; i++)
		frame[i] = (uint8_t)(i * 11);
	memcpy(frame + 12, "\x08\x00\x45\x00", 4);
	frame[16] = (uint8_t)((len - L3) >> 8);
	frame[17] = (uint8_t)(len - L3);
	frame[L3 + 9] = 17;
	frame[L4 + 4] = (uint8_t)(udp_len >> 8);
	frame[L4 + 5] = (uint8_t)udp_len;
	sum = plx_net_csum_fold(
		plx_net_csum_pseudo_ipv4(frame + L3 + 12, frame + L3 + 16, 17, udp_len));
	memcpy(frame + UDP_CS, &sum, 2);
}

static bool
udp_is_good(const uint8_t *frame, uint32_t len)
{
	uint64_t sum = plx_net_csum_pseudo_ipv4(frame + L3 + 12, frame + L3 + 16, 17, len - L4);

	return plx_net_csum_fold(plx_net_csum_add(sum, frame + L4, len - L4)) == 0xffff;
}

/* The guest sends a frame behind this header. */
static void
guest_sends(struct virtio_net_hdr_full header, uint32_t len, uint16_t header_len)
{
	memcpy(buf_at(&guest, 1), &header, header_len);
	make_udp(buf_at(&guest, 1) + header_len, len);
	post_one(&guest, TX, buf_phys(1), header_len + len, 1);
}

static struct plx_mbuf *
receive_one(void)
{
	struct plx_mbuf *m = NULL;

	assert_int_equal(plx_ethdev_rx_burst(guest_port, 0, &m, 1), 1);
	assert_int_equal(plx_mbuf_check(m, NULL), 0);
	return m;
}

static const struct virtio_net_hdr_full needs_csum = {
	.flags = VIRTIO_NET_HDR_NEEDS_CSUM, .csum_start = L4, .csum_offset = 6};

static void
a_sum_that_a_guest_left_out_is_filled_in(void **state)
{
	begin("", CSUM, 0);
	for (uint32_t len = 60; len < 70; len++) {
		struct plx_mbuf *m;

		guest_sends(needs_csum, len, HDR);
		m = receive_one();
		assert_true(udp_is_good(plx_mbuf_data(m), len));
		assert_int_equal(m->ol_flags, PLX_MBUF_RX_L4_CSUM_GOOD);
		plx_mbuf_free(m);
	}
	end();
}

static void
or_told_if_that_is_wished(void **state)
{
	struct plx_mbuf *m;

	begin("", CSUM, PLX_ETH_RX_OFFLOAD_UDP_CSUM | PLX_ETH_RX_OFFLOAD_TCP_CSUM);
	guest_sends(needs_csum, 64, HDR);
	m = receive_one();
	assert_false(udp_is_good(plx_mbuf_data(m), 64));
	assert_int_equal(m->ol_flags, PLX_MBUF_RX_L4_CSUM_NONE);
	plx_mbuf_free(m);
	end();
}

static void
a_tag_is_taken_out_where_that_is_wished(void **state)
{
	for (int strip = 0; strip < 2; strip++) {
		const uint32_t flags = PLX_MBUF_RX_VLAN | PLX_MBUF_RX_VLAN_STRIPPED;
		struct plx_mbuf *m;

		begin("", BASE, strip ? PLX_ETH_RX_OFFLOAD_VLAN_STRIP : 0);
		guest_sends((struct virtio_net_hdr_full){0}, 64, HDR);
		memcpy(buf_at(&guest, 1) + HDR + 12, "\x81\x00\x20\x05", 4);
		m = receive_one();
		assert_int_equal(m->pkt_len, strip ? 60 : 64);
		assert_int_equal(m->ol_flags, strip ? flags : 0);
		assert_int_equal(strip ? m->vlan_tci : 0x2005, 0x2005);
		plx_mbuf_free(m);
		assert_int_equal(xstat("rx_good_bytes"), 64);
		end();
	}
}

static void
headers_that_are_nonsense_lose_the_packet(void **state)
{
	const struct virtio_net_hdr_full bad[] = {
		{.flags = VIRTIO_NET_HDR_NEEDS_CSUM, .csum_start = 57, .csum_offset = 6},
		{.flags = VIRTIO_NET_HDR_NEEDS_CSUM, .csum_start = 65535, .csum_offset = 65535},
		{.gso_type = VIRTIO_NET_GSO_TCPV4, .gso_size = 100},
		{.flags = 1, .gso_type = VIRTIO_NET_GSO_TCPV4, .gso_size = 0, .csum_start = L4},
		{.flags = 1, .gso_type = VIRTIO_NET_GSO_TCPV6, .gso_size = 9, .csum_start = L4},
		{.flags = 1, .gso_type = VIRTIO_NET_GSO_UDP, .gso_size = 9, .csum_start = L4},
		{.flags = 1, .gso_type = 77, .gso_size = 9, .csum_start = L4},
	};
	struct plx_mbuf *m;

	begin(",tso=1", TSO, PLX_ETH_RX_OFFLOAD_LRO);
	for (unsigned i = 0; i < PLX_ARRAY_LEN(bad); i++) {
		guest_sends(bad[i], 64 - 2, HDR);
		assert_int_equal(plx_ethdev_rx_burst(guest_port, 0, &m, 1), 0);
		assert_int_equal(xstat("rx_bad_headers"), i + 1);
		expect_back(&guest, TX, 1, 1, 0);
	}
	end();
}

static void
uncut_packets_come_whole_as_chains(void **state)
{
	const struct virtio_net_hdr_full header = {.flags = 1,
						   .gso_type = VIRTIO_NET_GSO_TCPV4,
						   .gso_size = 1000,
						   .csum_start = L4,
						   .csum_offset = 16};
	const struct piece pieces[] = {{buf_phys(0), HDR, 0}, {buf_phys(1), 9000, 0}};
	struct plx_mbuf *m;

	begin(",tso=1", TSO, PLX_ETH_RX_OFFLOAD_LRO);
	memcpy(buf_at(&guest, 0), &header, HDR);
	make_udp(buf_at(&guest, 1), 9000);
	post(&guest, TX, pieces, 2, 0);
	m = receive_one();
	assert_int_equal(m->pkt_len, 9000);
	assert_int_equal(m->tso_segsz, 1000);
	assert_true(m->nb_segs > 1);
	for (uint32_t off = 0; off < 9000; off += 100) {
		uint8_t buf[100];

		assert_memory_equal(plx_mbuf_read(m, off, 100, buf), buf_at(&guest, 1) + off, 100);
	}
	plx_mbuf_free(m);
	expect_back(&guest, TX, 2, 0, 0);
	end();
}

/* Uncut packets, where the application did not say that it can do with such. */
static void
uncut_packets_that_nobody_asked_for_are_lost_under_their_name(void **state)
{
	const struct virtio_net_hdr_full header = {.flags = 1,
						   .gso_type = VIRTIO_NET_GSO_TCPV4,
						   .gso_size = 100,
						   .csum_start = L4,
						   .csum_offset = 16};
	struct plx_mbuf *m;

	begin(",tso=1", TSO, PLX_ETH_RX_OFFLOAD_SCATTER);
	guest_sends(header, 500, HDR);
	assert_int_equal(plx_ethdev_rx_burst(guest_port, 0, &m, 1), 0);
	assert_int_equal(xstat("rx_uncut"), 1);
	assert_int_equal(xstat("rx_bad_headers"), 0);
	expect_back(&guest, TX, 1, 1, 0);
	end();
}

static void
send_udp(uint32_t len, uint32_t flags)
{
	struct plx_mbuf *m = plx_mbuf_alloc(pool);

	make_udp(plx_mbuf_append(m, (uint16_t)len), len);
	m->ol_flags = PLX_MBUF_TX_IPV4 | flags;
	m->l2_len = L3;
	m->l3_len = L4 - L3;
	post_one(&guest, RX, buf_phys(3), BUF_LEN, 3);
	assert_int_equal(plx_ethdev_tx_burst(guest_port, 0, &m, 1), 1);
	expect_back(&guest, RX, 1, 3, HDR + len);
}

static void
a_wish_for_a_sum_goes_to_a_guest_that_agreed(void **state)
{
	struct virtio_net_hdr_full header;

	begin("", CSUM, 0);
	send_udp(64, PLX_MBUF_TX_UDP_CSUM);
	memcpy(&header, buf_at(&guest, 3), HDR);
	assert_int_equal(header.flags, VIRTIO_NET_HDR_NEEDS_CSUM);
	assert_int_equal(header.csum_start, L4);
	assert_int_equal(header.csum_offset, 6);
	assert_int_equal(header.num_buffers, 1);
	assert_false(udp_is_good(buf_at(&guest, 3) + HDR, 64));
	end();
}

static void
and_is_carried_out_for_one_that_did_not(void **state)
{
	begin("", BASE, 0);
	for (uint32_t len = 60; len < 70; len++) {
		send_udp(len, PLX_MBUF_TX_UDP_CSUM);
		assert_int_equal(buf_at(&guest, 3)[0], 0);
		assert_true(udp_is_good(buf_at(&guest, 3) + HDR, len));
	}
	end();
}

/* A TCP packet of `len` bytes that is to be cut into frames of 300 bytes of payload. */
static struct plx_mbuf *
uncut(uint16_t len)
{
	struct plx_mbuf *m = plx_mbuf_alloc(pool);
	uint8_t *frame = plx_mbuf_append(m, len);

	make_udp(frame, len);
	frame[L3 + 9] = 6;
	frame[L4 + 13] = 0x18;
	m->ol_flags = PLX_MBUF_TX_IPV4 | PLX_MBUF_TX_TCP_SEG;
	m->l2_len = L3;
	m->l3_len = L4 - L3;
	m->l4_len = 20;
	m->tso_segsz = 300;
	return m;
}

static void
uncut_packets_go_to_a_guest_that_agreed(void **state)
{
	struct plx_mbuf *m;

	begin(",tso=1", TSO, 0);
	m = uncut(1000);
	post_one(&guest, RX, buf_phys(3), BUF_LEN, 3);
	assert_int_equal(plx_ethdev_tx_burst(guest_port, 0, &m, 1), 1);
	expect_back(&guest, RX, 1, 3, HDR + 1000);
	assert_int_equal(buf_at(&guest, 3)[1], VIRTIO_NET_GSO_TCPV4);
	end();
}

/* Frame number i of uncut(len), in its buffer behind the header; the payload's bytes are those of the whole. */
static void
check_frame(const uint8_t *frame, unsigned i, uint32_t len, bool sum_is_done)
{
	const uint32_t headers = L4 + 20;
	uint8_t whole[2048];
	uint64_t sum;

	make_udp(whole, 2000);
	assert_memory_equal(frame + headers, whole + headers + i * 300, len - headers);
	assert_int_equal(frame[16] << 8 | frame[17], len - L3);
	sum = plx_net_csum_pseudo_ipv4(frame + L3 + 12, frame + L3 + 16, 6, len - L4);
	if (sum_is_done)
		assert_int_equal(plx_net_csum_fold(plx_net_csum_add(sum, frame + L4, len - L4)),
				 0xffff);
	else
		assert_memory_equal(frame + L4 + 16, (uint16_t[]){plx_net_csum_fold(sum)}, 2);
}

static void
and_are_cut_for_one_that_did_not(void **state)
{
	const uint64_t agreed[] = {BASE, CSUM, BASE | VIRTIO_BIT(VIRTIO_F_RING_PACKED),
				   CSUM | VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF)};

	for (unsigned way = 0; way < 2 * PLX_ARRAY_LEN(agreed); way++) {
		const bool sum_is_done = (agreed[way / 2] & CSUM) != CSUM;
		struct plx_mbuf *m;

		begin(way % 2 == 0 ? ",tso=1" : "", agreed[way / 2], 0);
		m = uncut(1000);
		for (uint16_t i = 0; i < 5; i++)
			post_one(&guest, RX, buf_phys(i), BUF_LEN, i);
		assert_int_equal(plx_ethdev_tx_burst(guest_port, 0, &m, 1), 1);
		for (uint16_t i = 0; i < 4; i++) {
			const uint32_t len = i < 3 ? 354 : 100;
			uint8_t *at = buf_at(&guest, i);

			expect_back(&guest, RX, 1, i, HDR + len);
			assert_int_equal(at[0], sum_is_done ? 0 : VIRTIO_NET_HDR_NEEDS_CSUM);
			assert_int_equal(at[1], VIRTIO_NET_GSO_NONE);
			check_frame(at + HDR, i, len, sum_is_done);
		}
		assert_false(reap(&guest, RX, 1, &(uint16_t){0}, &(uint32_t){0}));
		assert_int_equal(xstat("tx_good_packets"), 1);
		assert_int_equal(xstat("tx_good_bytes"), 1000);
		end();
	}
}

static void
a_cut_packet_waits_for_room_in_front_of_all_others(void **state)
{
	struct plx_mbuf *pkts[2];

	begin("", BASE, 0);
	pkts[0] = uncut(1000);
	pkts[1] = plx_mbuf_alloc(pool);
	plx_mbuf_append(pkts[1], 60);
	/* Without room it is not begun: the caller keeps it. */
	assert_int_equal(plx_ethdev_tx_burst(guest_port, 0, pkts, 2), 0);
	for (uint16_t i = 0; i < 2; i++)
		post_one(&guest, RX, buf_phys(i), BUF_LEN, i);
	assert_int_equal(plx_ethdev_tx_burst(guest_port, 0, pkts, 2), 1);
	assert_int_equal(xstat("tx_good_packets"), 0);
	books_balance();
	assert_int_equal(plx_ethdev_tx_burst(guest_port, 0, pkts + 1, 1), 0);
	post_one(&guest, RX, buf_phys(2), BUF_LEN, 2);
	assert_int_equal(plx_ethdev_tx_burst(guest_port, 0, NULL, 0), 0);
	books_balance();
	for (uint16_t i = 3; i < 5; i++)
		post_one(&guest, RX, buf_phys(i), BUF_LEN, i);
	assert_int_equal(plx_ethdev_tx_burst(guest_port, 0, pkts + 1, 1), 1);
	for (uint16_t i = 0; i < 4; i++) {
		expect_back(&guest, RX, 1, i, HDR + (i < 3 ? 354 : 100));
		check_frame(buf_at(&guest, i) + HDR, i, i < 3 ? 354 : 100, true);
	}
	expect_back(&guest, RX, 1, 4, HDR + 60);
	assert_int_equal(xstat("tx_good_packets"), 2);
	end();
}

/* Room that is too little for the next frame of the first, and would do for the second. */
static void
nothing_overtakes_a_cut_packet(void **state)
{
	struct plx_mbuf *m, *small;

	begin("", BASE | VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF), 0);
	m = uncut(700);
	small = plx_mbuf_alloc(pool);
	plx_mbuf_append(small, 60);
	for (uint16_t i = 0; i < 3; i++)
		post_one(&guest, RX, buf_phys(i), 200, i);
	assert_int_equal(plx_ethdev_tx_burst(guest_port, 0, &m, 1), 1);
	assert_int_equal(plx_ethdev_tx_burst(guest_port, 0, &small, 1), 0);
	for (uint16_t i = 3; i < 6; i++)
		post_one(&guest, RX, buf_phys(i), 200, i);
	assert_int_equal(plx_ethdev_tx_burst(guest_port, 0, &small, 1), 1);
	for (uint16_t i = 0; i < 6; i++) {
		const uint32_t len[] = {200,	   HDR + 354 - 200, 200, HDR + 354 - 200,
					HDR + 100, HDR + 60};

		expect_back(&guest, RX, 1, i, len[i]);
	}
	assert_int_equal(xstat("tx_good_packets"), 2);
	end();
}

/* More frames than are looked at together; then one that no buffer takes. */
static void
cut_packets_of_many_frames_or_too_large_ones(void **state)
{
	struct plx_mbuf *m;
	unsigned sent = 0;

	begin("", BASE, 0);
	m = uncut(2000);
	m->tso_segsz = 20;
	assert_int_equal(plx_ethdev_tx_burst(guest_port, 0, &m, 1), 0);
	for (unsigned i = 0; i < 98; i++) {
		post_one(&guest, RX, buf_phys(3), BUF_LEN, 3);
		assert_int_equal(plx_ethdev_tx_burst(guest_port, 0, &m, i == 0), i == 0);
		expect_back(&guest, RX, 1, 3, HDR + (i < 97 ? 74 : 60));
		sent++;
	}
	assert_int_equal(sent, 98);
	assert_int_equal(xstat("tx_good_packets"), 1);
	m = uncut(1000);
	post_one(&guest, RX, buf_phys(3), 300, 3);
	assert_int_equal(plx_ethdev_tx_burst(guest_port, 0, &m, 1), 1);
	assert_int_equal(xstat("tx_too_long"), 1);
	end();
}

static void
a_packet_that_is_half_cut_at_a_stop_is_lost_and_counted(void **state)
{
	for (int alone = 0; alone < 2; alone++) {
		struct plx_mbuf *m;

		begin("", BASE, 0);
		m = uncut(1000);
		post_one(&guest, RX, buf_phys(3), BUF_LEN, 3);
		assert_int_equal(plx_ethdev_tx_burst(guest_port, 0, &m, 1), 1);
		assert_int_equal(plx_pool_in_use(pool), 1);
		assert_int_equal(alone ? plx_ethdev_tx_queue_stop(guest_port, 0, NULL)
				       : plx_ethdev_stop(guest_port),
				 0);
		assert_int_equal(plx_pool_in_use(pool), 0);
		assert_int_equal(xstat("tx_errors"), 1);
		assert_int_equal(xstat("tx_q0_in_flight"), 0);
		books_balance();
		/* A start of the port is one of its queues. */
		assert_int_equal(plx_ethdev_stop(guest_port), 0);
		assert_int_equal(plx_ethdev_start(guest_port, NULL), 0);
		post_one(&guest, RX, buf_phys(4), BUF_LEN, 4);
		m = plx_mbuf_alloc(pool);
		plx_mbuf_append(m, 60);
		assert_int_equal(plx_ethdev_tx_burst(guest_port, 0, &m, 1), 1);
		expect_back(&guest, RX, 1, 3, HDR + 354);
		expect_back(&guest, RX, 1, 4, HDR + 60);
		end();
	}
}

static void
an_old_guest_has_the_short_header_and_one_buffer(void **state)
{
	struct plx_mbuf *m;

	begin("", VIRTIO_BIT(VIRTIO_NET_F_CSUM), 0);
	guest_sends((struct virtio_net_hdr_full){0}, 64, VIRTIO_NET_HDR_LEN_LEGACY);
	m = receive_one();
	assert_int_equal(m->pkt_len, 64);
	post_one(&guest, RX, buf_phys(3), 100, 3);
	assert_int_equal(plx_ethdev_tx_burst(guest_port, 0, &m, 1), 1);
	expect_back(&guest, RX, 1, 3, VIRTIO_NET_HDR_LEN_LEGACY + 64);
	assert_memory_equal(buf_at(&guest, 3) + VIRTIO_NET_HDR_LEN_LEGACY,
			    buf_at(&guest, 1) + VIRTIO_NET_HDR_LEN_LEGACY, 64);
	/* Without mergeable buffers a packet that is longer is lost, and the buffer waits for the next. */
	post_one(&guest, RX, buf_phys(3), 60, 4);
	m = plx_mbuf_alloc(pool);
	plx_mbuf_append(m, 60);
	assert_int_equal(plx_ethdev_tx_burst(guest_port, 0, &m, 1), 1);
	assert_int_equal(xstat("tx_too_long"), 1);
	m = plx_mbuf_alloc(pool);
	plx_mbuf_append(m, 50);
	assert_int_equal(plx_ethdev_tx_burst(guest_port, 0, &m, 1), 1);
	expect_back(&guest, RX, 1, 4, 60);
	end();
}

static unsigned
calls(void)
{
	uint64_t count = 0;

	return read(guest.call[TX], &count, sizeof(count)) == sizeof(count) ? (unsigned)count : 0;
}

/* The guest wants to hear when what it names by number was used. */
static void
a_guest_is_called_at_the_entry_it_names(void **state)
{
	for (int packed = 0; packed < 2; packed++) {
		begin("",
		      BASE | VIRTIO_BIT(VIRTIO_F_EVENT_IDX) |
			      (packed ? VIRTIO_BIT(VIRTIO_F_RING_PACKED) : 0),
		      0);
		if (packed)
			*(struct virtio_packed_event *)ring_part(&guest, TX, AVAIL_OFF) =
				(struct virtio_packed_event){0x8000 | 2, VIRTIO_EVENT_F_DESC};
		else
			((struct virtio_avail *)ring_part(&guest, TX, AVAIL_OFF))->ring[RING_SIZE] =
				2;
		calls();
		for (unsigned i = 0; i < 6; i++) {
			guest_sends((struct virtio_net_hdr_full){0}, 64, HDR);
			plx_mbuf_free(receive_one());
			assert_int_equal(calls(), i == 2);
		}
		end();
	}
}

/* A split ring says itself how far its back end came. */
static void
a_split_ring_is_resumed_where_the_guest_saw_it(void **state)
{
	struct plx_mbuf *m;

	begin("", BASE, 0);
	for (uint32_t i = 0; i < 3; i++)
		guest_sends((struct virtio_net_hdr_full){0}, 64 + i, HDR);
	((struct virtio_used *)ring_part(&guest, TX, USED_OFF))->idx = 1;
	close(guest.call[TX]);
	guest_say_ring(&guest, TX, 3);
	for (uint32_t i = 0; i < 2; i++)
		plx_mbuf_free(receive_one());
	assert_int_equal(plx_ethdev_rx_burst(guest_port, 0, &m, 1), 0);
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sum_that_a_guest_left_out_is_filled_in),
		cmocka_unit_test(or_told_if_that_is_wished),
		cmocka_unit_test(a_tag_is_taken_out_where_that_is_wished),
		cmocka_unit_test(headers_that_are_nonsense_lose_the_packet),
		cmocka_unit_test(uncut_packets_come_whole_as_chains),
		cmocka_unit_test(uncut_packets_that_nobody_asked_for_are_lost_under_their_name),
		cmocka_unit_test(a_wish_for_a_sum_goes_to_a_guest_that_agreed),
		cmocka_unit_test(and_is_carried_out_for_one_that_did_not),
		cmocka_unit_test(uncut_packets_go_to_a_guest_that_agreed),
		cmocka_unit_test(and_are_cut_for_one_that_did_not),
		cmocka_unit_test(a_cut_packet_waits_for_room_in_front_of_all_others),
		cmocka_unit_test(nothing_overtakes_a_cut_packet),
		cmocka_unit_test(cut_packets_of_many_frames_or_too_large_ones),
		cmocka_unit_test(a_packet_that_is_half_cut_at_a_stop_is_lost_and_counted),
		cmocka_unit_test(an_old_guest_has_the_short_header_and_one_buffer),
		cmocka_unit_test(a_guest_is_called_at_the_entry_it_names),
		cmocka_unit_test(a_split_ring_is_resumed_where_the_guest_saw_it),
	};
	int failed;

	if (vhost_group_setup(NULL) != 0)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	return failed + (vhost_group_teardown(NULL) != 0);
}
