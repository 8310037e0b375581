/* SPDX-License-Identifier: BSD-3-Clause */
/* The conversation with a server of vfio-user: negotiation, and one command at a time with its answer. */
#include "pci/vfio_user_priv.h"

#include "plx_log.h"
#include "plx_unixsock.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

PLX_LOG_COMPONENT(logger, "eal.vfio_user");

#define DMA_MAPS_MAX UINT16_MAX
#define TURN_MAX     64 /* commands of the server that the control thread carries out in a row */

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
plx_vfio_user_break(struct plx_vfio_user *dev, const char *why)
{
	if (dev->broken)
		return;
	dev->broken = true;
	plx_why(&dev->why, -EIO, "%s", why);
	/* Before that somebody is about to be told. */
	if (dev->event != 0)
		plx_log_write(&logger, PLX_LOG_WARNING, "vfio-user:%s: the device is gone: %s",
			      dev->path, why);
	/* The control thread sees it and takes its events away. */
	shutdown(dev->sock, SHUT_RDWR);
	if (dev->twin >= 0)
		shutdown(dev->twin, SHUT_RDWR);
}

/* -- an answer --------------------------------------------------------------------------------------------------------- */

static int
take_body(struct plx_vfio_user *dev, struct plx_vfio_user_call *call, struct plx_why *why)
{
	struct vfio_user_msg *msg = &call->answer;
	int ret;

	if (msg->len < call->reply_len || msg->len - call->reply_len > call->data_size)
		return plx_why(why, -EPROTO, "an answer to %s of %u bytes",
			       vfio_user_name(call->command), msg->len);
	call->data_len = msg->len - call->reply_len;
	ret = call->reply_len == 0
		      ? 0
		      : vfio_user_recv_body(dev->sock, msg, call->reply, call->reply_len,
					    PLX_VFIO_USER_WAIT_MS, why);
	if (ret == 0 && call->data_len > 0)
		ret = vfio_user_recv_body(dev->sock, msg, call->data, call->data_len,
					  PLX_VFIO_USER_WAIT_MS, why);
	return ret;
}

/* The header of an answer came. 0 or the server's errno in *ret_error; negative: it is none. */
static int
take_answer(struct plx_vfio_user *dev, struct plx_vfio_user_call *call, uint16_t id, int *ret_error,
	    struct plx_why *why)
{
	struct vfio_user_msg *msg = &call->answer;

	if (msg->head.id != id || msg->head.command != call->command)
		return plx_why(why, -EPROTO, "an answer to what was not asked: %u (%s)",
			       msg->head.command, vfio_user_name(msg->head.command));
	if (msg->nb_fds > 0 && !call->wants_fds)
		return plx_why(why, -EPROTO, "files came with the answer to %s",
			       vfio_user_name(call->command));
	if ((msg->head.flags & VFIO_USER_ERROR) == 0)
		return take_body(dev, call, why);
	if (msg->len != 0)
		return plx_why(why, -EPROTO, "an error with a payload");
	*ret_error = msg->head.error > 0 && msg->head.error < 4096 ? -(int)msg->head.error : -EIO;
	return 0;
}

/*
 * Takes one message from either socket. 1: it was the answer. Without a twin both directions share the socket, so that a command of
 * the server may come before the answer.
 */
static int
take_one(struct plx_vfio_user *dev, struct plx_vfio_user_call *call, uint16_t id, int *ret_error,
	 int left_ms, struct plx_why *why)
{
	struct pollfd fds[2] = {{.fd = dev->sock, .events = POLLIN},
				{.fd = dev->twin, .events = POLLIN}};
	int n = poll(fds, 2, left_ms), sock, ret;
	struct vfio_user_msg *msg = &call->answer;

	if (n <= 0)
		return n < 0 && errno != EINTR ? -errno : 0;
	sock = fds[1].revents != 0 ? dev->twin : dev->sock;
	ret = vfio_user_recv_head(sock, msg, PLX_VFIO_USER_WAIT_MS, why);
	if (ret != 0)
		return ret;
	if ((msg->head.flags & VFIO_USER_TYPE_MASK) == VFIO_USER_TYPE_COMMAND) {
		if (sock == dev->sock && dev->twin >= 0) {
			plx_unixsock_close_fds(msg->fds, msg->nb_fds);
			return plx_why(why, -EPROTO, "a command came on the socket of answers");
		}
		plx_vfio_user_dma_serve(dev, sock, msg);
		return dev->broken ? -EIO : 0;
	}
	ret = sock == dev->sock ? take_answer(dev, call, id, ret_error, why)
				: plx_why(why, -EPROTO, "an answer came on the socket of commands");
	if (ret == 0 && *ret_error == 0 && call->wants_fds)
		return 1;
	plx_unixsock_close_fds(msg->fds, msg->nb_fds);
	msg->nb_fds = 0;
	return ret == 0 ? 1 : ret;
}

