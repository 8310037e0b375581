/* SPDX-License-Identifier: BSD-3-Clause */
#include "plx_net_hash.h"

#include "captured.h"
#include "frame.h"
#include "plx_net_build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* -- the symmetric flow hash --------------------------------------------------------------------------------- */

static void
swap(uint8_t *a, uint8_t *b, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uint8_t kept = a[i];

		a[i] = b[i];
		b[i] = kept;
	}
}

static void
turn_layer(uint8_t *bytes, const struct plx_net_layer *layer)
{
	uint8_t *l3 = bytes + layer->l3_off, *l4 = bytes + layer->l4_off;

	if (layer->flags & PLX_NET_FLAG_ETHER)
		swap(bytes + layer->l2_off, bytes + layer->l2_off + 6, 6);
	if (layer->l3 == PLX_NET_L3_ARP)
		swap(l3 + 14, l3 + 24, 4);
	if (plx_net_layer_is_ipv4(layer))
		swap(l3 + 12, l3 + 16, 4);
	if (plx_net_layer_is_ipv6(layer))
		swap(l3 + 8, l3 + 24, 16);
	/* The destination port makes a tunnel one, and stays. */
	if (layer->tunnel == PLX_NET_TUNNEL_NONE &&
	    (layer->l4 == PLX_NET_L4_TCP || layer->l4 == PLX_NET_L4_UDP ||
	     layer->l4 == PLX_NET_L4_SCTP))
		swap(l4, l4 + 2, 2);
}

/* A frame of the other direction: both ends swapped in every layer. */
static void
turn(uint8_t *bytes, size_t len)
{
	struct plx_net_packet packet;

	plx_net_parse(bytes, len, &packet);
	for (unsigned i = 0; i < packet.nb_layers; i++)
		turn_layer(bytes, &packet.layers[i]);
}

static uint32_t
hash_bytes(const uint8_t *bytes, size_t len)
{
	uint8_t *copy = exact_copy(bytes, len);
	struct plx_net_packet packet;
	uint32_t hash;

	hash = plx_net_flow_hash(copy, len);
	plx_net_parse(copy, len, &packet);
	assert_int_equal(hash, plx_net_flow_hash_packet(copy, &packet));
	free(copy);
	return hash;
}

static uint32_t
hash(struct frame *f)
{
	frame_close(f);
	return hash_bytes(f->bytes, f->len);
}

/* 10.0.0.1.40000 > 10.0.0.2.80 */
static void
put_flow(struct frame *f, bool ipv6)
{
	if (ipv6)
		put_ipv6(f, 6);
	else
		put_ipv4(f, 6);
	put_tcp(f, 40000, 80);
	put_payload(f, 11);
}

static uint32_t
hash_plain(bool ipv6)
{
	struct frame f = {0};

	put_ether(&f, ipv6 ? 0x86dd : 0x0800);
	put_flow(&f, ipv6);
	return hash(&f);
}

/* The value is a contract: processes of different versions may share flows. */
static void
the_value_does_not_change(void **state)
{
	assert_int_equal(hash_plain(false), 0x34a4809e);
	assert_int_equal(hash_plain(true), 0x7e57e69d);
}

static void
both_directions_of_captured_traffic_are_equal(void **state)
{
	assert_int_equal(hash_bytes(tcp_syn, sizeof(tcp_syn)),
			 hash_bytes(tcp_rst, sizeof(tcp_rst)));
	assert_int_equal(hash_bytes(echo, sizeof(echo)),
			 hash_bytes(echo_reply, sizeof(echo_reply)));
	assert_int_equal(hash_bytes(arp_request, sizeof(arp_request)),
			 hash_bytes(arp_reply, sizeof(arp_reply)));
	assert_int_equal(hash_bytes(arp_request, sizeof(arp_request)),
			 hash_bytes(echo, sizeof(echo)));
}

static void
an_icmp_error_meets_its_flow(void **state)
{
	uint8_t other[sizeof(port_unreachable)];

	assert_int_equal(hash_bytes(port_unreachable, sizeof(port_unreachable)),
			 hash_bytes(dns_query, sizeof(dns_query)));
	assert_int_equal(hash_bytes(port_unreachable_ipv6, sizeof(port_unreachable_ipv6)),
			 hash_bytes(udp_ipv6, sizeof(udp_ipv6)));
	/* With no more than RFC 792 asks for, and sent by a router. */
	memcpy(other, port_unreachable, sizeof(other));
	other[29] = 99;
	assert_int_equal(hash_bytes(other, 14 + 20 + 8 + 20 + 8),
			 hash_bytes(dns_query, sizeof(dns_query)));
	/* An echo quotes nothing, whatever its payload looks like. */
	other[34] = 8;
	assert_int_not_equal(hash_bytes(other, sizeof(other)),
			     hash_bytes(dns_query, sizeof(dns_query)));
}

