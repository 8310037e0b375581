/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A gate in front of what one thread works on in short pieces and another must sometimes have for itself: a queue whose peer
 * died, whose memory is about to go. Passing the open gate costs a store, a load and a store, no fence; closing it costs a
 * system call.
 *
 *	lcore, each burst:  (A) inside = 1   (B) read open      ... work ...   (C) inside = 0, release
 *	control thread:     (D) open = 0     (E) membarrier     (F) wait until inside == 0, acquire
 *
 * E makes every running thread pass a full barrier, so either B sees D's 0 or F sees A's 1. C pairs with F: what was done
 * inside is seen by who closed the gate.
 * Thread: the one that passes enters and leaves; one other at a time opens and closes. Path: entering and leaving hot, the rest slow. */
#ifndef PLX_EAL_PLX_GATE_H
#define PLX_EAL_PLX_GATE_H

#include "plx_base.h"

PLX_BEGIN_DECLS

/* Zeroed: closed. One thread passes it, one other (at a time) opens and closes. */
struct plx_gate {
	uint32_t inside; /* written by who passes */
	uint32_t open;	 /* written by who opens and closes */
};

/* False if the gate is closed: nothing behind it may be touched. Thread: the one that passes. Path: hot. */
static inline bool
plx_gate_enter(struct plx_gate *gate)
{
#if PLX_THREADS_SANITIZED
	__atomic_store_n(&gate->inside, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&gate->open, __ATOMIC_SEQ_CST) != 0)
		return true;
#else
	__atomic_store_n(&gate->inside, 1, __ATOMIC_RELAXED); /* A */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (PLX_LIKELY(__atomic_load_n(&gate->open, __ATOMIC_ACQUIRE) != 0)) /* B */
		return true;
#endif
	__atomic_store_n(&gate->inside, 0, __ATOMIC_RELEASE);
	return false;
}

static inline void
plx_gate_leave(struct plx_gate *gate)
{
	__atomic_store_n(&gate->inside, 0, __ATOMIC_RELEASE); /* C */
}

/* Lets the other thread in; what was written before is seen by it. */
static inline void
plx_gate_open(struct plx_gate *gate)
{
	__atomic_store_n(&gate->open, 1, __ATOMIC_RELEASE);
}

/*
 * Returns when nobody is inside and nobody will be until it is opened again. Waits for a burst at most; must not be called
 * from inside. Closing a closed gate is fine. Path: slow, a system call.
 */
void plx_gate_close(struct plx_gate *gate);

/* E alone, for who announces otherwise than by a gate: a full barrier in every running thread. Thread: any. Path: slow, a system call. */
void plx_gate_barrier(void);

PLX_END_DECLS

#endif
