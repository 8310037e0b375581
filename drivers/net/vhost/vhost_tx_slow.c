/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets that are not just bytes for one buffer: chains, offloads, lists gathered, and what is cut for the guest.
 *
 *	packet		[ header ][ head[] ][ bytes from skip on ............ ]
 *	guest		[ list 0 .............. ][ list 1 ....... ][ list 2 .. ]	with MRG_RXBUF; else one list
 */
#include "vhost_tx.h"

#include <errno.h>

/* Where the next byte goes. */
struct cursor {
	const struct vhost_piece *piece;
	uint32_t off;
};

static void
put(struct cursor *cursor, const uint8_t *from, uint32_t len)
{
	while (len > 0) {
		uint32_t room = cursor->piece->len - cursor->off;
		uint32_t part = room < len ? room : len;

		memcpy(cursor->piece->at + cursor->off, from, part);
		from += part;
		len -= part;
		cursor->off += part;
		if (cursor->off == cursor->piece->len) {
			cursor->piece++;
			cursor->off = 0;
		}
	}
}

/* `len` bytes of the packet behind its headers. */
static void
put_packet(struct vhost_txq *txq, const struct plx_mbuf *m, const struct plx_vnet_tx *tx,
	   uint32_t len, uint16_t header_len, uint16_t nb_lists)
{
	struct cursor cursor = {txq->chain.piece, 0};
	uint8_t header[VIRTIO_NET_HDR_LEN] = {0};
	uint32_t skip = tx->skip;

	memcpy(header, &tx->header, sizeof(tx->header));
	memcpy(header + NUM_BUFFERS, &nb_lists, sizeof(nb_lists));
	put(&cursor, header, header_len);
	put(&cursor, tx->head, tx->head_len);
	PLX_MBUF_FOREACH_SEG(seg, m) {
		uint32_t off = skip < seg->data_len ? skip : seg->data_len;
		uint32_t part = seg->data_len - off < len ? seg->data_len - off : len;

		skip -= off;
		len -= part;
		put(&cursor, plx_mbuf_data(seg) + off, part);
	}
}

/* How a packet's lists were gathered. */
enum gathered {
	ENOUGH,
	TOO_FEW,   /* the guest has not posted as many yet */
	TOO_SHORT, /* it never will */
};

/*
 * Lists from *first on that hold `total` bytes go to txq->chain; *ret_nb of them. Bad ones are given back empty, with those before
 * them, and *first moves on.
 */
static enum gathered
gather(struct vhost_txq *txq, struct vhost_ring *ring, struct vhost_batch *batch, unsigned *first,
       uint32_t total, unsigned *ret_nb)
{
	const bool mergeable = vhost_has(txq->port, VIRTIO_NET_F_MRG_RXBUF);
	unsigned nb = 0;

	txq->chain.nb = 0;
	txq->chain.len = 0;
	while (txq->chain.len < total) {
		struct vhost_slot *slot;

		if (nb > 0 && !mergeable)
			return TOO_SHORT;
		if (*first + nb == batch->nb &&
		    vhost_batch_more(ring, batch, batch->nb + 1) == *first + nb)
			return *first == 0 && nb == VHOST_BATCH ? TOO_SHORT : TOO_FEW;
		slot = &batch->slot[*first + nb];
		slot->at = NULL; /* what it was looked at as is not what it is taken as */
		slot->len = txq->chain.len;
		if (vhost_chain_add(ring, slot, &txq->chain) != 0 || txq->chain.len == slot->len) {
			plx_ethdev_add(&txq->bad_desc, nb + 1);
			*first += nb + 1;
			nb = 0;
			txq->chain.nb = 0;
			txq->chain.len = 0;
			continue;
		}
		slot->len = txq->chain.len - slot->len;
		nb++;
	}
	*ret_nb = nb;
	return ENOUGH;
}

