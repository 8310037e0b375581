/* SPDX-License-Identifier: BSD-3-Clause */
#include "parsed.h"

/* -- tunnels --------------------------------------------------------------------------------------------- */

static void
assert_inner_tcp(void)
{
	assert_int_equal(inner->src_port, 40000);
	assert_int_equal(inner->dst_port, 80);
}

static void
vxlan_shows_the_frame_inside(void **state)
{
	struct frame f = {0};

	put_ether(&f, 0x0800);
	put_ipv4(&f, 17);
	put_udp(&f, 50000, 4789);
	put_vxlan(&f, 0xabcdef);
	put_macs(&f);
	put_tag(&f, 0x8100, 7);
	put16(&f, 0x86dd);
	put_ipv6(&f, 6);
	put_tcp(&f, 40000, 80);
	put_payload(&f, 3);
	assert_int_equal(parse(&f), PLX_NET_GOOD);
	assert_type(PLX_NET_L2_ETHER, PLX_NET_L3_IPV4, PLX_NET_L4_UDP);
	assert_inner_type(PLX_NET_TUNNEL_VXLAN, PLX_NET_L2_VLAN, PLX_NET_L3_IPV6, PLX_NET_L4_TCP);
	assert_inner_tcp();
	assert_int_equal(outer->tunnel_id, 0xabcdef);
	assert_int_equal(inner->l2_off, 14 + 20 + 8 + 8);
	assert_int_equal(inner->l3_off, inner->l2_off + 18);
	assert_int_equal(inner->vlan_tci[0], 7);
	assert_int_equal(inner->end, f.len);
}

static void
a_tunnel_port_alone_is_no_tunnel(void **state)
{
	struct frame f = {0};

	put_ether(&f, 0x0800);
	put_ipv4(&f, 17);
	put_udp(&f, 53, 4789); /* an answer to a client that happens to have this port */
	put_payload(&f, 60);
	for (unsigned i = 0; i < 4; i++) {
		static const uint16_t ports[] = {4789, 8472, 6081, 2152};

		plx_store_be16(f.bytes + 36, ports[i]);
		assert_int_equal(parse(&f), PLX_NET_GOOD);
		assert_int_equal(packet.nb_layers, 1);
		assert_int_equal(outer->tunnel, PLX_NET_TUNNEL_NONE);
	}
}

static void
gre_with_all_its_options(void **state)
{
	for (unsigned flags = 0; flags < 8; flags++) {
		uint16_t bits = (uint16_t)((flags & 1 ? PLX_NET_GRE_CSUM : 0) |
					   (flags & 2 ? PLX_NET_GRE_KEY : 0) |
					   (flags & 4 ? PLX_NET_GRE_SEQ : 0));
		struct frame f = {0};

		put_ether(&f, 0x0800);
		put_ipv4(&f, 47);
		put_gre(&f, bits, 0x0800);
		put_ipv4(&f, 6);
		put_tcp(&f, 40000, 80);
		assert_int_equal(parse(&f), PLX_NET_GOOD);
		assert_inner_type(PLX_NET_TUNNEL_GRE, PLX_NET_L2_NONE, PLX_NET_L3_IPV4,
				  PLX_NET_L4_TCP);
		assert_inner_tcp();
		assert_int_equal(outer->tunnel_id, flags & 2 ? 0x2a00 : 0);
		assert_int_equal(inner->l2_off, inner->l3_off);
	}
}

static void
nvgre_and_mpls_in_gre(void **state)
{
	struct frame f = {0};

	put_ether(&f, 0x86dd);
	put_ipv6(&f, 47);
	put_gre(&f, PLX_NET_GRE_KEY, 0x6558);
	put_ether(&f, 0x0800);
	put_ipv4(&f, 6);
	put_tcp(&f, 40000, 80);
	assert_int_equal(parse(&f), PLX_NET_GOOD);
	assert_inner_type(PLX_NET_TUNNEL_TEB, PLX_NET_L2_ETHER, PLX_NET_L3_IPV4, PLX_NET_L4_TCP);
	assert_inner_tcp();

	f = (struct frame){0};
	put_ether(&f, 0x0800);
	put_ipv4(&f, 47);
	put_gre(&f, 0, 0x8847);
	put32(&f, 16u << 12 | PLX_NET_MPLS_S | 64);
	put_ipv4(&f, 6);
	put_tcp(&f, 40000, 80);
	assert_int_equal(parse(&f), PLX_NET_GOOD);
	assert_inner_type(PLX_NET_TUNNEL_GRE, PLX_NET_L2_MPLS, PLX_NET_L3_IPV4, PLX_NET_L4_TCP);
	assert_inner_tcp();
}

