/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A vhost-user back end that speaks the protocol, moves no packets and notes what it was told; and, at one message of the
 * test's choice, does what no back end may.
 */
#ifndef PLX_TESTS_UNIT_NET_VIRTIO_USER_BACKEND_H
#define PLX_TESTS_UNIT_NET_VIRTIO_USER_BACKEND_H

#include "plx_unixsock.h"
#include "plx_vhost_user.h"
#include "plx_virtio_spec.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum fault {
	FAULT_NONE,
	FAULT_SILENT,	 /* no answer, ever */
	FAULT_HANG_UP,	 /* none, and gone */
	FAULT_HALF,	 /* half of the head, then gone */
	FAULT_STALL,	 /* half of the head, then nothing */
	FAULT_HALF_BODY, /* the head and half of the payload, then gone */
	FAULT_OTHER,	 /* the answer to another message */
	FAULT_NO_FLAG,	 /* an answer that says it is a request */
	FAULT_VERSION,
	FAULT_EMPTY,	/* no payload */
	FAULT_LONG,	/* more payload than the answer has */
	FAULT_HUGE,	/* more than any message has */
	FAULT_FD,	/* an fd where none belongs */
	FAULT_MANY_FDS, /* more than any message brings */
	FAULT_INDEX,	/* of another ring */
	FAULT_REFUSE,
	FAULT_ZERO,
	FAULT_NOISE,
	FAULT_LAST,
	FAULT_LATE, /* every answer just in time: none alone is wrong */
};

#define BACKEND_NOTES_MAX 256

struct backend {
	uint64_t features, protocol, pairs, slots;
	uint64_t agreed; /* protocol features */
	uint64_t taken;	 /* features */
	uint64_t status;
	uint32_t fault_at;
	enum fault fault;
	int sock;
	pthread_t thread;
	struct vhost_user_msg notes[BACKEND_NOTES_MAX]; /* fds closed */
	unsigned nb_notes;
};

/* What a good one has. */
#define BACKEND_GOOD                                                                      \
	.features = VIRTIO_BIT(VIRTIO_F_VERSION_1) | VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF) | \
		    VIRTIO_BIT(VIRTIO_NET_F_MQ) | VIRTIO_BIT(VIRTIO_F_INDIRECT_DESC) |    \
		    VIRTIO_BIT(VIRTIO_F_RING_PACKED) | VIRTIO_BIT(VIRTIO_F_IN_ORDER) |    \
		    VIRTIO_BIT(VIRTIO_NET_F_CSUM) | VIRTIO_BIT(VIRTIO_NET_F_MTU) |        \
		    VIRTIO_BIT(VIRTIO_F_ACCESS_PLATFORM) |                                \
		    VIRTIO_BIT(VHOST_USER_F_PROTOCOL_FEATURES),                           \
	.protocol = 0x10cbf, .pairs = 128, .slots = 509

