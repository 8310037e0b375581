/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * net_ring: ports joined back to back by rings, or one looped to itself. Packets change hands as they are:
 * nothing is copied, so what is received comes from the sender's pool. Also ports over rings that the
 * program has already (plx_net_ring.h). Read from the last page to the first.
 *
 *	tx_burst of A --> lane, an spsc ring of mbuf pointers --> rx_burst of B
 *
 * A's sending thread and B's receiving thread meet in the lane and nowhere else. While B is not started, A's
 * queue has no lane and takes nothing, so that nothing is lost; B's stop takes the lane away first and then
 * empties it.
 */
#include "plx_kvargs.h"
#include "ring_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What the user may say behind net_ring0; 0 is "not said". */
struct ring_args {
	uint64_t entries;
	uint64_t queues;
	char peer[PLX_DEVICE_NAME_MAX];
};

static const struct plx_kvargs_field ring_fields[] = {
	{.key = "peer",
	 .type = PLX_KVARGS_STRING,
	 .offset = offsetof(struct ring_args, peer),
	 .max = PLX_DEVICE_NAME_MAX,
	 .help = "the port at the other end, net_ring1; it need not be there yet (itself)"},
	{.key = "entries",
	 .type = PLX_KVARGS_UINT,
	 .offset = offsetof(struct ring_args, entries),
	 .min = 1,
	 .max = CABLE_ENTRIES_MAX,
	 .help = "packets each ring holds, rounded up to a power of two (1024)"},
	{.key = "queues",
	 .type = PLX_KVARGS_UINT,
	 .offset = offsetof(struct ring_args, queues),
	 .min = 1,
	 .max = PLX_ETHDEV_QUEUES_MAX,
	 .help = "rings in each direction (16)"},
	{.key = NULL},
};

static struct ring_port *
ring_port(struct plx_ethdev *dev)
{
	return PLX_CONTAINER_OF(dev, struct ring_port, dev);
}

/* -- queues ------------------------------------------------------------------------------------------- */

static uint16_t
ring_descs(const struct plx_net_ring *ring)
{
	uint32_t capacity = ring->spsc != NULL ? plx_ring_spsc_capacity(ring->spsc)
					       : plx_ring_mpmc_capacity(ring->mpmc);

	return capacity < UINT16_MAX ? (uint16_t)capacity : UINT16_MAX;
}