/* A second driver is let in by the socket, and not by who listens. */
static const char serves_one[] = ": it hangs, or has a driver, which is to go first";

static int
wait_answer(struct plx_vfio_user *dev, struct plx_vfio_user_call *call, uint16_t id, int *ret_error)
{
	const int64_t deadline = now_ms() + PLX_VFIO_USER_WAIT_MS;
	struct plx_why why = {"it does not take or give what is said"};
	int ret = 0;

	while (ret == 0) {
		int64_t left = deadline - now_ms();

		if (left <= 0)
			ret = plx_why(&why, -ETIMEDOUT, "no answer to %s within %d ms%s",
				      vfio_user_name(call->command), PLX_VFIO_USER_WAIT_MS,
				      call->command == VFIO_USER_VERSION ? serves_one : "");
		else
			ret = take_one(dev, call, id, ret_error, (int)left, &why);
	}
	if (ret > 0)
		return 0;
	plx_vfio_user_break(dev, why.text);
	return -EIO;
}

static int
call_locked(struct plx_vfio_user *dev, struct plx_vfio_user_call *call)
{
	const struct vfio_user_head head = {.id = dev->next_id++,
					    .command = call->command,
					    .flags = call->posted ? VFIO_USER_NO_REPLY : 0};
	int error = 0, ret;

	if (dev->broken)
		return -EIO;
	ret = vfio_user_send(dev->sock, head, call->head, call->body, call->fds, call->nb_fds,
			     PLX_VFIO_USER_WAIT_MS);
	if (ret != 0) {
		plx_vfio_user_break(dev, strerror(-ret));
		return -EIO;
	}
	ret = call->posted ? 0 : wait_answer(dev, call, head.id, &error);
	return ret != 0 ? ret : error;
}

int
plx_vfio_user_call(struct plx_vfio_user *dev, struct plx_vfio_user_call *call)
{
	int ret;

	pthread_mutex_lock(&dev->lock);
	ret = call_locked(dev, call);
	pthread_mutex_unlock(&dev->lock);
	return ret;
}

/* -- what the server asks while nobody calls ------------------------------------------------------------------------------- */

static void
serve_one(struct plx_vfio_user *dev, int sock)
{
	struct vfio_user_msg msg;
	struct plx_why why;

	if (vfio_user_recv_head(sock, &msg, PLX_VFIO_USER_WAIT_MS, &why) != 0) {
		plx_vfio_user_break(dev, why.text);
	} else if ((msg.head.flags & VFIO_USER_TYPE_MASK) != VFIO_USER_TYPE_COMMAND) {
		plx_unixsock_close_fds(msg.fds, msg.nb_fds);
		plx_vfio_user_break(dev, "an answer to what was not asked");
	} else if (sock == dev->sock && dev->twin >= 0) {
		plx_unixsock_close_fds(msg.fds, msg.nb_fds);
		plx_vfio_user_break(dev, "a command came on the socket of answers");
	} else {
		plx_vfio_user_dma_serve(dev, sock, &msg);
	}
}

/* A call on another thread may have taken it already. */
static void
on_readable(void *arg, int fd, uint32_t events)
{
	struct plx_vfio_user *dev = arg;

	pthread_mutex_lock(&dev->lock);
	for (unsigned i = 0; i < TURN_MAX && !dev->broken && plx_unixsock_readable(fd); i++)
		serve_one(dev, fd);
	if (dev->broken)
		plx_event_remove(fd == dev->twin ? dev->twin_event : dev->event);
	pthread_mutex_unlock(&dev->lock);
}

