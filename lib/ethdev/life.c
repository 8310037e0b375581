/* SPDX-License-Identifier: BSD-3-Clause */
/* The life of a port: configure, queues, start, stop, close, reset. Every check that a driver may rely on. */
#include "ethdev_priv.h"
#include "plx_pci_driver.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

PLX_LOG_COMPONENT(life_log, "lib.ethdev");

int
ethdev_no_port(uint16_t port, struct plx_why *why)
{
	return plx_why(why, -ENODEV, "there is no port %u; there are %u ports", port,
		       plx_ethdev_count());
}

static int
is_started(const struct plx_ethdev *dev, const char *what, struct plx_why *why)
{
	return plx_why(why, -EBUSY, "port %u (%s): stop it before %s", dev->port, dev->info.name,
		       what);
}

/* -- queues ------------------------------------------------------------------------------------------ */

static void
release_rx(struct plx_ethdev *dev, uint16_t queue)
{
	if (dev->rxq[queue] == NULL)
		return;
	ethdev_totals_keep_rx(dev, dev->rxq[queue]);
	dev->ops->rx_queue_release(dev, dev->rxq[queue]);
	dev->rxq[queue] = NULL;
	dev->rx_pool[queue] = NULL;
	dev->rx_descs[queue] = 0;
	dev->priv->rx_queue[queue].deferred = false;
}

static void
release_tx(struct plx_ethdev *dev, uint16_t queue)
{
	struct plx_ethdev_txq_stats last;

	if (dev->txq[queue] == NULL)
		return;
	last = *(struct plx_ethdev_txq_stats *)dev->txq[queue];
	dev->ops->tx_queue_release(dev, dev->txq[queue]);
	dev->txq[queue] = NULL;
	dev->tx_descs[queue] = 0;
	dev->priv->tx_queue[queue].deferred = false;
	/* What was in flight is not any more: it goes down as lost, unless stop has seen it leave. */
	last.errors += last.in_flight;
	last.in_flight = 0;
	ethdev_totals_keep_tx(dev, &last);
}

void
ethdev_release_queues(struct plx_ethdev *dev)
{
	for (uint16_t i = 0; i < PLX_ETHDEV_QUEUES_MAX; i++) {
		release_rx(dev, i);
		release_tx(dev, i);
	}
}

static int
check_queue(const struct plx_ethdev *dev, const char *way, uint16_t queue, uint16_t nb,
	    struct plx_why *why)
{
	if (dev->info.state == PLX_ETHDEV_STARTED)
		return is_started(dev, "setting up queues", why);
	if (dev->info.state == PLX_ETHDEV_CLOSED)
		return plx_why(why, -EINVAL, "port %u (%s): configure it before setting up queues",
			       dev->port, dev->info.name);
	if (queue >= nb)
		return plx_why(why, -EINVAL, "port %u (%s): no %s queue %u; %u were configured",
			       dev->port, dev->info.name, way, queue, nb);
	return 0;
}

static int
choose_descs(const struct plx_ethdev *dev, const char *way, uint16_t *descs, uint16_t min,
	     uint16_t max, uint16_t usual, struct plx_why *why)
{
	if (*descs == 0)
		*descs = usual;
	if (max != 0 && *descs > max)
		return plx_why(why, -EINVAL,
			       "port %u (%s): %u %s descriptors; %u to %u are possible", dev->port,
			       dev->info.name, *descs, way, min, max);
	if (*descs < min)
		*descs = min;
	return 0;
}

static int
check_pool(const struct plx_ethdev *dev, const struct plx_pool *pool, struct plx_why *why)
{
	uint32_t room;

	if (pool == NULL)
		return plx_why(why, -EINVAL, "port %u (%s): an rx queue needs a pool", dev->port,
			       dev->info.name);
	room = pool->buf_size - pool->headroom;
	if (pool->headroom < dev->info.headroom_min)
		return plx_why(why, -EINVAL,
			       "port %u (%s): pool %s has a head-room of %u bytes; %u are "
			       "needed",
			       dev->port, dev->info.name, plx_pool_name(pool), pool->headroom,
			       dev->info.headroom_min);
	if (room < dev->info.rx_buf_min)
		return plx_why(why, -EINVAL,
			       "port %u (%s): buffers of pool %s hold %" PRIu32
			       " bytes behind the head-room; %u are needed",
			       dev->port, dev->info.name, plx_pool_name(pool), room,
			       dev->info.rx_buf_min);
	return 0;
}

/* Buffers that all prefilled rx queues of all ports take from the pool. */
static uint32_t
prefilled(const struct plx_pool *pool)
{
	uint32_t sum = 0;

	PLX_ETHDEV_FOREACH(port) {
		const struct plx_ethdev *dev = plx_ethdev_at(port);

		for (uint16_t i = 0; dev->prefills && i < PLX_ETHDEV_QUEUES_MAX; i++)
			sum += dev->rx_pool[i] == pool ? dev->rx_descs[i] : 0;
	}
	return sum;
}

