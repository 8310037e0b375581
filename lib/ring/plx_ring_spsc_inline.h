/* SPDX-License-Identifier: BSD-3-Clause */
/* Bodies of plx_ring_spsc.h, which is the place to read first; letters as there. */
#ifndef PLX_LIB_RING_PLX_RING_SPSC_INLINE_H
#define PLX_LIB_RING_PLX_RING_SPSC_INLINE_H

#ifndef PLX_LIB_RING_PLX_RING_SPSC_H
#error "include plx_ring_spsc.h"
#endif

#include "plx_ring_copy_inline.h"

static PLX_ALWAYS_INLINE uint8_t *
plx_ring_spsc_slots(const struct plx_ring_spsc *r)
{
	return (uint8_t *)(uintptr_t)(r + 1);
}

/* Free slots, as far as the call needs to know: n of them, or else exactly. */
static PLX_ALWAYS_INLINE uint32_t
plx_ring_spsc_room(struct plx_ring_spsc *r, uint64_t head, uint32_t n)
{
	uint32_t room = r->prod.capacity - (uint32_t)(head - r->prod.seen);

	if (PLX_LIKELY(room >= n))
		return n;
	r->prod.seen = __atomic_load_n(&r->cons.head, __ATOMIC_ACQUIRE); /* A */
	room = r->prod.capacity - (uint32_t)(head - r->prod.seen);
	return room < n ? room : n;
}

/* Elements inside, as far as the call needs to know. */
static PLX_ALWAYS_INLINE uint32_t
plx_ring_spsc_ready(struct plx_ring_spsc *r, uint64_t head, uint32_t n)
{
	uint32_t ready = (uint32_t)(r->cons.seen - head);

	if (PLX_LIKELY(ready >= n))
		return n;
	r->cons.seen = __atomic_load_n(&r->prod.head, __ATOMIC_ACQUIRE); /* B */
	ready = (uint32_t)(r->cons.seen - head);
	return ready < n ? ready : n;
}

static PLX_ALWAYS_INLINE uint32_t
plx_ring_spsc_enqueue(struct plx_ring_spsc *r, const void *src, uint32_t n, unsigned es,
		      enum plx_ring_want want)
{
	uint64_t head = __atomic_load_n(&r->prod.head, __ATOMIC_RELAXED); /* own */
	uint32_t got = plx_ring_spsc_room(r, head, n);
	uint32_t at;
	bool joined;

	if (PLX_UNLIKELY(got < n) && (want == PLX_RING_BULK || got == 0))
		return 0;
	at = (uint32_t)head & r->prod.mask;
	joined = PLX_LIKELY(got <= r->prod.capacity - at);
	plx_ring_copy_in(plx_ring_spsc_slots(r), at, r->prod.mask, joined, src, got, n, es, false);
	__atomic_store_n(&r->prod.head, head + got, __ATOMIC_RELEASE); /* B */
	return got;
}

static PLX_ALWAYS_INLINE uint32_t
plx_ring_spsc_dequeue(struct plx_ring_spsc *r, void *dst, uint32_t n, unsigned es,
		      enum plx_ring_want want)
{
	uint64_t head = __atomic_load_n(&r->cons.head, __ATOMIC_RELAXED); /* own */
	uint32_t got = plx_ring_spsc_ready(r, head, n);
	uint32_t at;
	bool joined;

	if (PLX_UNLIKELY(got < n) && (want == PLX_RING_BULK || got == 0))
		return 0;
	at = (uint32_t)head & r->cons.mask;
	joined = PLX_LIKELY(got <= r->cons.capacity - at);
	plx_ring_copy_out(dst, plx_ring_spsc_slots(r), at, r->cons.mask, joined, got, n, es, false);
	__atomic_store_n(&r->cons.head, head + got, __ATOMIC_RELEASE); /* A */
	return got;
}

static PLX_ALWAYS_INLINE uint32_t
plx_ring_spsc_reserve(struct plx_ring_spsc *r, uint32_t n, unsigned es, uint8_t **ret_slots)
{
	uint64_t head = __atomic_load_n(&r->prod.head, __ATOMIC_RELAXED); /* own */
	uint32_t at = (uint32_t)head & r->prod.mask;

	if (n > r->prod.capacity - at)
		n = r->prod.capacity - at;
	*ret_slots = plx_ring_spsc_slots(r) + (size_t)at * es;
	return plx_ring_spsc_room(r, head, n);
}

static PLX_ALWAYS_INLINE uint32_t
plx_ring_spsc_peek(struct plx_ring_spsc *r, uint32_t n, unsigned es, const uint8_t **ret_slots)
{
	uint64_t head = __atomic_load_n(&r->cons.head, __ATOMIC_RELAXED); /* own */
	uint32_t at = (uint32_t)head & r->cons.mask;

	if (n > r->cons.capacity - at)
		n = r->cons.capacity - at;
	*ret_slots = plx_ring_spsc_slots(r) + (size_t)at * es;
	return plx_ring_spsc_ready(r, head, n);
}

static PLX_ALWAYS_INLINE void
plx_ring_spsc_commit(struct plx_ring_spsc *r, uint32_t n)
{
	uint64_t head = __atomic_load_n(&r->prod.head, __ATOMIC_RELAXED); /* own */

	__atomic_store_n(&r->prod.head, head + n, __ATOMIC_RELEASE); /* B */
}

