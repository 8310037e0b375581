/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Split rings (2.7), the driver's half.
 *
 *	driver:  descriptors, ring[]   (A) avail.idx = new, sequentially consistent   (B) read used.flags or avail_event
 *	device:  (C) read avail.idx, acquire   ... works ...   ring[]   (D) used.idx, release
 *	driver:  (E) read used.idx, acquire    ring[]
 *
 * A pairs with C, D with E. A and B are both sequentially consistent, so that either B sees that the device wants to be told,
 * or the device, which looks at avail.idx once more after it said so, sees A.
 */
#ifndef PLX_DRIVERS_NET_VIRTIO_VIRTIO_SPLIT_H
#define PLX_DRIVERS_NET_VIRTIO_VIRTIO_SPLIT_H

#include "virtio_ring.h"

/* The device's wish, behind the used ring's elements. */
static inline uint16_t *
virtio_split_avail_event(const struct virtio_queue *q)
{
	return (uint16_t *)(void *)&q->split.used->ring[q->size];
}

/* Ours, behind the available ring's. */
static inline uint16_t *
virtio_split_used_event(const struct virtio_queue *q)
{
	return &q->split.avail->ring[q->size];
}

/*
 * Chains that the device returned and that are not taken yet. The shared index is read only when those known of are less
 * than `want`. 0 and a broken queue if it claims more than it was given.
 */
static PLX_ALWAYS_INLINE uint16_t
virtio_split_ready(struct virtio_queue *q, uint16_t want)
{
	uint16_t ready = (uint16_t)(q->used_seen - q->next_used);

	if (ready >= want)
		return ready;
	q->used_seen = __atomic_load_n(&q->split.used->idx, __ATOMIC_ACQUIRE); /* E */
	virtio_device_barrier(q);
	ready = (uint16_t)(q->used_seen - q->next_used);
	if (PLX_LIKELY(ready <= (uint16_t)(q->next_avail - q->next_used)))
		return ready;
	virtio_queue_break(q);
	return 0;
}

/* Element `at` (free-running) of the used ring. */
static PLX_ALWAYS_INLINE uint32_t
virtio_split_used_id(const struct virtio_queue *q, uint16_t at)
{
	return __atomic_load_n(&q->split.used->ring[at & (q->size - 1)].id, __ATOMIC_RELAXED);
}

static PLX_ALWAYS_INLINE uint32_t
virtio_split_used_len(const struct virtio_queue *q, uint16_t at)
{
	return __atomic_load_n(&q->split.used->ring[at & (q->size - 1)].len, __ATOMIC_RELAXED);
}

/* Puts a chain's head at place `at` (free-running), to be published. Mostly it is there already: the line stays shared. */
static PLX_ALWAYS_INLINE void
virtio_split_offer(const struct virtio_queue *q, uint16_t at, uint16_t head)
{
	uint16_t *place = &q->split.avail->ring[at & (q->size - 1)];

	if (*place != head)
		*place = head;
}

/* Publishes all chains before `next`, and rings if the device wants to hear of it. */
static inline void
virtio_split_publish(struct virtio_queue *q, uint16_t next)
{
	uint16_t old = q->next_avail;
	bool wanted;

	q->next_avail = next;
	virtio_device_barrier(q);
	__atomic_store_n(&q->split.avail->idx, next, __ATOMIC_SEQ_CST); /* A */
	virtio_device_barrier(q);
	if (q->event_idx)
		wanted = virtio_past_event(
			__atomic_load_n(virtio_split_avail_event(q), __ATOMIC_SEQ_CST), next, old);
	else
		wanted = (__atomic_load_n(&q->split.used->flags, __ATOMIC_SEQ_CST) & /* B */
			  VIRTIO_USED_F_NO_NOTIFY) == 0;
	if (PLX_UNLIKELY(wanted) && !q->kick_due)
		virtio_queue_notify(q, next);
}

#endif
