/* SPDX-License-Identifier: BSD-3-Clause */
#include "port_options.h"

#include <pollux/plx_kvargs.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The names of DPDK's bits, the lowest first; "" for what goes without saying here. */
static const char *const dpdk_rx_bits[64] = {
	[0] = "vlan_strip",  [1] = "ipv4_cksum",  [2] = "udp_cksum", [3] = "tcp_cksum",
	[4] = "tcp_lro",     [9] = "vlan_filter", [13] = "scatter",  [14] = "timestamp",
	[17] = "sctp_cksum", [19] = "rss_hash",
};
static const char *const dpdk_tx_bits[64] = {
	[0] = "vlan_insert", [1] = "ipv4_cksum", [2] = "udp_cksum",   [3] = "tcp_cksum",
	[4] = "sctp_cksum",  [5] = "tcp_tso",	 [15] = "multi_segs", [16] = "",
};

/* "0x8006" into bits. */
static int
read_dpdk_bits(const char *option, enum plx_ethdev_names names, const char *text, uint32_t *bits,
	       struct plx_why *why)
{
	const char *const *words = names == PLX_ETHDEV_RX_OFFLOADS ? dpdk_rx_bits : dpdk_tx_bits;
	uint64_t asked;

	if (plx_kvargs_uint(text, 0, UINT64_MAX, &asked) != 0)
		return plx_why(why, -EINVAL, "%s %s: a number of at most 64 bits is expected",
			       option, text);
	for (unsigned bit = 0; bit < 64; bit++) {
		if ((asked >> bit & 1) == 0)
			continue;
		if (words[bit] == NULL)
			return plx_why(why, -ENOTSUP,
				       "%s %s: what DPDK means by bit %u is not here; --help lists "
				       "names that may stand instead",
				       option, text, bit);
		*bits |= plx_ethdev_bit_by_name(names, words[bit]);
	}
	return 0;
}

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
read_offloads(const char *option, enum plx_ethdev_names names, const char *text, uint32_t *bits,
	      struct plx_why *why)
{
	if (text != NULL && strncmp(text, "0x", 2) == 0)
		return read_dpdk_bits(option, names, text, bits, why);
	return read_names(option, names, text, bits, why);
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
	int ret = read_offloads("--rx-offloads", PLX_ETHDEV_RX_OFFLOADS, options->rx_names,
				&options->rx_offloads, why);

	if (ret == 0)
		ret = read_offloads("--tx-offloads", PLX_ETHDEV_TX_OFFLOADS, options->tx_names,
				    &options->tx_offloads, why);
	if (options->rx_cksum)
		options->rx_offloads |= PLX_ETH_RX_OFFLOAD_IPV4_CSUM | PLX_ETH_RX_OFFLOAD_UDP_CSUM |
					PLX_ETH_RX_OFFLOAD_TCP_CSUM;
	options->rx_offloads |= (options->scatter ? PLX_ETH_RX_OFFLOAD_SCATTER : 0) |
				(options->vlan_strip ? PLX_ETH_RX_OFFLOAD_VLAN_STRIP : 0) |
				(options->vlan_filter ? PLX_ETH_RX_OFFLOAD_VLAN_FILTER : 0) |
				(options->rx_timestamp ? PLX_ETH_RX_OFFLOAD_TIMESTAMP : 0) |
				(options->lro ? PLX_ETH_RX_OFFLOAD_LRO : 0);
	return ret == 0 ? read_rss(options, why) : ret;
}
