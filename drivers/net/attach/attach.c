/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * net_attach: copies of the packets of a port in another running program of ours, which has prepared nothing. What that
 * program receives and sends on the port is received here, by lib/tap. Read from the last page to the first.
 */
#include "attach_priv.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DESCS_DEFAULT 512

enum counter {
	LANE_FULL,
	NO_LANE,
	UNREAD,
	FILTERED,
	NB_COUNTERS,
};

static const struct plx_ethdev_counter attach_counters[NB_COUNTERS] = {
	[LANE_FULL] = {"rx_missed_lane_full", "read too slowly", PLX_COUNTER_RX_MISSED},
	[NO_LANE] = {"rx_missed_no_lane", "queue younger than the tap", PLX_COUNTER_RX_MISSED},
	[UNREAD] = {"rx_missed_unread", "not read when the port stopped", PLX_COUNTER_RX_MISSED},
	[FILTERED] = {"rx_filtered_there", "did not match the filter, in the tapped program",
		      PLX_COUNTER_INFO},
};

/* -- books -------------------------------------------------------------------------------------------- */

/* While the port runs what is now, then what was when it stopped: a burst there may still have been under way. */
static void
read_lane(const struct attach_port *port, unsigned i, struct plx_tap_lane_info *ret_info)
{
	plx_tap_reader_lane(port->reader, i, ret_info);
	if (!port->runs) {
		ret_info->recorded = port->lanes[i].recorded;
		ret_info->filtered = port->lanes[i].filtered;
		ret_info->dropped = port->lanes[i].dropped;
	}
}

static int
attach_count(struct plx_ethdev *dev, uint64_t *values, uint64_t *ret_received)
{
	const struct attach_port *port = attach_port_of(dev);

	memset(values, 0, NB_COUNTERS * sizeof(*values));
	values[NO_LANE] = plx_tap_reader_unlaned(port->reader);
	values[UNREAD] = port->unread;
	*ret_received = values[NO_LANE];
	for (unsigned i = 0; i < port->source.nb_lanes; i++) {
		struct plx_tap_lane_info lane;

		read_lane(port, i, &lane);
		values[LANE_FULL] += lane.dropped;
		values[FILTERED] += lane.filtered;
		*ret_received += lane.recorded + lane.dropped;
	}
	return 0;
}

static int
attach_rx_queue_count(struct plx_ethdev *dev, void *queue)
{
	const struct attach_port *port = attach_port_of(dev);
	const struct attach_rxq *rxq = queue;
	uint64_t sum = 0;

	for (unsigned i = rxq->id; i < port->source.nb_lanes; i += dev->info.nb_rx_queues) {
		struct plx_tap_lane_info lane;

		read_lane(port, i, &lane);
		sum += lane.recorded - plx_ethdev_read(&port->lanes[i].taken);
	}
	return sum < INT32_MAX ? (int)sum : INT32_MAX;
}

/* -- queues ------------------------------------------------------------------------------------------- */

