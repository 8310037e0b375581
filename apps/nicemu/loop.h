/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A loop of an lcore over some NICs: polling, or asleep on their fds until something comes. The thread at the prompt looks at NICs
 * and changes them by having a function called between two turns.
 */
#ifndef PLX_APPS_NICEMU_LOOP_H
#define PLX_APPS_NICEMU_LOOP_H

#include "nic_conf.h"

#include <stdatomic.h>

struct loop_call;
struct nic;

struct loop {
	uint32_t lcore;
	struct nic *nic[NICS_MAX];
	unsigned nb_nics;
	bool polls;
	int epoll, bell;		  /* bell: an eventfd that wakes it */
	unsigned blind;			  /* ports without an fd to sleep on */
	bool watched[NICS_MAX];		  /* its port's fd is in epoll */
	_Atomic(struct loop_call *) call; /* what somebody wants; NULL: nothing */
	atomic_bool ends;
	bool runs; /* launched and not yet joined: of the main thread and the prompt's */
};

/* Ready to run: fds to sleep on, unless it polls. -errno with a sentence. */
int loop_init(struct loop *loop, struct plx_why *why);
void loop_fini(struct loop *loop);

/* Until loop_end(): for plx_lcore_launch(). */
int loop_run(void *loop);
/* Thread: any. */
void loop_end(struct loop *loop);

/*
 * fn(arg) between two turns of the loop, on its thread; when this returns, it is done. At once where the loop does not run.
 * One caller at a time. Path: slow.
 */
void loop_call(struct loop *loop, void (*fn)(void *arg), void *arg);

#endif
