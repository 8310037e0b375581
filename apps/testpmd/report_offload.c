/* SPDX-License-Identifier: BSD-3-Clause */
/* What a port can do beside moving bytes. The words are ethdev's. */
#include "report.h"

static void
print_set(const char *title, uint32_t rx, uint32_t tx, FILE *out)
{
	char text[256];

	fprintf(out, "Rx offloads %s: %s\n", title,
		plx_ethdev_bits_text(PLX_ETHDEV_RX_OFFLOADS, rx, text, sizeof(text)));
	fprintf(out, "Tx offloads %s: %s\n", title,
		plx_ethdev_bits_text(PLX_ETHDEV_TX_OFFLOADS, tx, text, sizeof(text)));
}

void
report_offloads(const struct plx_ethdev_info *info, FILE *out)
{
	print_set("possible", info->rx_offloads_capable, info->tx_offloads_capable, out);
	print_set("in force", info->rx_offloads, info->tx_offloads, out);
}
