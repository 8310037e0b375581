/* SPDX-License-Identifier: BSD-3-Clause */
#include "cut.h"

#include <pollux/plx_byteorder.h>
#include <pollux/plx_net_csum.h>
#include <pollux/plx_net_wire.h>

#include <stddef.h>
#include <string.h>

#define TCP_CWR	  0x80
#define OUTERMOST 1 /* layers: what is in tunnels the kernel sums and cuts itself */

void
cut_begin(struct cut *cut, struct plx_mbuf *m)
{
	struct plx_net_packet packet;

	*cut = (struct cut){.m = m};
	if (m->tso_segsz == 0)
		return;
	plx_net_parse_as(plx_mbuf_data(m), m->data_len, PLX_NET_ETHERTYPE_TEB, OUTERMOST, &packet);
	if (packet.nb_layers == 0 || packet.layers[0].l4 != PLX_NET_L4_TCP ||
	    (packet.layers[0].flags & PLX_NET_FLAG_FRAGMENT) != 0 ||
	    packet.layers[0].payload_off == m->pkt_len)
		return;
	cut->layer = packet.layers[0];
	cut->piece = m->tso_segsz;
	cut->off = packet.layers[0].payload_off;
}

/* The identification counts pieces, as of a kernel that had cut them itself. */
static void
number_ip(uint8_t *ip, const struct plx_net_layer *layer, uint32_t number)
{
	uint8_t *len = ip + offsetof(struct plx_net_ipv4, total_length);
	uint8_t *id = ip + offsetof(struct plx_net_ipv4, id);

	if (plx_net_layer_is_ipv4(layer)) {
		plx_store_be16(len, (uint16_t)(layer->end - layer->l3_off));
		plx_store_be16(id, (uint16_t)(plx_load_be16(id) + number));
		return;
	}
	len = ip + offsetof(struct plx_net_ipv6, payload_length);
	plx_store_be16(len, (uint16_t)(layer->end - layer->l3_off - sizeof(struct plx_net_ipv6)));
}

/* What ends a stream or wants it delivered is the last one's, that a window was reduced is the first one's to say. */
static void
number_tcp(uint8_t *tcp, uint32_t bytes_before, bool last)
{
	uint8_t *seq = tcp + offsetof(struct plx_net_tcp, seq);
	uint8_t *flags = tcp + offsetof(struct plx_net_tcp, flags);

	plx_store_be32(seq, plx_load_be32(seq) + bytes_before);
	if (!last)
		*flags &= (uint8_t) ~(PLX_NET_TCP_FIN | PLX_NET_TCP_PSH);
	if (bytes_before > 0)
		*flags &= (uint8_t)~TCP_CWR;
}

static const void *
next_piece(struct cut *cut, uint8_t *frame, uint32_t *ret_len)
{
	struct plx_net_layer *layer = &cut->layer;
	const uint32_t head = layer->payload_off, before = cut->off - head,
		       left = cut->m->pkt_len - cut->off;
	const uint32_t len = left < cut->piece ? left : cut->piece;
	const void *payload = plx_mbuf_read(cut->m, cut->off, len, frame + head);

	memcpy(frame, plx_mbuf_data(cut->m), head);
	if (payload != frame + head)
		memcpy(frame + head, payload, len);
	layer->end = head + len;
	number_ip(frame + layer->l3_off, layer, before / cut->piece);
	number_tcp(frame + layer->l4_off, before, len == left);
	if (plx_net_layer_is_ipv4(layer))
		plx_net_csum_fill_ipv4(frame, layer);
	plx_net_csum_fill_l4(frame, layer);
	cut->off += len;
	*ret_len = head + len;
	return frame;
}

static const void *
whole(struct cut *cut, uint8_t *scratch, uint32_t *ret_len)
{
	const struct plx_mbuf *m = cut->m;
	struct plx_net_packet packet;
	uint8_t *frame = plx_mbuf_data(m);

	if (m->nb_segs > 1) {
		plx_mbuf_read(m, 0, m->pkt_len, scratch);
		frame = scratch;
	}
	plx_net_parse_as(frame, m->pkt_len, PLX_NET_ETHERTYPE_TEB, OUTERMOST, &packet);
	if (packet.nb_layers > 0 && (m->ol_flags & PLX_MBUF_RX_L4_CSUM_NONE) != 0)
		plx_net_csum_fill_l4(frame, &packet.layers[0]);
	cut->off = m->pkt_len;
	*ret_len = m->pkt_len;
	return frame;
}

const void *
cut_next(struct cut *cut, uint8_t *scratch, uint32_t *ret_len)
{
	if (cut->off < cut->m->pkt_len)
		return cut->piece != 0 ? next_piece(cut, scratch, ret_len)
				       : whole(cut, scratch, ret_len);
	plx_mbuf_free(cut->m);
	cut->m = NULL;
	return NULL;
}
