/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The virtio device that a back end is, seen through struct virtio_transport. What vhost-user has no messages for is
 * answered here: configuration, control commands, and everything while nobody is at the other end, so that a port starts
 * and stops without a peer.
 */
#include "user.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define PACKED_BASE	0x8000u /* index 0, wrap counter 1 */
#define LOW_STATUS_MASK 0xffu

/* What is a matter between the driver and the back end. */
#define PEER_FEATURES                                                                \
	(VIRTIO_BIT(VIRTIO_NET_F_CSUM) | VIRTIO_BIT(VIRTIO_NET_F_GUEST_CSUM) |       \
	 VIRTIO_BIT(VIRTIO_NET_F_GUEST_TSO4) | VIRTIO_BIT(VIRTIO_NET_F_GUEST_TSO6) | \
	 VIRTIO_BIT(VIRTIO_NET_F_GUEST_ECN) | VIRTIO_BIT(VIRTIO_NET_F_HOST_TSO4) |   \
	 VIRTIO_BIT(VIRTIO_NET_F_HOST_TSO6) | VIRTIO_BIT(VIRTIO_NET_F_HOST_ECN) |    \
	 VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF) | VIRTIO_BIT(VIRTIO_NET_F_MTU) |         \
	 VIRTIO_BIT(VIRTIO_NET_F_MQ) | VIRTIO_BIT(VIRTIO_F_ANY_LAYOUT) |             \
	 VIRTIO_BIT(VIRTIO_F_INDIRECT_DESC) | VIRTIO_BIT(VIRTIO_F_EVENT_IDX) |       \
	 VIRTIO_BIT(VIRTIO_F_VERSION_1) | VIRTIO_BIT(VIRTIO_F_RING_PACKED) |         \
	 VIRTIO_BIT(VIRTIO_F_IN_ORDER) | VIRTIO_BIT(VIRTIO_F_ORDER_PLATFORM))

/* Of them, what every back end has that is worth waiting for. */
#define LIKELY_FEATURES                                                      \
	(VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF) | VIRTIO_BIT(VIRTIO_NET_F_MTU) | \
	 VIRTIO_BIT(VIRTIO_NET_F_MQ) | VIRTIO_BIT(VIRTIO_F_INDIRECT_DESC) |  \
	 VIRTIO_BIT(VIRTIO_F_VERSION_1) | VIRTIO_BIT(VIRTIO_F_RING_PACKED))

#define CONTROL_FEATURES                                                       \
	(VIRTIO_BIT(VIRTIO_NET_F_CTRL_VQ) | VIRTIO_BIT(VIRTIO_NET_F_CTRL_RX) | \
	 VIRTIO_BIT(VIRTIO_NET_F_CTRL_VLAN) | VIRTIO_BIT(VIRTIO_NET_F_CTRL_MAC_ADDR))

static struct virtio_user *
user_of(struct virtio_dev *dev)
{
	return dev->transport_data;
}

static bool
is_alone(const struct virtio_user *user)
{
	return user->peer.sock < 0;
}

/* What the port is told of a peer that went wrong or away; the link's thread sees to the rest. */
static int
answer_of(int ret)
{
	return ret == 0 || ret == -ENOTCONN ? ret : -EIO;
}

/* -- features ------------------------------------------------------------------------------------------------------------- */

static uint64_t
forbidden_by_args(const struct user_args *args)
{
	uint64_t mask = 0;

	mask |= args->packed_vq ? 0 : VIRTIO_BIT(VIRTIO_F_RING_PACKED);
	mask |= args->mrg_rxbuf ? 0 : VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF);
	mask |= args->in_order ? 0 : VIRTIO_BIT(VIRTIO_F_IN_ORDER);
	mask |= args->mtu != 0 ? 0 : VIRTIO_BIT(VIRTIO_NET_F_MTU);
	mask |= args->queues > 1 ? 0 : VIRTIO_BIT(VIRTIO_NET_F_MQ);
	return mask;
}

uint64_t
user_features(const struct virtio_user *user)
{
	const struct user_args *args = &user->args;
	uint64_t features;

	features = is_alone(user) ? LIKELY_FEATURES : user->peer.features & PEER_FEATURES;
	if (!is_alone(user) && !user_peer_agreed(&user->peer, VHOST_USER_PROTOCOL_F_MQ))
		features &= ~VIRTIO_BIT(VIRTIO_NET_F_MQ);
	features &= ~forbidden_by_args(args);
	features |= VIRTIO_BIT(VIRTIO_NET_F_STATUS);
	if (args->cq)
		features |= CONTROL_FEATURES;
	return features;
}

static int
transport_features(struct virtio_dev *dev, uint64_t *ret_features)
{
	struct virtio_user *user = user_of(dev);

	pthread_mutex_lock(&user->lock);
	*ret_features = user_features(user);
	pthread_mutex_unlock(&user->lock);
	return 0;
}

