/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keys and their hashes. Each key has two ways: most frames show what it needs at offsets known beforehand; all others
 * are parsed. Both end in the same functions of the same values.
 */
#include "net_hash_inline.h"
#include "plx_cluster_key.h"

#include "plx_byteorder.h"
#include "plx_net_hash.h"
#include "plx_net_parse.h"
#include "plx_net_wire.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

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

#define AHEAD 4 /* packets whose bytes are on their way while one is hashed */

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

/* -- values to hashes --------------------------------------------------------------------------------- */

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

static uint64_t
load_mac(const uint8_t *mac)
{
	return (uint64_t)plx_load_be32(mac) << 16 | plx_load_be16(mac + 4);
}

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

/* -- all others --------------------------------------------------------------------------------------- */

struct headers {
	const uint8_t *bytes;
	uint32_t len;
};

/* The packet's beginning in one piece. */
static struct headers
gather(const struct plx_mbuf *m, uint8_t buf[PLX_CLUSTER_KEY_BYTES])
{
	uint32_t len = m->pkt_len < PLX_CLUSTER_KEY_BYTES ? m->pkt_len : PLX_CLUSTER_KEY_BYTES;
	const uint8_t *bytes = plx_mbuf_read(m, 0, len, buf);

	if (bytes == NULL) /* lengths that do not add up: what is certain */
		return (struct headers){plx_mbuf_data(m), m->data_len};
	return (struct headers){bytes, len};
}

static uint32_t
hash_link(const uint8_t *bytes, const struct plx_net_layer *layer)
{
	const uint8_t *ether = bytes + layer->l2_off;

	return hash_ends(load_mac(ether), load_mac(ether + 6), KIND_LINK | layer->ethertype);
}

/* Of a layer that has addresses: IP or ARP, whose addresses lie elsewhere. */
static uint32_t
hash_layer(const uint8_t *bytes, const struct plx_net_layer *layer, uint16_t src_port,
	   uint16_t dst_port, uint8_t proto)
{
	const uint8_t *l3 = bytes + layer->l3_off;

	if (layer->l3 == PLX_NET_L3_NONE)
		return hash_link(bytes, layer);
	if (layer->l3 == PLX_NET_L3_ARP)
		return hash_ends(net_end_ipv4(l3 + offsetof(struct plx_net_arp, spa), 0),
				 net_end_ipv4(l3 + offsetof(struct plx_net_arp, tpa), 0),
				 KIND_IPV4);
	if (plx_net_layer_is_ipv4(layer))
		return hash_ipv4(l3, src_port, dst_port, proto);
	return hash_ipv6(l3, src_port, dst_port, proto);
}

static uint32_t
hash_tuple(const uint8_t *bytes, const struct plx_net_layer *layer)
{
	if (layer->flags & PLX_NET_FLAG_FRAGMENT)
		return hash_layer(bytes, layer, 0, 0, 0);
	return hash_layer(bytes, layer, layer->src_port, layer->dst_port, layer->proto);
}

/* False for a frame without an Ethernet header. */
static bool
parse_outer(struct headers h, struct plx_net_layer *ret_layer)
{
	struct plx_net_packet packet;

	plx_net_parse_as(h.bytes, h.len, PLX_NET_ETHERTYPE_TEB, 1, &packet);
	if (packet.nb_layers == 0)
		return false;
	*ret_layer = packet.layers[0];
	return true;
}

static uint32_t
parsed_ip(struct headers h)
{
	struct plx_net_layer layer;

	return parse_outer(h, &layer) ? hash_layer(h.bytes, &layer, 0, 0, 0) : 0;
}

static uint32_t
parsed_tuple(struct headers h)
{
	struct plx_net_layer layer;

	return parse_outer(h, &layer) ? hash_tuple(h.bytes, &layer) : 0;
}

static uint32_t
parsed_inner(struct headers h)
{
	struct plx_net_packet packet;

	plx_net_parse(h.bytes, h.len, &packet);
	for (unsigned i = packet.nb_layers; i > 0; i--) {
		const struct plx_net_layer *layer = &packet.layers[i - 1];

		if (layer->l3 == PLX_NET_L3_NONE && (layer->flags & PLX_NET_FLAG_ETHER) == 0)
			continue;
		/* What it carries could not be understood, and its ports may differ by direction. */
		if (layer->tunnel != PLX_NET_TUNNEL_NONE)
			return hash_layer(h.bytes, layer, 0, 0, 0);
		return hash_tuple(h.bytes, layer);
	}
	return 0;
}

static uint32_t
hash_protocol(uint32_t proto)
{
	return hash_two(proto, 0, KIND_PROTOCOL);
}

static uint32_t
parsed_protocol(struct headers h)
{
	struct plx_net_layer layer;

	if (!parse_outer(h, &layer))
		return 0;
	if (layer.l3 == PLX_NET_L3_NONE || layer.l3 == PLX_NET_L3_ARP)
		return hash_two(layer.ethertype, 0, KIND_ETHERTYPE);
	return hash_protocol(layer.proto);
}

static uint32_t
hash_end_ipv4(const uint8_t *address)
{
	return hash_two(net_end_ipv4(address, 0), 0, KIND_IPV4);
}

static uint32_t
hash_end_ipv6(const uint8_t *address)
{
	return hash_two(plx_load_be64(address), plx_load_be64(address + 8), KIND_IPV6);
}

