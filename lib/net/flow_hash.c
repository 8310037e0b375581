/* SPDX-License-Identifier: BSD-3-Clause */
/* The symmetric flow hash of any packet; net_hash_inline.h has its arithmetic. */
#include "net_hash_inline.h"
#include "parse_priv.h"
#include "plx_net_hash.h"

uint32_t
plx_net_flow_hash_tuple(bool ipv6, const uint8_t *src, const uint8_t *dst, uint16_t src_port,
			uint16_t dst_port)
{
	return ipv6 ? net_hash_ipv6(src, dst, src_port, dst_port)
		    : net_hash_ipv4(src, dst, src_port, dst_port);
}

static uint32_t
hash_ip(const uint8_t *bytes, const struct plx_net_layer *layer, uint16_t src_port,
	uint16_t dst_port)
{
	const uint8_t *ip = bytes + layer->l3_off;

	if (plx_net_layer_is_ipv4(layer))
		return net_hash_ipv4(ip + offsetof(struct plx_net_ipv4, src),
				     ip + offsetof(struct plx_net_ipv4, dst), src_port, dst_port);
	return net_hash_ipv6(ip + offsetof(struct plx_net_ipv6, src),
			     ip + offsetof(struct plx_net_ipv6, dst), src_port, dst_port);
}

static uint32_t
hash_link(const uint8_t *bytes, const struct plx_net_layer *layer)
{
	const uint8_t *ether = bytes + layer->l2_off;
	uint64_t dst = plx_load_be64(ether) >> 16;
	uint64_t src = plx_load_be64(ether + 6) >> 16;

	return net_hash_ends(dst << 16 | layer->ethertype, src << 16 | layer->ethertype);
}

static bool
is_icmp_error(const uint8_t *bytes, const struct plx_net_layer *layer)
{
	uint8_t type;

	if (layer->l4 != PLX_NET_L4_ICMP)
		return false;
	type = bytes[layer->l4_off];
	if (plx_net_layer_is_ipv6(layer))
		return type >= PLX_NET_ICMPV6_UNREACHABLE && type <= PLX_NET_ICMPV6_PARAMETER;
	return type == PLX_NET_ICMP_UNREACHABLE || type == PLX_NET_ICMP_SOURCE_QUENCH ||
	       type == PLX_NET_ICMP_REDIRECT || type == PLX_NET_ICMP_TIME_EXCEEDED ||
	       type == PLX_NET_ICMP_PARAMETER;
}

static bool
proto_has_ports(uint8_t proto)
{
	return proto == PLX_NET_PROTO_TCP || proto == PLX_NET_PROTO_UDP ||
	       proto == PLX_NET_PROTO_SCTP;
}

/* A quoted datagram is cut, as a rule behind 8 bytes of its transport header: the ports are there. */
static bool
hash_quoted(const uint8_t *bytes, const struct plx_net_layer *layer, uint32_t *ret_hash)
{
	uint32_t off = layer->l4_off + (uint32_t)sizeof(struct plx_net_icmp);
	struct plx_net_packet quoted;
	const struct plx_net_layer *inner = &quoted.layers[0];
	bool is_ipv4 = plx_net_layer_is_ipv4(layer);
	uint16_t src_port = 0, dst_port = 0;

	if (off >= layer->end)
		return false;
	plx_net_parse_as(bytes + off, layer->end - off,
			 is_ipv4 ? PLX_NET_ETHERTYPE_IPV4 : PLX_NET_ETHERTYPE_IPV6, 1, &quoted);
	if (inner->l3 == PLX_NET_L3_NONE)
		return false;
	if (proto_has_ports(inner->proto) && (inner->flags & PLX_NET_FLAG_FRAGMENT) == 0 &&
	    inner->end - inner->l4_off >= 4) {
		src_port = plx_load_be16(bytes + off + inner->l4_off);
		dst_port = plx_load_be16(bytes + off + inner->l4_off + 2);
	}
	*ret_hash = hash_ip(bytes + off, inner, src_port, dst_port);
	return true;
}

static uint32_t
hash_layer(const uint8_t *bytes, const struct plx_net_layer *layer)
{
	const uint8_t *arp = bytes + layer->l3_off;
	uint32_t hash;

	switch (layer->l3) {
	case PLX_NET_L3_NONE:
		return hash_link(bytes, layer);
	case PLX_NET_L3_ARP:
		return net_hash_ipv4(arp + offsetof(struct plx_net_arp, spa),
				     arp + offsetof(struct plx_net_arp, tpa), 0, 0);
	}
	if (layer->flags & PLX_NET_FLAG_FRAGMENT || layer->tunnel != PLX_NET_TUNNEL_NONE)
		return hash_ip(bytes, layer, 0, 0);
	if (is_icmp_error(bytes, layer) && hash_quoted(bytes, layer, &hash))
		return hash;
	return hash_ip(bytes, layer, layer->src_port, layer->dst_port);
}

uint32_t
plx_net_flow_hash_packet(const uint8_t *bytes, const struct plx_net_packet *packet)
{
	for (unsigned i = packet->nb_layers; i > 0; i--) {
		const struct plx_net_layer *layer = &packet->layers[i - 1];

		if (layer->l3 != PLX_NET_L3_NONE || layer->flags & PLX_NET_FLAG_ETHER)
			return hash_layer(bytes, layer);
	}
	return 0;
}

static PLX_NOINLINE uint32_t
hash_parsed(const uint8_t *bytes, size_t len)
{
	struct plx_net_packet packet;

	plx_net_parse(bytes, len, &packet);
	return plx_net_flow_hash_packet(bytes, &packet);
}

uint32_t
plx_net_flow_hash(const uint8_t *bytes, size_t len)
{
	uint32_t hash;

	return PLX_LIKELY(net_hash_plain(bytes, len, &hash)) ? hash : hash_parsed(bytes, len);
}
