/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Messages of the client, read many at a time: a driver that posts its writes sends more of them than a system call each is worth.
 *
 *	socket:  [ message | message || message + files | message || ... ]     || ends what was sent in one call
 *		          read -^    peeked -^
 *
 * Files come with the first read of the call that they were sent in, and a look ahead (MSG_PEEK) goes no further than the end of the first
 * call that has any. So a read ends in front of a message that may bring files, or is that message alone: then files are of nobody else's
 * call. Where one call has several such messages, the files are theirs in their order, if there are as many as they ask for.
 */
#include "plx_unixsock.h"
#include "server_priv.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#define UNKNOWN (VFIO_USER_FDS_MAX + 1u)

/* A message as far as it is in `ahead`. */
struct glimpse {
	uint32_t end;	/* of what is there of it */
	unsigned files; /* that it asks for; UNKNOWN: not enough of it is there to say */
};

static unsigned
files_asked(const uint8_t *message, uint32_t len)
{
	struct vfio_user_irq_set set;
	struct vfio_user_head head;

	if (len < sizeof(head))
		return UNKNOWN;
	memcpy(&head, message, sizeof(head));
	if (head.command == VFIO_USER_DMA_MAP)
		return 1;
	if (head.command != VFIO_USER_DEVICE_SET_IRQS)
		return 0;
	if (len < sizeof(head) + sizeof(set))
		return UNKNOWN;
	memcpy(&set, message + sizeof(head), sizeof(set));
	if ((set.flags & VFIO_USER_SET_EVENTFD) == 0)
		return 0;
	return set.count < UNKNOWN ? set.count : UNKNOWN;
}

static struct glimpse
glimpse(const struct vfio_user_stream *stream, uint32_t at, uint32_t peeked)
{
	const uint32_t len = peeked - at;
	struct glimpse seen = {peeked, files_asked(stream->ahead + at, len)};
	struct vfio_user_head head;

	if (len < sizeof(head))
		return seen;
	memcpy(&head, stream->ahead + at, sizeof(head));
	if (head.size >= sizeof(head) && head.size <= len)
		seen.end = at + head.size;
	return seen;
}

/* Where a read is to end. */
static uint32_t
safe_end(const struct vfio_user_stream *stream, uint32_t peeked)
{
	uint32_t at = 0;

	while (at < peeked) {
		const struct glimpse seen = glimpse(stream, at, peeked);

		if (seen.files > 0)
			return at > 0 ? at : seen.end;
		at = seen.end;
	}
	return at;
}

/* Files came, and so whose they are is among what was peeked. False: it cannot be told. */
static bool
find_owners(struct vfio_user_stream *stream, uint32_t peeked)
{
	unsigned asked = 0, messages = 0;

	for (uint32_t at = 0; at < peeked;) {
		const struct glimpse seen = glimpse(stream, at, peeked);

		messages += seen.files > 0;
		asked += seen.files;
		at = seen.end;
	}
	stream->owners = messages;
	/* One alone may get too many or too few: who carries it out says so. */
	return messages <= 1 || asked == stream->nb_fds;
}

/* The files of a call become those of its messages that are not taken yet. What an earlier call left is nobody's. */
static int
keep_files(struct vfio_user_stream *stream, const int *fds, unsigned nb_fds, uint32_t peeked)
{
	plx_unixsock_close_fds(stream->fds, stream->nb_fds);
	memcpy(stream->fds, fds, nb_fds * sizeof(*fds));
	stream->nb_fds = nb_fds;
	return find_owners(stream, peeked) ? 0 : -EBADMSG;
}

/* A read that does not begin with the first owner ends in front of it. Files that nobody asks for are the first message's. */
static unsigned
first_takes(const struct vfio_user_stream *stream, bool came_now)
{
	const unsigned asked = glimpse(stream, 0, stream->to).files;

	if (stream->owners > 1)
		return asked < stream->nb_fds ? asked : stream->nb_fds;
	return stream->owners == 1 && came_now && asked == 0 ? 0 : stream->nb_fds;
}

