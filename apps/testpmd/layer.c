/* SPDX-License-Identifier: BSD-3-Clause */
/* The frames that are not told at first sight. */
#include "layer.h"

bool
layer_parse(const uint8_t *bytes, uint32_t len, struct plx_net_layer *ret)
{
	struct plx_net_packet packet;

	plx_net_parse_as(bytes, len, PLX_NET_ETHERTYPE_TEB, 1, &packet);
	if (packet.nb_layers == 0)
		return false;
	*ret = packet.layers[0];
	return ret->l3 != PLX_NET_L3_NONE;
}