static void
an_icmp_error_about_a_fragment_goes_by_addresses(void **state)
{
	struct frame fragment = {0}, error = {0};

	put_ether(&fragment, 0x0800);
	put_ipv4_frag(&fragment, 17, 100);
	put_payload(&fragment, 100);
	put_ether(&error, 0x0800);
	put_ipv4(&error, 1);
	put_icmp(&error, 11);
	put_ipv4_frag(&error, 17, 100);
	put_payload(&error, 8);
	assert_int_equal(hash(&error), hash(&fragment));
}

static void
every_part_of_a_tuple_counts(void **state)
{
	for (unsigned ipv6 = 0; ipv6 < 2; ipv6++) {
		unsigned first = ipv6 ? 22 : 26, last = ipv6 ? 58 : 38;
		uint32_t plain = hash_plain(ipv6);

		for (unsigned at = first; at < last; at++) {
			struct frame f = {0};

			put_ether(&f, ipv6 ? 0x86dd : 0x0800);
			put_flow(&f, ipv6);
			f.bytes[at] ^= 0x40;
			assert_int_not_equal(hash(&f), plain);
		}
	}
}

static void
what_a_flow_is_wrapped_in_does_not_count(void **state)
{
	for (unsigned ipv6 = 0; ipv6 < 2; ipv6++) {
		uint16_t type = ipv6 ? 0x86dd : 0x0800;
		uint32_t plain = hash_plain(ipv6);
		struct frame f = {0};

		put_macs(&f);
		put_tag(&f, 0x88a8, 5);
		put_tag(&f, 0x8100, 6);
		put16(&f, type);
		put_flow(&f, ipv6);
		assert_int_equal(hash(&f), plain);

		f = (struct frame){0};
		put_ether(&f, 0x8847);
		put32(&f, 99u << 12 | PLX_NET_MPLS_S);
		put_flow(&f, ipv6);
		assert_int_equal(hash(&f), plain);

		f = (struct frame){0};
		put_ether(&f, 0x86dd);
		put_ipv6(&f, 17);
		put_udp(&f, 51234, 4789);
		put_vxlan(&f, 42);
		put_ether(&f, type);
		put_flow(&f, ipv6);
		assert_int_equal(hash(&f), plain);

		f = (struct frame){0};
		put_ether(&f, 0x0800);
		put_ipv4(&f, 17);
		put_udp(&f, 2152, 2152);
		put_gtpu(&f, 0, 77);
		put_flow(&f, ipv6);
		assert_int_equal(hash(&f), plain);

		f = (struct frame){0};
		put_ether(&f, 0x0800);
		put_ipv4(&f, 47);
		put_gre(&f, PLX_NET_GRE_KEY, type);
		put_flow(&f, ipv6);
		assert_int_equal(hash(&f), plain);
	}
}

static uint32_t
hash_fragment(bool ipv6, uint16_t offset, bool more)
{
	struct frame f = {0};

	put_ether(&f, ipv6 ? 0x86dd : 0x0800);
	if (ipv6) {
		put_ipv6(&f, 44);
		put_ipv6_fragment(&f, 17, (uint16_t)(offset << 3 | more));
	} else {
		put_ipv4_frag(&f, 17, (uint16_t)(offset | (more ? PLX_NET_IPV4_MF : 0)));
	}
	put_udp(&f, (uint16_t)(1000 + offset), 4789);
	put_vxlan(&f, 42);
	put_ether(&f, 0x0800);
	put_flow(&f, false);
	return hash(&f);
}

static void
all_fragments_of_a_datagram_agree(void **state)
{
	for (unsigned ipv6 = 0; ipv6 < 2; ipv6++) {
		uint32_t first = hash_fragment(ipv6, 0, true);

		assert_int_equal(hash_fragment(ipv6, 185, true), first);
		assert_int_equal(hash_fragment(ipv6, 370, true), first);
		assert_int_equal(hash_fragment(ipv6, 8000, false), first);
	}
	/* One that is whole goes like its flow: into the tunnel. */
	assert_int_equal(hash_fragment(true, 0, false), hash_plain(false));
}

