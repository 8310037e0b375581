/* SPDX-License-Identifier: BSD-3-Clause */
/* Checksums, segmentation, tags and chains: what leaves the fake card is parsed and summed by lib/net. */
#include "card.h"

#include "plx_net_csum.h"
#include "plx_net_parse.h"

#define ETHER 14u
#define TCP   20u
#define UDP   8u
#define MSS   500u
#define LONG  4000u

static uint8_t bytes[LONG + 200], got[LONG + 400];

static uint32_t
ip_len(bool six)
{
	return six ? 40 : 20;
}

static void
store_sum(uint8_t *to, uint64_t sum)
{
	const uint16_t folded = plx_net_csum_fold(sum);

	memcpy(to, &folded, sizeof(folded));
}

/* Ethernet, IP, TCP or UDP, payload; checksums as mbufs to be completed have them. Returns the length. */
static uint32_t
make_packet(bool six, bool udp, uint32_t payload)
{
	const uint32_t l4 = (udp ? UDP : TCP) + payload;
	uint8_t *ip = bytes + ETHER, *head = ip + ip_len(six);
	const uint8_t proto = udp ? 17 : 6;

	for (uint32_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 13 + (i >> 8));
	plx_store_be16(bytes + 12, six ? 0x86dd : 0x0800);
	if (six) {
		plx_store_be32(ip, 0x60000000);
		plx_store_be16(ip + 4, (uint16_t)l4);
		ip[6] = proto;
	} else {
		plx_store_be32(ip, 0x45000000 | (20 + l4));
		plx_store_be32(ip + 4, 0x00070000);
		plx_store_be32(ip + 8,
			       0x4000dead | (uint32_t)proto << 16); /* a sum that is wrong */
	}
	memset(head + (udp ? UDP : 13), 0x55, 4);
	if (udp) {
		plx_store_be16(head + 4, (uint16_t)l4);
	} else {
		head[12] = 0x50;
		head[13] = 0x19; /* ACK, PSH, FIN */
	}
	store_sum(head + (udp ? 6 : 16),
		  six ? plx_net_csum_pseudo_ipv6(ip + 8, ip + 24, proto, l4)
		      : plx_net_csum_pseudo_ipv4(ip + 12, ip + 16, proto, l4));
	return ETHER + ip_len(six) + l4;
}

/* The bytes in segments of `each`. */
static struct plx_mbuf *
chain_of(uint32_t len, uint32_t each)
{
	struct plx_mbuf *head = NULL;

	for (uint32_t off = 0; off < len; off += each) {
		const uint16_t part = (uint16_t)(len - off < each ? len - off : each);
		struct plx_mbuf *m = plx_mbuf_alloc(pool);

		assert_non_null(m);
		memcpy(plx_mbuf_append(m, part), bytes + off, part);
		if (head == NULL)
			head = m;
		else
			assert_int_equal(plx_mbuf_chain(head, m), 0);
	}
	return head;
}

static void
wish(struct plx_mbuf *m, bool six, uint32_t flags)
{
	m->ol_flags = flags | (six ? PLX_MBUF_TX_IPV6 : PLX_MBUF_TX_IPV4 | PLX_MBUF_TX_IP_CSUM);
	m->l2_len = ETHER;
	m->l3_len = (uint16_t)ip_len(six);
	m->l4_len = TCP;
	m->tso_segsz = MSS;
}

/* Takes a frame out and checks both its sums; its length. */
static size_t
take_good(void)
{
	const size_t len = efake_take(fake, got, sizeof(got));
	struct plx_net_packet packet;

	if (len == 0)
		return 0;
	plx_net_parse(got, len, &packet);
	if (packet.layers[0].l3 == PLX_NET_L3_IPV4)
		assert_int_equal(plx_net_csum_check_ipv4(got, &packet.layers[0]),
				 PLX_NET_CSUM_GOOD);
	assert_int_equal(plx_net_csum_check_l4(got, &packet.layers[0]), PLX_NET_CSUM_GOOD);
	return len;
}

static void
send(struct plx_mbuf *m)
{
	assert_int_equal(plx_ethdev_tx_burst(port, 0, &m, 1), 1);
}

static void
checksums_are_filled_in_and_the_rest_is_left_alone(void **state)
{
	struct plx_ethdev_stats stats;
	uint64_t sum = 0;

	make_port(NULL);
	for (unsigned kind = 0; kind < 16; kind++) {
		const bool six = kind & 1, udp = kind & 2;
		const uint32_t len = make_packet(six, udp, 300 + kind);
		struct plx_mbuf *m = chain_of(len, kind & 4 ? 40 : 2000);

		wish(m, six, udp ? PLX_MBUF_TX_UDP_CSUM : PLX_MBUF_TX_TCP_CSUM);
		send(m);
		assert_int_equal(take_good(), len);
		assert_memory_equal(got + 80, bytes + 80, len - 80);
		send_and_take(kind, 1); /* one without wishes in between */
		sum += len + FRAME_LEN;
	}
	assert_int_equal(plx_ethdev_stats(port, &stats), 0);
	assert_int_equal(stats.tx_packets, 32);
	assert_int_equal(stats.tx_bytes, sum);
	drop_port();
}

