/* SPDX-License-Identifier: BSD-3-Clause */
#include "verbose.h"

#include "prompt.h"

#include <pollux/plx_net_format.h>
#include <pollux/plx_net_parse.h>

#define SNAP 65562 /* bytes of a packet that are looked at: all, or it would seem to be cut */

static const struct {
	uint32_t bit;
	const char *name;
} flag_names[] = {
	{PLX_MBUF_RX_VLAN, "RX_VLAN"},
	{PLX_MBUF_RX_VLAN_STRIPPED, "RX_VLAN_STRIPPED"},
	{PLX_MBUF_RX_HASH, "RX_RSS_HASH"},
	{PLX_MBUF_RX_IP_CSUM_GOOD, "RX_IP_CKSUM_GOOD"},
	{PLX_MBUF_RX_IP_CSUM_BAD, "RX_IP_CKSUM_BAD"},
	{PLX_MBUF_RX_L4_CSUM_GOOD, "RX_L4_CKSUM_GOOD"},
	{PLX_MBUF_RX_L4_CSUM_BAD, "RX_L4_CKSUM_BAD"},
	{PLX_MBUF_RX_L4_CSUM_NONE, "RX_L4_CKSUM_NONE"},
	{PLX_MBUF_RX_TIMESTAMP, "RX_TIMESTAMP"},
	{PLX_MBUF_RX_OUTGOING, "RX_OUTGOING"},
	{PLX_MBUF_TX_IP_CSUM, "TX_IP_CKSUM"},
	{PLX_MBUF_TX_TCP_CSUM, "TX_TCP_CKSUM"},
	{PLX_MBUF_TX_UDP_CSUM, "TX_UDP_CKSUM"},
	{PLX_MBUF_TX_SCTP_CSUM, "TX_SCTP_CKSUM"},
	{PLX_MBUF_TX_IPV4, "TX_IPV4"},
	{PLX_MBUF_TX_IPV6, "TX_IPV6"},
	{PLX_MBUF_TX_TCP_SEG, "TX_TCP_SEG"},
	{PLX_MBUF_TX_VLAN, "TX_VLAN"},
};

static const char *const l2_names[] = {
	[PLX_NET_L2_ETHER] = "L2_ETHER",
	[PLX_NET_L2_VLAN] = "L2_ETHER_VLAN",
	[PLX_NET_L2_QINQ] = "L2_ETHER_QINQ",
	[PLX_NET_L2_MPLS] = "L2_ETHER_MPLS",
};
static const char *const l3_names[] = {
	[PLX_NET_L3_IPV4] = "L3_IPV4",	   [PLX_NET_L3_IPV4_OPT] = "L3_IPV4_EXT",
	[PLX_NET_L3_IPV6] = "L3_IPV6",	   [PLX_NET_L3_IPV6_EXT] = "L3_IPV6_EXT",
	[PLX_NET_L3_ARP] = "L2_ETHER_ARP",
};
static const char *const l4_names[] = {
	[PLX_NET_L4_TCP] = "L4_TCP",	   [PLX_NET_L4_UDP] = "L4_UDP",
	[PLX_NET_L4_SCTP] = "L4_SCTP",	   [PLX_NET_L4_ICMP] = "L4_ICMP",
	[PLX_NET_L4_FRAGMENT] = "L4_FRAG",
};

static void
print_name(const char *const *names, unsigned n, unsigned value, FILE *out)
{
	if (value < n && names[value] != NULL)
		fprintf(out, " %s", names[value]);
}

/* What our parser makes of it: DPDK's "sw ptype". */
static void
print_type(const uint8_t *bytes, uint32_t len, FILE *out)
{
	struct plx_net_packet packet;
	const struct plx_net_layer *layer = &packet.layers[0];

	plx_net_parse(bytes, len, &packet);
	fprintf(out, " - sw ptype:");
	if (packet.nb_layers == 0) {
		fprintf(out, " UNKNOWN");
		return;
	}
	print_name(l2_names, PLX_ARRAY_LEN(l2_names), layer->l2, out);
	print_name(l3_names, PLX_ARRAY_LEN(l3_names), layer->l3, out);
	print_name(l4_names, PLX_ARRAY_LEN(l4_names), layer->l4, out);
	fprintf(out, " - l2_len=%u", layer->l3_off - layer->l2_off);
	if (layer->l4_off > layer->l3_off)
		fprintf(out, " - l3_len=%u", layer->l4_off - layer->l3_off);
	if (layer->l4 != PLX_NET_L4_NONE && layer->payload_off > layer->l4_off)
		fprintf(out, " - l4_len=%u", layer->payload_off - layer->l4_off);
}

static void
print_flags(const struct plx_mbuf *m, FILE *out)
{
	fprintf(out, "\n  ol_flags:");
	for (unsigned i = 0; i < PLX_ARRAY_LEN(flag_names); i++) {
		if ((m->ol_flags & flag_names[i].bit) != 0)
			fprintf(out, " %s", flag_names[i].name);
	}
	fprintf(out, "%s\n", (m->ol_flags & ~PLX_MBUF_APP) == 0 ? " none" : "");
}

static void
print_packet(const struct plx_mbuf *m, uint16_t queue, bool received, FILE *out)
{
	const uint32_t len = m->pkt_len < SNAP ? m->pkt_len : SNAP;
	char src[PLX_NET_MAC_TEXT], dst[PLX_NET_MAC_TEXT], flow[PLX_NET_FORMAT_TEXT];
	uint8_t room[SNAP];
	const uint8_t *bytes = plx_mbuf_read(m, 0, len, room);

	if (bytes == NULL || len < 14) {
		fprintf(out, "  length=%u - nb_segs=%u - too short for an Ethernet header\n",
			m->pkt_len, m->nb_segs);
		return;
	}
	fprintf(out, "  src=%s - dst=%s - pool=%s - type=0x%02x%02x - length=%u - nb_segs=%u",
		plx_net_mac_format(bytes + 6, src), plx_net_mac_format(bytes, dst),
		plx_pool_name(plx_mbuf_pool(m)), bytes[12], bytes[13], m->pkt_len, m->nb_segs);
	if ((m->ol_flags & PLX_MBUF_RX_HASH) != 0)
		fprintf(out, " - RSS hash=0x%x - RSS queue=0x%x", m->hash, queue);
	if ((m->ol_flags & PLX_MBUF_RX_VLAN) != 0)
		fprintf(out, " - VLAN tci=0x%x", m->vlan_tci);
	print_type(bytes, len, out);
	plx_net_format(bytes, len, flow, sizeof(flow));
	fprintf(out, " - %s queue=0x%x\n  %s", received ? "Receive" : "Send", queue, flow);
	print_flags(m, out);
}

void
verbose_print(uint16_t port, uint16_t queue, bool received, struct plx_mbuf *const *pkts,
	      uint16_t n, FILE *out)
{
	if (n == 0)
		return;
	flockfile(out); /* several lcores may print: a burst stays together */
	prompt_leave(out);
	fprintf(out, "port %u/queue %u: %s %u packets\n", port, queue,
		received ? "received" : "sent", n);
	for (uint16_t i = 0; i < n; i++)
		print_packet(pkts[i], queue, received, out);
	funlockfile(out);
}