static int
send_features(struct virtio_user *user, uint64_t features)
{
	const uint64_t protocol = VIRTIO_BIT(VHOST_USER_F_PROTOCOL_FEATURES);
	int ret;

	features = (features & PEER_FEATURES) | protocol;
	ret = user_peer_order_u64(&user->peer, VHOST_USER_SET_FEATURES,
				  features & user->peer.features);
	if (ret == 0 && (features & VIRTIO_BIT(VIRTIO_NET_F_MTU)) &&
	    user_peer_agreed(&user->peer, VHOST_USER_PROTOCOL_F_MTU))
		ret = user_peer_order_u64(&user->peer, VHOST_USER_NET_SET_MTU, user->args.mtu);
	return ret;
}

static int
transport_set_features(struct virtio_dev *dev, uint64_t features)
{
	struct virtio_user *user = user_of(dev);
	int ret = 0;

	pthread_mutex_lock(&user->lock);
	if (!is_alone(user))
		ret = send_features(user, features);
	pthread_mutex_unlock(&user->lock);
	return answer_of(ret);
}

/* -- rings ---------------------------------------------------------------------------------------------------------------- */

static bool
starts_disabled(const struct virtio_user *user)
{
	return user_peer_offers(&user->peer, VHOST_USER_F_PROTOCOL_FEATURES);
}

static int
enable_ring(struct virtio_user *user, uint16_t index, bool on)
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
		ret = enable_ring(user, q->index, true);
	return ret;
}

static int
transport_queue_start(struct virtio_dev *dev, struct virtio_queue *q, struct plx_why *why)
{
	struct virtio_user *user = user_of(dev);
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
	return answer_of(ret);
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
	ret = enable_ring(user, index, false);
	if (ret == 0 || ret == -EREMOTEIO)
		ret = user_peer_ask_state(&user->peer, VHOST_USER_GET_VRING_BASE, index, &base);
	return ret;
}

static int
transport_queue_stop(struct virtio_dev *dev, struct virtio_queue *q)
{
	struct virtio_user *user = user_of(dev);

	pthread_mutex_lock(&user->lock);
	stop_ring(user, q->index);
	pthread_mutex_unlock(&user->lock);
	return 0; /* a peer that went wrong was cut off: the ring is ours in either case */
}

static void
transport_notify(struct virtio_queue *q)
{
	vhost_user_bell_ring(q->kick_fd); /* the way to wake a sleeping peer */
}

static int
transport_queue_size(struct virtio_dev *dev, uint16_t index, uint16_t *ret_size)
{
	const struct virtio_user *user = user_of(dev);

	*ret_size = index < user->nb_queues ? (uint16_t)user->args.queue_size : 0;
	return 0;
}

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

/* -- status --------------------------------------------------------------------------------------------------------------- */

static int
transport_status(struct virtio_dev *dev, uint8_t *ret_status)
{
	struct virtio_user *user = user_of(dev);
	uint64_t status;
	int ret = 0;

	pthread_mutex_lock(&user->lock);
	*ret_status = user->status;
	if (!is_alone(user) && user->status != 0 &&
	    user_peer_agreed(&user->peer, VHOST_USER_PROTOCOL_F_STATUS)) {
		ret = user_peer_ask_u64(&user->peer, VHOST_USER_GET_STATUS, &status);
		if (ret == 0)
			*ret_status = (uint8_t)(status & LOW_STATUS_MASK);
	}
	pthread_mutex_unlock(&user->lock);
	return answer_of(ret);
}

/* There is no message for a reset that all know: each ring is stopped. */
static int
stop_rings(struct virtio_user *user)
{
	int ret = 0;

	for (uint16_t i = 0; i < user->nb_queues; i++) {
		int err = stop_ring(user, i);

		if (ret == 0)
			ret = err;
	}
	return ret;
}

static int
transport_set_status(struct virtio_dev *dev, uint8_t status)
{
	struct virtio_user *user = user_of(dev);
	int ret = 0;

	pthread_mutex_lock(&user->lock);
	if (status == 0)
		ret = stop_rings(user);
	if (ret == 0 && user_peer_agreed(&user->peer, VHOST_USER_PROTOCOL_F_STATUS))
		ret = user_peer_order_u64(&user->peer, VHOST_USER_SET_STATUS, status);
	user->status = status;
	pthread_mutex_unlock(&user->lock);
	/* After a reset that failed the peer is cut off, which is one too. */
	return status == 0 || is_alone(user) ? 0 : answer_of(ret);
}

void
user_forget(struct virtio_user *user)
{
	for (unsigned i = 0; i < user->nb_queues; i++)
		user->queues[i].started = false;
	user->memory.told = false;
	user->status = 0;
}

