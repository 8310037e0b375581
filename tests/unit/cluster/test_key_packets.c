/* SPDX-License-Identifier: BSD-3-Clause */
/* What packets are distributed by: which meet and which do not, in one piece and in several. */
#include "plx_cluster_key.h"

#include "eal_pool_fixture.h"
#include "net/frame.h"
#include "plx_net_hash.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define KEY(name) PLX_CLUSTER_KEY_##name

/* Keys that look into IP. */
static const enum plx_cluster_key ip_keys[] = {KEY(IP),	      KEY(TUPLE),  KEY(INNER),
					       KEY(PROTOCOL), KEY(SRC_IP), KEY(DST_IP)};

static uint32_t
hash_packet(enum plx_cluster_key key, struct plx_mbuf *m)
{
	uint32_t hash = 0xdeadbeef;
	uint64_t round = 7;

	plx_cluster_key_burst(key, &m, 1, &hash, &round);
	assert_int_equal(round, key == KEY(ROUND_ROBIN) ? 8 : 7);
	return hash;
}

/* A chain of segments of `first` bytes, and then of `rest` each. */
static struct plx_mbuf *
make(const uint8_t *bytes, size_t len, size_t first, size_t rest)
{
	struct plx_mbuf *head = plx_mbuf_alloc(pool);

	assert_non_null(head);
	first = first < len ? first : len;
	memcpy(plx_mbuf_append(head, (uint16_t)first), bytes, first);
	for (size_t off = first; off < len; off += rest) {
		struct plx_mbuf *seg = plx_mbuf_alloc(pool);

		assert_non_null(seg);
		rest = rest < len - off ? rest : len - off;
		memcpy(plx_mbuf_append(seg, (uint16_t)rest), bytes + off, rest);
		assert_int_equal(plx_mbuf_chain(head, seg), 0);
	}
	return head;
}

static uint32_t
hash_bytes(enum plx_cluster_key key, const uint8_t *bytes, size_t len)
{
	struct plx_mbuf *m = make(bytes, len, len, 1);
	uint32_t hash = hash_packet(key, m);

	plx_mbuf_free(m);
	return hash;
}

static uint32_t
hash(enum plx_cluster_key key, struct frame *f)
{
	frame_close(f);
	return hash_bytes(key, f->bytes, f->len);
}

/* -- frames --------------------------------------------------------------------------------------------- */

static void
make_tcp(struct frame *f, uint16_t src_port, uint16_t dst_port)
{
	*f = (struct frame){0};
	put_ether(f, PLX_NET_ETHERTYPE_IPV4);
	put_ipv4(f, PLX_NET_PROTO_TCP);
	put_tcp(f, src_port, dst_port);
	put_payload(f, 10);
	frame_close(f);
}

static void
make_udp6(struct frame *f, uint16_t src_port, uint16_t dst_port)
{
	*f = (struct frame){0};
	put_ether(f, PLX_NET_ETHERTYPE_IPV6);
	put_ipv6(f, PLX_NET_PROTO_UDP);
	put_udp(f, src_port, dst_port);
	put_payload(f, 20);
	frame_close(f);
}

static void
make_udp(struct frame *f, uint16_t src_port, uint16_t dst_port)
{
	*f = (struct frame){0};
	put_ether(f, PLX_NET_ETHERTYPE_IPV4);
	put_ipv4(f, PLX_NET_PROTO_UDP);
	put_udp(f, src_port, dst_port);
	put_payload(f, 20);
	frame_close(f);
}

static void
make_ipv4(struct frame *f, uint8_t proto, uint16_t frag)
{
	*f = (struct frame){0};
	put_ether(f, PLX_NET_ETHERTYPE_IPV4);
	put_ipv4_frag(f, proto, frag);
	put_payload(f, 64);
	frame_close(f);
}

enum tunnel { VXLAN, GENEVE, GTPU, GRE, TEB, IPIP, TUNNELS };

