/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys of frames that are not plain: put together if they lie in several pieces, and parsed. */
#include "cluster_key_priv.h"

#include "plx_net_hash.h"
#include "plx_net_parse.h"

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
parsed_protocol(struct headers h)
{
	struct plx_net_layer layer;

	if (!parse_outer(h, &layer))
		return 0;
	if (layer.l3 == PLX_NET_L3_NONE || layer.l3 == PLX_NET_L3_ARP)
		return hash_two(layer.ethertype, 0, KIND_ETHERTYPE);
	return hash_protocol(layer.proto);
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

uint32_t
key_slow_flow(const struct plx_mbuf *m)
{
	uint8_t buf[PLX_CLUSTER_KEY_BYTES];
	struct headers h = gather(m, buf);

	return plx_net_flow_hash(h.bytes, h.len);
}

uint32_t
key_slow_mac(const struct plx_mbuf *m)
{
	uint8_t buf[PLX_CLUSTER_KEY_BYTES];
	struct headers h = gather(m, buf);

	if (h.len < ETHER_LEN)
		return 0;
	return hash_ends(load_mac(h.bytes), load_mac(h.bytes + 6), KIND_MAC);
}

uint32_t
key_slow_ip(const struct plx_mbuf *m)
{
	uint8_t buf[PLX_CLUSTER_KEY_BYTES];

	return parsed_ip(gather(m, buf));
}

uint32_t
key_slow_tuple(const struct plx_mbuf *m)
{
	uint8_t buf[PLX_CLUSTER_KEY_BYTES];

	return parsed_tuple(gather(m, buf));
}

uint32_t
key_slow_inner(const struct plx_mbuf *m)
{
	uint8_t buf[PLX_CLUSTER_KEY_BYTES];

	return parsed_inner(gather(m, buf));
}

uint32_t
key_slow_protocol(const struct plx_mbuf *m)
{
	uint8_t buf[PLX_CLUSTER_KEY_BYTES];

	return parsed_protocol(gather(m, buf));
}

uint32_t
key_slow_vlan(const struct plx_mbuf *m)
{
	uint8_t buf[PLX_CLUSTER_KEY_BYTES];
	struct headers h = gather(m, buf);

	return vlan_of(m, h.bytes, h.len);
}

uint32_t
key_slow_end(const struct plx_mbuf *m, bool src)
{
	uint8_t buf[PLX_CLUSTER_KEY_BYTES];

	return parsed_end(gather(m, buf), src);
}
