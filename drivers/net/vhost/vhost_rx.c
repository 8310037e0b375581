/* SPDX-License-Identifier: BSD-3-Clause */
/* Receiving: from the guest's transmit ring into buffers of the pool, by copying. */
#include "vhost.h"

#include <errno.h>

#define AHEAD 4 /* packets whose buffers are brought near before they are written */

/* -- lists that are not just one descriptor ----------------------------------------------------------------- */

/* Copies `len` bytes of the chain from `skip` on. */
static void
copy_out(const struct vhost_chain *chain, uint32_t skip, uint8_t *to, uint32_t len)
{
	for (unsigned i = 0; i < chain->nb && len > 0; i++) {
		const struct vhost_piece *piece = &chain->piece[i];
		uint32_t off = skip < piece->len ? skip : piece->len;
		uint32_t part = piece->len - off < len ? piece->len - off : len;

		memcpy(to, piece->at + off, part);
		skip -= off;
		to += part;
		len -= part;
	}
}

/* Buffers behind the first for a packet of `len` bytes; false if the pool has not as many. */
static bool
lengthen(struct vhost_rxq *rxq, struct plx_mbuf *head, uint32_t len)
{
	const uint16_t headroom = rxq->pool->headroom;
	struct plx_mbuf *last = head;
	uint32_t left = len - head->data_len;

	for (; left > 0; left -= last->data_len) {
		uint16_t part = (uint16_t)(left < rxq->room ? left : rxq->room);

		if (!plx_pool_get_mbufs(rxq->pool, &last->next, 1))
			return false;
		last = last->next;
		plx_mbuf_received(last, part, headroom, head->port, head->queue);
		head->nb_segs++;
	}
	return true;
}

/* Back to one empty buffer. Those behind it count one segment each, so they are freed one by one. */
static void
shorten(struct plx_mbuf *head)
{
	struct plx_mbuf *seg = head->next, *next;

	for (; seg != NULL; seg = next) {
		next = seg->next;
		seg->next = NULL;
		plx_mbuf_free(seg);
	}
	head->next = NULL;
	head->nb_segs = 1;
}

static bool
fill_chain(struct vhost_rxq *rxq, struct plx_mbuf *m, uint32_t len)
{
	uint32_t skip = rxq->header_len;

	if (len > rxq->room && !rxq->scatter) {
		plx_ethdev_add(&rxq->stats.errors, 1);
		return false;
	}
	plx_mbuf_received(m, (uint16_t)(len < rxq->room ? len : rxq->room), rxq->pool->headroom,
			  rxq->port->dev.port, rxq->id);
	if (!lengthen(rxq, m, len)) {
		shorten(m);
		plx_ethdev_add(&rxq->stats.no_mbuf, 1);
		return false;
	}
	m->pkt_len = len;
	PLX_MBUF_FOREACH_SEG(seg, m) {
		copy_out(&rxq->chain, skip, plx_mbuf_data(seg), seg->data_len);
		skip += seg->data_len;
	}
	return true;
}

static bool
finish(struct vhost_rxq *rxq, const struct plx_vnet_header *header, struct plx_mbuf *m)
{
	int ret;

	if (PLX_LIKELY((header->flags | header->gso_type) == 0)) {
		m->tso_segsz = 0;
		return true;
	}
	ret = vhost_offload_rx(rxq, header, m);
	if (ret == 0)
		return true;
	if (m->nb_segs > 1)
		shorten(m);
	plx_ethdev_add(ret == -EOPNOTSUPP ? &rxq->uncut : &rxq->bad_header, 1);
	return false;
}

static PLX_NOINLINE bool
receive_chain(struct vhost_rxq *rxq, struct vhost_ring *ring, const struct vhost_slot *slot,
	      struct plx_mbuf *m)
{
	struct plx_vnet_header header;

	rxq->chain.nb = 0;
	rxq->chain.len = 0;
	if (vhost_chain_add(ring, slot, &rxq->chain) != 0 || rxq->chain.len <= rxq->header_len) {
		plx_ethdev_add(&rxq->bad_desc, 1);
		return false;
	}
	copy_out(&rxq->chain, 0, (uint8_t *)&header, sizeof(header));
	return fill_chain(rxq, m, rxq->chain.len - rxq->header_len) && finish(rxq, &header, m);
}

