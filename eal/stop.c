/* SPDX-License-Identifier: BSD-3-Clause */
/* The flag that programs end by. */
#include "plx_event.h"

#include <signal.h>
#include <stdatomic.h>

static atomic_bool stopped;

static void
on_signal(void *arg, int signo)
{
	atomic_store_explicit(&stopped, true, memory_order_relaxed);
}

int
plx_event_stop_catch(void)
{
	plx_event_id first;
	int ret;

	atomic_store_explicit(&stopped, false, memory_order_relaxed);
	ret = plx_event_signal_add(SIGINT, on_signal, NULL, &first);
	if (ret != 0)
		return ret;
	ret = plx_event_signal_add(SIGTERM, on_signal, NULL, NULL);
	if (ret != 0)
		plx_event_remove(first);
	return ret;
}

bool
plx_event_stopped(void)
{
	return atomic_load_explicit(&stopped, memory_order_relaxed);
}
