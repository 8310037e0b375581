/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keys and their hashes. Each key has two ways: most frames show what it needs at offsets known beforehand; all others
 * are parsed. Both end in the same functions of the same values.
 */
#include "cluster_key_priv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define AHEAD 4 /* packets whose bytes are on their way while one is hashed */

/* -- the plain frames --------------------------------------------------------------------------------- */

static PLX_ALWAYS_INLINE bool
is_plain_ipv4(const uint8_t *bytes, uint32_t len)
{
	const uint8_t *ip = bytes + ETHER_LEN;

	return len >= ETHER_LEN + IPV4_LEN && plx_load_be16(bytes + 12) == PLX_NET_ETHERTYPE_IPV4 &&
	       ip[0] == 0x45 && plx_load_be16(ip + 2) >= IPV4_LEN;
}

static PLX_ALWAYS_INLINE bool
is_plain_ipv6(const uint8_t *bytes, uint32_t len)
{
	return len >= ETHER_LEN + IPV6_LEN && plx_load_be16(bytes + 12) == PLX_NET_ETHERTYPE_IPV6 &&
	       bytes[ETHER_LEN] >> 4 == 6;
}

/* `room` bytes of transport by what IP says; the frame has as many as TCP needs. */
static PLX_ALWAYS_INLINE bool
is_plain_transport(const uint8_t *l4, uint8_t proto, uint32_t room, bool inner)
{
	if (proto == PLX_NET_PROTO_UDP)
		return room >= UDP_LEN && !(inner && net_is_tunnel_port(plx_load_be16(l4 + 2)));
	return proto == PLX_NET_PROTO_TCP && room >= TCP_LEN && l4[12] >= 0x50;
}

static PLX_ALWAYS_INLINE bool
plain_tuple(const uint8_t *bytes, uint32_t len, bool inner, uint32_t *ret_hash)
{
	const uint8_t *ip = bytes + ETHER_LEN, *l4;

	if (len >= ETHER_LEN + IPV4_LEN + TCP_LEN && is_plain_ipv4(bytes, len)) {
		l4 = ip + IPV4_LEN;
		if ((plx_load_be16(ip + 6) & (PLX_NET_IPV4_MF | PLX_NET_IPV4_OFFSET_MASK)) != 0 ||
		    !is_plain_transport(l4, ip[9], plx_load_be16(ip + 2) - IPV4_LEN, inner))
			return false;
		*ret_hash = hash_ipv4(ip, plx_load_be16(l4), plx_load_be16(l4 + 2), ip[9]);
		return true;
	}
	if (len >= ETHER_LEN + IPV6_LEN + TCP_LEN && is_plain_ipv6(bytes, len)) {
		l4 = ip + IPV6_LEN;
		if (!is_plain_transport(l4, ip[6], plx_load_be16(ip + 4), inner))
			return false;
		*ret_hash = hash_ipv6(ip, plx_load_be16(l4), plx_load_be16(l4 + 2), ip[6]);
		return true;
	}
	return false;
}

/* -- a packet ------------------------------------------------------------------------------------------ */

static PLX_ALWAYS_INLINE uint32_t
key_flow(const struct plx_mbuf *m)
{
	uint32_t hash;

	if (PLX_LIKELY(m->next == NULL && net_hash_plain(plx_mbuf_data(m), m->data_len, &hash)))
		return hash;
	return key_slow_flow(m);
}

static PLX_ALWAYS_INLINE uint32_t
key_mac(const struct plx_mbuf *m)
{
	const uint8_t *bytes = plx_mbuf_data(m);

	if (PLX_UNLIKELY(m->data_len < ETHER_LEN))
		return key_slow_mac(m);
	return hash_ends(load_mac(bytes), load_mac(bytes + 6), KIND_MAC);
}

static PLX_ALWAYS_INLINE uint32_t
key_ip(const struct plx_mbuf *m)
{
	const uint8_t *bytes = plx_mbuf_data(m);

	if (PLX_LIKELY(is_plain_ipv4(bytes, m->data_len)))
		return hash_ipv4(bytes + ETHER_LEN, 0, 0, 0);
	if (is_plain_ipv6(bytes, m->data_len))
		return hash_ipv6(bytes + ETHER_LEN, 0, 0, 0);
	return key_slow_ip(m);
}

static PLX_ALWAYS_INLINE uint32_t
key_tuple(const struct plx_mbuf *m)
{
	uint32_t hash;

	if (PLX_LIKELY(plain_tuple(plx_mbuf_data(m), m->data_len, false, &hash)))
		return hash;
	return key_slow_tuple(m);
}

static PLX_ALWAYS_INLINE uint32_t
key_inner(const struct plx_mbuf *m)
{
	uint32_t hash;

	if (PLX_LIKELY(plain_tuple(plx_mbuf_data(m), m->data_len, true, &hash)))
		return hash;
	return key_slow_inner(m);
}

static PLX_ALWAYS_INLINE uint32_t
key_protocol(const struct plx_mbuf *m)
{
	const uint8_t *bytes = plx_mbuf_data(m), *ip = bytes + ETHER_LEN;

	if (PLX_LIKELY(is_plain_ipv4(bytes, m->data_len)) &&
	    (ip[9] == PLX_NET_PROTO_TCP || ip[9] == PLX_NET_PROTO_UDP))
		return hash_protocol(ip[9]);
	return key_slow_protocol(m);
}

static PLX_ALWAYS_INLINE uint32_t
key_vlan(const struct plx_mbuf *m)
{
	if (PLX_UNLIKELY(m->data_len < ETHER_LEN + sizeof(struct plx_net_vlan)))
		return key_slow_vlan(m);
	return vlan_of(m, plx_mbuf_data(m), m->data_len);
}

