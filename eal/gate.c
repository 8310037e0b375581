/* SPDX-License-Identifier: BSD-3-Clause */
/* Closing a gate. See plx_gate.h for the letters. */
#include "plx_gate.h"

#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool expedited;

static void
register_once(void)
{
	expedited = syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}

/* Without the expedited kind (Linux before 4.14, or a seccomp filter) the slow kind, which waits for every CPU. */
void
plx_gate_barrier(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	pthread_once(&once, register_once);
	if (expedited && syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0)
		return;
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) != 0)
		usleep(20000); /* no membarrier at all: longer than a store stays in a store buffer */
}

void
plx_gate_close(struct plx_gate *gate)
{
	__atomic_store_n(&gate->open, 0, __ATOMIC_SEQ_CST);	      /* D */
	plx_gate_barrier();					      /* E */
	while (__atomic_load_n(&gate->inside, __ATOMIC_ACQUIRE) != 0) /* F */
		sched_yield();
}