static void
gre_of_other_versions_stays_closed(void **state)
{
	struct frame f = {0};

	put_ether(&f, 0x0800);
	put_ipv4(&f, 47);
	put_gre(&f, 0x2001, 0x880b); /* PPTP */
	put_payload(&f, 20);
	assert_int_equal(parse(&f), PLX_NET_GOOD);
	assert_int_equal(packet.nb_layers, 1);
	assert_int_equal(outer->l4, PLX_NET_L4_OTHER);
	frame_close(&f);
	plx_store_be16(f.bytes + 34, PLX_NET_GRE_KEY);
	plx_store_be16(f.bytes + 16, 20 + 6);
	assert_int_equal(parse_bytes(f.bytes, f.len), PLX_NET_GRE_SHORT);
	plx_store_be16(f.bytes + 16, 20 + 3);
	assert_int_equal(parse_bytes(f.bytes, f.len), PLX_NET_GRE_SHORT);
}

static void
geneve_with_options(void **state)
{
	struct frame f = {0};

	put_ether(&f, 0x86dd);
	put_ipv6(&f, 17);
	put_udp(&f, 50000, 6081);
	put_geneve(&f, 3, 0x6558, 77);
	put_ether(&f, 0x0800);
	put_ipv4(&f, 6);
	put_tcp(&f, 40000, 80);
	assert_int_equal(parse(&f), PLX_NET_GOOD);
	assert_inner_type(PLX_NET_TUNNEL_GENEVE, PLX_NET_L2_ETHER, PLX_NET_L3_IPV4, PLX_NET_L4_TCP);
	assert_inner_tcp();
	assert_int_equal(outer->tunnel_id, 77);
	f.bytes[14 + 40 + 8] = 0x3f;
	assert_int_equal(parse(&f), PLX_NET_GENEVE_SHORT);
}

static void
gtpu_with_and_without_extension_headers(void **state)
{
	struct frame f = {0};

	put_ether(&f, 0x0800);
	put_ipv4(&f, 17);
	put_udp(&f, 2152, 2152);
	put_gtpu(&f, 0, 0x01020304);
	put_ipv6(&f, 6);
	put_tcp(&f, 40000, 80);
	assert_int_equal(parse(&f), PLX_NET_GOOD);
	assert_inner_type(PLX_NET_TUNNEL_GTPU, PLX_NET_L2_NONE, PLX_NET_L3_IPV6, PLX_NET_L4_TCP);
	assert_inner_tcp();
	assert_int_equal(outer->tunnel_id, 0x01020304);

	f = (struct frame){0};
	put_ether(&f, 0x0800);
	put_ipv4(&f, 17);
	put_udp(&f, 2152, 2152);
	put_gtpu(&f, PLX_NET_GTPU_E | PLX_NET_GTPU_S, 9);
	put32(&f, 0x00010085); /* sequence number, N-PDU, next: PDU session container */
	put32(&f, 0x011009c0); /* one word long, next: PDCP number */
	put32(&f, 0x01000000);
	put_ipv4(&f, 6);
	put_tcp(&f, 40000, 80);
	assert_int_equal(parse(&f), PLX_NET_GOOD);
	assert_inner_type(PLX_NET_TUNNEL_GTPU, PLX_NET_L2_NONE, PLX_NET_L3_IPV4, PLX_NET_L4_TCP);
	assert_inner_tcp();

	f.bytes[14 + 20 + 8 + 8 + 4] = 0; /* an extension header of no length */
	assert_int_equal(parse(&f), PLX_NET_GTPU_LENGTH);
	f.bytes[14 + 20 + 8 + 8 + 4] = 200;
	assert_int_equal(parse(&f), PLX_NET_GTPU_LENGTH);
	f.bytes[14 + 20 + 8 + 8 + 4] = 1;
	f.bytes[14 + 20 + 8 + 1] = 1; /* echo request: nothing inside */
	assert_int_equal(parse(&f), PLX_NET_GOOD);
	assert_int_equal(packet.nb_layers, 1);
}

