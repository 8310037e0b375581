/* SPDX-License-Identifier: BSD-3-Clause */
#include "port_options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* "a,b,c" into bits. */
static int
read_names(const char *option, enum plx_ethdev_names names, const char *text, uint32_t *bits,
	   struct plx_why *why)
{
	char name[32], there[256];

	while (text != NULL && *text != '\0') {
		size_t len = strcspn(text, ",");
		uint32_t bit;

		snprintf(name, sizeof(name), "%.*s", (int)(len < sizeof(name) ? len : 0), text);
		bit = plx_ethdev_bit_by_name(names, name);
		if (bit == 0)
			return plx_why(
				why, -EINVAL,
				"%s: \"%.*s\" is no offload; names with commas between are "
				"expected: %s",
				option, (int)len, text,
				plx_ethdev_bits_text(names, UINT32_MAX, there, sizeof(there)));
		*bits |= bit;
		text += len + (text[len] == ',');
	}
	return 0;
}

static int
read_rss(struct port_options *options, struct plx_why *why)
{
	if (options->disable_rss + options->rss_ip + options->rss_udp > 1)
		return plx_why(why, -EINVAL,
			       "--disable-rss, --rss-ip and --rss-udp contradict one another; give "
			       "one of them");
	options->rss = options->disable_rss || options->rss_ip || options->rss_udp;
	if (options->rss_ip)
		options->rss_types = PLX_ETH_RSS_IPV4 | PLX_ETH_RSS_IPV6;
	if (options->rss_udp)
		options->rss_types = PLX_ETH_RSS_UDP;
	return 0;
}

int
port_options_read(struct port_options *options, struct plx_why *why)
{
	int ret = read_names("--rx-offloads", PLX_ETHDEV_RX_OFFLOADS, options->rx_names,
			     &options->rx_offloads, why);

	if (ret == 0)
		ret = read_names("--tx-offloads", PLX_ETHDEV_TX_OFFLOADS, options->tx_names,
				 &options->tx_offloads, why);
	if (options->rx_cksum)
		options->rx_offloads |= PLX_ETH_RX_OFFLOAD_IPV4_CSUM | PLX_ETH_RX_OFFLOAD_UDP_CSUM |
					PLX_ETH_RX_OFFLOAD_TCP_CSUM;
	options->rx_offloads |= (options->scatter ? PLX_ETH_RX_OFFLOAD_SCATTER : 0) |
				(options->vlan_strip ? PLX_ETH_RX_OFFLOAD_VLAN_STRIP : 0) |
				(options->rx_timestamp ? PLX_ETH_RX_OFFLOAD_TIMESTAMP : 0) |
				(options->lro ? PLX_ETH_RX_OFFLOAD_LRO : 0);
	return ret == 0 ? read_rss(options, why) : ret;
}
