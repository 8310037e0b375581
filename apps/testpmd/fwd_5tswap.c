/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * 5tswap: MAC and IP addresses and the ports of TCP and UDP change places, so that a packet becomes an answer.
 * No checksum changes by that. What a packet has not, or not whole, or in a later fragment, stays.
 */
#include "engine.h"
#include "layer.h"

#include <string.h>

static inline void
swap(uint8_t *first, uint8_t *second, size_t len)
{
	uint8_t kept[PLX_NET_IPV6_LEN];

	memcpy(kept, first, len);
	memcpy(first, second, len);
	memcpy(second, kept, len);
}

static inline void
swap_ends(uint8_t *bytes, uint32_t len)
{
	struct plx_net_layer layer;
	uint8_t *ip;

	if (PLX_UNLIKELY(len < 2 * PLX_NET_MAC_LEN))
		return;
	swap(bytes, bytes + PLX_NET_MAC_LEN, PLX_NET_MAC_LEN);
	if (!layer_find(bytes, len, &layer) || layer.l3 == PLX_NET_L3_ARP)
		return;
	ip = bytes + layer.l3_off;
	if (plx_net_layer_is_ipv4(&layer))
		swap(ip + offsetof(struct plx_net_ipv4, src),
		     ip + offsetof(struct plx_net_ipv4, dst), PLX_NET_IPV4_LEN);
	else
		swap(ip + offsetof(struct plx_net_ipv6, src),
		     ip + offsetof(struct plx_net_ipv6, dst), PLX_NET_IPV6_LEN);
	if (layer.l4 == PLX_NET_L4_TCP || layer.l4 == PLX_NET_L4_UDP)
		swap(bytes + layer.l4_off, bytes + layer.l4_off + 2, 2);
}

static unsigned
run(struct stream *stream)
{
	struct plx_mbuf *pkts[BURST_MAX];
	uint16_t got = stream_receive(stream, pkts);

	for (uint16_t i = 0; i < got; i++) {
		if (i + 1 < got)
			plx_prefetch_write(plx_mbuf_data(pkts[i + 1]));
		swap_ends(plx_mbuf_data(pkts[i]), pkts[i]->data_len);
	}
	if (got > 0)
		stream_send(stream, pkts, got);
	return got;
}

const struct engine engine_5tswap = {
	.name = "5tswap",
	.about = "MAC and IP addresses and ports change places",
	.run = run,
};
