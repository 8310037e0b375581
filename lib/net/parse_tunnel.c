/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * GRE (RFC 2784, 2890, 7637), VXLAN (RFC 7348), Geneve (RFC 8926), GTP-U (TS 29.281). A UDP port is only a
 * hint, since any client may have got that number for its own: the header must look the part as well, and
 * what does not is plain UDP.
 */
#include "parse_priv.h"

#define GTPU_EXT_MAX 8

static unsigned
popcount3(unsigned flags)
{
	return (flags & 1) + (flags >> 1 & 1) + (flags >> 2 & 1);
}

static bool
is_carried(uint16_t ethertype)
{
	return ethertype == PLX_NET_ETHERTYPE_IPV4 || ethertype == PLX_NET_ETHERTYPE_IPV6 ||
	       ethertype == PLX_NET_ETHERTYPE_MPLS || ethertype == PLX_NET_ETHERTYPE_TEB;
}

void
net_parse_gre(struct net_parser *p)
{
	const uint8_t *gre = net_parser_at(p);
	uint16_t flags, protocol;
	uint32_t header;

	if (!net_parser_fits(p, sizeof(struct plx_net_gre))) {
		net_parser_malformed(p, PLX_NET_GRE_SHORT);
		return;
	}
	flags = plx_load_be16(gre);
	protocol = plx_load_be16(gre + 2);
	if (flags & (PLX_NET_GRE_VERSION_MASK | PLX_NET_GRE_ROUTING))
		return;
	header = (uint32_t)sizeof(struct plx_net_gre) +
		 4 * popcount3((flags & PLX_NET_GRE_CSUM ? 1u : 0u) |
			       (flags & PLX_NET_GRE_KEY ? 2u : 0u) |
			       (flags & PLX_NET_GRE_SEQ ? 4u : 0u));
	if (!net_parser_fits(p, header)) {
		net_parser_malformed(p, PLX_NET_GRE_SHORT);
		return;
	}
	if (flags & PLX_NET_GRE_KEY)
		p->layer->tunnel_id = plx_load_be32(gre + (flags & PLX_NET_GRE_CSUM ? 8 : 4));
	p->layer->payload_off = p->off + header;
	if (is_carried(protocol))
		net_parser_descend(p,
				   protocol == PLX_NET_ETHERTYPE_TEB ? PLX_NET_TUNNEL_TEB
								     : PLX_NET_TUNNEL_GRE,
				   header, protocol);
}

static void
parse_vxlan(struct net_parser *p)
{
	const uint8_t *vxlan = net_parser_at(p);

	if (!net_parser_fits(p, sizeof(struct plx_net_vxlan)) ||
	    plx_load_be32(vxlan) != (uint32_t)PLX_NET_VXLAN_I << 24 || vxlan[7] != 0)
		return;
	p->layer->tunnel_id = plx_load_be32(vxlan + 4) >> 8;
	net_parser_descend(p, PLX_NET_TUNNEL_VXLAN, sizeof(struct plx_net_vxlan),
			   PLX_NET_ETHERTYPE_TEB);
}

static void
parse_geneve(struct net_parser *p)
{
	const uint8_t *geneve = net_parser_at(p);
	uint16_t protocol;
	uint32_t header;

	if (!net_parser_fits(p, sizeof(struct plx_net_geneve)) || geneve[0] >> 6 != 0)
		return;
	protocol = plx_load_be16(geneve + 2);
	if (!is_carried(protocol))
		return;
	header = (uint32_t)sizeof(struct plx_net_geneve) + (geneve[0] & 0x3f) * 4u;
	if (!net_parser_fits(p, header)) {
		net_parser_malformed(p, PLX_NET_GENEVE_SHORT);
		return;
	}
	p->layer->tunnel_id = plx_load_be32(geneve + 4) >> 8;
	net_parser_descend(p, PLX_NET_TUNNEL_GENEVE, header, protocol);
}

/* The length of the chain of extension headers at `off`, the type of the first being `type`; 0 = it lies. */
static uint32_t
gtpu_header_length(const struct net_parser *p, const uint8_t *gtpu)
{
	uint32_t len = sizeof(struct plx_net_gtpu);
	uint8_t type;

	if ((gtpu[0] & (PLX_NET_GTPU_E | PLX_NET_GTPU_S | PLX_NET_GTPU_PN)) == 0)
		return len;
	len += 4;
	if (!net_parser_fits(p, len))
		return 0;
	type = gtpu[0] & PLX_NET_GTPU_E ? gtpu[len - 1] : 0;
	for (unsigned i = 0; type != 0; i++) {
		uint32_t ext;

		if (i == GTPU_EXT_MAX || !net_parser_fits(p, len + 1))
			return 0;
		ext = gtpu[len] * 4u;
		if (ext == 0 || !net_parser_fits(p, len + ext))
			return 0;
		len += ext;
		type = gtpu[len - 1];
	}
	return len;
}

static void
parse_gtpu(struct net_parser *p)
{
	const uint8_t *gtpu = net_parser_at(p);
	uint32_t header, len;
	uint8_t version;

	if (!net_parser_fits(p, sizeof(struct plx_net_gtpu)) ||
	    (gtpu[0] & 0xf8) != PLX_NET_GTPU_VERSION_PT || gtpu[1] != PLX_NET_GTPU_GPDU)
		return;
	len = (uint32_t)sizeof(struct plx_net_gtpu) + plx_load_be16(gtpu + 2);
	if (net_parser_fits(p, len))
		p->end = p->off + len;
	else
		net_parser_malformed(p, PLX_NET_GTPU_LENGTH);
	p->layer->tunnel_id = plx_load_be32(gtpu + 4);
	header = gtpu_header_length(p, gtpu);
	if (header == 0) {
		net_parser_malformed(p, PLX_NET_GTPU_LENGTH);
		return;
	}
	if (!net_parser_fits(p, header + 1))
		return;
	version = gtpu[header] >> 4;
	if (version == 4 || version == 6)
		net_parser_descend(p, PLX_NET_TUNNEL_GTPU, header,
				   version == 4 ? PLX_NET_ETHERTYPE_IPV4 : PLX_NET_ETHERTYPE_IPV6);
}

/* p->off is behind the UDP header. */
void
net_parse_udp_tunnel(struct net_parser *p)
{
	switch (p->layer->dst_port) {
	case PLX_NET_PORT_VXLAN:
	case PLX_NET_PORT_VXLAN_LINUX:
		parse_vxlan(p);
		break;
	case PLX_NET_PORT_GENEVE:
		parse_geneve(p);
		break;
	case PLX_NET_PORT_GTPU:
		parse_gtpu(p);
		break;
	}
}
