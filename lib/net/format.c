/* SPDX-License-Identifier: BSD-3-Clause */
#include "plx_net_format.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A line being written: `len` runs on past the end of the buffer, as the value of snprintf does. */
struct line {
	char *buf;
	size_t size;
	size_t len;
};

static void PLX_PRINTF(2, 3) put(struct line *line, const char *format, ...)
{
	bool full = line->len >= line->size;
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(full ? NULL : line->buf + line->len, full ? 0 : line->size - line->len,
			format, args);
	va_end(args);
	if (len > 0)
		line->len += (size_t)len;
}

char *
plx_net_mac_format(const uint8_t mac[PLX_NET_MAC_LEN], char ret_text[PLX_NET_MAC_TEXT])
{
	snprintf(ret_text, PLX_NET_MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
		 mac[2], mac[3], mac[4], mac[5]);
	return ret_text;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int
plx_net_mac_parse(const char *text, uint8_t ret_mac[PLX_NET_MAC_LEN])
{
	uint8_t mac[PLX_NET_MAC_LEN];

	for (unsigned i = 0; i < PLX_NET_MAC_LEN; i++) {
		int high = hex_digit(*text), low;

		if (high < 0)
			return -EINVAL;
		low = hex_digit(*++text);
		mac[i] = (uint8_t)(low < 0 ? high : high << 4 | low);
		if (low >= 0)
			text++;
		if (i == PLX_NET_MAC_LEN - 1)
			break;
		if (*text != ':' && *text != '-')
			return -EINVAL;
		text++;
	}
	if (*text != '\0')
		return -EINVAL;
	memcpy(ret_mac, mac, sizeof(mac));
	return 0;
}

static void
put_end(struct line *line, int family, const uint8_t *address, bool with_port, uint16_t port)
{
	char text[PLX_NET_ADDRESS_TEXT];

	put(line, "%s", inet_ntop(family, address, text, sizeof(text)));
	if (with_port)
		put(line, ".%u", port);
}

static void
put_protocol(struct line *line, const struct plx_net_layer *layer)
{
	static const char *const names[256] = {
		[PLX_NET_PROTO_ICMP] = "ICMP",	   [PLX_NET_PROTO_IGMP] = "IGMP",
		[PLX_NET_PROTO_TCP] = "TCP",	   [PLX_NET_PROTO_UDP] = "UDP",
		[PLX_NET_PROTO_GRE] = "GRE",	   [PLX_NET_PROTO_ESP] = "ESP",
		[PLX_NET_PROTO_ICMPV6] = "ICMPv6", [PLX_NET_PROTO_SCTP] = "SCTP",
		[PLX_NET_PROTO_IPIP] = "IPv4",	   [PLX_NET_PROTO_IPV6] = "IPv6",
	};

	if (names[layer->proto] != NULL)
		put(line, " %s", names[layer->proto]);
	else
		put(line, " proto %u", layer->proto);
	if (layer->flags & PLX_NET_FLAG_FRAGMENT)
		put(line, " fragment %u", layer->frag_off);
}

static void
put_ip(struct line *line, const uint8_t *bytes, const struct plx_net_layer *layer)
{
	bool ipv4 = plx_net_layer_is_ipv4(layer);
	const uint8_t *src =
		bytes + layer->l3_off +
		(ipv4 ? offsetof(struct plx_net_ipv4, src) : offsetof(struct plx_net_ipv6, src));
	bool ports = layer->l4 == PLX_NET_L4_TCP || layer->l4 == PLX_NET_L4_UDP ||
		     layer->l4 == PLX_NET_L4_SCTP;
	int family = ipv4 ? AF_INET : AF_INET6;

	put_end(line, family, src, ports, layer->src_port);
	put(line, " > ");
	put_end(line, family, src + (ipv4 ? PLX_NET_IPV4_LEN : PLX_NET_IPV6_LEN), ports,
		layer->dst_port);
	put_protocol(line, layer);
}

static void
put_layer(struct line *line, const uint8_t *bytes, const struct plx_net_layer *layer)
{
	const struct plx_net_arp *arp = (const struct plx_net_arp *)(bytes + layer->l3_off);
	const struct plx_net_ether *ether = (const struct plx_net_ether *)(bytes + layer->l2_off);
	char src[PLX_NET_MAC_TEXT], dst[PLX_NET_MAC_TEXT];

	if (layer->l3 == PLX_NET_L3_ARP) {
		put_end(line, AF_INET, arp->spa, false, 0);
		put(line, " > ");
		put_end(line, AF_INET, arp->tpa, false, 0);
		put(line, " ARP");
	} else if (layer->l3 != PLX_NET_L3_NONE) {
		put_ip(line, bytes, layer);
	} else {
		put(line, "%s > %s ethertype 0x%04x", plx_net_mac_format(ether->src, src),
		    plx_net_mac_format(ether->dst, dst), layer->ethertype);
	}
}

static void
put_flow(struct line *line, const uint8_t *bytes, const struct plx_net_packet *packet)
{
	for (unsigned i = packet->nb_layers; i > 0; i--) {
		const struct plx_net_layer *layer = &packet->layers[i - 1];

		if (layer->l3 != PLX_NET_L3_NONE || layer->flags & PLX_NET_FLAG_ETHER) {
			put_layer(line, bytes, layer);
			return;
		}
	}
	put(line, "no Ethernet header");
}

int
plx_net_format_flow(const uint8_t *bytes, const struct plx_net_packet *packet, char *buf,
		    size_t size)
{
	struct line line = {buf, size, 0};

	put_flow(&line, bytes, packet);
	return (int)line.len;
}

static void
put_around(struct line *line, const struct plx_net_layer *layer)
{
	static const char *const tunnels[] = {
		[PLX_NET_TUNNEL_IPIP] = "IPIP",	    [PLX_NET_TUNNEL_GRE] = "GRE",
		[PLX_NET_TUNNEL_TEB] = "GRE",	    [PLX_NET_TUNNEL_VXLAN] = "VXLAN",
		[PLX_NET_TUNNEL_GENEVE] = "Geneve", [PLX_NET_TUNNEL_GTPU] = "GTP-U",
	};

	for (unsigned i = 0; i < layer->nb_vlans && i < PLX_ARRAY_LEN(layer->vlan_tci); i++)
		put(line, "vlan %u ", layer->vlan_tci[i] & PLX_NET_VLAN_ID_MASK);
	if (layer->tunnel != PLX_NET_TUNNEL_NONE)
		put(line, "%s %u: ", tunnels[layer->tunnel], layer->tunnel_id);
}

int
plx_net_format(const uint8_t *bytes, size_t len, char *buf, size_t size)
{
	struct line line = {buf, size, 0};
	struct plx_net_packet packet;

	plx_net_parse(bytes, len, &packet);
	for (unsigned i = 0; i < packet.nb_layers; i++)
		put_around(&line, &packet.layers[i]);
	put_flow(&line, bytes, &packet);
	put(&line, " %zu bytes", len);
	if (packet.malformed != PLX_NET_GOOD)
		put(&line, ", malformed at %u: %s", packet.malformed_off,
		    plx_net_malformed_text(packet.malformed));
	return (int)line.len;
}
