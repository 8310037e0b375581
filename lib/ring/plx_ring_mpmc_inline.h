/* SPDX-License-Identifier: BSD-3-Clause */
/* Bodies of plx_ring_mpmc.h, which is the place to read first; letters as there. */
#ifndef PLX_LIB_RING_PLX_RING_MPMC_INLINE_H
#define PLX_LIB_RING_PLX_RING_MPMC_INLINE_H

#ifndef PLX_LIB_RING_PLX_RING_MPMC_H
#error "include plx_ring_mpmc.h"
#endif

#include "plx_ring_copy_inline.h"

static PLX_ALWAYS_INLINE uint8_t *
plx_ring_mpmc_slots(const struct plx_ring_mpmc *r)
{
	return (uint8_t *)(uintptr_t)(r + 1);
}

/* `offset`: the caller's side's own copy of it. */
static PLX_ALWAYS_INLINE uint8_t *
plx_ring_mpmc_tags(const struct plx_ring_mpmc *r, uint64_t offset)
{
	return (uint8_t *)(uintptr_t)r + offset;
}

/* What tags of this position's lap read: eight of them, all bits 0 or all 1. */
static PLX_ALWAYS_INLINE uint64_t
plx_ring_mpmc_lap(uint64_t pos, uint32_t capacity)
{
	return (uint64_t)((pos & capacity) == 0) - 1;
}

#if PLX_RING_PLAIN
/* Words of tags at any alignment. Tags are independent bytes: it does no harm if a word arrives in parts. */
typedef uint64_t plx_ring_tags8 PLX_ALIGNED(1);
typedef uint32_t plx_ring_tags4 PLX_ALIGNED(1);
typedef uint16_t plx_ring_tags2 PLX_ALIGNED(1);

/*
 * Writes each tag exactly once: a slot may be consumed and filled again as soon as its tag is there, and a
 * second write would then undo the new one.
 */
static PLX_ALWAYS_INLINE void
plx_ring_mpmc_tag_store(uint8_t *tags, uint32_t n, uint64_t lap)
{
	__atomic_signal_fence(__ATOMIC_RELEASE); /* B; the processor keeps the order itself */
	for (; n >= 8; n -= 8, tags += 8)
		*(volatile plx_ring_tags8 *)tags = lap;
	if (n == 0)
		return;
	if (n & 4) {
		*(volatile plx_ring_tags4 *)tags = (uint32_t)lap;
		tags += 4;
	}
	if (n & 2) {
		*(volatile plx_ring_tags2 *)tags = (uint16_t)lap;
		tags += 2;
	}
	if (n & 1)
		*(volatile uint8_t *)tags = (uint8_t)lap;
}

/* The 1, 2, 4 or 8 tags here, each 0 if it is of this lap. */
static PLX_ALWAYS_INLINE uint64_t
plx_ring_mpmc_tag_diff(const uint8_t *tags, unsigned bytes, uint64_t lap)
{
	switch (bytes) {
	case 8:
		return *(const volatile plx_ring_tags8 *)tags ^ lap;
	case 4:
		return *(const volatile plx_ring_tags4 *)tags ^ (uint32_t)lap;
	case 2:
		return *(const volatile plx_ring_tags2 *)tags ^ (uint16_t)lap;
	default:
		return *(const volatile uint8_t *)tags ^ (uint8_t)lap;
	}
}

/*
 * How many of the next n tags, from the first on, are of this lap. In the steps in which they were stored: a
 * wider load of what is still in the store buffer would wait for it.
 */
