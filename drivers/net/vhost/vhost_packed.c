/* SPDX-License-Identifier: BSD-3-Clause */
/* The device's side of a packed ring (2.8): what is available, and giving it back. */
#include "vhost.h"

#define OFF_MASK 0x7fff /* of off_wrap */

static void
advance(const struct vhost_ring *ring, struct vhost_batch *batch, uint16_t nb_desc)
{
	unsigned pos = batch->pos + nb_desc;

	if (pos >= ring->size) {
		pos -= ring->size;
		batch->wrap = !batch->wrap;
	}
	batch->pos = (uint16_t)pos;
}

/*
 * Counts a chain's descriptors and finds its buffer id, which is in the last one. False: it has no end, and where the next
 * list begins cannot be known.
 */
static bool
measure(const struct vhost_ring *ring, const struct virtio_packed_desc *table,
	struct vhost_slot *slot)
{
	unsigned at = slot->pos;

	for (unsigned i = 1; i <= ring->size; i++) {
		struct virtio_packed_desc desc;

		vhost_copy_desc(&desc, &table[at]);
		if ((desc.flags & VIRTIO_DESC_F_NEXT) == 0) {
			slot->id = desc.id;
			slot->nb_desc = (uint16_t)i;
			return true;
		}
		at = at + 1 == ring->size ? 0 : at + 1;
	}
	return false;
}

/* The next list, if there is one. */
static bool
look(struct vhost_ring *ring, struct vhost_batch *batch, struct vhost_slot *slot)
{
	const uint16_t plain = ring->write ? VIRTIO_DESC_F_WRITE : 0;
	const uint16_t shape = VIRTIO_DESC_F_NEXT | VIRTIO_DESC_F_WRITE | VIRTIO_DESC_F_INDIRECT;
	const bool resumed = batch->nb < ring->nb_resumed;
	const struct virtio_packed_desc *table = vhost_packed_table(ring, resumed);
	const struct virtio_packed_desc *shared = &table[batch->pos];
	struct virtio_packed_desc desc;
	uint16_t flags = __atomic_load_n(&shared->flags, __ATOMIC_ACQUIRE);

	if (!vhost_packed_is_available(flags, batch->wrap))
		return false;
	vhost_copy_desc(&desc, shared);
	slot->pos = batch->pos;
	slot->wrap = batch->wrap;
	slot->id = desc.id;
	slot->nb_desc = 1;
	slot->resumed = resumed;
	slot->at = NULL;
	slot->used_len = 0;
	if (PLX_LIKELY((flags & shape) == plain)) {
		slot->at = vhost_ring_at(ring, desc.addr, desc.len);
		slot->len = desc.len;
		vhost_slot_prefetch(slot, ring->write);
	} else if ((flags & VIRTIO_DESC_F_NEXT) != 0 && !measure(ring, table, slot)) {
		vhost_ring_break(ring);
		return false;
	}
	return true;
}

unsigned
vhost_packed_more(struct vhost_ring *ring, struct vhost_batch *batch, unsigned want)
{
	uint32_t taken = 0;

	if (want > VHOST_BATCH)
		want = VHOST_BATCH;
	/* Not around the ring and into the batch itself, however the flags may change meanwhile. */
	for (unsigned i = 0; i < batch->nb; i++)
		taken += batch->slot[i].nb_desc;
	while (batch->nb < want) {
		struct vhost_slot *slot = &batch->slot[batch->nb];

		if (!look(ring, batch, slot))
			break;
		taken += slot->nb_desc;
		if (PLX_UNLIKELY(taken > ring->size)) {
			vhost_ring_break(ring);
			break;
		}
		advance(ring, batch, slot->nb_desc);
		batch->nb++;
	}
	return batch->nb;
}

/* 2.8.6: id, length and flags of a used descriptor, its upper half, as one word. */
static uint64_t
used_word(const struct vhost_slot *slot, uint16_t id, bool write)
{
	uint16_t flags = slot->wrap ? VIRTIO_PACKED_F_AVAIL | VIRTIO_PACKED_F_USED : 0;

	if (write)
		flags |= VIRTIO_DESC_F_WRITE;
	return slot->used_len | (uint64_t)id << 32 | (uint64_t)flags << 48;
}