static inline unsigned
backend_open_fds(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 512; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* The answer that is due; false: none is. */
static inline bool
backend_answer(struct backend *b, struct vhost_user_msg *msg)
{
	bool need = (msg->head.flags & VHOST_USER_FLAG_NEED_REPLY) != 0;
	uint64_t value = 0;

	switch (msg->head.request) {
	case VHOST_USER_GET_FEATURES:
		value = b->features;
		break;
	case VHOST_USER_GET_PROTOCOL_FEATURES:
		value = b->protocol;
		break;
	case VHOST_USER_GET_QUEUE_NUM:
		value = b->pairs;
		break;
	case VHOST_USER_GET_MAX_MEM_SLOTS:
		value = b->slots;
		break;
	case VHOST_USER_GET_STATUS:
		value = b->status;
		break;
	case VHOST_USER_GET_VRING_BASE:
		return true; /* index as it came, num 0 */
	case VHOST_USER_SET_FEATURES:
		b->taken = msg->payload.u64;
		break;
	case VHOST_USER_SET_PROTOCOL_FEATURES:
		b->agreed = msg->payload.u64;
		break;
	case VHOST_USER_SET_STATUS:
		b->status = msg->payload.u64;
		break;
	default:
		break;
	}
	msg->head.size = sizeof(uint64_t);
	memset(&msg->payload, 0, sizeof(msg->payload));
	msg->payload.u64 = value;
	switch (msg->head.request) {
	case VHOST_USER_GET_FEATURES:
	case VHOST_USER_GET_PROTOCOL_FEATURES:
	case VHOST_USER_GET_QUEUE_NUM:
	case VHOST_USER_GET_MAX_MEM_SLOTS:
	case VHOST_USER_GET_STATUS:
		return true;
	default:
		return need;
	}
}

/* Sends what the fault is; false: the conversation is over. */
static inline bool
backend_misbehave(struct backend *b, struct vhost_user_msg *msg)
{
	char noise[64];
	int many[20];

	switch (b->fault) {
	case FAULT_SILENT:
		return true;
	case FAULT_HANG_UP:
		return false;
	case FAULT_LATE:
		usleep(60000);
		break;
	case FAULT_HALF:
		plx_unixsock_send(b->sock, &msg->head, 6, NULL, 0, NULL, 0, 1000);
		return false;
	case FAULT_STALL:
		plx_unixsock_send(b->sock, &msg->head, 6, NULL, 0, NULL, 0, 1000);
		return true;
	case FAULT_HALF_BODY:
		plx_unixsock_send(b->sock, &msg->head, sizeof(msg->head), &msg->payload, 4, NULL, 0,
				  1000);
		return false;
	case FAULT_OTHER:
		msg->head.request = VHOST_USER_GET_CONFIG;
		break;
	case FAULT_NO_FLAG:
		msg->head.flags &= ~(uint32_t)VHOST_USER_FLAG_REPLY;
		break;
	case FAULT_VERSION:
		msg->head.flags ^= VHOST_USER_VERSION_MASK;
		break;
	case FAULT_EMPTY:
		msg->head.size = 0;
		break;
	case FAULT_LONG:
		msg->head.size = sizeof(struct vhost_user_mem_reg);
		break;
	case FAULT_HUGE:
		msg->head.size = UINT32_MAX;
		plx_unixsock_send(b->sock, &msg->head, sizeof(msg->head), NULL, 0, NULL, 0, 1000);
		return true;
	case FAULT_FD:
		msg->fds[0] = b->sock;
		msg->nb_fds = 1;
		break;
	case FAULT_MANY_FDS:
		for (unsigned i = 0; i < PLX_ARRAY_LEN(many); i++)
			many[i] = b->sock;
		plx_unixsock_send(b->sock, &msg->head, sizeof(msg->head), &msg->payload,
				  msg->head.size, many, PLX_ARRAY_LEN(many), 1000);
		return true;
	case FAULT_INDEX:
		msg->payload.state.index++;
		break;
	case FAULT_REFUSE:
		msg->payload.u64 = 1;
		break;
	case FAULT_ZERO:
		msg->payload.u64 = 0;
		break;
	default:
		memset(noise, 0x5a, sizeof(noise));
		plx_unixsock_send(b->sock, noise, sizeof(noise), NULL, 0, NULL, 0, 1000);
		return true;
	}
	return vhost_user_send(b->sock, msg, 1000) == 0;
}

static inline bool
backend_serve_one(struct backend *b)
{
	struct vhost_user_msg msg;
	bool fault;

	if (vhost_user_recv(b->sock, &msg, 20000, NULL) != 0)
		return false;
	plx_unixsock_close_fds(msg.fds, msg.nb_fds);
	if (b->nb_notes < BACKEND_NOTES_MAX)
		b->notes[b->nb_notes++] = msg;
	fault = b->fault != FAULT_NONE && msg.head.request == b->fault_at;
	msg.nb_fds = 0;
	if (!backend_answer(b, &msg) && !(fault && b->fault == FAULT_HANG_UP))
		return true;
	msg.head.flags = VHOST_USER_VERSION | VHOST_USER_FLAG_REPLY;
	return fault ? backend_misbehave(b, &msg) : vhost_user_send(b->sock, &msg, 1000) == 0;
}

static inline void *
backend_run(void *arg)
{
	struct backend *b = arg;

	while (backend_serve_one(b))
		;
	shutdown(b->sock, SHUT_RDWR);
	return NULL;
}

/* Starts it at one end of a pair of sockets and returns the other end. */
static inline int
backend_start(struct backend *b)
{
	int sock[2];

	b->nb_notes = 0;
	b->status = 0;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock) != 0)
		return -1;
	b->sock = sock[1];
	if (pthread_create(&b->thread, NULL, backend_run, b) != 0)
		return -1;
	return sock[0];
}

/* After the front end has closed its socket, or to be gone. */
static inline void
backend_stop(struct backend *b)
{
	shutdown(b->sock, SHUT_RDWR);
	pthread_join(b->thread, NULL);
	close(b->sock);
}

#endif
