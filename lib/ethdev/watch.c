/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Links that go and come, as the kernel tells them (rtnetlink, RTMGRP_LINK) for ports that are kernel
 * interfaces, and as drivers tell them for others. It costs nothing while nothing happens.
 *
 *	main lcore				control thread
 *	register: state[port] = index, up ---->	a message about that index: up differs? note it and tell
 *	unregister: state[port] = 0
 *
 * The port table itself is the main lcore's: the control thread sees these words only.
 */
#include "ethdev_priv.h"
#include "plx_event.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* Of each port: twice its interface's index, and 1 if the link is up; 0 for ports without one. Atomic. */
static uint64_t states[PLX_ETHDEV_MAX];

static uint64_t
state_of(uint32_t index, bool up)
{
	return (uint64_t)index << 1 | up;
}

static struct {
	int fd;
	plx_event_id event;   /* 0: nobody watches */
	pthread_mutex_t lock; /* of what follows: drivers tell at any time */
	plx_ethdev_link_fn fn;
	void *arg;
} watch = {.fd = -1, .lock = PTHREAD_MUTEX_INITIALIZER};

static void
tell(uint16_t port, bool up)
{
	pthread_mutex_lock(&watch.lock);
	if (watch.fn != NULL)
		watch.fn(watch.arg, port, up);
	pthread_mutex_unlock(&watch.lock);
}

void
plx_ethdev_link_changed(struct plx_ethdev *dev, bool up)
{
	tell(dev->port, up);
}

static void
set_watcher(plx_ethdev_link_fn fn, void *arg)
{
	pthread_mutex_lock(&watch.lock);
	watch.fn = fn;
	watch.arg = arg;
	pthread_mutex_unlock(&watch.lock);
}

/* Asks for the present state of all interfaces; the answers come as the events do. */
static int
ask_all(void)
{
	const struct {
		struct nlmsghdr head;
		struct ifinfomsg link;
	} request = {
		.head = {.nlmsg_len = sizeof(request),
			 .nlmsg_type = RTM_GETLINK,
			 .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		.link = {.ifi_family = AF_UNSPEC},
	};

	return send(watch.fd, &request, sizeof(request), 0) < 0 ? -errno : 0;
}

static void
look_at(const struct ifinfomsg *link)
{
	const bool up = (link->ifi_flags & IFF_UP) != 0 && (link->ifi_flags & IFF_RUNNING) != 0;

	for (uint16_t port = 0; port < PLX_ETHDEV_MAX; port++) {
		uint64_t before = state_of((uint32_t)link->ifi_index, !up);

		/* Fails for other interfaces, for no news, and when the port has just gone. */
		if (__atomic_compare_exchange_n(&states[port], &before, before ^ 1, false,
						__ATOMIC_RELAXED, __ATOMIC_RELAXED))
			tell(port, up);
	}
}

static void
on_messages(void *arg, int fd, uint32_t events)
{
	_Alignas(struct nlmsghdr) char buf[32768];
	ssize_t len;

	while ((len = recv(fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0) {
		/* Not const: clang holds the kernel's macros to -Wcast-qual. */
		struct nlmsghdr *head = (struct nlmsghdr *)(void *)buf;

		for (; NLMSG_OK(head, (size_t)len); head = NLMSG_NEXT(head, len)) {
			if (head->nlmsg_type == RTM_NEWLINK &&
			    head->nlmsg_len >= NLMSG_LENGTH(sizeof(struct ifinfomsg)))
				look_at(NLMSG_DATA(head));
		}
	}
	/* Some were lost: what counts is how things are now. */
	if (len < 0 && errno == ENOBUFS)
		ask_all();
}

void
ethdev_watch_port(const struct plx_ethdev *dev)
{
	struct plx_ethdev_link link = {0};

	if (dev->info.if_index == 0)
		return;
	plx_ethdev_link(dev->port, &link);
	__atomic_store_n(&states[dev->port], state_of(dev->info.if_index, link.up),
			 __ATOMIC_RELAXED);
}

void
ethdev_unwatch_port(const struct plx_ethdev *dev)
{
	__atomic_store_n(&states[dev->port], 0, __ATOMIC_RELAXED);
}

int
plx_ethdev_watch_links(plx_ethdev_link_fn fn, void *arg, struct plx_why *why)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
	int err;

	if (watch.event != 0)
		return plx_why(why, -EBUSY, "links are watched already");
	watch.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (watch.fd < 0)
		return plx_why(why, -errno, "cannot open a socket to watch links: %s",
			       strerror(errno));
	set_watcher(fn, arg);
	err = bind(watch.fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	/* Subscribed: what changes from here on has a message. */
	PLX_ETHDEV_FOREACH(port)
		ethdev_watch_port(plx_ethdev_at(port));
	if (err == 0)
		err = plx_event_fd_add(watch.fd, EPOLLIN, on_messages, NULL, &watch.event);
	if (err == 0)
		return 0;
	plx_why(why, err, "cannot watch links: %s", strerror(-err));
	plx_ethdev_unwatch_links();
	return err;
}

void
plx_ethdev_unwatch_links(void)
{
	if (watch.event != 0)
		plx_event_remove(watch.event);
	set_watcher(NULL, NULL);
	if (watch.fd >= 0)
		close(watch.fd);
	watch.event = 0;
	watch.fd = -1;
}