static int
check_pool_size(const struct plx_ethdev *dev, const struct plx_pool *pool, struct plx_why *why)
{
	uint32_t needed = prefilled(pool);

	if (!dev->prefills || needed <= pool->n)
		return 0;
	return plx_why(why, -ENOBUFS,
		       "port %u (%s): pool %s has %" PRIu32 " buffers, but the rx queues "
		       "that take from it hold %" PRIu32
		       " at once: make the pool larger or use fewer "
		       "descriptors",
		       dev->port, dev->info.name, plx_pool_name(pool), pool->n, needed);
}

int
plx_ethdev_rx_queue_setup(uint16_t port, uint16_t queue, uint16_t descs, struct plx_pool *pool,
			  struct plx_why *why)
{
	struct plx_ethdev *dev = plx_ethdev_at(port);
	const struct plx_ethdev_info *info;
	int ret;

	if (dev == NULL)
		return ethdev_no_port(port, why);
	info = &dev->info;
	ret = check_queue(dev, "rx", queue, info->nb_rx_queues, why);
	if (ret == 0)
		ret = choose_descs(dev, "rx", &descs, info->rx_desc_min, info->rx_desc_max,
				   info->rx_desc_default, why);
	if (ret == 0)
		ret = check_pool(dev, pool, why);
	if (ret != 0)
		return ret;
	release_rx(dev, queue);
	dev->rx_pool[queue] = pool;
	dev->rx_descs[queue] = descs;
	ret = check_pool_size(dev, pool, why);
	if (ret == 0) {
		ret = dev->ops->rx_queue_setup(dev, queue, descs, pool, &dev->rxq[queue], why);
		if (ret != 0)
			plx_why_prefix(why, ret, "port %u (%s) rx queue %u: ", port, info->name,
				       queue);
	}
	if (ret != 0) {
		dev->rxq[queue] = NULL;
		dev->rx_pool[queue] = NULL;
		dev->rx_descs[queue] = 0;
	}
	return ret;
}

int
plx_ethdev_tx_queue_setup(uint16_t port, uint16_t queue, uint16_t descs, struct plx_why *why)
{
	struct plx_ethdev *dev = plx_ethdev_at(port);
	const struct plx_ethdev_info *info;
	int ret;

	if (dev == NULL)
		return ethdev_no_port(port, why);
	info = &dev->info;
	ret = check_queue(dev, "tx", queue, info->nb_tx_queues, why);
	if (ret == 0)
		ret = choose_descs(dev, "tx", &descs, info->tx_desc_min, info->tx_desc_max,
				   info->tx_desc_default, why);
	if (ret != 0)
		return ret;
	release_tx(dev, queue);
	dev->tx_descs[queue] = descs;
	ret = dev->ops->tx_queue_setup(dev, queue, descs, &dev->txq[queue], why);
	if (ret != 0) {
		dev->txq[queue] = NULL;
		dev->tx_descs[queue] = 0;
		return plx_why_prefix(why, ret, "port %u (%s) tx queue %u: ", port, info->name,
				      queue);
	}
	return 0;
}

/* -- configure --------------------------------------------------------------------------------------- */

static int
check_queue_counts(const struct plx_ethdev *dev, uint16_t nb_rx, uint16_t nb_tx,
		   struct plx_why *why)
{
	const struct plx_ethdev_info *info = &dev->info;

	if (nb_rx == 0 && nb_tx == 0)
		return plx_why(why, -EINVAL, "port %u (%s): no queue at all was asked for",
			       dev->port, info->name);
	if (nb_rx > info->max_rx_queues)
		return plx_why(why, -EINVAL,
			       "port %u (%s): %u rx queues asked for, the device has %u", dev->port,
			       info->name, nb_rx, info->max_rx_queues);
	if (nb_tx > info->max_tx_queues)
		return plx_why(why, -EINVAL,
			       "port %u (%s): %u tx queues asked for, the device has %u", dev->port,
			       info->name, nb_tx, info->max_tx_queues);
	return 0;
}

static uint32_t
negotiate(const struct plx_ethdev *dev, enum plx_ethdev_names names, uint32_t wished,
	  uint32_t capable)
{
	char missing[160];

	if ((wished & ~capable) != 0)
		plx_log_notice(
			&life_log,
			"port %u (%s): %s offloads not offered by the device, going on without: %s",
			dev->port, dev->info.name, names == PLX_ETHDEV_RX_OFFLOADS ? "rx" : "tx",
			plx_ethdev_bits_text(names, wished & ~capable, missing, sizeof(missing)));
	return wished & capable;
}