/* -- bursts ------------------------------------------------------------------------------------------------------- */

static PLX_ALWAYS_INLINE bool
receive(struct vhost_rxq *rxq, struct vhost_ring *ring, const struct vhost_slot *slot,
	struct plx_mbuf *m)
{
	struct plx_vnet_header header;
	uint32_t len = slot->len - rxq->header_len;

	if (PLX_UNLIKELY(slot->at == NULL || slot->len <= rxq->header_len || len > rxq->room))
		return receive_chain(rxq, ring, slot, m);
	memcpy(&header, slot->at, sizeof(header));
	VHOST_PRIVATE(header);
	plx_mbuf_received(m, (uint16_t)len, rxq->pool->headroom, rxq->port->dev.port, rxq->id);
	vhost_copy(plx_mbuf_data(m), slot->at + rxq->header_len, len);
	return finish(rxq, &header, m);
}

/* As many buffers as there are lists, or as the pool has: what finds none waits in the guest's ring. */
static unsigned
get_buffers(struct vhost_rxq *rxq, struct plx_mbuf **bufs, unsigned nb)
{
	unsigned got = 0;

	if (PLX_LIKELY(plx_pool_get_mbufs(rxq->pool, bufs, nb)))
		return nb;
	while (got < nb && plx_pool_get_mbufs(rxq->pool, &bufs[got], 1))
		got++;
	plx_ethdev_add(&rxq->pool_empty, 1);
	return got;
}

/* One batch: returns lists given back; packets are appended to pkts. */
static unsigned
receive_batch(struct vhost_rxq *rxq, struct vhost_ring *ring, struct plx_mbuf **pkts, unsigned want,
	      uint16_t *got)
{
	struct plx_mbuf *bufs[VHOST_BATCH];
	struct vhost_batch batch;
	unsigned nb, spare = 0;
	uint64_t bytes = 0;

	vhost_batch_begin(ring, &batch);
	nb = vhost_batch_more(ring, &batch, want);
	if (nb == 0)
		return 0;
	nb = get_buffers(rxq, bufs, nb);
	if (nb == 0)
		return 0;
	for (unsigned i = 0; i < AHEAD && i < nb; i++)
		plx_prefetch_write(bufs[i]);
	for (unsigned i = 0; i < nb; i++) {
		if (i + AHEAD < nb)
			plx_prefetch_write(bufs[i + AHEAD]);
		if (PLX_LIKELY(receive(rxq, ring, &batch.slot[i], bufs[i]))) {
			bytes += bufs[i]->pkt_len;
			pkts[(*got)++] = bufs[i];
		} else {
			bufs[spare++] = bufs[i];
		}
	}
	vhost_batch_publish(ring, &batch, nb);
	plx_mbuf_free_bulk(bufs, spare);
	plx_ethdev_add(&rxq->stats.bytes, bytes);
	return nb;
}

uint16_t
vhost_rx_burst(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	struct vhost_rxq *rxq = queue;
	struct vhost_ring *ring = rxq->ring;
	unsigned tried = 0, nb;
	uint16_t got = 0;

	if (PLX_UNLIKELY(!plx_gate_enter(&ring->gate)))
		return vhost_refuse(rxq->port, ring);
	rxq->header_len = vhost_header_len(rxq->port->features);
	/* Bad lists count, so that a flood of them does not hold the caller. */
	while (tried < n && !vhost_ring_is_broken(ring)) {
		nb = receive_batch(rxq, ring, pkts,
				   n - tried < VHOST_BATCH ? n - tried : VHOST_BATCH, &got);
		tried += nb;
		if (nb < VHOST_BATCH)
			break;
	}
	vhost_ring_call(ring);
	plx_gate_leave(&ring->gate);
	if (PLX_UNLIKELY(rxq->strip)) {
		for (uint16_t i = 0; i < got; i++)
			plx_vnet_untag(pkts[i]);
	}
	plx_ethdev_add(&rxq->stats.packets, got);
	return got;
}
