/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * net_null: a port that receives as many packets of `size` bytes as it is asked for and sends into nothing.
 * It costs what the framework costs, which is what it is for; and it is the template of a PMD: read from
 * the last page to the first. Not here: links, addresses, filters; ethdev answers for those.
 */
#include "plx_ethdev_driver.h"
#include "plx_kvargs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_MAX_BYTES 65000
#define DESCS_DEFAULT  512

/* What the user may say behind net_null0. */
struct null_args {
	uint64_t size;
	bool copy;
	bool no_rx;
};

static const struct plx_kvargs_field null_fields[] = {
	{.key = "size",
	 .type = PLX_KVARGS_UINT,
	 .offset = offsetof(struct null_args, size),
	 .min = 1,
	 .max = SIZE_MAX_BYTES,
	 .help = "bytes a received packet has (64)"},
	{.key = "copy",
	 .type = PLX_KVARGS_BOOL,
	 .offset = offsetof(struct null_args, copy),
	 .help = "write the bytes of each packet received, read those of each sent (0)"},
	{.key = "no-rx",
	 .type = PLX_KVARGS_BOOL,
	 .offset = offsetof(struct null_args, no_rx),
	 .help = "receive nothing (0)"},
	{.key = NULL},
};

struct null_port {
	struct plx_ethdev dev;
	struct null_args args;
	/* With copy=1: what each packet received is, and where those sent go. Nothing that was sent comes back. */
	uint8_t frame[SIZE_MAX_BYTES], sink[SIZE_MAX_BYTES];
};

/* The common counters come first: ethdev sums them without asking. */
struct null_rxq {
	struct plx_ethdev_rxq_stats stats;
	struct plx_pool *pool;
	const struct null_port *port;
	uint16_t id;
	uint16_t size;
	bool off; /* atomic: stopped alone */
} PLX_CACHE_ALIGNED;

struct null_txq {
	struct plx_ethdev_txq_stats stats;
	struct null_port *port;
	bool off; /* atomic: stopped alone */
} PLX_CACHE_ALIGNED;

static struct null_port *
null_port(struct plx_ethdev *dev)
{
	return PLX_CONTAINER_OF(dev, struct null_port, dev);
}

/* Nothing is behind a queue that could be in use while it is off: a flag does. */
static PLX_ALWAYS_INLINE bool
is_off(const bool *off)
{
	return PLX_UNLIKELY(__atomic_load_n(off, __ATOMIC_RELAXED));
}

/* -- bursts ------------------------------------------------------------------------------------------- */

static uint16_t
null_rx(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	struct null_rxq *rxq = queue;
	uint16_t headroom = rxq->pool->headroom;
	uint16_t port = rxq->port->dev.port;

	if (is_off(&rxq->off))
		return plx_ethdev_refuse(&rxq->port->dev);
	if (PLX_UNLIKELY(!plx_pool_get_mbufs(rxq->pool, pkts, n))) {
		plx_ethdev_add(&rxq->stats.no_mbuf, n);
		return 0;
	}
	for (uint16_t i = 0; i < n; i++)
		plx_mbuf_received(pkts[i], rxq->size, headroom, port, rxq->id);
	plx_ethdev_add(&rxq->stats.packets, n);
	plx_ethdev_add(&rxq->stats.bytes, (uint64_t)n * rxq->size);
	return n;
}

static uint16_t
null_rx_copy(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	struct null_rxq *rxq = queue;
	uint16_t got = null_rx(queue, pkts, n);

	for (uint16_t i = 0; i < got; i++)
		memcpy(plx_mbuf_data(pkts[i]), rxq->port->frame, rxq->size);
	return got;
}

static uint16_t
null_rx_nothing(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	const struct null_rxq *rxq = queue;

	return is_off(&rxq->off) ? plx_ethdev_refuse(&rxq->port->dev) : 0;
}

static uint16_t
null_tx(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	struct null_txq *txq = queue;
	uint64_t bytes = 0;

	if (is_off(&txq->off))
		return plx_ethdev_refuse(&txq->port->dev);
	for (uint16_t i = 0; i < n; i++)
		bytes += pkts[i]->pkt_len;
	plx_mbuf_free_bulk(pkts, n);
	plx_ethdev_add(&txq->stats.packets, n);
	plx_ethdev_add(&txq->stats.taken, n);
	plx_ethdev_add(&txq->stats.bytes, bytes);
	return n;
}

static uint16_t
null_tx_copy(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	struct null_txq *txq = queue;

	for (uint16_t i = 0; i < n && !is_off(&txq->off); i++) {
		uint32_t off = 0;

		PLX_MBUF_FOREACH_SEG(seg, pkts[i]) {
			if (off + seg->data_len > sizeof(txq->port->sink))
				break;
			memcpy(txq->port->sink + off, plx_mbuf_data(seg), seg->data_len);
			off += seg->data_len;
		}
	}
	return null_tx(queue, pkts, n);
}

/* -- queues ------------------------------------------------------------------------------------------- */

