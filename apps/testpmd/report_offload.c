/* SPDX-License-Identifier: BSD-3-Clause */
/* Offloads in words: what a port can do, and what is in force. */
#include "report.h"

static const struct {
	uint32_t bit;
	const char *name;
} rx_names[] =
	{
		{PLX_ETH_RX_OFFLOAD_IPV4_CSUM, "ipv4-cksum"},
		{PLX_ETH_RX_OFFLOAD_UDP_CSUM, "udp-cksum"},
		{PLX_ETH_RX_OFFLOAD_TCP_CSUM, "tcp-cksum"},
		{PLX_ETH_RX_OFFLOAD_SCTP_CSUM, "sctp-cksum"},
		{PLX_ETH_RX_OFFLOAD_VLAN_STRIP, "vlan-strip"},
		{PLX_ETH_RX_OFFLOAD_VLAN_FILTER, "vlan-filter"},
		{PLX_ETH_RX_OFFLOAD_SCATTER, "scatter"},
		{PLX_ETH_RX_OFFLOAD_RSS_HASH, "rss-hash"},
		{PLX_ETH_RX_OFFLOAD_TIMESTAMP, "timestamp"},
		{PLX_ETH_RX_OFFLOAD_LRO, "lro"},
},
  tx_names[] = {
	  {PLX_ETH_TX_OFFLOAD_IPV4_CSUM, "ipv4-cksum"},
	  {PLX_ETH_TX_OFFLOAD_UDP_CSUM, "udp-cksum"},
	  {PLX_ETH_TX_OFFLOAD_TCP_CSUM, "tcp-cksum"},
	  {PLX_ETH_TX_OFFLOAD_SCTP_CSUM, "sctp-cksum"},
	  {PLX_ETH_TX_OFFLOAD_VLAN_INSERT, "vlan-insert"},
	  {PLX_ETH_TX_OFFLOAD_TCP_TSO, "tcp-tso"},
	  {PLX_ETH_TX_OFFLOAD_MULTI_SEGS, "multi-segs"},
};

static void
print_set(const char *title, uint32_t rx, uint32_t tx, FILE *out)
{
	fprintf(out, "Rx offloads %s:", title);
	for (unsigned i = 0; i < PLX_ARRAY_LEN(rx_names); i++)
		if ((rx & rx_names[i].bit) != 0)
			fprintf(out, " %s", rx_names[i].name);
	fprintf(out, "%s\nTx offloads %s:", rx == 0 ? " none" : "", title);
	for (unsigned i = 0; i < PLX_ARRAY_LEN(tx_names); i++)
		if ((tx & tx_names[i].bit) != 0)
			fprintf(out, " %s", tx_names[i].name);
	fprintf(out, "%s\n", tx == 0 ? " none" : "");
}

void
report_offloads(const struct plx_ethdev_info *info, FILE *out)
{
	print_set("possible", info->rx_offloads_capable, info->tx_offloads_capable, out);
	print_set("in force", info->rx_offloads, info->tx_offloads, out);
}
