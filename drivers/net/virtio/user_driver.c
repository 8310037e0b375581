/* SPDX-License-Identifier: BSD-3-Clause */
/* net_virtio_user: finds its device at the other end of a socket instead of on a bus. */
#include "plx_log.h"
#include "user.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

PLX_LOG_COMPONENT(logger, "pmd.net.virtio_user");

static void
tell(const struct virtio_user *user, const char *what, const char *instead)
{
	plx_log_notice(&logger, "%s: the back end has no %s: %s", user->dev.eth.device->name, what,
		       instead);
}

/* What was asked for by name and cannot be had is done without. */
static void
tell_shortcomings(const struct virtio_user *user)
{
	const struct user_peer *peer = &user->peer;

	if (peer->sock < 0)
		return;
	if (user->args.packed_vq && !user_peer_offers(peer, VIRTIO_F_RING_PACKED))
		tell(user, "packed rings", "they are split ones");
	if (user->args.queues > 1 && (!user_peer_agreed(peer, VHOST_USER_PROTOCOL_F_MQ) ||
				      !user_peer_offers(peer, VIRTIO_NET_F_MQ)))
		tell(user, "more than one pair of queues", "one it is");
	else if (user->args.queues > peer->max_pairs)
		plx_log_notice(&logger, "%s: the back end has %u pairs of queues, not %u",
			       user->dev.eth.device->name, peer->max_pairs,
			       (unsigned)user->args.queues);
}

static void
describe(struct virtio_user *user, struct plx_device *device)
{
	const struct user_args *args = &user->args;
	struct virtio_dev *dev = &user->dev;

	dev->eth.device = device;
	dev->transport = &user_transport;
	dev->transport_data = user;
	dev->wanted_mask = UINT64_MAX;
	dev->reaches_virtual = true;
	dev->wishes.queue_size = (uint16_t)args->queue_size;
	dev->wishes.max_pairs = (uint16_t)args->queues;
	dev->wishes.speed_mbps = (uint32_t)args->speed;
	memcpy(dev->wishes.mac, args->mac, sizeof(dev->wishes.mac));
	user_peer_init(&user->peer, USER_REPLY_MS, USER_MEMORY_MS);
}

static int
user_probe(struct plx_device *device, struct plx_why *why)
{
	struct virtio_user *user = plx_ethdev_alloc(sizeof(*user));
	int ret;

	if (user == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	pthread_mutex_init(&user->lock, NULL);
	ret = user_args_parse(device->args, &user->args, why);
	if (ret != 0)
		goto free_user;
	describe(user, device);
	ret = user_queues_create(user, why);
	if (ret != 0)
		goto destroy_queues;
	ret = user_link_open(user, why);
	if (ret != 0)
		goto close_link;
	tell_shortcomings(user);
	ret = user_memory_begin(user, why);
	if (ret != 0)
		goto close_link;
	ret = virtio_port_create(&user->dev, why);
	if (ret != 0)
		goto end_memory;
	ret = user_link_watch(user, why);
	if (ret != 0)
		goto destroy_port;
	device->data = user;
	return 0;

destroy_port:
	virtio_port_destroy(&user->dev);
end_memory:
	user_memory_end(user);
close_link:
	user_link_close(user);
destroy_queues:
	user_queues_destroy(user);
free_user:
	pthread_mutex_destroy(&user->lock);
	free(user);
	return ret;
}

static void
user_remove(struct plx_device *device)
{
	struct virtio_user *user = device->data;

	user_link_unwatch(user);
	virtio_port_destroy(&user->dev);
	user_memory_end(user);
	user_link_close(user);
	user_queues_destroy(user);
	pthread_mutex_destroy(&user->lock);
	free(user);
}

const struct plx_driver plx_driver_net_virtio_user = {
	.api = PLX_DRIVER_API,
	.bus = PLX_BUS_VDEV,
	.name = "net_virtio_user",
	.about = "a virtio device that another program offers behind a socket (vhost-user)",
	.probe = user_probe,
	.remove = user_remove,
};
