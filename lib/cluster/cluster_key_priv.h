/* SPDX-License-Identifier: BSD-3-Clause */
/* Values to hashes: what both ways of a key end in. */
#ifndef PLX_LIB_CLUSTER_CLUSTER_KEY_PRIV_H
#define PLX_LIB_CLUSTER_CLUSTER_KEY_PRIV_H

#include "net_hash_inline.h"
#include "plx_byteorder.h"
#include "plx_cluster_key.h"
#include "plx_net_wire.h"

/* Odd numbers without a pattern: the first 64 bits of the fractions of sqrt(11), sqrt(13), sqrt(17), sqrt(19). */
#define K0 0x510e527fade682d1ULL
#define K1 0x9b05688c2b3e6c1fULL
#define K2 0x1f83d9abfb41bd6bULL
#define K3 0x5be0cd19137e2179ULL

#define ETHER_LEN 14
#define IPV4_LEN  20
#define IPV6_LEN  40
#define TCP_LEN	  20
#define UDP_LEN	  8

/* Kinds of values, so that an address and a number that look alike have little in common. The low 16 bits are free. */
enum {
	KIND_MAC = 1 << 16,
	KIND_LINK = 2 << 16,
	KIND_IPV4 = 3 << 16,
	KIND_IPV6 = 4 << 16,
	KIND_PROTOCOL = 5 << 16,
	KIND_ETHERTYPE = 6 << 16,
	KIND_VLAN = 7 << 16,
};

static PLX_ALWAYS_INLINE uint32_t
hash_two(uint64_t a, uint64_t b, uint32_t kind)
{
	return (uint32_t)net_mix(net_mix(a ^ K0, b ^ K1) ^ K2 ^ kind, K3);
}

static PLX_ALWAYS_INLINE uint32_t
hash_ends(uint64_t a, uint64_t b, uint32_t kind)
{
	return hash_two(a < b ? a : b, a < b ? b : a, kind);
}

/* The port comes in behind the mixing: beside the address, hosts and ports that count up together would cancel out. */
static PLX_ALWAYS_INLINE uint64_t
end_ipv6(const uint8_t *address, uint16_t port)
{
	return net_mix(plx_load_be64(address) ^ K2, plx_load_be64(address + 8) ^ K3) + port;
}

static PLX_ALWAYS_INLINE uint32_t
hash_ipv4(const uint8_t *ip, uint16_t src_port, uint16_t dst_port, uint8_t proto)
{
	return hash_ends(net_end_ipv4(ip + offsetof(struct plx_net_ipv4, src), src_port),
			 net_end_ipv4(ip + offsetof(struct plx_net_ipv4, dst), dst_port),
			 KIND_IPV4 | proto);
}

static PLX_ALWAYS_INLINE uint32_t
hash_ipv6(const uint8_t *ip, uint16_t src_port, uint16_t dst_port, uint8_t proto)
{
	return hash_ends(end_ipv6(ip + offsetof(struct plx_net_ipv6, src), src_port),
			 end_ipv6(ip + offsetof(struct plx_net_ipv6, dst), dst_port),
			 KIND_IPV6 | proto);
}

static inline uint64_t
load_mac(const uint8_t *mac)
{
	return (uint64_t)plx_load_be32(mac) << 16 | plx_load_be16(mac + 4);
}

static inline uint32_t
hash_protocol(uint32_t proto)
{
	return hash_two(proto, 0, KIND_PROTOCOL);
}

static inline uint32_t
hash_end_ipv4(const uint8_t *address)
{
	return hash_two(net_end_ipv4(address, 0), 0, KIND_IPV4);
}

static inline uint32_t
hash_end_ipv6(const uint8_t *address)
{
	return hash_two(plx_load_be64(address), plx_load_be64(address + 8), KIND_IPV6);
}

static inline uint32_t
hash_vlan(uint16_t tci)
{
	return hash_two(tci & PLX_NET_VLAN_ID_MASK, 0, KIND_VLAN);
}

/* `len` as far as the bytes lie in one piece. */
static PLX_ALWAYS_INLINE uint32_t
vlan_of(const struct plx_mbuf *m, const uint8_t *bytes, uint32_t len)
{
	uint16_t type;

	if (len < ETHER_LEN)
		return 0;
	if (m->ol_flags & PLX_MBUF_RX_VLAN_STRIPPED)
		return hash_vlan(m->vlan_tci);
	type = plx_load_be16(bytes + 12);
	if (len < ETHER_LEN + sizeof(struct plx_net_vlan) ||
	    (type != PLX_NET_ETHERTYPE_VLAN && type != PLX_NET_ETHERTYPE_QINQ &&
	     type != PLX_NET_ETHERTYPE_QINQ_9100))
		return hash_vlan(0);
	return hash_vlan(plx_load_be16(bytes + ETHER_LEN));
}

/* -- the long way ------------------------------------------------------------------------------------- */

/* Of frames that are not plain: cluster_key_slow.c. */
uint32_t key_slow_flow(const struct plx_mbuf *m);
uint32_t key_slow_mac(const struct plx_mbuf *m);
uint32_t key_slow_ip(const struct plx_mbuf *m);
uint32_t key_slow_tuple(const struct plx_mbuf *m);
uint32_t key_slow_protocol(const struct plx_mbuf *m);
uint32_t key_slow_vlan(const struct plx_mbuf *m);
uint32_t key_slow_inner(const struct plx_mbuf *m);
uint32_t key_slow_end(const struct plx_mbuf *m, bool src);

#endif
