/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a frame: the parser's promises about offsets, and everything that walks by them. Built with
 * sanitizers, a step outside the input is what it finds.
 */
#include "plx_net_csum.h"
#include "plx_net_format.h"
#include "plx_net_hash.h"
#include "plx_net_parse.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool truth)
{
	if (!truth)
		abort();
}

static void
check_layer(const struct plx_net_layer *layer, size_t size)
{
	require(layer->l2_off <= layer->l3_off && layer->l3_off <= layer->end);
	require(layer->end <= size);
	if (layer->l4_off == 0)
		return;
	require(layer->l3_off < layer->l4_off && layer->l4_off <= layer->payload_off);
	require(layer->payload_off <= layer->end);
}

/* What fill writes, check must like. */
static void
check_fill(const uint8_t *data, size_t size, const struct plx_net_layer *layer)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);

	memcpy(copy, data, size);
	if (plx_net_csum_fill_l4(copy, layer))
		require(plx_net_csum_check_l4(copy, layer) == PLX_NET_CSUM_GOOD);
	if (plx_net_csum_fill_ipv4(copy, layer))
		require(plx_net_csum_check_ipv4(copy, layer) == PLX_NET_CSUM_GOOD);
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t tuple[PLX_NET_RSS_TUPLE_MAX];
	char text[PLX_NET_FORMAT_TEXT];
	struct plx_net_packet packet;

	plx_net_parse(data, size, &packet);
	require(packet.nb_layers <= PLX_NET_LAYERS_MAX);
	require(packet.malformed < PLX_NET_MALFORMED_COUNT);
	for (unsigned i = 0; i < packet.nb_layers; i++) {
		check_layer(&packet.layers[i], size);
		check_fill(data, size, &packet.layers[i]);
		require(plx_net_rss_tuple(data, &packet.layers[i], true, tuple) <= sizeof(tuple));
	}
	require(plx_net_flow_hash(data, size) == plx_net_flow_hash_packet(data, &packet));
	require(plx_net_format(data, size, text, sizeof(text)) < (int)sizeof(text));
	return 0;
}
