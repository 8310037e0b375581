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
#if defined(__x86_64__) && !PLX_THREADS_SANITIZED
#define PLX_RING_PLAIN 1
#else
#define PLX_RING_PLAIN 0
#endif

/* Unoptimised, gcc takes a loop of wide copies that does not run for one that does. */
#if !defined(__OPTIMIZE__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wstringop-overread"
#pragma GCC diagnostic ignored "-Wstringop-overflow"
#pragma GCC diagnostic ignored "-Warray-bounds"
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
 * Sixteen bytes from an array into slots. The array was often written just now, element by element, and a wide
 * load of what is still in the processor's store buffer has to wait until it no longer is: so it is gathered
 * as it was written, but stored wide, which is how it will be loaded again (docs/adr/0001).
 */
static PLX_ALWAYS_INLINE void
plx_ring_gather16(uint8_t *slots, const uint8_t *src, unsigned es)
{
	typedef uint64_t pair PLX_VECTOR(16);
	typedef uint32_t quad PLX_VECTOR(16);

	if (es == 8) {
		const uint64_t *from = (const uint64_t *)(const void *)src;
		pair v = {__atomic_load_n(from, __ATOMIC_RELAXED),
			  __atomic_load_n(from + 1, __ATOMIC_RELAXED)};

		memcpy(slots, &v, 16);
	} else {
		const uint32_t *from = (const uint32_t *)(const void *)src;
		quad v = {__atomic_load_n(from, __ATOMIC_RELAXED),
			  __atomic_load_n(from + 1, __ATOMIC_RELAXED),
			  __atomic_load_n(from + 2, __ATOMIC_RELAXED),
			  __atomic_load_n(from + 3, __ATOMIC_RELAXED)};

		memcpy(slots, &v, 16);
	}
}

/* The same pointer, of which gcc knows no length that it could warn about in cases that never occur. */
static PLX_ALWAYS_INLINE const uint8_t *
plx_ring_any_length(const uint8_t *p)
{
	__asm__("" : "+r"(p));
	return p;
}

/* Short copies without a call, of slots that lie side by side: bursts are a few hundred bytes at most. */
static PLX_ALWAYS_INLINE void
plx_ring_run_in(uint8_t *slots, const uint8_t *src, size_t n, unsigned es)
{
	const size_t wide = 16 / es;

	for (; n >= 2 * wide; n -= 2 * wide, slots += 32, src += 32) {
		plx_ring_gather16(slots, src, es);
		plx_ring_gather16(slots + 16, src + 16, es);
	}
	for (; n >= wide; n -= wide, slots += 16, src += 16)
		plx_ring_gather16(slots, src, es);
	for (; n != 0; n--, slots += es, src += es)
		plx_ring_slot_store(slots, src, es);
}

static PLX_ALWAYS_INLINE void
plx_ring_run_out(uint8_t *dst, const uint8_t *slots, size_t n, unsigned es)
{
	const size_t wide = 16 / es;

	for (; n >= 4 * wide; n -= 4 * wide, dst += 64, slots += 64)
		memcpy(dst, slots, 64);
	for (; n >= wide; n -= wide, dst += 16, slots += 16)
		memcpy(dst, slots, 16);
	for (; n != 0; n--, dst += es, slots += es)
		plx_ring_slot_load(dst, slots, es);
}

/*
 * Copies `got` elements into the slots from index `at` on, `joined` if they lie side by side or else round the
 * end. `n` is what the caller asked for: it often is a constant and mostly equal, so that case gets a body of
 * its own. `shared`: others may be reading the slots, on trust.
 */
static PLX_ALWAYS_INLINE void
plx_ring_copy_in(uint8_t *slots, uint32_t at, uint32_t mask, bool joined, const void *src,
		 uint32_t got, uint32_t n, unsigned es, bool shared)
{
	const uint8_t *from = (const uint8_t *)src;

	if (__builtin_constant_p(n) && n == 1)
		plx_ring_slot_store(slots + (size_t)at * es, from, es);
	else if (joined && (PLX_RING_PLAIN || !shared) && __builtin_constant_p(n) && got == n)
		plx_ring_run_in(slots + (size_t)at * es, from, n, es);
	else if (joined && (PLX_RING_PLAIN || !shared))
		plx_ring_run_in(slots + (size_t)at * es, plx_ring_any_length(from), got, es);
	else
		for (uint32_t i = 0; i < got; i++)
			plx_ring_slot_store(slots + (size_t)((at + i) & mask) * es,
					    from + (size_t)i * es, es);
}

/* The same way out. `shared`: others may be writing them. */
static PLX_ALWAYS_INLINE void
plx_ring_copy_out(void *dst, const uint8_t *slots, uint32_t at, uint32_t mask, bool joined,
		  uint32_t got, uint32_t n, unsigned es, bool shared)
{
	uint8_t *to = (uint8_t *)dst;

	if (got > n)
		__builtin_unreachable();
	if (__builtin_constant_p(n) && n == 1)
		plx_ring_slot_load(to, slots + (size_t)at * es, es);
	else if (joined && (PLX_RING_PLAIN || !shared) && __builtin_constant_p(n) && got == n)
		plx_ring_run_out(to, slots + (size_t)at * es, n, es);
	else if (joined && (PLX_RING_PLAIN || !shared))
		plx_ring_run_out((uint8_t *)(uintptr_t)plx_ring_any_length(to),
				 slots + (size_t)at * es, got, es);
	else
		for (uint32_t i = 0; i < got; i++)
			plx_ring_slot_load(to + (size_t)i * es,
					   slots + (size_t)((at + i) & mask) * es, es);
}

#endif
