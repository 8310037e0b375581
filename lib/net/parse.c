/* SPDX-License-Identifier: BSD-3-Clause */
/* The parser's loop over layers, and the link layer. */
#include "plx_net_parse.h"

#include "parse_priv.h"

#include <string.h>

#define ETHER_LEN ((uint32_t)sizeof(struct plx_net_ether))
/* Keeps sums of offsets inside 32 bits; nothing that long has headers so far in. */
#define FRAME_MAX (1u << 30)

static bool
is_tag(uint16_t ethertype)
{
	return ethertype == PLX_NET_ETHERTYPE_VLAN || ethertype == PLX_NET_ETHERTYPE_QINQ ||
	       ethertype == PLX_NET_ETHERTYPE_QINQ_9100;
}

static bool
is_mpls(uint16_t ethertype)
{
	return ethertype == PLX_NET_ETHERTYPE_MPLS || ethertype == PLX_NET_ETHERTYPE_MPLS_MC;
}

/* Moves behind the tags. False if they do not end well. */
static bool
parse_tags(struct net_parser *p, uint16_t *ethertype)
{
	struct plx_net_layer *layer = p->layer;

	while (is_tag(*ethertype)) {
		if (layer->nb_vlans == PLX_NET_VLANS_MAX) {
			net_parser_malformed(p, PLX_NET_VLAN_MANY);
			return false;
		}
		if (!net_parser_fits(p, sizeof(struct plx_net_vlan))) {
			net_parser_malformed(p, PLX_NET_VLAN_SHORT);
			return false;
		}
		if (layer->nb_vlans < PLX_ARRAY_LEN(layer->vlan_tci))
			layer->vlan_tci[layer->nb_vlans] = plx_load_be16(net_parser_at(p));
		layer->nb_vlans++;
		layer->l2 = layer->nb_vlans == 1 ? PLX_NET_L2_VLAN : PLX_NET_L2_QINQ;
		*ethertype = plx_load_be16(net_parser_at(p) + 2);
		p->off += sizeof(struct plx_net_vlan);
	}
	return true;
}

/* What lies behind the labels is not written anywhere: its first four bits are all there is to go by. */
static uint16_t
guess_ip(const struct net_parser *p)
{
	if (!net_parser_fits(p, 1))
		return 0;
	switch (*net_parser_at(p) >> 4) {
	case 4:
		return PLX_NET_ETHERTYPE_IPV4;
	case 6:
		return PLX_NET_ETHERTYPE_IPV6;
	default:
		return 0;
	}
}

static uint16_t
parse_labels(struct net_parser *p)
{
	const unsigned labels_max = 16;

	for (unsigned i = 0; i < labels_max; i++) {
		uint32_t entry;

		if (!net_parser_fits(p, sizeof(struct plx_net_mpls))) {
			net_parser_malformed(p, PLX_NET_MPLS_SHORT);
			return 0;
		}
		entry = plx_load_be32(net_parser_at(p));
		p->off += sizeof(struct plx_net_mpls);
		if (entry & PLX_NET_MPLS_S)
			return guess_ip(p);
	}
	net_parser_malformed(p, PLX_NET_MPLS_MANY);
	return 0;
}

static void
parse_arp(struct net_parser *p)
{
	const uint8_t *arp = net_parser_at(p);
	static const uint8_t ipv4_over_ether[] = {0, PLX_NET_ARP_HTYPE_ETHER, 8, 0, 6, 4};

	if (!net_parser_fits(p, sizeof(struct plx_net_arp))) {
		net_parser_malformed(p, PLX_NET_ARP_SHORT);
		return;
	}
	if (memcmp(arp, ipv4_over_ether, sizeof(ipv4_over_ether)) == 0)
		p->layer->l3 = PLX_NET_L3_ARP;
}

/* `ethertype` is of what lies at p->off, behind all tags and labels. */
static void
parse_network(struct net_parser *p, uint16_t ethertype)
{
	p->layer->l3_off = p->off;
	switch (ethertype) {
	case PLX_NET_ETHERTYPE_IPV4:
		net_parse_ipv4(p);
		break;
	case PLX_NET_ETHERTYPE_IPV6:
		net_parse_ipv6(p);
		break;
	case PLX_NET_ETHERTYPE_ARP:
		parse_arp(p);
		break;
	}
}

static void
parse_link(struct net_parser *p, uint16_t ethertype)
{
	struct plx_net_layer *layer = p->layer;

	if (ethertype == PLX_NET_ETHERTYPE_TEB) {
		if (!net_parser_fits(p, sizeof(struct plx_net_ether))) {
			net_parser_malformed(p, PLX_NET_ETHER_SHORT);
			p->packet->nb_layers--;
			return;
		}
		layer->l2 = PLX_NET_L2_ETHER;
		layer->flags |= PLX_NET_FLAG_ETHER;
		ethertype =
			plx_load_be16(net_parser_at(p) + offsetof(struct plx_net_ether, ethertype));
		p->off += sizeof(struct plx_net_ether);
	}
	layer->ethertype = ethertype;
	layer->l3_off = p->off;
	if (!parse_tags(p, &ethertype))
		return;
	layer->ethertype = ethertype;
	layer->l3_off = p->off;
	if (is_mpls(ethertype)) {
		layer->l2 = PLX_NET_L2_MPLS;
		ethertype = parse_labels(p);
		layer->l3_off = p->off;
	}
	parse_network(p, ethertype);
}

static void
begin_layer(struct net_parser *p)
{
	p->layer = &p->packet->layers[p->packet->nb_layers++];
	*p->layer = (struct plx_net_layer){.l2_off = p->off, .end = p->end};
}

