/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A bounded ring for one producer and one consumer, over the caller's memory, for elements of 4 or 8 bytes.
 * Calls do what can be done now and return the count; nobody waits for anybody in here.
 *
 *	           cons.head                  prod.head
 *	               v                          v
 *	slots   .   . [e][e][e][e][e][e][e][e][e] .   .   .
 *
 * Positions are 64-bit counters that never wrap; position p lives in slot p % capacity. Each side keeps its
 * own counter, and what it last saw of the other's, on a line of its own; it looks at the other's line only
 * when the ring seems full (or empty) by what it saw.
 *
 * Which atomic is made for which (same letter = partners):
 *
 *	producer                                  consumer
 *	--------                                  --------
 *	1 load  cons.head, acquire  (A)           1 load  prod.head, acquire  (B)
 *	2 store elements                          2 load  elements
 *	3 store prod.head, release  (B)           3 store cons.head, release  (A)
 *
 *	(A) a producer that sees cons.head pass a slot writes it only after its old element was read.
 *	(B) a consumer that sees prod.head pass a slot sees the element in it.
 *	    A side's loads of its own counter are relaxed: it is the only one that writes it.
 *
 * Memory: plx_ring_spsc_size() bytes, 64-aligned; the ring begins there. It holds no pointers, so it works
 * in shared memory at any address, between peers that trust each other.
 *
 * Hot functions (plx_ring_spsc_inline.h), NN = 32 or 64, always the width given to init. Thread: one may be in
 * the upper calls, one in the lower ones.
 *
 *	bool     plx_ring_spsc_enqueueNN(r, uintNN_t v)                      false: full
 *	uint32_t plx_ring_spsc_enqueue_burstNN(r, const uintNN_t *v, n)         up to n
 *	uint32_t plx_ring_spsc_enqueue_bulkNN(r, const uintNN_t *v, n)          n or 0
 *	uint32_t plx_ring_spsc_reserveNN(r, n, uintNN_t **ret_slots)
 *	void     plx_ring_spsc_commit(r, n)
 *
 *	bool     plx_ring_spsc_dequeueNN(r, uintNN_t *v)                     false: empty
 *	uint32_t plx_ring_spsc_dequeue_burstNN(r, uintNN_t *v, n)               up to n
 *	uint32_t plx_ring_spsc_dequeue_bulkNN(r, uintNN_t *v, n)                n or 0
 *	uint32_t plx_ring_spsc_peekNN(r, n, const uintNN_t **ret_slots)
 *	void     plx_ring_spsc_release(r, n)
 *
 * reserve says where up to n free slots lie side by side (those behind the end come with the next call);
 * commit hands the first n of them over, what is not committed was never taken. peek says where up to n
 * elements lie side by side; they stay until release gives the first n slots back. Progress: wait-free.
 */
#ifndef PLX_LIB_RING_PLX_RING_SPSC_H
#define PLX_LIB_RING_PLX_RING_SPSC_H

#include "plx_base.h"

PLX_BEGIN_DECLS

#define PLX_RING_SPSC_CAPACITY_MAX (1u << 30)

/* Layout visible for inlining; use the functions. The slots follow it. */
struct plx_ring_spsc {
	struct {
		uint64_t head;	   /* first position not filled */
		uint64_t seen;	   /* cons.head as the producer last saw it */
		uint32_t capacity; /* 0 after fini */
		uint32_t mask;	   /* capacity - 1 */
		uint32_t elem_size;
	} prod PLX_CACHE_ALIGNED;
	struct {
		uint64_t head; /* first position not taken */
		uint64_t seen; /* prod.head as the consumer last saw it */
		uint32_t capacity;
		uint32_t mask;
	} cons PLX_CACHE_ALIGNED;
};
PLX_STATIC_ASSERT(sizeof(struct plx_ring_spsc) == 2 * PLX_CACHE_LINE, "a line for each side");

/*
 * Bytes for a ring of `capacity` elements (a power of two up to PLX_RING_SPSC_CAPACITY_MAX) of `elem_size`
 * bytes (4 or 8); 0 if these are not so. All of the capacity can be used. Thread: any. Path: slow.
 */
size_t plx_ring_spsc_size(uint32_t capacity, unsigned elem_size);

/*
 * Makes an empty ring in plx_ring_spsc_size() bytes at r, which stay the caller's. -EINVAL for a bad
 * capacity, element size or alignment. Thread: one, before both others. Path: slow.
 */
int plx_ring_spsc_init(struct plx_ring_spsc *r, uint32_t capacity, unsigned elem_size);

/*
 * Ends it: the memory may be used again, elements still inside are forgotten. Calls made by mistake
 * find the ring full and empty. NULL is fine. Thread: one, after both others. Path: slow.
 */
void plx_ring_spsc_fini(struct plx_ring_spsc *r);

PLX_END_DECLS

#include "plx_ring_spsc_inline.h"

#endif
