/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A thread of a port's own, for drivers whose peers come and go: it waits for the end of a peer and for the next one, which may
 * take long, and the peer may be in this very program and answer from the control thread. It never has any rights: programs
 * give up theirs thread by thread and do not know of this one. What it finds out it tells to the control thread.
 */
#ifndef PLX_EAL_LINK_THREAD_H
#define PLX_EAL_LINK_THREAD_H

#include "plx_event.h"

#include <pthread.h>

struct link_thread {
	int wake_fd; /* readable when the thread is to end: it polls this with whatever else it waits for */
	int news_fd;
	plx_event_id news;
	pthread_t thread;
	bool runs;
	bool stopping; /* atomic */
};

/* In the thread. It returns soon after link_thread_stops(). */
typedef void link_thread_fn(void *arg);

/* Makes the fds; -errno with why, and close then. Thread: one at a time; the others so, too, unless they say other things. */
int link_thread_open(struct link_thread *link, struct plx_why *why);

/*
 * Runs fn; on_news is called on the control thread after link_thread_tell(), once for several, and reads the fd. The thread runs
 * where the control thread does, away from the lcores, and takes no signals. Not on the control thread. -errno with why.
 */
int link_thread_start(struct link_thread *link, const char *name, link_thread_fn *fn,
		      plx_event_fd_fn on_news, void *arg, struct plx_why *why);

/* Whether the thread is to end. Thread: any. */
static inline bool
link_thread_stops(const struct link_thread *link)
{
	return __atomic_load_n(&link->stopping, __ATOMIC_ACQUIRE);
}

/* There is news. Thread: any. */
void link_thread_tell(const struct link_thread *link);

/* Waits for its end; no news comes any more. Fine if it does not run. */
void link_thread_stop(struct link_thread *link);
/* Of one that does not run. May be called again. */
void link_thread_close(struct link_thread *link);

#endif
