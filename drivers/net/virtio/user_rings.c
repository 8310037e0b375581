/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A back end's rings: told where they are, started, stopped, rung, and asked to call. The eventfds for it are made with the
 * device and live as long.
 */
#include "user.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define PACKED_BASE 0x8000u /* index 0, wrap counter 1 */

/* -- start, stop, ring -------------------------------------------------------------------------------------------------- */

static bool
starts_disabled(const struct virtio_user *user)
{
	return user_peer_offers(&user->peer, VHOST_USER_F_PROTOCOL_FEATURES);
}

int
user_ring_enable(struct virtio_user *user, uint16_t index, bool on)
{
	return starts_disabled(user)
		       ? user_peer_order_state(&user->peer, VHOST_USER_SET_VRING_ENABLE, index, on)
		       : 0;
}

static int
call_fd(const struct user_queue *queue)
{
	return queue->irq_fd >= 0 ? queue->irq_fd : queue->call_fd;
}

/* Where the parts are in our own address space: bus addresses may be physical ones of other devices' sake. */
static int
send_address(struct virtio_user *user, const struct virtio_queue *q)
{
	struct vhost_user_addr addr = {.index = q->index};
	struct vhost_user_msg msg = {.head.size = sizeof(addr)};

	if (q->packed) {
		addr.desc = (uint64_t)(uintptr_t)q->packed_ring.desc;
		addr.avail = (uint64_t)(uintptr_t)q->packed_ring.driver;
		addr.used = (uint64_t)(uintptr_t)q->packed_ring.device;
	} else {
		addr.desc = (uint64_t)(uintptr_t)q->split.desc;
		addr.avail = (uint64_t)(uintptr_t)q->split.avail;
		addr.used = (uint64_t)(uintptr_t)q->split.used;
	}
	msg.payload.addr = addr;
	return user_peer_order(&user->peer, VHOST_USER_SET_VRING_ADDR, &msg);
}

static int
start_ring(struct virtio_user *user, const struct virtio_queue *q)
{
	const struct user_queue *queue = &user->queues[q->index];
	struct user_peer *peer = &user->peer;
	int ret = user_memory_tell(user);

	if (ret == 0)
		ret = user_peer_order_fd(peer, VHOST_USER_SET_VRING_CALL, q->index, call_fd(queue));
	if (ret == 0)
		ret = user_peer_order_state(peer, VHOST_USER_SET_VRING_NUM, q->index, q->size);
	if (ret == 0)
		ret = user_peer_order_state(peer, VHOST_USER_SET_VRING_BASE, q->index,
					    q->packed ? PACKED_BASE : 0);
	if (ret == 0)
		ret = send_address(user, q);
	if (ret == 0)
		ret = user_peer_order_fd(peer, VHOST_USER_SET_VRING_KICK, q->index, queue->kick_fd);
	if (ret == 0)
		ret = user_ring_enable(user, q->index, true);
	return ret;
}

int
user_ring_start(struct virtio_dev *dev, struct virtio_queue *q, struct plx_why *why)
{
	struct virtio_user *user = virtio_user(dev);
	int ret = 0;

	if (q->index >= user->nb_queues)
		return plx_why(why, -EINVAL, "there are %u rings, and none of number %u",
			       user->nb_queues, q->index);
	q->notify_register = NULL;
	q->kick_fd = user->queues[q->index].kick_fd;
	q->call_fd = call_fd(&user->queues[q->index]);
	pthread_mutex_lock(&user->lock);
	ret = start_ring(user, q);
	user->queues[q->index].started = ret == 0;
	if (ret == -EREMOTEIO)
		plx_why(why, ret, "the back end refuses a ring of %u descriptors", q->size);
	else if (ret == -ENOTCONN)
		plx_why(why, ret, "there is no back end");
	else if (ret != 0)
		plx_why(why, ret, "the back end is lost: %s", user->peer.why.text);
	pthread_mutex_unlock(&user->lock);
	return user_answer(ret);
}

/* When the answer is there the back end does not touch the ring any more. */
static int
stop_ring(struct virtio_user *user, uint16_t index)
{
	uint32_t base;
	int ret;

	if (!user->queues[index].started)
		return 0;
	user->queues[index].started = false;
	ret = user_ring_enable(user, index, false);
	if (ret == 0 || ret == -EREMOTEIO)
		ret = user_peer_ask_state(&user->peer, VHOST_USER_GET_VRING_BASE, index, &base);
	return ret;
}

int
user_ring_stop(struct virtio_dev *dev, struct virtio_queue *q)
{
	struct virtio_user *user = virtio_user(dev);

	pthread_mutex_lock(&user->lock);
	stop_ring(user, q->index);
	pthread_mutex_unlock(&user->lock);
	return 0; /* a peer that went wrong was cut off: the ring is ours in either case */
}

void
user_ring_notify(struct virtio_queue *q)
{
	vhost_user_bell_ring(q->kick_fd); /* the way to wake a sleeping peer */
}

int
user_ring_size(struct virtio_dev *dev, uint16_t index, uint16_t *ret_size)
{
	const struct virtio_user *user = virtio_user(dev);

	*ret_size = index < user->nb_queues ? (uint16_t)user->args.queue_size : 0;
	return 0;
}

/* There is no message for a reset that all know: each ring is stopped. */
int
user_rings_stop(struct virtio_user *user)
{
	int ret = 0;

	for (uint16_t i = 0; i < user->nb_queues; i++) {
		int err = stop_ring(user, i);

		if (ret == 0)
			ret = err;
	}
	return ret;
}

/* -- calls -------------------------------------------------------------------------------------------------------------- */

/* fds[0] stays silent: what changes is the link, of which the port is told by user_link.c. */
int
user_rings_irq(struct virtio_dev *dev, const int *fds, unsigned n, struct plx_why *why)
{
	struct virtio_user *user = virtio_user(dev);
	int ret = 0;

	pthread_mutex_lock(&user->lock);
	for (unsigned i = 0; i < user->nb_queues && ret == 0; i++) {
		struct user_queue *queue = &user->queues[i];

		queue->irq_fd = 1 + i < n ? fds[1 + i] : -1;
		if (queue->started)
			ret = user_peer_order_fd(&user->peer, VHOST_USER_SET_VRING_CALL, i,
						 call_fd(queue));
	}
	if (ret != 0)
		plx_why(why, ret, "the back end takes no interrupt for a ring");
	pthread_mutex_unlock(&user->lock);
	return user_answer(ret);
}

/* -- eventfds ----------------------------------------------------------------------------------------------------------- */

int
user_queues_create(struct virtio_user *user, struct plx_why *why)
{
	user->nb_queues = 2 * (unsigned)user->args.queues;
	for (unsigned i = 0; i < user->nb_queues; i++)
		user->queues[i] = (struct user_queue){-1, -1, -1, false};
	for (unsigned i = 0; i < user->nb_queues; i++) {
		struct user_queue *queue = &user->queues[i];

		queue->kick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		queue->call_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (queue->kick_fd < 0 || queue->call_fd < 0)
			return plx_why(why, -errno, "eventfd for ring %u: %s%s", i, strerror(errno),
				       errno == EMFILE ? " (ulimit -n)" : "");
	}
	return 0;
}

void
user_queues_destroy(struct virtio_user *user)
{
	for (unsigned i = 0; i < user->nb_queues; i++) {
		if (user->queues[i].kick_fd >= 0)
			close(user->queues[i].kick_fd);
		if (user->queues[i].call_fd >= 0)
			close(user->queues[i].call_fd);
	}
	user->nb_queues = 0;
}