/* Outer ends are 10.0.0.1 and .2 with that source port, inside is `inner`, an Ethernet frame. */
static void
make_tunnel(struct frame *f, enum tunnel kind, uint16_t outer_port, const struct frame *inner)
{
	static const uint16_t ports[] = {PLX_NET_PORT_VXLAN, PLX_NET_PORT_GENEVE,
					 PLX_NET_PORT_GTPU};
	bool is_udp = kind <= GTPU, has_ether = kind == VXLAN || kind == GENEVE || kind == TEB;
	uint8_t protos[TUNNELS] = {17, 17, 17, PLX_NET_PROTO_GRE, PLX_NET_PROTO_GRE, 4};
	uint16_t type = plx_load_be16(inner->bytes + 12);

	*f = (struct frame){0};
	put_ether(f, PLX_NET_ETHERTYPE_IPV4);
	if (kind == IPIP && type == PLX_NET_ETHERTYPE_IPV6)
		protos[IPIP] = PLX_NET_PROTO_IPV6;
	put_ipv4(f, protos[kind]);
	if (is_udp)
		put_udp(f, outer_port, ports[kind]);
	if (kind == VXLAN)
		put_vxlan(f, 5);
	if (kind == GENEVE)
		put_geneve(f, 1, PLX_NET_ETHERTYPE_TEB, 5);
	if (kind == GTPU)
		put_gtpu(f, 0, 9);
	if (kind == GRE || kind == TEB)
		put_gre(f, PLX_NET_GRE_KEY, kind == TEB ? PLX_NET_ETHERTYPE_TEB : type);
	put(f, inner->bytes + (has_ether ? 0 : 14), inner->len - (has_ether ? 0 : 14));
	frame_close(f);
}

/* The frame behind tags: for which there is no short way. */
static void
make_tagged(struct frame *f, const struct frame *plain, unsigned nb_tags, uint16_t tci)
{
	*f = *plain;
	memmove(f->bytes + 12 + 4 * nb_tags, f->bytes + 12, f->len - 12);
	for (unsigned i = 0; i < nb_tags; i++) {
		plx_store_be16(f->bytes + 12 + 4 * i,
			       i + 1 < nb_tags ? PLX_NET_ETHERTYPE_QINQ : PLX_NET_ETHERTYPE_VLAN);
		plx_store_be16(f->bytes + 14 + 4 * i, (uint16_t)(tci + i));
	}
	f->len += 4 * nb_tags;
}

#define FRAMES 24

/* One of each sort. */
static unsigned
make_all(struct frame all[FRAMES])
{
	struct frame tcp, udp6;
	unsigned n = 0;

	make_tcp(&tcp, 1000, 80);
	make_udp6(&udp6, 53, 5353);
	all[n++] = tcp;
	all[n++] = udp6;
	make_udp(&all[n++], 7, 9);
	make_tagged(&all[n++], &tcp, 1, 100);
	make_tagged(&all[n++], &udp6, 2, 100);
	make_ipv4(&all[n++], PLX_NET_PROTO_UDP, PLX_NET_IPV4_MF);
	make_ipv4(&all[n++], PLX_NET_PROTO_UDP, 8);
	make_ipv4(&all[n++], PLX_NET_PROTO_ESP, 0);
	for (unsigned kind = 0; kind < TUNNELS; kind++)
		make_tunnel(&all[n++], (enum tunnel)kind, 4000, kind % 2 ? &tcp : &udp6);
	all[n] = (struct frame){0};
	put_ether(&all[n], PLX_NET_ETHERTYPE_ARP);
	put_arp(&all[n++], PLX_NET_ARP_REQUEST, 0x0a000001, 0x0a000002);
	all[n] = (struct frame){0};
	put_ether(&all[n], 0x88b5);
	put_payload(&all[n++], 40);
	all[n] = (struct frame){0}; /* an ICMP error */
	put_ether(&all[n], PLX_NET_ETHERTYPE_IPV4);
	put_ipv4(&all[n], PLX_NET_PROTO_ICMP);
	put_icmp(&all[n], PLX_NET_ICMP_UNREACHABLE);
	put(&all[n], tcp.bytes + 14, 28);
	frame_close(&all[n++]);
	assert_true(n <= FRAMES);
	return n;
}

static void
swap(uint8_t *a, uint8_t *b, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uint8_t kept = a[i];

		a[i] = b[i];
		b[i] = kept;
	}
}