/* Never BEGUN. */
static enum vhost_fate
send_frame(struct vhost_txq *txq, struct vhost_ring *ring, const struct plx_mbuf *m,
	   const struct plx_vnet_tx *tx, uint32_t len, struct vhost_batch *batch, unsigned *first)
{
	const uint16_t header_len = vhost_header_len(txq->port->features);
	const uint32_t total = header_len + tx->head_len + len;
	uint32_t left = total;
	unsigned nb = 0;

	switch (gather(txq, ring, batch, first, total, &nb)) {
	case TOO_FEW:
		return NOT_TAKEN;
	case TOO_SHORT:
		plx_ethdev_add(&txq->too_long, 1);
		return LOST;
	case ENOUGH:
		break;
	}
	put_packet(txq, m, tx, len, header_len, (uint16_t)nb);
	for (unsigned i = 0; i < nb; i++) {
		struct vhost_slot *slot = &batch->slot[*first + i];

		slot->used_len = slot->len < left ? slot->len : left;
		left -= slot->used_len;
	}
	*first += nb;
	return SENT;
}

/*
 * A packet for a guest that takes only cut ones, as txq->tx describes it: as many pieces as there is room for. From the first one on
 * the packet is taken: what has no room is held, and goes before all else.
 */
static enum vhost_fate
send_cut(struct vhost_txq *txq, struct vhost_ring *ring, struct plx_mbuf *m,
	 struct vhost_batch *batch, unsigned *first)
{
	const uint32_t payload = m->pkt_len - txq->tx.skip;
	uint32_t off = txq->rest_off;
	enum vhost_fate fate = SENT;

	while (fate == SENT && off < payload) {
		uint32_t len = vhost_offload_cut(txq->port, m, &txq->tx, off, &txq->piece);

		fate = send_frame(txq, ring, m, &txq->piece, len, batch, first);
		off += fate == SENT ? len : 0;
	}
	txq->rest_off = fate == NOT_TAKEN ? off : 0;
	return fate == NOT_TAKEN && off > 0 ? BEGUN : fate;
}

enum vhost_fate
vhost_tx_slow(struct vhost_txq *txq, struct vhost_ring *ring, struct plx_mbuf *m,
	      struct vhost_batch *batch, unsigned *first)
{
	enum vhost_fate fate;
	int ret = vhost_offload_tx(txq->port, m, &txq->tx);

	if (ret == 0)
		return send_frame(txq, ring, m, &txq->tx, m->pkt_len - txq->tx.skip, batch, first);
	if (ret != -EOPNOTSUPP) {
		plx_ethdev_add(&txq->stats.errors, 1);
		return LOST;
	}
	fate = send_cut(txq, ring, m, batch, first);
	if (fate == BEGUN) {
		plx_mbuf_ref(m);
		txq->rest = m;
	}
	return fate;
}

/* -- a packet that was begun ---------------------------------------------------------------------------------------- */

static void
end_rest(struct vhost_txq *txq, enum vhost_fate fate)
{
	if (fate == SENT) {
		plx_ethdev_add(&txq->stats.packets, 1);
		plx_ethdev_add(&txq->stats.bytes, txq->rest->pkt_len);
	}
	plx_mbuf_free(txq->rest);
	txq->rest = NULL;
	txq->rest_off = 0;
}

bool
vhost_tx_rest(struct vhost_txq *txq, struct vhost_ring *ring)
{
	while (txq->rest != NULL && !vhost_ring_is_broken(ring)) {
		const uint32_t before = txq->rest_off;
		struct vhost_batch batch;
		unsigned used = 0;
		enum vhost_fate fate;

		vhost_batch_begin(ring, &batch);
		fate = send_cut(txq, ring, txq->rest, &batch, &used);
		if (used > 0)
			vhost_batch_publish(ring, &batch, used);
		if (fate != BEGUN)
			end_rest(txq, fate);
		else if (txq->rest_off == before)
			return false;
	}
	return txq->rest == NULL;
}

void
vhost_tx_give_up(struct vhost_txq *txq)
{
	if (txq->rest == NULL)
		return;
	end_rest(txq, LOST);
	plx_ethdev_add(&txq->stats.errors, 1);
	__atomic_store_n(&txq->stats.in_flight, 0, __ATOMIC_RELAXED);
}
