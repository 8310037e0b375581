/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * icmpecho: answers ARP requests for any address and ICMP echo requests to any address; frees and counts what is
 * neither. Fragments are not answered: only their first says what they are of.
 */
#include "engine.h"
#include "layer.h"

#include <pollux/plx_net_csum.h>

#include <errno.h>
#include <string.h>

#define NOT_ANSWERED 0

struct icmpecho {
	uint8_t mac[PLX_NET_MAC_LEN];
};

static int
begin(struct stream *stream, struct plx_why *why)
{
	struct icmpecho *own = engine_alloc(stream, sizeof(*own), why);

	if (own == NULL)
		return -ENOMEM;
	plx_ethdev_mac(stream->tx_port, own->mac);
	return 0;
}

static void
answer_to(struct plx_net_ether *ether, const uint8_t src[PLX_NET_MAC_LEN])
{
	uint8_t kept[PLX_NET_MAC_LEN];

	memcpy(kept, src, sizeof(kept));
	memcpy(ether->dst, ether->src, sizeof(ether->dst));
	memcpy(ether->src, kept, sizeof(ether->src));
}

static bool
answer_arp(struct plx_net_ether *ether, struct plx_net_arp *arp, const struct icmpecho *own)
{
	uint8_t asked[PLX_NET_IPV4_LEN];

	if (plx_load_be16(&arp->oper) != PLX_NET_ARP_REQUEST)
		return false;
	answer_to(ether, own->mac);
	plx_store_be16(&arp->oper, PLX_NET_ARP_REPLY);
	memcpy(asked, arp->tpa, sizeof(asked));
	memcpy(arp->tha, arp->sha, sizeof(arp->tha));
	memcpy(arp->tpa, arp->spa, sizeof(arp->tpa));
	memcpy(arp->sha, own->mac, sizeof(arp->sha));
	memcpy(arp->spa, asked, sizeof(arp->spa));
	return true;
}

/* Back to where it came from. A group cannot answer: its member is the asker's neighbour, by DPDK's rule. */
static void
turn_ip(struct plx_net_ipv4 *ip)
{
	uint8_t from[PLX_NET_IPV4_LEN];
	uint32_t before, after;

	memcpy(from, ip->dst, sizeof(from));
	memcpy(&before, from, sizeof(before));
	if (from[0] >> 4 == 0xe) {
		memcpy(from, ip->src, sizeof(from));
		from[3] = (uint8_t)((from[3] & ~3u) | ((from[3] & 3u) == 1 ? 2 : 1));
	}
	memcpy(&after, from, sizeof(after));
	memcpy(ip->dst, ip->src, sizeof(ip->dst));
	memcpy(ip->src, from, sizeof(ip->src));
	if (after != before)
		ip->csum = plx_net_csum_update32(ip->csum, before, after);
}

static bool
answer_echo(struct plx_net_ether *ether, struct plx_net_ipv4 *ip, struct plx_net_icmp *icmp,
	    const struct icmpecho *own)
{
	uint16_t before, after;

	if (icmp->type != PLX_NET_ICMP_ECHO || icmp->code != 0)
		return false;
	answer_to(ether, (ether->dst[0] & 1) != 0 ? own->mac : ether->dst);
	turn_ip(ip);
	memcpy(&before, icmp, sizeof(before));
	icmp->type = PLX_NET_ICMP_ECHO_REPLY;
	memcpy(&after, icmp, sizeof(after));
	icmp->csum = plx_net_csum_update16(icmp->csum, before, after);
	return true;
}

/* Makes an answer of the frame, if it is a question. */
static inline bool
answer(uint8_t *bytes, uint32_t len, const struct icmpecho *own)
{
	struct plx_net_ether *ether = (struct plx_net_ether *)bytes;
	struct plx_net_layer layer;

	if (!layer_find(bytes, len, &layer))
		return false;
	if (layer.l3 == PLX_NET_L3_ARP)
		return answer_arp(ether, (struct plx_net_arp *)(bytes + layer.l3_off), own);
	if (layer.l4 != PLX_NET_L4_ICMP || (layer.flags & PLX_NET_FLAG_FRAGMENT) != 0 ||
	    !plx_net_layer_is_ipv4(&layer))
		return false;
	return answer_echo(ether, (struct plx_net_ipv4 *)(bytes + layer.l3_off),
			   (struct plx_net_icmp *)(bytes + layer.l4_off), own);
}

static unsigned
run(struct stream *stream)
{
	struct plx_mbuf *pkts[BURST_MAX], *others[BURST_MAX];
	uint16_t got = stream_receive(stream, pkts), answers = 0, rest = 0;

	for (uint16_t i = 0; i < got; i++) {
		if (i + 1 < got)
			plx_prefetch_write(plx_mbuf_data(pkts[i + 1]));
		if (answer(plx_mbuf_data(pkts[i]), pkts[i]->data_len, stream->engine))
			pkts[answers++] = pkts[i];
		else
			others[rest++] = pkts[i];
	}
	if (answers > 0)
		stream_send(stream, pkts, answers);
	stream->counts[NOT_ANSWERED] += rest;
	plx_mbuf_free_bulk(others, rest);
	return got;
}

const struct engine engine_icmpecho = {
	.name = "icmpecho",
	.about = "answers ARP requests and pings",
	.counts = {[NOT_ANSWERED] = "Not-answered"},
	.begin = begin,
	.end = engine_free,
	.run = run,
};