static int
attach_rx_queue_setup(struct plx_ethdev *dev, uint16_t queue, uint16_t descs, struct plx_pool *pool,
		      void **ret_queue, struct plx_why *why)
{
	struct attach_rxq *rxq = plx_ethdev_alloc(sizeof(*rxq));

	if (rxq == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	rxq->port = attach_port_of(dev);
	rxq->pool = pool;
	rxq->id = queue;
	rxq->scatter = (dev->info.rx_offloads & PLX_ETH_RX_OFFLOAD_SCATTER) != 0;
	*ret_queue = rxq;
	return 0;
}

static int
attach_tx_queue_setup(struct plx_ethdev *dev, uint16_t queue, uint16_t descs, void **ret_queue,
		      struct plx_why *why)
{
	*ret_queue = plx_ethdev_alloc(sizeof(struct plx_ethdev_txq_stats));
	return *ret_queue != NULL ? 0 : plx_why(why, -ENOMEM, "out of memory");
}

/* What waited for a queue that is no more is given up. */
static void
attach_rx_queue_release(struct plx_ethdev *dev, void *queue)
{
	attach_drain(attach_port_of(dev));
	free(queue);
}

static void
attach_tx_queue_release(struct plx_ethdev *dev, void *queue)
{
	free(queue);
}

/* Nothing can be sent into another program's port. */
static uint16_t
attach_tx(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	return 0;
}

/* -- life --------------------------------------------------------------------------------------------- */

static int
attach_start(struct plx_ethdev *dev, struct plx_why *why)
{
	struct attach_port *port = attach_port_of(dev);

	attach_drain(port);
	port->runs = true;
	plx_tap_reader_want(port->reader, true);
	return 0;
}

static void
attach_stop(struct plx_ethdev *dev)
{
	struct attach_port *port = attach_port_of(dev);

	plx_tap_reader_want(port->reader, false);
	for (unsigned i = 0; i < port->source.nb_lanes; i++) {
		struct plx_tap_lane_info lane;

		read_lane(port, i, &lane);
		port->lanes[i].recorded = lane.recorded;
		port->lanes[i].filtered = lane.filtered;
		port->lanes[i].dropped = lane.dropped;
	}
	port->runs = false;
}

static enum plx_net_attach_end
how_it_ended(struct attach_port *port)
{
	struct pollfd pollfd = {.fd = port->fd, .events = POLLIN | POLLRDHUP};
	const enum plx_tap_state state = plx_tap_reader_state(port->reader);

	if (__atomic_load_n(&port->nonsense, __ATOMIC_RELAXED))
		return PLX_NET_ATTACH_NONSENSE;
	if (state != PLX_TAP_RUNS)
		return state == PLX_TAP_PORT_GONE ? PLX_NET_ATTACH_PORT_GONE
						  : PLX_NET_ATTACH_SWITCHED_OFF;
	return poll(&pollfd, 1, 0) > 0 ? PLX_NET_ATTACH_ENDED : PLX_NET_ATTACH_RUNS;
}

/* Down when nothing comes any more and all of it was read. */
static int
attach_link(struct plx_ethdev *dev, struct plx_ethdev_link *ret_link)
{
	struct attach_port *port = attach_port_of(dev);

	*ret_link = (struct plx_ethdev_link){.full_duplex = true};
	ret_link->up = how_it_ended(port) == PLX_NET_ATTACH_RUNS;
	for (unsigned i = 0; i < port->source.nb_lanes && !ret_link->up; i++)
		ret_link->up = port->runs && plx_tap_reader_pending(port->reader, i);
	return 0;
}

static const struct plx_ethdev_ops attach_ops = {
	.rx_queue_setup = attach_rx_queue_setup,
	.tx_queue_setup = attach_tx_queue_setup,
	.rx_queue_release = attach_rx_queue_release,
	.tx_queue_release = attach_tx_queue_release,
	.start = attach_start,
	.stop = attach_stop,
	.link = attach_link,
	.rx_queue_count = attach_rx_queue_count,
	.counters = attach_count,
};

static void
attach_describe(struct attach_port *port)
{
	static const char *const what[] = {"what it receives and sends", "what it receives",
					   "what it sends"};
	struct plx_ethdev *dev = &port->dev;
	const unsigned lanes = port->source.nb_lanes;

	dev->rx_burst = attach_rx;
	dev->tx_burst = attach_tx;
	dev->ops = &attach_ops;
	dev->counters = attach_counters;
	dev->nb_counters = NB_COUNTERS;
	dev->mtu = port->source.mtu;
	dev->info.max_rx_queues =
		(uint16_t)(lanes < PLX_ETHDEV_QUEUES_MAX ? lanes : PLX_ETHDEV_QUEUES_MAX);
	dev->info.max_tx_queues = PLX_ETHDEV_QUEUES_MAX;
	dev->info.rx_desc_min = dev->info.tx_desc_min = 1;
	dev->info.rx_desc_max = dev->info.tx_desc_max = UINT16_MAX;
	dev->info.rx_desc_default = dev->info.tx_desc_default = DESCS_DEFAULT;
	dev->info.rx_offloads_capable = PLX_ETH_RX_OFFLOAD_SCATTER | PLX_ETH_RX_OFFLOAD_TIMESTAMP |
					PLX_ETH_RX_OFFLOAD_RSS_HASH;
	snprintf(dev->info.rx_clock, sizeof(dev->info.rx_clock),
		 "the tapped program's, or its device's");
	snprintf(dev->info.mode, sizeof(dev->info.mode), "port %.64s of %.64s, %s, in %u lanes",
		 port->source.name, port->args.program, what[port->args.direction], lanes);
}

static int
attach_probe(struct plx_device *device, struct plx_why *why)
{
	struct attach_port *port = plx_ethdev_alloc(sizeof(*port));
	int ret;

	if (port == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	snprintf(port->args.port, sizeof(port->args.port), "0");
	ret = attach_args_read(device->args, &port->args, why);
	if (ret != 0)
		goto free_port;
	ret = attach_call(port, why);
	if (ret != 0)
		goto free_port;
	port->dev.device = device;
	attach_describe(port);
	ret = plx_ethdev_register(&port->dev, why);
	if (ret != 0)
		goto hang_up;
	device->data = port;
	return 0;

hang_up:
	plx_tap_reader_destroy(port->reader);
	close(port->fd);
free_port:
	free(port);
	return ret;
}

static void
attach_remove(struct plx_device *device)
{
	struct attach_port *port = device->data;

	plx_ethdev_unregister(&port->dev);
	plx_tap_reader_destroy(port->reader);
	close(port->fd);
	free(port);
}

int
plx_net_attach_facts(uint16_t number, struct plx_net_attach_facts *ret_facts)
{
	struct plx_ethdev *dev = plx_ethdev_at(number);
	struct attach_port *port;

	if (dev == NULL || dev->ops != &attach_ops)
		return -ENODEV;
	port = attach_port_of(dev);
	*ret_facts = (struct plx_net_attach_facts){
		.number = port->source.port,
		.filter = port->args.filter,
		.lost = plx_tap_reader_unlaned(port->reader),
		.end = how_it_ended(port),
	};
	memcpy(ret_facts->program, port->args.program, sizeof(ret_facts->program));
	memcpy(ret_facts->port, port->source.name, sizeof(ret_facts->port));
	for (unsigned i = 0; i < port->source.nb_lanes; i++) {
		struct plx_tap_lane_info lane;

		read_lane(port, i, &lane);
		ret_facts->filtered += lane.filtered;
		ret_facts->lost += lane.dropped;
	}
	return 0;
}

const struct plx_driver plx_driver_net_attach = {
	.api = PLX_DRIVER_API,
	.bus = PLX_BUS_VDEV,
	.name = "net_attach",
	.about = "copies of the packets of a port in another running program",
	.probe = attach_probe,
	.remove = attach_remove,
};
