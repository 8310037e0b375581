/* SPDX-License-Identifier: BSD-3-Clause */
/* Listening and connecting, and messages with file descriptors. See plx_unixsock.h. */
#include "plx_unixsock.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define CONNECT_MS 500
#define BACKLOG	   128 /* all workers of a cluster may come at once */

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int
make_address(const char *path, struct sockaddr_un *addr, struct plx_why *why)
{
	const size_t len = strlen(path);

	*addr = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (len == 0 || len >= sizeof(addr->sun_path))
		return plx_why(why, -ENAMETOOLONG,
			       "socket '%.64s': a path of 1 to %zu characters is possible", path,
			       sizeof(addr->sun_path) - 1);
	memcpy(addr->sun_path, path, len + 1);
	return 0;
}

static int
new_socket(int type, struct plx_why *why)
{
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	return fd >= 0 ? fd : plx_why(why, -errno, "socket: %s", strerror(errno));
}

static int
connect_error(const char *path, int err, struct plx_why *why)
{
	struct stat st;

	if (err == ECONNREFUSED && stat(path, &st) == 0 && !S_ISSOCK(st.st_mode))
		return plx_why(why, -ENOTSOCK, "%s is there and is no socket", path);
	if (err == EAGAIN)
		return plx_why(why, -ETIMEDOUT,
			       "socket %s: somebody listens there and takes nobody in", path);
	if (err == ENOENT)
		return plx_why(why, -err, "socket %s is not there: start the other end first",
			       path);
	if (err == EACCES)
		return plx_why(why, -err,
			       "no right to socket %s: it takes write permission on it, and x on "
			       "the folders above: run as its owner, or chmod them",
			       path);
	if (err == EPROTOTYPE)
		return plx_why(why, -err,
			       "socket %s is of another kind (stream, packets): it is another "
			       "program's",
			       path);
	if (err == ECONNREFUSED)
		return plx_why(why, -err,
			       "socket %s: nobody listens there; the program that made it is gone",
			       path);
	return plx_why(why, -err, "socket %s: %s", path, strerror(err));
}

static int
connect_to(const char *path, int type, struct plx_why *why)
{
	/* Of a listener whose queue is full, where connect waits like a write. */
	const struct timeval limit = {.tv_usec = CONNECT_MS * 1000};
	struct sockaddr_un addr;
	int ret = make_address(path, &addr, why);
	int fd;

	if (ret != 0)
		return ret;
	fd = new_socket(type, why);
	if (fd < 0)
		return fd;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) != 0 ||
	    connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) != 0) {
		ret = connect_error(path, errno, why);
		close(fd);
		return ret;
	}
	return fd;
}

int
plx_unixsock_connect(const char *path, struct plx_why *why)
{
	return connect_to(path, SOCK_STREAM, why);
}

int
plx_unixsock_connect_packets(const char *path, struct plx_why *why)
{
	return connect_to(path, SOCK_SEQPACKET, why);
}

/* Takes away the socket file of a program that is gone. */
static int
clear_stale(const char *path, int type, struct plx_why *why)
{
	struct stat st;
	int fd;

	if (lstat(path, &st) != 0)
		return 0;
	if (!S_ISSOCK(st.st_mode))
		return plx_why(why, -EEXIST, "%s is there and is no socket", path);
	fd = connect_to(path, type, NULL);
	if (fd >= 0) {
		close(fd);
		return plx_why(why, -EADDRINUSE, "socket %s: another program listens there", path);
	}
	if (fd != -ECONNREFUSED)
		return plx_why(why, fd, "socket %s is there and cannot be replaced: %s", path,
			       strerror(-fd));
	if (unlink(path) != 0)
		return plx_why(why, -errno, "socket %s is left over and cannot be removed: %s",
			       path, strerror(errno));
	return 0;
}

