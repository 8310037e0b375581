/* SPDX-License-Identifier: BSD-3-Clause */
/* The life of a transmit queue, and packets that are not plain. */
#include "virtio_tx.h"

#include <errno.h>
#include <stdlib.h>

/* -- packets that are not plain ----------------------------------------------------------------------------- */

static int
add_part(struct virtio_tx_layout *layout, uint64_t addr, uint32_t len)
{
	if (layout->n == VIRTIO_TX_PARTS)
		return -EMSGSIZE;
	layout->parts[layout->n].addr = addr;
	layout->parts[layout->n].len = len;
	layout->n++;
	return 0;
}

static int
ensure_area(struct virtio_txq *txq, struct virtio_tx_layout *layout)
{
	if (layout->area == VIRTIO_NO_AREA)
		layout->area = virtio_area_get(txq->q);
	return layout->area != VIRTIO_NO_AREA ? 0 : -EAGAIN;
}

/* What the mbuf asks for, as a header and changed bytes. */
static int
make_header(const struct virtio_txq *txq, const struct plx_mbuf *m, struct plx_vnet_tx *tx)
{
	uint32_t wishes = m->ol_flags & PLX_VNET_TX_FLAGS;

	if (wishes == 0) {
		tx->header = (struct plx_vnet_header){0};
		tx->skip = tx->head_len = 0;
		return 0;
	}
	if ((wishes & ~txq->wishes) != 0)
		return -ENOTSUP;
	if ((wishes & PLX_MBUF_TX_TCP_SEG) != 0 &&
	    !(m->ol_flags & PLX_MBUF_TX_IPV6 ? txq->tso6 : txq->tso4))
		return -ENOTSUP;
	return plx_vnet_tx(m, tx);
}

static void
write_header(const struct virtio_txq *txq, uint8_t *to, const struct plx_vnet_tx *tx)
{
	memcpy(to, &tx->header, sizeof(tx->header));
	memset(to + sizeof(tx->header), 0, txq->header_len - sizeof(tx->header));
	memcpy(to + txq->header_len, tx->head, tx->head_len);
}

/* The headers fit in front of the packet, in a buffer that is nobody else's. */
static bool
fits_in_front(const struct virtio_txq *txq, const struct plx_mbuf *m, const struct plx_vnet_tx *tx)
{
	return !txq->header_apart && plx_mbuf_is_direct(m) && plx_mbuf_is_sole(m) &&
	       m->data_len >= tx->skip && m->data_len != 0 &&
	       m->data_off + tx->skip >= txq->header_len + tx->head_len;
}

static uint64_t
bytes_address(const struct virtio_txq *txq, const struct plx_mbuf *seg)
{
	uint64_t addr = plx_mbuf_iova(seg);

	if (addr == PLX_IOVA_BAD || !txq->q->virtual_addresses)
		return addr;
	return (uintptr_t)plx_mbuf_data(seg);
}

/* All segments but the first `skip` bytes; -EFAULT if the device cannot reach some. */
static int
add_segments(struct virtio_txq *txq, const struct plx_mbuf *m, uint32_t skip,
	     struct virtio_tx_layout *layout)
{
	PLX_MBUF_FOREACH_SEG(seg, m) {
		uint32_t off = skip < seg->data_len ? skip : seg->data_len;
		uint64_t addr;

		skip -= off;
		if (off == seg->data_len) /* devices take no empty descriptors */
			continue;
		addr = bytes_address(txq, seg);
		if (addr == PLX_IOVA_BAD)
			return -EFAULT;
		if (add_part(layout, addr + off, seg->data_len - off) != 0)
			return -EMSGSIZE;
	}
	return 0;
}

static int
lay_in_front(struct virtio_txq *txq, struct plx_mbuf *m, const struct plx_vnet_tx *tx,
	     struct virtio_tx_layout *layout)
{
	uint32_t front = (uint32_t)txq->header_len + tx->head_len - tx->skip;
	int ret = add_segments(txq, m, 0, layout);

	if (ret != 0)
		return ret;
	layout->parts[0].addr -= front;
	layout->parts[0].len += front;
	write_header(txq, plx_mbuf_data(m) - front, tx);
	return 0;
}

static int
lay_in_area(struct virtio_txq *txq, struct plx_mbuf *m, const struct plx_vnet_tx *tx,
	    struct virtio_tx_layout *layout)
{
	int ret = ensure_area(txq, layout);
	struct virtio_area *area;
	uint64_t addr;

	if (ret != 0)
		return ret;
	area = virtio_area_at(txq->q, layout->area);
	write_header(txq, area->head, tx);
	addr = virtio_queue_address(txq->q, area->head);
	add_part(layout, addr, txq->header_len + (txq->header_apart ? 0u : tx->head_len));
	if (txq->header_apart && tx->head_len > 0)
		add_part(layout, addr + txq->header_len, tx->head_len);
	return add_segments(txq, m, tx->skip, layout);
}

/* A copy in buffers that the device reaches: of the pool that the packet's own header is from. */
static int
copy_packet(struct virtio_txq *txq, struct virtio_tx_layout *layout)
{
	struct plx_mbuf *m = layout->m;

	layout->m = plx_mbuf_copy(m, plx_mbuf_pool(m), 0, m->pkt_len);
	if (layout->m == NULL)
		return -ENOBUFS;
	plx_ethdev_add(&txq->q->copied, 1);
	return 0;
}