static void
ip_in_ip_in_ip_ends_at_the_last_layer_there_is_room_for(void **state)
{
	struct frame f = {0};

	put_ether(&f, 0x0800);
	put_ipv4(&f, 41);
	put_ipv6(&f, 4);
	put_ipv4(&f, 4);
	put_ipv4(&f, 41);
	put_ipv6(&f, 6);
	put_tcp(&f, 1, 2);
	assert_int_equal(parse(&f), PLX_NET_GOOD);
	assert_int_equal(packet.nb_layers, PLX_NET_LAYERS_MAX);
	assert_inner_type(PLX_NET_TUNNEL_IPIP, PLX_NET_L2_NONE, PLX_NET_L3_IPV6, PLX_NET_L4_OTHER);
	assert_int_equal(packet.layers[3].tunnel, PLX_NET_TUNNEL_IPIP);

	plx_net_parse_as(f.bytes, f.len, PLX_NET_ETHERTYPE_TEB, 1, &packet);
	assert_int_equal(packet.nb_layers, 1);
	plx_net_parse_as(f.bytes + 14, f.len - 14, PLX_NET_ETHERTYPE_IPV4, 2, &packet);
	assert_int_equal(packet.nb_layers, 2);
	assert_int_equal(packet.layers[0].flags & PLX_NET_FLAG_ETHER, 0);
}

static void
a_damaged_inside_leaves_the_outside_standing(void **state)
{
	struct frame f = {0};

	put_ether(&f, 0x0800);
	put_ipv4(&f, 17);
	put_udp(&f, 50000, 4789);
	put_vxlan(&f, 5);
	put_payload(&f, 13); /* too short for an Ethernet header */
	assert_int_equal(parse(&f), PLX_NET_ETHER_SHORT);
	assert_int_equal(packet.nb_layers, 1);
	assert_int_equal(outer->tunnel, PLX_NET_TUNNEL_VXLAN);
	assert_int_equal(packet.malformed_off, 50);
}

/* -- any bytes --------------------------------------------------------------------------------------------- */

/* A frame with a bit of everything, for cutting and spoiling. */
static void
make_deep_frame(struct frame *f)
{
	*f = (struct frame){0};
	put_macs(f);
	put_tag(f, 0x88a8, 1);
	put_tag(f, 0x8100, 2);
	put16(f, 0x86dd);
	put_ipv6(f, 60);
	put_ext(f, 17, 1, 16);
	put_udp(f, 50000, 4789);
	put_vxlan(f, 5);
	put_ether(f, 0x0800);
	put_ipv4(f, 47);
	put_gre(f, PLX_NET_GRE_KEY | PLX_NET_GRE_SEQ, 0x86dd);
	put_ipv6(f, 17);
	put_udp(f, 2152, 2152);
	put_gtpu(f, 0, 9);
	put_ipv4(f, 6);
	put_tcp(f, 40000, 80);
	put_payload(f, 10);
	frame_close(f);
}

/* What callers rely on, whatever was parsed. */
static void
assert_sane(size_t len)
{
	uint32_t last = 0;

	assert_true(packet.nb_layers <= PLX_NET_LAYERS_MAX);
	assert_true(packet.malformed < PLX_NET_MALFORMED_COUNT);
	assert_true(packet.malformed_off <= len);
	for (unsigned i = 0; i < packet.nb_layers; i++) {
		const struct plx_net_layer *layer = &packet.layers[i];

		assert_true(last <= layer->l2_off && layer->l2_off <= layer->l3_off);
		assert_true(layer->l3_off <= layer->end && layer->end <= len);
		if (layer->l4_off != 0) {
			assert_int_not_equal(layer->l3, PLX_NET_L3_NONE);
			assert_true(layer->l3_off < layer->l4_off);
			assert_true(layer->l4_off <= layer->payload_off);
			assert_true(layer->payload_off <= layer->end);
		} else {
			assert_int_equal(layer->l4, PLX_NET_L4_NONE);
		}
		last = layer->l3_off;
	}
}

static void
a_frame_cut_at_any_length_is_survived_and_told(void **state)
{
	struct frame f;

	make_deep_frame(&f);
	assert_int_equal(parse_bytes(f.bytes, f.len), PLX_NET_GOOD);
	assert_int_equal(packet.nb_layers, 4);
	assert_int_equal(packet.layers[3].dst_port, 80);
	for (size_t len = 0; len < f.len; len++) {
		assert_int_not_equal(parse_bytes(f.bytes, len), PLX_NET_GOOD);
		assert_sane(len);
		assert_int_equal(packet.nb_layers == 0, len < 14);
	}
}