static int
listen_error(const char *path, int err, struct plx_why *why)
{
	if (err == ENOENT)
		return plx_why(why, -err,
			       "socket %s: the folder it is to be in is not there: "
			       "mkdir -p it, or choose another path",
			       path);
	if (err == EACCES || err == EROFS)
		return plx_why(why, -err,
			       "socket %s cannot be made in that folder (%s): choose one that you "
			       "may write to",
			       path, strerror(err));
	return plx_why(why, -err, "socket %s: %s", path, strerror(err));
}

static int
listen_at(const char *path, int type, struct plx_why *why)
{
	struct sockaddr_un addr;
	int ret = make_address(path, &addr, why);
	int fd;

	if (ret == 0)
		ret = clear_stale(path, type, why);
	if (ret != 0)
		return ret;
	fd = new_socket(type | SOCK_NONBLOCK, why);
	if (fd < 0)
		return fd;
	if (bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) != 0) {
		ret = listen_error(path, errno, why);
	} else if (listen(fd, BACKLOG) != 0) {
		ret = listen_error(path, errno, why);
		unlink(path);
	}
	if (ret == 0)
		return fd;
	close(fd);
	return ret;
}

int
plx_unixsock_listen(const char *path, struct plx_why *why)
{
	return listen_at(path, SOCK_STREAM, why);
}

int
plx_unixsock_listen_packets(const char *path, struct plx_why *why)
{
	return listen_at(path, SOCK_SEQPACKET, why);
}

int
plx_unixsock_accept(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	return fd >= 0 ? fd : -errno;
}

static int
wait_for(int fd, short events, int64_t deadline)
{
	struct pollfd wanted = {.fd = fd, .events = events};

	for (;;) {
		int64_t left = deadline - now_ms();
		int n = poll(&wanted, 1, left > 0 ? (int)left : 0);

		if (n > 0)
			return 0;
		if (n == 0)
			return -ETIMEDOUT;
		if (errno != EINTR)
			return -errno;
	}
}

union control {
	char bytes[CMSG_SPACE(PLX_UNIXSOCK_FDS_MAX * sizeof(int))];
	struct cmsghdr align;
};

static void
put_fds(struct msghdr *msg, union control *control, const int *fds, unsigned n)
{
	struct cmsghdr *cmsg;

	memset(control, 0, sizeof(*control));
	msg->msg_control = control->bytes;
	msg->msg_controllen = CMSG_SPACE(n * sizeof(int));
	cmsg = CMSG_FIRSTHDR(msg);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(cmsg), fds, n * sizeof(int));
}

/* Takes n bytes off the front of two pieces. */
static void
advance(struct iovec iov[2], size_t n)
{
	for (int i = 0; i < 2; i++) {
		size_t part = n < iov[i].iov_len ? n : iov[i].iov_len;

		if (part > 0) /* an empty piece may be NULL */
			iov[i].iov_base = (char *)iov[i].iov_base + part;
		iov[i].iov_len -= part;
		n -= part;
	}
}

int
plx_unixsock_send(int fd, const void *head, size_t head_len, const void *body, size_t body_len,
		  const int *fds, unsigned nb_fds, int timeout_ms)
{
	struct iovec iov[2] = {{.iov_base = (void *)(uintptr_t)head, .iov_len = head_len},
			       {.iov_base = (void *)(uintptr_t)body, .iov_len = body_len}};
	int64_t deadline = now_ms() + timeout_ms;
	size_t left = head_len + body_len;
	union control control;

	if (nb_fds > PLX_UNIXSOCK_FDS_MAX)
		return -EMFILE;
	while (left > 0) {
		struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 2};
		ssize_t n;

		if (nb_fds > 0)
			put_fds(&msg, &control, fds, nb_fds);
		n = sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n > 0) {
			nb_fds = 0;
			left -= (size_t)n;
			advance(iov, (size_t)n);
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			return -errno;
		n = wait_for(fd, POLLOUT, deadline);
		if (n < 0)
			return (int)n;
	}
	return 0;
}

void
plx_unixsock_close_fds(int *fds, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = -1;
	}
}