/* The peer may not touch the rings any more, whatever it says. */
static void
transport_cut(struct virtio_dev *dev)
{
	struct virtio_user *user = user_of(dev);

	pthread_mutex_lock(&user->lock);
	user_peer_cut(&user->peer, "the back end does not let go of the rings");
	user_forget(user);
	pthread_mutex_unlock(&user->lock);
}

/* -- configuration and control: answered here ----------------------------------------------------------------------------- */

/* 5.1.4, as far as the features above go; the address and the speed that the user wishes for take no way through here. */
struct user_config {
	uint8_t mac[6];
	uint16_t status;
	uint16_t max_pairs;
	uint16_t mtu;
};
PLX_STATIC_ASSERT(offsetof(struct user_config, mtu) == VIRTIO_NET_CFG_MTU, "5.1.4");

static unsigned
pairs_now(const struct virtio_user *user)
{
	unsigned pairs = (unsigned)user->args.queues;

	return is_alone(user) || pairs < user->peer.max_pairs ? pairs : user->peer.max_pairs;
}

static int
transport_config_read(struct virtio_dev *dev, unsigned off, void *to, unsigned len)
{
	struct virtio_user *user = user_of(dev);
	struct user_config config = {.mtu = (uint16_t)user->args.mtu};

	if (off > sizeof(config) || len > sizeof(config) - off)
		return -ERANGE;
	pthread_mutex_lock(&user->lock);
	config.status = is_alone(user) ? 0 : VIRTIO_NET_S_LINK_UP;
	config.max_pairs = (uint16_t)pairs_now(user);
	pthread_mutex_unlock(&user->lock);
	memcpy(to, (const char *)&config + off, len);
	return 0;
}

/* Nothing of the configuration can be written: a legacy driver's address would be nobody's business. */
static int
transport_config_write(struct virtio_dev *dev, unsigned off, const void *from, unsigned len)
{
	return -ENOTSUP;
}

static int
transport_generation(struct virtio_dev *dev, uint32_t *ret_generation)
{
	struct virtio_user *user = user_of(dev);

	pthread_mutex_lock(&user->lock);
	*ret_generation = user->generation;
	pthread_mutex_unlock(&user->lock);
	return 0;
}

static int
set_pairs(struct virtio_user *user, const void *data, unsigned len)
{
	uint16_t pairs;
	int ret = 0;

	if (len != sizeof(pairs))
		return -EINVAL;
	memcpy(&pairs, data, sizeof(pairs));
	if (pairs == 0 || pairs > pairs_now(user))
		return -EINVAL;
	for (uint16_t i = 0; i < user->nb_queues && ret == 0; i++)
		if (user->queues[i].started)
			ret = enable_ring(user, i, i < 2 * pairs);
	return answer_of(ret);
}

/* A back end has no filters: what is switched on there is on, and what is switched off comes nevertheless. */
static int
transport_ctrl(struct virtio_dev *dev, uint8_t class, uint8_t command, const void *data,
	       unsigned len)
{
	struct virtio_user *user = user_of(dev);
	int ret = 0;

	if (!user->args.cq)
		return -ENOTSUP;
	pthread_mutex_lock(&user->lock);
	switch (class) {
	case VIRTIO_NET_CTRL_RX:
	case VIRTIO_NET_CTRL_MAC:
	case VIRTIO_NET_CTRL_VLAN:
		break;
	case VIRTIO_NET_CTRL_MQ:
		ret = command == VIRTIO_NET_CTRL_MQ_PAIRS_SET ? set_pairs(user, data, len)
							      : -ENOTSUP;
		break;
	default:
		ret = -ENOTSUP;
	}
	pthread_mutex_unlock(&user->lock);
	return ret;
}

/* -- interrupts ----------------------------------------------------------------------------------------------------------- */

/* fds[0] stays silent: what changes is the link, of which the port is told by user_link.c. */
static int
transport_irq_set(struct virtio_dev *dev, const int *fds, unsigned n, struct plx_why *why)
{
	struct virtio_user *user = user_of(dev);
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
	return answer_of(ret);
}

const struct virtio_transport user_transport = {
	.name = "vhost-user",
	.status = transport_status,
	.set_status = transport_set_status,
	.features = transport_features,
	.set_features = transport_set_features,
	.config_read = transport_config_read,
	.config_write = transport_config_write,
	.generation = transport_generation,
	.queue_size = transport_queue_size,
	.queue_start = transport_queue_start,
	.queue_stop = transport_queue_stop,
	.notify = transport_notify,
	.irq_set = transport_irq_set,
	.ctrl = transport_ctrl,
	.cut = transport_cut,
	.virtual_addresses = true,
};
