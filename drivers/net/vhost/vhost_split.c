/* SPDX-License-Identifier: BSD-3-Clause */
/* The device's side of a split ring (2.7): what is available, and giving it back. */
#include "vhost.h"

/* Lists that wait beyond the batch; 0 also when the ring turns out to be nonsense. */
static unsigned
waiting(struct vhost_ring *ring, uint16_t pos)
{
	uint16_t nb = (uint16_t)(ring->seen - pos);

	if (nb > 0)
		return nb;
	ring->seen = __atomic_load_n(&ring->split.avail->idx, __ATOMIC_ACQUIRE);
	/* 2.7.13: never more than the ring holds. */
	if (PLX_UNLIKELY((uint16_t)(ring->seen - ring->next) > ring->size)) {
		ring->seen = pos;
		vhost_ring_break(ring);
	}
	return (uint16_t)(ring->seen - pos);
}

/* Looks at the first descriptor of a list: one that is all of it, in one region, is known by address from here on. */
static void
look(struct vhost_ring *ring, struct vhost_slot *slot)
{
	const uint16_t plain = ring->write ? VIRTIO_DESC_F_WRITE : 0;
	struct virtio_desc desc;

	vhost_copy_desc(&desc, &ring->split.desc[slot->id]);
	slot->at = NULL;
	slot->used_len = 0;
	if (PLX_LIKELY(desc.flags == plain)) {
		slot->at = vhost_ring_at(ring, desc.addr, desc.len);
		slot->len = desc.len;
		vhost_slot_prefetch(slot, ring->write);
	}
}

/* The list at index `pos`: what a back end before us had taken comes first, and stands for as many in the available ring. */
static PLX_ALWAYS_INLINE uint16_t
head_at(const struct vhost_ring *ring, uint16_t pos, uint16_t mask)
{
	if (PLX_UNLIKELY((uint16_t)(pos - ring->next) < ring->nb_resumed))
		return ring->resumed[pos & mask];
	return __atomic_load_n(&ring->split.avail->ring[pos & mask], __ATOMIC_RELAXED);
}

unsigned
vhost_split_more(struct vhost_ring *ring, struct vhost_batch *batch, unsigned want)
{
	const uint16_t mask = (uint16_t)(ring->size - 1);
	unsigned from = batch->nb, nb;

	if (want > VHOST_BATCH)
		want = VHOST_BATCH;
	nb = from + waiting(ring, batch->pos);
	if (nb > want)
		nb = want;
	for (unsigned i = from; i < nb; i++) {
		uint16_t head = head_at(ring, batch->pos, mask);

		if (PLX_UNLIKELY(head >= ring->size)) {
			vhost_ring_break(ring);
			nb = i;
			break;
		}
		batch->slot[i].id = head;
		plx_prefetch(&ring->split.desc[head]);
		batch->pos++;
	}
	for (unsigned i = from; i < nb; i++)
		look(ring, &batch->slot[i]);
	batch->nb = nb;
	if (PLX_UNLIKELY(ring->books.split != NULL))
		vhost_marks_take(ring, batch, from);
	return nb;
}

void
vhost_split_publish(struct vhost_ring *ring, const struct vhost_batch *batch, unsigned nb)
{
	const uint16_t mask = (uint16_t)(ring->size - 1);
	struct virtio_used *used = ring->split.used;
	uint16_t idx = ring->next;

	for (unsigned i = 0; i < nb; i++, idx++) {
		struct virtio_used_elem elem = {batch->slot[i].id, batch->slot[i].used_len};

		memcpy(&used->ring[idx & mask], &elem, sizeof(elem));
	}
	if (PLX_UNLIKELY(ring->books.split != NULL))
		vhost_marks_link(ring, batch, nb);
	__atomic_store_n(&used->idx, idx, __ATOMIC_RELEASE);
	ring->next = idx;
	ring->since += nb;
	if (PLX_UNLIKELY(ring->nb_resumed > 0))
		ring->nb_resumed = nb < ring->nb_resumed ? (uint16_t)(ring->nb_resumed - nb) : 0;
	if (PLX_UNLIKELY(ring->books.split != NULL))
		vhost_marks_give(ring, batch, nb);
}

bool
vhost_split_wants_call(const struct vhost_ring *ring)
{
	const struct virtio_avail *avail = ring->split.avail;
	uint16_t event;

	if (!ring->event_idx)
		return (__atomic_load_n(&avail->flags, __ATOMIC_RELAXED) &
			VIRTIO_AVAIL_F_NO_INTERRUPT) == 0;
	event = __atomic_load_n(&avail->ring[ring->size], __ATOMIC_RELAXED);
	/* 2.7.7.2: when the entry it names is among those used since. */
	return (uint16_t)(ring->next - event - 1) < ring->since;
}