static int
lay(struct virtio_txq *txq, struct virtio_tx_layout *layout, const struct plx_vnet_tx *tx)
{
	int ret;

	layout->n = 0;
	if (fits_in_front(txq, layout->m, tx))
		ret = lay_in_front(txq, layout->m, tx, layout);
	else
		ret = lay_in_area(txq, layout->m, tx, layout);
	if (ret != 0)
		return ret;
	layout->indirect = txq->indirect && layout->n > 1 && layout->n <= VIRTIO_TABLE_LEN;
	if (layout->indirect)
		return ensure_area(txq, layout);
	return layout->n <= txq->q->size ? 0 : -EMSGSIZE;
}

int
virtio_tx_lay(struct virtio_txq *txq, struct plx_mbuf *m, struct virtio_tx_layout *ret_layout)
{
	struct plx_vnet_tx tx;
	int ret;

	ret_layout->m = m;
	ret_layout->area = VIRTIO_NO_AREA;
	if (m->pkt_len == 0)
		return -EINVAL;
	ret = make_header(txq, m, &tx);
	if (ret != 0)
		return ret;
	ret = lay(txq, ret_layout, &tx);
	if (ret == -EFAULT && copy_packet(txq, ret_layout) == 0)
		ret = lay(txq, ret_layout, &tx);
	if (ret != 0)
		virtio_tx_unlay(txq, m, ret_layout);
	return ret;
}

void
virtio_tx_unlay(struct virtio_txq *txq, struct plx_mbuf *m, struct virtio_tx_layout *layout)
{
	if (layout->area != VIRTIO_NO_AREA)
		virtio_area_put(txq->q, layout->area);
	if (layout->m != m)
		plx_mbuf_free(layout->m);
}

void
virtio_tx_lose(struct virtio_txq *txq, struct plx_mbuf *m)
{
	plx_mbuf_free(m);
	plx_ethdev_add(&txq->stats.errors, 1);
}

/* -- life -------------------------------------------------------------------------------------------------- */

int
virtio_txq_create(struct virtio_dev *dev, uint16_t queue, uint16_t descs,
		  struct virtio_txq **ret_txq, struct plx_why *why)
{
	struct virtio_txq *txq = plx_ethdev_alloc(sizeof(*txq));
	int ret;

	if (txq == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	ret = virtio_queue_create(dev, (uint16_t)(2 * queue + 1), descs, &txq->q, why);
	if (ret != 0) {
		free(txq);
		return ret;
	}
	*ret_txq = txq;
	return 0;
}

void
virtio_txq_destroy(struct virtio_txq *txq)
{
	if (txq == NULL)
		return;
	virtio_txq_drain(txq);
	virtio_queue_destroy(txq->q);
	free(txq);
}

struct virtio_queue *
virtio_txq_queue(struct virtio_txq *txq)
{
	return txq->q;
}

void
virtio_txq_start(struct virtio_txq *txq)
{
	const struct virtio_dev *dev = txq->q->dev;

	txq->header_len = dev->header_len;
	txq->wishes = virtio_header_wishes(dev);
	txq->tso4 = virtio_has(dev, VIRTIO_NET_F_HOST_TSO4);
	txq->tso6 = virtio_has(dev, VIRTIO_NET_F_HOST_TSO6);
	txq->indirect = virtio_has(dev, VIRTIO_F_INDIRECT_DESC);
	txq->header_apart =
		!virtio_has(dev, VIRTIO_F_VERSION_1) && !virtio_has(dev, VIRTIO_F_ANY_LAYOUT);
	plx_gate_open(&txq->gate);
}

void
virtio_txq_stop(struct virtio_txq *txq)
{
	plx_gate_close(&txq->gate);
}

bool
virtio_txq_send_one(struct virtio_txq *txq, struct plx_mbuf *m)
{
	bool sent;

	plx_gate_close(&txq->gate);
	sent = txq->q->packed ? virtio_tx_packed_one(txq, m) : virtio_tx_split_one(txq, m);
	plx_gate_open(&txq->gate);
	return sent;
}

void
virtio_txq_drain(struct virtio_txq *txq)
{
	struct virtio_queue *q = txq->q;
	uint64_t lost = 0;

	/* What the device was done with before it was stopped has been sent. */
	if (!q->broken && q->packed)
		virtio_tx_packed_reap(txq);
	else if (!q->broken)
		virtio_tx_split_reap(txq);
	for (unsigned id = 0; id < q->size; id++) {
		if (q->slots[id].count == 0)
			continue;
		plx_mbuf_free(q->slots[id].m);
		lost++;
	}
	plx_ethdev_add(&txq->stats.errors, lost);
	plx_ethdev_add(&txq->stats.in_flight, -lost);
	virtio_queue_clear(q);
}

plx_ethdev_tx_fn
virtio_tx_function(const struct virtio_dev *dev)
{
	static const plx_ethdev_tx_fn functions[2][2] = {
		{virtio_tx_split, virtio_tx_split_peer},
		{virtio_tx_packed, virtio_tx_packed_peer},
	};

	return functions[virtio_has(dev, VIRTIO_F_RING_PACKED)][dev->transport->virtual_addresses];
}
