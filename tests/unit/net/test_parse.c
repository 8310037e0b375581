/* SPDX-License-Identifier: BSD-3-Clause */
#include "captured.h"
#include "parsed.h"

/* -- plain frames --------------------------------------------------------------------------------- */

static void
a_dns_query_is_taken_apart(void **state)
{
	assert_int_equal(parse_bytes(dns_query, sizeof(dns_query)), PLX_NET_GOOD);
	assert_int_equal(packet.nb_layers, 1);
	assert_type(PLX_NET_L2_ETHER, PLX_NET_L3_IPV4, PLX_NET_L4_UDP);
	assert_int_equal(outer->ethertype, 0x0800);
	assert_int_equal(outer->l2_off, 0);
	assert_int_equal(outer->l3_off, 14);
	assert_int_equal(outer->l4_off, 34);
	assert_int_equal(outer->payload_off, 42);
	assert_int_equal(outer->end, sizeof(dns_query));
	assert_int_equal(outer->src_port, 54321);
	assert_int_equal(outer->dst_port, 53);
	assert_int_equal(outer->proto, 17);
	assert_int_equal(outer->flags, PLX_NET_FLAG_ETHER);
}

static void
captured_frames_are_good(void **state)
{
	for (size_t i = 0; i < PLX_ARRAY_LEN(captured); i++) {
		if (parse_bytes(captured[i].bytes, captured[i].len) != PLX_NET_GOOD)
			fail_msg("%s: %s", captured[i].name,
				 plx_net_malformed_text(packet.malformed));
		assert_int_equal(outer->end, captured[i].len);
	}
	parse_bytes(tcp_syn, sizeof(tcp_syn));
	assert_type(PLX_NET_L2_ETHER, PLX_NET_L3_IPV4, PLX_NET_L4_TCP);
	assert_int_equal(outer->payload_off, sizeof(tcp_syn));
	parse_bytes(mld_report, sizeof(mld_report));
	assert_type(PLX_NET_L2_ETHER, PLX_NET_L3_IPV6_EXT, PLX_NET_L4_ICMP);
	assert_int_equal(outer->l4_off, 62);
}

static void
padding_behind_a_short_datagram_is_not_payload(void **state)
{
	struct frame f = {0};

	put_ether(&f, 0x0800);
	put_ipv4(&f, 6);
	put_tcp(&f, 1, 2);
	frame_close(&f);
	put_payload(&f, 6);
	assert_int_equal(parse_bytes(f.bytes, f.len), PLX_NET_GOOD);
	assert_int_equal(outer->end, 54);
	assert_int_equal(outer->payload_off, 54);
}

static void
tcp_and_ip_options_move_what_follows(void **state)
{
	struct frame f = {0};

	put_ether(&f, 0x0800);
	put_ipv4(&f, 6);
	f.bytes[14] = 0x47;
	put32(&f, 0x01010101);
	put32(&f, 0x01010101);
	put_tcp(&f, 80, 5000);
	f.bytes[14 + 28 + 12] = 0x80;
	put_payload(&f, 12 + 5);
	assert_int_equal(parse(&f), PLX_NET_GOOD);
	assert_type(PLX_NET_L2_ETHER, PLX_NET_L3_IPV4_OPT, PLX_NET_L4_TCP);
	assert_int_equal(outer->l4_off, 14 + 28);
	assert_int_equal(outer->payload_off, 14 + 28 + 32);
	assert_int_equal(outer->src_port, 80);
}

static void
arp_is_known(void **state)
{
	struct frame f = {0};

	put_ether(&f, 0x0806);
	put_arp(&f, 1, 0x0a000001, 0x0a000002);
	put_payload(&f, 18);
	assert_int_equal(parse(&f), PLX_NET_GOOD);
	assert_type(PLX_NET_L2_ETHER, PLX_NET_L3_ARP, PLX_NET_L4_NONE);
	f.bytes[14 + 4] = 8; /* hardware addresses of 8 bytes: not what the struct says */
	assert_int_equal(parse(&f), PLX_NET_GOOD);
	assert_type(PLX_NET_L2_ETHER, PLX_NET_L3_NONE, PLX_NET_L4_NONE);
	f.len = 14 + 27;
	assert_int_equal(parse(&f), PLX_NET_ARP_SHORT);
}

