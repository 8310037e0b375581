/* SPDX-License-Identifier: BSD-3-Clause */
/* The port table: which ports there are and what they are. */
#include "ethdev_priv.h"

#include "plx_bits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Atomic: who takes a tap off a port looks while the port goes, and the next one takes its number. */
static struct plx_ethdev *port_table[PLX_ETHDEV_MAX];

struct plx_ethdev *
plx_ethdev_at(uint16_t port)
{
	return port < PLX_ETHDEV_MAX ? __atomic_load_n(&port_table[port], __ATOMIC_ACQUIRE) : NULL;
}

static void
put_at(uint16_t port, struct plx_ethdev *dev)
{
	__atomic_store_n(&port_table[port], dev, __ATOMIC_RELEASE);
}

unsigned
plx_ethdev_count(void)
{
	unsigned count = 0;

	PLX_ETHDEV_FOREACH(port)
		count++;
	return count;
}

uint16_t
plx_ethdev_next(uint16_t port)
{
	while (port < PLX_ETHDEV_MAX && plx_ethdev_at(port) == NULL)
		port++;
	return port;
}

int
plx_ethdev_by_name(const char *name, uint16_t *ret_port)
{
	PLX_ETHDEV_FOREACH(port) {
		if (strcmp(plx_ethdev_at(port)->info.name, name) == 0) {
			*ret_port = port;
			return 0;
		}
	}
	return -ENODEV;
}

int
plx_ethdev_info(uint16_t port, struct plx_ethdev_info *ret_info)
{
	const struct plx_ethdev *dev = plx_ethdev_at(port);

	if (dev == NULL)
		return -ENODEV;
	*ret_info = dev->info;
	return 0;
}

static int
check_driver(const struct plx_ethdev *dev, struct plx_why *why)
{
	const struct plx_ethdev_ops *ops = dev->ops;

	if (dev->device == NULL || ops == NULL || ops->rx_queue_setup == NULL ||
	    ops->tx_queue_setup == NULL || ops->rx_queue_release == NULL ||
	    ops->tx_queue_release == NULL || ops->start == NULL || ops->stop == NULL)
		return plx_why(why, -EINVAL,
			       "driver without device, queue setup and release, start or stop");
	if (dev->nb_counters > PLX_ETHDEV_COUNTERS_MAX)
		return plx_why(why, -EINVAL, "driver with %u counters; %d are possible",
			       dev->nb_counters, PLX_ETHDEV_COUNTERS_MAX);
	if (dev->info.max_rx_queues > PLX_ETHDEV_QUEUES_MAX ||
	    dev->info.max_tx_queues > PLX_ETHDEV_QUEUES_MAX)
		return plx_why(why, -EINVAL, "driver with more than %d queues",
			       PLX_ETHDEV_QUEUES_MAX);
	return 0;
}

static void
default_info(struct plx_ethdev *dev)
{
	static const uint8_t no_mac[6];
	struct plx_ethdev_info *info = &dev->info;

	snprintf(info->name, sizeof(info->name), "%s", dev->device->name);
	snprintf(info->driver, sizeof(info->driver), "%s",
		 dev->device->driver != NULL ? dev->device->driver->name : "");
	info->node = dev->device->node;
	info->state = PLX_ETHDEV_CLOSED;
	if (dev->mtu == 0)
		dev->mtu = 1500;
	if (info->min_mtu == 0)
		info->min_mtu = 68;
	if (info->max_mtu == 0)
		info->max_mtu = dev->mtu;
	if (info->max_mac_addrs == 0)
		info->max_mac_addrs = 1;
	if (memcmp(dev->mac, no_mac, sizeof(no_mac)) == 0) {
		const uint8_t made_up[6] = {
			0x02, 'p', 'l', 'x', (uint8_t)(dev->port >> 8), (uint8_t)dev->port};

		memcpy(dev->mac, made_up, sizeof(made_up));
	}
}

void *
plx_ethdev_alloc(size_t size)
{
	const size_t lines = plx_align_up(size, PLX_CACHE_LINE);
	void *memory = aligned_alloc(PLX_CACHE_LINE, lines);

	if (memory != NULL)
		memset(memory, 0, lines);
	return memory;
}

int
plx_ethdev_register(struct plx_ethdev *dev, struct plx_why *why)
{
	int ret = check_driver(dev, why);
	uint16_t port = 0;

	if (ret != 0)
		return ret;
	while (plx_ethdev_at(port) != NULL)
		port++;
	if (port == PLX_ETHDEV_MAX)
		return plx_why(why, -ENOSPC,
			       "%d ports are the most; see the build option max_ports",
			       PLX_ETHDEV_MAX);
	dev->priv = calloc(1, sizeof(*dev->priv));
	if (dev->priv == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	dev->port = port;
	default_info(dev);
	put_at(port, dev);
	ethdev_fast_stop(dev);
	ethdev_watch_port(dev);
	return 0;
}

void
plx_ethdev_unregister(struct plx_ethdev *dev)
{
	if (dev == NULL || dev->priv == NULL)
		return;
	ethdev_unwatch_port(dev);
	plx_ethdev_close(dev->port);
	ethdev_hooks_forget(dev);
	ethdev_fast_forget(dev);
	put_at(dev->port, NULL);
	free(dev->priv);
	dev->priv = NULL;
}
