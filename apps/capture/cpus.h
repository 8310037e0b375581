/* SPDX-License-Identifier: BSD-3-Clause */
/* The CPUs that the program was started on: for what runs beside the lcores. */
#ifndef PLX_APPS_CAPTURE_CPUS_H
#define PLX_APPS_CAPTURE_CPUS_H

#include <sys/types.h>

/* Before the EAL takes one for each lcore. */
void cpus_remember(void);

/* Gives them to a process. */
void cpus_give(pid_t pid);

/* Gives them to the calling thread. */
static inline void
cpus_of_start(void)
{
	cpus_give(0);
}

#endif
