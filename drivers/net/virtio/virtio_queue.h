/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the data path know of a queue beyond virtio.h. */
#ifndef PLX_DRIVERS_NET_VIRTIO_VIRTIO_QUEUE_H
#define PLX_DRIVERS_NET_VIRTIO_VIRTIO_QUEUE_H

#include "virtio.h"

/* Odd queues send; the control queue, behind all pairs, is even and does not (5.1.2). */
static inline bool
virtio_queue_sends(const struct virtio_queue *q)
{
	return (q->index & 1) != 0;
}

/* The bus address of a byte of the queue's memory. */
uint64_t virtio_queue_address(const struct virtio_queue *q, const void *at);

/* Somebody sleeps on the queue's fd, which the control thread may have said a moment ago. */
static inline bool
virtio_queue_sleeps(const struct virtio_queue *q)
{
	return __atomic_load_n(&q->irq, __ATOMIC_RELAXED);
}

/* Interrupts wanted or not. */
void virtio_queue_irq(struct virtio_queue *q, bool on);

/*
 * The ring was empty: the fd that somebody sleeps on is readable no more, until the device uses the next buffer. True: look
 * into the ring once more, as it may have done so meanwhile; false from the second time on (*looked).
 */
bool virtio_queue_rearm(struct virtio_queue *q, bool *looked);

#endif
