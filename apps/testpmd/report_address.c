/* SPDX-License-Identifier: BSD-3-Clause */
/* A port's addresses, and its queues. */
#include "port_words.h"
#include "report.h"

#include <inttypes.h>

#define MACS_MAX 64

static void
print_macs(uint16_t port, bool groups, FILE *out)
{
	uint8_t macs[MACS_MAX][6] = {{0}}, own[6] = {0};
	int n = plx_ethdev_mac_list(port, macs, MACS_MAX);
	unsigned count = groups ? 0 : 1;

	for (int i = 0; i < n; i++)
		count += (macs[i][0] & 1) == groups;
	fprintf(out, "Number of %s address added: %u\n", groups ? "Multicast MAC" : "MAC", count);
	plx_ethdev_mac(port, own);
	if (!groups)
		fprintf(out, "  %s\n", words_mac(own).text);
	for (int i = 0; i < n; i++) {
		if ((macs[i][0] & 1) == groups)
			fprintf(out, "  %s\n", words_mac(macs[i]).text);
	}
}

void
report_port_macs(uint16_t port, FILE *out)
{
	print_macs(port, false, out);
}

void
report_port_mcast_macs(uint16_t port, FILE *out)
{
	print_macs(port, true, out);
}

void
report_queue(uint16_t port, uint16_t queue, bool rx, const struct plx_ethdev_queue_info *queue_info,
	     FILE *out)
{
	struct plx_ethdev_info info = {0};

	plx_ethdev_info(port, &info);
	fprintf(out,
		"\n********************* Infos for port %u , %s queue %u *********************\n",
		port, rx ? "RX" : "TX", queue);
	if (queue_info->pool != NULL)
		fprintf(out,
			"Mempool: %s\nRX buffer: %" PRIu32 " bytes\nRX scattered packets: %s\n",
			plx_pool_name(queue_info->pool),
			queue_info->pool->buf_size - queue_info->pool->headroom,
			words_on((info.rx_offloads & PLX_ETH_RX_OFFLOAD_SCATTER) != 0));
	fprintf(out, "%s deferred start: %s\n%s queue state: %s\n", rx ? "RX" : "TX",
		words_on(queue_info->deferred), rx ? "RX" : "TX",
		words_queue_state(queue_info->state));
	fprintf(out, "Number of %s: %u\n", rx ? "RXDs" : "TXDs", queue_info->descs);
}
