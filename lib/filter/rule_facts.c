/* SPDX-License-Identifier: BSD-3-Clause */
/* What rules want to know of a packet, and the conditions that are looked at one by one. */
#include "rule_priv.h"

#include "plx_byteorder.h"
#include "plx_net_hash.h"

#include <string.h>

static bool
has_ports(const struct plx_net_layer *layer)
{
	return layer->l4 == PLX_NET_L4_TCP || layer->l4 == PLX_NET_L4_UDP ||
	       layer->l4 == PLX_NET_L4_SCTP;
}

static const uint8_t *
ip_source(const uint8_t *ip, bool ipv6)
{
	return ip +
	       (ipv6 ? offsetof(struct plx_net_ipv6, src) : offsetof(struct plx_net_ipv4, src));
}

static const uint8_t *
src_ip(const struct plx_filter_packet *packet, bool ipv6)
{
	return ip_source(packet->bytes + packet->parsed->layers[0].l3_off, ipv6);
}

void
rule_facts_make(const struct plx_filter_packet *packet, struct rule_facts *ret)
{
	const struct plx_net_layer *layer = &packet->parsed->layers[0];
	const uint8_t *ip;

	ret->hashed = false;
	ret->family = RULE_NO_IP;
	ret->l3_off = 0;
	ret->values[RULE_DIM_VLAN] = 0;
	ret->values[RULE_DIM_ETHERTYPE] = RULE_NO_ETHERTYPE;
	ret->values[RULE_DIM_PROTO] = RULE_NO_PROTO;
	ret->values[RULE_DIM_SRC_PORT] = ret->values[RULE_DIM_DST_PORT] = RULE_NO_PORT;
	if (packet->parsed->nb_layers == 0)
		return;
	if (layer->nb_vlans > 0)
		ret->values[RULE_DIM_VLAN] = layer->vlan_tci[0] & PLX_NET_VLAN_ID_MASK;
	ret->values[RULE_DIM_ETHERTYPE] = layer->ethertype;
	if (plx_net_layer_is_ipv4(layer)) {
		ip = src_ip(packet, false);
		ret->family = RULE_IPV4;
		ret->src = plx_load_be32(ip);
		ret->dst = plx_load_be32(ip + PLX_NET_IPV4_LEN);
	} else if (plx_net_layer_is_ipv6(layer)) {
		ip = src_ip(packet, true);
		ret->family = RULE_IPV6;
		ret->src = plx_load_be64(ip);
		ret->dst = plx_load_be64(ip + PLX_NET_IPV6_LEN);
	} else {
		return;
	}
	ret->l3_off = layer->l3_off;
	ret->values[RULE_DIM_PROTO] = layer->proto;
	if (has_ports(layer)) {
		ret->values[RULE_DIM_SRC_PORT] = layer->src_port;
		ret->values[RULE_DIM_DST_PORT] = layer->dst_port;
	}
}

uint32_t
rule_facts_hash(const struct plx_filter_packet *packet, struct rule_facts *facts)
{
	if (!facts->hashed)
		facts->hash = plx_net_flow_hash_packet(packet->bytes, packet->parsed);
	facts->hashed = true;
	return facts->hash;
}

/* -- flows of exact rules ---------------------------------------------------------------------------- */

static void
key_ends(struct rule_flow *flow, const uint64_t src[2], const uint64_t dst[2], uint16_t src_port,
	 uint16_t dst_port)
{
	struct rule_key *key = &flow->key;
	int order = src[0] != dst[0]	   ? (src[0] < dst[0] ? -1 : 1)
		    : src[1] != dst[1]	   ? (src[1] < dst[1] ? -1 : 1)
		    : src_port != dst_port ? (src_port < dst_port ? -1 : 1)
					   : 0;
	bool swap = order > 0;

	memcpy(key->a, swap ? dst : src, sizeof(key->a));
	memcpy(key->b, swap ? src : dst, sizeof(key->b));
	key->a_port = swap ? dst_port : src_port;
	key->b_port = swap ? src_port : dst_port;
	flow->direction = order == 0 ? RULE_EXACT_BOTH
			  : swap     ? RULE_EXACT_B_TO_A
				     : RULE_EXACT_A_TO_B;
}

static void
load_ip(const uint8_t *ip, bool ipv6, uint64_t ret[2])
{
	ret[0] = ipv6 ? plx_load_be64(ip) : 0;
	ret[1] = ipv6 ? plx_load_be64(ip + 8) : plx_load_be32(ip);
}

static void
fill_flow(struct rule_flow *flow, bool ipv6, const uint8_t *src, const uint8_t *dst,
	  uint16_t src_port, uint16_t dst_port)
{
	uint64_t from[2], to[2];

	load_ip(src, ipv6, from);
	load_ip(dst, ipv6, to);
	key_ends(flow, from, to, src_port, dst_port);
	flow->key.version = ipv6 ? 6 : 4;
}

/* The flow hash leaves out the VLAN and the protocol: without them all VLANs would meet in one place. */
static uint32_t
table_hash(uint32_t flow_hash, const struct rule_key *key)
{
	return flow_hash ^ ((uint32_t)key->vlan << 8 | key->proto) * 0x9e3779b1u;
}

bool
rule_flow_of_packet(const struct plx_filter_packet *packet, const struct rule_facts *facts,
		    struct rule_flow *ret)
{
	bool ipv6 = facts->family == RULE_IPV6;
	uint64_t src_port = facts->values[RULE_DIM_SRC_PORT];
	uint64_t dst_port = facts->values[RULE_DIM_DST_PORT];
	const uint8_t *src, *dst;
	uint32_t hash;

