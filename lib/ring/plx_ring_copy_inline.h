/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Moves elements between an array and the slots of a ring. Shared by both families; included by their headers, never by hand.
 * `es` is the element size, 4 or 8, and a constant wherever this is inlined.
 */
#ifndef PLX_LIB_RING_PLX_RING_COPY_INLINE_H
#define PLX_LIB_RING_PLX_RING_COPY_INLINE_H

#include "plx_base.h"

#include <string.h>

/* How many elements a call wants: what can be had, or all of them or nothing. */
enum plx_ring_want {
	PLX_RING_BURST,
	PLX_RING_BULK,
};

/*
 * Consumers of an mpmc ring read slots that may be overwritten meanwhile and then find out. Where the
 * processor keeps loads in order, ordinary copies do for that, and vectorise; ThreadSanitizer and other
 * processors get one relaxed atomic access an element.
 */
#if defined(__SANITIZE_THREAD__)
#define PLX_RING_PLAIN 0
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define PLX_RING_PLAIN 0
#endif
#endif
#ifndef PLX_RING_PLAIN
#ifdef __x86_64__
#define PLX_RING_PLAIN 1
#else
#define PLX_RING_PLAIN 0
#endif
#endif

/* Unoptimised, gcc takes a loop of wide copies that does not run for one that does. */
#if !defined(__OPTIMIZE__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wstringop-overread"
#pragma GCC diagnostic ignored "-Wstringop-overflow"
#pragma GCC diagnostic ignored "-Warray-bounds"
#endif
/* A short memcpy without the call: bursts are a few hundred bytes at most. */
static PLX_ALWAYS_INLINE void
plx_ring_copy(uint8_t *dst, const uint8_t *src, uint32_t n, unsigned es)
{
	const uint32_t four = 64 / es, one = 16 / es;
	uint32_t i = 0;

	for (; i + four <= n; i += four)
		memcpy(dst + (size_t)i * es, src + (size_t)i * es, 64);
	for (; i + one <= n; i += one)
		memcpy(dst + (size_t)i * es, src + (size_t)i * es, 16);
	for (; i < n; i++)
		memcpy(dst + (size_t)i * es, src + (size_t)i * es, es);
}
#if !defined(__OPTIMIZE__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

/* One element into a slot that others may be reading. */
static PLX_ALWAYS_INLINE void
plx_ring_slot_store(uint8_t *slot, const uint8_t *src, unsigned es)
{
	uint64_t wide;
	uint32_t narrow;

	if (es == 8) {
		memcpy(&wide, src, 8);
		__atomic_store_n((uint64_t *)(void *)slot, wide, __ATOMIC_RELAXED);
	} else {
		memcpy(&narrow, src, 4);
		__atomic_store_n((uint32_t *)(void *)slot, narrow, __ATOMIC_RELAXED);
	}
}

/* One element out of a slot that others may be writing. */
static PLX_ALWAYS_INLINE void
plx_ring_slot_load(uint8_t *dst, const uint8_t *slot, unsigned es)
{
	uint64_t wide;
	uint32_t narrow;

	if (es == 8) {
		wide = __atomic_load_n((const uint64_t *)(const void *)slot, __ATOMIC_RELAXED);
		memcpy(dst, &wide, 8);
	} else {
		narrow = __atomic_load_n((const uint32_t *)(const void *)slot, __ATOMIC_RELAXED);
		memcpy(dst, &narrow, 4);
	}
}

/*
 * Copies `got` elements into the slots from position pos on, round the end. `n` is what the caller asked for: it
 * often is a constant and mostly equal, so that case gets a body of its own. `shared`: others may read them.
 */
static PLX_ALWAYS_INLINE void
plx_ring_copy_in(uint8_t *slots, uint64_t pos, uint32_t mask, const void *src, uint32_t got,
		 uint32_t n, unsigned es, bool shared)
{
	const uint8_t *from = (const uint8_t *)src;
	uint32_t at = (uint32_t)pos & mask;

	if (__builtin_constant_p(n) && n == 1) {
		plx_ring_slot_store(slots + (size_t)at * es, from, es);
		return;
	}
	if (PLX_LIKELY(got <= mask + 1 - at) && (PLX_RING_PLAIN || !shared)) {
		if (__builtin_constant_p(n) && PLX_LIKELY(got == n))
			plx_ring_copy(slots + (size_t)at * es, from, n, es);
		else
			plx_ring_copy(slots + (size_t)at * es, from, got, es);
		return;
	}
	for (uint32_t i = 0; i < got; i++)
		plx_ring_slot_store(slots + (size_t)((at + i) & mask) * es, from + (size_t)i * es,
				    es);
}

/* The same way out. `shared`: others may be writing them. */
static PLX_ALWAYS_INLINE void
plx_ring_copy_out(void *dst, const uint8_t *slots, uint64_t pos, uint32_t mask, uint32_t got,
		  uint32_t n, unsigned es, bool shared)
{
	uint8_t *to = (uint8_t *)dst;
	uint32_t at = (uint32_t)pos & mask;

	if (__builtin_constant_p(n) && n == 1) {
		plx_ring_slot_load(to, slots + (size_t)at * es, es);
		return;
	}
	if (got > n)
		__builtin_unreachable();
	if (PLX_LIKELY(got <= mask + 1 - at) && (PLX_RING_PLAIN || !shared)) {
		if (__builtin_constant_p(n) && PLX_LIKELY(got == n))
			plx_ring_copy(to, slots + (size_t)at * es, n, es);
		else
			plx_ring_copy(to, slots + (size_t)at * es, got, es);
		return;
	}
	for (uint32_t i = 0; i < got; i++)
		plx_ring_slot_load(to + (size_t)i * es, slots + (size_t)((at + i) & mask) * es, es);
}

#endif
