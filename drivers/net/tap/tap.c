/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * net_tap: a wire whose other end is a kernel interface. What the kernel sends into the interface is
 * received here, what is sent here arrives in the kernel's stack. Made at probe, gone at remove and at any
 * death of the program; without carrier while the port is stopped.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "plx_kvargs.h"
#include "tap_priv.h"

#define MTU_MAX		65521 /* the kernel's, for a tap */
#define DESCS_DEFAULT	512
#define DESCS_MAX	32768
#define RUNNING_WAIT_MS 500

static const struct plx_ethdev_counter tap_counters[] = {
	[TAP_RX_QUEUE_FULL] = {"rx_missed_queue_full", "kernel queue of the tap full",
			       PLX_COUNTER_RX_MISSED},
	[TAP_RX_STOPPED] = {"rx_missed_while_stopped", "came while the port was stopped",
			    PLX_COUNTER_RX_MISSED},
	[TAP_RX_FILTERED] = {"rx_filtered", "for other addresses or VLANs", PLX_COUNTER_INFO},
	[TAP_TX_DOWN] = {"tx_interface_down", "interface down", PLX_COUNTER_TX_ERROR},
};
PLX_STATIC_ASSERT(PLX_ARRAY_LEN(tap_counters) == PLX_ARRAY_LEN(((struct tap_port *)NULL)->retired),
		  "one sum a counter");

/* -- life --------------------------------------------------------------------------------------------- */

static int
tap_configure(struct plx_ethdev *dev, const struct plx_ethdev_conf *conf, struct plx_why *why)
{
	struct tap_port *port = tap_port(dev);
	unsigned rx = dev->info.nb_rx_queues, tx = dev->info.nb_tx_queues;
	const bool by_vlan = (dev->info.rx_offloads & PLX_ETH_RX_OFFLOAD_VLAN_FILTER) != 0;
	int err = tap_netdev_set_queues(port, rx > tx ? rx : tx, why);

	__atomic_store_n(&port->filter.by_vlan, by_vlan, __ATOMIC_RELAXED);
	return err < 0 ? err : tap_netdev_set_offloads(port, why);
}

/* The carrier's way to "running" is a work queue of the kernel; what is sent earlier would be lost. */
static void
wait_until_running(struct tap_port *port)
{
	const struct timespec millisecond = {.tv_nsec = 1000000};
	uint32_t flags = 0;

	for (int i = 0; i < RUNNING_WAIT_MS; i++) {
		if (plx_netdev_flags(&port->netdev, &flags) < 0 || (flags & IFF_RUNNING))
			return;
		nanosleep(&millisecond, NULL);
	}
}

/* The kernel's queue between the interface and us holds as many packets as there are descriptors. */
static void
set_queue_len(struct tap_port *port)
{
	uint16_t descs = 0;

	for (uint16_t i = 0; i < port->dev.info.nb_rx_queues; i++)
		descs = port->dev.rx_descs[i] > descs ? port->dev.rx_descs[i] : descs;
	if (descs > 0)
		plx_netdev_set_tx_queue_len(&port->netdev, descs);
}

static int
tap_start(struct plx_ethdev *dev, struct plx_why *why)
{
	struct tap_port *port = tap_port(dev);
	int err;

	for (uint16_t i = 0; i < dev->info.nb_rx_queues; i++)
		tap_rx_prepare(dev->rxq[i]);
	set_queue_len(port);
	err = plx_netdev_change_flags(&port->netdev, IFF_UP, 0);
	if (err == 0)
		err = tap_netdev_set_carrier(port, true);
	if (err == -EPERM)
		return plx_why(
			why, err,
			"bringing %s up needs CAP_NET_ADMIN: `sudo ip link set dev %s up` "
			"beforehand, run as root, or setcap cap_net_admin+ep on the program" PLX_DOCTOR(
				"capabilities"),
			port->netdev.name, port->netdev.name);
	if (err < 0)
		return plx_why(why, err, "cannot bring %s up: %s", port->netdev.name,
			       strerror(-err));
	wait_until_running(port);
	return 0;
}

static void
tap_stop(struct plx_ethdev *dev)
{
	tap_netdev_set_carrier(tap_port(dev), false);
}

