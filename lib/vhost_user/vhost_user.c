/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of requests, and one message out or in. */
#include "plx_vhost_user.h"

#include "plx_unixsock.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>

static const char *const names[VHOST_USER_REQUEST_MAX] = {
	[VHOST_USER_GET_FEATURES] = "GET_FEATURES",
	[VHOST_USER_SET_FEATURES] = "SET_FEATURES",
	[VHOST_USER_SET_OWNER] = "SET_OWNER",
	[VHOST_USER_RESET_OWNER] = "RESET_OWNER",
	[VHOST_USER_SET_MEM_TABLE] = "SET_MEM_TABLE",
	[VHOST_USER_SET_LOG_BASE] = "SET_LOG_BASE",
	[VHOST_USER_SET_LOG_FD] = "SET_LOG_FD",
	[VHOST_USER_SET_VRING_NUM] = "SET_VRING_NUM",
	[VHOST_USER_SET_VRING_ADDR] = "SET_VRING_ADDR",
	[VHOST_USER_SET_VRING_BASE] = "SET_VRING_BASE",
	[VHOST_USER_GET_VRING_BASE] = "GET_VRING_BASE",
	[VHOST_USER_SET_VRING_KICK] = "SET_VRING_KICK",
	[VHOST_USER_SET_VRING_CALL] = "SET_VRING_CALL",
	[VHOST_USER_SET_VRING_ERR] = "SET_VRING_ERR",
	[VHOST_USER_GET_PROTOCOL_FEATURES] = "GET_PROTOCOL_FEATURES",
	[VHOST_USER_SET_PROTOCOL_FEATURES] = "SET_PROTOCOL_FEATURES",
	[VHOST_USER_GET_QUEUE_NUM] = "GET_QUEUE_NUM",
	[VHOST_USER_SET_VRING_ENABLE] = "SET_VRING_ENABLE",
	[VHOST_USER_SEND_RARP] = "SEND_RARP",
	[VHOST_USER_NET_SET_MTU] = "NET_SET_MTU",
	[VHOST_USER_SET_BACKEND_REQ_FD] = "SET_BACKEND_REQ_FD",
	[VHOST_USER_IOTLB_MSG] = "IOTLB_MSG",
	[VHOST_USER_SET_VRING_ENDIAN] = "SET_VRING_ENDIAN",
	[VHOST_USER_GET_CONFIG] = "GET_CONFIG",
	[VHOST_USER_SET_CONFIG] = "SET_CONFIG",
	[VHOST_USER_GET_INFLIGHT_FD] = "GET_INFLIGHT_FD",
	[VHOST_USER_SET_INFLIGHT_FD] = "SET_INFLIGHT_FD",
	[VHOST_USER_RESET_DEVICE] = "RESET_DEVICE",
	[VHOST_USER_GET_MAX_MEM_SLOTS] = "GET_MAX_MEM_SLOTS",
	[VHOST_USER_ADD_MEM_REG] = "ADD_MEM_REG",
	[VHOST_USER_REM_MEM_REG] = "REM_MEM_REG",
	[VHOST_USER_SET_STATUS] = "SET_STATUS",
	[VHOST_USER_GET_STATUS] = "GET_STATUS",
};

const char *
vhost_user_name(uint32_t request)
{
	return request < VHOST_USER_REQUEST_MAX ? names[request] : NULL;
}

int
vhost_user_send(int sock, const struct vhost_user_msg *msg, int timeout_ms)
{
	return plx_unixsock_send(sock, &msg->head, sizeof(msg->head), &msg->payload, msg->head.size,
				 msg->fds, msg->nb_fds, timeout_ms);
}

static int
check_head(const struct vhost_user_head *head, struct plx_why *why)
{
	if ((head->flags & VHOST_USER_VERSION_MASK) != VHOST_USER_VERSION)
		return plx_why(why, -EPROTO,
			       "the other end does not speak vhost-user: version %u in message %u",
			       head->flags & VHOST_USER_VERSION_MASK, head->request);
	if (head->size > sizeof(union vhost_user_payload))
		return plx_why(why, -EPROTO,
			       "the other end does not speak vhost-user: message %u has %u bytes",
			       head->request, head->size);
	return 0;
}

static int
explain_body(const struct vhost_user_head *head, int err, struct plx_why *why)
{
	const char *name = vhost_user_name(head->request);

	/* That the stream ends is no end of the conversation here: more was announced. */
	if (err == -ECONNRESET)
		err = -EPROTO;
	if (err == -EMFILE)
		return plx_why(why, err, "files came in the middle of message %u", head->request);
	return plx_why(why, err, "message %u (%s) breaks off, %s", head->request,
		       name != NULL ? name : "unknown",
		       err == -EPROTO ? "the other end has hung up" : strerror(-err));
}

int
vhost_user_recv(int sock, struct vhost_user_msg *msg, int timeout_ms, struct plx_why *why)
{
	int ret;

	memset(&msg->payload, 0, sizeof(msg->payload));
	msg->nb_fds = VHOST_USER_FDS_MAX;
	ret = plx_unixsock_recv(sock, &msg->head, sizeof(msg->head), msg->fds, &msg->nb_fds,
				timeout_ms);
	if (ret == -EPROTO)
		return plx_why(why, ret, "a message breaks off in its first %zu bytes",
			       sizeof(msg->head));
	if (ret == -EMFILE)
		return plx_why(why, ret, "more than %d files came with a message",
			       VHOST_USER_FDS_MAX);
	if (ret == -ETIMEDOUT)
		return plx_why(why, ret, "a message did not come whole in %d ms", timeout_ms);
	if (ret != 0)
		return plx_why(why, ret, "vhost-user message: %s", strerror(-ret));
	ret = check_head(&msg->head, why);
	if (ret == 0 && msg->head.size > 0) {
		ret = plx_unixsock_recv(sock, &msg->payload, msg->head.size, NULL, NULL,
					timeout_ms);
		if (ret != 0)
			ret = explain_body(&msg->head, ret, why);
	}
	if (ret != 0) {
		plx_unixsock_close_fds(msg->fds, msg->nb_fds);
		msg->nb_fds = 0;
	}
	return ret;
}

static bool
is_ready(int fd, short events)
{
	struct pollfd wanted = {.fd = fd, .events = events};

	return poll(&wanted, 1, 0) == 1 && (wanted.revents & events) != 0;
}

void
vhost_user_bell_ring(int fd)
{
	/* One that cannot be written to was rung often enough. */
	if (is_ready(fd, POLLOUT))
		eventfd_write(fd, 1);
}

void
vhost_user_bell_hush(int fd)
{
	eventfd_t count;

	if (is_ready(fd, POLLIN))
		eventfd_read(fd, &count);
}