static uint32_t
type_of(const struct plx_net_layer *layer)
{
	return (uint32_t)layer->l2 | (uint32_t)layer->l3 << 4 | (uint32_t)layer->l4 << 8;
}

enum plx_net_malformed
plx_net_parse_as(const uint8_t *bytes, size_t len, uint16_t ethertype, unsigned max_layers,
		 struct plx_net_packet *ret)
{
	struct net_parser p = {
		.bytes = bytes,
		.packet = ret,
		.end = len < FRAME_MAX ? (uint32_t)len : FRAME_MAX,
		.next = ethertype,
	};

	ret->packet_type = 0;
	ret->malformed_off = 0;
	ret->malformed = PLX_NET_GOOD;
	ret->nb_layers = 0;
	while (p.next != 0 && ret->nb_layers < max_layers) {
		uint16_t next = p.next;

		p.next = 0;
		begin_layer(&p);
		parse_link(&p, next);
	}
	if (ret->nb_layers > 0)
		ret->packet_type = type_of(&ret->layers[0]) | (uint32_t)ret->layers[0].tunnel << 12;
	if (ret->nb_layers > 1)
		ret->packet_type |= type_of(&ret->layers[1]) << 16;
	return ret->malformed;
}

/* True if `len` bytes at l4 are a whole TCP or UDP datagram in which nothing is to be found or complained about. */
static bool
is_plain_transport(const uint8_t *l4, uint32_t len, uint8_t proto, uint32_t *ret_header)
{
	if (proto == PLX_NET_PROTO_TCP) {
		if (len < sizeof(struct plx_net_tcp))
			return false;
		*ret_header = (l4[12] >> 4) * 4u;
		return *ret_header >= sizeof(struct plx_net_tcp) && *ret_header <= len;
	}
	if (proto == PLX_NET_PROTO_UDP) {
		uint32_t udp_len;

		if (len < sizeof(struct plx_net_udp))
			return false;
		udp_len = plx_load_be16(l4 + 4);
		*ret_header = sizeof(struct plx_net_udp);
		return udp_len >= sizeof(struct plx_net_udp) && udp_len <= len &&
		       !net_is_tunnel_port(plx_load_be16(l4 + 2));
	}
	return false;
}

static void
fill_plain(struct plx_net_packet *ret, const uint8_t *bytes, uint32_t l4_off, uint32_t header,
	   uint32_t end, uint8_t proto)
{
	bool ipv4 = l4_off == ETHER_LEN + sizeof(struct plx_net_ipv4);
	enum plx_net_l3 l3 = ipv4 ? PLX_NET_L3_IPV4 : PLX_NET_L3_IPV6;
	enum plx_net_l4 l4 = proto == PLX_NET_PROTO_TCP ? PLX_NET_L4_TCP : PLX_NET_L4_UDP;

	ret->malformed_off = 0;
	ret->malformed = PLX_NET_GOOD;
	ret->nb_layers = 1;
	ret->layers[0] = (struct plx_net_layer){
		.l3_off = ETHER_LEN,
		.l4_off = l4_off,
		.payload_off = l4_off + header,
		.end = end,
		.ethertype = ipv4 ? PLX_NET_ETHERTYPE_IPV4 : PLX_NET_ETHERTYPE_IPV6,
		.src_port = plx_load_be16(bytes + l4_off),
		.dst_port = plx_load_be16(bytes + l4_off + 2),
		.proto = proto,
		.flags = PLX_NET_FLAG_ETHER,
		.l2 = PLX_NET_L2_ETHER,
		.l3 = (uint8_t)l3,
		.l4 = (uint8_t)l4,
	};
	ret->packet_type = type_of(&ret->layers[0]);
}

/*
 * Most frames are TCP or UDP over IP without tags, options, fragments or tunnels: these take a third of the
 * time here. False for all others, and for what is not quite right.
 */
static bool
parse_plain(const uint8_t *bytes, size_t len, struct plx_net_packet *ret)
{
	const uint8_t *ip = bytes + ETHER_LEN;
	uint32_t ip_header, ip_len, header;
	uint8_t proto;

	if (len < ETHER_LEN + sizeof(struct plx_net_ipv6))
		return false;
	switch (plx_load_be16(bytes + 12)) {
	case PLX_NET_ETHERTYPE_IPV4:
		if (ip[0] != 0x45 || (plx_load_be16(ip + 6) & ~PLX_NET_IPV4_DF) != 0)
			return false;
		ip_header = sizeof(struct plx_net_ipv4);
		ip_len = plx_load_be16(ip + 2);
		proto = ip[9];
		break;
	case PLX_NET_ETHERTYPE_IPV6:
		if (ip[0] >> 4 != 6)
			return false;
		ip_header = sizeof(struct plx_net_ipv6);
		ip_len = ip_header + plx_load_be16(ip + 4);
		proto = ip[6];
		break;
	default:
		return false;
	}
	if (ip_len < ip_header || ip_len > len - ETHER_LEN ||
	    !is_plain_transport(ip + ip_header, ip_len - ip_header, proto, &header))
		return false;
	fill_plain(ret, bytes, ETHER_LEN + ip_header, header, ETHER_LEN + ip_len, proto);
	return true;
}

enum plx_net_malformed
plx_net_parse(const uint8_t *bytes, size_t len, struct plx_net_packet *ret)
{
	if (parse_plain(bytes, len, ret))
		return PLX_NET_GOOD;
	return plx_net_parse_as(bytes, len, PLX_NET_ETHERTYPE_TEB, PLX_NET_LAYERS_MAX, ret);
}
