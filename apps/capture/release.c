/* SPDX-License-Identifier: BSD-3-Clause */
#include "release.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cpus.h"

void
release_init(struct release *r)
{
	*r = (struct release){.close = close};
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->changed, NULL);
}

/* -- the thread ---------------------------------------------------------------------------------- */

/* Until there is a file, or there will be none any more; the lock is held. */
static bool
await(struct release *r)
{
	while (r->n == 0 && !r->over)
		pthread_cond_wait(&r->changed, &r->lock);
	return r->n != 0;
}

static void *
work(void *arg)
{
	struct release *r = arg;

	cpus_of_start();
	pthread_mutex_lock(&r->lock);
	while (await(r)) {
		int fd = r->fds[0];

		pthread_mutex_unlock(&r->lock);
		r->close(fd);
		pthread_mutex_lock(&r->lock);
		r->n--;
		r->done++;
		memmove(r->fds, r->fds + 1, r->n * sizeof(r->fds[0]));
		pthread_cond_broadcast(&r->changed);
	}
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

/* Signals are for the others. */
static bool
begin(struct release *r)
{
	sigset_t all, before;

	if (r->running || !r->allowed)
		return r->running;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r->running = pthread_create(&r->thread, NULL, work, r) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r->running;
}

/* -- the writer ---------------------------------------------------------------------------------- */

void
release_add(struct release *r, int fd)
{
	bool taken = false;

	if (begin(r)) {
		pthread_mutex_lock(&r->lock);
		taken = r->n < RELEASE_MAX;
		if (taken)
			r->fds[r->n++] = fd;
		pthread_cond_broadcast(&r->changed);
		pthread_mutex_unlock(&r->lock);
	}
	if (!taken)
		r->close(fd);
}

uint64_t
release_done(struct release *r)
{
	uint64_t done;

	pthread_mutex_lock(&r->lock);
	done = r->done;
	pthread_mutex_unlock(&r->lock);
	return done;
}

bool
release_wait(struct release *r, uint64_t done)
{
	bool more;

	pthread_mutex_lock(&r->lock);
	while (r->n != 0 && r->done == done)
		pthread_cond_wait(&r->changed, &r->lock);
	more = r->done != done;
	pthread_mutex_unlock(&r->lock);
	return more;
}

void
release_end(struct release *r)
{
	if (!r->running)
		return;
	pthread_mutex_lock(&r->lock);
	r->over = true;
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
	pthread_join(r->thread, NULL);
	r->running = false;
	r->over = false;
}
