/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One ring shared with the kernel: single producer, single consumer, free-running 32-bit indexes. We
 * produce on FILL and TX, the kernel on RX and COMPLETION.
 *
 *	producer side                                consumer side
 *	room = size - (prod - consumer)	  (A)        n = producer - cons        (C)
 *	write desc[prod & mask]                      read desc[cons & mask]
 *	producer = prod + n		  (B)        consumer = cons + n        (D)
 *
 *	B store-release pairs with C load-acquire: who sees the index sees the entries.
 *	D store-release pairs with A load-acquire: who sees the room may overwrite.
 *
 * The far side's index is a cache line that travels between cores; each side keeps the last value it saw
 * and looks again only when that does not suffice.
 */
#ifndef PLX_DRIVERS_NET_AF_XDP_XSK_RING_H
#define PLX_DRIVERS_NET_AF_XDP_XSK_RING_H

#include "plx_base.h"

#include <linux/if_xdp.h>

struct xsk_ring {
	uint32_t *producer; /* in the shared page, as are consumer, flags and the entries */
	uint32_t *consumer;
	const uint32_t *flags;
	union {
		uint64_t *addr;	       /* FILL, COMPLETION */
		struct xdp_desc *desc; /* RX, TX */
	};
	uint32_t mask;
	uint32_t near; /* our own index, ahead of the shared one until published */
	uint32_t far;  /* the other side's, as last seen; on a producer ring plus size */
	uint32_t size; /* 0: this ring does not exist */
	void *map;
	size_t map_len;
};

/* How many entries may be written, at least `want` if there are as many. */
static inline uint32_t
xsk_ring_room(struct xsk_ring *ring, uint32_t want)
{
	uint32_t room = ring->far - ring->near;

	if (room >= want)
		return room;
	ring->far = __atomic_load_n(ring->consumer, __ATOMIC_ACQUIRE) + ring->size; /* A, with D */
	return ring->far - ring->near;
}

/* Publishes the n entries written behind `near`. */
static inline void
xsk_ring_produce(struct xsk_ring *ring, uint32_t n)
{
	ring->near += n;
	__atomic_store_n(ring->producer, ring->near, __ATOMIC_RELEASE); /* B, with C */
}

/* The same in two steps: write n entries, and more; then publish them together. */
static inline void
xsk_ring_stage(struct xsk_ring *ring, uint32_t n)
{
	ring->near += n;
}

static inline void
xsk_ring_publish(struct xsk_ring *ring)
{
	__atomic_store_n(ring->producer, ring->near, __ATOMIC_RELEASE); /* B, with C */
}

/* How many entries may be read, at least `want` if there are as many. */
static inline uint32_t
xsk_ring_ready(struct xsk_ring *ring, uint32_t want)
{
	uint32_t ready = ring->far - ring->near;

	if (ready >= want)
		return ready;
	ring->far = __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE); /* C, with B */
	return ring->far - ring->near;
}

/* Gives back the n entries read behind `near`. */
static inline void
xsk_ring_consume(struct xsk_ring *ring, uint32_t n)
{
	ring->near += n;
	__atomic_store_n(ring->consumer, ring->near, __ATOMIC_RELEASE); /* D, with A */
}

/* Entries between the two sides as anyone may see them; exact only when both rest. */
static inline uint32_t
xsk_ring_count(const struct xsk_ring *ring)
{
	if (ring->size == 0)
		return 0;
	return __atomic_load_n(ring->producer, __ATOMIC_RELAXED) -
	       __atomic_load_n(ring->consumer, __ATOMIC_RELAXED);
}

/* The kernel asks for a system call before it looks at this ring again. Relaxed: a hint, asked every burst. */
static inline bool
xsk_ring_needs_wakeup(const struct xsk_ring *ring)
{
	return (__atomic_load_n(ring->flags, __ATOMIC_RELAXED) & XDP_RING_NEED_WAKEUP) != 0;
}

#endif
