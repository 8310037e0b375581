/* SPDX-License-Identifier: BSD-3-Clause */
/* Sending through split rings. Ids are descriptors; a chain is known by its first. */
#include <errno.h>

#include "virtio_split.h"
#include "virtio_tx.h"

/* The descriptors of a chain that the device returned are free, in the place where the next to come back goes. */
static PLX_ALWAYS_INLINE void
give_ids(struct virtio_queue *q, uint16_t id, uint16_t count)
{
	const uint16_t mask = (uint16_t)(q->size - 1);

	for (unsigned i = 0; i < count; i++) {
		q->ids[(uint16_t)(q->id_give + i) & mask] = id;
		id = q->slots[id].next;
	}
	q->id_give = (uint16_t)(q->id_give + count);
	q->nb_free = (uint16_t)(q->nb_free + count);
}

/* With IN_ORDER the index says it all: ids come back in the order they were given (2.7.11). */
static PLX_ALWAYS_INLINE void
reap(struct virtio_txq *txq)
{
	struct virtio_queue *q = txq->q;
	struct virtio_tx_done done = {.n = 0};
	unsigned ready = virtio_split_ready(q, UINT16_MAX);

	for (unsigned i = 0; i < ready; i++, q->next_used++) {
		uint32_t id = q->in_order ? q->ids[q->id_give & (q->size - 1)]
					  : virtio_split_used_id(q, q->next_used);
		uint16_t count;

		if (PLX_UNLIKELY(id >= q->size || q->slots[id].count == 0)) {
			virtio_queue_break(q);
			break;
		}
		count = q->slots[id].count;
		virtio_tx_finish(q, &q->slots[id], &done);
		give_ids(q, (uint16_t)id, count);
	}
	virtio_tx_sent(txq, &done);
}

static PLX_ALWAYS_INLINE uint16_t
take_id(struct virtio_queue *q)
{
	q->nb_free--;
	return q->ids[q->id_take++ & (q->size - 1)];
}

static PLX_ALWAYS_INLINE void
write_desc(struct virtio_desc *desc, uint64_t addr, uint32_t len, uint16_t flags, uint16_t next)
{
	desc->addr = addr;
	desc->len = len;
	desc->flags = flags;
	desc->next = next;
}

/* One descriptor that points at the table. */
static uint16_t
put_table(struct virtio_queue *q, const struct virtio_tx_layout *layout)
{
	struct virtio_area *area = virtio_area_at(q, layout->area);
	uint16_t id = take_id(q);

	for (unsigned i = 0; i < layout->n; i++)
		write_desc(&area->table.split[i], layout->parts[i].addr, layout->parts[i].len,
			   i + 1 < layout->n ? VIRTIO_DESC_F_NEXT : 0,
			   (uint16_t)(i + 1 < layout->n ? i + 1 : 0));
	write_desc(&q->split.desc[id], virtio_queue_address(q, area->table.split),
		   (uint32_t)(layout->n * sizeof(struct virtio_desc)), VIRTIO_DESC_F_INDIRECT, 0);
	return id;
}

static uint16_t
put_chain(struct virtio_queue *q, const struct virtio_tx_layout *layout)
{
	uint16_t head = take_id(q), id = head;

	for (unsigned i = 0; i < layout->n; i++) {
		bool more = i + 1 < layout->n;
		uint16_t next = more ? take_id(q) : 0;

		write_desc(&q->split.desc[id], layout->parts[i].addr, layout->parts[i].len,
			   more ? VIRTIO_DESC_F_NEXT : 0, next);
		q->slots[id].next = next;
		id = next;
	}
	return head;
}

/* Any packet, at place `at`. -EAGAIN: no room now; else an error: it was not sent and is the caller's. */
static PLX_NOINLINE int
put_laid(struct virtio_txq *txq, struct plx_mbuf *m, uint16_t at)
{
	struct virtio_queue *q = txq->q;
	struct virtio_tx_layout layout;
	uint16_t count, head;
	int ret = virtio_tx_lay(txq, m, &layout);

	if (ret != 0)
		return ret;
	count = layout.indirect ? 1 : (uint16_t)layout.n;
	if (count > q->nb_free) {
		virtio_tx_unlay(txq, m, &layout);
		return -EAGAIN;
	}
	head = layout.indirect ? put_table(q, &layout) : put_chain(q, &layout);
	q->slots[head].m = layout.m;
	q->slots[head].count = count;
	q->slots[head].area = layout.area;
	virtio_split_offer(q, at, head);
	if (layout.m != m)
		plx_mbuf_free(m);
	return 0;
}

static PLX_ALWAYS_INLINE void
put_plain(struct virtio_txq *txq, struct plx_mbuf *m, uint16_t at, bool peer)
{
	struct virtio_queue *q = txq->q;
	uint16_t id = take_id(q), header_len = txq->header_len;

	virtio_tx_zero_header(plx_mbuf_data(m) - header_len, header_len, peer);
	q->slots[id].m = m;
	q->slots[id].count = 1;
	write_desc(&q->split.desc[id], virtio_tx_address(m, peer) - header_len,
		   (uint32_t)m->data_len + header_len, 0, 0);
	virtio_split_offer(q, at, id);
}

static PLX_ALWAYS_INLINE uint16_t
send(struct virtio_txq *txq, struct plx_mbuf **pkts, uint16_t n, bool peer)
{
	struct virtio_queue *q = txq->q;
	uint16_t at = q->next_avail;
	unsigned i;

	if (PLX_UNLIKELY(q->broken))
		return 0;
	if (n == 0 || q->nb_free < virtio_tx_low(txq, n))
		reap(txq);
	for (i = 0; i < n && q->nb_free > 0 && !q->broken; i++) {
		struct plx_mbuf *m = pkts[i];
		int ret;

		if (PLX_LIKELY(virtio_tx_plain(txq, m))) {
			put_plain(txq, m, at++, peer);
			continue;
		}
		ret = put_laid(txq, m, at);
		if (ret == -EAGAIN) {
			txq->short_of = true;
			break;
		}
		if (ret == 0)
			at++;
		else
			virtio_tx_lose(txq, m);
	}
	virtio_tx_count(txq, i, (uint16_t)(at - q->next_avail));
	if (at != q->next_avail)
		virtio_split_publish(q, at);
	return (uint16_t)i;
}

void
virtio_tx_split_reap(struct virtio_txq *txq)
{
	reap(txq);
}

VIRTIO_TX_VARIANTS(split)
