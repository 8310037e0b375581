/* SPDX-License-Identifier: BSD-3-Clause */
/* Sending through packed rings. A packet has one id, however many descriptors it takes. */
#include <errno.h>

#include "virtio_packed.h"
#include "virtio_tx.h"

static PLX_ALWAYS_INLINE uint16_t
next_id(const struct virtio_queue *q, uint16_t at)
{
	return (uint16_t)(at + 1 == q->size ? 0 : at + 1);
}

/* Past the descriptors of a buffer that came back; their number is from our own books. */
static PLX_ALWAYS_INLINE void
skip_used(struct virtio_queue *q, uint16_t count)
{
	unsigned at = (unsigned)q->next_used + count;

	if (at >= q->size) {
		at -= q->size;
		q->used_wrap = !q->used_wrap;
	}
	q->next_used = (uint16_t)at;
	q->nb_free = (uint16_t)(q->nb_free + count);
}

static PLX_ALWAYS_INLINE void
give_id(struct virtio_queue *q, uint16_t id, struct virtio_tx_done *done)
{
	uint16_t count = q->slots[id].count;

	virtio_tx_finish(q, &q->slots[id], done);
	skip_used(q, count);
	q->ids[q->id_give] = id;
	q->id_give = next_id(q, q->id_give);
}

static PLX_ALWAYS_INLINE void
reap(struct virtio_txq *txq)
{
	struct virtio_queue *q = txq->q;
	struct virtio_tx_done done = {.n = 0};
	uint64_t word;

	while (q->nb_free < q->size && virtio_packed_used(q, q->next_used, q->used_wrap, &word)) {
		uint16_t id = virtio_packed_id(word);

		if (PLX_UNLIKELY(id >= q->size || q->slots[id].count == 0)) {
			virtio_queue_break(q);
			break;
		}
		/* IN_ORDER: one descriptor may stand for all up to this id (2.8.16). */
		while (PLX_UNLIKELY(q->in_order && q->ids[q->id_give] != id))
			give_id(q, q->ids[q->id_give], &done);
		give_id(q, id, &done);
	}
	virtio_tx_sent(txq, &done);
}

static PLX_ALWAYS_INLINE uint16_t
take_id(struct virtio_queue *q)
{
	uint16_t id = q->ids[q->id_take];

	q->id_take = next_id(q, q->id_take);
	return id;
}

/* One descriptor that points at the table, whose flags and ids mean nothing (2.8.7). */
static void
put_table(struct virtio_queue *q, const struct virtio_tx_layout *layout, uint16_t id,
	  struct virtio_packed_burst *burst)
{
	struct virtio_area *area = virtio_area_at(q, layout->area);

	for (unsigned i = 0; i < layout->n; i++)
		area->table.packed[i] = (struct virtio_packed_desc){.addr = layout->parts[i].addr,
								    .len = layout->parts[i].len};
	virtio_packed_add(q, burst, virtio_queue_address(q, area->table.packed),
			  (uint32_t)(layout->n * sizeof(struct virtio_packed_desc)), id,
			  VIRTIO_DESC_F_INDIRECT);
}

static void
put_chain(struct virtio_queue *q, const struct virtio_tx_layout *layout, uint16_t id,
	  struct virtio_packed_burst *burst)
{
	for (unsigned i = 0; i < layout->n; i++)
		virtio_packed_add(q, burst, layout->parts[i].addr, layout->parts[i].len, id,
				  i + 1 < layout->n ? VIRTIO_DESC_F_NEXT : 0);
}

/* Any packet. -EAGAIN: no room now; else an error: it was not sent and is the caller's. */
static PLX_NOINLINE int
put_laid(struct virtio_txq *txq, struct plx_mbuf *m, struct virtio_packed_burst *burst)
{
	struct virtio_queue *q = txq->q;
	struct virtio_tx_layout layout;
	uint16_t count, id;
	int ret = virtio_tx_lay(txq, m, &layout);

	if (ret != 0)
		return ret;
	count = layout.indirect ? 1 : (uint16_t)layout.n;
	if (count > q->nb_free) {
		virtio_tx_unlay(txq, m, &layout);
		return -EAGAIN;
	}
	id = take_id(q);
	q->nb_free = (uint16_t)(q->nb_free - count);
	if (layout.indirect)
		put_table(q, &layout, id, burst);
	else
		put_chain(q, &layout, id, burst);
	q->slots[id].m = layout.m;
	q->slots[id].count = count;
	q->slots[id].area = layout.area;
	if (layout.m != m)
		plx_mbuf_free(m);
	return 0;
}

static PLX_ALWAYS_INLINE void
put_plain(struct virtio_txq *txq, struct plx_mbuf *m, struct virtio_packed_burst *burst, bool peer)
{
	struct virtio_queue *q = txq->q;
	uint16_t id = take_id(q), header_len = txq->header_len;

	virtio_tx_zero_header(plx_mbuf_data(m) - header_len, header_len, peer);
	q->nb_free--;
	q->slots[id].m = m;
	q->slots[id].count = 1;
	virtio_packed_add(q, burst, virtio_tx_address(m, peer) - header_len,
			  (uint32_t)m->data_len + header_len, id, 0);
}

static PLX_ALWAYS_INLINE uint16_t
send(struct virtio_txq *txq, struct plx_mbuf **pkts, uint16_t n, bool peer)
{
	struct virtio_queue *q = txq->q;
	struct virtio_packed_burst burst;
	unsigned i, lost = 0;

	if (PLX_UNLIKELY(q->broken))
		return 0;
	if (n == 0 || q->nb_free < virtio_tx_low(txq, n))
		reap(txq);
	burst = virtio_packed_begin(q);
	for (i = 0; i < n && q->nb_free > 0 && !q->broken; i++) {
		struct plx_mbuf *m = pkts[i];
		int ret;

		if (PLX_LIKELY(virtio_tx_plain(txq, m))) {
			put_plain(txq, m, &burst, peer);
			continue;
		}
		ret = put_laid(txq, m, &burst);
		if (ret == -EAGAIN) {
			txq->short_of = true;
			break;
		}
		if (ret != 0) {
			virtio_tx_lose(txq, m);
			lost++;
		}
	}
	virtio_tx_count(txq, i, i - lost);
	if (burst.n > 0)
		virtio_packed_publish(q, &burst);
	return (uint16_t)i;
}

void
virtio_tx_packed_reap(struct virtio_txq *txq)
{
	reap(txq);
}

VIRTIO_TX_VARIANTS(packed)