static PLX_ALWAYS_INLINE uint32_t
plx_ring_mpmc_tag_match(const uint8_t *tags, uint32_t n, uint64_t lap)
{
	uint64_t diff = 0;
	uint32_t i = 0;

	for (; n - i >= 8; i += 8)
		if (PLX_UNLIKELY((diff = plx_ring_mpmc_tag_diff(tags + i, 8, lap)) != 0))
			goto count;
	if (i == n)
		goto count;
	if (n & 4) {
		if (PLX_UNLIKELY((diff = plx_ring_mpmc_tag_diff(tags + i, 4, lap)) != 0))
			goto count;
		i += 4;
	}
	if (n & 2) {
		if (PLX_UNLIKELY((diff = plx_ring_mpmc_tag_diff(tags + i, 2, lap)) != 0))
			goto count;
		i += 2;
	}
	if (n & 1)
		i += plx_ring_mpmc_tag_diff(tags + i, 1, lap) == 0;
count:
	if (PLX_UNLIKELY(diff != 0))
		i += (uint32_t)__builtin_ctzll(diff) / 8;
	__atomic_signal_fence(__ATOMIC_ACQUIRE); /* B */
	return i;
}
#else
static PLX_ALWAYS_INLINE void
plx_ring_mpmc_tag_store(uint8_t *tags, uint32_t n, uint64_t lap)
{
	for (uint32_t i = 0; i < n; i++)
		__atomic_store_n(&tags[i], (uint8_t)lap, __ATOMIC_RELEASE); /* B */
}

static PLX_ALWAYS_INLINE uint32_t
plx_ring_mpmc_tag_match(const uint8_t *tags, uint32_t n, uint64_t lap)
{
	uint32_t i = 0;

	while (i < n && __atomic_load_n(&tags[i], __ATOMIC_ACQUIRE) == (uint8_t)lap) /* B */
		i++;
	return i;
}
#endif

/*
 * Moves a counter from *head to *head + n, unless another thread of this side moved it; then *head is where it
 * got to. The copy lets addresses be computed from *head before the CAS has answered.
 */
static PLX_ALWAYS_INLINE bool
plx_ring_mpmc_advance(uint64_t *counter, uint64_t *head, uint32_t n, bool many)
{
	uint64_t found = *head;

	if (!many) {
		__atomic_store_n(counter, *head + n, __ATOMIC_RELEASE);
		return true;
	}
	if (PLX_LIKELY(__atomic_compare_exchange_n(counter, &found, *head + n, false,
						   __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)))
		return true;
	*head = found;
	return false;
}

/*
 * Claims up to n positions, or n or none, for `many` or one producer, all in one piece of memory if `joined`.
 * Returns how many and the first.
 */
static PLX_ALWAYS_INLINE uint32_t
plx_ring_mpmc_claim(struct plx_ring_mpmc *r, uint32_t n, enum plx_ring_want want, bool many,
		    bool joined, uint64_t *ret_pos)
{
	const uint32_t capacity = r->prod.capacity;
	uint64_t head = __atomic_load_n(&r->prod.head, __ATOMIC_ACQUIRE);
	uint64_t seen = __atomic_load_n(&r->prod.seen, __ATOMIC_ACQUIRE); /* A */
	uint32_t got;

	do {
		int64_t room = (int64_t)(seen + capacity - head);

		got = n;
		if (joined && got > capacity - ((uint32_t)head & r->prod.mask))
			got = capacity - ((uint32_t)head & r->prod.mask);
		if (PLX_UNLIKELY(room < (int64_t)got)) {
			seen = __atomic_load_n(&r->cons.head, __ATOMIC_ACQUIRE); /* A */
			__atomic_store_n(&r->prod.seen, seen, __ATOMIC_RELEASE);
			room = (int64_t)(seen + capacity - head);
			if (room < (int64_t)got) {
				if (want == PLX_RING_BULK || room <= 0)
					return 0;
				got = (uint32_t)room;
			}
		}
	} while (!plx_ring_mpmc_advance(&r->prod.head, &head, got, many)); /* C */
	*ret_pos = head;
	return got;
}

/* Says of `got` elements from index `at` on that they are there; `n` as in plx_ring_copy_in. */
static PLX_ALWAYS_INLINE void
plx_ring_mpmc_publish(uint8_t *tags, uint32_t at, uint32_t run, uint32_t got, uint32_t n,
		      uint64_t lap)
{
	if (__builtin_constant_p(n) && n == 1) {
		plx_ring_mpmc_tag_store(tags + at, 1, lap);
	} else if (PLX_UNLIKELY(got > run)) {
		plx_ring_mpmc_tag_store(tags + at, run, lap);
		plx_ring_mpmc_tag_store(tags, got - run, ~lap);
	} else if (__builtin_constant_p(n) && PLX_LIKELY(got == n)) {
		plx_ring_mpmc_tag_store(tags + at, n, lap);
	} else {
		plx_ring_mpmc_tag_store(tags + at, got, lap);
	}
}

