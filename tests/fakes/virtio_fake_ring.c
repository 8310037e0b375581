/* SPDX-License-Identifier: BSD-3-Clause */
/* What both kinds of ring have on the device's side, and what a hostile device does with them. */
#include "virtio_fake_priv.h"

bool
vfake_chain_add(struct vfake *fake, struct vfake_chain *chain, uint64_t addr, uint32_t len,
		uint16_t flags)
{
	bool write = (flags & VIRTIO_DESC_F_WRITE) != 0;
	uint8_t *bytes = vfake_dma(fake, addr, len);

	if (bytes == NULL)
		return false;
	if (chain->n == VFAKE_SEGS_MAX || len == 0) {
		vfake_violation(fake, len == 0 ? "an empty descriptor" : "a chain without end");
		return false;
	}
	/* 2.7.4.2: what is read comes before what is written. */
	if (!write && chain->n > 0 && chain->seg[chain->n - 1].write)
		vfake_violation(fake, "a descriptor to read behind one to write");
	chain->seg[chain->n++] = (struct vfake_seg){.bytes = bytes, .len = len, .write = write};
	return true;
}

size_t
vfake_chain_room(const struct vfake_chain *chain)
{
	size_t room = 0;

	for (unsigned i = 0; i < chain->n; i++)
		room += chain->seg[i].len;
	return room;
}

bool
vfake_pop(struct vfake *fake, struct vfake_queue *q, struct vfake_chain *chain)
{
	chain->n = 0;
	return q->packed ? vfake_packed_pop(fake, q, chain) : vfake_split_pop(fake, q, chain);
}

void
vfake_push(struct vfake *fake, struct vfake_queue *q, uint16_t id, uint16_t slots, uint32_t len,
	   bool written)
{
	struct vfake_used used = {.queue = q->index, .id = id, .len = len, .times = 1};
	uint16_t flags = written ? VIRTIO_DESC_F_WRITE : 0;

	if (fake->tamper != NULL)
		fake->tamper(fake->tamper_arg, &used);
	for (unsigned i = 0; i < used.times; i++) {
		if (q->packed)
			vfake_packed_push(fake, q, used.id, used.len, flags ^ used.flags_wrong,
					  slots);
		else
			vfake_split_push(fake, q, used.id, used.len);
	}
}

void
vfake_tell(struct vfake *fake, struct vfake_queue *q)
{
	if (q->packed)
		vfake_packed_tell(fake, q);
	else
		vfake_split_tell(fake, q);
}

void
vfake_use(struct vfake *fake, const struct vfake_used *used)
{
	struct vfake_queue *q = &fake->queue[used->queue];

	pthread_mutex_lock(&fake->lock);
	for (unsigned i = 0; q->enabled && i < used->times; i++) {
		if (q->packed)
			vfake_packed_push(fake, q, used->id, used->len,
					  VIRTIO_DESC_F_WRITE ^ used->flags_wrong, 1);
		else
			vfake_split_push(fake, q, used->id, used->len);
	}
	if (q->enabled)
		vfake_tell(fake, q);
	pthread_mutex_unlock(&fake->lock);
}

void
vfake_jump(struct vfake *fake, uint16_t queue, uint16_t by)
{
	struct vfake_queue *q = &fake->queue[queue];

	pthread_mutex_lock(&fake->lock);
	if (q->enabled && !q->packed) {
		struct virtio_used *used =
			(void *)vfake_dma(fake, q->device, 6 + 8 * (uint64_t)q->size);

		if (used != NULL)
			__atomic_store_n(&used->idx, (uint16_t)(q->next_used + by),
					 __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&fake->lock);
}

void *
vfake_ring(struct vfake *fake, uint16_t queue, bool device_part, size_t *ret_len)
{
	struct vfake_queue *q = &fake->queue[queue];
	void *ring = NULL;

	pthread_mutex_lock(&fake->lock);
	if (q->enabled) {
		*ret_len = !device_part ? 16u * q->size
			   : q->packed	? sizeof(struct virtio_packed_event)
					: 6 + 8u * q->size;
		ring = vfake_dma(fake, device_part ? q->device : q->desc, *ret_len);
	}
	pthread_mutex_unlock(&fake->lock);
	return ring;
}
