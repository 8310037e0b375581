/* SPDX-License-Identifier: BSD-3-Clause */
/* IPv4 (RFC 791), IPv6 and its extension headers (RFC 8200), AH (RFC 4302). */
#include "parse_priv.h"

#include <endian.h>

#define IP_LENGTH_MAX 65535
#define EXT_MAX	      16 /* extension headers of one datagram */

/* Cuts what may be read down to the `len` bytes that the datagram says it has from p->off. */
static void
narrow(struct net_parser *p, uint32_t len, enum plx_net_malformed too_big)
{
	if (len > net_parser_left(p))
		net_parser_malformed(p, too_big);
	else
		p->end = p->off + len;
	p->layer->end = p->end;
}

/* `len` is what the fragment says it carries. */
static void
note_fragment(struct net_parser *p, uint32_t offset, bool more, uint32_t len)
{
	struct plx_net_layer *layer = p->layer;

	layer->frag_off = (uint16_t)offset;
	layer->flags |= PLX_NET_FLAG_FRAGMENT;
	if (offset == 0)
		layer->flags |= PLX_NET_FLAG_FIRST_FRAGMENT;
	if (more && len % 8 != 0)
		net_parser_malformed(p, PLX_NET_FRAGMENT_LENGTH);
	if (offset + len > IP_LENGTH_MAX)
		net_parser_malformed(p, PLX_NET_FRAGMENT_OFFSET);
}

static void
finish(struct net_parser *p, uint8_t proto)
{
	struct plx_net_layer *layer = p->layer;

	layer->proto = proto;
	layer->l4_off = p->off;
	layer->payload_off = p->off;
	if (layer->frag_off != 0)
		layer->l4 = PLX_NET_L4_FRAGMENT;
	else
		net_parse_transport(p, proto);
}

/* Where a header that could not be passed is what lies at l4_off. */
static void
stop(struct net_parser *p, uint8_t proto, enum plx_net_malformed reason)
{
	net_parser_malformed(p, reason);
	p->layer->proto = proto;
	p->layer->l4_off = p->off;
	p->layer->payload_off = p->off;
}

static void
parse_fragment_header(struct net_parser *p)
{
	uint16_t frag = plx_load_be16(net_parser_at(p) + 2);
	uint32_t offset = frag & PLX_NET_IPV6_OFFSET_MASK;
	bool more = frag & PLX_NET_IPV6_MF;

	/* A datagram in one "atomic" fragment (RFC 6946) is whole. */
	if (offset == 0 && !more)
		return;
	note_fragment(p, offset, more,
		      net_parser_left(p) - (uint32_t)sizeof(struct plx_net_ipv6_fragment));
}

static bool
is_ext(uint8_t proto, bool ipv6)
{
	switch (proto) {
	case PLX_NET_PROTO_AH:
		return true;
	case PLX_NET_PROTO_HOPOPTS:
	case PLX_NET_PROTO_ROUTING:
	case PLX_NET_PROTO_FRAGMENT:
	case PLX_NET_PROTO_DSTOPTS:
	case PLX_NET_PROTO_MOBILITY:
	case PLX_NET_PROTO_HIP:
	case PLX_NET_PROTO_SHIM6:
		return ipv6;
	default:
		return false;
	}
}

/* Walks the extension headers, up to the transport header or into the middle of a fragment. */
static void
parse_exts(struct net_parser *p, uint8_t proto, bool ipv6)
{
	struct plx_net_layer *layer = p->layer;

	for (unsigned i = 0; is_ext(proto, ipv6) && layer->frag_off == 0; i++) {
		const uint8_t *ext = net_parser_at(p);
		uint32_t len;

		if (i == EXT_MAX) {
			stop(p, proto, PLX_NET_EXT_MANY);
			return;
		}
		if (!net_parser_fits(p, sizeof(struct plx_net_ipv6_ext)) ||
		    !net_parser_fits(p, len = net_ext_length(proto, ext[1]))) {
			stop(p, proto, PLX_NET_EXT_SHORT);
			return;
		}
		if (ipv6)
			layer->l3 = PLX_NET_L3_IPV6_EXT;
		if (proto == PLX_NET_PROTO_FRAGMENT)
			parse_fragment_header(p);
		proto = ext[0];
		p->off += len;
	}
	finish(p, proto);
}

void
net_parse_ipv4(struct net_parser *p)
{
	const struct plx_net_ipv4 *ip = (const struct plx_net_ipv4 *)net_parser_at(p);
	uint32_t header, total;
	uint16_t frag;

	if (!net_parser_fits(p, sizeof(*ip))) {
		net_parser_malformed(p, PLX_NET_IPV4_SHORT);
		return;
	}
	header = (ip->version_ihl & 0xf) * 4u;
	total = be16toh(ip->total_length);
	if (ip->version_ihl >> 4 != 4)
		net_parser_malformed(p, PLX_NET_IPV4_VERSION);
	else if (header < sizeof(*ip))
		net_parser_malformed(p, PLX_NET_IPV4_IHL);
	else if (!net_parser_fits(p, header))
		net_parser_malformed(p, PLX_NET_IPV4_SHORT);
	else if (total < header)
		net_parser_malformed(p, PLX_NET_IPV4_LENGTH_SMALL);
	else
		p->layer->l3 = header > sizeof(*ip) ? PLX_NET_L3_IPV4_OPT : PLX_NET_L3_IPV4;
	if (p->layer->l3 == PLX_NET_L3_NONE)
		return;
	narrow(p, total, PLX_NET_IPV4_LENGTH_BIG);
	frag = be16toh(ip->frag);
	if ((frag & (PLX_NET_IPV4_MF | PLX_NET_IPV4_OFFSET_MASK)) != 0)
		note_fragment(p, (frag & PLX_NET_IPV4_OFFSET_MASK) * 8u, frag & PLX_NET_IPV4_MF,
			      total - header);
	p->off += header;
	parse_exts(p, ip->proto, false);
}

void
net_parse_ipv6(struct net_parser *p)
{
	const struct plx_net_ipv6 *ip = (const struct plx_net_ipv6 *)net_parser_at(p);
	uint32_t payload;

	if (!net_parser_fits(p, sizeof(*ip))) {
		net_parser_malformed(p, PLX_NET_IPV6_SHORT);
		return;
	}
	if (be32toh(ip->vtc_flow) >> 28 != 6) {
		net_parser_malformed(p, PLX_NET_IPV6_VERSION);
		return;
	}
	p->layer->l3 = PLX_NET_L3_IPV6;
	payload = be16toh(ip->payload_length);
	/* A jumbogram (RFC 2675) says 0 here and its length in a hop-by-hop option. */
	if (payload == 0 && ip->next_header == PLX_NET_PROTO_HOPOPTS)
		payload = net_parser_left(p) - (uint32_t)sizeof(*ip);
	narrow(p, (uint32_t)sizeof(*ip) + payload, PLX_NET_IPV6_LENGTH_BIG);
	p->off += sizeof(*ip);
	parse_exts(p, ip->next_header, true);
}