static int
null_rx_queue_setup(struct plx_ethdev *dev, uint16_t queue, uint16_t descs, struct plx_pool *pool,
		    void **ret_queue, struct plx_why *why)
{
	struct null_port *port = null_port(dev);
	struct null_rxq *rxq;

	if (port->args.size > pool->buf_size - pool->headroom)
		return plx_why(why, -EINVAL,
			       "packets of %u bytes do not fit the %u bytes of a buffer of "
			       "pool %s: make its buffers larger or size= smaller",
			       (unsigned)port->args.size, pool->buf_size - pool->headroom,
			       plx_pool_name(pool));
	rxq = plx_ethdev_alloc(sizeof(*rxq));
	if (rxq == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	*rxq = (struct null_rxq){
		.pool = pool, .port = port, .id = queue, .size = (uint16_t)port->args.size};
	*ret_queue = rxq;
	return 0;
}

static int
null_tx_queue_setup(struct plx_ethdev *dev, uint16_t queue, uint16_t descs, void **ret_queue,
		    struct plx_why *why)
{
	struct null_txq *txq = plx_ethdev_alloc(sizeof(*txq));

	if (txq == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	*txq = (struct null_txq){.port = null_port(dev)};
	*ret_queue = txq;
	return 0;
}

/* No buffer stays in a queue. */
static void
null_queue_release(struct plx_ethdev *dev, void *queue)
{
	free(queue);
}

/* -- life --------------------------------------------------------------------------------------------- */

static int
null_rx_queue_run(struct plx_ethdev *dev, uint16_t queue, bool on, struct plx_why *why)
{
	struct null_rxq *rxq = dev->rxq[queue];

	__atomic_store_n(&rxq->off, !on, __ATOMIC_RELAXED);
	return 0;
}

static int
null_tx_queue_run(struct plx_ethdev *dev, uint16_t queue, bool on, struct plx_why *why)
{
	struct null_txq *txq = dev->txq[queue];

	__atomic_store_n(&txq->off, !on, __ATOMIC_RELAXED);
	return 0;
}

/* All queues, also those that were stopped alone. */
static int
null_start(struct plx_ethdev *dev, struct plx_why *why)
{
	for (uint16_t i = 0; i < dev->info.nb_rx_queues; i++)
		null_rx_queue_run(dev, i, true, why);
	for (uint16_t i = 0; i < dev->info.nb_tx_queues; i++)
		null_tx_queue_run(dev, i, true, why);
	return 0;
}

static void
null_stop(struct plx_ethdev *dev)
{
}

static int
null_set_mtu(struct plx_ethdev *dev, uint16_t mtu, struct plx_why *why)
{
	return 0;
}

static int
null_set_flag(struct plx_ethdev *dev, bool on)
{
	return 0;
}

static int
null_set_mac(struct plx_ethdev *dev, const uint8_t mac[6])
{
	return 0;
}

/* Packets from nowhere have no flows: every queue gets as many as it asks for, whatever the table says. */
static int
null_set_rss(struct plx_ethdev *dev)
{
	return 0;
}

static const struct plx_ethdev_ops null_ops = {
	.rx_queue_setup = null_rx_queue_setup,
	.tx_queue_setup = null_tx_queue_setup,
	.rx_queue_release = null_queue_release,
	.tx_queue_release = null_queue_release,
	.start = null_start,
	.stop = null_stop,
	.rx_queue_run = null_rx_queue_run,
	.tx_queue_run = null_tx_queue_run,
	.set_mtu = null_set_mtu,
	.set_promiscuous = null_set_flag,
	.set_allmulticast = null_set_flag,
	.set_mac = null_set_mac,
	.set_rss = null_set_rss,
};

static void
null_describe(struct null_port *port)
{
	struct plx_ethdev *dev = &port->dev;

	dev->rx_burst = port->args.no_rx  ? null_rx_nothing
			: port->args.copy ? null_rx_copy
					  : null_rx;
	dev->tx_burst = port->args.copy ? null_tx_copy : null_tx;
	dev->ops = &null_ops;
	dev->info.max_rx_queues = PLX_ETHDEV_QUEUES_MAX;
	dev->info.max_tx_queues = PLX_ETHDEV_QUEUES_MAX;
	dev->info.max_mtu = SIZE_MAX_BYTES - 14;
	dev->info.rx_desc_min = dev->info.tx_desc_min = 1;
	dev->info.rx_desc_max = dev->info.tx_desc_max = UINT16_MAX;
	dev->info.rx_desc_default = dev->info.tx_desc_default = DESCS_DEFAULT;
	dev->info.reta_size = 128;
	dev->info.rss_key_size = 40;
	dev->info.rss_types = PLX_ETH_RSS_IPV4 | PLX_ETH_RSS_IPV6 | PLX_ETH_RSS_TCP |
			      PLX_ETH_RSS_UDP | PLX_ETH_RSS_SCTP;
	dev->info.tx_offloads_capable = PLX_ETH_TX_OFFLOAD_MULTI_SEGS;
	snprintf(dev->info.mode, sizeof(dev->info.mode), "packets of %u bytes from nowhere%s",
		 (unsigned)port->args.size, port->args.copy ? ", copied" : "");
}

static int
null_probe(struct plx_device *device, struct plx_why *why)
{
	struct null_port *port = plx_ethdev_alloc(sizeof(*port));
	int ret;

	if (port == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	port->args.size = 64;
	ret = plx_kvargs_parse(device->args, null_fields, &port->args, why);
	if (ret != 0)
		goto free_port;
	port->dev.device = device;
	null_describe(port);
	ret = plx_ethdev_register(&port->dev, why);
	if (ret != 0)
		goto free_port;
	device->data = port;
	return 0;

free_port:
	free(port);
	return ret;
}

static void
null_remove(struct plx_device *device)
{
	struct null_port *port = device->data;

	plx_ethdev_unregister(&port->dev);
	free(port);
}

const struct plx_driver plx_driver_net_null = {
	.api = PLX_DRIVER_API,
	.bus = PLX_BUS_VDEV,
	.name = "net_null",
	.about = "packets from nowhere into nothing: what the framework itself costs",
	.probe = null_probe,
	.remove = null_remove,
};
