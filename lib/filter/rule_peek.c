/* SPDX-License-Identifier: BSD-3-Clause */
/* Most frames are TCP or UDP over IP with nothing around: what rules want to know of these is read where it lies. */
#include "rule_priv.h"

#include "plx_byteorder.h"
#include "plx_net_wire.h"

#define ETHER_LEN ((uint32_t)sizeof(struct plx_net_ether))

/* The least that plx_net_parse wants of a TCP or UDP header to believe its ports; UINT32_MAX for other protocols. */
static inline uint32_t
ports_need(uint8_t proto)
{
	return proto == PLX_NET_PROTO_TCP   ? (uint32_t)sizeof(struct plx_net_tcp)
	       : proto == PLX_NET_PROTO_UDP ? (uint32_t)sizeof(struct plx_net_udp)
					    : UINT32_MAX;
}

static inline bool
peek_transport(const uint8_t *l4, uint32_t len, uint8_t proto, struct rule_facts *ret)
{
	if (len < ports_need(proto) ||
	    (proto == PLX_NET_PROTO_TCP && l4[offsetof(struct plx_net_tcp, data_offset)] < 0x50))
		return false;
	ret->hashed = false;
	ret->l3_off = ETHER_LEN;
	ret->values[RULE_DIM_VLAN] = 0;
	ret->values[RULE_DIM_PROTO] = proto;
	ret->values[RULE_DIM_SRC_PORT] = plx_load_be16(l4);
	ret->values[RULE_DIM_DST_PORT] = plx_load_be16(l4 + 2);
	return true;
}

static inline bool
peek_ipv4(const uint8_t *ip, uint32_t len, struct rule_facts *ret)
{
	const uint32_t header = sizeof(struct plx_net_ipv4);
	uint32_t ip_len = plx_load_be16(ip + 2);

	if (ip[0] != 0x45 || (plx_load_be16(ip + 6) & ~PLX_NET_IPV4_DF) != 0 || ip_len < header ||
	    ip_len > len || !peek_transport(ip + header, ip_len - header, ip[9], ret))
		return false;
	ret->family = RULE_IPV4;
	ret->values[RULE_DIM_ETHERTYPE] = PLX_NET_ETHERTYPE_IPV4;
	ret->src = plx_load_be32(ip + offsetof(struct plx_net_ipv4, src));
	ret->dst = plx_load_be32(ip + offsetof(struct plx_net_ipv4, dst));
	return true;
}

static inline bool
peek_ipv6(const uint8_t *ip, uint32_t len, struct rule_facts *ret)
{
	const uint32_t header = sizeof(struct plx_net_ipv6);
	uint32_t ip_len = plx_load_be16(ip + 4);

	if (ip[0] >> 4 != 6 || ip_len > len - header ||
	    !peek_transport(ip + header, ip_len, ip[6], ret))
		return false;
	ret->family = RULE_IPV6;
	ret->values[RULE_DIM_ETHERTYPE] = PLX_NET_ETHERTYPE_IPV6;
	ret->src = plx_load_be64(ip + offsetof(struct plx_net_ipv6, src));
	ret->dst = plx_load_be64(ip + offsetof(struct plx_net_ipv6, dst));
	return true;
}

bool
rule_facts_peek(const struct plx_filter_packet *packet, struct rule_facts *ret)
{
	const uint8_t *bytes = packet->bytes;
	uint32_t len = packet->caplen;

	if (len < ETHER_LEN + sizeof(struct plx_net_ipv6))
		return false;
	switch (plx_load_be16(bytes + offsetof(struct plx_net_ether, ethertype))) {
	case PLX_NET_ETHERTYPE_IPV4:
		return peek_ipv4(bytes + ETHER_LEN, len - ETHER_LEN, ret);
	case PLX_NET_ETHERTYPE_IPV6:
		return peek_ipv6(bytes + ETHER_LEN, len - ETHER_LEN, ret);
	default:
		return false;
	}
}
