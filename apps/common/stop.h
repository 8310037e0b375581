/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ending a program: the first SIGINT, SIGTERM or SIGHUP asks for a clean stop, a second one, half a second
 * later or more, ends the program at once as if it had never been caught. (Within the half second it
 * counts as the same wish: timeout(1), sudo and terminals deliver one in two copies.)
 * SIGPIPE, as in `plx-testpmd ... | head`, asks for a clean stop too, however often it comes: what is printed of the end raises it
 * again, and files are to be finished meanwhile.
 */
#ifndef PLX_APPS_COMMON_STOP_H
#define PLX_APPS_COMMON_STOP_H

#include <pollux/plx_base.h>

#include <stdatomic.h>

/* Private to the inline below. */
extern atomic_bool stop_flag;

/* Begins to catch the signals; a SIGHUP (nohup) or SIGPIPE that is ignored stays so. 0 or -errno. */
int stop_catch(void);

/* Gives the signals their former dispositions back and forgets that a stop was asked for. */
void stop_release(void);

/* Thread: any. Path: hot. Relaxed suffices: nothing else is published by it. */
static inline bool
stop_requested(void)
{
	return atomic_load_explicit(&stop_flag, memory_order_relaxed);
}

/* The program itself wants to end (count reached, disk full). Thread: any. */
void stop_request(void);

/* The signal that asked for it, 0 if none did. */
int stop_signal(void);

#endif
