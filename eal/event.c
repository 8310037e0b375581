/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control thread. Events are looked up by number under the lock for each wake-up, so one that was
 * removed in between is not run; its callback runs without the lock.
 */
#include "event_priv.h"

#include "plx_list.h"
#include "signal_priv.h"
#include "thread_priv.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define WAKE_ID 0 /* of the eventfd that wakes the loop; no event has it */
#define BATCH	16

enum kind {
	KIND_FD,
	KIND_SIGNAL,
	KIND_ALARM,
};

struct event {
	struct plx_list link;
	plx_event_id id;
	enum kind kind;
	int fd; /* the caller's, or the timerfd */
	int signo;
	bool once;
	union {
		plx_event_fd_fn on_fd;
		plx_event_signal_fn on_signal;
		plx_event_alarm_fn on_alarm;
	};
	void *arg;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t ran;
	struct plx_list list;
	plx_event_id last_id;
	plx_event_id running; /* whose callback runs now, 0 none */
	bool started;
	bool stopping;
	int epoll_fd;
	int wake_fd;
	pthread_t thread;
} loop = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.ran = PTHREAD_COND_INITIALIZER,
	.list = PLX_LIST_INIT(loop.list),
};

static struct event *
find(plx_event_id id)
{
	PLX_LIST_FOREACH(link, &loop.list) {
		struct event *event = PLX_LIST_ITEM(link, struct event, link);

		if (event->id == id)
			return event;
	}
	return NULL;
}

static void
wake(void)
{
	uint64_t one = 1;
	ssize_t written = write(loop.wake_fd, &one, sizeof(one));

	(void)written; /* fails only when the counter is full: awake already */
}

static unsigned
callbacks_for(int signo)
{
	unsigned n = 0;

	PLX_LIST_FOREACH(link, &loop.list) {
		const struct event *event = PLX_LIST_ITEM(link, struct event, link);

		n += event->kind == KIND_SIGNAL && event->signo == signo;
	}
	return n;
}

/* Takes it out of all that could run it. Under the lock. */
static void
unlink_event(struct event *event)
{
	plx_list_remove(&event->link);
	switch (event->kind) {
	case KIND_FD:
		epoll_ctl(loop.epoll_fd, EPOLL_CTL_DEL, event->fd, NULL);
		break;
	case KIND_ALARM:
		close(event->fd);
		break;
	case KIND_SIGNAL:
		if (callbacks_for(event->signo) == 0) {
			plx_signal_release(event->signo);
			wake();
		}
		break;
	}
}

static void
call(const struct event *event, uint32_t events)
{
	switch (event->kind) {
	case KIND_FD:
		event->on_fd(event->arg, event->fd, events);
		break;
	case KIND_SIGNAL:
		event->on_signal(event->arg, event->signo);
		break;
	case KIND_ALARM:
		event->on_alarm(event->arg);
		break;
	}
}

/* Runs a callback without the lock, which is held before and after. It may remove its own event. */
static void
run(const struct event *event, uint32_t events)
{
	struct event copy = *event;
	struct event *left;

	loop.running = copy.id;
	pthread_mutex_unlock(&loop.lock);
	call(&copy, events);
	pthread_mutex_lock(&loop.lock);
	left = find(copy.id);
	if (copy.once && left != NULL) {
		unlink_event(left);
		free(left);
	}
	loop.running = 0;
	pthread_cond_broadcast(&loop.ran);
}

/* Callbacks of one signal, by rising number as they may come and go meanwhile. */
static void
run_signal(int signo)
{
	plx_event_id after = 0;

	for (;;) {
		struct event *next = NULL;

		PLX_LIST_FOREACH(link, &loop.list) {
			struct event *event = PLX_LIST_ITEM(link, struct event, link);

			if (event->kind == KIND_SIGNAL && event->signo == signo &&
			    event->id > after && (next == NULL || event->id < next->id))
				next = event;
		}
		if (next == NULL)
			return;
		after = next->id;
		run(next, 0);
	}
}

static void
run_signals(void)
{
	uint64_t count;
	ssize_t got = read(loop.wake_fd, &count, sizeof(count));

	(void)got; /* the count does not matter, and EAGAIN neither */
	plx_signal_accept();
	for (int signo = 1; signo < _NSIG; signo++)
		if (plx_signal_possible(signo) && plx_signal_take(signo))
			run_signal(signo);
}

static void
dispatch(const struct epoll_event *ready)
{
	struct event *event;
	uint64_t expirations;

	if (ready->data.u64 == WAKE_ID) {
		run_signals();
		return;
	}
	event = find(ready->data.u64);
	if (event == NULL)
		return;
	if (event->kind == KIND_ALARM &&
	    read(event->fd, &expirations, sizeof(expirations)) != (ssize_t)sizeof(expirations))
		return;
	run(event, ready->events);
}

static void *
control_thread(void *arg)
{
	struct epoll_event ready[BATCH];

	pthread_mutex_lock(&loop.lock);
	while (!loop.stopping) {
		int n;

		pthread_mutex_unlock(&loop.lock);
		n = epoll_wait(loop.epoll_fd, ready, BATCH, -1);
		pthread_mutex_lock(&loop.lock);
		for (int i = 0; i < n && !loop.stopping; i++)
			dispatch(&ready[i]);
	}
	pthread_mutex_unlock(&loop.lock);
	return NULL;
}