static PLX_ALWAYS_INLINE uint32_t
plx_ring_mpmc_enqueue(struct plx_ring_mpmc *r, const void *src, uint32_t n, unsigned es,
		      enum plx_ring_want want, bool many)
{
	uint8_t *tags = plx_ring_mpmc_tags(r, r->prod.tags);
	const uint32_t mask = r->prod.mask;
	uint64_t pos;
	uint32_t got = plx_ring_mpmc_claim(r, n, want, many, false, &pos);
	uint32_t at = (uint32_t)pos & mask, run = mask + 1 - at;
	uint64_t lap = plx_ring_mpmc_lap(pos, mask + 1);

	if (got == 0)
		return 0;
	plx_ring_copy_in(plx_ring_mpmc_slots(r), at, mask, PLX_LIKELY(got <= run), src, got, n, es,
			 true);
	plx_ring_mpmc_publish(tags, at, run, got, n, lap);
	return got;
}

/* How many of the n elements from position pos on are there. */
static PLX_ALWAYS_INLINE uint32_t
plx_ring_mpmc_ready(const struct plx_ring_mpmc *r, uint64_t pos, uint32_t n, unsigned es,
		    bool joined)
{
	const uint32_t capacity = r->cons.capacity;
	const uint8_t *tags = plx_ring_mpmc_tags(r, r->cons.tags);
	uint32_t at = (uint32_t)pos & r->cons.mask;
	uint64_t lap = plx_ring_mpmc_lap(pos, capacity);
	uint32_t run = capacity - at;
	uint32_t got;

	if ((__builtin_constant_p(n) && n == 1) || PLX_LIKELY(n <= run))
		return plx_ring_mpmc_tag_match(tags + at, n, lap);
	got = plx_ring_mpmc_tag_match(tags + at, run, lap);
	if (got < run || joined)
		return got;
	if (n > capacity)
		n = capacity;
	return got + plx_ring_mpmc_tag_match(tags, n - run, ~lap);
}

/*
 * Too few elements at `head`: is that so, or did others move on meanwhile? Then *head is where they got to.
 */
static PLX_ALWAYS_INLINE bool
plx_ring_mpmc_stale(const struct plx_ring_mpmc *r, uint64_t *head)
{
	uint64_t now = __atomic_load_n(&r->cons.head, __ATOMIC_ACQUIRE); /* D */
	bool stale = now != *head;

	*head = now;
	return stale;
}

static PLX_ALWAYS_INLINE uint32_t
plx_ring_mpmc_dequeue(struct plx_ring_mpmc *r, void *dst, uint32_t n, unsigned es,
		      enum plx_ring_want want, bool many)
{
	const uint8_t *slots = plx_ring_mpmc_slots(r);
	const uint32_t mask = r->cons.mask;
	uint64_t head = __atomic_load_n(&r->cons.head, __ATOMIC_ACQUIRE); /* D */
	uint32_t got, at;

	do {
		while (PLX_UNLIKELY((got = plx_ring_mpmc_ready(r, head, n, es, false)) < n)) {
			if (want == PLX_RING_BURST && got != 0)
				break;
			if (!many || !plx_ring_mpmc_stale(r, &head))
				return 0;
		}
		at = (uint32_t)head & mask;
		plx_ring_copy_out(dst, slots, at, mask, PLX_LIKELY(got <= mask + 1 - at), got, n,
				  es, many);
	} while (!plx_ring_mpmc_advance(&r->cons.head, &head, got, many)); /* A, D */
	return got;
}

