/* SPDX-License-Identifier: BSD-3-Clause */
/* Starting and pinning threads. */
#include "thread_priv.h"

#include "lcore_map_priv.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* What a thread does to itself it must feel: a blocked SIGSEGV kills without the debugger's handler. */
static const int own_signals[] = {SIGSEGV, SIGBUS, SIGFPE,  SIGILL,
				  SIGTRAP, SIGSYS, SIGABRT, SIGPROF};

static int
create(pthread_t *ret_thread, const cpu_set_t *cpus, void *(*fn)(void *), void *arg)
{
	pthread_attr_t attr;
	int err;

	err = pthread_attr_init(&attr);
	if (err != 0)
		return -err;
	if (cpus != NULL)
		err = pthread_attr_setaffinity_np(&attr, sizeof(*cpus), cpus);
	if (err == 0)
		err = pthread_create(ret_thread, &attr, fn, arg);
	pthread_attr_destroy(&attr);
	return -err;
}

int
plx_thread_start(pthread_t *ret_thread, const char *name, const cpu_set_t *cpus,
		 void *(*fn)(void *), void *arg)
{
	sigset_t blocked, before;
	char short_name[16];
	int ret;

	sigfillset(&blocked);
	for (unsigned i = 0; i < PLX_ARRAY_LEN(own_signals); i++)
		sigdelset(&blocked, own_signals[i]);
	pthread_sigmask(SIG_SETMASK, &blocked, &before);
	ret = create(ret_thread, cpus, fn, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (ret == 0) {
		snprintf(short_name, sizeof(short_name), "%s", name);
		pthread_setname_np(*ret_thread, short_name);
	}
	return ret;
}

int
plx_thread_cpus(cpu_set_t *ret_cpus, struct plx_why *why)
{
	CPU_ZERO(ret_cpus);
	if (sched_getaffinity(0, sizeof(*ret_cpus), ret_cpus) != 0)
		return plx_why(
			why, -errno,
			"cannot read the CPUs this program may run on: %s (sched_getaffinity; "
			"at most %d CPUs are supported)" PLX_DOCTOR("cpus"),
			strerror(errno), CPU_SETSIZE);
	if (CPU_COUNT(ret_cpus) == 0)
		return plx_why(why, -ENODEV,
			       "this program may run on no CPU: its cgroup cpuset is "
			       "empty" PLX_DOCTOR("cpus"));
	return 0;
}

int
plx_thread_pin(const cpu_set_t *cpus)
{
	cpu_set_t now;

	if (sched_getaffinity(0, sizeof(now), &now) == 0 && CPU_EQUAL(&now, cpus))
		return 0;
	return sched_setaffinity(0, sizeof(*cpus), cpus) == 0 ? 0 : -errno;
}

int
plx_thread_pin_why(struct plx_why *why, int err, const char *what, const cpu_set_t *cpus)
{
	char set[128];

	plx_cpuset_format(cpus, set, sizeof(set));
	if (err == -EPERM || err == -EACCES)
		return plx_why(why, err,
			       "%s cannot be pinned to CPU %s: %s; a sandbox forbids "
			       "sched_setaffinity: allow it, or give each lcore all CPUs as in "
			       "--lcores '0@(0-1)'" PLX_DOCTOR("cpus"),
			       what, set, strerror(-err));
	if (err == -EAGAIN)
		return plx_why(why, err,
			       "%s cannot be started: no more threads are allowed (ulimit -u, "
			       "cgroup pids.max)",
			       what);
	return plx_why(why, err, "%s cannot be started on CPU %s: %s", what, set, strerror(-err));
}