static int
watch(int fd, uint32_t events, plx_event_id id)
{
	struct epoll_event event = {.events = events, .data.u64 = id};

	return epoll_ctl(loop.epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

int
plx_event_start(const cpu_set_t *cpus, struct plx_why *why)
{
	int ret;

	loop.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop.epoll_fd < 0)
		return plx_why(why, -errno, "control thread: epoll_create1: %s", strerror(errno));
	loop.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop.wake_fd < 0) {
		ret = plx_why(why, -errno, "control thread: eventfd: %s", strerror(errno));
		goto close_epoll;
	}
	ret = watch(loop.wake_fd, EPOLLIN, WAKE_ID);
	if (ret != 0) {
		plx_why(why, ret, "control thread: epoll_ctl: %s", strerror(-ret));
		goto close_wake;
	}
	pthread_mutex_lock(&loop.lock);
	loop.stopping = false;
	ret = plx_thread_start(&loop.thread, "plx-control", cpus, control_thread, NULL);
	loop.started = ret == 0;
	pthread_mutex_unlock(&loop.lock);
	if (ret != 0) {
		plx_thread_pin_why(why, ret, "the control thread", cpus);
		goto close_wake;
	}
	return 0;

close_wake:
	close(loop.wake_fd);
close_epoll:
	close(loop.epoll_fd);
	return ret;
}

void
plx_event_stop(void)
{
	pthread_mutex_lock(&loop.lock);
	loop.started = false;
	loop.stopping = true;
	wake();
	pthread_mutex_unlock(&loop.lock);
	pthread_join(loop.thread, NULL);
	pthread_mutex_lock(&loop.lock);
	PLX_LIST_FOREACH_SAFE(link, &loop.list) {
		struct event *event = PLX_LIST_ITEM(link, struct event, link);

		unlink_event(event);
		free(event);
	}
	pthread_mutex_unlock(&loop.lock);
	plx_signal_unblock_main();
	close(loop.wake_fd);
	close(loop.epoll_fd);
}

/* Enters a copy of the template. Under the lock. */
static int
add(const struct event *template, struct event **ret_event)
{
	struct event *event;

	if (!loop.started)
		return -ENODEV;
	event = malloc(sizeof(*event));
	if (event == NULL)
		return -ENOMEM;
	*event = *template;
	event->id = ++loop.last_id;
	plx_list_append(&loop.list, &event->link);
	*ret_event = event;
	return 0;
}

static void
forget(struct event *event)
{
	plx_list_remove(&event->link);
	free(event);
}

static int
finish_add(struct event *event, int ret, plx_event_id *ret_id)
{
	if (ret != 0)
		forget(event);
	else if (ret_id != NULL)
		*ret_id = event->id;
	return ret;
}

int
plx_event_fd_add(int fd, uint32_t events, plx_event_fd_fn fn, void *arg, plx_event_id *ret_id)
{
	struct event template = {.kind = KIND_FD, .fd = fd, .on_fd = fn, .arg = arg};
	struct event *event;
	int ret;

	if (fn == NULL)
		return -EINVAL;
	pthread_mutex_lock(&loop.lock);
	ret = add(&template, &event);
	if (ret == 0)
		ret = finish_add(event, watch(fd, events, event->id), ret_id);
	pthread_mutex_unlock(&loop.lock);
	return ret;
}

/* The first callback for a signal begins to catch it. */
static int
catch_first(int signo)
{
	int ret = 0;

	if (callbacks_for(signo) == 1)
		ret = plx_signal_catch(signo, loop.wake_fd);
	wake();
	return ret;
}

int
plx_event_signal_add(int signo, plx_event_signal_fn fn, void *arg, plx_event_id *ret_id)
{
	struct event template = {.kind = KIND_SIGNAL, .signo = signo, .on_signal = fn, .arg = arg};
	struct event *event;
	int ret;

	if (fn == NULL || !plx_signal_possible(signo))
		return -EINVAL;
	pthread_mutex_lock(&loop.lock);
	ret = add(&template, &event);
	if (ret == 0)
		ret = finish_add(event, catch_first(signo), ret_id);
	pthread_mutex_unlock(&loop.lock);
	return ret;
}

static struct timespec
to_timespec(uint64_t us)
{
	return (struct timespec){.tv_sec = (time_t)(us / 1000000),
				 .tv_nsec = (long)(us % 1000000) * 1000};
}

static int
open_timer(uint64_t first_us, uint64_t period_us)
{
	struct itimerspec when = {to_timespec(period_us), to_timespec(first_us)};
	int fd, ret;

	/* A timerfd takes zero for "never". */
	if (first_us == 0)
		when.it_value.tv_nsec = 1;
	fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (timerfd_settime(fd, 0, &when, NULL) == 0)
		return fd;
	ret = -errno;
	close(fd);
	return ret;
}

int
plx_event_alarm_add(uint64_t first_us, uint64_t period_us, plx_event_alarm_fn fn, void *arg,
		    plx_event_id *ret_id)
{
	struct event template = {
		.kind = KIND_ALARM, .once = period_us == 0, .on_alarm = fn, .arg = arg};
	struct event *event;
	int ret;

	if (fn == NULL)
		return -EINVAL;
	template.fd = open_timer(first_us, period_us);
	if (template.fd < 0)
		return template.fd;
	pthread_mutex_lock(&loop.lock);
	ret = add(&template, &event);
	if (ret == 0)
		ret = finish_add(event, watch(event->fd, EPOLLIN, event->id), ret_id);
	pthread_mutex_unlock(&loop.lock);
	if (ret != 0)
		close(template.fd);
	return ret;
}

int
plx_event_remove(plx_event_id id)
{
	struct event *event;
	int ret = -ENOENT;

	pthread_mutex_lock(&loop.lock);
	event = find(id);
	if (event != NULL) {
		unlink_event(event);
		free(event);
		ret = 0;
	}
	while (loop.started && loop.running == id && id != 0 &&
	       !pthread_equal(pthread_self(), loop.thread))
		pthread_cond_wait(&loop.ran, &loop.lock);
	pthread_mutex_unlock(&loop.lock);
	return ret;
}