static PLX_ALWAYS_INLINE uint32_t
plx_ring_mpmc_reserve(struct plx_ring_mpmc *r, uint32_t n, unsigned es, bool many,
		      uint8_t **ret_slots)
{
	uint64_t pos = 0;
	uint32_t got = plx_ring_mpmc_claim(r, n, PLX_RING_BURST, many, true, &pos);

	*ret_slots = plx_ring_mpmc_slots(r) + (size_t)(pos & r->prod.mask) * es;
	return got;
}

/* The slots tell their lap: the tag in front of them is of the one before. */
static PLX_ALWAYS_INLINE void
plx_ring_mpmc_commit(struct plx_ring_mpmc *r, const void *slots, uint32_t n, unsigned es)
{
	size_t at = (size_t)((const uint8_t *)slots - plx_ring_mpmc_slots(r)) / es;
	uint8_t *tags = plx_ring_mpmc_tags(r, r->prod.tags) + at;

	if (n != 0)
		plx_ring_mpmc_tag_store(tags, n,
					__atomic_load_n(tags, __ATOMIC_RELAXED) == 0 ? ~0ULL : 0);
}

static PLX_ALWAYS_INLINE uint32_t
plx_ring_mpmc_peek(const struct plx_ring_mpmc *r, uint32_t n, unsigned es,
		   const uint8_t **ret_slots)
{
	uint64_t head = __atomic_load_n(&r->cons.head, __ATOMIC_RELAXED); /* this thread's own */

	*ret_slots = plx_ring_mpmc_slots(r) + (size_t)(head & r->cons.mask) * es;
	return plx_ring_mpmc_ready(r, head, n, es, true);
}

static PLX_ALWAYS_INLINE void
plx_ring_mpmc_release(struct plx_ring_mpmc *r, uint32_t n)
{
	uint64_t head = __atomic_load_n(&r->cons.head, __ATOMIC_RELAXED); /* this thread's own */

	__atomic_store_n(&r->cons.head, head + n, __ATOMIC_RELEASE); /* A */
}

/* Elements inside, claimed ones included; of yesterday if others are at work. Thread: any. */
static inline uint32_t
plx_ring_mpmc_count(const struct plx_ring_mpmc *r)
{
	uint64_t taken = __atomic_load_n(&r->cons.head, __ATOMIC_ACQUIRE);
	uint64_t claimed = __atomic_load_n(&r->prod.head, __ATOMIC_RELAXED);
	uint64_t count = claimed - taken;

	return count > r->prod.capacity ? r->prod.capacity : (uint32_t)count;
}

static inline uint32_t
plx_ring_mpmc_capacity(const struct plx_ring_mpmc *r)
{
	return r->prod.capacity;
}