/* -- negotiation ------------------------------------------------------------------------------------------------------------ */

/* The twin is one of the files that came with the answer; all others are none of ours. */
static int
take_twin(struct plx_vfio_user *dev, struct vfio_user_msg *msg, struct plx_why *why)
{
	struct stat st;
	int ret = 0;

	if (dev->peer.twin_socket) {
		if (!dev->peer.has_fd_index || dev->peer.fd_index >= msg->nb_fds ||
		    fstat(msg->fds[dev->peer.fd_index], &st) != 0 || !S_ISSOCK(st.st_mode)) {
			ret = plx_why(why, -EPROTO,
				      "the server says that it gives a twin socket and gives none");
		} else {
			dev->twin = msg->fds[dev->peer.fd_index];
			msg->fds[dev->peer.fd_index] = -1;
		}
	}
	plx_unixsock_close_fds(msg->fds, msg->nb_fds);
	return ret;
}

int
plx_vfio_user_agree(struct plx_vfio_user *dev, struct plx_why *why)
{
	const struct vfio_user_caps ours = {.max_msg_fds = VFIO_USER_FDS_MAX,
					    .max_data_xfer_size = VFIO_USER_DATA_MAX,
					    .max_dma_maps = DMA_MAPS_MAX,
					    .pgsizes = 4096,
					    .twin_socket = true};
	struct vfio_user_version version = {VFIO_USER_MAJOR, 0};
	char text[VFIO_USER_VERSION_ROOM], theirs[VFIO_USER_VERSION_ROOM];
	struct plx_vfio_user_call call = {
		.command = VFIO_USER_VERSION,
		.head = {&version, sizeof(version)},
		.body = {text, vfio_user_caps_write(&ours, text, sizeof(text))},
		.reply = &version,
		.reply_len = sizeof(version),
		.data = theirs,
		.data_size = sizeof(theirs),
		.wants_fds = true};
	int ret = plx_vfio_user_call(dev, &call);

	if (ret != 0)
		return plx_why(why, ret,
			       "socket %s: who listens there agrees to no version of vfio-user: %s",
			       dev->path, dev->broken ? dev->why.text : strerror(-ret));
	ret = vfio_user_caps_read(theirs, call.data_len, &dev->peer, why);
	if (ret == 0 && (version.major != VFIO_USER_MAJOR || version.minor != 0))
		ret = plx_why(why, -EPROTO, "the server speaks version %u.%u, we 0.0",
			      version.major, version.minor);
	if (ret == 0)
		return take_twin(dev, &call.answer, why);
	plx_unixsock_close_fds(call.answer.fds, call.answer.nb_fds);
	return ret;
}

int
plx_vfio_user_connect(struct plx_vfio_user *dev, struct plx_why *why)
{
	int ret;

	dev->twin = -1;
	dev->sock = plx_unixsock_connect(dev->path, why);
	if (dev->sock < 0)
		return dev->sock;
	ret = plx_vfio_user_agree(dev, why);
	if (ret == 0) {
		ret = plx_event_fd_add(dev->sock, EPOLLIN, on_readable, dev, &dev->event);
		if (ret == 0 && dev->twin >= 0)
			ret = plx_event_fd_add(dev->twin, EPOLLIN, on_readable, dev,
					       &dev->twin_event);
		if (ret != 0)
			plx_why(why, ret, "its socket cannot be watched: %s", strerror(-ret));
	}
	if (ret != 0)
		plx_vfio_user_disconnect(dev);
	return ret;
}

void
plx_vfio_user_disconnect(struct plx_vfio_user *dev)
{
	if (dev->event != 0)
		plx_event_remove(dev->event);
	if (dev->twin_event != 0)
		plx_event_remove(dev->twin_event);
	dev->event = dev->twin_event = 0;
	plx_unixsock_close_fds(&dev->sock, 1);
	plx_unixsock_close_fds(&dev->twin, 1);
}
