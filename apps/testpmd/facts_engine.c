/* SPDX-License-Identifier: BSD-3-Clause */
/* csum show, tso show ... --json */
#include "facts.h"

static json_t *
who(uint32_t offloads, uint32_t offload)
{
	return json_string((offloads & offload) != 0 ? "hw" : "sw");
}

void
facts_csum(const struct app *app, uint16_t port, json_t *result)
{
	struct plx_ethdev_info info = {0};

	plx_ethdev_info(port, &info);
	json_object_set_new(result, "port", json_integer(port));
	json_object_set_new(result, "ip", who(info.tx_offloads, PLX_ETH_TX_OFFLOAD_IPV4_CSUM));
	json_object_set_new(result, "udp", who(info.tx_offloads, PLX_ETH_TX_OFFLOAD_UDP_CSUM));
	json_object_set_new(result, "tcp", who(info.tx_offloads, PLX_ETH_TX_OFFLOAD_TCP_CSUM));
	json_object_set_new(result, "sctp", who(info.tx_offloads, PLX_ETH_TX_OFFLOAD_SCTP_CSUM));
	json_object_set_new(result, "mac_swap",
			    json_boolean(!app->args.engines.ports[port].keeps_macs));
}

void
facts_tso(const struct app *app, uint16_t port, json_t *result)
{
	json_object_set_new(result, "port", json_integer(port));
	json_object_set_new(result, "segment_size",
			    json_integer(app->args.engines.ports[port].tso_segsz));
}
