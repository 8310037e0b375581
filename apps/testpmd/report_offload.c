/* SPDX-License-Identifier: BSD-3-Clause */
/* What a port can do beside moving bytes. The words are ethdev's. */
#include "report.h"

#include <ctype.h>

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

void
report_port_offloads(uint16_t port, FILE *out)
{
	struct plx_ethdev_info info;

	if (plx_ethdev_info(port, &info) != 0)
		return;
	fprintf(out, "Port %u (%s)\n", port, info.name);
	report_offloads(&info, out);
}

/* DPDK shows these in capitals. */
static void
print_names(bool rx, uint32_t bits, FILE *out)
{
	char text[256];

	fputc(' ', out);
	plx_ethdev_bits_text(rx ? PLX_ETHDEV_RX_OFFLOADS : PLX_ETHDEV_TX_OFFLOADS, bits, text,
			     sizeof(text));
	for (const char *c = text; bits != 0 && *c != '\0'; c++)
		fputc(toupper((unsigned char)*c), out);
	fputc('\n', out);
}

void
report_offloads_one_way(uint16_t port, bool rx, bool capable, FILE *out)
{
	struct plx_ethdev_info info;

	if (plx_ethdev_info(port, &info) != 0)
		return;
	if (capable) {
		fprintf(out,
			"%s Offloading Capabilities of port %u :\n  Per Queue :\n  Per Port  :",
			rx ? "Rx" : "Tx", port);
		print_names(rx, rx ? info.rx_offloads_capable : info.tx_offloads_capable, out);
		return;
	}
	fprintf(out, "%s Offloading Configuration of port %u :\n  Port :", rx ? "Rx" : "Tx", port);
	print_names(rx, rx ? info.rx_offloads : info.tx_offloads, out);
}
