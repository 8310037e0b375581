/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PLX_TESTS_MODEL_MACHINE_PRIV_H
#define PLX_TESTS_MODEL_MACHINE_PRIV_H

#include "machine.h"

#include <setjmp.h>

#define PLACES	    56 /* of atomic accesses */
#define CELLS	    64 /* four bytes each, of plain ones */
#define HISTORY	    12 /* writes to a place that somebody might still see */
#define HEAP_BYTES  (128 * 1024)
#define STACK_BYTES (32 * 1024)

/* How far a thread has seen, or who reads a released write. */
struct view {
	uint64_t writes;		 /* of cells, the last one */
	uint64_t reads[MACHINE_THREADS]; /* of cells, the last one of each thread */
	uint8_t at[PLACES];		 /* index into the history */
};

/* The newest value of a place is in memory itself. */
struct message {
	uint64_t value;
	bool rmw; /* nothing fits between it and the one before */
	struct view view;
};

struct history {
	uint8_t older; /* how many messages but one */
	struct message message[HISTORY];
};

enum step {
	STEP_START,
	STEP_LOAD,
	STEP_STORE,
	STEP_CHANGE, /* read, modify, write */
	STEP_FENCE,
	STEP_PICK,
	STEP_AWAIT,
	STEP_OVER,
	STEP_KILLED,
};

enum change {
	CHANGE_SWAP,
	CHANGE_ADD,
	CHANGE_SUB,
	CHANGE_AND,
	CHANGE_OR,
	CHANGE_XOR,
	CHANGE_COMPARE,
};

/* What a thread is about to do. */
struct pending {
	enum step step;
	enum change change;
	int order, failure;
	uint32_t place, size;
	void *at;
	uint64_t value, expected;
	uint32_t n;
	bool (*ready)(void *arg);
	void *arg;
	const void *from; /* where in the code */
	/* the answer */
	uint64_t result;
	bool changed;
};

struct thread {
	machine_body *body;
	void *arg;
	struct pending pending;
	struct view seen, acquirable, released;
	uint8_t *low; /* of the stack, while it waits */
	jmp_buf context;
};

/* All of it is part of a state, but for the tables of places and cells, which only grow. */
struct machine {
	uint32_t nb_threads, heap_used;
	int mortal;
	bool killed, hidden;
	struct view fences;
	struct thread thread[MACHINE_THREADS];
};

extern struct machine machine;
extern struct history machine_history[PLACES];
extern uint32_t machine_places;	       /* known so far */
extern struct thread *machine_running; /* NULL: setup, or end */

/* machine.c */

/* Tells what the running thread is about to do and lets others go; returns when it was done. */
void machine_step(struct pending *pending);
bool machine_is_shared(const void *p);

/* memory.c */
uint32_t memory_place(const void *at, uint32_t size);
void memory_reset(void);
/* Also what was met of places and cells. */
void memory_forget(void);
void memory_first_view(struct view *view);
void memory_join(struct view *view, const struct view *other);
void memory_plain(const void *at, uint32_t size, bool writes, const void *from);
/* In how many ways it can go on. */
uint32_t memory_ways(const struct thread *thread);
void memory_do(struct thread *thread, uint32_t way);
/* Forgets what nobody can see any more. */
void memory_tidy(void);
void memory_drop(const void *p, size_t bytes);
/* True once, if what was known of places has changed in a way that makes all states wrong. */
bool memory_begin_again(void);
/* No other thread ever writes there. */
bool memory_is_own(const struct thread *thread);

#endif