static void
other_ethertypes_and_8023_lengths_are_left_alone(void **state)
{
	struct frame f = {0};

	put_ether(&f, 0x0026);
	put_payload(&f, 46);
	assert_int_equal(parse(&f), PLX_NET_GOOD);
	assert_type(PLX_NET_L2_ETHER, PLX_NET_L3_NONE, PLX_NET_L4_NONE);
	assert_int_equal(outer->ethertype, 0x26);
	assert_int_equal(outer->l3_off, 14);
	assert_int_equal(outer->l4_off, 0);
	assert_int_equal(outer->end, f.len);
}

static void
sctp_icmp_and_unknown_protocols(void **state)
{
	static const struct {
		uint8_t proto;
		bool ipv6;
		enum plx_net_l4 l4;
		uint32_t header;
	} rows[] = {
		{132, false, PLX_NET_L4_SCTP, 12}, {132, true, PLX_NET_L4_SCTP, 12},
		{1, false, PLX_NET_L4_ICMP, 8},	   {58, true, PLX_NET_L4_ICMP, 4},
		{1, true, PLX_NET_L4_OTHER, 0},	   {58, false, PLX_NET_L4_OTHER, 0},
		{2, false, PLX_NET_L4_OTHER, 0},   {50, true, PLX_NET_L4_OTHER, 0},
		{59, true, PLX_NET_L4_OTHER, 0},   {0, false, PLX_NET_L4_OTHER, 0},
	};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(rows); i++) {
		struct frame f = {0};

		put_ether(&f, rows[i].ipv6 ? 0x86dd : 0x0800);
		if (rows[i].ipv6)
			put_ipv6(&f, rows[i].proto);
		else
			put_ipv4(&f, rows[i].proto);
		put_sctp(&f, 36412, 5);
		assert_int_equal(parse(&f), PLX_NET_GOOD);
		assert_int_equal(outer->l4, rows[i].l4);
		assert_int_equal(outer->proto, rows[i].proto);
		assert_int_equal(outer->payload_off, outer->l4_off + rows[i].header);
		assert_int_equal(outer->src_port, rows[i].l4 == PLX_NET_L4_SCTP ? 36412 : 0);
	}
}

/* -- tags and labels -------------------------------------------------------------------------------- */

static void
tags_are_counted_and_the_first_two_kept(void **state)
{
	struct frame f = {0};

	put_macs(&f);
	put_tag(&f, 0x8100, 0x6005);
	put16(&f, 0x0800);
	put_ipv4(&f, 17);
	put_udp(&f, 1, 2);
	assert_int_equal(parse(&f), PLX_NET_GOOD);
	assert_type(PLX_NET_L2_VLAN, PLX_NET_L3_IPV4, PLX_NET_L4_UDP);
	assert_int_equal(outer->nb_vlans, 1);
	assert_int_equal(outer->vlan_tci[0], 0x6005);
	assert_int_equal(outer->vlan_tci[1], 0);
	assert_int_equal(outer->ethertype, 0x0800);
	assert_int_equal(outer->l3_off, 18);

	f = (struct frame){0};
	put_macs(&f);
	put_tag(&f, 0x88a8, 1);
	put_tag(&f, 0x9100, 2);
	put_tag(&f, 0x8100, 3);
	put16(&f, 0x86dd);
	put_ipv6(&f, 6);
	put_tcp(&f, 1, 2);
	assert_int_equal(parse(&f), PLX_NET_GOOD);
	assert_type(PLX_NET_L2_QINQ, PLX_NET_L3_IPV6, PLX_NET_L4_TCP);
	assert_int_equal(outer->nb_vlans, 3);
	assert_int_equal(outer->vlan_tci[0], 1);
	assert_int_equal(outer->vlan_tci[1], 2);
	assert_int_equal(outer->l3_off, 26);
}