/* The other direction of a frame with one layer. */
static void
turn(struct frame *f)
{
	struct plx_net_packet packet;
	const struct plx_net_layer *layer = &packet.layers[0];

	plx_net_parse(f->bytes, f->len, &packet);
	swap(f->bytes, f->bytes + 6, 6);
	if (plx_net_layer_is_ipv4(layer))
		swap(f->bytes + layer->l3_off + 12, f->bytes + layer->l3_off + 16, 4);
	if (plx_net_layer_is_ipv6(layer))
		swap(f->bytes + layer->l3_off + 8, f->bytes + layer->l3_off + 24, 16);
	if (layer->l3 == PLX_NET_L3_ARP)
		swap(f->bytes + layer->l3_off + 14, f->bytes + layer->l3_off + 24, 4);
	if (layer->l4 == PLX_NET_L4_TCP || layer->l4 == PLX_NET_L4_UDP)
		swap(f->bytes + layer->l4_off, f->bytes + layer->l4_off + 2, 2);
}

/* -- cases ---------------------------------------------------------------------------------------------- */

static void
flow_is_the_flow_hash(void **state)
{
	struct frame all[FRAMES];

	for (unsigned i = 0, n = make_all(all); i < n; i++)
		assert_int_equal(hash(KEY(FLOW), &all[i]),
				 plx_net_flow_hash(all[i].bytes, all[i].len));
}

static void
a_chain_counts_like_one_piece(void **state)
{
	struct frame all[FRAMES];

	for (unsigned i = 0, n = make_all(all); i < n; i++) {
		for (unsigned key = 0; key < PLX_CLUSTER_KEYS; key++) {
			uint32_t whole = hash((enum plx_cluster_key)key, &all[i]);

			for (size_t first = 0; first <= all[i].len; first++) {
				struct plx_mbuf *m = make(all[i].bytes, all[i].len, first,
							  first % 3 ? 23 : all[i].len);

				assert_int_equal(hash_packet((enum plx_cluster_key)key, m), whole);
				plx_mbuf_free(m);
			}
		}
	}
}

static void
released(void *arg, void *addr)
{
}

/* Bytes behind the end are not read: a sanitizer sees it. */
static void
any_beginning_of_a_frame_has_a_hash(void **state)
{
	struct frame all[FRAMES];

	for (unsigned i = 0, n = make_all(all); i < n; i++) {
		for (size_t len = 0; len <= all[i].len; len++) {
			struct plx_mbuf_external ext = {.release = released};
			uint8_t *copy = exact_copy(all[i].bytes, len);
			struct plx_mbuf *m = plx_mbuf_alloc(pool);

			assert_int_equal(plx_mbuf_attach_external(m, copy, (uint16_t)len, &ext), 0);
			for (unsigned key = 0; key < PLX_CLUSTER_KEYS; key++) {
				uint32_t h = hash_packet((enum plx_cluster_key)key, m);

				if (key == KEY(ROUND_ROBIN))
					continue;
				if (len < 14)
					assert_int_equal(h, 0);
				else
					assert_int_not_equal(h, 0);
			}
			plx_mbuf_free(m);
			free(copy);
		}
	}
}

/* A short way for plain frames must say what the long way says. */
static void
tags_change_nothing_but_vlan(void **state)
{
	static const enum plx_cluster_key keys[] = {KEY(FLOW), KEY(MAC)};
	struct frame plain[5], tagged;

	make_tcp(&plain[0], 1000, 80);
	make_udp6(&plain[1], 53, 5353);
	make_udp(&plain[2], 7, 9);
	make_ipv4(&plain[3], PLX_NET_PROTO_UDP, 8);
	make_udp(&plain[4], 7, PLX_NET_PORT_VXLAN); /* that is none inside */
	for (unsigned i = 0; i < PLX_ARRAY_LEN(plain); i++) {
		make_tagged(&tagged, &plain[i], 1 + i % 3, 100);
		for (unsigned k = 0; k < PLX_ARRAY_LEN(ip_keys); k++)
			assert_int_equal(hash(ip_keys[k], &plain[i]), hash(ip_keys[k], &tagged));
		for (unsigned k = 0; k < PLX_ARRAY_LEN(keys); k++)
			assert_int_equal(hash(keys[k], &plain[i]), hash(keys[k], &tagged));
		assert_int_not_equal(hash(KEY(VLAN), &plain[i]), hash(KEY(VLAN), &tagged));
	}
}

