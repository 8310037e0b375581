/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the data paths of both kinds of ring share: a queue's private books, the doorbell, barriers.
 *
 * A device may return buffers in any order, so each has an id, and the driver keeps in memory of its own what an id stands
 * for. Ids travel in a circle:
 *
 *	ids[]	| in flight, in the order they were given | free, in the order they came back |
 *		  ^ id_give: the next to come back goes here  ^ id_take: the next to be given
 *
 * With a device that keeps the order, every id comes back to the place where it was, and the ring holds 0, 1, 2 ... for ever:
 * descriptors are then written one behind the other.
 *
 * Nothing that the driver once wrote into shared memory is read back, and what the device writes is loaded once.
 */
#ifndef PLX_DRIVERS_NET_VIRTIO_VIRTIO_RING_H
#define PLX_DRIVERS_NET_VIRTIO_VIRTIO_RING_H

#include "virtio.h"

#define VIRTIO_NO_BUFFER UINT32_MAX /* in numbers[]: the id is not in flight */
#define VIRTIO_NO_AREA	 UINT16_MAX

/* What a tx id stands for; count 0: it is not in flight. */
struct virtio_slot {
	struct plx_mbuf *m;
	uint16_t count; /* descriptors of the ring */
	uint16_t next;	/* split, in a chain of several: the id behind this one */
	uint16_t area;	/* of the scratch memory, or VIRTIO_NO_AREA */
};

/* The device broke a rule of the ring (see virtio.h). */
void virtio_queue_break(struct virtio_queue *q);

/*
 * Between memory and a device that is not coherent like another processor (ORDER_PLATFORM, 6.3). The orders of the C
 * language, which the rings are accessed with, do for all others, and for devices of x86-64 as well: what they read and write is
 * coherent, and seen in the order of the program but for a load before an earlier store, where the store is SEQ_CST. (A fence
 * at each used descriptor halved the rate of packed rings.)
 */
static inline void
virtio_device_barrier(const struct virtio_queue *q)
{
	if (PLX_UNLIKELY(q->platform_order)) {
#if defined(__x86_64__)
		__asm__ volatile("" ::: "memory");
#elif defined(__aarch64__)
		__asm__ volatile("dmb osh" ::: "memory");
#else
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
	}
}

/* Rings the doorbell; `next` is what NOTIFICATION_DATA tells: the free-running index, or slot and wrap (4.1.5.2). */
static inline void
virtio_queue_notify(struct virtio_queue *q, uint16_t next)
{
	plx_ethdev_add(&q->notifications, 1);
	if (q->notify_register == NULL) {
		q->dev->transport->notify(q);
	} else if (q->notification_data) {
		*(volatile uint32_t *)q->notify_register =
			(q->notify_value & 0xffff) | (uint32_t)next << 16;
	} else {
		*(volatile uint16_t *)q->notify_register = (uint16_t)q->notify_value;
	}
}

/* EVENT_IDX (2.7.10.1): the device named an index, and what was added since `old` went past it. */
static inline bool
virtio_past_event(uint16_t event, uint16_t new, uint16_t old)
{
	return (uint16_t)(new - event - 1) < (uint16_t)(new - old);
}

#endif