static void
tags_without_end_are_refused(void **state)
{
	struct frame f = {0};

	put_macs(&f);
	for (unsigned i = 0; i < PLX_NET_VLANS_MAX; i++)
		put_tag(&f, 0x8100, (uint16_t)i);
	put16(&f, 0x1234);
	assert_int_equal(parse(&f), PLX_NET_GOOD);
	f.len -= 2;
	put_tag(&f, 0x8100, 9);
	put16(&f, 0x0800);
	assert_int_equal(parse(&f), PLX_NET_VLAN_MANY);
	assert_int_equal(outer->l3, PLX_NET_L3_NONE);
	f.len = 14 + 3;
	assert_int_equal(parse(&f), PLX_NET_VLAN_SHORT);
}

static void
labels_lead_to_ip(void **state)
{
	struct frame f = {0};

	put_ether(&f, 0x8847);
	put32(&f, 16u << 12 | 64);
	put32(&f, 17u << 12 | PLX_NET_MPLS_S | 64);
	put_ipv6(&f, 17);
	put_udp(&f, 5, 6);
	assert_int_equal(parse(&f), PLX_NET_GOOD);
	assert_type(PLX_NET_L2_MPLS, PLX_NET_L3_IPV6, PLX_NET_L4_UDP);
	assert_int_equal(outer->l3_off, 22);
	assert_int_equal(outer->ethertype, 0x8847);

	f.bytes[22] = 0x00; /* a pseudo-wire's control word */
	assert_int_equal(parse(&f), PLX_NET_GOOD);
	assert_type(PLX_NET_L2_MPLS, PLX_NET_L3_NONE, PLX_NET_L4_NONE);
	f.len = 21;
	assert_int_equal(parse(&f), PLX_NET_MPLS_SHORT);
	memset(f.bytes + 14, 0, 100);
	f.len = 114;
	assert_int_equal(parse(&f), PLX_NET_MPLS_MANY);
}

/* -- IPv6 extension headers and fragments -------------------------------------------------------------- */

static void
extension_headers_are_passed(void **state)
{
	struct frame f = {0};

	put_ether(&f, 0x86dd);
	put_ipv6(&f, 0);
	put_ext(&f, 43, 0, 8);	 /* hop-by-hop */
	put_ext(&f, 60, 2, 24);	 /* routing */
	put_ext(&f, 51, 1, 16);	 /* destination options, longer */
	put_ext(&f, 135, 4, 24); /* AH counts in words, less two */
	put_ext(&f, 6, 0, 8);	 /* mobility */
	put_tcp(&f, 443, 999);
	assert_int_equal(parse(&f), PLX_NET_GOOD);
	assert_type(PLX_NET_L2_ETHER, PLX_NET_L3_IPV6_EXT, PLX_NET_L4_TCP);
	assert_int_equal(outer->l4_off, 14 + 40 + 8 + 24 + 16 + 24 + 8);
	assert_int_equal(outer->src_port, 443);
	assert_int_equal(outer->proto, 6);
}

static void
ah_is_passed_in_ipv4_too_but_no_other(void **state)
{
	struct frame f = {0};

	put_ether(&f, 0x0800);
	put_ipv4(&f, 51);
	put_ext(&f, 17, 4, 24);
	put_udp(&f, 5, 6);
	assert_int_equal(parse(&f), PLX_NET_GOOD);
	assert_type(PLX_NET_L2_ETHER, PLX_NET_L3_IPV4, PLX_NET_L4_UDP);
	assert_int_equal(outer->l4_off, 14 + 20 + 24);
	f.bytes[14 + 9] = 60;
	assert_int_equal(parse(&f), PLX_NET_GOOD);
	assert_int_equal(outer->l4, PLX_NET_L4_OTHER);
}

