/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * net_vhost: the device that a virtual machine's or a container's virtio NIC is, as a port. What the guest sends is received
 * here, what is sent here the guest receives. The port runs with a front end or without; its link tells.
 */
#include "vhost.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MTU_MAX	      65535
#define DESCS_DEFAULT 256
#define DESCS_MAX     VIRTIO_QUEUE_SIZE_MAX

static const struct plx_ethdev_counter vhost_counters[] = {
	[VHOST_RX_BAD_DESC] = {"rx_bad_descriptors", "unusable descriptors of the guest",
			       PLX_COUNTER_RX_ERROR},
	[VHOST_RX_BAD_HEADER] = {"rx_bad_headers", "network header of the guest is nonsense",
				 PLX_COUNTER_RX_ERROR},
	[VHOST_RX_UNCUT] = {"rx_uncut", "uncut TCP, and the port was started without LRO",
			    PLX_COUNTER_RX_ERROR},
	[VHOST_RX_POOL_EMPTY] = {"rx_pool_empty", "times packets waited for the pool",
				 PLX_COUNTER_INFO},
	[VHOST_TX_TOO_LONG] = {"tx_too_long", "longer than the guest's buffers",
			       PLX_COUNTER_TX_ERROR},
	[VHOST_TX_BAD_DESC] = {"tx_bad_descriptors", "unusable buffers, given back to the guest",
			       PLX_COUNTER_INFO},
	[VHOST_CALLS] = {"calls", "times the guest was woken up", PLX_COUNTER_INFO},
	[VHOST_BROKEN_RINGS] = {"rings_stopped", "rings stopped for nonsense in them",
				PLX_COUNTER_INFO},
	[VHOST_CONNECTIONS] = {"front_ends", "front ends that came", PLX_COUNTER_INFO},
	[VHOST_REFUSED] = {"front_ends_refused", "front ends sent away for what they said",
			   PLX_COUNTER_INFO},
};
PLX_STATIC_ASSERT(PLX_ARRAY_LEN(vhost_counters) == VHOST_COUNTERS, "one row a counter");

/* -- queues ------------------------------------------------------------------------------------------------- */