/* Damaged in the places that the short way looks at: it must leave those to the parser. */
static void
damage_is_seen_the_short_way_too(void **state)
{
	static const struct {
		unsigned off; /* a byte of a frame without tags */
		uint8_t tcp, udp, udp6;
	} damage[] = {
		{17, 19, 19, 0x60},		       /* IPv4: total length */
		{17, 39, 27, 0x60},		       /* ... that holds no transport header */
		{14, 0x55, 0x46, 0x50}, {19, 0, 0, 7}, /* IPv6: payload length */
		{46, 0x40, 0, 0},		       /* TCP: header length */
		{46, 0x4f, 0, 0},	{20, 0x80, 0x80, 17}, /* the reserved flag */
	};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(damage); i++) {
		for (unsigned kind = 0; kind < 3; kind++) {
			struct frame f, tagged;

			if (kind == 0)
				make_tcp(&f, 1000, 80);
			else if (kind == 1)
				make_udp(&f, 1000, 80);
			else
				make_udp6(&f, 1000, 80);
			f.bytes[damage[i].off] = kind == 0   ? damage[i].tcp
						 : kind == 1 ? damage[i].udp
							     : damage[i].udp6;
			make_tagged(&tagged, &f, 1, 100);
			for (unsigned k = 0; k < PLX_ARRAY_LEN(ip_keys); k++)
				assert_int_equal(hash(ip_keys[k], &f), hash(ip_keys[k], &tagged));
		}
	}
}

static void
both_directions_meet(void **state)
{
	struct frame all[FRAMES], back;

	for (unsigned i = 0, n = make_all(all); i < n; i++) {
		struct plx_net_packet packet;

		back = all[i];
		turn(&back);
		plx_net_parse(back.bytes, back.len, &packet);
		for (unsigned key = 0; key < PLX_CLUSTER_KEYS; key++) {
			if (key == KEY(SRC_IP) || key == KEY(DST_IP))
				continue;
			/* The turned one is no tunnel any more. */
			if ((key == KEY(INNER) || key == KEY(FLOW)) &&
			    (packet.nb_layers > 1 || i >= 8))
				continue;
			assert_int_equal(hash((enum plx_cluster_key)key, &all[i]),
					 hash((enum plx_cluster_key)key, &back));
		}
		assert_int_equal(hash(KEY(SRC_IP), &all[i]), hash(KEY(DST_IP), &back));
		assert_int_equal(hash(KEY(DST_IP), &all[i]), hash(KEY(SRC_IP), &back));
		assert_int_not_equal(hash(KEY(SRC_IP), &all[i]), hash(KEY(DST_IP), &all[i]));
	}
}

/* What changes when one field of a TCP packet does. */
static void
each_key_has_its_fields(void **state)
{
	static const struct {
		size_t off;
		const char *what;
		unsigned keys; /* that notice */
	} fields[] = {
		{0, "destination MAC", 1u << KEY(MAC)},
		{11, "source MAC", 1u << KEY(MAC)},
		{15, "type of service", 0},
		{18, "identification", 0},
		{22, "time to live", 0},
		{26, "source address",
		 1u << KEY(FLOW) | 1u << KEY(IP) | 1u << KEY(TUPLE) | 1u << KEY(INNER) |
			 1u << KEY(SRC_IP)},
		{33, "destination address",
		 1u << KEY(FLOW) | 1u << KEY(IP) | 1u << KEY(TUPLE) | 1u << KEY(INNER) |
			 1u << KEY(DST_IP)},
		{34, "source port", 1u << KEY(FLOW) | 1u << KEY(TUPLE) | 1u << KEY(INNER)},
		{37, "destination port", 1u << KEY(FLOW) | 1u << KEY(TUPLE) | 1u << KEY(INNER)},
		{39, "sequence number", 0},
		{60, "payload", 0},
	};

	for (unsigned tags = 0; tags < 2; tags++) {
		for (unsigned i = 0; i < PLX_ARRAY_LEN(fields); i++) {
			struct frame tcp, a, b;

			make_tcp(&tcp, 1000, 80);
			make_tagged(&a, &tcp, tags, 3);
			tcp.bytes[fields[i].off] ^= 0x21;
			make_tagged(&b, &tcp, tags, 3);
			for (unsigned key = 0; key < PLX_CLUSTER_KEYS; key++) {
				bool differ = hash((enum plx_cluster_key)key, &a) !=
					      hash((enum plx_cluster_key)key, &b);

				if (differ != (fields[i].keys >> key & 1))
					fail_msg("%s: %s",
						 plx_cluster_key_name((enum plx_cluster_key)key),
						 fields[i].what);
			}
		}
	}
}

