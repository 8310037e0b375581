/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Peers come and go. A thread of the port's own waits for the end of the conversation, has the queues closed, and looks for
 * the next peer: a client calls again, later and later; a server takes who calls. The control thread would do but for one
 * thing: the other end may be a port of this very program, whose answers come from there. What needs the program's rights
 * is done there, though: the link's thread has none.
 */
#include "plx_event.h"
#include "plx_log.h"
#include "plx_unixsock.h"
#include "user.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

PLX_LOG_COMPONENT(logger, "pmd.net.virtio_user");

#define PAUSE_FIRST_MS 100
#define PAUSE_LAST_MS  2000
#define FOREVER_MS     (-1)
#define BUSY_LOOK_NS   1000000

static const char *
port_name(const struct virtio_user *user)
{
	return user->dev.eth.device->name;
}

/* -- who is there ------------------------------------------------------------------------------------------------------- */

/* The control thread tells the port's owner. With the device's lock. */
static void
set_alone(struct virtio_user *user, bool alone)
{
	user->dev.alone = alone;
	pthread_mutex_lock(&user->lock);
	user->generation++;
	pthread_mutex_unlock(&user->lock);
	link_thread_tell(&user->link);
}

/*
 * Who holds the port may be waiting for answers, which come from this very thread if the other end is a port of this program:
 * it is not waited for, but tried again.
 */
static void
on_news(void *arg, int fd, uint32_t events)
{
	const struct timespec nap = {0, BUSY_LOOK_NS};
	struct virtio_user *user = arg;
	uint64_t count;
	ssize_t got = read(fd, &count, sizeof(count));

	(void)got; /* nothing: fine, too */
	if (!virtio_port_link_news(&user->dev)) {
		nanosleep(&nap, NULL);
		link_thread_tell(&user->link);
	}
}

/* With the device's lock. */
static void
leave(struct virtio_user *user)
{
	pthread_mutex_lock(&user->lock);
	user_peer_leave(&user->peer);
	user_forget(user);
	pthread_mutex_unlock(&user->lock);
	set_alone(user, true);
}

/* -- the thread --------------------------------------------------------------------------------------------------------- */

/* Until something is up with fd (-1: nothing can be), the time is over, or the thread is to end. True for the first. */
static bool
wait_on(struct virtio_user *user, int fd, short events, int timeout_ms)
{
	struct pollfd fds[] = {{.fd = user->link.wake_fd, .events = POLLIN},
			       {.fd = fd, .events = events}};

	return poll(fds, PLX_ARRAY_LEN(fds), timeout_ms) > 0 && fds[1].revents != 0 &&
	       !user_link_stops(user);
}

/* The conversation is over: queues close, and what they hold is counted when they are opened again. */
static void
part(struct virtio_user *user)
{
	struct plx_why why = {"the back end has hung up"};

	pthread_mutex_lock(&user->dev.lock);
	virtio_port_halt(&user->dev);
	pthread_mutex_lock(&user->lock);
	if (user->peer.why.text[0] != '\0')
		why = user->peer.why;
	pthread_mutex_unlock(&user->lock);
	leave(user);
	pthread_mutex_unlock(&user->dev.lock);
	plx_log_notice(&logger, "%s: link down: %s", port_name(user), why.text);
}

static void
dial(struct virtio_user *user, struct user_errand *errand)
{
	errand->ret = plx_unixsock_connect(user->args.path, errand->why);
}

/* The socket of the next peer, or a negative errno. */
static int
next_socket(struct virtio_user *user, int pause_ms, struct plx_why *why)
{
	struct user_errand errand = {.fn = dial, .user = user, .why = why, .ret = -ECANCELED};
	int sock;

	if (user->listener < 0) {
		wait_on(user, -1, 0, pause_ms);
		if (!user_link_stops(user))
			user_errand_run(&errand);
		return errand.ret;
	}
	if (!wait_on(user, user->listener, POLLIN, FOREVER_MS))
		return -ECANCELED;
	sock = plx_unixsock_accept(user->listener);
	return sock >= 0 ? sock : plx_why(why, sock, "accept: %s", strerror(-sock));
}

