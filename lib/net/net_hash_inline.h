/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The body of the symmetric flow hash, for who hashes every packet: plx_net_hash.h says what it is of. Each end of a conversation
 * becomes a 64-bit number, and the two are put in order before they are mixed: cheaper than Toeplitz, and unlike Toeplitz
 * under a symmetric key without whole families of flows that collide (bench_net shows both). Thread: any. Path: hot.
 */
#ifndef PLX_LIB_NET_NET_HASH_INLINE_H
#define PLX_LIB_NET_NET_HASH_INLINE_H

#include "plx_byteorder.h"
#include "plx_net_wire.h"

/* Odd numbers without a pattern: the first 64 bits of the fractions of sqrt(2), sqrt(3), sqrt(5), sqrt(7). */
#define NET_HASH_K0 0x6a09e667f3bcc909ULL
#define NET_HASH_K1 0xbb67ae8584caa73bULL
#define NET_HASH_K2 0x3c6ef372fe94f82bULL
#define NET_HASH_K3 0xa54ff53a5f1d36f1ULL

/* Multiplies to 128 bits and folds: each bit of either factor reaches every bit of the result. */
static inline uint64_t
net_mix(uint64_t a, uint64_t b)
{
	__extension__ unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint32_t
net_hash_ends(uint64_t a, uint64_t b)
{
	uint64_t low = a < b ? a : b, high = a < b ? b : a;

	return (uint32_t)net_mix(net_mix(low ^ NET_HASH_K0, high ^ NET_HASH_K1) ^ NET_HASH_K2,
				 NET_HASH_K3);
}

static inline uint64_t
net_end_ipv4(const uint8_t *address, uint16_t port)
{
	return (uint64_t)plx_load_be32(address) << 16 | port;
}

/* The port comes in behind the mixing: beside the address, hosts and ports that count up together would cancel out. */
static inline uint64_t
net_end_ipv6(const uint8_t *address, uint16_t port)
{
	return net_mix(plx_load_be64(address) ^ NET_HASH_K2,
		       plx_load_be64(address + 8) ^ NET_HASH_K3) +
	       port;
}

static inline uint32_t
net_hash_ipv4(const uint8_t *src, const uint8_t *dst, uint16_t src_port, uint16_t dst_port)
{
	return net_hash_ends(net_end_ipv4(src, src_port), net_end_ipv4(dst, dst_port));
}

static inline uint32_t
net_hash_ipv6(const uint8_t *src, const uint8_t *dst, uint16_t src_port, uint16_t dst_port)
{
	return net_hash_ends(net_end_ipv6(src, src_port), net_end_ipv6(dst, dst_port));
}

/* UDP to these ports may be a tunnel. */
static inline bool
net_is_tunnel_port(uint16_t dst_port)
{
	return dst_port == PLX_NET_PORT_VXLAN || dst_port == PLX_NET_PORT_VXLAN_LINUX ||
	       dst_port == PLX_NET_PORT_GENEVE || dst_port == PLX_NET_PORT_GTPU;
}

static inline bool
net_is_plain_transport(const uint8_t *l4, uint8_t proto, uint32_t len)
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
static inline bool
net_hash_plain(const uint8_t *bytes, size_t len, uint32_t *ret_hash)
{
	const uint8_t *ip = bytes + sizeof(struct plx_net_ether), *l4;
	uint16_t ethertype;

	if (len < 14 + 20 + 20)
		return false;
	ethertype = plx_load_be16(bytes + 12);
	if (ethertype == PLX_NET_ETHERTYPE_IPV4 && ip[0] == 0x45 &&
	    (plx_load_be16(ip + 6) & ~PLX_NET_IPV4_DF) == 0 && plx_load_be16(ip + 2) >= 20) {
		l4 = ip + 20;
		if (!net_is_plain_transport(l4, ip[9], plx_load_be16(ip + 2) - 20u))
			return false;
		*ret_hash =
			net_hash_ipv4(ip + 12, ip + 16, plx_load_be16(l4), plx_load_be16(l4 + 2));
		return true;
	}
	if (ethertype == PLX_NET_ETHERTYPE_IPV6 && ip[0] >> 4 == 6 && len >= 14 + 40 + 20) {
		l4 = ip + 40;
		if (!net_is_plain_transport(l4, ip[6], plx_load_be16(ip + 4)))
			return false;
		*ret_hash =
			net_hash_ipv6(ip + 8, ip + 24, plx_load_be16(l4), plx_load_be16(l4 + 2));
		return true;
	}
	return false;
}

#endif
