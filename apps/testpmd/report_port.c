/* SPDX-License-Identifier: BSD-3-Clause */
/* show port ...: one port's facts and figures. */
#include "report.h"

#include "ledger.h"
#include "port_words.h"
#include "rates.h"
#include "xstats.h"

#include <inttypes.h>
#include <stdlib.h>

static const char *
on_off(int flag)
{
	return flag > 0 ? "enabled" : "disabled";
}

static void
print_link(uint16_t port, FILE *out)
{
	struct plx_ethdev_link link = {0};

	plx_ethdev_link(port, &link);
	fprintf(out, "Link status: %s\n", link.up ? "up" : "down");
	fprintf(out, "Link speed: %s\nLink duplex: %s-duplex\nAutoneg status: %s\n",
		words_speed(link.speed_mbps).text, link.full_duplex ? "full" : "half",
		link.autoneg ? "On" : "Off");
}

static void
print_rss(const struct plx_ethdev_info *info, FILE *out)
{
	char types[64];

	if (info->reta_size == 0)
		return;
	fprintf(out, "Hash key size in bytes: %u\nRedirection table size: %u\n", info->rss_key_size,
		info->reta_size);
	fprintf(out, "Supported RSS offload flow types: %s\n",
		plx_ethdev_bits_text(PLX_ETHDEV_RSS_TYPES, info->rss_types, types, sizeof(types)));
}

/* Those that do not run while their port does. */
static void
print_still(uint16_t port, bool rx, const struct plx_ethdev_info *info, FILE *out)
{
	const unsigned nb = rx ? info->nb_rx_queues : info->nb_tx_queues;
	const char *head = rx ? "Rx queues that do not run:" : "Tx queues that do not run:";

	for (uint16_t q = 0; q < nb && info->state == PLX_ETHDEV_STARTED; q++) {
		if (words_queue_runs(port, rx, q))
			continue;
		fprintf(out, "%s %u", head, q);
		head = "";
	}
	if (head[0] == '\0')
		fprintf(out, "\n");
}

void
report_port_info(uint16_t port, FILE *out)
{
	struct plx_ethdev_info info;
	uint8_t mac[6] = {0};
	uint16_t mtu = 0;

	if (plx_ethdev_info(port, &info) != 0)
		return;
	plx_ethdev_mtu(port, &mtu);
	plx_ethdev_mac(port, mac);
	fprintf(out, "\n********************* Infos for port %u *********************\n", port);
	fprintf(out, "MAC address: %s\n", words_mac(mac).text);
	fprintf(out, "Device name: %s\nDriver name: %s\n", info.name, info.driver);
	fprintf(out, "Mode: %s\nState: %s\n", info.mode, words_state(info.state));
	if (info.node >= 0)
		fprintf(out, "Connect to socket: %d\n", info.node);
	print_link(port, out);
	fprintf(out, "MTU: %u (%u to %u)\n", mtu, info.min_mtu, info.max_mtu);
	fprintf(out, "Promiscuous mode: %s\n", on_off(plx_ethdev_promiscuous(port)));
	fprintf(out, "Allmulticast mode: %s\n", on_off(plx_ethdev_allmulticast(port)));
	fprintf(out, "Maximum number of MAC addresses: %u\n", info.max_mac_addrs);
	fprintf(out, "Rx queues: %u of %u, descriptors %u to %u, default %u\n", info.nb_rx_queues,
		info.max_rx_queues, info.rx_desc_min, info.rx_desc_max, info.rx_desc_default);
	fprintf(out, "Tx queues: %u of %u, descriptors %u to %u, default %u\n", info.nb_tx_queues,
		info.max_tx_queues, info.tx_desc_min, info.tx_desc_max, info.tx_desc_default);
	print_still(port, true, &info, out);
	print_still(port, false, &info, out);
	print_rss(&info, out);
	report_offloads(&info, out);
}

void
report_port_summary_head(FILE *out)
{
	fprintf(out,
		"Number of available ports: %u\n"
		"Port MAC Address       Name         Driver         Status   Link      State    Mode\n",
		plx_ethdev_count());
}

void
report_port_summary(uint16_t port, FILE *out)
{
	struct plx_ethdev_info info;
	struct plx_ethdev_link link = {0};
	uint8_t mac[6] = {0};

	if (plx_ethdev_info(port, &info) != 0)
		return;
	plx_ethdev_link(port, &link);
	plx_ethdev_mac(port, mac);
	fprintf(out, "%-4u %s %-12s %-14s %-8s %-9s %-8s %s\n", port, words_mac(mac).text,
		info.name, info.driver, link.up ? "up" : "down", words_speed(link.speed_mbps).text,
		words_state(info.state), info.mode);
}

static void
print_rates(uint16_t port, const struct plx_ethdev_stats *stats, FILE *out)
{
	struct rates rates;

	if (!rates_since_last(port, stats, &rates))
		return;
	fprintf(out, "\n  Throughput (since last show)\n");
	fprintf(out, "  Rx-pps: %12" PRIu64 "          Rx-bps: %12" PRIu64 "\n", rates.rx_pps,
		rates.rx_bps);
	fprintf(out, "  Tx-pps: %12" PRIu64 "          Tx-bps: %12" PRIu64 "\n", rates.tx_pps,
		rates.tx_bps);
}

void
report_port_stats(uint16_t port, FILE *out)
{
	struct plx_ethdev_ledger ledger;
	struct plx_ethdev_stats stats;

	if (plx_ethdev_stats(port, &stats) != 0)
		return;
	plx_ethdev_ledger(port, &ledger);
	fprintf(out,
		"\n  ######################## NIC statistics for port %-2u ########################\n",
		port);
	fprintf(out,
		"  RX-packets: %-10" PRIu64 " RX-missed: %-10" PRIu64 " RX-bytes:  %" PRIu64 "\n",
		stats.rx_packets, stats.rx_missed, stats.rx_bytes);
	fprintf(out, "  RX-errors: %" PRIu64 "\n", stats.rx_errors);
	fprintf(out, "  RX-nombuf:  %" PRIu64 "\n", stats.rx_no_mbuf);
	fprintf(out,
		"  TX-packets: %-10" PRIu64 " TX-errors: %-10" PRIu64 " TX-bytes:  %" PRIu64 "\n",
		stats.tx_packets, stats.tx_errors, stats.tx_bytes);
	ledger_print(&ledger, 2, out);
	print_rates(port, &stats, out);
	fprintf(out,
		"  ############################################################################\n");
}

void
report_port_xstats(uint16_t port, FILE *out)
{
	struct plx_ethdev_xstat *xstats;
	int n;

	xstats = xstats_read(port, &n);
	if (xstats == NULL)
		return;
	fprintf(out, "###### NIC extended statistics for port %-2u\n", port);
	for (int i = 0; i < n; i++)
		fprintf(out, "%s: %" PRIu64 "\n", xstats[i].name, xstats[i].value);
	free(xstats);
}
