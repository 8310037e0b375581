/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control thread: one epoll loop, started by plx_eal_init, that runs callbacks for file descriptors,
 * signals and alarms, away from the data path. Callbacks run one at a time, on that thread, and may add
 * and remove events, themselves included.
 * Thread: any, unless a function says otherwise. Path: slow, unless a function says otherwise. */
#ifndef PLX_EAL_PLX_EVENT_H
#define PLX_EAL_PLX_EVENT_H

#include "plx_base.h"

PLX_BEGIN_DECLS

/* Identifies an event; never 0, never reused in one program. */
typedef uint64_t plx_event_id;

/*
 * All three: -EINVAL, -ENODEV while the EAL is not initialised, or what the kernel says; cleanup removes
 * what is left. ret_id may be NULL. Thread: any.
 */

/* `events` as in epoll(7). The fd stays the caller's. -EEXIST if it is watched already. */
typedef void (*plx_event_fd_fn)(void *arg, int fd, uint32_t events);
int plx_event_fd_add(int fd, uint32_t events, plx_event_fd_fn fn, void *arg, plx_event_id *ret_id);

/*
 * Delivers a signal as a callback, once for several that came at the same time. EAL threads never take it:
 * workers block all signals, and the main lcore this one until cleanup, if it made the call. In a thread of
 * the application a handler only notes it, and system calls go on (SA_RESTART). The former disposition comes
 * back when the last callback for it goes. -EINVAL for SIGKILL, SIGSTOP and those of faults.
 */
typedef void (*plx_event_signal_fn)(void *arg, int signo);
int plx_event_signal_add(int signo, plx_event_signal_fn fn, void *arg, plx_event_id *ret_id);

/* Calls once after first_us, then every period_us unless that is 0. */
typedef void (*plx_event_alarm_fn)(void *arg);
int plx_event_alarm_add(uint64_t first_us, uint64_t period_us, plx_event_alarm_fn fn, void *arg,
			plx_event_id *ret_id);

/*
 * Takes an event away. When it returns, its callback is not running and will not run again (from inside
 * that callback: will not run again). 0 or -ENOENT. Thread: any.
 */
int plx_event_remove(plx_event_id id);

/*
 * For programs that run until they are told to end: from here on SIGINT and SIGTERM make plx_event_stopped() true,
 * which it is not before. cleanup gives both signals back. Errors as above. Thread: main lcore. Path: slow.
 */
int plx_event_stop_catch(void);
/* Thread: any. Path: warm, one load. */
bool plx_event_stopped(void);

PLX_END_DECLS

#endif
