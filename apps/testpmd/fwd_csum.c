/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * csum: puts the checksums of IPv4, TCP, UDP and SCTP right, or leaves them to the port (csum set ... hw), which
 * may also be asked to cut TCP packets (tso set). Only the outermost headers are looked at. What has no
 * checksum, or is not whole, goes on as it came: fragments, UDP sent without, packets cut short.
 */
#include "engine.h"
#include "layer.h"

#include <pollux/plx_net_csum.h>

#include <errno.h>
#include <string.h>

#define PACKET_MAX (UINT16_MAX + 64u) /* the longest datagram, Ethernet and tags */

enum { BAD_IP, BAD_L4 }; /* counts */

struct csum {
	uint32_t hw; /* PLX_ETH_TX_OFFLOAD_* that are asked of the port */
	uint16_t tso_segsz;
	bool keeps_macs;
	uint8_t macs[2 * PLX_NET_MAC_LEN];
	uint8_t whole[PACKET_MAX]; /* a chain's bytes in one piece */
};

/* A packet being worked on. */
struct work {
	struct stream *stream;
	struct plx_mbuf *m;
	uint8_t *bytes;
	struct plx_net_layer layer;
};

static const struct transport {
	uint32_t offload;
	uint32_t flag;
	uint8_t csum; /* where the field is in the header */
	uint8_t csum_len;
} transports[] = {
	[PLX_NET_L4_TCP] = {PLX_ETH_TX_OFFLOAD_TCP_CSUM, PLX_MBUF_TX_TCP_CSUM,
			    offsetof(struct plx_net_tcp, csum), 2},
	[PLX_NET_L4_UDP] = {PLX_ETH_TX_OFFLOAD_UDP_CSUM, PLX_MBUF_TX_UDP_CSUM,
			    offsetof(struct plx_net_udp, csum), 2},
	[PLX_NET_L4_SCTP] = {PLX_ETH_TX_OFFLOAD_SCTP_CSUM, PLX_MBUF_TX_SCTP_CSUM,
			     offsetof(struct plx_net_sctp, csum), 4},
};

static int
begin(struct stream *stream, struct plx_why *why)
{
	const struct engine_port *port = &stream->app->args.engines.ports[stream->tx_port];
	struct plx_ethdev_info info = {0};
	struct csum *own = engine_alloc(stream, sizeof(*own), why);

	if (own == NULL)
		return -ENOMEM;
	plx_ethdev_info(stream->tx_port, &info);
	own->hw = info.tx_offloads;
	own->tso_segsz = (own->hw & PLX_ETH_TX_OFFLOAD_TCP_TSO) != 0 ? port->tso_segsz : 0;
	own->keeps_macs = port->keeps_macs;
	memcpy(own->macs, port->peer, PLX_NET_MAC_LEN);
	plx_ethdev_mac(stream->tx_port, own->macs + PLX_NET_MAC_LEN);
	return 0;
}

/* -- asking the port ---------------------------------------------------------------------------------- */

/* Ports know plain headers that lie in a row and end where the packet ends. */
static bool
port_understands(const struct work *work)
{
	const struct plx_net_layer *layer = &work->layer;

	return (layer->l3 == PLX_NET_L3_IPV4 || layer->l3 == PLX_NET_L3_IPV6) &&
	       layer->l3_off <= UINT8_MAX && layer->end == work->m->pkt_len;
}

static void
ask(struct work *work, uint32_t flags)
{
	const struct plx_net_layer *layer = &work->layer;
	struct plx_mbuf *m = work->m;

	m->ol_flags &= ~PLX_MBUF_RX_CUT;
	m->ol_flags |= flags | (plx_net_layer_is_ipv4(layer) ? PLX_MBUF_TX_IPV4 : PLX_MBUF_TX_IPV6);
	m->l2_len = (uint8_t)layer->l3_off;
	m->l3_len = (uint16_t)(layer->l4_off - layer->l3_off);
}

/* What a port completes: the sum of the pseudo-header. */
static void
store_pseudo_sum(struct work *work, uint8_t *field)
{
	const struct plx_net_layer *layer = &work->layer;
	const uint8_t *ip = work->bytes + layer->l3_off;
	const uint32_t len = layer->end - layer->l4_off;
	uint16_t sum;

	if (plx_net_layer_is_ipv4(layer))
		sum = plx_net_csum_fold(plx_net_csum_pseudo_ipv4(
			ip + offsetof(struct plx_net_ipv4, src),
			ip + offsetof(struct plx_net_ipv4, dst), layer->proto, len));
	else
		sum = plx_net_csum_fold(plx_net_csum_pseudo_ipv6(
			ip + offsetof(struct plx_net_ipv6, src),
			ip + offsetof(struct plx_net_ipv6, dst), layer->proto, len));
	memcpy(field, &sum, sizeof(sum));
}

/* True if the port cuts this packet, and with that makes all its checksums. */
static bool
ask_for_segments(struct work *work, const struct csum *own)
{
	const struct plx_net_layer *layer = &work->layer;
	uint32_t header;

	if (own->tso_segsz == 0 || layer->l4 != PLX_NET_L4_TCP ||
	    (layer->flags & PLX_NET_FLAG_FRAGMENT) != 0 || !port_understands(work))
		return false;
	header = (work->bytes[layer->l4_off + offsetof(struct plx_net_tcp, data_offset)] >> 4) * 4u;
	if (header < sizeof(struct plx_net_tcp) || layer->l4_off + header > layer->end ||
	    layer->end - layer->l4_off - header <= own->tso_segsz)
		return false;
	ask(work, PLX_MBUF_TX_TCP_SEG | (plx_net_layer_is_ipv4(layer) ? PLX_MBUF_TX_IP_CSUM : 0));
	work->m->l4_len = (uint8_t)header;
	work->m->tso_segsz = own->tso_segsz;
	return true;
}

