/* SPDX-License-Identifier: BSD-3-Clause */
/* What a front end says about one ring. */
#include "vhost_handler.h"

#include "plx_unixsock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct vhost_ring *
ring_at(struct vhost_port *port, uint64_t index, struct plx_why *why)
{
	if (index < 2 * port->args.queues)
		return &port->ring[index];
	plx_why(why, -EPROTO, "there is no ring %" PRIu64 "; there are %" PRIu64, index,
		2 * port->args.queues);
	return NULL;
}

int
vhost_on_set_vring_num(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	struct vhost_ring *ring = ring_at(port, msg->payload.state.index, why);

	if (ring == NULL)
		return -EPROTO;
	if (msg->payload.state.num == 0 || msg->payload.state.num > VIRTIO_QUEUE_SIZE_MAX)
		return plx_why(why, -EPROTO, "a ring of %u descriptors; 1 to %d are possible",
			       msg->payload.state.num, VIRTIO_QUEUE_SIZE_MAX);
	vhost_ring_detach(ring);
	ring->size = (uint16_t)msg->payload.state.num;
	return 0;
}

int
vhost_on_set_vring_addr(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	struct vhost_ring *ring = ring_at(port, msg->payload.addr.index, why);

	if (ring == NULL)
		return -EPROTO;
	if (msg->payload.addr.flags != 0)
		return plx_why(why, -EPROTO, "flags 0x%x: a log of writes was never offered",
			       msg->payload.addr.flags);
	vhost_ring_detach(ring);
	ring->addr = msg->payload.addr;
	ring->has_addr = true;
	return 0;
}

int
vhost_on_set_vring_base(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	struct vhost_ring *ring = ring_at(port, msg->payload.state.index, why);

	if (ring == NULL)
		return -EPROTO;
	vhost_ring_detach(ring);
	ring->packed = vhost_has(port, VIRTIO_F_RING_PACKED);
	vhost_ring_set_base(ring, msg->payload.state.num);
	return 0;
}

/* Stops the ring until it has a kick again. */
int
vhost_on_get_vring_base(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	struct vhost_ring *ring = ring_at(port, msg->payload.state.index, why);

	if (ring == NULL)
		return -EPROTO;
	vhost_inflight_stop(ring);
	vhost_ring_detach(ring);
	ring->has_kick = false;
	plx_unixsock_close_fds(&ring->kick_fd, 1);
	ring->packed = vhost_has(port, VIRTIO_F_RING_PACKED);
	msg->payload.state.num = vhost_ring_base(ring);
	msg->head.size = sizeof(msg->payload.state);
	return 0;
}

int
vhost_on_set_vring_enable(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	struct vhost_ring *ring = ring_at(port, msg->payload.state.index, why);

	if (ring == NULL)
		return -EPROTO;
	if (msg->payload.state.num > 1)
		return plx_why(why, -EPROTO, "neither on nor off: %u", msg->payload.state.num);
	ring->enabled = msg->payload.state.num != 0;
	return 0;
}

/* The fd of a KICK, CALL or ERR goes to *ret_fd; -1 if it says that there is none. */
static struct vhost_ring *
take_fd(struct vhost_port *port, struct vhost_user_msg *msg, int *ret_fd, struct plx_why *why)
{
	const uint64_t said = msg->payload.u64;
	const bool none = (said & VHOST_USER_VRING_NO_FD) != 0;
	struct vhost_ring *ring = ring_at(port, said & VHOST_USER_VRING_INDEX_MASK, why);

	if (ring == NULL)
		return NULL;
	if (said > (VHOST_USER_VRING_INDEX_MASK | VHOST_USER_VRING_NO_FD) ||
	    msg->nb_fds != (none ? 0 : 1)) {
		plx_why(why, -EPROTO, "0x%" PRIx64 " with %u files", said, msg->nb_fds);
		return NULL;
	}
	*ret_fd = -1;
	if (none)
		return ring;
	if (!plx_unixsock_is_eventfd(msg->fds[0])) {
		plx_why(why, -EPROTO, "the file that came is no eventfd");
		return NULL;
	}
	fcntl(msg->fds[0], F_SETFL, O_NONBLOCK);
	*ret_fd = msg->fds[0];
	msg->fds[0] = -1;
	return ring;
}

static void
replace_fd(int *fd, int with)
{
	plx_unixsock_close_fds(fd, 1);
	*fd = with;
}

int
vhost_on_set_vring_kick(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	int fd;
	struct vhost_ring *ring = take_fd(port, msg, &fd, why);

	if (ring == NULL)
		return -EPROTO;
	replace_fd(&ring->kick_fd, fd);
	ring->has_kick = true;
	return 0;
}

int
vhost_on_set_vring_call(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	int fd;
	struct vhost_ring *ring = take_fd(port, msg, &fd, why);

	if (ring == NULL)
		return -EPROTO;
	replace_fd(&ring->call_fd, fd);
	return 0;
}

int
vhost_on_set_vring_err(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	int fd;
	struct vhost_ring *ring = take_fd(port, msg, &fd, why);

	if (ring == NULL)
		return -EPROTO;
	replace_fd(&ring->err_fd, fd);
	return 0;
}