static void
a_damaged_inside_goes_by_the_outer_addresses(void **state)
{
	struct frame a = {0}, b = {0}, icmp = {0};

	put_ether(&a, 0x0800);
	put_ipv4(&a, 17);
	put_udp(&a, 50001, 4789);
	put_vxlan(&a, 5);
	put_payload(&a, 9);
	put_ether(&b, 0x0800);
	put_ipv4(&b, 17);
	put_udp(&b, 60002, 4789);
	put_vxlan(&b, 5);
	put_payload(&b, 10);
	put_ether(&icmp, 0x0800);
	put_ipv4(&icmp, 1);
	put_icmp(&icmp, 8);
	assert_int_equal(hash(&a), hash(&b));
	assert_int_equal(hash(&a), hash(&icmp));
}

static void
other_frames_go_by_their_mac_addresses(void **state)
{
	struct frame f = {0}, tagged = {0};
	uint32_t plain;

	put_ether(&f, 0x88cc);
	put_payload(&f, 46);
	plain = hash(&f);
	put_macs(&tagged);
	put_tag(&tagged, 0x8100, 9);
	put16(&tagged, 0x88cc);
	put_payload(&tagged, 40);
	assert_int_equal(hash(&tagged), plain);
	swap(f.bytes, f.bytes + 6, 6);
	assert_int_equal(hash(&f), plain);
	f.bytes[13] = 0xcd;
	assert_int_not_equal(hash(&f), plain);
	f.bytes[13] = 0xcc;
	f.bytes[3] = 1;
	assert_int_not_equal(hash(&f), plain);
	assert_int_equal(hash_bytes(f.bytes, 13), 0);
	assert_int_equal(hash_bytes(f.bytes, 0), 0);
}

/* -- properties -------------------------------------------------------------------------------------------- */

static uint32_t
random_word(void)
{
	static uint64_t x = 88172645463325252ULL;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (uint32_t)(x >> 16);
}

/* Down through random headers to a transport, or to something that has none. */
static void put_random_ip(struct frame *f, unsigned depth);

static void
put_random_inner_frame(struct frame *f, unsigned depth)
{
	put_macs(f);
	for (unsigned tags = random_word() % 3; tags > 0; tags--)
		put_tag(f, random_word() % 2 ? 0x8100 : 0x88a8, (uint16_t)random_word());
	switch (random_word() % 8) {
	case 0:
		put16(f, 0x0806);
		put_arp(f, 1, random_word(), random_word());
		break;
	case 1:
		put16(f, (uint16_t)random_word());
		put_payload(f, 20);
		break;
	default:
		put_random_ip(f, depth);
		break;
	}
}

static void
put_random_tunnel(struct frame *f, uint8_t proto, unsigned depth)
{
	static const uint16_t ports[] = {4789, 8472, 6081};
	uint16_t port = ports[random_word() % 3];

	if (proto == 47) {
		put_gre(f, random_word() % 2 ? PLX_NET_GRE_KEY : 0, 0x6558);
		put_random_inner_frame(f, depth + 1);
		return;
	}
	put_udp(f, (uint16_t)(49152 + random_word() % 16000), port);
	if (port == 6081)
		put_geneve(f, random_word() % 4, 0x6558, 1);
	else
		put_vxlan(f, 1);
	put_random_inner_frame(f, depth + 1);
}

static void
put_random_transport(struct frame *f, uint8_t proto, unsigned depth)
{
	uint16_t src_port = (uint16_t)random_word(), dst_port = (uint16_t)random_word();

	switch (proto) {
	case 6:
		put_tcp(f, src_port, dst_port);
		break;
	case 17:
		if (depth < 2 && random_word() % 2)
			put_random_tunnel(f, proto, depth);
		else
			put_udp(f, src_port % 2000, dst_port % 2000);
		break;
	case 47:
		put_random_tunnel(f, proto, depth);
		break;
	case 132:
		put_sctp(f, src_port, dst_port);
		break;
	default:
		put_icmp(f, 128);
		break;
	}
}