static int
vhost_rx_queue_setup(struct plx_ethdev *dev, uint16_t queue, uint16_t descs, struct plx_pool *pool,
		     void **ret_queue, struct plx_why *why)
{
	struct vhost_port *port = vhost_port(dev);
	struct vhost_rxq *rxq = plx_ethdev_alloc(sizeof(*rxq));

	if (rxq == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	rxq->pool = pool;
	rxq->port = port;
	rxq->ring = &port->ring[2 * queue + 1];
	rxq->id = queue;
	rxq->room = (uint16_t)(pool->buf_size - pool->headroom);
	*ret_queue = rxq;
	return 0;
}

static int
vhost_tx_queue_setup(struct plx_ethdev *dev, uint16_t queue, uint16_t descs, void **ret_queue,
		     struct plx_why *why)
{
	struct vhost_port *port = vhost_port(dev);
	struct vhost_txq *txq = plx_ethdev_alloc(sizeof(*txq));

	if (txq == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	txq->port = port;
	txq->ring = &port->ring[2 * queue];
	*ret_queue = txq;
	return 0;
}

/* No buffer stays in a queue that was stopped: packets are copied. */
static void
vhost_rx_queue_release(struct plx_ethdev *dev, void *queue)
{
	struct vhost_port *port = vhost_port(dev);
	struct vhost_rxq *rxq = queue;

	port->counter[VHOST_RX_BAD_DESC] += rxq->bad_desc;
	port->counter[VHOST_RX_BAD_HEADER] += rxq->bad_header;
	port->counter[VHOST_RX_UNCUT] += rxq->uncut;
	port->counter[VHOST_RX_POOL_EMPTY] += rxq->pool_empty;
	free(rxq);
}

static void
vhost_tx_queue_release(struct plx_ethdev *dev, void *queue)
{
	struct vhost_port *port = vhost_port(dev);
	struct vhost_txq *txq = queue;

	port->counter[VHOST_TX_TOO_LONG] += txq->too_long;
	port->counter[VHOST_TX_BAD_DESC] += txq->bad_desc;
	free(txq);
}

/* -- life --------------------------------------------------------------------------------------------------- */

/* Opens the gates of what is attached; attaching goes with messages. */
static void
open_gates(struct vhost_port *port)
{
	for (unsigned i = 0; i < VHOST_RINGS_MAX; i++) {
		struct vhost_ring *ring = &port->ring[i];

		if (ring->attached && ring->enabled && !vhost_ring_is_off(ring) &&
		    !vhost_ring_is_broken(ring))
			plx_gate_open(&ring->gate);
	}
}

static void
set_off(struct vhost_ring *ring, bool off)
{
	__atomic_store_n(&ring->off, off, __ATOMIC_RELAXED);
}

static int
vhost_start(struct plx_ethdev *dev, struct plx_why *why)
{
	const uint32_t sums = PLX_ETH_RX_OFFLOAD_UDP_CSUM | PLX_ETH_RX_OFFLOAD_TCP_CSUM;
	struct vhost_port *port = vhost_port(dev);
	const uint32_t offloads = dev->info.rx_offloads;

	for (uint16_t i = 0; i < dev->info.nb_rx_queues; i++) {
		struct vhost_rxq *rxq = dev->rxq[i];

		rxq->csum = (offloads & sums) == sums;
		rxq->lro = (offloads & PLX_ETH_RX_OFFLOAD_LRO) != 0;
		rxq->strip = (offloads & PLX_ETH_RX_OFFLOAD_VLAN_STRIP) != 0;
		rxq->scatter = rxq->lro || (offloads & PLX_ETH_RX_OFFLOAD_SCATTER) != 0;
	}
	pthread_mutex_lock(&port->lock);
	port->started = true;
	for (unsigned i = 0; i < VHOST_RINGS_MAX; i++)
		set_off(&port->ring[i], false);
	if (!port->link_down)
		open_gates(port);
	pthread_mutex_unlock(&port->lock);
	return 0;
}

static void
vhost_stop(struct plx_ethdev *dev)
{
	struct vhost_port *port = vhost_port(dev);

	pthread_mutex_lock(&port->lock);
	port->started = false;
	vhost_rings_pause(port);
	pthread_mutex_unlock(&port->lock);
	for (uint16_t i = 0; i < dev->info.nb_tx_queues; i++)
		vhost_tx_give_up(dev->txq[i]);
}

/* -- one queue alone ----------------------------------------------------------------------------------------- */

/*
 * Of this the front end is not told, for which there is no message: what it makes available waits. Lists are only held
 * inside a burst, so a closed gate is all there is to it.
 */
static void
run_ring(struct vhost_port *port, struct vhost_ring *ring, bool on)
{
	pthread_mutex_lock(&port->lock);
	set_off(ring, !on);
	if (!on)
		plx_gate_close(&ring->gate);
	else if (port->started && !port->link_down)
		open_gates(port);
	pthread_mutex_unlock(&port->lock);
}

static int
vhost_rx_queue_run(struct plx_ethdev *dev, uint16_t queue, bool on, struct plx_why *why)
{
	struct vhost_rxq *rxq = dev->rxq[queue];

	run_ring(rxq->port, rxq->ring, on);
	return 0;
}

static int
vhost_tx_queue_run(struct plx_ethdev *dev, uint16_t queue, bool on, struct plx_why *why)
{
	struct vhost_txq *txq = dev->txq[queue];

	run_ring(txq->port, txq->ring, on);
	if (!on)
		vhost_tx_give_up(txq);
	return 0;
}

uint16_t
vhost_refuse(const struct vhost_port *port, const struct vhost_ring *ring)
{
	return vhost_ring_is_off(ring) ? plx_ethdev_refuse(&port->dev) : 0;
}

/* -- settings ------------------------------------------------------------------------------------------------- */

static int
vhost_link(struct plx_ethdev *dev, struct plx_ethdev_link *ret_link)
{
	struct vhost_port *port = vhost_port(dev);

	pthread_mutex_lock(&port->lock);
	*ret_link = (struct plx_ethdev_link){.full_duplex = true,
					     .up = !port->link_down && vhost_rings_ready(port)};
	pthread_mutex_unlock(&port->lock);
	return 0;
}

static int
vhost_set_link(struct plx_ethdev *dev, bool up)
{
	struct vhost_port *port = vhost_port(dev);
	const uint64_t one = 1;
	ssize_t written;

	pthread_mutex_lock(&port->lock);
	port->link_down = !up;
	if (!up)
		vhost_rings_pause(port);
	else if (port->started)
		open_gates(port);
	pthread_mutex_unlock(&port->lock);
	/* The control thread tells who watches. */
	written = write(port->trouble_fd, &one, sizeof(one));
	(void)written;
	return 0;
}

static int
vhost_set_mtu(struct plx_ethdev *dev, uint16_t mtu, struct plx_why *why)
{
	return 0;
}

/* All that the guest sends is received, whomever it is for. */
static int
vhost_set_flag(struct plx_ethdev *dev, bool on)
{
	return 0;
}

static int
vhost_set_mac(struct plx_ethdev *dev, const uint8_t mac[6])
{
	return 0;
}

/* -- books ------------------------------------------------------------------------------------------------------ */

static int
vhost_count(struct plx_ethdev *dev, uint64_t *values, uint64_t *ret_received)
{
	struct vhost_port *port = vhost_port(dev);

	pthread_mutex_lock(&port->lock);
	memcpy(values, port->counter, sizeof(port->counter));
	for (unsigned i = 0; i < VHOST_RINGS_MAX; i++)
		values[VHOST_CALLS] += plx_ethdev_read(&port->ring[i].calls);
	pthread_mutex_unlock(&port->lock);
	for (uint16_t i = 0; i < PLX_ETHDEV_QUEUES_MAX; i++) {
		const struct vhost_rxq *rxq = dev->rxq[i];
		const struct vhost_txq *txq = dev->txq[i];

		if (rxq != NULL) {
			values[VHOST_RX_BAD_DESC] += plx_ethdev_read(&rxq->bad_desc);
			values[VHOST_RX_BAD_HEADER] += plx_ethdev_read(&rxq->bad_header);
			values[VHOST_RX_UNCUT] += plx_ethdev_read(&rxq->uncut);
			values[VHOST_RX_POOL_EMPTY] += plx_ethdev_read(&rxq->pool_empty);
		}
		if (txq != NULL) {
			values[VHOST_TX_TOO_LONG] += plx_ethdev_read(&txq->too_long);
			values[VHOST_TX_BAD_DESC] += plx_ethdev_read(&txq->bad_desc);
		}
	}
	return 0;
}

static const struct plx_ethdev_ops vhost_ops = {
	.rx_queue_setup = vhost_rx_queue_setup,
	.tx_queue_setup = vhost_tx_queue_setup,
	.rx_queue_release = vhost_rx_queue_release,
	.tx_queue_release = vhost_tx_queue_release,
	.start = vhost_start,
	.stop = vhost_stop,
	.rx_queue_run = vhost_rx_queue_run,
	.tx_queue_run = vhost_tx_queue_run,
	.link = vhost_link,
	.set_link = vhost_set_link,
	.set_mtu = vhost_set_mtu,
	.set_promiscuous = vhost_set_flag,
	.set_allmulticast = vhost_set_flag,
	.set_mac = vhost_set_mac,
	.counters = vhost_count,
};

/* -- driver ------------------------------------------------------------------------------------------------------- */

static void
describe(struct vhost_port *port)
{
	struct plx_ethdev_info *info = &port->dev.info;

	info->max_rx_queues = info->max_tx_queues = (uint16_t)port->args.queues;
	info->max_mtu = MTU_MAX;
	info->rx_desc_min = info->tx_desc_min = 1;
	info->rx_desc_max = info->tx_desc_max = DESCS_MAX;
	info->rx_desc_default = info->tx_desc_default = DESCS_DEFAULT;
	info->rx_buf_min = 64;
	info->rx_offloads_capable = PLX_ETH_RX_OFFLOAD_UDP_CSUM | PLX_ETH_RX_OFFLOAD_TCP_CSUM |
				    PLX_ETH_RX_OFFLOAD_VLAN_STRIP | PLX_ETH_RX_OFFLOAD_SCATTER;
	info->tx_offloads_capable = PLX_ETH_TX_OFFLOAD_IPV4_CSUM | PLX_ETH_TX_OFFLOAD_UDP_CSUM |
				    PLX_ETH_TX_OFFLOAD_TCP_CSUM | PLX_ETH_TX_OFFLOAD_VLAN_INSERT |
				    PLX_ETH_TX_OFFLOAD_TCP_TSO | PLX_ETH_TX_OFFLOAD_MULTI_SEGS;
	if (port->args.tso)
		info->rx_offloads_capable |= PLX_ETH_RX_OFFLOAD_LRO;
	snprintf(info->mode, sizeof(info->mode), "vhost-user back end %s %s",
		 port->args.client ? "connecting to" : "at", port->args.iface);
}

void
vhost_port_init(struct vhost_port *port)
{
	pthread_mutex_init(&port->lock, NULL);
	port->listener = port->sock = port->trouble_fd = port->inflight.file.guard = -1;
	for (uint16_t i = 0; i < VHOST_RINGS_MAX; i++) {
		struct vhost_ring *ring = &port->ring[i];

		ring->index = i;
		ring->write = i % 2 == 0;
		ring->wrap = true;
		ring->kick_fd = ring->call_fd = ring->err_fd = ring->trouble_fd = -1;
	}
}

static int
make_port(struct vhost_port *port, struct plx_device *device, struct plx_why *why)
{
	int err = vhost_args_parse(device->args, &port->args, why);

	if (err != 0)
		return err;
	vhost_port_init(port);
	port->dev.device = device;
	port->dev.ops = &vhost_ops;
	port->dev.counters = vhost_counters;
	port->dev.nb_counters = PLX_ARRAY_LEN(vhost_counters);
	port->dev.rx_burst = vhost_rx_burst;
	port->dev.tx_burst = vhost_tx_burst;
	port->dev.promiscuous = true;
	memcpy(port->dev.mac, port->args.mac, 6);
	describe(port);
	return plx_ethdev_register(&port->dev, why);
}

static int
vhost_probe(struct plx_device *device, struct plx_why *why)
{
	struct vhost_port *port = plx_ethdev_alloc(sizeof(*port));
	int err;

	if (port == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	err = make_port(port, device, why);
	if (err != 0)
		goto free_port;
	err = vhost_socket_open(port, why);
	if (err != 0)
		goto unregister;
	device->data = port;
	return 0;

unregister:
	plx_ethdev_unregister(&port->dev);
free_port:
	free(port);
	return err;
}

static void
vhost_remove(struct plx_device *device)
{
	struct vhost_port *port = device->data;

	/* First, so that nobody has news of a port that is no more. */
	vhost_socket_close(port);
	plx_ethdev_unregister(&port->dev);
	pthread_mutex_destroy(&port->lock);
	free(port);
}

const struct plx_driver plx_driver_net_vhost = {
	.api = PLX_DRIVER_API,
	.bus = PLX_BUS_VDEV,
	.name = "net_vhost",
	.about = "the device side of a virtual machine's virtio NIC, over vhost-user",
	.probe = vhost_probe,
	.remove = vhost_remove,
};
