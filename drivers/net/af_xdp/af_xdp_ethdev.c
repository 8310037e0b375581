/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * net_af_xdp: a port on a kernel interface through AF_XDP sockets, one a queue, whose UMEM is the pool.
 * docs/nics/af_xdp.md is for users, README.md for readers. Not supported: hardware offloads by TX
 * metadata and received hashes, which need a kernel driver that has them.
 */
#include "af_xdp_priv.h"

#include "plx_bits.h"
#include "plx_filter.h"
#include "plx_log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

PLX_LOG_COMPONENT(port_log, "pmd.net.af_xdp");

/* -- queues ---------------------------------------------------------------------------------------------- */

static uint16_t
ring_size(uint16_t descs)
{
	return (uint16_t)plx_pow2_ceil(descs);
}

static int
rx_queue_setup(struct plx_ethdev *dev, uint16_t queue, uint16_t descs, struct plx_pool *pool,
	       void **ret_queue, struct plx_why *why)
{
	struct af_xdp_queue *q = &af_xdp_port(dev)->queue[queue];
	struct af_xdp_umem umem;
	int err = af_xdp_umem_init(&umem, pool, why);

	if (err != 0)
		return err;
	dev->rx_descs[queue] = ring_size(descs);
	if (dev->rx_descs[queue] > pool->n)
		return plx_why(
			why, -ENOBUFS,
			"the ring takes %u buffers and pool %s has %u: make the pool larger or "
			"use fewer descriptors",
			dev->rx_descs[queue], plx_pool_name(pool), pool->n);
	memset(&q->rx.stats, 0, sizeof(q->rx.stats));
	q->rx.port = dev->port;
	q->rx.queue = queue;
	q->rx_pool = pool;
	*ret_queue = &q->rx;
	return 0;
}

static int
tx_queue_setup(struct plx_ethdev *dev, uint16_t queue, uint16_t descs, void **ret_queue,
	       struct plx_why *why)
{
	struct af_xdp_queue *q = &af_xdp_port(dev)->queue[queue];

	dev->tx_descs[queue] = ring_size(descs);
	memset(&q->tx.stats, 0, sizeof(q->tx.stats));
	q->tx.queue = queue;
	q->sends = true;
	*ret_queue = &q->tx;
	return 0;
}

/* Sockets and buffers went at stop. */
static void
rx_queue_release(struct plx_ethdev *dev, void *queue)
{
	PLX_CONTAINER_OF(queue, struct af_xdp_queue, rx)->rx_pool = NULL;
}

static void
tx_queue_release(struct plx_ethdev *dev, void *queue)
{
	PLX_CONTAINER_OF(queue, struct af_xdp_queue, tx)->sends = false;
}

/* -- life ------------------------------------------------------------------------------------------------ */

static plx_ethdev_rx_fn
choose_rx_burst(const struct af_xdp_port *port)
{
	const uint32_t offloads = port->dev.info.rx_offloads;
	const bool stamps = (offloads & PLX_ETH_RX_OFFLOAD_TIMESTAMP) != 0;

	if ((offloads & PLX_ETH_RX_OFFLOAD_SCATTER) != 0 && port->queue[0].xsk.multi_buffer)
		return stamps ? af_xdp_rx_burst_scatter_stamped : af_xdp_rx_burst_scatter;
	return stamps ? af_xdp_rx_burst_stamped : af_xdp_rx_burst;
}

static int
start(struct plx_ethdev *dev, struct plx_why *why)
{
	struct af_xdp_port *port = af_xdp_port(dev);
	int err = af_xdp_queues_open(port, why);

	if (err != 0)
		return err;
	dev->rx_burst = choose_rx_burst(port);
	af_xdp_mode_text(port, dev->info.mode, sizeof(dev->info.mode));
	if ((dev->info.rx_offloads & PLX_ETH_RX_OFFLOAD_TIMESTAMP) != 0 &&
	    port->clock->id != CLOCK_TAI)
		plx_log_notice(&port_log,
			       "%s: this kernel gives XDP programs no CLOCK_TAI (Linux 6.1): time "
			       "stamps are CLOCK_MONOTONIC's, and follow the clock of the day when "
			       "it is set only after a second",
			       dev->info.name);
	plx_log_notice(&port_log, "%s on %s: %s", dev->info.name, port->netdev.name,
		       dev->info.mode);
	return 0;
}

static void
stop(struct plx_ethdev *dev)
{
	af_xdp_queues_close(af_xdp_port(dev));
}

static int
rx_fd(struct plx_ethdev *dev, void *queue)
{
	const struct af_xdp_queue *q = PLX_CONTAINER_OF(queue, struct af_xdp_queue, rx);

	return q->open ? q->xsk.fd : -ENETDOWN;
}

static int
rx_queue_count(struct plx_ethdev *dev, void *queue)
{
	return (int)af_xdp_rx_waiting(PLX_CONTAINER_OF(queue, struct af_xdp_queue, rx));
}

static const struct plx_ethdev_ops af_xdp_ops = {
	.rx_queue_setup = rx_queue_setup,
	.tx_queue_setup = tx_queue_setup,
	.rx_queue_release = rx_queue_release,
	.tx_queue_release = tx_queue_release,
	.start = start,
	.stop = stop,
	.link = af_xdp_link,
	.set_link = af_xdp_set_link,
	.set_mtu = af_xdp_set_mtu,
	.set_promiscuous = af_xdp_set_promiscuous,
	.set_allmulticast = af_xdp_set_allmulticast,
	.set_mac = af_xdp_set_mac,
	.filter_mac = af_xdp_filter_mac,
	.flow_ctrl = af_xdp_flow_ctrl,
	.set_flow_ctrl = af_xdp_set_flow_ctrl,
	.rx_fd = rx_fd,
	.rx_queue_count = rx_queue_count,
	.counters = af_xdp_counters_read,
};

