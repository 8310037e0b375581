/* SPDX-License-Identifier: BSD-3-Clause */
#include "cpus.h"

#include <sched.h>
#include <stdbool.h>

static cpu_set_t cpus;
static bool known;

void
cpus_remember(void)
{
	known = sched_getaffinity(0, sizeof(cpus), &cpus) == 0;
}

void
cpus_give(pid_t pid)
{
	if (known)
		sched_setaffinity(pid, sizeof(cpus), &cpus);
}
