/* SPDX-License-Identifier: BSD-3-Clause */
#include "link_thread.h"

#include <errno.h>
#include <linux/capability.h>
#include <semaphore.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

/* On the stack of who waits for it. `done` is said by the control thread, and by the new one when it is as it is to be. */
struct birth {
	struct link_thread *link;
	const char *name;
	link_thread_fn *fn;
	void *arg;
	sem_t done;
	int ret;
};

int
link_thread_open(struct link_thread *link, struct plx_why *why)
{
	*link = (struct link_thread){.news_fd = -1};
	link->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (link->wake_fd >= 0)
		link->news_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return link->news_fd >= 0 ? 0 : plx_why(why, -errno, "eventfd: %s", strerror(errno));
}

static void
give_up_rights(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};

	syscall(SYS_capset, &head, none);
}

static void *
thread_main(void *of)
{
	struct birth *birth = of;
	link_thread_fn *fn = birth->fn;
	void *arg = birth->arg;

	give_up_rights();
	pthread_setname_np(pthread_self(), birth->name);
	sem_post(&birth->done);
	fn(arg);
	return NULL;
}

/* On the control thread, whose processors and mask of signals the new one inherits. */
static void
give_birth(void *arg)
{
	struct birth *birth = arg;

	birth->ret = -pthread_create(&birth->link->thread, NULL, thread_main, birth);
	sem_post(&birth->done);
}

static void
wait_for(sem_t *done)
{
	while (sem_wait(done) != 0)
		;
}

static int
be_born(struct birth *birth)
{
	int ret;

	sem_init(&birth->done, 0, 0);
	ret = plx_event_alarm_add(0, 0, give_birth, birth, NULL);
	if (ret == 0) {
		wait_for(&birth->done);
		ret = birth->ret;
		if (ret == 0)
			wait_for(&birth->done);
	}
	sem_destroy(&birth->done);
	return ret;
}

int
link_thread_start(struct link_thread *link, const char *name, link_thread_fn *fn,
		  plx_event_fd_fn on_news, void *arg, struct plx_why *why)
{
	struct birth birth = {.link = link, .name = name, .fn = fn, .arg = arg};
	int ret = plx_event_fd_add(link->news_fd, EPOLLIN, on_news, arg, &link->news);

	if (ret == 0)
		ret = be_born(&birth);
	link->runs = ret == 0;
	if (ret == 0)
		return 0;
	link_thread_stop(link);
	return plx_why(why, ret, "a thread for the link: %s", strerror(-ret));
}

static void
ring(int fd)
{
	const uint64_t one = 1;

	while (write(fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

/* Fails only when the counter is full: told already. */
void
link_thread_tell(const struct link_thread *link)
{
	ring(link->news_fd);
}

void
link_thread_stop(struct link_thread *link)
{
	if (link->runs) {
		__atomic_store_n(&link->stopping, true, __ATOMIC_RELEASE);
		ring(link->wake_fd);
		pthread_join(link->thread, NULL);
		link->runs = false;
	}
	if (link->news != 0)
		plx_event_remove(link->news);
	link->news = 0;
}

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void
link_thread_close(struct link_thread *link)
{
	close_fd(&link->wake_fd);
	close_fd(&link->news_fd);
}