static void
extension_headers_that_lie_or_do_not_end_are_named(void **state)
{
	struct frame f = {0};

	put_ether(&f, 0x86dd);
	put_ipv6(&f, 60);
	put_ext(&f, 6, 3, 8); /* 32 bytes, of which 28 are there */
	put_tcp(&f, 1, 2);
	assert_int_equal(parse(&f), PLX_NET_EXT_SHORT);
	assert_int_equal(packet.malformed_off, 54);
	assert_type(PLX_NET_L2_ETHER, PLX_NET_L3_IPV6, PLX_NET_L4_NONE);
	assert_int_equal(outer->proto, 60);
	assert_int_equal(outer->l4_off, 54);

	f = (struct frame){0};
	put_ether(&f, 0x86dd);
	put_ipv6(&f, 60);
	for (unsigned i = 0; i < 17; i++)
		put_ext(&f, 60, 0, 8);
	assert_int_equal(parse(&f), PLX_NET_EXT_MANY);
}

static void
fragments_show_their_offset_and_only_the_first_has_ports(void **state)
{
	struct frame f = {0};

	put_ether(&f, 0x0800);
	put_ipv4_frag(&f, 17, PLX_NET_IPV4_MF);
	put16(&f, 1000);
	put16(&f, 4789);
	put16(&f, 3000); /* the length of the whole */
	put16(&f, 0);
	put_payload(&f, 64);
	assert_int_equal(parse(&f), PLX_NET_GOOD);
	assert_int_equal(outer->l4, PLX_NET_L4_UDP);
	assert_int_equal(outer->src_port, 1000);
	assert_int_equal(outer->flags,
			 PLX_NET_FLAG_ETHER | PLX_NET_FLAG_FRAGMENT | PLX_NET_FLAG_FIRST_FRAGMENT);
	assert_int_equal(packet.nb_layers, 1);

	plx_store_be16(f.bytes + 14 + 6, PLX_NET_IPV4_MF | 100);
	assert_int_equal(parse(&f), PLX_NET_GOOD);
	assert_int_equal(outer->l4, PLX_NET_L4_FRAGMENT);
	assert_int_equal(outer->src_port, 0);
	assert_int_equal(outer->frag_off, 800);
	assert_int_equal(outer->flags, PLX_NET_FLAG_ETHER | PLX_NET_FLAG_FRAGMENT);

	plx_store_be16(f.bytes + 14 + 6, 100); /* the last */
	assert_int_equal(parse(&f), PLX_NET_GOOD);
	assert_int_equal(outer->l4, PLX_NET_L4_FRAGMENT);
}

static void
ipv6_fragments_too_unless_they_are_whole(void **state)
{
	struct frame f = {0};

	put_ether(&f, 0x86dd);
	put_ipv6(&f, 0);
	put_ext(&f, 44, 0, 8);
	put_ipv6_fragment(&f, 17, 1);
	put_udp(&f, 1000, 2000);
	put_payload(&f, 8);
	assert_int_equal(parse(&f), PLX_NET_GOOD);
	assert_int_equal(outer->l3, PLX_NET_L3_IPV6_EXT);
	assert_int_equal(outer->l4, PLX_NET_L4_UDP);
	assert_true(outer->flags & PLX_NET_FLAG_FIRST_FRAGMENT);

	plx_store_be16(f.bytes + 14 + 40 + 8 + 2, 1 | 1448);
	assert_int_equal(parse(&f), PLX_NET_GOOD);
	assert_int_equal(outer->l4, PLX_NET_L4_FRAGMENT);
	assert_int_equal(outer->frag_off, 1448);
	assert_int_equal(outer->proto, 17);
	assert_int_equal(outer->l4_off, 14 + 40 + 8 + 8);

	plx_store_be16(f.bytes + 14 + 40 + 8 + 2, 0);
	assert_int_equal(parse(&f), PLX_NET_GOOD);
	assert_int_equal(outer->l4, PLX_NET_L4_UDP);
	assert_int_equal(outer->flags, PLX_NET_FLAG_ETHER);
}