/* Moves the fds of one recvmsg to fds[*n ...]; those beyond `max` are closed. */
static int
take_fds(struct msghdr *msg, int *fds, unsigned max, unsigned *n)
{
	int ret = (msg->msg_flags & MSG_CTRUNC) ? -EMFILE : 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		unsigned count = (unsigned)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (unsigned i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (*n < max) {
				fds[(*n)++] = fd;
				continue;
			}
			close(fd);
			ret = -EMFILE;
		}
	}
	return ret;
}

/* What is there, once, and its fds: how many bytes, 0 at the end of a stream. */
static ssize_t
recv_once(int fd, void *buf, size_t size, int *fds, unsigned max, unsigned *n_fds)
{
	union control control;
	struct iovec iov = {.iov_base = buf, .iov_len = size};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control.bytes,
			     .msg_controllen = sizeof(control.bytes)};
	ssize_t n;
	int ret;

	do
		n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	ret = take_fds(&msg, fds, max, n_fds);
	if (ret == 0 && (msg.msg_flags & MSG_TRUNC) != 0)
		ret = -EMSGSIZE;
	return ret == 0 ? n : ret;
}

int
plx_unixsock_recv(int fd, void *buf, size_t len, int *fds, unsigned *nb_fds, int timeout_ms)
{
	const unsigned max = fds != NULL ? *nb_fds : 0;
	int64_t deadline = now_ms() + timeout_ms;
	unsigned n_fds = 0;
	char *at = buf;
	int ret = 0;

	while (len > 0 && ret == 0) {
		ssize_t n = recv_once(fd, at, len, fds, max, &n_fds);

		if (n > 0) {
			at += n;
			len -= (size_t)n;
		} else if (n == -EAGAIN) {
			ret = wait_for(fd, POLLIN, deadline);
		} else {
			ret = n == 0 ? -ECONNRESET : (int)n;
		}
	}
	/* The kernel says the same of an end in the middle. */
	if (ret == -ECONNRESET && at != (char *)buf)
		ret = -EPROTO;
	if (ret != 0) {
		plx_unixsock_close_fds(fds, n_fds);
		n_fds = 0;
	}
	if (fds != NULL)
		*nb_fds = n_fds;
	return ret;
}

ssize_t
plx_unixsock_recv_some(int fd, void *buf, size_t size, int *fds, unsigned *nb_fds)
{
	const unsigned max = *nb_fds;
	ssize_t n;

	*nb_fds = 0;
	n = recv_once(fd, buf, size, fds, max, nb_fds);
	if (n > 0)
		return n;
	plx_unixsock_close_fds(fds, *nb_fds);
	*nb_fds = 0;
	return n == 0 ? -ECONNRESET : n;
}

ssize_t
plx_unixsock_peek(int fd, void *buf, size_t size)
{
	ssize_t n;

	do
		n = recv(fd, buf, size, MSG_PEEK | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n == 0 ? -ECONNRESET : n;
}

ssize_t
plx_unixsock_recv_packet(int fd, void *buf, size_t size, int *fds, unsigned *nb_fds, int timeout_ms)
{
	const unsigned max = fds != NULL ? *nb_fds : 0;
	int64_t deadline = now_ms() + timeout_ms;
	unsigned n_fds = 0;
	ssize_t n;

	if (fds != NULL)
		*nb_fds = 0;
	while ((n = recv_once(fd, buf, size, fds, max, &n_fds)) == -EAGAIN) {
		int ret = wait_for(fd, POLLIN, deadline);

		if (ret != 0)
			return ret;
	}
	if (n == 0)
		n = -ECONNRESET;
	if (n < 0) {
		plx_unixsock_close_fds(fds, n_fds);
		return n;
	}
	if (fds != NULL)
		*nb_fds = n_fds;
	return n;
}

bool
plx_unixsock_readable(int fd)
{
	struct pollfd wanted = {.fd = fd, .events = POLLIN | POLLRDHUP};

	return poll(&wanted, 1, 0) > 0;
}

bool
plx_unixsock_is_eventfd(int fd)
{
	char path[32], target[32] = "";
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	len = readlink(path, target, sizeof(target) - 1);
	return len < 0 || strcmp(target, "anon_inode:[eventfd]") == 0;
}