static void
the_protocol_is_in_a_tuple_and_not_in_a_flow(void **state)
{
	struct frame tcp, udp, other;

	make_tcp(&tcp, 1000, 80);
	make_udp(&udp, 1000, 80);
	assert_int_equal(hash(KEY(FLOW), &tcp), hash(KEY(FLOW), &udp));
	assert_int_equal(hash(KEY(IP), &tcp), hash(KEY(IP), &udp));
	assert_int_not_equal(hash(KEY(TUPLE), &tcp), hash(KEY(TUPLE), &udp));
	assert_int_not_equal(hash(KEY(INNER), &tcp), hash(KEY(INNER), &udp));
	assert_int_not_equal(hash(KEY(PROTOCOL), &tcp), hash(KEY(PROTOCOL), &udp));
	make_udp6(&udp, 1, 2);
	make_udp(&tcp, 3, 4);
	assert_int_equal(hash(KEY(PROTOCOL), &udp), hash(KEY(PROTOCOL), &tcp));
	/* Behind an authentication header. */
	make_ipv4(&other, PLX_NET_PROTO_AH, 0);
	memcpy(other.bytes + 34, "\x11\x01", 2);
	assert_int_equal(hash(KEY(PROTOCOL), &other), hash(KEY(PROTOCOL), &tcp));
	/* The same bytes as UDP and as SCTP over IPv6. */
	other = udp;
	other.bytes[20] = PLX_NET_PROTO_SCTP;
	assert_int_not_equal(hash(KEY(TUPLE), &other), hash(KEY(TUPLE), &udp));
}

static void
fragments_meet_by_their_addresses(void **state)
{
	struct frame first, middle, whole, first6, rest6;

	make_ipv4(&first, PLX_NET_PROTO_UDP, PLX_NET_IPV4_MF);
	make_ipv4(&middle, PLX_NET_PROTO_UDP, PLX_NET_IPV4_MF | 8);
	make_ipv4(&whole, PLX_NET_PROTO_UDP, 0);
	for (unsigned k = 0; k < PLX_ARRAY_LEN(ip_keys); k++)
		assert_int_equal(hash(ip_keys[k], &first), hash(ip_keys[k], &middle));
	assert_int_equal(hash(KEY(TUPLE), &first), hash(KEY(IP), &whole));
	assert_int_not_equal(hash(KEY(TUPLE), &whole), hash(KEY(IP), &whole));
	for (unsigned rest = 0; rest < 2; rest++) {
		struct frame *f = rest ? &rest6 : &first6;

		*f = (struct frame){0};
		put_ether(f, PLX_NET_ETHERTYPE_IPV6);
		put_ipv6(f, PLX_NET_PROTO_FRAGMENT);
		put_ipv6_fragment(f, PLX_NET_PROTO_UDP, rest ? 64 : PLX_NET_IPV6_MF);
		put_udp(f, 5, 6);
		put_payload(f, 56);
	}
	for (unsigned k = 0; k < PLX_ARRAY_LEN(ip_keys); k++)
		assert_int_equal(hash(ip_keys[k], &first6), hash(ip_keys[k], &rest6));
}

static void
inner_is_the_tuple_inside(void **state)
{
	struct frame inside[2], f, g;

	make_tcp(&inside[0], 1000, 80);
	make_udp6(&inside[1], 53, 5353);
	inside[0].bytes[29] = 77; /* not the ends of the tunnel */
	for (unsigned i = 0; i < 2; i++) {
		for (unsigned kind = 0; kind < TUNNELS; kind++) {
			make_tunnel(&f, (enum tunnel)kind, 4000, &inside[i]);
			make_tunnel(&g, (enum tunnel)kind, 4001, &inside[i]);
			assert_int_equal(hash(KEY(INNER), &f), hash(KEY(TUPLE), &inside[i]));
			assert_int_equal(hash(KEY(INNER), &f), hash(KEY(INNER), &g));
			assert_int_not_equal(hash(KEY(TUPLE), &f), hash(KEY(INNER), &f));
			assert_int_equal(hash(KEY(TUPLE), &f) == hash(KEY(TUPLE), &g), kind > GTPU);
			assert_int_not_equal(hash(KEY(IP), &f), hash(KEY(IP), &inside[i]));
		}
		make_tunnel(&f, GTPU, 1, &inside[i]);
		make_tunnel(&g, VXLAN, 2, &f);
		assert_int_equal(hash(KEY(INNER), &g), hash(KEY(TUPLE), &inside[i]));
	}
}