static void
any_byte_may_have_any_value(void **state)
{
	struct frame f;

	make_deep_frame(&f);
	for (size_t at = 0; at < f.len; at++) {
		uint8_t kept = f.bytes[at];

		for (unsigned value = 0; value < 256; value++) {
			f.bytes[at] = (uint8_t)value;
			parse_bytes(f.bytes, f.len);
			assert_sane(f.len);
		}
		f.bytes[at] = kept;
	}
}

static void
noise_is_survived(void **state)
{
	struct frame f;
	uint32_t x = 2463534242u;

	for (unsigned i = 0; i < 20000; i++) {
		size_t len;

		make_deep_frame(&f);
		for (unsigned changes = 0; changes < 1 + i % 16; changes++) {
			x ^= x << 13;
			x ^= x >> 17;
			x ^= x << 5;
			f.bytes[x % f.len] = (uint8_t)(x >> 24);
		}
		len = x % 3 ? f.len : x / 3 % (f.len + 1);
		parse_bytes(f.bytes, len);
		assert_sane(len);
	}
}

static void
assert_same(const struct plx_net_packet *a, const struct plx_net_packet *b)
{
	size_t layer_len = offsetof(struct plx_net_layer, tunnel) + 1; /* without padding */

	assert_int_equal(a->packet_type, b->packet_type);
	assert_int_equal(a->malformed, b->malformed);
	assert_int_equal(a->malformed_off, b->malformed_off);
	assert_int_equal(a->nb_layers, b->nb_layers);
	for (unsigned i = 0; i < a->nb_layers; i++)
		assert_memory_equal(&a->layers[i], &b->layers[i], layer_len);
}

/* The shortcut for plain frames says what the long way says. */
static void
plain_frames_spoiled_anywhere_are_seen_alike_on_both_ways(void **state)
{
	for (unsigned kind = 0; kind < 4; kind++) {
		struct plx_net_packet other;
		struct frame f = {0};

		put_ether(&f, kind & 1 ? 0x86dd : 0x0800);
		if (kind & 1)
			put_ipv6(&f, kind & 2 ? 6 : 17);
		else
			put_ipv4(&f, kind & 2 ? 6 : 17);
		if (kind & 2)
			put_tcp(&f, 1, 2);
		else
			put_udp(&f, 1, 2);
		put_payload(&f, 12);
		frame_close(&f);
		for (size_t at = 0; at < f.len; at++) {
			uint8_t kept = f.bytes[at];

			for (unsigned value = 0; value < 256; value++) {
				f.bytes[at] = (uint8_t)value;
				parse_bytes(f.bytes, f.len);
				plx_net_parse_as(f.bytes, f.len, PLX_NET_ETHERTYPE_TEB,
						 PLX_NET_LAYERS_MAX, &other);
				assert_same(&packet, &other);
			}
			f.bytes[at] = kept;
		}
	}
}

static void
every_reason_has_a_text(void **state)
{
	for (unsigned i = 0; i < PLX_NET_MALFORMED_COUNT; i++)
		assert_non_null(plx_net_malformed_text((enum plx_net_malformed)i));
	assert_string_equal(plx_net_malformed_text(PLX_NET_MALFORMED_COUNT), "unknown reason");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vxlan_shows_the_frame_inside),
		cmocka_unit_test(a_tunnel_port_alone_is_no_tunnel),
		cmocka_unit_test(gre_with_all_its_options),
		cmocka_unit_test(nvgre_and_mpls_in_gre),
		cmocka_unit_test(gre_of_other_versions_stays_closed),
		cmocka_unit_test(geneve_with_options),
		cmocka_unit_test(gtpu_with_and_without_extension_headers),
		cmocka_unit_test(ip_in_ip_in_ip_ends_at_the_last_layer_there_is_room_for),
		cmocka_unit_test(a_damaged_inside_leaves_the_outside_standing),
		cmocka_unit_test(a_frame_cut_at_any_length_is_survived_and_told),
		cmocka_unit_test(any_byte_may_have_any_value),
		cmocka_unit_test(noise_is_survived),
		cmocka_unit_test(plain_frames_spoiled_anywhere_are_seen_alike_on_both_ways),
		cmocka_unit_test(every_reason_has_a_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
