/* SPDX-License-Identifier: BSD-3-Clause */
/* How the engines are set, port by port. */
#include "report.h"

static void
print_csum(const char *name, uint32_t offloads, uint32_t offload, FILE *out)
{
	fprintf(out, "%s checksum offload is %s\n", name, (offloads & offload) != 0 ? "hw" : "sw");
}

void
report_csum(const struct app *app, uint16_t port, FILE *out)
{
	struct plx_ethdev_info info = {0};

	plx_ethdev_info(port, &info);
	print_csum("IP", info.tx_offloads, PLX_ETH_TX_OFFLOAD_IPV4_CSUM, out);
	print_csum("UDP", info.tx_offloads, PLX_ETH_TX_OFFLOAD_UDP_CSUM, out);
	print_csum("TCP", info.tx_offloads, PLX_ETH_TX_OFFLOAD_TCP_CSUM, out);
	print_csum("SCTP", info.tx_offloads, PLX_ETH_TX_OFFLOAD_SCTP_CSUM, out);
	fprintf(out, "MAC swap is %s\n", app->args.engines.ports[port].keeps_macs ? "off" : "on");
}

void
report_tso(const struct app *app, uint16_t port, FILE *out)
{
	const uint16_t segsz = app->args.engines.ports[port].tso_segsz;

	if (segsz == 0)
		fprintf(out, "TSO for non-tunneled packets is disabled\n");
	else
		fprintf(out, "TSO segment size for non-tunneled packets is %u\n", segsz);
}
