/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packed rings (2.8), the driver's half. A descriptor's second half (len, id, flags) is always loaded and stored as one word,
 * so that a glance at the flags and what they vouch for are one.
 *
 *	driver:  descriptors 2 .. n   (A) word of descriptor 1, sequentially consistent   (B) read the device's event word
 *	device:  (C) read flags of 1, acquire   ... works ...   len, id   (D) flags, release
 *	driver:  (E) read the word, acquire
 *
 * The first descriptor of a burst is written last: the device sees all or none, and until then its line is left to it. A pairs
 * with C, D with E; A and B as in virtio_split.h.
 */
#ifndef PLX_DRIVERS_NET_VIRTIO_VIRTIO_PACKED_H
#define PLX_DRIVERS_NET_VIRTIO_VIRTIO_PACKED_H

#include "virtio_ring.h"

PLX_STATIC_ASSERT(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
		  "words are put together in the ring's order");
PLX_STATIC_ASSERT(offsetof(struct virtio_packed_desc, len) % sizeof(uint64_t) == 0, "the word");

#define VIRTIO_PACKED_BOTH (VIRTIO_PACKED_F_AVAIL | VIRTIO_PACKED_F_USED)
#define VIRTIO_PACKED_WRAP 0x8000u /* in off_wrap and in what a doorbell tells */

static PLX_ALWAYS_INLINE uint64_t *
virtio_packed_word(const struct virtio_queue *q, uint16_t slot)
{
	return (uint64_t *)(void *)&q->packed_ring.desc[slot].len;
}

static inline uint64_t
virtio_packed_make(uint32_t len, uint16_t id, uint16_t flags)
{
	return len | (uint64_t)id << 32 | (uint64_t)flags << 48;
}

static inline uint32_t
virtio_packed_len(uint64_t word)
{
	return (uint32_t)word;
}

static inline uint16_t
virtio_packed_id(uint64_t word)
{
	return (uint16_t)(word >> 32);
}

static inline uint16_t
virtio_packed_flags(uint64_t word)
{
	return (uint16_t)(word >> 48);
}

/* The two flags of a descriptor that is given to the device in the lap of `wrap`. */
static inline uint16_t
virtio_packed_avail(bool wrap)
{
	return wrap ? VIRTIO_PACKED_F_AVAIL : VIRTIO_PACKED_F_USED;
}

/*
 * The descriptor at next_used, if the device returned it: *ret_word then has its id and length. Only while something is in
 * flight.
 */
static PLX_ALWAYS_INLINE bool
virtio_packed_used(struct virtio_queue *q, uint16_t slot, bool wrap, uint64_t *ret_word)
{
	uint64_t word = __atomic_load_n(virtio_packed_word(q, slot), __ATOMIC_ACQUIRE); /* E */
	uint16_t both = virtio_packed_flags(word) & VIRTIO_PACKED_BOTH;

	*ret_word = word;
	if (both == (wrap ? VIRTIO_PACKED_BOTH : 0)) {
		virtio_device_barrier(q);
		return true;
	}
	if (PLX_UNLIKELY(both != virtio_packed_avail(wrap)))
		virtio_queue_break(q);
	return false;
}

/* What is being put into the ring and not yet published. */
struct virtio_packed_burst {
	uint64_t first; /* the word of the descriptor at `slot` */
	uint16_t slot;	/* ... where the burst began */
	uint16_t at;	/* where it goes on */
	uint16_t n;	/* descriptors in it */
	bool wrap;
};

static PLX_ALWAYS_INLINE struct virtio_packed_burst
virtio_packed_begin(const struct virtio_queue *q)
{
	return (struct virtio_packed_burst){
		.slot = q->next_avail, .at = q->next_avail, .wrap = q->avail_wrap};
}

/* One more descriptor; `flags` are WRITE, NEXT and INDIRECT. */
static PLX_ALWAYS_INLINE void
virtio_packed_add(struct virtio_queue *q, struct virtio_packed_burst *burst, uint64_t addr,
		  uint32_t len, uint16_t id, uint16_t flags)
{
	uint64_t word = virtio_packed_make(len, id, flags | virtio_packed_avail(burst->wrap));

	q->packed_ring.desc[burst->at].addr = addr;
	if (burst->n++ == 0)
		burst->first = word;
	else
		__atomic_store_n(virtio_packed_word(q, burst->at), word, __ATOMIC_RELAXED);
	if (++burst->at == q->size) {
		burst->at = 0;
		burst->wrap = !burst->wrap;
	}
}

/*
 * The device wants to hear of the slot that it named, if that is among those just added. One that it has returned since was named
 * before it went on and fell asleep further behind: QEMU's does so (7.2 to 11.1), and would never wake up.
 */
static inline bool
virtio_packed_reached(const struct virtio_queue *q, uint16_t off_wrap, uint16_t added)
{
	uint16_t off = off_wrap & (uint16_t)~VIRTIO_PACKED_WRAP;
	bool wrap = (off_wrap & VIRTIO_PACKED_WRAP) != 0;
	uint16_t event = wrap == q->avail_wrap ? off : (uint16_t)(off - q->size), flags;

	if (virtio_past_event(event, q->next_avail, (uint16_t)(q->next_avail - added)) ||
	    off >= q->size)
		return true;
	flags = virtio_packed_flags(__atomic_load_n(virtio_packed_word(q, off), __ATOMIC_RELAXED));
	return ((flags & VIRTIO_PACKED_F_USED) != 0) == wrap;
}

/* The device's wish (2.8.10): both halves of its event word are read at once. */
static inline bool
virtio_packed_wanted(const struct virtio_queue *q, uint16_t added)
{
	uint32_t event = __atomic_load_n((uint32_t *)(void *)q->packed_ring.device,
					 __ATOMIC_SEQ_CST); /* B */
	uint16_t flags = (uint16_t)(event >> 16);

	if (PLX_UNLIKELY(q->event_idx) && flags == VIRTIO_EVENT_F_DESC)
		return virtio_packed_reached(q, (uint16_t)event, added);
	return flags != VIRTIO_EVENT_F_DISABLE;
}

/* What a doorbell tells with NOTIFICATION_DATA: next slot and wrap. */
static inline uint16_t
virtio_packed_position(const struct virtio_queue *q)
{
	return (uint16_t)(q->next_avail | (q->avail_wrap ? VIRTIO_PACKED_WRAP : 0));
}

/* Publishes the burst, and rings if the device wants to hear of it. */
static inline void
virtio_packed_publish(struct virtio_queue *q, const struct virtio_packed_burst *burst)
{
	q->next_avail = burst->at;
	q->avail_wrap = burst->wrap;
	virtio_device_barrier(q);
	__atomic_store_n(virtio_packed_word(q, burst->slot), burst->first,
			 __ATOMIC_SEQ_CST); /* A */
	virtio_device_barrier(q);
	if (PLX_UNLIKELY(virtio_packed_wanted(q, burst->n)) && !q->kick_due)
		virtio_queue_notify(q, virtio_packed_position(q));
}

#endif