PLX_STATIC_ASSERT(offsetof(struct virtio_packed_desc, len) == 8, "the upper half");
PLX_STATIC_ASSERT(offsetof(struct virtio_packed_desc, id) == 12, "of which the id");
PLX_STATIC_ASSERT(offsetof(struct virtio_packed_desc, flags) == 14, "and the flags");

static uint64_t *
word_at(const struct vhost_ring *ring, const struct vhost_slot *slot)
{
	return (uint64_t *)(void *)&ring->packed_ring.desc[slot->pos].len;
}

static void
store(struct vhost_ring *ring, const struct vhost_slot *slot)
{
	__atomic_store_n(word_at(ring, slot), used_word(slot, slot->id, ring->write),
			 __ATOMIC_RELAXED);
}

/* What was written before is seen by who sees this one. `id` is that of the last list it stands for. */
static void
store_last(struct vhost_ring *ring, const struct vhost_slot *slot, uint16_t id)
{
	__atomic_store_n(word_at(ring, slot), used_word(slot, id, ring->write), __ATOMIC_RELEASE);
}

static PLX_NOINLINE void
publish_by_the_books(struct vhost_ring *ring, const struct vhost_batch *batch, unsigned nb)
{
	for (unsigned i = 0; i < nb; i++) {
		vhost_marks_link_packed(ring, &batch->slot[i]);
		store_last(ring, &batch->slot[i], batch->slot[i].id);
		vhost_marks_give_packed(ring, &batch->slot[i]);
	}
	ring->nb_resumed = nb < ring->nb_resumed ? (uint16_t)(ring->nb_resumed - nb) : 0;
}

/* Backwards: the driver sees none of the batch before it can see all of it. */
static void
publish_each(struct vhost_ring *ring, const struct vhost_batch *batch, unsigned nb)
{
	for (unsigned i = nb - 1; i > 0; i--)
		store(ring, &batch->slot[i]);
	store_last(ring, &batch->slot[0], batch->slot[0].id);
}

/*
 * Where the driver was promised order (2.8.16), one used descriptor gives back all that it sent, up to the list whose id it has: the
 * lines of the others stay as the driver wrote them. Of lists that were written the driver wants each length.
 */
void
vhost_packed_publish(struct vhost_ring *ring, const struct vhost_batch *batch, unsigned nb)
{
	const struct vhost_slot *last = &batch->slot[nb - 1];
	unsigned pos = last->pos + last->nb_desc;

	ring->since += (uint32_t)(pos - batch->slot[0].pos) +
		       (last->wrap != batch->slot[0].wrap ? ring->size : 0);
	if (PLX_UNLIKELY(ring->books.packed != NULL)) {
		publish_by_the_books(ring, batch, nb);
	} else if (ring->in_order && !ring->write) {
		store_last(ring, &batch->slot[0], last->id);
	} else {
		publish_each(ring, batch, nb);
	}
	ring->wrap = last->wrap;
	if (pos >= ring->size) {
		pos -= ring->size;
		ring->wrap = !ring->wrap;
	}
	ring->next = (uint16_t)pos;
}

bool
vhost_packed_wants_call(const struct vhost_ring *ring)
{
	uint16_t flags = __atomic_load_n(&ring->packed_ring.driver->flags, __ATOMIC_ACQUIRE);
	unsigned named, back;

	if (flags == VIRTIO_EVENT_F_DISABLE)
		return false;
	if (flags != VIRTIO_EVENT_F_DESC || !ring->event_idx)
		return true;
	named = __atomic_load_n(&ring->packed_ring.driver->off_wrap, __ATOMIC_RELAXED) & OFF_MASK;
	if (named >= ring->size)
		return true;
	/* 2.8.10: when the descriptor it names is among those used since, which end just before next. */
	back = ring->next > named ? ring->next - named : ring->next + ring->size - named;
	return back <= ring->since;
}