static void
put_random_ip(struct frame *f, unsigned depth)
{
	static const uint8_t protos[] = {6, 6, 17, 17, 132, 1, 47, 50};
	uint8_t proto = protos[random_word() % (depth < 2 ? 8 : 6)];
	bool fragment = random_word() % 8 == 0;
	size_t addresses;

	if (random_word() % 2) {
		put16(f, 0x0800);
		addresses = f->len + 12;
		put_ipv4_frag(f, proto, fragment ? (uint16_t)(random_word() % 0x4000) : 0);
		plx_store_be32(f->bytes + addresses, random_word());
		plx_store_be32(f->bytes + addresses + 4, random_word());
	} else {
		put16(f, 0x86dd);
		addresses = f->len + 8;
		put_ipv6(f, fragment ? 44 : proto);
		for (unsigned i = 0; i < 32; i += 4)
			plx_store_be32(f->bytes + addresses + i, random_word());
		if (fragment)
			put_ipv6_fragment(f, proto, (uint16_t)(random_word() % 0x4000));
	}
	put_random_transport(f, proto, depth);
}

static void
turning_a_frame_round_keeps_its_hash(void **state)
{
	for (unsigned i = 0; i < 50000; i++) {
		struct frame f;
		uint32_t there;

		f.len = 0;
		f.nb_fixups = 0;
		put_random_inner_frame(&f, 0);
		there = hash(&f);
		turn(f.bytes, f.len);
		assert_int_equal(hash_bytes(f.bytes, f.len), there);
	}
}

/* The shortcut for plain frames must take none that the parser sees otherwise. */
static void
spoiled_frames_hash_the_same_with_and_without_the_shortcut(void **state)
{
	for (unsigned i = 0; i < 50000; i++) {
		struct frame f;

		f.len = 0;
		f.nb_fixups = 0;
		put_ether(&f, 0x0800);
		put_ipv4(&f, random_word() % 2 ? 6 : 17);
		if (f.bytes[23] == 6)
			put_tcp(&f, 1, 2);
		else
			put_udp(&f, 1, 4789);
		put_payload(&f, random_word() % 20);
		frame_close(&f);
		for (unsigned changes = random_word() % 4; changes > 0; changes--)
			f.bytes[12 + random_word() % (f.len - 12)] = (uint8_t)random_word();
		hash_bytes(f.bytes, random_word() % 4 ? f.len : random_word() % f.len);
	}
}

/* Flows that differ little, as those of a generator do, must not gather on a few workers. */
static void
flows_in_a_row_spread_evenly(void **state)
{
	enum { WORKERS = 16, FLOWS = 16384 };

	for (unsigned pattern = 0; pattern < 4; pattern++) {
		unsigned count[WORKERS] = {0};

		for (unsigned i = 0; i < FLOWS; i++) {
			struct plx_net_build build = {.src_ip = {10, 0, 0, 1},
						      .dst_ip = {10, 0, 0, 2},
						      .src_port = 1000,
						      .dst_port = 80,
						      .ipv6 = pattern == 3};
			uint8_t frame[62];

			if (pattern == 0 || pattern == 3)
				plx_store_be16(build.src_ip + 2, (uint16_t)i);
			if (pattern == 1)
				build.src_port = (uint16_t)(1024 + i);
			if (pattern == 2) { /* both addresses count up together */
				plx_store_be16(build.src_ip + 2, (uint16_t)i);
				plx_store_be16(build.dst_ip + 2, (uint16_t)i);
			}
			plx_net_build_frame(&build, frame, sizeof(frame));
			count[plx_net_flow_hash(frame, sizeof(frame)) % WORKERS]++;
		}
		/* Six standard deviations of what chance would do. */
		for (unsigned i = 0; i < WORKERS; i++)
			assert_in_range(count[i], FLOWS / WORKERS - 186, FLOWS / WORKERS + 186);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_value_does_not_change),
		cmocka_unit_test(both_directions_of_captured_traffic_are_equal),
		cmocka_unit_test(an_icmp_error_meets_its_flow),
		cmocka_unit_test(an_icmp_error_about_a_fragment_goes_by_addresses),
		cmocka_unit_test(every_part_of_a_tuple_counts),
		cmocka_unit_test(what_a_flow_is_wrapped_in_does_not_count),
		cmocka_unit_test(all_fragments_of_a_datagram_agree),
		cmocka_unit_test(a_damaged_inside_goes_by_the_outer_addresses),
		cmocka_unit_test(other_frames_go_by_their_mac_addresses),
		cmocka_unit_test(turning_a_frame_round_keeps_its_hash),
		cmocka_unit_test(spoiled_frames_hash_the_same_with_and_without_the_shortcut),
		cmocka_unit_test(flows_in_a_row_spread_evenly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
