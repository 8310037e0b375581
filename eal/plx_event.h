/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control thread: one epoll loop, started by plx_eal_init, that runs callbacks for file descriptors,
 * signals and alarms, away from the data path. Callbacks run one at a time, on that thread, and may add
 * and remove events, themselves included.
 */
#ifndef PLX_EAL_PLX_EVENT_H
#define PLX_EAL_PLX_EVENT_H

#include "plx_base.h"

PLX_BEGIN_DECLS

/* Identifies an event; never 0, never reused in one program. */
typedef uint64_t plx_event_id;

/* `events` as in epoll(7). The fd stays the caller's. */
typedef void (*plx_event_fd_fn)(void *arg, int fd, uint32_t events);
int plx_event_fd_add(int fd, uint32_t events, plx_event_fd_fn fn, void *arg, plx_event_id *ret_id);

/*
 * Delivers a signal as a callback. The signal is blocked in every EAL thread meanwhile, and its former
 * disposition comes back when the last callback for it goes.
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

PLX_END_DECLS

#endif
