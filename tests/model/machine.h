/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A machine that runs real code in every way in which its threads can be interleaved, and on which loads may see what
 * is old as far as C11 allows that. The code is compiled with -fsanitize=thread and linked without the sanitizer: each of its
 * accesses is then a call (calls.c), and this is who answers.
 *
 * Threads are coroutines. One is interrupted before each atomic access to shared memory; the state of everything (machine_alloc's
 * memory, stacks, what each thread knows) is then compared with all states that were seen, so that loops without end are fine.
 *
 * Memory (memory.c) is release/acquire C11 with relaxed accesses and fences, as a history of writes for each place and, for each
 * thread, how much of it the thread must have seen. Plain accesses are no choices, as they must not race: one that does ends the
 * run. Not in it: reads of what will be written later (no compiler or processor that we know of does that here), the total
 * order of seq_cst accesses (taken as acquire and release, which allows more), mixed sizes.
 */
#ifndef PLX_TESTS_MODEL_MACHINE_H
#define PLX_TESTS_MODEL_MACHINE_H

#include "plx_base.h"

#define MACHINE_THREADS 4

/* One way in is run to the end: it allocates, shares and starts threads. */
typedef void machine_body(void *arg);

/* -- before the threads, and in them -- */

/* Zeroed, a cache line's alignment; part of the state; never given back. */
void *machine_alloc(size_t bytes);
/* What threads share: all accesses to it are looked at. The rest is one thread's at a time. */
void machine_share(void *p, size_t bytes);
/* Memory of machine_alloc that does not change after setup: no part of a state. From low to high. */
void machine_constant(void *p, size_t bytes);
/* What is done until it is put out again is nobody else's to see: it is not looked at. */
void machine_hide(bool hidden);
/* Knows what its maker knows. Returns its number. */
unsigned machine_start(machine_body *body, void *arg);
void machine_fail(const char *format, ...) PLX_PRINTF(1, 2);

/* -- in threads -- */

/* All of 0 .. n - 1, one after the other. */
uint32_t machine_pick(uint32_t n);
/* Until it is true; of things that are not shared memory. */
void machine_await(bool (*ready)(void *arg), void *arg);
/* Ended, or killed; who asks knows then what it knew. */
bool machine_is_over(unsigned thread);
bool machine_was_killed(unsigned thread);
void machine_learn(unsigned thread);
/* Nobody will look at it again, nor ask what a thread knew: states do not differ by it. */
void machine_forget(void *p, size_t bytes);
void machine_forget_thread(unsigned thread);
/* May be ended by the machine at any of its accesses, once; -1: nobody. */
void machine_mortal(int thread);

/*
 * Runs `setup`, then the threads it made, in all ways; `end` after each that comes to an end. Prints what was looked at.
 * Returns an exit code: 1 with the way that led there if something failed.
 */
int machine_run(const char *name, void (*setup)(void), void (*end)(void));
/*
 * The main() of a proof of several cases: runs the one that argv[1] names, or all until one fails. `choose` makes case i the one that
 * setup() and end() are about, and returns its name; NULL behind the last. An exit code: 2 when there is no case of that name.
 */
int machine_prove(int argc, char **argv, const char *(*choose)(size_t i), void (*setup)(void),
		  void (*end)(void));

#endif
