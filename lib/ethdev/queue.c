/* SPDX-License-Identifier: BSD-3-Clause */
/* Single queues of a running port: started, stopped, and left out when the port starts. */
#include "ethdev_priv.h"

#include <errno.h>

/* One direction of a port, as what follows sees it. */
struct way {
	const char *name;
	struct plx_ethdev *dev;
	uint16_t nb;
	struct ethdev_queue *queues;
	int (*run)(struct plx_ethdev *dev, uint16_t queue, bool on, struct plx_why *why);
};

static struct way
way_of(struct plx_ethdev *dev, bool rx)
{
	return (struct way){
		.name = rx ? "rx" : "tx",
		.dev = dev,
		.nb = rx ? dev->info.nb_rx_queues : dev->info.nb_tx_queues,
		.queues = rx ? dev->priv->rx_queue : dev->priv->tx_queue,
		.run = rx ? dev->ops->rx_queue_run : dev->ops->tx_queue_run,
	};
}

/* -- state --------------------------------------------------------------------------------------------- */

static void
set_all(struct way way, enum plx_ethdev_queue_state state)
{
	for (uint16_t i = 0; i < PLX_ETHDEV_QUEUES_MAX; i++)
		way.queues[i].state = i < way.nb ? state : PLX_ETHDEV_QUEUE_STOPPED;
}

void
ethdev_queues_stopped(struct plx_ethdev *dev)
{
	set_all(way_of(dev, true), PLX_ETHDEV_QUEUE_STOPPED);
	set_all(way_of(dev, false), PLX_ETHDEV_QUEUE_STOPPED);
}

/* The state only changes when the driver answered; what it could not take from its device is dead. */
static int
run(struct way way, uint16_t queue, bool on, struct plx_why *why)
{
	struct ethdev_queue *q = &way.queues[queue];
	int ret = way.run(way.dev, queue, on, why);

	if (ret == 0)
		q->state = on ? PLX_ETHDEV_QUEUE_STARTED : PLX_ETHDEV_QUEUE_STOPPED;
	else if (!on && ret != -ENOTSUP)
		q->state = PLX_ETHDEV_QUEUE_DEAD;
	return ret == 0 ? 0
			: plx_why_prefix(why, ret, "port %u (%s) %s queue %u: ", way.dev->port,
					 way.dev->info.name, way.name, queue);
}

static int
stop_deferred(struct way way, struct plx_why *why)
{
	int ret = 0;

	set_all(way, PLX_ETHDEV_QUEUE_STARTED);
	for (uint16_t i = 0; i < way.nb && ret == 0; i++)
		ret = way.queues[i].deferred ? run(way, i, false, why) : 0;
	return ret;
}

int
ethdev_queues_started(struct plx_ethdev *dev, struct plx_why *why)
{
	int ret = stop_deferred(way_of(dev, true), why);

	return ret == 0 ? stop_deferred(way_of(dev, false), why) : ret;
}

/* -- one alone ------------------------------------------------------------------------------------------ */

static int
check_can(struct way way, struct plx_why *why)
{
	if (way.run != NULL)
		return 0;
	return plx_why(why, -ENOTSUP,
		       "port %u (%s): the queues of %s start and stop with their port only",
		       way.dev->port, way.dev->info.name, way.dev->info.driver);
}

static int
check_queue(struct way way, uint16_t queue, struct plx_why *why)
{
	if (queue < way.nb)
		return 0;
	return plx_why(why, -EINVAL, "port %u (%s): no %s queue %u; %u were configured",
		       way.dev->port, way.dev->info.name, way.name, queue, way.nb);
}

static int
check_alive(struct way way, uint16_t queue, struct plx_why *why)
{
	if (way.queues[queue].state != PLX_ETHDEV_QUEUE_DEAD)
		return 0;
	return plx_why(why, -EIO,
		       "port %u (%s): the device never let go of %s queue %u: stop the port and "
		       "start it again",
		       way.dev->port, way.dev->info.name, way.name, queue);
}

static int
change(uint16_t port, bool rx, uint16_t queue, bool on, struct plx_why *why)
{
	struct plx_ethdev *dev = plx_ethdev_at(port);
	struct way way;
	int ret;

	if (dev == NULL)
		return ethdev_no_port(port, why);
	way = way_of(dev, rx);
	ret = check_queue(way, queue, why);
	if (ret == 0 && dev->info.state != PLX_ETHDEV_STARTED)
		ret = plx_why(why, -EINVAL,
			      "port %u (%s): it does not run; its queues start with it, but those "
			      "that are deferred",
			      port, dev->info.name);
	if (ret == 0)
		ret = check_can(way, why);
	if (ret == 0)
		ret = check_alive(way, queue, why);
	if (ret != 0 || (way.queues[queue].state == PLX_ETHDEV_QUEUE_STARTED) == on)
		return ret;
	return run(way, queue, on, why);
}

int
plx_ethdev_rx_queue_start(uint16_t port, uint16_t queue, struct plx_why *why)
{
	return change(port, true, queue, true, why);
}

int
plx_ethdev_rx_queue_stop(uint16_t port, uint16_t queue, struct plx_why *why)
{
	return change(port, true, queue, false, why);
}

int
plx_ethdev_tx_queue_start(uint16_t port, uint16_t queue, struct plx_why *why)
{
	return change(port, false, queue, true, why);
}

int
plx_ethdev_tx_queue_stop(uint16_t port, uint16_t queue, struct plx_why *why)
{
	return change(port, false, queue, false, why);
}

/* -- deferred ------------------------------------------------------------------------------------------- */

static int
defer(uint16_t port, bool rx, uint16_t queue, bool on, struct plx_why *why)
{
	struct plx_ethdev *dev = plx_ethdev_at(port);
	struct way way;
	int ret;

	if (dev == NULL)
		return ethdev_no_port(port, why);
	way = way_of(dev, rx);
	ret = check_queue(way, queue, why);
	if (ret == 0 && dev->info.state == PLX_ETHDEV_STARTED)
		ret = plx_why(why, -EBUSY, "port %u (%s): stop it before deferring queues", port,
			      dev->info.name);
	if (ret == 0 && (rx ? dev->rxq[queue] : dev->txq[queue]) == NULL)
		ret = plx_why(why, -EINVAL, "port %u (%s): %s queue %u was not set up", port,
			      dev->info.name, way.name, queue);
	if (ret == 0 && on)
		ret = check_can(way, why);
	if (ret == 0)
		way.queues[queue].deferred = on;
	return ret;
}

int
plx_ethdev_rx_queue_defer(uint16_t port, uint16_t queue, bool on, struct plx_why *why)
{
	return defer(port, true, queue, on, why);
}

int
plx_ethdev_tx_queue_defer(uint16_t port, uint16_t queue, bool on, struct plx_why *why)
{
	return defer(port, false, queue, on, why);
}

/* -- what drivers count ---------------------------------------------------------------------------------- */

uint16_t
plx_ethdev_refuse(const struct plx_ethdev *dev)
{
	__atomic_fetch_add(&dev->priv->stopped_bursts, 1, __ATOMIC_RELAXED);
	return 0;
}