static int
read_ahead(struct vfio_user_stream *stream)
{
	int fds[VFIO_USER_FDS_MAX], ret = 0;
	unsigned nb_fds = VFIO_USER_FDS_MAX;
	uint32_t peeked;
	ssize_t n;

	n = plx_unixsock_peek(stream->sock, stream->ahead, sizeof(stream->ahead));
	if (n < 0)
		return (int)n;
	peeked = (uint32_t)n;
	n = plx_unixsock_recv_some(stream->sock, stream->ahead, safe_end(stream, peeked), fds,
				   &nb_fds);
	if (n < 0)
		return (int)n;
	stream->from = 0;
	stream->to = (uint32_t)n;
	stream->dry = (uint32_t)n == peeked && peeked < sizeof(stream->ahead) && nb_fds == 0;
	if (nb_fds > 0)
		ret = keep_files(stream, fds, nb_fds, peeked);
	stream->first_takes = stream->nb_fds > 0 ? first_takes(stream, nb_fds > 0) : 0;
	return ret;
}

/* A client that answers us has all the time that it may take; then what came is looked at as any other. */
static int
wait_and_read(struct vfio_user_stream *stream, int timeout_ms)
{
	struct pollfd fd = {.fd = stream->sock, .events = POLLIN};
	int ret = read_ahead(stream);

	if (ret != -EAGAIN || timeout_ms == 0)
		return ret;
	while (poll(&fd, 1, timeout_ms) < 0 && errno == EINTR)
		;
	ret = read_ahead(stream);
	return ret == -EAGAIN ? -ETIMEDOUT : ret;
}

/* Of the first message of what was read. */
static void
take_files(struct vfio_user_stream *stream, struct vfio_user_msg *msg)
{
	const unsigned n =
		stream->first_takes < stream->nb_fds ? stream->first_takes : stream->nb_fds;

	memcpy(msg->fds, stream->fds, n * sizeof(*msg->fds));
	msg->nb_fds = n;
	stream->nb_fds -= n;
	memmove(stream->fds, stream->fds + n, stream->nb_fds * sizeof(*stream->fds));
	stream->first_takes = 0;
}

bool
vfio_user_stream_has(const struct vfio_user_stream *stream)
{
	return stream->from < stream->to;
}

static size_t
take(struct vfio_user_stream *stream, void *to, size_t len)
{
	const size_t there = stream->to - stream->from, n = len < there ? len : there;

	memcpy(to, stream->ahead + stream->from, n);
	stream->from += (uint32_t)n;
	return n;
}

int
vfio_user_stream_head(struct vfio_user_stream *stream, struct vfio_user_msg *msg, int timeout_ms,
		      struct plx_why *why)
{
	unsigned more = VFIO_USER_FDS_MAX;
	size_t have;
	int ret = 0;

	msg->nb_fds = 0;
	if (!vfio_user_stream_has(stream))
		ret = wait_and_read(stream, timeout_ms);
	if (ret == -EAGAIN)
		return ret;
	if (ret != 0)
		return vfio_user_head_came(msg, ret, why);
	take_files(stream, msg);
	have = take(stream, &msg->head, sizeof(msg->head));
	if (have == sizeof(msg->head))
		return vfio_user_head_came(msg, 0, why);
	more -= msg->nb_fds;
	ret = plx_unixsock_recv(stream->sock, (uint8_t *)&msg->head + have,
				sizeof(msg->head) - have, msg->fds + msg->nb_fds, &more,
				PLX_VFIO_USER_SERVER_WAIT_MS);
	/* It ends in the middle of a head. */
	if (ret == -ECONNRESET && have > 0)
		ret = -EPROTO;
	if (ret != 0)
		plx_unixsock_close_fds(msg->fds, msg->nb_fds);
	msg->nb_fds = ret == 0 ? msg->nb_fds + more : 0;
	return vfio_user_head_came(msg, ret, why);
}

int
vfio_user_stream_body(struct vfio_user_stream *stream, struct vfio_user_msg *msg, void *body,
		      size_t len, struct plx_why *why)
{
	const size_t have = take(stream, body, len);

	if (have == len)
		return 0;
	return vfio_user_recv_body(stream->sock, msg, (uint8_t *)body + have, len - have,
				   PLX_VFIO_USER_SERVER_WAIT_MS, why);
}

void
vfio_user_stream_close(struct vfio_user_stream *stream)
{
	plx_unixsock_close_fds(stream->fds, stream->nb_fds);
	plx_unixsock_close_fds(&stream->sock, 1);
	stream->nb_fds = 0;
	stream->from = stream->to = 0;
	stream->dry = false;
}