/* -- settings ----------------------------------------------------------------------------------------- */

static int
tap_link(struct plx_ethdev *dev, struct plx_ethdev_link *ret_link)
{
	return plx_netdev_link(&tap_port(dev)->netdev, ret_link);
}

static int
tap_set_link(struct plx_ethdev *dev, bool up)
{
	struct tap_port *port = tap_port(dev);
	int err = up ? plx_netdev_change_flags(&port->netdev, IFF_UP, 0) : 0;

	return err < 0 ? err : tap_netdev_set_carrier(port, up);
}

static int
tap_set_mtu(struct plx_ethdev *dev, uint16_t mtu, struct plx_why *why)
{
	struct tap_port *port = tap_port(dev);
	int err = plx_netdev_set_mtu(&port->netdev, mtu, why);

	if (err < 0)
		return err;
	dev->mtu = mtu;
	for (uint16_t i = 0; i < dev->info.nb_rx_queues; i++) {
		if (dev->rxq[i] != NULL)
			tap_rx_size(dev->rxq[i]);
	}
	return 0;
}

static int
tap_set_promiscuous(struct plx_ethdev *dev, bool on)
{
	__atomic_store_n(&tap_port(dev)->filter.promiscuous, on, __ATOMIC_RELAXED);
	return 0;
}

static int
tap_set_allmulticast(struct plx_ethdev *dev, bool on)
{
	__atomic_store_n(&tap_port(dev)->filter.allmulticast, on, __ATOMIC_RELAXED);
	return 0;
}

static int
tap_set_mac(struct plx_ethdev *dev, const uint8_t mac[6])
{
	tap_filter_set_own(&tap_port(dev)->filter, mac);
	return 0;
}

static int
tap_filter_mac(struct plx_ethdev *dev, const uint8_t mac[6], bool on)
{
	return tap_filter_set(&tap_port(dev)->filter, mac, on);
}

static int
tap_filter_vlan(struct plx_ethdev *dev, uint16_t vlan, bool on)
{
	tap_filter_set_vlan(&tap_port(dev)->filter, vlan, on);
	return 0;
}

static int
tap_rx_fd(struct plx_ethdev *dev, void *queue)
{
	return ((const struct tap_rxq *)queue)->fd;
}

/* -- books -------------------------------------------------------------------------------------------- */

/*
 * The kernel counts as sent what we have read and as dropped what found the queue full: that is what came
 * in, counted on the other side. Frames that the filter refused were never ours.
 */
static int
tap_count(struct plx_ethdev *dev, uint64_t *values, uint64_t *ret_received)
{
	struct tap_port *port = tap_port(dev);
	const struct plx_netdev_stats *now = &port->now;
	int err;

	memcpy(values, port->retired, sizeof(port->retired));
	for (uint16_t i = 0; i < PLX_ETHDEV_QUEUES_MAX; i++) {
		const struct tap_rxq *rxq = dev->rxq[i];
		const struct tap_txq *txq = dev->txq[i];

		if (rxq != NULL) {
			values[TAP_RX_FILTERED] += plx_ethdev_read(&rxq->filtered);
			values[TAP_RX_STOPPED] += plx_ethdev_read(&rxq->stopped);
		}
		if (txq != NULL)
			values[TAP_TX_DOWN] += plx_ethdev_read(&txq->down);
	}
	/* An interface that has gone took its count of what it sent with it. */
	err = plx_netdev_stats(&port->netdev, &port->now);
	values[TAP_RX_QUEUE_FULL] = now->tx_dropped - port->base.tx_dropped;
	if (err < 0)
		return err;
	*ret_received = now->tx_packets - port->base.tx_packets + values[TAP_RX_QUEUE_FULL] -
			values[TAP_RX_FILTERED];
	return 0;
}

