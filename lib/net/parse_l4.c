/* SPDX-License-Identifier: BSD-3-Clause */
/* Transport headers, and the tunnels that are IP protocols of their own. */
#include "parse_priv.h"

#include <endian.h>

static void
take_ports(struct net_parser *p, enum plx_net_l4 kind)
{
	p->layer->l4 = (uint8_t)kind;
	p->layer->src_port = plx_load_be16(net_parser_at(p));
	p->layer->dst_port = plx_load_be16(net_parser_at(p) + 2);
}

static void
parse_tcp(struct net_parser *p)
{
	const struct plx_net_tcp *tcp = (const struct plx_net_tcp *)net_parser_at(p);
	uint32_t header;

	if (!net_parser_fits(p, sizeof(*tcp))) {
		net_parser_malformed(p, PLX_NET_TCP_SHORT);
		return;
	}
	header = (tcp->data_offset >> 4) * 4u;
	if (header < sizeof(*tcp)) {
		net_parser_malformed(p, PLX_NET_TCP_OFFSET);
		return;
	}
	take_ports(p, PLX_NET_L4_TCP);
	if (!net_parser_fits(p, header)) {
		net_parser_malformed(p, PLX_NET_TCP_OFFSET);
		header = net_parser_left(p);
	}
	p->layer->payload_off = p->off + header;
}

static void
parse_udp(struct net_parser *p)
{
	const struct plx_net_udp *udp = (const struct plx_net_udp *)net_parser_at(p);
	uint32_t len;

	if (!net_parser_fits(p, sizeof(*udp))) {
		net_parser_malformed(p, PLX_NET_UDP_SHORT);
		return;
	}
	take_ports(p, PLX_NET_L4_UDP);
	p->layer->payload_off = p->off + (uint32_t)sizeof(*udp);
	/* The first fragment has the length of the whole. */
	if (p->layer->flags & PLX_NET_FLAG_FRAGMENT)
		return;
	len = be16toh(udp->length);
	if (len < sizeof(*udp) || !net_parser_fits(p, len))
		net_parser_malformed(p, PLX_NET_UDP_LENGTH);
	if (len < sizeof(*udp))
		return;
	if (net_parser_fits(p, len))
		p->end = p->off + len;
	p->off += sizeof(*udp);
	net_parse_udp_tunnel(p);
}

static void
parse_sctp(struct net_parser *p)
{
	if (!net_parser_fits(p, sizeof(struct plx_net_sctp))) {
		net_parser_malformed(p, PLX_NET_SCTP_SHORT);
		return;
	}
	take_ports(p, PLX_NET_L4_SCTP);
	p->layer->payload_off = p->off + (uint32_t)sizeof(struct plx_net_sctp);
}

static void
parse_icmp(struct net_parser *p, uint32_t header)
{
	if (!net_parser_fits(p, header)) {
		net_parser_malformed(p, PLX_NET_ICMP_SHORT);
		return;
	}
	p->layer->l4 = PLX_NET_L4_ICMP;
	p->layer->payload_off = p->off + header;
}

static void
parse_other(struct net_parser *p, uint8_t proto)
{
	p->layer->l4 = PLX_NET_L4_OTHER;
	if (p->layer->flags & PLX_NET_FLAG_FRAGMENT)
		return;
	switch (proto) {
	case PLX_NET_PROTO_IPIP:
		net_parser_descend(p, PLX_NET_TUNNEL_IPIP, 0, PLX_NET_ETHERTYPE_IPV4);
		break;
	case PLX_NET_PROTO_IPV6:
		net_parser_descend(p, PLX_NET_TUNNEL_IPIP, 0, PLX_NET_ETHERTYPE_IPV6);
		break;
	case PLX_NET_PROTO_GRE:
		net_parse_gre(p);
		break;
	}
}

void
net_parse_transport(struct net_parser *p, uint8_t proto)
{
	bool ipv6 = plx_net_layer_is_ipv6(p->layer);

	switch (proto) {
	case PLX_NET_PROTO_TCP:
		parse_tcp(p);
		break;
	case PLX_NET_PROTO_UDP:
		parse_udp(p);
		break;
	case PLX_NET_PROTO_SCTP:
		parse_sctp(p);
		break;
	case PLX_NET_PROTO_ICMP:
	case PLX_NET_PROTO_ICMPV6:
		if (ipv6 != (proto == PLX_NET_PROTO_ICMPV6))
			parse_other(p, proto);
		else
			parse_icmp(p, ipv6 ? 4 : 8); /* RFC 4443 asks for 4 bytes, RFC 792 for 8 */
		break;
	default:
		parse_other(p, proto);
		break;
	}
}