/* -- probe and remove ------------------------------------------------------------------------------------ */

static int
check_queues(const struct af_xdp_port *port, uint16_t *ret_count, struct plx_why *why)
{
	const unsigned first = (unsigned)port->args.start_queue;
	const unsigned asked = (unsigned)port->args.queue_count;
	const unsigned there = port->device_queues;

	if (first >= there || asked > there - first)
		return plx_why(
			why, -EINVAL,
			"start_queue=%u with %u queue(s) reaches beyond what %s has (%u): see "
			"`ethtool -l %s`; more, if the device can, with `ethtool -L %s combined N` "
			"(veth: rx N tx N)" PLX_DOCTOR("interfaces"),
			first, asked != 0 ? asked : 1, port->netdev.name, there, port->netdev.name,
			port->netdev.name);
	*ret_count = (uint16_t)(asked != 0			    ? asked
				: there - first > AF_XDP_QUEUES_MAX ? AF_XDP_QUEUES_MAX
								    : there - first);
	return 0;
}

static void
describe(struct af_xdp_port *port, uint16_t queues)
{
	struct plx_ethdev *dev = &port->dev;
	struct plx_ethdev_info *info = &dev->info;

	dev->ops = &af_xdp_ops;
	dev->counters = af_xdp_counters;
	dev->nb_counters = AF_XDP_COUNTERS;
	dev->rx_burst = af_xdp_rx_burst;
	dev->tx_burst = af_xdp_tx_burst;
	dev->prefills = true;
	port->clock = af_xdp_stamp_clock();
	snprintf(info->rx_clock, sizeof(info->rx_clock), "%s", port->clock->words);
	info->if_index = port->netdev.index;
	info->max_rx_queues = info->max_tx_queues = queues;
	info->max_mtu = UINT16_MAX;
	info->rx_desc_min = info->tx_desc_min = AF_XDP_DESCS_MIN;
	info->rx_desc_max = info->tx_desc_max = AF_XDP_DESCS_MAX;
	info->rx_desc_default = info->tx_desc_default = AF_XDP_DESCS_DEFAULT;
	info->max_mac_addrs = 32;
	af_xdp_prefer_buffers(port, dev->mtu);
	info->rx_offloads_capable = PLX_ETH_RX_OFFLOAD_SCATTER | PLX_ETH_RX_OFFLOAD_TIMESTAMP;
	info->tx_offloads_capable = PLX_ETH_TX_OFFLOAD_MULTI_SEGS;
	snprintf(info->mode, sizeof(info->mode), "AF_XDP on %s (%s), not started",
		 port->netdev.name, port->driver);
}

static int
make_port(struct af_xdp_port **ret_port, struct plx_why *why)
{
	struct af_xdp_port *port = calloc(1, sizeof(*port));
	const size_t bytes = AF_XDP_QUEUES_MAX * sizeof(struct af_xdp_queue);

	if (port != NULL)
		port->queue = aligned_alloc(PLX_CACHE_LINE, bytes);
	if (port == NULL || port->queue == NULL) {
		free(port);
		return plx_why(why, -ENOMEM, "out of memory");
	}
	memset(port->queue, 0, bytes);
	for (unsigned i = 0; i < AF_XDP_QUEUES_MAX; i++)
		port->queue[i].port = port;
	*ret_port = port;
	return 0;
}

static void
free_port(struct af_xdp_port *port)
{
	free(port->queue);
	free(port);
}

static int
probe(struct plx_device *device, struct plx_why *why)
{
	struct af_xdp_port *port = NULL;
	uint16_t queues = 0;
	int err = make_port(&port, why);

	if (err != 0)
		return err;
	err = af_xdp_args_parse(device->args, &port->args, why);
	if (err != 0)
		goto free_memory;
	if (port->args.filter[0] != '\0') {
		err = plx_filter_compile(port->args.filter, PLX_FILTER_SNAPLEN, &port->filter, why);
		if (err != 0) {
			plx_why_prefix(why, err, "filter='%s': ", port->args.filter);
			goto free_memory;
		}
	}
	err = af_xdp_netdev_open(port, why);
	if (err != 0)
		goto free_filter;
	err = check_queues(port, &queues, why);
	if (err != 0)
		goto close_netdev;
	describe(port, queues);
	port->dev.device = device;
	err = plx_ethdev_register(&port->dev, why);
	if (err != 0)
		goto close_netdev;
	device->data = port;
	return 0;

close_netdev:
	af_xdp_netdev_restore(port);
free_filter:
	plx_filter_destroy(port->filter);
free_memory:
	free_port(port);
	return err;
}

static void
remove_port(struct plx_device *device)
{
	struct af_xdp_port *port = device->data;

	plx_ethdev_unregister(&port->dev);
	af_xdp_netdev_restore(port);
	plx_filter_destroy(port->filter);
	free_port(port);
}

const struct plx_driver plx_driver_net_af_xdp = {
	.api = PLX_DRIVER_API,
	.bus = PLX_BUS_VDEV,
	.name = "net_af_xdp",
	.about = "a kernel interface by AF_XDP sockets, without copies in user space",
	.probe = probe,
	.remove = remove_port,
};