	if (facts->family == RULE_NO_IP)
		return false;
	src = ip_source(packet->bytes + facts->l3_off, ipv6);
	dst = src + (ipv6 ? PLX_NET_IPV6_LEN : PLX_NET_IPV4_LEN);
	if (src_port == RULE_NO_PORT)
		src_port = dst_port = 0;
	fill_flow(ret, ipv6, src, dst, (uint16_t)src_port, (uint16_t)dst_port);
	ret->key.vlan = (uint16_t)facts->values[RULE_DIM_VLAN];
	ret->key.proto = (uint8_t)facts->values[RULE_DIM_PROTO];
	hash = plx_net_flow_hash_tuple(ipv6, src, dst, (uint16_t)src_port, (uint16_t)dst_port);
	ret->hash = table_hash(hash, &ret->key);
	return true;
}

void
rule_flow_of_exact(const struct plx_filter_exact *exact, struct rule_flow *ret)
{
	bool ipv6 = exact->ip_version == 6;

	fill_flow(ret, ipv6, exact->src_ip, exact->dst_ip, exact->src_port, exact->dst_port);
	ret->key.vlan = exact->vlan;
	ret->key.proto = exact->proto;
	ret->hash = table_hash(plx_net_flow_hash_tuple(ipv6, exact->src_ip, exact->dst_ip,
						       exact->src_port, exact->dst_port),
			       &ret->key);
}

/* -- conditions -------------------------------------------------------------------------------------- */

static bool
masked_equal(const uint8_t *bytes, const uint8_t *value, const uint8_t *mask, unsigned n)
{
	uint8_t differ = 0;

	for (unsigned i = 0; i < n; i++)
		differ |= (uint8_t)((bytes[i] ^ value[i]) & mask[i]);
	return differ == 0;
}

static bool
macs_hold(const struct plx_filter_rule *rule, bool reversed, const struct plx_filter_packet *packet)
{
	const struct plx_net_packet *parsed = packet->parsed;
	const uint8_t *dst, *src;

	if (parsed->nb_layers == 0 || !(parsed->layers[0].flags & PLX_NET_FLAG_ETHER))
		return false;
	dst = packet->bytes + parsed->layers[0].l2_off + (reversed ? PLX_NET_MAC_LEN : 0);
	src = packet->bytes + parsed->layers[0].l2_off + (reversed ? 0 : PLX_NET_MAC_LEN);
	if ((rule->has & PLX_FILTER_HAS_SRC_MAC) &&
	    !masked_equal(src, rule->src_mac, rule->src_mac_mask, PLX_NET_MAC_LEN))
		return false;
	return !(rule->has & PLX_FILTER_HAS_DST_MAC) ||
	       masked_equal(dst, rule->dst_mac, rule->dst_mac_mask, PLX_NET_MAC_LEN);
}

/* The rule has an IP version, and the packet is of it. */
static bool
ips_hold(const struct plx_filter_rule *rule, bool reversed, const struct plx_filter_packet *packet)
{
	bool ipv6 = rule->ip_version == 6;
	unsigned len = ipv6 ? PLX_NET_IPV6_LEN : PLX_NET_IPV4_LEN;
	const uint8_t *src = src_ip(packet, ipv6) + (reversed ? len : 0);
	const uint8_t *dst = src_ip(packet, ipv6) + (reversed ? 0 : len);

	if ((rule->has & PLX_FILTER_HAS_SRC_IP) &&
	    !masked_equal(src, rule->src_ip, rule->src_ip_mask, len))
		return false;
	return !(rule->has & PLX_FILTER_HAS_DST_IP) ||
	       masked_equal(dst, rule->dst_ip, rule->dst_ip_mask, len);
}

static bool
payload_holds(const struct plx_filter_rule *rule, const struct plx_filter_packet *packet)
{
	const struct plx_net_layer *layer = &packet->parsed->layers[0];

	if (packet->parsed->nb_layers == 0 || layer->payload_off == 0 ||
	    layer->end <= layer->payload_off)
		return false;
	return memmem(packet->bytes + layer->payload_off, layer->end - layer->payload_off,
		      rule->pattern, rule->pattern_len) != NULL;
}

bool
rule_place_holds(const struct rule_place *place, const struct plx_filter_packet *packet,
		 struct rule_facts *facts)
{
	const struct rule_wild *wild = place->wild;
	const struct plx_filter_rule *rule = &wild->rule;
	unsigned checks = place->checks;

	if ((checks & RULE_CHECK_MAC) && !macs_hold(rule, place->reversed, packet))
		return false;
	if ((checks & RULE_CHECK_IP) && !ips_hold(rule, place->reversed, packet))
		return false;
	if ((checks & RULE_CHECK_BALANCE) &&
	    rule_facts_hash(packet, facts) % rule->balance_pool != rule->balance_id)
		return false;
	if ((checks & RULE_CHECK_PAYLOAD) && !payload_holds(rule, packet))
		return false;
	if ((checks & RULE_CHECK_BPF) &&
	    plx_filter_match(wild->bpf, packet->bytes, packet->caplen, packet->wirelen) == 0)
		return false;
	return !(checks & RULE_CHECK_PLUGIN) ||
	       wild->plugin->ops->filter(wild->plugin->state, packet);
}
