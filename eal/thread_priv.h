/* SPDX-License-Identifier: BSD-3-Clause */
/* The library's own threads and the CPUs of the calling one. */
#ifndef PLX_EAL_THREAD_PRIV_H
#define PLX_EAL_THREAD_PRIV_H

#include "plx_base.h"

#include <pthread.h>
#include <sched.h>

/*
 * Starts a thread that never takes signals (but those it raises itself) and runs on `cpus` only; NULL
 * leaves that to the kernel. The name is cut to 15 characters. 0 or a negative errno.
 */
int plx_thread_start(pthread_t *ret_thread, const char *name, const cpu_set_t *cpus,
		     void *(*fn)(void *), void *arg);

/* The CPUs that the calling thread may run on: machine, cgroup cpuset and taskset taken together. */
int plx_thread_cpus(cpu_set_t *ret_cpus, struct plx_why *why);

/* Restricts the calling thread. No system call if it is so already, for sandboxes that forbid it. */
int plx_thread_pin(const cpu_set_t *cpus);

/* The sentence for an error of pinning `what`. Returns err. */
int plx_thread_pin_why(struct plx_why *why, int err, const char *what, const cpu_set_t *cpus);

#endif