static PLX_ALWAYS_INLINE uint32_t
key_end(const struct plx_mbuf *m, bool src)
{
	const uint8_t *bytes = plx_mbuf_data(m), *ip = bytes + ETHER_LEN;

	if (PLX_LIKELY(is_plain_ipv4(bytes, m->data_len)))
		return hash_end_ipv4(ip + (src ? offsetof(struct plx_net_ipv4, src)
					       : offsetof(struct plx_net_ipv4, dst)));
	if (is_plain_ipv6(bytes, m->data_len))
		return hash_end_ipv6(ip + (src ? offsetof(struct plx_net_ipv6, src)
					       : offsetof(struct plx_net_ipv6, dst)));
	return key_slow_end(m, src);
}

static PLX_ALWAYS_INLINE uint32_t
key_src_ip(const struct plx_mbuf *m)
{
	return key_end(m, true);
}

static PLX_ALWAYS_INLINE uint32_t
key_dst_ip(const struct plx_mbuf *m)
{
	return key_end(m, false);
}

/* -- a burst ------------------------------------------------------------------------------------------ */

/* One loop a key, with the key's function in it. */
static PLX_ALWAYS_INLINE void
each(uint32_t (*hash)(const struct plx_mbuf *), struct plx_mbuf *const *pkts, uint16_t n,
     uint32_t *ret_hash)
{
	for (uint16_t i = 0; i < n && i < AHEAD; i++)
		plx_prefetch(plx_mbuf_data(pkts[i]));
	for (uint16_t i = 0; i < n; i++) {
		if (i + AHEAD < n)
			plx_prefetch(plx_mbuf_data(pkts[i + AHEAD]));
		ret_hash[i] = hash(pkts[i]);
	}
}

/* Bits in reverse: what changes most often is worth most, so that places come in turn whatever their number. */
static uint32_t
reverse(uint32_t x)
{
	x = __builtin_bswap32(x);
	x = (x >> 4 & 0x0f0f0f0f) | (x & 0x0f0f0f0f) << 4;
	x = (x >> 2 & 0x33333333) | (x & 0x33333333) << 2;
	return (x >> 1 & 0x55555555) | (x & 0x55555555) << 1;
}

static void
take_turns(uint16_t n, uint32_t *ret_hash, uint64_t *round)
{
	for (uint16_t i = 0; i < n; i++)
		ret_hash[i] = reverse((uint32_t)(*round)++);
}

void
plx_cluster_key_burst(enum plx_cluster_key key, struct plx_mbuf *const *pkts, uint16_t n,
		      uint32_t *ret_hash, uint64_t *round)
{
	switch (key) {
	case PLX_CLUSTER_KEY_FLOW:
		each(key_flow, pkts, n, ret_hash);
		return;
	case PLX_CLUSTER_KEY_ROUND_ROBIN:
		take_turns(n, ret_hash, round);
		return;
	case PLX_CLUSTER_KEY_MAC:
		each(key_mac, pkts, n, ret_hash);
		return;
	case PLX_CLUSTER_KEY_IP:
		each(key_ip, pkts, n, ret_hash);
		return;
	case PLX_CLUSTER_KEY_TUPLE:
		each(key_tuple, pkts, n, ret_hash);
		return;
	case PLX_CLUSTER_KEY_PROTOCOL:
		each(key_protocol, pkts, n, ret_hash);
		return;
	case PLX_CLUSTER_KEY_VLAN:
		each(key_vlan, pkts, n, ret_hash);
		return;
	case PLX_CLUSTER_KEY_INNER:
		each(key_inner, pkts, n, ret_hash);
		return;
	case PLX_CLUSTER_KEY_SRC_IP:
		each(key_src_ip, pkts, n, ret_hash);
		return;
	case PLX_CLUSTER_KEY_DST_IP:
		each(key_dst_ip, pkts, n, ret_hash);
		return;
	case PLX_CLUSTER_KEYS:
		break;
	}
	memset(ret_hash, 0, n * sizeof(*ret_hash));
}

/* -- names -------------------------------------------------------------------------------------------- */

static const char *const names[PLX_CLUSTER_KEYS] = {
	[PLX_CLUSTER_KEY_FLOW] = "flow",     [PLX_CLUSTER_KEY_ROUND_ROBIN] = "round-robin",
	[PLX_CLUSTER_KEY_MAC] = "mac",	     [PLX_CLUSTER_KEY_IP] = "ip",
	[PLX_CLUSTER_KEY_TUPLE] = "5-tuple", [PLX_CLUSTER_KEY_PROTOCOL] = "protocol",
	[PLX_CLUSTER_KEY_VLAN] = "vlan",     [PLX_CLUSTER_KEY_INNER] = "inner",
	[PLX_CLUSTER_KEY_SRC_IP] = "src-ip", [PLX_CLUSTER_KEY_DST_IP] = "dst-ip",
};

const char *
plx_cluster_key_name(enum plx_cluster_key key)
{
	return (unsigned)key < PLX_CLUSTER_KEYS ? names[key] : NULL;
}

int
plx_cluster_key_by_name(const char *name, enum plx_cluster_key *ret_key, struct plx_why *why)
{
	char list[128] = "";

	for (unsigned i = 0; i < PLX_CLUSTER_KEYS; i++) {
		if (strcmp(name, names[i]) == 0) {
			*ret_key = (enum plx_cluster_key)i;
			return 0;
		}
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s",
			 i == 0 ? "" : ", ", names[i]);
	}
	return plx_why(why, -EINVAL, "\"%s\" is nothing to distribute by; there are %s", name,
		       list);
}