static const struct plx_ethdev_ops tap_ops = {
	.configure = tap_configure,
	.rx_queue_setup = tap_rx_queue_setup,
	.tx_queue_setup = tap_tx_queue_setup,
	.rx_queue_release = tap_rx_queue_release,
	.tx_queue_release = tap_tx_queue_release,
	.start = tap_start,
	.stop = tap_stop,
	.link = tap_link,
	.set_link = tap_set_link,
	.set_mtu = tap_set_mtu,
	.set_promiscuous = tap_set_promiscuous,
	.set_allmulticast = tap_set_allmulticast,
	.set_mac = tap_set_mac,
	.filter_mac = tap_filter_mac,
	.filter_vlan = tap_filter_vlan,
	.rx_fd = tap_rx_fd,
	.counters = tap_count,
};

/* -- driver ------------------------------------------------------------------------------------------- */

static void
describe(struct tap_port *port)
{
	struct plx_ethdev_info *info = &port->dev.info;

	info->if_index = port->netdev.index;
	info->max_rx_queues = info->max_tx_queues = port->multi_queue ? TAP_QUEUES_MAX : 1;
	info->max_mtu = MTU_MAX;
	info->rx_desc_min = info->tx_desc_min = 1;
	info->rx_desc_max = info->tx_desc_max = DESCS_MAX;
	info->rx_desc_default = info->tx_desc_default = DESCS_DEFAULT;
	info->rx_buf_min = 64;
	info->max_mac_addrs = TAP_MACS_MAX;
	info->rx_offloads_capable = PLX_ETH_RX_OFFLOAD_UDP_CSUM | PLX_ETH_RX_OFFLOAD_TCP_CSUM |
				    PLX_ETH_RX_OFFLOAD_VLAN_FILTER | PLX_ETH_RX_OFFLOAD_SCATTER |
				    PLX_ETH_RX_OFFLOAD_LRO;
	info->tx_offloads_capable = PLX_ETH_TX_OFFLOAD_IPV4_CSUM | PLX_ETH_TX_OFFLOAD_UDP_CSUM |
				    PLX_ETH_TX_OFFLOAD_TCP_CSUM | PLX_ETH_TX_OFFLOAD_VLAN_INSERT |
				    PLX_ETH_TX_OFFLOAD_TCP_TSO | PLX_ETH_TX_OFFLOAD_MULTI_SEGS;
	snprintf(info->mode, sizeof(info->mode), "tap %s%s%s", port->netdev.name,
		 port->multi_queue ? "" : ", single queue",
		 port->args.persist ? ", persistent" : "");
}

static int
make_port(struct tap_port *port, struct plx_why *why)
{
	uint32_t mtu = 0;

	port->dev.ops = &tap_ops;
	port->dev.counters = tap_counters;
	port->dev.nb_counters = PLX_ARRAY_LEN(tap_counters);
	port->dev.rx_burst = tap_rx_burst;
	port->dev.tx_burst = tap_tx_burst;
	port->dev.promiscuous = port->filter.promiscuous = true;
	memcpy(port->dev.mac, port->args.mac, 6);
	describe(port);
	if (plx_netdev_mtu(&port->netdev, &mtu) == 0 && mtu <= MTU_MAX)
		port->dev.mtu = (uint16_t)mtu;
	return plx_ethdev_register(&port->dev, why);
}

static int
tap_probe(struct plx_device *device, struct plx_why *why)
{
	struct tap_port *port = plx_ethdev_alloc(sizeof(*port));
	int err;

	if (port == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	port->dev.device = device;
	err = tap_args_parse(device->args, &port->args, why);
	if (err < 0)
		goto free_port;
	err = tap_netdev_open(port, why);
	if (err < 0)
		goto free_port;
	err = make_port(port, why);
	if (err < 0)
		goto close_interface;
	tap_filter_set_own(&port->filter, port->dev.mac);
	device->data = port;
	return 0;

close_interface:
	tap_netdev_close(port);
free_port:
	free(port);
	return err;
}

static void
tap_remove(struct plx_device *device)
{
	struct tap_port *port = device->data;

	plx_ethdev_unregister(&port->dev);
	tap_netdev_close(port);
	free(port);
}

const struct plx_driver plx_driver_net_tap = {
	.api = PLX_DRIVER_API,
	.bus = PLX_BUS_VDEV,
	.name = "net_tap",
	.about = "a wire to a kernel interface of its own",
	.probe = tap_probe,
	.remove = tap_remove,
};