int
plx_ethdev_configure(uint16_t port, uint16_t nb_rx, uint16_t nb_tx,
		     const struct plx_ethdev_conf *conf, struct plx_why *why)
{
	static const struct plx_ethdev_conf no_wishes;
	struct plx_ethdev *dev = plx_ethdev_at(port);
	int ret;

	if (dev == NULL)
		return ethdev_no_port(port, why);
	if (conf == NULL)
		conf = &no_wishes;
	if (dev->info.state == PLX_ETHDEV_STARTED)
		return is_started(dev, "configuring", why);
	ret = check_queue_counts(dev, nb_rx, nb_tx, why);
	if (ret == 0 && conf->mtu != 0)
		ret = plx_ethdev_set_mtu(port, conf->mtu, why);
	if (ret != 0)
		return ret;
	ethdev_release_queues(dev);
	dev->info.state = PLX_ETHDEV_CLOSED;
	dev->info.nb_rx_queues = nb_rx;
	dev->info.nb_tx_queues = nb_tx;
	dev->info.rx_offloads = negotiate(dev, PLX_ETHDEV_RX_OFFLOADS, conf->rx_offloads,
					  dev->info.rx_offloads_capable);
	dev->info.tx_offloads = negotiate(dev, PLX_ETHDEV_TX_OFFLOADS, conf->tx_offloads,
					  dev->info.tx_offloads_capable);
	ethdev_rss_default(dev, conf);
	ret = dev->ops->configure != NULL ? dev->ops->configure(dev, conf, why) : 0;
	if (ret != 0) {
		dev->info.nb_rx_queues = 0;
		dev->info.nb_tx_queues = 0;
		return plx_why_prefix(why, ret, "port %u (%s): ", port, dev->info.name);
	}
	dev->info.state = PLX_ETHDEV_CONFIGURED;
	return 0;
}

/* -- start, stop, close ------------------------------------------------------------------------------ */

static int
check_ready(const struct plx_ethdev *dev, struct plx_why *why)
{
	const struct plx_ethdev_info *info = &dev->info;

	if (info->state == PLX_ETHDEV_STARTED)
		return plx_why(why, -EBUSY, "port %u (%s) runs already", dev->port, info->name);
	if (info->state == PLX_ETHDEV_CLOSED)
		return plx_why(why, -EINVAL, "port %u (%s): configure it before starting",
			       dev->port, info->name);
	for (uint16_t i = 0; i < info->nb_rx_queues; i++) {
		if (dev->rxq[i] == NULL)
			return plx_why(why, -EINVAL, "port %u (%s): rx queue %u was not set up",
				       dev->port, info->name, i);
	}
	for (uint16_t i = 0; i < info->nb_tx_queues; i++) {
		if (dev->txq[i] == NULL)
			return plx_why(why, -EINVAL, "port %u (%s): tx queue %u was not set up",
				       dev->port, info->name, i);
	}
	return 0;
}

int
plx_ethdev_start(uint16_t port, struct plx_why *why)
{
	struct plx_ethdev *dev = plx_ethdev_at(port);
	int ret;

	if (dev == NULL)
		return ethdev_no_port(port, why);
	ret = check_ready(dev, why);
	if (ret != 0)
		return ret;
	if (dev->device->pci != NULL)
		ret = plx_pci_again(dev->device->pci, why);
	if (ret == 0)
		ret = dev->ops->start(dev, why);
	if (ret != 0)
		return plx_why_prefix(why, ret, "port %u (%s): ", port, dev->info.name);
	ret = ethdev_queues_started(dev, why);
	if (ret != 0) {
		dev->ops->stop(dev);
		ethdev_queues_stopped(dev);
		return ret;
	}
	dev->info.state = PLX_ETHDEV_STARTED;
	ethdev_fast_start(dev);
	return 0;
}

int
plx_ethdev_stop(uint16_t port)
{
	struct plx_ethdev *dev = plx_ethdev_at(port);

	if (dev == NULL)
		return -ENODEV;
	if (dev->info.state != PLX_ETHDEV_STARTED)
		return 0;
	ethdev_fast_stop(dev);
	dev->ops->stop(dev);
	ethdev_queues_stopped(dev);
	dev->info.state = PLX_ETHDEV_CONFIGURED;
	return 0;
}

int
plx_ethdev_close(uint16_t port)
{
	struct plx_ethdev *dev = plx_ethdev_at(port);

	if (dev == NULL)
		return -ENODEV;
	plx_ethdev_stop(port);
	ethdev_release_queues(dev);
	dev->info.nb_rx_queues = 0;
	dev->info.nb_tx_queues = 0;
	dev->info.state = PLX_ETHDEV_CLOSED;
	return 0;
}

int
plx_ethdev_reset(uint16_t port, struct plx_why *why)
{
	struct plx_ethdev *dev = plx_ethdev_at(port);
	int ret;

	if (dev == NULL)
		return ethdev_no_port(port, why);
	plx_ethdev_close(port);
	ret = dev->ops->reset != NULL ? dev->ops->reset(dev, why) : 0;
	return ret == 0 ? 0 : plx_why_prefix(why, ret, "port %u (%s): ", port, dev->info.name);
}