static PLX_ALWAYS_INLINE void
plx_ring_spsc_release(struct plx_ring_spsc *r, uint32_t n)
{
	uint64_t head = __atomic_load_n(&r->cons.head, __ATOMIC_RELAXED); /* own */

	__atomic_store_n(&r->cons.head, head + n, __ATOMIC_RELEASE); /* A */
}

/* Elements inside; of yesterday if others are at work. Thread: any. */
static inline uint32_t
plx_ring_spsc_count(const struct plx_ring_spsc *r)
{
	uint64_t taken = __atomic_load_n(&r->cons.head, __ATOMIC_ACQUIRE);
	uint64_t filled = __atomic_load_n(&r->prod.head, __ATOMIC_RELAXED);
	uint64_t count = filled - taken;

	return count > r->prod.capacity ? r->prod.capacity : (uint32_t)count;
}

/* Elements ever put in, and ever taken out: the difference is inside. Thread: any. */
static inline uint64_t
plx_ring_spsc_filled(const struct plx_ring_spsc *r)
{
	return __atomic_load_n(&r->prod.head, __ATOMIC_ACQUIRE);
}

static inline uint64_t
plx_ring_spsc_taken(const struct plx_ring_spsc *r)
{
	return __atomic_load_n(&r->cons.head, __ATOMIC_ACQUIRE);
}

static inline uint32_t
plx_ring_spsc_capacity(const struct plx_ring_spsc *r)
{
	return r->prod.capacity;
}

/* Always inline because a caller's constant n is worth a third of a small bulk (docs/adr/0001). */
#define PLX_RING_SPSC_FUNCTIONS(bits)                                                      \
	static PLX_ALWAYS_INLINE bool plx_ring_spsc_enqueue##bits(struct plx_ring_spsc *r, \
								  uint##bits##_t v)        \
	{                                                                                  \
		return plx_ring_spsc_enqueue(r, &v, 1, bits / 8, PLX_RING_BULK) != 0;      \
	}                                                                                  \
	static PLX_ALWAYS_INLINE uint32_t plx_ring_spsc_enqueue_burst##bits(               \
		struct plx_ring_spsc *r, const uint##bits##_t *v, uint32_t n)              \
	{                                                                                  \
		return plx_ring_spsc_enqueue(r, v, n, bits / 8, PLX_RING_BURST);           \
	}                                                                                  \
	static PLX_ALWAYS_INLINE uint32_t plx_ring_spsc_enqueue_bulk##bits(                \
		struct plx_ring_spsc *r, const uint##bits##_t *v, uint32_t n)              \
	{                                                                                  \
		return plx_ring_spsc_enqueue(r, v, n, bits / 8, PLX_RING_BULK);            \
	}                                                                                  \
	static PLX_ALWAYS_INLINE uint32_t plx_ring_spsc_reserve##bits(                     \
		struct plx_ring_spsc *r, uint32_t n, uint##bits##_t **ret_slots)           \
	{                                                                                  \
		uint8_t *slots;                                                            \
		uint32_t got = plx_ring_spsc_reserve(r, n, bits / 8, &slots);              \
                                                                                           \
		*ret_slots = (uint##bits##_t *)(void *)slots;                              \
		return got;                                                                \
	}                                                                                  \
	static PLX_ALWAYS_INLINE bool plx_ring_spsc_dequeue##bits(struct plx_ring_spsc *r, \
								  uint##bits##_t *v)       \
	{                                                                                  \
		return plx_ring_spsc_dequeue(r, v, 1, bits / 8, PLX_RING_BULK) != 0;       \
	}                                                                                  \
	static PLX_ALWAYS_INLINE uint32_t plx_ring_spsc_dequeue_burst##bits(               \
		struct plx_ring_spsc *r, uint##bits##_t *v, uint32_t n)                    \
	{                                                                                  \
		return plx_ring_spsc_dequeue(r, v, n, bits / 8, PLX_RING_BURST);           \
	}                                                                                  \
	static PLX_ALWAYS_INLINE uint32_t plx_ring_spsc_dequeue_bulk##bits(                \
		struct plx_ring_spsc *r, uint##bits##_t *v, uint32_t n)                    \
	{                                                                                  \
		return plx_ring_spsc_dequeue(r, v, n, bits / 8, PLX_RING_BULK);            \
	}                                                                                  \
	static PLX_ALWAYS_INLINE uint32_t plx_ring_spsc_peek##bits(                        \
		struct plx_ring_spsc *r, uint32_t n, const uint##bits##_t **ret_slots)     \
	{                                                                                  \
		const uint8_t *slots;                                                      \
		uint32_t got = plx_ring_spsc_peek(r, n, bits / 8, &slots);                 \
                                                                                           \
		*ret_slots = (const uint##bits##_t *)(const void *)slots;                  \
		return got;                                                                \
	}

PLX_RING_SPSC_FUNCTIONS(32)
PLX_RING_SPSC_FUNCTIONS(64)

#undef PLX_RING_SPSC_FUNCTIONS

#endif