static void
fragments_that_cannot_be_put_together_are_named(void **state)
{
	struct frame f = {0};

	put_ether(&f, 0x0800);
	put_ipv4_frag(&f, 17, PLX_NET_IPV4_MF | 5);
	put_payload(&f, 13);
	assert_int_equal(parse(&f), PLX_NET_FRAGMENT_LENGTH);

	plx_store_be16(f.bytes + 14 + 6, 8191); /* the ping of death */
	assert_int_equal(parse(&f), PLX_NET_FRAGMENT_OFFSET);
	plx_store_be16(f.bytes + 14 + 6, 8189);
	assert_int_equal(parse(&f), PLX_NET_GOOD);
}

static void
a_jumbogram_reaches_to_the_end(void **state)
{
	struct frame f = {0};

	put_ether(&f, 0x86dd);
	put_ipv6(&f, 0);
	put_ext(&f, 6, 0, 8);
	put_tcp(&f, 1, 2);
	put_payload(&f, 100);
	frame_close(&f);
	plx_store_be16(f.bytes + 14 + 4, 0);
	assert_int_equal(parse_bytes(f.bytes, f.len), PLX_NET_GOOD);
	assert_int_equal(outer->l4, PLX_NET_L4_TCP);
	assert_int_equal(outer->end, f.len);
}

/* -- lengths that lie ---------------------------------------------------------------------------------- */

struct lie {
	size_t off;
	uint8_t value;
	enum plx_net_malformed found;
	enum plx_net_l3 l3;
	enum plx_net_l4 l4;
};

static void
check_lies(const struct frame *f, const struct lie *lies, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct frame changed = *f;

		changed.bytes[lies[i].off] = lies[i].value;
		assert_string_equal(plx_net_malformed_text(parse_bytes(changed.bytes, changed.len)),
				    plx_net_malformed_text(lies[i].found));
		assert_int_equal(outer->l3, lies[i].l3);
		assert_int_equal(outer->l4, lies[i].l4);
	}
}

static void
lying_ipv4_headers_are_named(void **state)
{
	static const struct lie lies[] = {
		{14, 0x55, PLX_NET_IPV4_VERSION, PLX_NET_L3_NONE, PLX_NET_L4_NONE},
		{14, 0x44, PLX_NET_IPV4_IHL, PLX_NET_L3_NONE, PLX_NET_L4_NONE},
		{14, 0x40, PLX_NET_IPV4_IHL, PLX_NET_L3_NONE, PLX_NET_L4_NONE},
		{14, 0x4f, PLX_NET_IPV4_SHORT, PLX_NET_L3_NONE, PLX_NET_L4_NONE},
		{17, 19, PLX_NET_IPV4_LENGTH_SMALL, PLX_NET_L3_NONE, PLX_NET_L4_NONE},
		{17, 0, PLX_NET_IPV4_LENGTH_SMALL, PLX_NET_L3_NONE, PLX_NET_L4_NONE},
		{17, 20, PLX_NET_TCP_SHORT, PLX_NET_L3_IPV4, PLX_NET_L4_NONE},
		{17, 39, PLX_NET_TCP_SHORT, PLX_NET_L3_IPV4, PLX_NET_L4_NONE},
		{17, 40, PLX_NET_GOOD, PLX_NET_L3_IPV4, PLX_NET_L4_TCP},
		{17, 45, PLX_NET_IPV4_LENGTH_BIG, PLX_NET_L3_IPV4, PLX_NET_L4_TCP},
		{16, 0xff, PLX_NET_IPV4_LENGTH_BIG, PLX_NET_L3_IPV4, PLX_NET_L4_TCP},
		{46, 0x40, PLX_NET_TCP_OFFSET, PLX_NET_L3_IPV4, PLX_NET_L4_NONE},
		{46, 0x60, PLX_NET_GOOD, PLX_NET_L3_IPV4, PLX_NET_L4_TCP},
		{46, 0x70, PLX_NET_TCP_OFFSET, PLX_NET_L3_IPV4, PLX_NET_L4_TCP},
	};
	struct frame f = {0};

	put_ether(&f, 0x0800);
	put_ipv4(&f, 6);
	put_tcp(&f, 1, 2);
	put_payload(&f, 4);
	frame_close(&f);
	check_lies(&f, lies, PLX_ARRAY_LEN(lies));
}

