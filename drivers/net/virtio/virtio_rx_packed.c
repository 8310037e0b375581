/* SPDX-License-Identifier: BSD-3-Clause */
/* Receiving from packed rings. Each descriptor has one buffer, so places in the ring and in ids[] are the same. */
#include "virtio_packed.h"
#include "virtio_rx.h"

/* What the device returned, at most `max`: each out of flight. Stops at the first that breaks a rule. */
static PLX_ALWAYS_INLINE unsigned
collect(struct virtio_rxq *rxq, struct virtio_returned *back, unsigned max)
{
	struct virtio_queue *q = rxq->q;
	unsigned in_flight = q->size - q->nb_free, n = in_flight < max ? in_flight : max, i;
	uint16_t at = q->next_used;
	bool wrap = q->used_wrap;
	uint64_t word;

	for (i = 0; i < n && virtio_packed_used(q, at, wrap, &word); i++) {
		back[i].len = virtio_packed_len(word);
		back[i].number = virtio_rx_take(q, virtio_packed_id(word));
		if (PLX_UNLIKELY(back[i].number == VIRTIO_NO_BUFFER)) {
			virtio_queue_break(q);
			break;
		}
		q->ids[at] = virtio_packed_id(word);
		if (++at == q->size) {
			at = 0;
			wrap = !wrap;
		}
	}
	q->next_used = at;
	q->used_wrap = wrap;
	q->nb_free = (uint16_t)(q->nb_free + i);
	return i;
}

/* IN_ORDER (2.8.16): the first descriptor of a batch names the last buffer; ids are places. See the split half. */
static bool
begin_batch(struct virtio_queue *q)
{
	uint64_t word;
	uint16_t id;

	if (!virtio_packed_used(q, q->next_used, q->used_wrap, &word))
		return false;
	id = virtio_packed_id(word);
	q->batch_len = virtio_packed_len(word);
	q->batch = (uint16_t)(id - q->next_used + (id < q->next_used ? q->size : 0) + 1);
	if (id < q->size && q->batch <= q->size - q->nb_free)
		return true;
	virtio_queue_break(q);
	return false;
}

static PLX_NOINLINE unsigned
collect_in_order(struct virtio_rxq *rxq, struct virtio_returned *back, unsigned max)
{
	struct virtio_queue *q = rxq->q;
	unsigned i;

	for (i = 0; i < max && q->nb_free < q->size; i++) {
		if (q->batch == 0 && !begin_batch(q))
			break;
		back[i].len = --q->batch == 0 ? q->batch_len : rxq->posted;
		back[i].number = virtio_rx_take(q, q->next_used);
		q->nb_free++;
		if (++q->next_used == q->size) {
			q->next_used = 0;
			q->used_wrap = !q->used_wrap;
		}
	}
	return i;
}

/* Buffers for the next places, to be published. Returns how many: 0 if the pool is empty. */
static PLX_ALWAYS_INLINE unsigned
put_part(struct virtio_rxq *rxq, struct virtio_packed_burst *burst)
{
	const uint32_t off = (uint32_t)rxq->pool->headroom - rxq->header_len;
	struct virtio_queue *q = rxq->q;
	uint32_t numbers[VIRTIO_RX_PART];
	unsigned n = virtio_rx_numbers(rxq, numbers);

	for (unsigned i = 0; i < n; i++) {
		uint16_t id = q->ids[burst->at];

		q->numbers[id] = numbers[i];
		virtio_packed_add(q, burst, virtio_rx_address(rxq, numbers[i], off), rxq->posted,
				  id, VIRTIO_DESC_F_WRITE);
	}
	q->nb_free = (uint16_t)(q->nb_free - n);
	return n;
}

static PLX_ALWAYS_INLINE void
refill(struct virtio_rxq *rxq)
{
	struct virtio_queue *q = rxq->q;
	struct virtio_packed_burst burst = virtio_packed_begin(q);

	while (put_part(rxq, &burst) > 0 && q->nb_free >= rxq->part)
		;
	if (burst.n > 0)
		virtio_packed_publish(q, &burst);
}

void
virtio_rx_packed_fill(struct virtio_rxq *rxq)
{
	refill(rxq);
}

static PLX_ALWAYS_INLINE uint16_t
position(const struct virtio_queue *q)
{
	return virtio_packed_position(q);
}

static const struct virtio_rx_ring ring = {position, collect, collect_in_order, refill};

VIRTIO_RX_VARIANT(packed, &ring)