/* Its outer ports may differ by direction. */
static void
a_damaged_inside_does_not_count(void **state)
{
	struct frame inside, f, g;

	make_tcp(&inside, 1000, 80);
	inside.bytes[14] = 0x41;
	make_tunnel(&f, GTPU, 4000, &inside);
	make_tunnel(&g, GTPU, 4001, &inside);
	assert_int_equal(hash(KEY(INNER), &f), hash(KEY(INNER), &g)); /* no IPv4: no tunnel known */
	make_tunnel(&f, IPIP, 0, &inside);
	assert_int_equal(hash(KEY(INNER), &f), hash(KEY(IP), &f));
}

static void
vlan_is_the_id_of_the_outer_tag(void **state)
{
	struct frame tcp, other, a, b;
	struct plx_mbuf *m;

	make_tcp(&tcp, 1000, 80);
	make_udp6(&other, 1, 2);
	make_tagged(&a, &tcp, 1, 100);
	make_tagged(&b, &other, 3, 0xe000 | 100); /* another priority, more tags inside */
	assert_int_equal(hash(KEY(VLAN), &a), hash(KEY(VLAN), &b));
	make_tagged(&b, &tcp, 1, 101);
	assert_int_not_equal(hash(KEY(VLAN), &a), hash(KEY(VLAN), &b));
	make_tagged(&b, &tcp, 1, 0xe000);
	assert_int_equal(hash(KEY(VLAN), &tcp), hash(KEY(VLAN), &b));
	assert_int_equal(hash(KEY(VLAN), &tcp), hash(KEY(VLAN), &other));
	make_tagged(&b, &tcp, 2, 100);
	plx_store_be16(b.bytes + 12, PLX_NET_ETHERTYPE_QINQ_9100);
	assert_int_equal(hash(KEY(VLAN), &a), hash(KEY(VLAN), &b));
	assert_int_equal(hash_bytes(KEY(VLAN), b.bytes, 17),
			 hash(KEY(VLAN), &tcp)); /* half a tag */
	make_tagged(&b, &tcp, 1, 0);
	/* One that the device took out was in front of those that are there. */
	m = make(b.bytes, b.len, b.len, 1);
	m->ol_flags = PLX_MBUF_RX_VLAN | PLX_MBUF_RX_VLAN_STRIPPED;
	m->vlan_tci = 0x2000 | 100;
	assert_int_equal(hash_packet(KEY(VLAN), m), hash(KEY(VLAN), &a));
	m->ol_flags = PLX_MBUF_RX_VLAN;
	assert_int_equal(hash_packet(KEY(VLAN), m), hash(KEY(VLAN), &tcp));
	plx_mbuf_free(m);
}

static void
what_is_no_ip_has_a_place_too(void **state)
{
	struct frame arp, echo, a, b;

	arp = (struct frame){0};
	put_ether(&arp, PLX_NET_ETHERTYPE_ARP);
	put_arp(&arp, PLX_NET_ARP_REQUEST, 0x0a000001, 0x0a000002);
	make_ipv4(&echo, PLX_NET_PROTO_ICMP, 0);
	assert_int_equal(hash(KEY(IP), &arp), hash(KEY(IP), &echo));
	assert_int_equal(hash(KEY(SRC_IP), &arp), hash(KEY(SRC_IP), &echo));
	assert_int_equal(hash(KEY(DST_IP), &arp), hash(KEY(DST_IP), &echo));
	assert_int_not_equal(hash(KEY(PROTOCOL), &arp), hash(KEY(PROTOCOL), &echo));
	for (unsigned i = 0; i < 2; i++) {
		struct frame *f = i ? &b : &a;

		*f = (struct frame){0};
		put_ether(f, i ? 0x88b6 : 0x88b5);
		put_payload(f, 46);
	}
	assert_int_not_equal(hash(KEY(IP), &a), hash(KEY(IP), &b));
	assert_int_not_equal(hash(KEY(PROTOCOL), &a), hash(KEY(PROTOCOL), &b));
	assert_int_equal(hash(KEY(MAC), &a), hash(KEY(MAC), &b));
	assert_int_equal(hash(KEY(SRC_IP), &a), hash(KEY(SRC_IP), &b));
	b.bytes[0] ^= 4; /* another destination */
	assert_int_equal(hash(KEY(SRC_IP), &a), hash(KEY(SRC_IP), &b));
	assert_int_not_equal(hash(KEY(DST_IP), &a), hash(KEY(DST_IP), &b));
	assert_int_equal(hash(KEY(PROTOCOL), &arp), hash_bytes(KEY(PROTOCOL), arp.bytes, 20));
}