/* With the device's lock. On failure the peer is gone again. */
static int
put_to_work(struct virtio_user *user, int sock, struct plx_why *why)
{
	int ret = user_meet(user, sock, user->dev.features, why);

	if (ret != 0)
		return ret;
	set_alone(user, false);
	ret = virtio_port_revive(&user->dev, why);
	if (ret != 0)
		leave(user);
	return ret;
}

static int
find_peer(struct virtio_user *user, int pause_ms, struct plx_why *why)
{
	int sock = next_socket(user, pause_ms, why);
	int ret;

	if (sock < 0)
		return sock;
	pthread_mutex_lock(&user->dev.lock);
	ret = put_to_work(user, sock, why);
	pthread_mutex_unlock(&user->dev.lock);
	if (ret != 0)
		return ret;
	plx_log_notice(&logger, "%s: link up: a back end is at %s", port_name(user),
		       user->args.path);
	return 0;
}

/* One line for each thing that is wrong, however often it is tried. */
static void
complain(struct virtio_user *user, struct plx_why *told, const struct plx_why *why)
{
	if (strcmp(told->text, why->text) == 0)
		return;
	*told = *why;
	plx_log_notice(&logger, "%s: %s", port_name(user), why->text);
}

static void
look_for_peer(struct virtio_user *user)
{
	struct plx_why told = {""};

	for (int pause_ms = PAUSE_FIRST_MS; !user_link_stops(user);) {
		struct plx_why why = {""};
		int ret = find_peer(user, pause_ms, &why);

		if (ret == 0)
			return;
		if (ret == -ECANCELED)
			continue;
		complain(user, &told, &why);
		if (user->listener >= 0)
			wait_on(user, -1, 0,
				pause_ms); /* who calls without end gets no whole CPU */
		pause_ms = pause_ms * 2 < PAUSE_LAST_MS ? pause_ms * 2 : PAUSE_LAST_MS;
	}
}

static void
watch(void *arg)
{
	struct virtio_user *user = arg;

	while (!user_link_stops(user)) {
		/* The socket is this thread's to open and close from here on. */
		if (user->peer.sock < 0)
			look_for_peer(user);
		else if (wait_on(user, user->peer.sock, POLLRDHUP, FOREVER_MS))
			part(user);
	}
}

/* -- open and close ----------------------------------------------------------------------------------------------------- */

static int
call_first_time(struct virtio_user *user, struct plx_why *why)
{
	struct plx_why refusal;
	int sock = plx_unixsock_connect(user->args.path, &refusal);

	if (sock >= 0)
		return user_meet(user, sock, 0, why);
	if (sock != -ENOENT && sock != -ECONNREFUSED)
		return plx_why(why, sock, "%s", refusal.text);
	if (!user->args.wait)
		return plx_why(why, sock,
			       "%s (wait=1 begins without it, server=1 listens in its place)",
			       refusal.text);
	plx_log_notice(&logger, "%s: link down: waiting for a back end at %s", port_name(user),
		       user->args.path);
	return 0;
}

static int
listen_at(struct virtio_user *user, struct plx_why *why)
{
	struct stat st;

	user->listener = plx_unixsock_listen(user->args.path, why);
	if (user->listener >= 0 && stat(user->args.path, &st) == 0)
		user->socket_ino = st.st_ino;
	return user->listener;
}

/* Unless somebody put another in its place. */
static void
remove_file(const struct virtio_user *user)
{
	struct stat st;

	if (stat(user->args.path, &st) == 0 && st.st_ino == user->socket_ino)
		unlink(user->args.path);
}

int
user_link_open(struct virtio_user *user, struct plx_why *why)
{
	int ret;

	user->listener = -1;
	ret = link_thread_open(&user->link, why);
	if (ret < 0)
		return ret;
	if (!user->args.server)
		ret = call_first_time(user, why);
	else
		ret = listen_at(user, why);
	user->dev.alone = user->peer.sock < 0;
	return ret < 0 ? ret : 0;
}

int
user_link_watch(struct virtio_user *user, struct plx_why *why)
{
	return link_thread_start(&user->link, "plx-vhost-user", watch, on_news, user, why);
}

void
user_link_unwatch(struct virtio_user *user)
{
	link_thread_stop(&user->link);
}

void
user_link_close(struct virtio_user *user)
{
	user_peer_leave(&user->peer);
	if (user->listener >= 0)
		remove_file(user);
	plx_unixsock_close_fds(&user->listener, 1);
	link_thread_close(&user->link);
}
