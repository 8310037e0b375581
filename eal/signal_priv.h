/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Signals turned into reads: while a signal is caught, its handler notes it and writes to an eventfd. The
 * caller holds the lock of the events.
 */
#ifndef PLX_EAL_SIGNAL_PRIV_H
#define PLX_EAL_SIGNAL_PRIV_H

#include "plx_base.h"

/* False for numbers that are no signals or that no callback can answer (SIGKILL, SIGSEGV...). */
bool plx_signal_possible(int signo);

/*
 * Starts to catch the signal, and blocks it in the calling thread if that is the main lcore. `wake_fd` is
 * the eventfd to write to; it outlives the catching.
 */
int plx_signal_catch(int signo, int wake_fd);

/* Brings the former disposition back. */
void plx_signal_release(int signo);

/* Undoes the blocking in the calling thread, the main lcore. */
void plx_signal_unblock_main(void);

/* True if the signal came since the last call. */
bool plx_signal_take(int signo);

/* Makes the calling thread, the control thread, the one that takes the caught signals. */
void plx_signal_accept(void);

#endif