static void
a_shared_packet_is_copied_before_its_headers_are_written(void **state)
{
	struct plx_mbuf *m;
	uint32_t len;

	make_port(NULL);
	len = make_packet(false, false, 100);
	m = chain_of(len, 2000);
	wish(m, false, PLX_MBUF_TX_TCP_CSUM);
	plx_mbuf_ref(m);
	send(m);
	assert_memory_equal(plx_mbuf_data(m), bytes, len);
	plx_mbuf_free(m);
	assert_int_equal(take_good(), len);
	drop_port();
}

static void
a_long_packet_is_cut_into_segments_with_right_headers(void **state)
{
	make_port(NULL);
	for (unsigned kind = 0; kind < 4; kind++) {
		const bool six = kind & 1;
		const uint32_t head = ETHER + ip_len(six) + TCP,
			       len = make_packet(six, false, 1777);
		struct plx_mbuf *m = chain_of(len, kind & 2 ? 40 : 2000);
		uint32_t seen = 0, number = 0;
		size_t part;

		wish(m, six, PLX_MBUF_TX_TCP_SEG | PLX_MBUF_TX_TCP_CSUM);
		send(m);
		while ((part = take_good()) > 0) {
			const uint8_t *tcp = got + head - TCP;

			assert_int_equal(plx_load_be32(tcp + 4),
					 plx_load_be32(bytes + head - TCP + 4) + seen);
			assert_memory_equal(got + head, bytes + head + seen, part - head);
			if (!six)
				assert_int_equal(plx_load_be16(got + ETHER + 4), 7 + number);
			seen += (uint32_t)(part - head);
			number++;
			assert_int_equal(tcp[13] & 0x09, seen == 1777 ? 0x09 : 0);
		}
		assert_int_equal(seen, 1777);
		assert_int_equal(number, 4);
	}
	assert_int_equal(counter("tx_segmented"), 4);
	drop_port();
}

static void
wishes_that_fit_nothing_are_lost_under_a_name(void **state)
{
	static const struct {
		uint32_t flags;
		uint16_t l2, l3, l4, mss;
	} bad[] = {
		{PLX_MBUF_TX_TCP_CSUM, 0, 20, 20, 1},	{PLX_MBUF_TX_TCP_CSUM, 14, 5, 20, 1},
		{PLX_MBUF_TX_TCP_CSUM, 14, 250, 20, 1}, {PLX_MBUF_TX_TCP_SEG, 14, 20, 20, 0},
		{PLX_MBUF_TX_TCP_SEG, 14, 20, 0, 100},	{PLX_MBUF_TX_SCTP_CSUM, 14, 20, 12, 1},
		{PLX_MBUF_TX_VLAN, 14, 20, 20, 1},	{PLX_MBUF_TX_TCP_SEG, 14, 208, 20, 100},
	};

	make_port(NULL);
	for (unsigned i = 0; i < PLX_ARRAY_LEN(bad); i++) {
		struct plx_mbuf *m = chain_of(make_packet(false, false, 400), 2000);

		wish(m, false, bad[i].flags);
		m->l2_len = (uint8_t)bad[i].l2;
		m->l3_len = bad[i].l3;
		m->l4_len = (uint8_t)bad[i].l4;
		m->tso_segsz = bad[i].mss;
		send(m);
		assert_int_equal(counter("tx_refused"), i + 1);
		assert_int_equal(efake_take(fake, got, sizeof(got)), 0);
	}
	both_ways(2);
	drop_port();
}

static void
tags_are_taken_out_put_in_and_put_back(void **state)
{
	struct plx_ethdev_conf conf = {.rx_offloads = PLX_ETH_RX_OFFLOAD_VLAN_STRIP,
				       .tx_offloads = PLX_ETH_TX_OFFLOAD_VLAN_INSERT};
	uint8_t frame[FRAME_LEN];
	struct plx_mbuf *m;

	make_frame(frame, sizeof(frame), 1);
	plx_store_be32(frame + 12, 0x8100a123);
	make_port(&conf);
	for (int strip = 1; strip >= 0; strip--) {
		efake_put(fake, frame, sizeof(frame));
		assert_int_equal(plx_ethdev_rx_burst(port, 0, &m, 1), 1);
		assert_int_equal(m->vlan_tci, 0xa123);
		assert_int_equal((m->ol_flags & PLX_MBUF_RX_VLAN_STRIPPED) != 0, strip);
		assert_int_equal(m->pkt_len, strip ? FRAME_LEN - 4 : FRAME_LEN);
		if (!strip)
			assert_memory_equal(plx_mbuf_data(m), frame, FRAME_LEN);
		plx_mbuf_free(m);
		m = frame_mbuf(2);
		m->ol_flags = PLX_MBUF_TX_VLAN;
		m->vlan_tci = 0x0042;
		send(m);
		assert_int_equal(efake_take(fake, got, sizeof(got)), FRAME_LEN + 4);
		assert_int_equal(plx_load_be32(got + 12), 0x81000042);
		assert_int_equal(plx_ethdev_close(port), 0);
		conf.rx_offloads = 0;
		must(start(&conf));
	}
	drop_port();
}

