/* SPDX-License-Identifier: BSD-3-Clause */
/* The device's side of packed rings (2.8). */
#include "virtio_fake_priv.h"

#define WRAP_BIT 0x8000

static struct virtio_packed_desc *
ring_of(struct vfake *fake, const struct vfake_queue *q)
{
	return (struct virtio_packed_desc *)(void *)vfake_dma(fake, q->desc,
							      16 * (uint64_t)q->size);
}

/* Length, id and flags, which are read and written as one. */
static uint64_t *
word_of(struct virtio_packed_desc *desc)
{
	return (uint64_t *)(void *)&desc->len;
}

static struct virtio_packed_desc
load(struct virtio_packed_desc *desc)
{
	uint64_t word = __atomic_load_n(word_of(desc), __ATOMIC_ACQUIRE);

	return (struct virtio_packed_desc){.addr = desc->addr,
					   .len = (uint32_t)word,
					   .id = (uint16_t)(word >> 32),
					   .flags = (uint16_t)(word >> 48)};
}

/* 2.8.1 */
static bool
is_available(struct virtio_packed_desc *desc, bool wrap)
{
	uint16_t flags = (uint16_t)(__atomic_load_n(word_of(desc), __ATOMIC_ACQUIRE) >> 48);
	bool avail = (flags & VIRTIO_PACKED_F_AVAIL) != 0,
	     used = (flags & VIRTIO_PACKED_F_USED) != 0;

	return avail == wrap && used != wrap;
}

static void
skip(const struct vfake_queue *q, uint16_t *slot, bool *wrap, uint16_t by)
{
	uint32_t next = (uint32_t)*slot + by;

	if (next >= q->size) {
		next -= q->size;
		*wrap = !*wrap;
	}
	*slot = (uint16_t)next;
}

uint16_t
vfake_packed_end(struct vfake *fake, const struct vfake_queue *q)
{
	struct virtio_packed_desc *ring = ring_of(fake, q);
	uint16_t slot = q->next_avail;
	bool wrap = q->avail_wrap;

	for (uint16_t n = 0; ring != NULL && n < q->size && is_available(&ring[slot], wrap); n++)
		skip(q, &slot, &wrap, 1);
	return (uint16_t)(slot | (wrap ? WRAP_BIT : 0));
}

/* 2.8.8: one after another, and no NEXT. */
static bool
walk_indirect(struct vfake *fake, struct vfake_chain *chain, uint64_t addr, uint32_t len)
{
	const uint8_t *table = vfake_dma(fake, addr, len); /* where a forged list says: anywhere */
	struct virtio_packed_desc desc;

	if (len == 0 || len % sizeof(desc) != 0 || !vfake_has(fake, VIRTIO_F_INDIRECT_DESC)) {
		vfake_violation(fake, "a bad indirect descriptor");
		return false;
	}
	for (uint32_t at = 0; table != NULL && at < len; at += sizeof(desc)) {
		memcpy(&desc, table + at, sizeof(desc));
		if (!vfake_chain_add(fake, chain, desc.addr, desc.len, desc.flags))
			return false;
	}
	return table != NULL;
}

bool
vfake_packed_pop(struct vfake *fake, struct vfake_queue *q, struct vfake_chain *chain)
{
	struct virtio_packed_desc *ring = ring_of(fake, q);
	uint16_t slot = q->next_avail, slots = 0;
	bool wrap = q->avail_wrap, more = true;
	struct virtio_packed_desc desc = {0};

	if (ring == NULL || !is_available(&ring[slot], wrap))
		return false;
	while (more) {
		if (slots == q->size || !is_available(&ring[slot], wrap)) {
			vfake_violation(fake, "queue %u: a list that is not available as a whole",
					q->index);
			return false;
		}
		desc = load(&ring[slot]);
		more = (desc.flags & VIRTIO_DESC_F_NEXT) != 0;
		if (desc.flags & VIRTIO_DESC_F_INDIRECT) {
			if (more || slots > 0 || !walk_indirect(fake, chain, desc.addr, desc.len))
				return false;
		} else if (!vfake_chain_add(fake, chain, desc.addr, desc.len, desc.flags)) {
			return false;
		}
		skip(q, &slot, &wrap, 1);
		slots++;
	}
	chain->id = desc.id; /* 2.8.6: of the last one */
	chain->slots = slots;
	q->next_avail = slot;
	q->avail_wrap = wrap;
	return true;
}

void
vfake_packed_push(struct vfake *fake, struct vfake_queue *q, uint32_t id, uint32_t len,
		  uint16_t flags, uint16_t slots)
{
	struct virtio_packed_desc *ring = ring_of(fake, q);
	struct virtio_packed_desc *desc = ring + q->next_used;

	if (ring == NULL)
		return;
	if (q->used_wrap)
		flags ^= VIRTIO_PACKED_F_AVAIL | VIRTIO_PACKED_F_USED;
	__atomic_store_n(word_of(desc), len | (uint64_t)(uint16_t)id << 32 | (uint64_t)flags << 48,
			 __ATOMIC_RELEASE);
	skip(q, &q->next_used, &q->used_wrap, slots);
	q->told_used = (uint16_t)(q->told_used + slots);
}

/* 2.8.10 */
static bool
wants_interrupt(const struct vfake_queue *q, const struct virtio_packed_event *event)
{
	uint16_t off_wrap = __atomic_load_n(&event->off_wrap, __ATOMIC_RELAXED);
	uint16_t flags = __atomic_load_n(&event->flags, __ATOMIC_RELAXED);
	uint16_t at = off_wrap & (WRAP_BIT - 1);
	bool wrap = (off_wrap & WRAP_BIT) != 0;
	uint32_t behind;

	if (flags != VIRTIO_EVENT_F_DESC)
		return flags == VIRTIO_EVENT_F_ENABLE;
	/* How far the next slot is behind the one that was asked for. */
	behind = wrap == q->used_wrap ? (uint32_t)q->next_used - at
				      : (uint32_t)q->next_used + q->size - at;
	return behind - 1 < q->told_used;
}

void
vfake_packed_tell(struct vfake *fake, struct vfake_queue *q)
{
	const struct virtio_packed_event *driver =
		(const void *)vfake_dma(fake, q->driver, sizeof(*driver));
	struct virtio_packed_event *device = (void *)vfake_dma(fake, q->device, sizeof(*device));
	bool at_slot = vfake_has(fake, VIRTIO_F_EVENT_IDX);
	uint16_t off_wrap, flags;

	if (driver == NULL || device == NULL)
		return;
	off_wrap = (uint16_t)(q->next_avail | (q->avail_wrap ? WRAP_BIT : 0));
	flags = fake->options.polls ? VIRTIO_EVENT_F_DISABLE
		: at_slot	    ? VIRTIO_EVENT_F_DESC
				    : VIRTIO_EVENT_F_ENABLE;
	__atomic_store_n((uint32_t *)(void *)device, off_wrap | (uint32_t)flags << 16,
			 __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (q->told_used > 0 && wants_interrupt(q, driver))
		vfake_interrupt_queue(fake, q);
	q->told_used = 0;
}