static int
ring_rx_queue_setup(struct plx_ethdev *dev, uint16_t queue, uint16_t descs, struct plx_pool *pool,
		    void **ret_queue, struct plx_why *why)
{
	struct ring_port *port = ring_port(dev);
	struct ring_rxq *rxq = plx_ethdev_alloc(sizeof(*rxq));

	if (rxq == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	*rxq = (struct ring_rxq){
		.stamp = {.port = dev->port, .queue = queue},
		.scatter = (dev->info.rx_offloads & PLX_ETH_RX_OFFLOAD_SCATTER) != 0,
		.dev = dev,
	};
	if (port->cable == NULL)
		rxq->ring = port->given.rx[queue];
	else
		rxq->ring.spsc = port->cable->lane[cable_rx_side(port->cable, port->end)][queue];
	dev->rx_descs[queue] = ring_descs(&rxq->ring);
	*ret_queue = rxq;
	return 0;
}

static int
ring_tx_queue_setup(struct plx_ethdev *dev, uint16_t queue, uint16_t descs, void **ret_queue,
		    struct plx_why *why)
{
	struct ring_port *port = ring_port(dev);
	struct ring_txq *txq = plx_ethdev_alloc(sizeof(*txq));

	if (txq == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	*txq = (struct ring_txq){.heard = true, .dev = dev};
	if (port->cable == NULL) {
		txq->ring = port->given.tx[queue];
	} else {
		txq->ring.spsc = port->cable->lane[cable_tx_side(port->cable, port->end)][queue];
		txq->heard = cable_receiver(port->cable, port->end)->receiving;
	}
	txq->open = txq->heard;
	dev->tx_descs[queue] = ring_descs(&txq->ring);
	*ret_queue = txq;
	return 0;
}

static void
ring_rx_queue_release(struct plx_ethdev *dev, void *queue)
{
	free(queue);
}

/* A burst that was under way while the receiver stopped may have put packets where nobody looks. */
static void
ring_tx_queue_release(struct plx_ethdev *dev, void *queue)
{
	struct ring_port *port = ring_port(dev);

	if (port->cable != NULL && !cable_receiver(port->cable, port->end)->receiving)
		cable_empty(port->cable, cable_tx_side(port->cable, port->end));
	free(queue);
}

/* -- life --------------------------------------------------------------------------------------------- */

static void
set_open(struct ring_txq *txq)
{
	const bool off = __atomic_load_n(&txq->off, __ATOMIC_RELAXED);

	__atomic_store_n(&txq->open, txq->heard && !off, __ATOMIC_RELAXED);
}

/* Lets the port at the other end of our rx lanes send, or not. */
static void
receive(struct ring_port *port, bool on)
{
	struct cable *cable = port->cable;
	struct plx_ethdev *sender = cable->end[cable_rx_side(cable, port->end)].dev;

	cable->end[port->end].receiving = on;
	for (uint16_t i = 0; sender != NULL && i < cable->nb_lanes; i++) {
		struct ring_txq *txq = sender->txq[i];

		if (txq == NULL)
			continue;
		txq->heard = on;
		set_open(txq);
	}
}

/* What waits in the lane of a queue that is off goes on waiting, and its sender finds the lane full. */
static int
ring_rx_queue_run(struct plx_ethdev *dev, uint16_t queue, bool on, struct plx_why *why)
{
	struct ring_rxq *rxq = dev->rxq[queue];

	__atomic_store_n(&rxq->off, !on, __ATOMIC_RELAXED);
	return 0;
}

static int
ring_tx_queue_run(struct plx_ethdev *dev, uint16_t queue, bool on, struct plx_why *why)
{
	struct ring_txq *txq = dev->txq[queue];

	__atomic_store_n(&txq->off, !on, __ATOMIC_RELAXED);
	set_open(txq);
	return 0;
}

static int
ring_start(struct plx_ethdev *dev, struct plx_why *why)
{
	struct ring_port *port = ring_port(dev);

	for (uint16_t i = 0; i < dev->info.nb_rx_queues; i++)
		ring_rx_queue_run(dev, i, true, why);
	for (uint16_t i = 0; i < dev->info.nb_tx_queues; i++)
		ring_tx_queue_run(dev, i, true, why);
	if (port->cable != NULL)
		receive(port, true);
	return 0;
}

static void
ring_stop(struct plx_ethdev *dev)
{
	struct ring_port *port = ring_port(dev);

	if (port->cable == NULL)
		return;
	receive(port, false);
	cable_empty(port->cable, cable_rx_side(port->cable, port->end));
}

/* -- settings and books ------------------------------------------------------------------------------- */

static int
ring_link(struct plx_ethdev *dev, struct plx_ethdev_link *ret_link)
{
	struct ring_port *port = ring_port(dev);

	ret_link->full_duplex = true;
	ret_link->up = port->cable == NULL || cable_receiver(port->cable, port->end)->receiving;
	return 0;
}

static int
ring_set_mtu(struct plx_ethdev *dev, uint16_t mtu, struct plx_why *why)
{
	return 0;
}

static int
ring_set_flag(struct plx_ethdev *dev, bool on)
{
	return 0;
}

static int
ring_set_mac(struct plx_ethdev *dev, const uint8_t mac[6])
{
	return 0;
}

static int
ring_rx_queue_count(struct plx_ethdev *dev, void *queue)
{
	const struct ring_rxq *rxq = queue;

	return (int)(rxq->ring.spsc != NULL ? plx_ring_spsc_count(rxq->ring.spsc)
					    : plx_ring_mpmc_count(rxq->ring.mpmc));
}

/* Packets ever put into our rx lanes, less those that wait in lanes without a queue. */
static uint64_t
ring_received(struct ring_port *port)
{
	struct cable *cable = port->cable;
	unsigned side = cable_rx_side(cable, port->end);
	uint64_t sum = 0;

	for (uint16_t i = 0; i < cable->nb_lanes; i++)
		sum += port->dev.rxq[i] != NULL ? plx_ring_spsc_filled(cable->lane[side][i])
						: plx_ring_spsc_taken(cable->lane[side][i]);
	return sum;
}

static const struct plx_ethdev_counter ring_counters[] = {
	{"rx_missed_stopped", "in the ring when its receiver stopped", PLX_COUNTER_RX_MISSED},
};

static int
ring_counts(struct plx_ethdev *dev, uint64_t *values, uint64_t *ret_received)
{
	struct ring_port *port = ring_port(dev);

	values[0] = 0;
	if (port->cable == NULL)
		return 0;
	values[0] =
		port->cable->emptied[cable_rx_side(port->cable, port->end)] - port->emptied_before;
	*ret_received = ring_received(port) - port->received_before;
	return 0;
}

static const struct plx_ethdev_ops ring_ops = {
	.rx_queue_setup = ring_rx_queue_setup,
	.tx_queue_setup = ring_tx_queue_setup,
	.rx_queue_release = ring_rx_queue_release,
	.tx_queue_release = ring_tx_queue_release,
	.start = ring_start,
	.stop = ring_stop,
	.rx_queue_run = ring_rx_queue_run,
	.tx_queue_run = ring_tx_queue_run,
	.link = ring_link,
	.set_mtu = ring_set_mtu,
	.set_promiscuous = ring_set_flag,
	.set_allmulticast = ring_set_flag,
	.set_mac = ring_set_mac,
	.rx_queue_count = ring_rx_queue_count,
	.counters = ring_counts,
};

/* -- making and taking away ----------------------------------------------------------------------------- */

/* Set while plx_net_ring_create makes its device. */
static const struct ring_given *ring_pending;

static void
describe(struct ring_port *port)
{
	struct plx_ethdev_info *info = &port->dev.info;
	const struct cable *cable = port->cable;

	port->dev.ops = &ring_ops;
	port->dev.rx_burst = ring_rx;
	port->dev.tx_burst = ring_tx;
	port->dev.counters = ring_counters;
	port->dev.nb_counters = PLX_ARRAY_LEN(ring_counters);
	info->max_mtu = UINT16_MAX - 14;
	info->rx_offloads_capable = PLX_ETH_RX_OFFLOAD_SCATTER;
	info->tx_offloads_capable = PLX_ETH_TX_OFFLOAD_MULTI_SEGS;
	info->max_rx_queues = cable != NULL ? cable->nb_lanes : port->given.nb_rx;
	info->max_tx_queues = cable != NULL ? cable->nb_lanes : port->given.nb_tx;
	info->rx_desc_min = info->tx_desc_min = 1;
	info->rx_desc_max = info->tx_desc_max = UINT16_MAX;
	info->rx_desc_default = info->tx_desc_default =
		(uint16_t)(cable != NULL ? cable->entries : CABLE_ENTRIES_DEFAULT);
	if (cable == NULL)
		snprintf(info->mode, sizeof(info->mode), "rings of the program's own");
	else if (cable->loop)
		snprintf(info->mode, sizeof(info->mode), "looped to itself by %u rings of %u",
			 cable->nb_lanes, cable->entries);
	else
		snprintf(info->mode, sizeof(info->mode), "joined to %s by %u rings of %u each way",
			 cable->end[!port->end].name, cable->nb_lanes, cable->entries);
}

/* Plugs in the cable that the arguments ask for. What earlier ports of the name did is not ours. */
static int
plug(struct ring_port *port, struct plx_device *device, struct plx_why *why)
{
	struct ring_args args = {0};
	struct cable_wish wish = {.name = device->name, .peer = args.peer};
	int ret = plx_kvargs_parse(device->args, ring_fields, &args, why);

	if (ret != 0)
		return ret;
	wish.entries = args.entries;
	wish.lanes = args.queues;
	ret = cable_plug(&wish, &port->dev, &port->cable, &port->end, why);
	if (ret != 0)
		return ret;
	port->received_before = ring_received(port);
	port->emptied_before = port->cable->emptied[cable_rx_side(port->cable, port->end)];
	return 0;
}

static int
ring_probe(struct plx_device *device, struct plx_why *why)
{
	struct ring_port *port = calloc(1, sizeof(*port));
	int ret = 0;

	if (port == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	port->dev.device = device;
	if (ring_pending != NULL)
		port->given = *ring_pending;
	else
		ret = plug(port, device, why);
	if (ret != 0)
		goto free_port;
	describe(port);
	ret = plx_ethdev_register(&port->dev, why);
	if (ret != 0)
		goto unplug;
	device->data = port;
	return 0;

unplug:
	if (port->cable != NULL)
		cable_unplug(port->cable, port->end);
free_port:
	free(port);
	return ret;
}

static void
ring_remove(struct plx_device *device)
{
	struct ring_port *port = device->data;

	plx_ethdev_unregister(&port->dev);
	if (port->cable != NULL)
		cable_unplug(port->cable, port->end);
	free(port);
}

static int
check_rings(const char *way, const struct plx_net_ring *rings, uint16_t n, struct plx_why *why)
{
	if (n > PLX_ETHDEV_QUEUES_MAX)
		return plx_why(why, -EINVAL, "%u %s rings; %d are the most", n, way,
			       PLX_ETHDEV_QUEUES_MAX);
	for (uint16_t i = 0; i < n; i++) {
		uint32_t size;

		if ((rings[i].spsc == NULL) == (rings[i].mpmc == NULL))
			return plx_why(why, -EINVAL,
				       "%s ring %u: one pointer must be set, the other NULL", way,
				       i);
		size = rings[i].spsc != NULL ? rings[i].spsc->prod.elem_size
					     : rings[i].mpmc->prod.elem_size;
		if (size != sizeof(uint64_t))
			return plx_why(why, -EINVAL,
				       "%s ring %u: elements of %u bytes; packets need 8", way, i,
				       size);
	}
	return 0;
}

int
plx_net_ring_create(const char *name, const struct plx_net_ring *rx, uint16_t nb_rx,
		    const struct plx_net_ring *tx, uint16_t nb_tx, uint16_t *ret_port,
		    struct plx_why *why)
{
	struct ring_given given = {.nb_rx = nb_rx, .nb_tx = nb_tx};
	int ret = check_rings("rx", rx, nb_rx, why);

	if (ret == 0)
		ret = check_rings("tx", tx, nb_tx, why);
	if (ret == 0 && (strncmp(name, "net_ring", 8) != 0 || strchr(name, ',') != NULL))
		ret = plx_why(why, -EINVAL, "%s: must be net_ring and a number", name);
	if (ret != 0)
		return ret;
	for (uint16_t i = 0; i < nb_rx; i++)
		given.rx[i] = rx[i];
	for (uint16_t i = 0; i < nb_tx; i++)
		given.tx[i] = tx[i];
	ring_pending = &given;
	ret = plx_device_attach(name, why);
	ring_pending = NULL;
	return ret != 0 ? ret : plx_ethdev_by_name(name, ret_port);
}

const struct plx_driver plx_driver_net_ring = {
	.api = PLX_DRIVER_API,
	.bus = PLX_BUS_VDEV,
	.name = "net_ring",
	.about = "ports joined back to back, or looped to themselves, without copying",
	.probe = ring_probe,
	.remove = ring_remove,
};