static void
lying_ipv6_and_udp_headers_are_named(void **state)
{
	static const struct lie lies[] = {
		{14, 0x40, PLX_NET_IPV6_VERSION, PLX_NET_L3_NONE, PLX_NET_L4_NONE},
		{18, 0x01, PLX_NET_IPV6_LENGTH_BIG, PLX_NET_L3_IPV6, PLX_NET_L4_UDP},
		{19, 13, PLX_NET_IPV6_LENGTH_BIG, PLX_NET_L3_IPV6, PLX_NET_L4_UDP},
		{19, 7, PLX_NET_UDP_SHORT, PLX_NET_L3_IPV6, PLX_NET_L4_NONE},
		{19, 0, PLX_NET_UDP_SHORT, PLX_NET_L3_IPV6, PLX_NET_L4_NONE},
		{59, 13, PLX_NET_UDP_LENGTH, PLX_NET_L3_IPV6, PLX_NET_L4_UDP},
		{59, 7, PLX_NET_UDP_LENGTH, PLX_NET_L3_IPV6, PLX_NET_L4_UDP},
		{59, 8, PLX_NET_GOOD, PLX_NET_L3_IPV6, PLX_NET_L4_UDP},
		{20, 132, PLX_NET_GOOD, PLX_NET_L3_IPV6, PLX_NET_L4_SCTP},
		{20, 6, PLX_NET_TCP_SHORT, PLX_NET_L3_IPV6, PLX_NET_L4_NONE},
	};
	struct frame f = {0};

	put_ether(&f, 0x86dd);
	put_ipv6(&f, 17);
	put_udp(&f, 1, 2);
	put_payload(&f, 4);
	frame_close(&f);
	check_lies(&f, lies, PLX_ARRAY_LEN(lies));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_dns_query_is_taken_apart),
		cmocka_unit_test(captured_frames_are_good),
		cmocka_unit_test(padding_behind_a_short_datagram_is_not_payload),
		cmocka_unit_test(tcp_and_ip_options_move_what_follows),
		cmocka_unit_test(arp_is_known),
		cmocka_unit_test(other_ethertypes_and_8023_lengths_are_left_alone),
		cmocka_unit_test(sctp_icmp_and_unknown_protocols),
		cmocka_unit_test(tags_are_counted_and_the_first_two_kept),
		cmocka_unit_test(tags_without_end_are_refused),
		cmocka_unit_test(labels_lead_to_ip),
		cmocka_unit_test(extension_headers_are_passed),
		cmocka_unit_test(ah_is_passed_in_ipv4_too_but_no_other),
		cmocka_unit_test(extension_headers_that_lie_or_do_not_end_are_named),
		cmocka_unit_test(fragments_show_their_offset_and_only_the_first_has_ports),
		cmocka_unit_test(ipv6_fragments_too_unless_they_are_whole),
		cmocka_unit_test(fragments_that_cannot_be_put_together_are_named),
		cmocka_unit_test(a_jumbogram_reaches_to_the_end),
		cmocka_unit_test(lying_ipv4_headers_are_named),
		cmocka_unit_test(lying_ipv6_and_udp_headers_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