/* Always inline because a caller's constant n is worth a third of a small bulk (docs/adr/0001). */
#define PLX_RING_MPMC_ENQUEUES(bits, suffix, many)                                                 \
	static PLX_ALWAYS_INLINE bool plx_ring_mpmc_enqueue##bits##suffix(struct plx_ring_mpmc *r, \
									  uint##bits##_t v)        \
	{                                                                                          \
		return plx_ring_mpmc_enqueue(r, &v, 1, bits / 8, PLX_RING_BULK, many) != 0;        \
	}                                                                                          \
	static PLX_ALWAYS_INLINE uint32_t plx_ring_mpmc_enqueue_burst##bits##suffix(               \
		struct plx_ring_mpmc *r, const uint##bits##_t *v, uint32_t n)                      \
	{                                                                                          \
		return plx_ring_mpmc_enqueue(r, v, n, bits / 8, PLX_RING_BURST, many);             \
	}                                                                                          \
	static PLX_ALWAYS_INLINE uint32_t plx_ring_mpmc_enqueue_bulk##bits##suffix(                \
		struct plx_ring_mpmc *r, const uint##bits##_t *v, uint32_t n)                      \
	{                                                                                          \
		return plx_ring_mpmc_enqueue(r, v, n, bits / 8, PLX_RING_BULK, many);              \
	}                                                                                          \
	static PLX_ALWAYS_INLINE uint32_t plx_ring_mpmc_reserve##bits##suffix(                     \
		struct plx_ring_mpmc *r, uint32_t n, uint##bits##_t **ret_slots)                   \
	{                                                                                          \
		uint8_t *slots;                                                                    \
		uint32_t got = plx_ring_mpmc_reserve(r, n, bits / 8, many, &slots);                \
                                                                                                   \
		*ret_slots = (uint##bits##_t *)(void *)slots;                                      \
		return got;                                                                        \
	}

#define PLX_RING_MPMC_DEQUEUES(bits, suffix, many)                                                 \
	static PLX_ALWAYS_INLINE bool plx_ring_mpmc_dequeue##bits##suffix(struct plx_ring_mpmc *r, \
									  uint##bits##_t *v)       \
	{                                                                                          \
		return plx_ring_mpmc_dequeue(r, v, 1, bits / 8, PLX_RING_BULK, many) != 0;         \
	}                                                                                          \
	static PLX_ALWAYS_INLINE uint32_t plx_ring_mpmc_dequeue_burst##bits##suffix(               \
		struct plx_ring_mpmc *r, uint##bits##_t *v, uint32_t n)                            \
	{                                                                                          \
		return plx_ring_mpmc_dequeue(r, v, n, bits / 8, PLX_RING_BURST, many);             \
	}                                                                                          \
	static PLX_ALWAYS_INLINE uint32_t plx_ring_mpmc_dequeue_bulk##bits##suffix(                \
		struct plx_ring_mpmc *r, uint##bits##_t *v, uint32_t n)                            \
	{                                                                                          \
		return plx_ring_mpmc_dequeue(r, v, n, bits / 8, PLX_RING_BULK, many);              \
	}

#define PLX_RING_MPMC_ZERO_COPY(bits)                                                           \
	static PLX_ALWAYS_INLINE void plx_ring_mpmc_set##bits(uint##bits##_t *slot,             \
							      uint##bits##_t v)                 \
	{                                                                                       \
		if (PLX_RING_PLAIN)                                                             \
			*slot = v;                                                              \
		else                                                                            \
			__atomic_store_n(slot, v, __ATOMIC_RELAXED);                            \
	}                                                                                       \
	static PLX_ALWAYS_INLINE void plx_ring_mpmc_commit##bits(                               \
		struct plx_ring_mpmc *r, uint##bits##_t *slots, uint32_t n)                     \
	{                                                                                       \
		plx_ring_mpmc_commit(r, slots, n, bits / 8);                                    \
	}                                                                                       \
	static PLX_ALWAYS_INLINE uint32_t plx_ring_mpmc_peek##bits##_sc(                        \
		const struct plx_ring_mpmc *r, uint32_t n, const uint##bits##_t **ret_slots)    \
	{                                                                                       \
		const uint8_t *slots;                                                           \
		uint32_t got = plx_ring_mpmc_peek(r, n, bits / 8, &slots);                      \
                                                                                                \
		*ret_slots = (const uint##bits##_t *)(const void *)slots;                       \
		return got;                                                                     \
	}                                                                                       \
	static PLX_ALWAYS_INLINE void plx_ring_mpmc_release##bits##_sc(struct plx_ring_mpmc *r, \
								       uint32_t n)              \
	{                                                                                       \
		plx_ring_mpmc_release(r, n);                                                    \
	}

PLX_RING_MPMC_ENQUEUES(32, _mp, true)
PLX_RING_MPMC_ENQUEUES(32, _sp, false)
PLX_RING_MPMC_DEQUEUES(32, _mc, true)
PLX_RING_MPMC_DEQUEUES(32, _sc, false)
PLX_RING_MPMC_ZERO_COPY(32)
PLX_RING_MPMC_ENQUEUES(64, _mp, true)
PLX_RING_MPMC_ENQUEUES(64, _sp, false)
PLX_RING_MPMC_DEQUEUES(64, _mc, true)
PLX_RING_MPMC_DEQUEUES(64, _sc, false)
PLX_RING_MPMC_ZERO_COPY(64)

#undef PLX_RING_MPMC_ENQUEUES
#undef PLX_RING_MPMC_DEQUEUES
#undef PLX_RING_MPMC_ZERO_COPY

#endif
