/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lcores: numbered threads pinned to CPUs. -l 0-3 names CPUs; --lcores '(0-3)@(0-1)' puts more lcores than
 * there are CPUs on a set of them. The main lcore is the thread that called plx_eal_init; the others wait
 * for work.
 * Thread: any while the EAL is initialised, unless a function says otherwise. Path: slow: for loops, take the answer once. */
#ifndef PLX_EAL_PLX_LCORE_H
#define PLX_EAL_PLX_LCORE_H

#include "plx_base.h"
#include "plx_config.h"

#include <sched.h>

PLX_BEGIN_DECLS

#define PLX_LCORE_MAX  PLX_MAX_LCORES
#define PLX_LCORE_NONE UINT32_MAX

/* Private to the inline below: the calling thread's lcore. */
extern PLX_THREAD_HOT uint32_t plx_lcore_self;

/* The calling thread's lcore number, or PLX_LCORE_NONE in a thread that is none. Path: hot, one load. */
static inline uint32_t
plx_lcore_id(void)
{
	return plx_lcore_self;
}

/* How many lcores there are, the number of the main one, and whether a number is one of them. */
unsigned plx_lcore_count(void);
uint32_t plx_lcore_main(void);
bool plx_lcore_enabled(uint32_t lcore);

/*
 * The next enabled lcore after `lcore` (start with PLX_LCORE_NONE), PLX_LCORE_NONE after the last;
 * with skip_main only workers.
 */
uint32_t plx_lcore_next(uint32_t lcore, bool skip_main);

#define PLX_LCORE_FOREACH(lcore)                                                              \
	for (uint32_t lcore = plx_lcore_next(PLX_LCORE_NONE, false); lcore != PLX_LCORE_NONE; \
	     lcore = plx_lcore_next(lcore, false))
#define PLX_LCORE_FOREACH_WORKER(lcore)                                                      \
	for (uint32_t lcore = plx_lcore_next(PLX_LCORE_NONE, true); lcore != PLX_LCORE_NONE; \
	     lcore = plx_lcore_next(lcore, true))

/* The CPUs an lcore may run on. -EINVAL for an lcore that is not enabled. */
int plx_lcore_cpuset(uint32_t lcore, cpu_set_t *ret_set);
/* NUMA node of the lcore's first CPU, -1 if unknown. */
int plx_lcore_node(uint32_t lcore);
/* True if some CPU carries more than one lcore: polling loops should yield. */
bool plx_lcore_oversubscribed(void);

typedef int (*plx_lcore_fn)(void *arg);

enum plx_lcore_state {
	PLX_LCORE_WAIT, /* idle, takes work */
	PLX_LCORE_RUNNING,
	PLX_LCORE_FINISHED, /* its result has not been collected */
};

/*
 * Runs fn(arg) on a worker. -EBUSY if it is running or its last result was not collected, -EINVAL if not a
 * worker. Thread: main lcore.
 */
int plx_lcore_launch(plx_lcore_fn fn, void *arg, uint32_t lcore);
/* On every worker, and with call_main then also here. -EBUSY, starting none, if any is not waiting. Thread: main lcore. */
int plx_lcore_launch_all(plx_lcore_fn fn, void *arg, bool call_main);
/*
 * Waits until the lcore's function returns; yields that value, 0 if none ran. For the main lcore it is what
 * launch_all called there. -EINVAL for an lcore that is not enabled. Thread: main lcore.
 */
int plx_lcore_wait(uint32_t lcore);
/* Waits for all lcores; the first value that is not 0. Thread: main lcore. */
int plx_lcore_wait_all(void);
enum plx_lcore_state plx_lcore_state(uint32_t lcore); /* WAIT for one that is not enabled */

PLX_END_DECLS

#endif
