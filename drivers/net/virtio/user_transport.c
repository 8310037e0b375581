/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The virtio device that a back end is, seen through struct virtio_transport. What vhost-user has no messages for is
 * answered here: configuration, control commands, and everything while nobody is at the other end, so that a port starts
 * and stops without a peer.
 */
#include "user.h"

#include <errno.h>
#include <string.h>

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
	 VIRTIO_BIT(VIRTIO_F_IN_ORDER))

/* Of them, what every back end has that is worth waiting for. */
#define LIKELY_FEATURES                                                      \
	(VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF) | VIRTIO_BIT(VIRTIO_NET_F_MTU) | \
	 VIRTIO_BIT(VIRTIO_NET_F_MQ) | VIRTIO_BIT(VIRTIO_F_INDIRECT_DESC) |  \
	 VIRTIO_BIT(VIRTIO_F_VERSION_1) | VIRTIO_BIT(VIRTIO_F_RING_PACKED))

#define CONTROL_FEATURES                                                       \
	(VIRTIO_BIT(VIRTIO_NET_F_CTRL_VQ) | VIRTIO_BIT(VIRTIO_NET_F_CTRL_RX) | \
	 VIRTIO_BIT(VIRTIO_NET_F_CTRL_MAC_ADDR))

/* -- features ----------------------------------------------------------------------------------------------------------- */

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

	features = user_is_alone(user) ? LIKELY_FEATURES : user->peer.features & PEER_FEATURES;
	if (!user_is_alone(user) && !user_peer_agreed(&user->peer, VHOST_USER_PROTOCOL_F_MQ))
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
	struct virtio_user *user = virtio_user(dev);

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
	struct virtio_user *user = virtio_user(dev);
	int ret = 0;

	pthread_mutex_lock(&user->lock);
	if (!user_is_alone(user))
		ret = send_features(user, features);
	pthread_mutex_unlock(&user->lock);
	return user_answer(ret);
}

/* -- status ------------------------------------------------------------------------------------------------------------- */

static int
transport_status(struct virtio_dev *dev, uint8_t *ret_status)
{
	struct virtio_user *user = virtio_user(dev);
	uint64_t status;
	int ret = 0;

	pthread_mutex_lock(&user->lock);
	*ret_status = user->status;
	if (!user_is_alone(user) && user->status != 0 &&
	    user_peer_agreed(&user->peer, VHOST_USER_PROTOCOL_F_STATUS)) {
		ret = user_peer_ask_u64(&user->peer, VHOST_USER_GET_STATUS, &status);
		if (ret == 0)
			*ret_status = (uint8_t)(status & LOW_STATUS_MASK);
	}
	pthread_mutex_unlock(&user->lock);
	return user_answer(ret);
}

static int
transport_set_status(struct virtio_dev *dev, uint8_t status)
{
	struct virtio_user *user = virtio_user(dev);
	int ret = 0;

	pthread_mutex_lock(&user->lock);
	if (status == 0)
		ret = user_rings_stop(user);
	if (ret == 0 && user_peer_agreed(&user->peer, VHOST_USER_PROTOCOL_F_STATUS))
		ret = user_peer_order_u64(&user->peer, VHOST_USER_SET_STATUS, status);
	user->status = status;
	pthread_mutex_unlock(&user->lock);
	/* After a reset that failed the peer is cut off, which is one too. */
	return status == 0 || user_is_alone(user) ? 0 : user_answer(ret);
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
	struct virtio_user *user = virtio_user(dev);

	pthread_mutex_lock(&user->lock);
	user_peer_cut(&user->peer, "the back end does not let go of the rings");
	user_forget(user);
	pthread_mutex_unlock(&user->lock);
}

/* -- configuration and control: answered here --------------------------------------------------------------------------- */

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

	return user_is_alone(user) || pairs < user->peer.max_pairs ? pairs : user->peer.max_pairs;
}

static int
transport_config_read(struct virtio_dev *dev, unsigned off, void *to, unsigned len)
{
	struct virtio_user *user = virtio_user(dev);
	struct user_config config = {.mtu = (uint16_t)user->args.mtu};

	if (off > sizeof(config) || len > sizeof(config) - off)
		return -ERANGE;
	pthread_mutex_lock(&user->lock);
	config.status = user_is_alone(user) ? 0 : VIRTIO_NET_S_LINK_UP;
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
	struct virtio_user *user = virtio_user(dev);

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
			ret = user_ring_enable(user, i, i < 2 * pairs);
	return user_answer(ret);
}

/* A back end has no filters: what is switched on there is on, and what is switched off comes nevertheless. */
static int
transport_ctrl(struct virtio_dev *dev, uint8_t class, uint8_t command, const void *data,
	       unsigned len)
{
	struct virtio_user *user = virtio_user(dev);
	int ret = 0;

	if (!user->args.cq)
		return -ENOTSUP;
	pthread_mutex_lock(&user->lock);
	switch (class) {
	case VIRTIO_NET_CTRL_RX:
	case VIRTIO_NET_CTRL_MAC:
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

const struct virtio_transport user_transport = {
	.name = "vhost-user",
	.status = transport_status,
	.set_status = transport_set_status,
	.features = transport_features,
	.set_features = transport_set_features,
	.config_read = transport_config_read,
	.config_write = transport_config_write,
	.generation = transport_generation,
	.queue_size = user_ring_size,
	.queue_start = user_ring_start,
	.queue_stop = user_ring_stop,
	.notify = user_ring_notify,
	.irq_set = user_rings_irq,
	.ctrl = transport_ctrl,
	.cut = transport_cut,
	.virtual_addresses = true,
	.stops_alone = true,
};