/* Of the source, or of the destination. */
static uint32_t
parsed_end(struct headers h, bool src)
{
	struct plx_net_layer layer;
	const uint8_t *l3;

	if (!parse_outer(h, &layer))
		return 0;
	l3 = h.bytes + layer.l3_off;
	if (layer.l3 == PLX_NET_L3_NONE)
		return hash_two(load_mac(h.bytes + (src ? 6 : 0)), 0, KIND_MAC);
	if (layer.l3 == PLX_NET_L3_ARP)
		return hash_end_ipv4(l3 + (src ? offsetof(struct plx_net_arp, spa)
					       : offsetof(struct plx_net_arp, tpa)));
	if (plx_net_layer_is_ipv4(&layer))
		return hash_end_ipv4(l3 + (src ? offsetof(struct plx_net_ipv4, src)
					       : offsetof(struct plx_net_ipv4, dst)));
	return hash_end_ipv6(l3 + (src ? offsetof(struct plx_net_ipv6, src)
				       : offsetof(struct plx_net_ipv6, dst)));
}

/* -- a packet ------------------------------------------------------------------------------------------ */

static PLX_NOINLINE uint32_t
slow_flow(const struct plx_mbuf *m)
{
	uint8_t buf[PLX_CLUSTER_KEY_BYTES];
	struct headers h = gather(m, buf);

	return plx_net_flow_hash(h.bytes, h.len);
}

static PLX_ALWAYS_INLINE uint32_t
key_flow(const struct plx_mbuf *m)
{
	uint32_t hash;

	if (PLX_LIKELY(m->next == NULL && net_hash_plain(plx_mbuf_data(m), m->data_len, &hash)))
		return hash;
	return slow_flow(m);
}

static PLX_NOINLINE uint32_t
slow_mac(const struct plx_mbuf *m)
{
	uint8_t buf[PLX_CLUSTER_KEY_BYTES];
	struct headers h = gather(m, buf);

	if (h.len < ETHER_LEN)
		return 0;
	return hash_ends(load_mac(h.bytes), load_mac(h.bytes + 6), KIND_MAC);
}

static PLX_ALWAYS_INLINE uint32_t
key_mac(const struct plx_mbuf *m)
{
	const uint8_t *bytes = plx_mbuf_data(m);

	if (PLX_UNLIKELY(m->data_len < ETHER_LEN))
		return slow_mac(m);
	return hash_ends(load_mac(bytes), load_mac(bytes + 6), KIND_MAC);
}

static PLX_NOINLINE uint32_t
slow_ip(const struct plx_mbuf *m)
{
	uint8_t buf[PLX_CLUSTER_KEY_BYTES];

	return parsed_ip(gather(m, buf));
}

static PLX_ALWAYS_INLINE uint32_t
key_ip(const struct plx_mbuf *m)
{
	const uint8_t *bytes = plx_mbuf_data(m);

	if (PLX_LIKELY(is_plain_ipv4(bytes, m->data_len)))
		return hash_ipv4(bytes + ETHER_LEN, 0, 0, 0);
	if (is_plain_ipv6(bytes, m->data_len))
		return hash_ipv6(bytes + ETHER_LEN, 0, 0, 0);
	return slow_ip(m);
}

static PLX_NOINLINE uint32_t
slow_tuple(const struct plx_mbuf *m)
{
	uint8_t buf[PLX_CLUSTER_KEY_BYTES];

	return parsed_tuple(gather(m, buf));
}

static PLX_ALWAYS_INLINE uint32_t
key_tuple(const struct plx_mbuf *m)
{
	uint32_t hash;

	if (PLX_LIKELY(plain_tuple(plx_mbuf_data(m), m->data_len, false, &hash)))
		return hash;
	return slow_tuple(m);
}

static PLX_NOINLINE uint32_t
slow_inner(const struct plx_mbuf *m)
{
	uint8_t buf[PLX_CLUSTER_KEY_BYTES];

	return parsed_inner(gather(m, buf));
}

static PLX_ALWAYS_INLINE uint32_t
key_inner(const struct plx_mbuf *m)
{
	uint32_t hash;

	if (PLX_LIKELY(plain_tuple(plx_mbuf_data(m), m->data_len, true, &hash)))
		return hash;
	return slow_inner(m);
}

static PLX_NOINLINE uint32_t
slow_protocol(const struct plx_mbuf *m)
{
	uint8_t buf[PLX_CLUSTER_KEY_BYTES];

	return parsed_protocol(gather(m, buf));
}

static PLX_ALWAYS_INLINE uint32_t
key_protocol(const struct plx_mbuf *m)
{
	const uint8_t *bytes = plx_mbuf_data(m), *ip = bytes + ETHER_LEN;

	if (PLX_LIKELY(is_plain_ipv4(bytes, m->data_len)) &&
	    (ip[9] == PLX_NET_PROTO_TCP || ip[9] == PLX_NET_PROTO_UDP))
		return hash_protocol(ip[9]);
	return slow_protocol(m);
}

static uint32_t
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

static PLX_NOINLINE uint32_t
slow_vlan(const struct plx_mbuf *m)
{
	uint8_t buf[PLX_CLUSTER_KEY_BYTES];
	struct headers h = gather(m, buf);

	return vlan_of(m, h.bytes, h.len);
}

static PLX_ALWAYS_INLINE uint32_t
key_vlan(const struct plx_mbuf *m)
{
	if (PLX_UNLIKELY(m->data_len < ETHER_LEN + sizeof(struct plx_net_vlan)))
		return slow_vlan(m);
	return vlan_of(m, plx_mbuf_data(m), m->data_len);
}

static PLX_NOINLINE uint32_t
slow_end(const struct plx_mbuf *m, bool src)
{
	uint8_t buf[PLX_CLUSTER_KEY_BYTES];

	return parsed_end(gather(m, buf), src);
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
	return slow_end(m, src);
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