/* A card looks for the tag of what it cuts in the first descriptor, of others in the last (3.3.7.1). */
static void
each_segment_that_is_cut_has_the_tag(void **state)
{
	const struct plx_ethdev_conf conf = {.tx_offloads = PLX_ETH_TX_OFFLOAD_VLAN_INSERT |
							    PLX_ETH_TX_OFFLOAD_TCP_TSO |
							    PLX_ETH_TX_OFFLOAD_MULTI_SEGS};
	unsigned number = 0;
	struct plx_mbuf *m;

	make_port(&conf);
	m = chain_of(make_packet(false, false, 1777), 900);
	wish(m, false, PLX_MBUF_TX_TCP_SEG | PLX_MBUF_TX_TCP_CSUM | PLX_MBUF_TX_VLAN);
	m->vlan_tci = 0x0042;
	send(m);
	for (; take_good() > 0; number++)
		assert_int_equal(plx_load_be32(got + 12), 0x81000042);
	assert_int_equal(number, 4);
	drop_port();
}

static void
sums_that_the_card_checked_are_told_when_asked_for(void **state)
{
	const struct plx_ethdev_conf conf = {.rx_offloads = PLX_ETH_RX_OFFLOAD_TCP_CSUM |
							    PLX_ETH_RX_OFFLOAD_IPV4_CSUM};
	static const struct {
		uint8_t status, errors;
		uint32_t flags;
	} said[] = {
		{E1000_RXD_STAT_IXSM | E1000_RXD_STAT_TCPCS, 0, 0},
		{0, E1000_RXD_ERR_TCPE, 0},
		{E1000_RXD_STAT_IPCS | E1000_RXD_STAT_TCPCS, 0,
		 PLX_MBUF_RX_IP_CSUM_GOOD | PLX_MBUF_RX_L4_CSUM_GOOD},
		{E1000_RXD_STAT_IPCS, E1000_RXD_ERR_IPE, PLX_MBUF_RX_IP_CSUM_BAD},
		{E1000_RXD_STAT_TCPCS, E1000_RXD_ERR_TCPE, PLX_MBUF_RX_L4_CSUM_BAD},
	};
	struct plx_mbuf *m;

	make_port(&conf);
	assert_int_equal(efake_register(fake, E1000_RXCSUM),
			 E1000_RXCSUM_IPOFL | E1000_RXCSUM_TUOFL);
	for (unsigned i = 0; i < PLX_ARRAY_LEN(said); i++) {
		const struct e1000_rx_desc desc = {.length = 60,
						   .status = said[i].status | E1000_RXD_STAT_DD |
							     E1000_RXD_STAT_EOP,
						   .errors = said[i].errors};

		assert_true(efake_put_raw(fake, bytes, 60, &desc));
		assert_int_equal(plx_ethdev_rx_burst(port, 0, &m, 1), 1);
		assert_int_equal(m->ol_flags, said[i].flags);
		plx_mbuf_free(m);
	}
	drop_port();
}

static void
jumbo_frames_come_and_go_as_chains(void **state)
{
	const struct plx_ethdev_conf conf = {.mtu = 9000,
					     .rx_offloads = PLX_ETH_RX_OFFLOAD_SCATTER,
					     .tx_offloads = PLX_ETH_TX_OFFLOAD_MULTI_SEGS};
	const struct plx_ethdev_conf no_scatter = {.mtu = 9000};
	struct plx_mbuf *m;

	make_port(&conf);
	make_frame(bytes, LONG, 3);
	efake_put(fake, bytes, LONG);
	assert_int_equal(plx_ethdev_rx_burst(port, 0, &m, 1), 1);
	assert_int_equal(m->pkt_len, LONG);
	assert_int_equal(m->nb_segs, 2);
	must(plx_mbuf_check(m, &why));
	assert_memory_equal(plx_mbuf_read(m, 0, LONG, got), bytes, LONG);
	send(m);
	assert_int_equal(efake_take(fake, got, sizeof(got)), LONG);
	assert_memory_equal(got, bytes, LONG);
	assert_int_equal(plx_ethdev_close(port), 0);
	assert_int_equal(start(&no_scatter), -EINVAL);
	assert_non_null(strstr(why.text, "scatter"));
	drop_port();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CARD_TEST(checksums_are_filled_in_and_the_rest_is_left_alone),
		CARD_TEST(a_shared_packet_is_copied_before_its_headers_are_written),
		CARD_TEST(a_long_packet_is_cut_into_segments_with_right_headers),
		CARD_TEST(wishes_that_fit_nothing_are_lost_under_a_name),
		CARD_TEST(tags_are_taken_out_put_in_and_put_back),
		CARD_TEST(each_segment_that_is_cut_has_the_tag),
		CARD_TEST(sums_that_the_card_checked_are_told_when_asked_for),
		CARD_TEST(jumbo_frames_come_and_go_as_chains),
	};

	return cmocka_run_group_tests(tests, card_setup, card_teardown);
}
