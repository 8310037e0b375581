/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A bounded ring for any number of producers and consumers, over the caller's memory, for elements of 4 or
 * 8 bytes. Nobody ever waits for anybody in here: a thread that is preempted in the middle of an enqueue
 * delays the elements behind its own and nothing else, one preempted in the middle of a dequeue delays
 * nothing. Calls do what can be done now and return the count.
 *
 *	cons.head takes --+                             prod.head claims --+
 *	                  v                                                v
 *	slots   .   .   [e12][e13][ ? ][e15][e16]   .   .   .   .   .   .   .
 *	tags    1   1     1    1    0    1    1     0   0   0   0   0   0   0
 *	                            ^ claimed, not yet published: dequeues stop here
 *
 * Positions are 64-bit counters that never wrap; position p lives in slot p % capacity. A slot's tag is 1 (a
 * byte with all bits set) once its element of an odd lap is there, 0 once that of an even lap is: a slot is
 * claimed for a lap only when its element of the lap before was taken, and taken only when it was published,
 * so that no tag is ever more than one lap behind and one bit tells them apart.
 *
 * Which atomic is made for which (same letter = partners):
 *
 *	producer                                  consumer
 *	--------                                  --------
 *	1 load  cons.head, acquire  (A)           1 load  cons.head, acquire  (D)
 *	2 CAS   prod.head, acq-rel  (C)           2 load  tags, acquire       (B)
 *	3 store elements                          3 copy elements, on trust
 *	4 store tags, release       (B)           4 CAS   cons.head, release  (A, D)
 *
 *	(A) a producer that sees cons.head pass a slot writes it only after its old element was read.
 *	    Producers share what they last saw (prod.seen, also release and acquire), so that cons.head's line
 *	    stays with the consumers while there is room.
 *	(B) a consumer that sees a tag of this lap sees the element behind it.
 *	(C) only hands out positions; what makes a slot safe to write is A, to read B. Acquire and release let a
 *	    producer see cons.head at least as far on as the one before it did: or a ring could look full
 *	    that never was.
 *	(D) if cons.head still stands at c, nobody took [c, c+n), so by A no producer can have overwritten them:
 *	    what step 3 copied on trust is true. Positions do not repeat, so there is no ABA. If it moved, the
 *	    copy is forgotten and another consumer got on: somebody always does.
 *
 * Memory: plx_ring_mpmc_size() bytes, 64-aligned; the ring begins there. It holds no pointers, so it works
 * in shared memory at any address, between peers that trust each other.
 *
 * Hot functions (plx_ring_mpmc_inline.h), NN = 32 or 64, always the width given to init. The suffix says how
 * many threads may be in calls of that side at once: _mp and _mc any number, _sp and _sc one. Do not mix
 * suffixes on one side while more than one thread uses it.
 *
 *	bool     plx_ring_mpmc_enqueueNN_{mp,sp}(r, uintNN_t v)                false: full
 *	uint32_t plx_ring_mpmc_enqueue_burstNN_{mp,sp}(r, const uintNN_t *v, n)   up to n
 *	uint32_t plx_ring_mpmc_enqueue_bulkNN_{mp,sp}(r, const uintNN_t *v, n)    n or 0
 *	bool     plx_ring_mpmc_dequeueNN_{mc,sc}(r, uintNN_t *v)               false: empty
 *	uint32_t plx_ring_mpmc_dequeue_burstNN_{mc,sc}(r, uintNN_t *v, n)         up to n
 *	uint32_t plx_ring_mpmc_dequeue_bulkNN_{mc,sc}(r, uintNN_t *v, n)          n or 0
 *
 * Without copying: reserve claims up to n slots that lie side by side (call again for those behind the end)
 * and says where; the caller fills all of them and commits exactly those. Until then consumers stop there.
 * A consumer that is late may still be reading a slot, on trust and in vain, while it is filled: set says so
 * to compiler and sanitizer, and is an ordinary store. (With _sc consumers alone a plain store will do.)
 *
 *	uint32_t plx_ring_mpmc_reserveNN_{mp,sp}(r, n, uintNN_t **ret_slots)
 *	void     plx_ring_mpmc_setNN(uintNN_t *slot, uintNN_t v)
 *	void     plx_ring_mpmc_commitNN(r, uintNN_t *slots, n)
 *
 * peek says where up to n elements lie side by side; they stay until release takes the first n of them.
 *
 *	uint32_t plx_ring_mpmc_peekNN_sc(r, n, const uintNN_t **ret_slots)
 *	void     plx_ring_mpmc_releaseNN_sc(r, n)
 *
 * A dequeue may leave anything in v[count .. n). Elements of one producer come out in the order they went in.
 * Progress: lock-free among those who find room or elements; an empty or full ring answers at once.
 */
#ifndef PLX_LIB_RING_PLX_RING_MPMC_H
#define PLX_LIB_RING_PLX_RING_MPMC_H

#include "plx_base.h"

PLX_BEGIN_DECLS

#define PLX_RING_MPMC_CAPACITY_MAX (1u << 30)

/* Layout visible for inlining; use the functions. Slots and then tags follow it. */
struct plx_ring_mpmc {
	struct {
		uint64_t head;	   /* first position not claimed */
		uint64_t seen;	   /* cons.head as a producer last saw it */
		uint64_t tags;	   /* where the tags begin, from here */
		uint32_t capacity; /* 0 after fini */
		uint32_t mask;	   /* capacity - 1 */
		uint32_t elem_size;
	} prod PLX_CACHE_ALIGNED;
	struct {
		uint64_t head; /* first position not taken */
		uint64_t tags;
		uint32_t capacity;
		uint32_t mask;
	} cons PLX_CACHE_ALIGNED;
};
PLX_STATIC_ASSERT(sizeof(struct plx_ring_mpmc) == 2 * PLX_CACHE_LINE, "a line for each side");

/*
 * Bytes for a ring of `capacity` elements (a power of two up to PLX_RING_MPMC_CAPACITY_MAX) of `elem_size`
 * bytes (4 or 8); 0 if these are not so. All of the capacity can be used. Thread: any. Path: slow.
 */
size_t plx_ring_mpmc_size(uint32_t capacity, unsigned elem_size);

/*
 * Makes an empty ring in plx_ring_mpmc_size() bytes at r, which stay the caller's. -EINVAL for a bad
 * capacity, element size or alignment. Thread: one, before all others. Path: slow.
 */
int plx_ring_mpmc_init(struct plx_ring_mpmc *r, uint32_t capacity, unsigned elem_size);

/*
 * Ends it: the memory may be used again, elements still inside are forgotten. Calls made by mistake
 * find the ring full and empty. NULL is fine. Thread: one, after all others. Path: slow.
 */
void plx_ring_mpmc_fini(struct plx_ring_mpmc *r);

PLX_END_DECLS

#include "plx_ring_mpmc_inline.h"

#endif
