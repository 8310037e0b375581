/* SPDX-License-Identifier: BSD-3-Clause */
/* Receiving from split rings. Each descriptor has one buffer; only its address changes from lap to lap. */
#include "virtio_rx.h"
#include "virtio_split.h"

/* What the device returned, at most `max`: each out of flight. Stops at the first that breaks a rule. */
static PLX_ALWAYS_INLINE unsigned
collect(struct virtio_rxq *rxq, struct virtio_returned *back, unsigned max)
{
	struct virtio_queue *q = rxq->q;
	uint16_t at = q->next_used, ready = virtio_split_ready(q, (uint16_t)max);
	unsigned n = ready < max ? ready : max, i;

	for (i = 0; i < n; i++, at++) {
		uint32_t id = virtio_split_used_id(q, at);

		back[i].len = virtio_split_used_len(q, at);
		back[i].number = virtio_rx_take(q, id);
		if (PLX_UNLIKELY(back[i].number == VIRTIO_NO_BUFFER)) {
			virtio_queue_break(q);
			break;
		}
		q->ids[at & (q->size - 1)] = (uint16_t)id;
	}
	q->next_used = at;
	q->nb_free = (uint16_t)(q->nb_free + i);
	return i;
}

/*
 * IN_ORDER (2.7.11): one element may stand for a batch. It names the last buffer; those before it were used up whole. Ids are
 * places here, for all come back in order.
 */
static PLX_NOINLINE unsigned
collect_in_order(struct virtio_rxq *rxq, struct virtio_returned *back, unsigned max)
{
	struct virtio_queue *q = rxq->q;
	uint16_t ready = virtio_split_ready(q, (uint16_t)max), mask = (uint16_t)(q->size - 1);
	unsigned i;

	for (i = 0; i < max && i < ready; i++, q->next_used++) {
		if (q->batch == 0) {
			uint32_t id = virtio_split_used_id(q, q->next_used);

			q->batch_len = virtio_split_used_len(q, q->next_used);
			q->batch = (uint16_t)(((id - q->next_used) & mask) + 1);
			if (id >= q->size || q->batch > ready - i) {
				virtio_queue_break(q);
				break;
			}
		}
		back[i].len = --q->batch == 0 ? q->batch_len : rxq->posted;
		back[i].number = virtio_rx_take(q, q->next_used & mask);
	}
	q->nb_free = (uint16_t)(q->nb_free + i);
	return i;
}

/* Buffers for the next places, to be published. Returns how many: 0 if the pool is empty. */
static PLX_ALWAYS_INLINE unsigned
put_part(struct virtio_rxq *rxq, uint16_t at)
{
	const uint32_t off = (uint32_t)rxq->pool->headroom - rxq->header_len;
	struct virtio_queue *q = rxq->q;
	uint32_t numbers[VIRTIO_RX_PART];
	unsigned n = virtio_rx_numbers(rxq, numbers);

	for (unsigned i = 0; i < n; i++, at++) {
		uint16_t id = q->ids[at & (q->size - 1)];

		q->numbers[id] = numbers[i];
		q->split.desc[id].addr = virtio_rx_address(rxq, numbers[i], off);
		virtio_split_offer(q, at, id);
	}
	q->nb_free = (uint16_t)(q->nb_free - n);
	return n;
}

static PLX_ALWAYS_INLINE void
refill(struct virtio_rxq *rxq)
{
	struct virtio_queue *q = rxq->q;
	uint16_t at = q->next_avail;
	unsigned n;

	do {
		n = put_part(rxq, at);
		at = (uint16_t)(at + n);
	} while (n > 0 && q->nb_free >= rxq->part);
	if (at != q->next_avail)
		virtio_split_publish(q, at);
}

void
virtio_rx_split_fill(struct virtio_rxq *rxq)
{
	struct virtio_queue *q = rxq->q;

	for (unsigned i = 0; i < q->size; i++) {
		q->split.desc[i].len = rxq->posted;
		q->split.desc[i].flags = VIRTIO_DESC_F_WRITE;
	}
	refill(rxq);
}

static PLX_ALWAYS_INLINE uint16_t
position(const struct virtio_queue *q)
{
	return q->next_avail;
}

static const struct virtio_rx_ring ring = {position, collect, collect_in_order, refill};

VIRTIO_RX_VARIANT(split, &ring)