/* Headers that lie too far in do not count, whether the packet is in one piece or not. */
static void
the_first_kilobyte_counts(void **state)
{
	struct frame a, b;

	for (unsigned i = 0; i < 2; i++) {
		struct frame *f = i ? &b : &a;

		*f = (struct frame){0};
		put_ether(f, PLX_NET_ETHERTYPE_IPV6);
		put_ipv6(f, PLX_NET_PROTO_DSTOPTS);
		put_ext(f, PLX_NET_PROTO_UDP, 127, 1024);
		put_udp(f, i ? 5 : 4, 6);
		put_payload(f, 20);
		frame_close(f);
	}
	for (unsigned key = 0; key < PLX_CLUSTER_KEYS; key++) {
		struct plx_mbuf *m = make(b.bytes, b.len, 1000, 50);

		assert_int_equal(hash((enum plx_cluster_key)key, &a),
				 hash((enum plx_cluster_key)key, &b));
		assert_int_equal(hash((enum plx_cluster_key)key, &a),
				 hash_packet((enum plx_cluster_key)key, m));
		plx_mbuf_free(m);
	}
}

static void
a_chain_that_lies_about_its_length_is_survived(void **state)
{
	struct frame f;
	struct plx_mbuf *m;

	make_tcp(&f, 1, 2);
	m = make(f.bytes, f.len, 20, 20);
	m->pkt_len += 1000;
	for (unsigned key = 0; key < PLX_CLUSTER_KEYS; key++)
		hash_packet((enum plx_cluster_key)key, m);
	m->pkt_len -= 1000;
	plx_mbuf_free(m);
}

static void
a_burst_is_its_packets_in_order(void **state)
{
	struct plx_mbuf *pkts[40];
	uint32_t hashes[41];
	uint64_t round = 0;

	for (unsigned i = 0; i < 40; i++) {
		struct frame f;

		make_tcp(&f, (uint16_t)(1000 + i), 80);
		pkts[i] = make(f.bytes, f.len, i % 5 ? f.len : 30, 9);
	}
	for (unsigned key = 0; key <= PLX_CLUSTER_KEYS; key++) {
		for (uint16_t n = 0; n <= 40; n++) {
			hashes[n] = 0xfeedf00d;
			plx_cluster_key_burst((enum plx_cluster_key)key, pkts, n, hashes, &round);
			assert_int_equal(hashes[n], 0xfeedf00d);
			for (uint16_t i = 0; i < n && key != KEY(ROUND_ROBIN); i++)
				assert_int_equal(hashes[i],
						 hash_packet((enum plx_cluster_key)key, pkts[i]));
		}
	}
	assert_int_equal(round, 41 * 40 / 2);
	plx_mbuf_free_bulk(pkts, 40);
}

/* -- spread --------------------------------------------------------------------------------------------- */

static void
turns_are_taken(void **state)
{
	struct plx_mbuf *pkts[32] = {NULL};
	uint32_t hashes[32];

	for (uint32_t n = 1; n <= 64; n++) {
		uint64_t round = 0, count[64] = {0};

		for (unsigned burst = 0; burst < 300; burst++) {
			plx_cluster_key_burst(KEY(ROUND_ROBIN), pkts, 32, hashes, &round);
			for (unsigned i = 0; i < 32; i++)
				count[plx_cluster_key_place(hashes[i], n)]++;
			for (uint32_t place = 0; place < n; place++) {
				int64_t share = (int64_t)(round / n), is = (int64_t)count[place];
				int64_t far = (n & (n - 1)) == 0 ? 1 : 12;

				assert_true(is >= share - far && is <= share + far);
			}
		}
	}
}

/* Chi-square of `n` places: five deviations above what chance gives is not even. */
static void
check_even(const uint32_t *count, uint32_t n, uint32_t total, const char *what)
{
	double sum = 0, expected = (double)total / n, over;

	for (uint32_t i = 0; i < n; i++)
		sum += (count[i] - expected) * (count[i] - expected) / expected;
	over = sum - (n - 1);
	if (over > 0 && over * over > 25.0 * 2 * (n - 1))
		fail_msg("%s among %u: chi-square %.0f", what, n, sum);
}

