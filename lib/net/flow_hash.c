/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The symmetric flow hash. Each end of a conversation becomes a 64-bit number, and the two are put in order
 * before they are mixed: cheaper than Toeplitz, and unlike Toeplitz under a symmetric key without whole
 * families of flows that collide (bench_net shows both).
 */
#include "parse_priv.h"
#include "plx_net_hash.h"

/* Odd numbers without a pattern: the first 64 bits of the fractions of sqrt(2), sqrt(3), sqrt(5), sqrt(7). */
#define K0 0x6a09e667f3bcc909ULL
#define K1 0xbb67ae8584caa73bULL
#define K2 0x3c6ef372fe94f82bULL
#define K3 0xa54ff53a5f1d36f1ULL

/* Multiplies to 128 bits and folds: each bit of either factor reaches every bit of the result. */
static uint64_t
mix(uint64_t a, uint64_t b)
{
	__extension__ unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint32_t
hash_ends(uint64_t a, uint64_t b)
{
	uint64_t low = a < b ? a : b, high = a < b ? b : a;

	return (uint32_t)mix(mix(low ^ K0, high ^ K1) ^ K2, K3);
}

static uint64_t
end_ipv4(const uint8_t *address, uint16_t port)
{
	return (uint64_t)plx_load_be32(address) << 16 | port;
}

/* The port comes in behind the mixing: beside the address, hosts and ports that count up together would cancel out. */
static uint64_t
end_ipv6(const uint8_t *address, uint16_t port)
{
	return mix(plx_load_be64(address) ^ K2, plx_load_be64(address + 8) ^ K3) + port;
}

static uint32_t
hash_ipv4(const uint8_t *src, const uint8_t *dst, uint16_t src_port, uint16_t dst_port)
{
	return hash_ends(end_ipv4(src, src_port), end_ipv4(dst, dst_port));
}

static uint32_t
hash_ipv6(const uint8_t *src, const uint8_t *dst, uint16_t src_port, uint16_t dst_port)
{
	return hash_ends(end_ipv6(src, src_port), end_ipv6(dst, dst_port));
}

uint32_t
plx_net_flow_hash_tuple(bool ipv6, const uint8_t *src, const uint8_t *dst, uint16_t src_port,
			uint16_t dst_port)
{
	return ipv6 ? hash_ipv6(src, dst, src_port, dst_port)
		    : hash_ipv4(src, dst, src_port, dst_port);
}

static uint32_t
hash_ip(const uint8_t *bytes, const struct plx_net_layer *layer, uint16_t src_port,
	uint16_t dst_port)
{
	const uint8_t *ip = bytes + layer->l3_off;

	if (plx_net_layer_is_ipv4(layer))
		return hash_ipv4(ip + offsetof(struct plx_net_ipv4, src),
				 ip + offsetof(struct plx_net_ipv4, dst), src_port, dst_port);
	return hash_ipv6(ip + offsetof(struct plx_net_ipv6, src),
			 ip + offsetof(struct plx_net_ipv6, dst), src_port, dst_port);
}

static uint32_t
hash_link(const uint8_t *bytes, const struct plx_net_layer *layer)
{
	const uint8_t *ether = bytes + layer->l2_off;
	uint64_t dst = plx_load_be64(ether) >> 16;
	uint64_t src = plx_load_be64(ether + 6) >> 16;

	return hash_ends(dst << 16 | layer->ethertype, src << 16 | layer->ethertype);
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
		return hash_ipv4(arp + offsetof(struct plx_net_arp, spa),
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

static bool
is_plain_transport(const uint8_t *l4, uint8_t proto, uint32_t len)
{
	if (proto == PLX_NET_PROTO_TCP)
		return len >= sizeof(struct plx_net_tcp) && l4[12] >= 0x50;
	return proto == PLX_NET_PROTO_UDP && len >= sizeof(struct plx_net_udp) &&
	       !net_is_tunnel_port(plx_load_be16(l4 + 2));
}

/*
 * Most frames: TCP or UDP without tags, options, extension headers, fragments or tunnels, whose hash costs less
 * than writing down where everything is. False for all others, and for what the parser would stop at.
 */
static bool
hash_plain(const uint8_t *bytes, size_t len, uint32_t *ret_hash)
{
	const uint8_t *ip = bytes + sizeof(struct plx_net_ether), *l4;
	uint16_t ethertype;

	if (len < 14 + 20 + 20)
		return false;
	ethertype = plx_load_be16(bytes + 12);
	if (ethertype == PLX_NET_ETHERTYPE_IPV4 && ip[0] == 0x45 &&
	    (plx_load_be16(ip + 6) & ~PLX_NET_IPV4_DF) == 0 && plx_load_be16(ip + 2) >= 20) {
		l4 = ip + 20;
		if (!is_plain_transport(l4, ip[9], plx_load_be16(ip + 2) - 20u))
			return false;
		*ret_hash = hash_ipv4(ip + 12, ip + 16, plx_load_be16(l4), plx_load_be16(l4 + 2));
		return true;
	}
	if (ethertype == PLX_NET_ETHERTYPE_IPV6 && ip[0] >> 4 == 6 && len >= 14 + 40 + 20) {
		l4 = ip + 40;
		if (!is_plain_transport(l4, ip[6], plx_load_be16(ip + 4)))
			return false;
		*ret_hash = hash_ipv6(ip + 8, ip + 24, plx_load_be16(l4), plx_load_be16(l4 + 2));
		return true;
	}
	return false;
}

uint32_t
plx_net_flow_hash(const uint8_t *bytes, size_t len)
{
	struct plx_net_packet packet;
	uint32_t hash;

	if (hash_plain(bytes, len, &hash))
		return hash;
	plx_net_parse(bytes, len, &packet);
	return plx_net_flow_hash_packet(bytes, &packet);
}
