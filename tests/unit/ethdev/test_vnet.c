/* SPDX-License-Identifier: BSD-3-Clause */
/* Offload wishes as virtio-net headers. The sums are checked by adding them up. */
#include "eal_pool_fixture.h"
#include "plx_vnet_driver.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <linux/virtio_net.h>

static uint16_t
sum_of(const uint8_t *p, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* An IPv4/TCP packet of `len` bytes, in segments of `seg`. */
static struct plx_mbuf *
tcp_packet(uint16_t len, uint16_t seg)
{
	uint8_t bytes[8192];
	struct plx_mbuf *head = NULL;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 5);
	memcpy(bytes + 12, "\x08\x00\x45", 3);
	bytes[23] = 6;
	memcpy(bytes + 24, "\xde\xad", 2);
	for (uint16_t done = 0; done < len; done = (uint16_t)(done + seg)) {
		struct plx_mbuf *m = plx_mbuf_alloc(pool);
		uint16_t part = len - done < seg ? (uint16_t)(len - done) : seg;

		memcpy(plx_mbuf_append(m, part), bytes + done, part);
		if (head == NULL)
			head = m;
		else
			assert_int_equal(plx_mbuf_chain(head, m), 0);
	}
	head->l2_len = 14;
	head->l3_len = 20;
	head->l4_len = 20;
	return head;
}