/* The lowest bits of an address and a port change together, in a way that leaves their exclusive or as it is. */
static void
hosts_and_ports_that_count_up_together_differ(void **state)
{
	static const enum plx_cluster_key keys[] = {KEY(FLOW), KEY(TUPLE), KEY(INNER)};
	uint32_t first[PLX_ARRAY_LEN(keys)];

	for (unsigned six = 0; six < 2; six++) {
		for (unsigned i = 0; i < 256; i++) {
			struct frame f;

			if (six)
				make_udp6(&f, (uint16_t)(1024 + i), 53);
			else
				make_udp(&f, (uint16_t)(1024 + i), 53);
			f.bytes[six ? 37 : 29] = (uint8_t)i;
			for (unsigned k = 0; k < PLX_ARRAY_LEN(keys); k++) {
				uint32_t h = hash(keys[k], &f);

				if (i == 0)
					first[k] = h;
				else
					assert_int_not_equal(h, first[k]);
			}
		}
	}
}

static void
make_nth(struct frame *f, enum plx_cluster_key key, unsigned i)
{
	if (i % 2)
		make_udp6(f, (uint16_t)(i + 1000), 53);
	else
		make_tcp(f, 80, (uint16_t)(i + 1000));
	switch (key) {
	case KEY(MAC):
		plx_store_be16(f->bytes + 10, (uint16_t)i);
		break;
	case KEY(IP):
	case KEY(SRC_IP):
		plx_store_be16(f->bytes + (i % 2 ? 36 : 28), (uint16_t)i);
		break;
	case KEY(DST_IP):
		plx_store_be16(f->bytes + (i % 2 ? 52 : 31), (uint16_t)i);
		break;
	case KEY(VLAN):
		make_tagged(f, &(struct frame){.len = 60}, 1, (uint16_t)i);
		break;
	default:
		break;
	}
}

static void
values_in_a_row_are_spread_evenly(void **state)
{
	static const enum plx_cluster_key keys[] = {KEY(FLOW),	 KEY(MAC),   KEY(IP),
						    KEY(TUPLE),	 KEY(VLAN),  KEY(INNER),
						    KEY(SRC_IP), KEY(DST_IP)};
	static uint32_t hashes[4096];

	for (unsigned k = 0; k < PLX_ARRAY_LEN(keys); k++) {
		for (unsigned i = 0; i < 4096; i++) {
			struct frame f;

			make_nth(&f, keys[k], i);
			hashes[i] = hash_bytes(keys[k], f.bytes, f.len);
		}
		for (uint32_t n = 2; n <= 64; n++) {
			uint32_t count[64] = {0}, low[64] = {0};

			for (unsigned i = 0; i < 4096; i++) {
				count[plx_cluster_key_place(hashes[i], n)]++;
				low[hashes[i] % n]++;
			}
			check_even(count, n, 4096, plx_cluster_key_name(keys[k]));
			check_even(low, n, 4096, "low bits");
		}
	}
}

int
main(void)
{
	const struct plx_pool_params params = {.name = "pool", .n = 1024, .node = PLX_NODE_ANY};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flow_is_the_flow_hash),
		cmocka_unit_test(a_chain_counts_like_one_piece),
		cmocka_unit_test(any_beginning_of_a_frame_has_a_hash),
		cmocka_unit_test(tags_change_nothing_but_vlan),
		cmocka_unit_test(damage_is_seen_the_short_way_too),
		cmocka_unit_test(both_directions_meet),
		cmocka_unit_test(each_key_has_its_fields),
		cmocka_unit_test(the_protocol_is_in_a_tuple_and_not_in_a_flow),
		cmocka_unit_test(fragments_meet_by_their_addresses),
		cmocka_unit_test(inner_is_the_tuple_inside),
		cmocka_unit_test(a_damaged_inside_does_not_count),
		cmocka_unit_test(vlan_is_the_id_of_the_outer_tag),
		cmocka_unit_test(what_is_no_ip_has_a_place_too),
		cmocka_unit_test(the_first_kilobyte_counts),
		cmocka_unit_test(a_chain_that_lies_about_its_length_is_survived),
		cmocka_unit_test(a_burst_is_its_packets_in_order),
		cmocka_unit_test(hosts_and_ports_that_count_up_together_differ),
		cmocka_unit_test(turns_are_taken),
		cmocka_unit_test(values_in_a_row_are_spread_evenly),
	};

	if (eal_pool_init(&params) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, eal_pool_fini);
}
