/* SPDX-License-Identifier: BSD-3-Clause */
/* The one table of words for offloads and hash types: DPDK's. */
#include "plx_ethdev.h"

#include <stdio.h>
#include <strings.h>

struct bit_name {
	uint32_t bit;
	const char *name;
};

static const struct bit_name rx_names[] = {
	{PLX_ETH_RX_OFFLOAD_IPV4_CSUM, "ipv4_cksum"},
	{PLX_ETH_RX_OFFLOAD_UDP_CSUM, "udp_cksum"},
	{PLX_ETH_RX_OFFLOAD_TCP_CSUM, "tcp_cksum"},
	{PLX_ETH_RX_OFFLOAD_SCTP_CSUM, "sctp_cksum"},
	{PLX_ETH_RX_OFFLOAD_VLAN_STRIP, "vlan_strip"},
	{PLX_ETH_RX_OFFLOAD_VLAN_FILTER, "vlan_filter"},
	{PLX_ETH_RX_OFFLOAD_SCATTER, "scatter"},
	{PLX_ETH_RX_OFFLOAD_RSS_HASH, "rss_hash"},
	{PLX_ETH_RX_OFFLOAD_TIMESTAMP, "timestamp"},
	{PLX_ETH_RX_OFFLOAD_LRO, "tcp_lro"},
	{0, NULL},
};

static const struct bit_name tx_names[] = {
	{PLX_ETH_TX_OFFLOAD_IPV4_CSUM, "ipv4_cksum"},
	{PLX_ETH_TX_OFFLOAD_UDP_CSUM, "udp_cksum"},
	{PLX_ETH_TX_OFFLOAD_TCP_CSUM, "tcp_cksum"},
	{PLX_ETH_TX_OFFLOAD_SCTP_CSUM, "sctp_cksum"},
	{PLX_ETH_TX_OFFLOAD_VLAN_INSERT, "vlan_insert"},
	{PLX_ETH_TX_OFFLOAD_TCP_TSO, "tcp_tso"},
	{PLX_ETH_TX_OFFLOAD_MULTI_SEGS, "multi_segs"},
	{0, NULL},
};

static const struct bit_name rss_names[] = {
	{PLX_ETH_RSS_IPV4, "ipv4"}, {PLX_ETH_RSS_IPV6, "ipv6"}, {PLX_ETH_RSS_TCP, "tcp"},
	{PLX_ETH_RSS_UDP, "udp"},   {PLX_ETH_RSS_SCTP, "sctp"}, {0, NULL},
};

static const struct bit_name *
table(enum plx_ethdev_names names)
{
	switch (names) {
	case PLX_ETHDEV_RX_OFFLOADS:
		return rx_names;
	case PLX_ETHDEV_TX_OFFLOADS:
		return tx_names;
	case PLX_ETHDEV_RSS_TYPES:
		break;
	}
	return rss_names;
}

uint32_t
plx_ethdev_bit_by_name(enum plx_ethdev_names names, const char *name)
{
	const struct bit_name *row = table(names);

	while (row->name != NULL && strcasecmp(row->name, name) != 0)
		row++;
	return row->bit;
}

const char *
plx_ethdev_bit_name(enum plx_ethdev_names names, unsigned i)
{
	const struct bit_name *row = table(names);

	while (row->name != NULL && (i >= 32 || row->bit != 1u << i))
		row++;
	return row->name;
}

const char *
plx_ethdev_bits_text(enum plx_ethdev_names names, uint32_t bits, char *ret_text, size_t size)
{
	size_t used = 0;

	snprintf(ret_text, size, "%s", bits == 0 ? "none" : "");
	for (const struct bit_name *row = table(names); row->name != NULL && used < size; row++) {
		if ((bits & row->bit) != 0)
			used += (size_t)snprintf(ret_text + used, size - used, "%s%s",
						 used > 0 ? " " : "", row->name);
	}
	return ret_text;
}
