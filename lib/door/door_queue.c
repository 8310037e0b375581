/* SPDX-License-Identifier: BSD-3-Clause */
/* What goes from the control thread to the program's and back: questions, and connections that were adopted. */
#include "door_priv.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static struct {
	pthread_mutex_t lock;
	struct door_job *jobs;		 /* in order */
	struct door_handover *handovers; /* in order, those that plx_door_serve makes */
	atomic_uint waiting; /* for plx_door_serve; changed under the lock, with the bell */
	int bell;
} queue = {.lock = PTHREAD_MUTEX_INITIALIZER, .bell = -1};

/* -- questions --------------------------------------------------------------------------------------- */

void
door_job_free(struct door_job *job)
{
	if (job == NULL)
		return;
	door_reply_fini(&job->reply);
	free(job);
}

static void
unlink_job(struct door_job *job)
{
	struct door_job **at = &queue.jobs;

	while (*at != NULL && *at != job)
		at = &(*at)->next;
	if (*at != NULL)
		*at = job->next;
}

/* Under the lock, so that the bell rings as long as something waits and no longer: else who polls it would never sleep. */
static void
more_waits(void)
{
	const uint64_t one = 1;
	ssize_t written;

	atomic_fetch_add(&queue.waiting, 1);
	written = write(queue.bell, &one, sizeof(one));
	(void)written; /* the counter is small: nothing refuses */
}

static void
less_waits(void)
{
	uint64_t rung;
	ssize_t got;

	if (atomic_fetch_sub(&queue.waiting, 1) != 1)
		return;
	got = read(queue.bell, &rung, sizeof(rung));
	(void)got;
}

void
door_job_queue(struct door_job *job)
{
	struct door_job **at = &queue.jobs;

	pthread_mutex_lock(&queue.lock);
	job->state = JOB_WAITS;
	job->next = NULL;
	while (*at != NULL)
		at = &(*at)->next;
	*at = job;
	more_waits();
	pthread_mutex_unlock(&queue.lock);
}

void
door_job_run(struct door_job *job)
{
	job->reply.anytime = job->command.anytime;
	job->ret = job->command.fn(job->command.arg, &job->request, &job->reply, &job->why);
}

void
door_job_abandon(struct door_job *job)
{
	bool whole;

	pthread_mutex_lock(&queue.lock);
	whole = job->state != JOB_RUNS;
	if (whole) {
		if (job->state == JOB_WAITS)
			less_waits();
		unlink_job(job);
	}
	job->peer = NULL;
	pthread_mutex_unlock(&queue.lock);
	if (whole)
		door_job_free(job);
}

struct door_job *
door_job_done(void)
{
	struct door_job *job;

	pthread_mutex_lock(&queue.lock);
	for (job = queue.jobs; job != NULL && job->state != JOB_DONE; job = job->next)
		continue;
	if (job != NULL)
		unlink_job(job);
	pthread_mutex_unlock(&queue.lock);
	return job;
}

/* -- connections that a command adopted --------------------------------------------------------------- */

int
plx_door_reply_adopt(struct plx_door_reply *reply, plx_door_adopt_fn fn, void *arg)
{
	struct door_handover *handover;

	if (reply->handover != NULL)
		return -EALREADY;
	handover = malloc(sizeof(*handover));
	if (handover == NULL)
		return -ENOMEM;
	*handover =
		(struct door_handover){.fn = fn, .arg = arg, .fd = -1, .anytime = reply->anytime};
	reply->handover = handover;
	return 0;
}

static void
make(struct door_handover *handover)
{
	handover->fn(handover->arg, handover->fd);
	free(handover);
}

void
door_handover_end(struct door_handover *handover, int fd)
{
	struct door_handover **at = &queue.handovers;

	handover->fd = fd;
	if (handover->anytime) {
		make(handover);
		return;
	}
	pthread_mutex_lock(&queue.lock);
	handover->next = NULL;
	while (*at != NULL)
		at = &(*at)->next;
	*at = handover;
	more_waits();
	pthread_mutex_unlock(&queue.lock);
}

static struct door_handover *
take_handover(void)
{
	struct door_handover *handover;

	pthread_mutex_lock(&queue.lock);
	handover = queue.handovers;
	if (handover != NULL) {
		queue.handovers = handover->next;
		less_waits();
	}
	pthread_mutex_unlock(&queue.lock);
	return handover;
}

static unsigned
hand_over_all(void)
{
	struct door_handover *handover;
	unsigned n = 0;

	while ((handover = take_handover()) != NULL) {
		make(handover);
		n++;
	}
	return n;
}

/* -- the program's thread ------------------------------------------------------------------------------ */

/* The first that waits, which now runs. */
static struct door_job *
take_job(void)
{
	struct door_job *job;

	pthread_mutex_lock(&queue.lock);
	for (job = queue.jobs; job != NULL && job->state != JOB_WAITS; job = job->next)
		continue;
	if (job != NULL) {
		job->state = JOB_RUNS;
		less_waits();
	}
	pthread_mutex_unlock(&queue.lock);
	return job;
}

static void
serve_job(struct door_job *job)
{
	door_job_run(job);
	pthread_mutex_lock(&queue.lock);
	job->state = JOB_DONE;
	pthread_mutex_unlock(&queue.lock);
	door_peers_ring();
}

static PLX_COLD unsigned
serve_waiting(void)
{
	struct door_job *job;
	unsigned n = hand_over_all();

	for (unsigned i = 0; i < PLX_DOOR_PEERS_MAX && (job = take_job()) != NULL; i++) {
		serve_job(job);
		n++;
	}
	return n;
}

unsigned
plx_door_serve(void)
{
	return atomic_load_explicit(&queue.waiting, memory_order_relaxed) == 0 ? 0
									       : serve_waiting();
}

int
plx_door_fd(void)
{
	return queue.bell;
}

/* -- life ------------------------------------------------------------------------------------------- */

int
door_queue_open(struct plx_why *why)
{
	queue.bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return queue.bell >= 0 ? 0 : plx_why(why, -errno, "eventfd: %s", strerror(errno));
}

void
door_queue_close(void)
{
	struct door_job *job;

	while ((job = door_job_done()) != NULL)
		door_job_free(job);
	hand_over_all();
	close(queue.bell);
	queue.bell = -1;
}
