/* SPDX-License-Identifier: BSD-3-Clause */
/* The control thread's beginning and end. */
#ifndef PLX_EAL_EVENT_PRIV_H
#define PLX_EAL_EVENT_PRIV_H

#include "plx_event.h"

#include <sched.h>

/* Starts the control thread on these CPUs. */
int plx_event_start(const cpu_set_t *cpus, struct plx_why *why);

/* Removes the events that are left, restores signals and ends the thread. Not from a callback. */
void plx_event_stop(void);

#endif
