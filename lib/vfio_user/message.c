/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of commands, and one message out or in. */
#include "plx_unixsock.h"
#include "plx_vfio_user.h"

#include <errno.h>
#include <string.h>

static const char *const names[VFIO_USER_COMMAND_MAX] = {
	[VFIO_USER_VERSION] = "VERSION",
	[VFIO_USER_DMA_MAP] = "DMA_MAP",
	[VFIO_USER_DMA_UNMAP] = "DMA_UNMAP",
	[VFIO_USER_DEVICE_GET_INFO] = "DEVICE_GET_INFO",
	[VFIO_USER_DEVICE_GET_REGION_INFO] = "DEVICE_GET_REGION_INFO",
	[VFIO_USER_DEVICE_GET_REGION_IO_FDS] = "DEVICE_GET_REGION_IO_FDS",
	[VFIO_USER_DEVICE_GET_IRQ_INFO] = "DEVICE_GET_IRQ_INFO",
	[VFIO_USER_DEVICE_SET_IRQS] = "DEVICE_SET_IRQS",
	[VFIO_USER_REGION_READ] = "REGION_READ",
	[VFIO_USER_REGION_WRITE] = "REGION_WRITE",
	[VFIO_USER_DMA_READ] = "DMA_READ",
	[VFIO_USER_DMA_WRITE] = "DMA_WRITE",
	[VFIO_USER_DEVICE_RESET] = "DEVICE_RESET",
	[VFIO_USER_REGION_WRITE_MULTI] = "REGION_WRITE_MULTI",
};

const char *
vfio_user_name(uint32_t command)
{
	return command < VFIO_USER_COMMAND_MAX && names[command] != NULL ? names[command] : "?";
}

/* Of header and first piece together: payloads without their data, and the text of a negotiation. */
#define FRONT_MAX (sizeof(struct vfio_user_head) + VFIO_USER_VERSION_ROOM)

int
vfio_user_send(int sock, struct vfio_user_head head, struct vfio_user_piece first,
	       struct vfio_user_piece second, const int *fds, unsigned nb_fds, int timeout_ms)
{
	uint8_t front[FRONT_MAX];

	if (first.len > VFIO_USER_VERSION_ROOM || second.len > VFIO_USER_BODY_MAX)
		return -EMSGSIZE;
	head.size = (uint32_t)(sizeof(head) + first.len + second.len);
	memcpy(front, &head, sizeof(head));
	if (first.len > 0)
		memcpy(front + sizeof(head), first.at, first.len);
	return plx_unixsock_send(sock, front, sizeof(head) + first.len, second.at, second.len, fds,
				 nb_fds, timeout_ms);
}

static int
explain_head(int err, struct plx_why *why)
{
	if (err == -EPROTO)
		return plx_why(why, err, "a message breaks off in its first %zu bytes",
			       sizeof(struct vfio_user_head));
	if (err == -EMFILE)
		return plx_why(why, err, "more than %d files came with a message",
			       VFIO_USER_FDS_MAX);
	if (err == -EBADMSG)
		return plx_why(
			why, err,
			"several messages that may have files were sent in one call, and not with as "
			"many as they ask for: whose they are cannot be told");
	if (err == -ECONNRESET)
		return plx_why(why, err, "the other end has hung up");
	return plx_why(why, err, "vfio-user message: %s", strerror(-err));
}

int
vfio_user_head_came(struct vfio_user_msg *msg, int ret, struct plx_why *why)
{
	if (ret != 0)
		return explain_head(ret, why);
	if (msg->head.size >= sizeof(msg->head) &&
	    msg->head.size - sizeof(msg->head) <= VFIO_USER_BODY_MAX &&
	    (msg->head.flags & VFIO_USER_TYPE_MASK) <= VFIO_USER_TYPE_REPLY) {
		msg->len = msg->head.size - (uint32_t)sizeof(msg->head);
		return 0;
	}
	plx_unixsock_close_fds(msg->fds, msg->nb_fds);
	msg->nb_fds = 0;
	return plx_why(why, -EPROTO,
		       "the other end does not speak vfio-user: message %u (%s) of %u bytes with "
		       "flags 0x%x",
		       msg->head.command, vfio_user_name(msg->head.command), msg->head.size,
		       msg->head.flags);
}

int
vfio_user_recv_head(int sock, struct vfio_user_msg *msg, int timeout_ms, struct plx_why *why)
{
	int ret;

	msg->nb_fds = VFIO_USER_FDS_MAX;
	ret = plx_unixsock_recv(sock, &msg->head, sizeof(msg->head), msg->fds, &msg->nb_fds,
				timeout_ms);
	return vfio_user_head_came(msg, ret, why);
}

int
vfio_user_recv_body(int sock, struct vfio_user_msg *msg, void *body, size_t len, int timeout_ms,
		    struct plx_why *why)
{
	int ret = plx_unixsock_recv(sock, body, len, NULL, NULL, timeout_ms);

	if (ret == 0)
		return 0;
	plx_unixsock_close_fds(msg->fds, msg->nb_fds);
	msg->nb_fds = 0;
	/* That the stream ends is no end of the conversation here: more was announced. */
	if (ret == -ECONNRESET)
		ret = -EPROTO;
	if (ret == -EMFILE)
		return plx_why(why, ret, "files came in the middle of message %u (%s)",
			       msg->head.command, vfio_user_name(msg->head.command));
	return plx_why(why, ret, "message %u (%s) breaks off, %s", msg->head.command,
		       vfio_user_name(msg->head.command),
		       ret == -EPROTO ? "the other end has hung up" : strerror(-ret));
}