/* -- one packet --------------------------------------------------------------------------------------- */

/* Takes bytes that were changed in the copy of a chain back to where they belong. */
static void
put_back(struct work *work, uint32_t off, uint32_t len)
{
	uint32_t start = 0;

	for (struct plx_mbuf *seg = work->m; seg != NULL; start += seg->data_len, seg = seg->next) {
		for (uint32_t i = off; i < off + len; i++) {
			if (i >= start && i - start < seg->data_len)
				plx_mbuf_data(seg)[i - start] = work->bytes[i];
		}
	}
}

static inline void
put_right_ipv4(struct work *work, const struct csum *own)
{
	const struct plx_net_layer *layer = &work->layer;

	if ((own->hw & PLX_ETH_TX_OFFLOAD_IPV4_CSUM) != 0 && port_understands(work)) {
		ask(work, PLX_MBUF_TX_IP_CSUM);
		work->stream->counts[BAD_IP] += (work->m->ol_flags & PLX_MBUF_RX_IP_CSUM_BAD) != 0;
	} else if (PLX_UNLIKELY(plx_net_csum_check_ipv4(work->bytes, layer) == PLX_NET_CSUM_BAD)) {
		work->stream->counts[BAD_IP]++;
		plx_net_csum_fill_ipv4(work->bytes, layer);
		if (work->m->next != NULL)
			put_back(work, layer->l3_off + offsetof(struct plx_net_ipv4, csum), 2);
	}
}

static inline bool
sent_without(const struct work *work, const uint8_t *field)
{
	return work->layer.l4 == PLX_NET_L4_UDP && field[0] == 0 && field[1] == 0;
}

static inline void
put_right_l4(struct work *work, const struct csum *own, const struct transport *transport)
{
	const struct plx_net_layer *layer = &work->layer;
	uint32_t off = layer->l4_off + transport->csum;
	uint8_t *field = work->bytes + off;

	if (sent_without(work, field))
		return;
	if ((own->hw & transport->offload) != 0 && (layer->flags & PLX_NET_FLAG_FRAGMENT) == 0 &&
	    port_understands(work)) {
		ask(work, transport->flag);
		if (layer->l4 != PLX_NET_L4_SCTP)
			store_pseudo_sum(work, field);
		work->stream->counts[BAD_L4] += (work->m->ol_flags & PLX_MBUF_RX_L4_CSUM_BAD) != 0;
	} else if (PLX_UNLIKELY(plx_net_csum_check_l4(work->bytes, layer) == PLX_NET_CSUM_BAD)) {
		/* A local sender's that is not filled in yet is not bad. */
		work->stream->counts[BAD_L4] += (work->m->ol_flags & PLX_MBUF_RX_L4_CSUM_NONE) == 0;
		plx_net_csum_fill_l4(work->bytes, layer);
	} else {
		return;
	}
	if (work->m->next != NULL)
		put_back(work, off, transport->csum_len);
}

static inline void
put_right(struct work *work, const struct csum *own)
{
	const struct plx_net_layer *layer = &work->layer;

	if (layer->l3 == PLX_NET_L3_ARP || ask_for_segments(work, own))
		return;
	if (plx_net_layer_is_ipv4(layer))
		put_right_ipv4(work, own);
	if (layer->l4 < PLX_ARRAY_LEN(transports) && transports[layer->l4].offload != 0)
		put_right_l4(work, own, &transports[layer->l4]);
}

/* A chain's bytes in one piece; NULL for one that is longer than any datagram. */
static uint8_t *
copy_whole(struct csum *own, const struct plx_mbuf *m)
{
	const void *bytes;

	if (m->pkt_len > sizeof(own->whole))
		return NULL;
	bytes = plx_mbuf_read(m, 0, m->pkt_len, own->whole);
	if (bytes != NULL && bytes != own->whole)
		memcpy(own->whole, bytes, m->pkt_len);
	return bytes != NULL ? own->whole : NULL;
}

static inline void
pass(struct stream *stream, struct csum *own, struct plx_mbuf *m)
{
	struct work work;

	work.stream = stream;
	work.m = m;
	work.bytes = plx_mbuf_data(m);
	if (PLX_LIKELY(m->data_len >= sizeof(own->macs)) && !own->keeps_macs)
		memcpy(work.bytes, own->macs, sizeof(own->macs));
	if (PLX_UNLIKELY(m->next != NULL)) {
		work.bytes = copy_whole(own, m);
		if (work.bytes == NULL)
			return;
	}
	if (layer_find(work.bytes, m->pkt_len, &work.layer))
		put_right(&work, own);
}

static unsigned
run(struct stream *stream)
{
	struct plx_mbuf *pkts[BURST_MAX];
	uint16_t got = stream_receive(stream, pkts);

	for (uint16_t i = 0; i < got; i++) {
		if (i + 1 < got)
			plx_prefetch_write(plx_mbuf_data(pkts[i + 1]));
		pass(stream, stream->engine, pkts[i]);
	}
	if (got > 0)
		stream_send(stream, pkts, got);
	return got;
}

const struct engine engine_csum = {
	.name = "csum",
	.about = "puts checksums right, or has the port do it",
	.counts = {[BAD_IP] = "Bad-ipcsum", [BAD_L4] = "Bad-l4csum"},
	.begin = begin,
	.end = engine_free,
	.run = run,
};