static void
plain_checksum_wishes_need_only_the_header(void **state)
{
	struct plx_mbuf *m = tcp_packet(200, 200);
	struct plx_vnet_tx tx;

	m->ol_flags = PLX_MBUF_TX_TCP_CSUM;
	assert_int_equal(plx_vnet_tx(m, &tx), 0);
	assert_int_equal(tx.header.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
	assert_int_equal(tx.header.gso_type, VIRTIO_NET_HDR_GSO_NONE);
	assert_int_equal(tx.header.csum_start, 34);
	assert_int_equal(tx.header.csum_offset, 16);
	assert_int_equal(tx.head_len, 0);
	assert_int_equal(tx.skip, 0);
	m->ol_flags = PLX_MBUF_TX_UDP_CSUM;
	assert_int_equal(plx_vnet_tx(m, &tx), 0);
	assert_int_equal(tx.header.csum_offset, 6);
	plx_mbuf_free(m);
}

static void
the_ipv4_sum_is_made_on_a_copy_across_segments(void **state)
{
	for (uint16_t seg = 1; seg < 60; seg++) {
		struct plx_mbuf *m = tcp_packet(100, seg);
		struct plx_vnet_tx tx;
		uint8_t before[100], buf[100];

		memcpy(before, plx_mbuf_read(m, 0, 100, buf), 100);
		m->ol_flags = PLX_MBUF_TX_IP_CSUM | PLX_MBUF_TX_IPV4;
		assert_int_equal(plx_vnet_tx(m, &tx), 0);
		assert_int_equal(tx.header.flags, 0);
		assert_int_equal(tx.skip, 34);
		assert_int_equal(tx.head_len, 34);
		assert_int_equal(sum_of(tx.head + 14, 20), 0xffff);
		assert_memory_equal(tx.head, before, 24);
		assert_memory_equal(plx_mbuf_read(m, 0, 100, buf), before, 100);
		plx_mbuf_free(m);
	}
}

static void
tso_gets_the_pseudo_header_sum_of_the_whole(void **state)
{
	struct plx_mbuf *m = tcp_packet(4054, 1000);
	struct plx_vnet_tx tx;
	uint8_t pseudo[12];

	m->ol_flags = PLX_MBUF_TX_TCP_SEG | PLX_MBUF_TX_IPV4;
	m->tso_segsz = 1000;
	assert_int_equal(plx_vnet_tx(m, &tx), 0);
	assert_int_equal(tx.header.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
	assert_int_equal(tx.header.gso_type, VIRTIO_NET_HDR_GSO_TCPV4);
	assert_int_equal(tx.header.gso_size, 1000);
	assert_int_equal(tx.header.hdr_len, 54);
	memcpy(pseudo, tx.head + 26, 8);
	memcpy(pseudo + 8, "\0\6", 2);
	pseudo[10] = (4054 - 34) >> 8;
	pseudo[11] = (4054 - 34) & 0xff;
	assert_int_equal(tx.head[50] << 8 | tx.head[51], sum_of(pseudo, 12));
	m->tso_segsz = 4000;
	assert_int_equal(plx_vnet_tx(m, &tx), 0);
	assert_int_equal(tx.header.gso_type, VIRTIO_NET_HDR_GSO_NONE);
	plx_mbuf_free(m);
}

static void
a_tag_is_inserted_behind_the_addresses_and_moves_the_sum(void **state)
{
	struct plx_mbuf *m = tcp_packet(100, 100);
	struct plx_vnet_tx tx;

	m->ol_flags = PLX_MBUF_TX_VLAN | PLX_MBUF_TX_TCP_CSUM;
	m->vlan_tci = 0x4321;
	assert_int_equal(plx_vnet_tx(m, &tx), 0);
	assert_int_equal(tx.skip, 12);
	assert_int_equal(tx.head_len, 16);
	assert_memory_equal(tx.head, plx_mbuf_data(m), 12);
	assert_memory_equal(tx.head + 12, "\x81\x00\x43\x21", 4);
	assert_int_equal(tx.header.csum_start, 38);
	plx_mbuf_free(m);
}

/* Whole, in a first segment of 18 bytes, the least that a tag leaves an Ethernet header of; and what is left alone. */
static void
a_tag_is_taken_out_in_front_of_the_type(void **state)
{
	for (uint32_t part = 17; part <= 100; part++) {
		struct plx_mbuf *m = tcp_packet(100, part);
		uint8_t *frame = plx_mbuf_data(m), macs[12];

		memcpy(macs, frame, sizeof(macs));
		memcpy(frame + 12, "\x81\x00\x63\x21\x08", 5);
		plx_vnet_untag(m);
		assert_int_equal(m->ol_flags,
				 part < 18 ? 0 : PLX_MBUF_RX_VLAN | PLX_MBUF_RX_VLAN_STRIPPED);
		assert_int_equal(m->vlan_tci, part < 18 ? 0 : 0x6321);
		assert_int_equal(m->pkt_len, part < 18 ? 100 : 96);
		assert_int_equal(plx_mbuf_check(m, NULL), 0);
		frame = plx_mbuf_data(m);
		assert_memory_equal(frame, macs, sizeof(macs));
		assert_int_equal(frame[12], part < 18 ? 0x81 : 0x08);
		plx_vnet_untag(m); /* there is none any more */
		assert_int_equal(m->pkt_len, part < 18 ? 100 : 96);
		plx_mbuf_free(m);
	}
}

static void
lengths_that_do_not_fit_are_refused(void **state)
{
	static const struct {
		uint8_t l2, l4;
		uint16_t l3, segsz;
		uint32_t flags;
	} bad[] = {
		{14, 0, 0, 0, PLX_MBUF_TX_IP_CSUM},
		{13, 0, 20, 0, PLX_MBUF_TX_IP_CSUM},
		{14, 0, 100, 0, PLX_MBUF_TX_IP_CSUM},
		{255, 0, 300, 0, PLX_MBUF_TX_IP_CSUM},
		{14, 0, 77, 0, PLX_MBUF_TX_TCP_CSUM},
		{255, 0, 65535, 0, PLX_MBUF_TX_UDP_CSUM},
		{14, 19, 20, 9, PLX_MBUF_TX_TCP_SEG},
		{14, 20, 20, 0, PLX_MBUF_TX_TCP_SEG},
		{14, 20, 39, 9, PLX_MBUF_TX_TCP_SEG | PLX_MBUF_TX_IPV6},
	};
	struct plx_mbuf *m = tcp_packet(100, 30);
	struct plx_vnet_tx tx;

	for (size_t i = 0; i < PLX_ARRAY_LEN(bad); i++) {
		m->l2_len = bad[i].l2;
		m->l3_len = bad[i].l3;
		m->l4_len = bad[i].l4;
		m->tso_segsz = bad[i].segsz;
		m->ol_flags = bad[i].flags;
		assert_int_equal(plx_vnet_tx(m, &tx), -EINVAL);
	}
	plx_mbuf_free(m);
	m = tcp_packet(11, 11);
	m->ol_flags = PLX_MBUF_TX_VLAN;
	assert_int_equal(plx_vnet_tx(m, &tx), -EINVAL);
	plx_mbuf_free(m);
}

static void
gathering_skips_what_was_replaced_and_empty_segments(void **state)
{
	struct plx_mbuf *m = tcp_packet(100, 30), *empty = plx_mbuf_alloc(pool);
	struct iovec iov[8];

	assert_int_equal(plx_mbuf_chain(m, empty), 0);
	assert_int_equal(plx_vnet_gather(m, 0, iov, 8), 4);
	assert_int_equal(plx_vnet_gather(m, 30, iov, 8), 3);
	assert_int_equal(plx_vnet_gather(m, 34, iov, 8), 3);
	assert_int_equal(iov[0].iov_len, 26);
	assert_int_equal(*(const uint8_t *)iov[0].iov_base, (uint8_t)(34 * 5));
	assert_int_equal(plx_vnet_gather(m, 100, iov, 8), 0);
	assert_int_equal(plx_vnet_gather(m, 0, iov, 3), -EMSGSIZE);
	plx_mbuf_free(m);
}

static void
a_received_header_becomes_flags(void **state)
{
	struct plx_mbuf *m = tcp_packet(100, 100);
	struct plx_vnet_header header = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
					 .gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
					 .gso_size = 1448};

	plx_vnet_rx(&header, m);
	assert_int_equal(m->ol_flags, PLX_MBUF_RX_L4_CSUM_NONE);
	assert_int_equal(m->tso_segsz, 1448);
	m->ol_flags = 0;
	header = (struct plx_vnet_header){.flags = VIRTIO_NET_HDR_F_DATA_VALID};
	plx_vnet_rx(&header, m);
	assert_int_equal(m->ol_flags, PLX_MBUF_RX_L4_CSUM_GOOD);
	assert_int_equal(m->tso_segsz, 0);
	m->ol_flags = 0;
	header.flags = 0;
	plx_vnet_rx(&header, m);
	assert_int_equal(m->ol_flags, 0);
	plx_mbuf_free(m);
}

/* The headers of a piece, its payload behind them and its sum completed, as the wire would have it. */
static void
check_piece(const struct plx_mbuf *m, const struct plx_vnet_tx *piece, uint32_t off, uint32_t len,
	    bool last)
{
	const bool v6 = (m->ol_flags & PLX_MBUF_TX_IPV6) != 0;
	const unsigned ip_off = 14 + (m->ol_flags & PLX_MBUF_TX_VLAN ? 4 : 0);
	const unsigned ip_len = m->l3_len, tcp_len = 20 + len, tcp_off = ip_off + ip_len;
	uint8_t bytes[4096] = {0}, buf[4096];
	const uint8_t *ip = bytes + ip_off, *tcp = bytes + tcp_off;
	uint8_t pseudo[40] = {0};

	memcpy(bytes, piece->head, piece->head_len);
	memcpy(bytes + piece->head_len, plx_mbuf_read(m, piece->skip, len, buf), len);
	assert_int_equal(piece->head_len, tcp_off + 20);
	assert_int_equal(piece->skip, 14 + ip_len + 20 + off);
	assert_int_equal(piece->header.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
	assert_int_equal(piece->header.gso_type, VIRTIO_NET_HDR_GSO_NONE);
	assert_int_equal(piece->header.csum_start, tcp_off);
	assert_int_equal(tcp[4] << 24 | tcp[5] << 16 | tcp[6] << 8 | tcp[7], 0x10203040 + off);
	assert_int_equal(tcp[13], (off == 0 ? 0x80 : 0) | (last ? 0x19 : 0x10));
	memcpy(pseudo, ip + (v6 ? 8 : 12), v6 ? 32 : 8);
	pseudo[33] = 6;
	pseudo[34] = (uint8_t)(tcp_len >> 8);
	pseudo[35] = (uint8_t)tcp_len;
	assert_int_equal(tcp[16] << 8 | tcp[17], sum_of(pseudo, sizeof(pseudo)));
	if (v6) {
		assert_int_equal(ip[4] << 8 | ip[5], tcp_len + ip_len - 40);
		return;
	}
	assert_int_equal(ip[2] << 8 | ip[3], ip_len + tcp_len);
	assert_int_equal(ip[4] << 8 | ip[5], (0xfffe + off / m->tso_segsz) & 0xffff);
	assert_int_equal(sum_of(ip, ip_len), 0xffff);
}

static void
a_packet_is_cut_into_frames_that_are_right_each(void **state)
{
	const struct {
		uint32_t flags;
		uint16_t l3, segsz;
		unsigned pieces;
	} ways[] = {
		{PLX_MBUF_TX_IPV4, 20, 1000, 4},
		{PLX_MBUF_TX_IPV4 | PLX_MBUF_TX_IP_CSUM, 24, 999, 4},
		{PLX_MBUF_TX_IPV4 | PLX_MBUF_TX_VLAN, 20, 3945, 2},
		{PLX_MBUF_TX_IPV6 | PLX_MBUF_TX_VLAN, 40, 1500, 3},
		{PLX_MBUF_TX_IPV6, 48, 77, 51},
	};

	for (size_t i = 0; i < PLX_ARRAY_LEN(ways); i++) {
		const uint16_t headers = (uint16_t)(14 + ways[i].l3 + 20);
		struct plx_mbuf *m = tcp_packet(4000, 1000);
		uint8_t *tcp = plx_mbuf_data(m) + 14 + ways[i].l3;
		struct plx_vnet_tx whole, piece;
		uint32_t off = 0;
		unsigned n = 0;

		memcpy(plx_mbuf_data(m) + 18, "\xff\xfe", 2);
		memcpy(tcp + 4, "\x10\x20\x30\x40", 4);
		tcp[13] = 0x99; /* CWR, ACK, PSH, FIN */
		m->l3_len = ways[i].l3;
		m->tso_segsz = ways[i].segsz;
		m->ol_flags = ways[i].flags | PLX_MBUF_TX_TCP_SEG;
		assert_int_equal(plx_vnet_tx(m, &whole), 0);
		for (; off < 4000u - headers; n++) {
			uint32_t left = 4000u - headers - off;
			uint32_t len = plx_vnet_piece(m, &whole, off, &piece);

			assert_int_equal(len, left < ways[i].segsz ? left : ways[i].segsz);
			check_piece(m, &piece, off, len, len == left);
			off += len;
		}
		assert_int_equal(n, ways[i].pieces);
		plx_mbuf_free(m);
	}
}

static int
set_up(void **state)
{
	const struct plx_pool_params params = {.name = "vnet", .n = 256, .node = -1};

	return eal_pool_init(&params);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_checksum_wishes_need_only_the_header),
		cmocka_unit_test(the_ipv4_sum_is_made_on_a_copy_across_segments),
		cmocka_unit_test(tso_gets_the_pseudo_header_sum_of_the_whole),
		cmocka_unit_test(a_packet_is_cut_into_frames_that_are_right_each),
		cmocka_unit_test(a_tag_is_inserted_behind_the_addresses_and_moves_the_sum),
		cmocka_unit_test(a_tag_is_taken_out_in_front_of_the_type),
		cmocka_unit_test(lengths_that_do_not_fit_are_refused),
		cmocka_unit_test(gathering_skips_what_was_replaced_and_empty_segments),
		cmocka_unit_test(a_received_header_becomes_flags),
	};

	return cmocka_run_group_tests(tests, set_up, eal_pool_fini);
}
