/* SPDX-License-Identifier: BSD-3-Clause */
/* The device's side of split rings (2.7). */
#include "virtio_fake_priv.h"

struct rings {
	struct virtio_desc *desc;
	struct virtio_avail *avail;
	struct virtio_used *used;
};

/* Looked up anew each time, since the memory may be gone. */
static bool
rings_of(struct vfake *fake, const struct vfake_queue *q, struct rings *ret)
{
	uint8_t *desc = vfake_dma(fake, q->desc, 16 * (uint64_t)q->size);
	uint8_t *avail = vfake_dma(fake, q->driver, 6 + 2 * (uint64_t)q->size);
	uint8_t *used = vfake_dma(fake, q->device, 6 + 8 * (uint64_t)q->size);

	ret->desc = (struct virtio_desc *)(void *)desc;
	ret->avail = (struct virtio_avail *)(void *)avail;
	ret->used = (struct virtio_used *)(void *)used;
	return desc != NULL && avail != NULL && used != NULL;
}

static uint16_t *
avail_event(const struct vfake_queue *q, struct virtio_used *used)
{
	return (uint16_t *)(void *)&used->ring[q->size];
}

uint16_t
vfake_split_end(struct vfake *fake, const struct vfake_queue *q)
{
	struct rings rings;

	return rings_of(fake, q, &rings) ? __atomic_load_n(&rings.avail->idx, __ATOMIC_ACQUIRE) : 0;
}

/* The descriptors of a table from `at` on: the ring's own, or an indirect one (2.7.5.3). */
static bool
walk(struct vfake *fake, struct vfake_chain *chain, const uint8_t *table, uint32_t size,
     uint16_t at, bool may_indirect)
{
	for (uint32_t n = 0; n < size; n++) {
		struct virtio_desc desc;

		if (at >= size) {
			vfake_violation(fake, "descriptor %u of %u", at, size);
			return false;
		}
		memcpy(&desc, table + at * sizeof(desc),
		       sizeof(desc)); /* an indirect one may lie anywhere */
		if (desc.flags & VIRTIO_DESC_F_INDIRECT) {
			const uint8_t *inner = vfake_dma(fake, desc.addr, desc.len);

			if (!may_indirect || (desc.flags & VIRTIO_DESC_F_NEXT) ||
			    desc.len % sizeof(desc) != 0 || desc.len == 0) {
				vfake_violation(fake, "a bad indirect descriptor");
				return false;
			}
			return inner != NULL && walk(fake, chain, inner,
						     desc.len / (uint32_t)sizeof(desc), 0, false);
		}
		if (!vfake_chain_add(fake, chain, desc.addr, desc.len, desc.flags))
			return false;
		if (!(desc.flags & VIRTIO_DESC_F_NEXT))
			return true;
		at = desc.next;
	}
	vfake_violation(fake, "a chain of descriptors that loops");
	return false;
}

bool
vfake_split_pop(struct vfake *fake, struct vfake_queue *q, struct vfake_chain *chain)
{
	struct rings rings;
	uint16_t idx, head;

	if (!rings_of(fake, q, &rings))
		return false;
	idx = __atomic_load_n(&rings.avail->idx, __ATOMIC_ACQUIRE);
	if (idx == q->next_avail)
		return false;
	if ((uint16_t)(idx - q->next_avail) > q->size) {
		vfake_violation(fake, "queue %u: the available index jumps from %u to %u", q->index,
				q->next_avail, idx);
		return false;
	}
	head = rings.avail->ring[q->next_avail & (q->size - 1)];
	chain->id = head;
	chain->slots = 1;
	if (!walk(fake, chain, (const uint8_t *)rings.desc, q->size, head,
		  vfake_has(fake, VIRTIO_F_INDIRECT_DESC)))
		return false;
	q->next_avail++;
	return true;
}

void
vfake_split_push(struct vfake *fake, struct vfake_queue *q, uint32_t id, uint32_t len)
{
	struct rings rings;

	if (!rings_of(fake, q, &rings))
		return;
	rings.used->ring[q->next_used & (q->size - 1)] = (struct virtio_used_elem){id, len};
	q->next_used++;
}

/* 2.7.7.2 and 2.7.10 */
static bool
wants_interrupt(struct vfake *fake, const struct vfake_queue *q, const struct rings *rings)
{
	uint16_t event = __atomic_load_n(&rings->avail->ring[q->size], __ATOMIC_RELAXED);

	if (q->next_used == q->told_used)
		return false;
	if (!vfake_has(fake, VIRTIO_F_EVENT_IDX))
		return !(__atomic_load_n(&rings->avail->flags, __ATOMIC_RELAXED) &
			 VIRTIO_AVAIL_F_NO_INTERRUPT);
	return (uint16_t)(q->next_used - event - 1) < (uint16_t)(q->next_used - q->told_used);
}

void
vfake_split_tell(struct vfake *fake, struct vfake_queue *q)
{
	bool quiet = fake->options.polls;
	struct rings rings;

	if (!rings_of(fake, q, &rings))
		return;
	__atomic_store_n(&rings.used->idx, q->next_used, __ATOMIC_RELEASE);
	if (vfake_has(fake, VIRTIO_F_EVENT_IDX))
		__atomic_store_n(avail_event(q, rings.used),
				 (uint16_t)(quiet ? q->next_avail - 1 : q->next_avail),
				 __ATOMIC_RELAXED);
	else
		__atomic_store_n(&rings.used->flags,
				 (uint16_t)(quiet ? VIRTIO_USED_F_NO_NOTIFY : 0), __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (wants_interrupt(fake, q, &rings))
		vfake_interrupt_queue(fake, q);
	q->told_used = q->next_used;
}
