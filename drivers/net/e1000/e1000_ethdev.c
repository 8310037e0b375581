/* SPDX-License-Identifier: BSD-3-Clause */
/* The port: its queues, its settings, what it says of itself. */
#include "e1000.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define DESCS_MIN     32
#define DESCS_DEFAULT 512
#define DESCS_UNIT    (E1000_RING_LEN_UNIT / sizeof(struct e1000_rx_desc))
#define TAG_ROOM      4 /* of head-room, for a tag that goes back in */
#define RX_OFFLOADS                                                    \
	(PLX_ETH_RX_OFFLOAD_IPV4_CSUM | PLX_ETH_RX_OFFLOAD_UDP_CSUM |  \
	 PLX_ETH_RX_OFFLOAD_TCP_CSUM | PLX_ETH_RX_OFFLOAD_VLAN_STRIP | \
	 PLX_ETH_RX_OFFLOAD_VLAN_FILTER | PLX_ETH_RX_OFFLOAD_SCATTER)
#define TX_OFFLOADS                                                     \
	(PLX_ETH_TX_OFFLOAD_IPV4_CSUM | PLX_ETH_TX_OFFLOAD_UDP_CSUM |   \
	 PLX_ETH_TX_OFFLOAD_TCP_CSUM | PLX_ETH_TX_OFFLOAD_VLAN_INSERT | \
	 PLX_ETH_TX_OFFLOAD_TCP_TSO | PLX_ETH_TX_OFFLOAD_MULTI_SEGS)

/* -- queues ---------------------------------------------------------------------------------------------------------- */

/* Both rings at their largest: 128 KiB, once. */
static int
make_rings(struct e1000_dev *dev, struct plx_why *why)
{
	const size_t len =
		E1000_RING_MAX * (sizeof(struct e1000_rx_desc) + sizeof(struct e1000_tx_desc));
	char name[PLX_ZONE_NAME_MAX];

	if (dev->rings != NULL)
		return 0;
	if (snprintf(name, sizeof(name), "%s/rings", dev->eth.device->name) >= (int)sizeof(name))
		return plx_why(why, -ENAMETOOLONG, "the name %s is too long for its memory's",
			       dev->eth.device->name);
	return plx_zone_reserve_dma(name, len, dev->eth.device->node, PLX_ZONE_RINGS, &dev->rings,
				    why);
}

/* 13.4.27: a ring is a multiple of 128 bytes. */
static uint16_t
round_descs(uint16_t descs)
{
	return (uint16_t)((descs + DESCS_UNIT - 1) / DESCS_UNIT * DESCS_UNIT);
}

static int
check_buffers(const struct e1000_dev *dev, const struct plx_pool *pool, uint16_t mtu,
	      struct plx_why *why)
{
	const uint32_t room = e1000_rx_room(pool);

	if ((dev->eth.info.rx_offloads & PLX_ETH_RX_OFFLOAD_SCATTER) != 0 ||
	    mtu + E1000_FRAME_EXTRA <= room)
		return 0;
	return plx_why(why, -EINVAL,
		       "frames of an MTU of %u do not fit the %u bytes that the card fills of a "
		       "buffer of pool %s (a power of two): larger buffers or the scatter offload "
		       "take them",
		       mtu, room, plx_pool_name(pool));
}

static int
port_rx_queue_setup(struct plx_ethdev *eth, uint16_t queue, uint16_t descs, struct plx_pool *pool,
		    void **ret_queue, struct plx_why *why)
{
	struct e1000_dev *dev = e1000_dev(eth);
	struct e1000_rxq *rxq;
	int ret = check_buffers(dev, pool, eth->mtu, why);

	if (ret == 0)
		ret = make_rings(dev, why);
	if (ret == 0)
		ret = e1000_rxq_create(dev, round_descs(descs), pool, &rxq, why);
	if (ret != 0)
		return ret;
	eth->rx_descs[queue] = rxq->size;
	if (dev->pci->intx)
		dev->rx_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	dev->rxq = rxq;
	*ret_queue = rxq;
	return 0;
}

static int
port_tx_queue_setup(struct plx_ethdev *eth, uint16_t queue, uint16_t descs, void **ret_queue,
		    struct plx_why *why)
{
	struct e1000_dev *dev = e1000_dev(eth);
	int ret = make_rings(dev, why);

	if (ret == 0)
		ret = e1000_txq_create(dev, round_descs(descs), &dev->txq, why);
	if (ret != 0)
		return ret;
	eth->tx_descs[queue] = dev->txq->size;
	*ret_queue = dev->txq;
	return 0;
}

static void
port_rx_queue_release(struct plx_ethdev *eth, void *queue)
{
	struct e1000_dev *dev = e1000_dev(eth);

	if (dev->rx_fd >= 0)
		close(dev->rx_fd);
	dev->rx_fd = -1;
	dev->rxq = NULL;
	e1000_rxq_destroy(queue);
}

static void
port_tx_queue_release(struct plx_ethdev *eth, void *queue)
{
	e1000_dev(eth)->txq = NULL;
	e1000_txq_destroy(queue);
}

/* -- settings ------------------------------------------------------------------------------------------------------------ */

static int
port_set_mtu(struct plx_ethdev *eth, uint16_t mtu, struct plx_why *why)
{
	struct e1000_dev *dev = e1000_dev(eth);
	int ret = dev->rxq != NULL ? check_buffers(dev, dev->rxq->pool, mtu, why) : 0;

	if (ret != 0)
		return ret;
	pthread_mutex_lock(&dev->lock);
	eth->mtu = mtu;
	e1000_filter_modes(dev);
	pthread_mutex_unlock(&dev->lock);
	return 0;
}

static int
port_flow_ctrl(struct plx_ethdev *eth, struct plx_ethdev_flow_ctrl *ret_flow)
{
	*ret_flow = e1000_dev(eth)->flow;
	return 0;
}

static int
port_set_flow_ctrl(struct plx_ethdev *eth, const struct plx_ethdev_flow_ctrl *flow)
{
	struct e1000_dev *dev = e1000_dev(eth);
	int ret = 0;

	pthread_mutex_lock(&dev->lock);
	dev->flow = *flow;
	if (dev->running) {
		ret = e1000_phy_start(dev, NULL);
		e1000_hw_flow(dev);
	}
	pthread_mutex_unlock(&dev->lock);
	return ret;
}

/* -- making a port ---------------------------------------------------------------------------------------------------------- */

static const struct plx_ethdev_ops port_ops = {
	.rx_queue_setup = port_rx_queue_setup,
	.tx_queue_setup = port_tx_queue_setup,
	.rx_queue_release = port_rx_queue_release,
	.tx_queue_release = port_tx_queue_release,
	.start = e1000_life_start,
	.stop = e1000_life_stop,
	.reset = e1000_life_reset,
	.link = e1000_link,
	.set_link = e1000_link_set,
	.set_mtu = port_set_mtu,
	.set_promiscuous = e1000_filter_promiscuous,
	.set_allmulticast = e1000_filter_allmulticast,
	.set_mac = e1000_filter_own_mac,
	.filter_mac = e1000_filter_mac,
	.filter_vlan = e1000_filter_vlan,
	.flow_ctrl = port_flow_ctrl,
	.set_flow_ctrl = port_set_flow_ctrl,
	.rx_fd = e1000_irq_rx_fd,
	.rx_queue_count = e1000_rxq_count,
	.counters = e1000_stats_counters,
	.registers = e1000_dump,
};

static void
describe(struct e1000_dev *dev)
{
	struct plx_ethdev *eth = &dev->eth;
	struct plx_ethdev_info *info = &eth->info;

	eth->ops = &port_ops;
	eth->rx_burst = e1000_rx;
	eth->tx_burst = e1000_tx;
	eth->prefills = true;
	eth->link_returns = true;
	e1000_stats_describe(dev);
	info->max_rx_queues = info->max_tx_queues = 1;
	info->max_mtu = (uint16_t)(E1000_LONG_FRAME_MAX - E1000_FRAME_EXTRA);
	info->rx_desc_min = info->tx_desc_min = DESCS_MIN;
	info->rx_desc_max = info->tx_desc_max = E1000_RING_MAX;
	info->rx_desc_default = info->tx_desc_default = DESCS_DEFAULT;
	info->rx_buf_min = E1000_RX_BUFFER_MIN;
	info->headroom_min = TAG_ROOM;
	info->max_mac_addrs = E1000_MACS_MAX + 1;
	info->rx_offloads_capable = RX_OFFLOADS;
	info->tx_offloads_capable = TX_OFFLOADS;
	snprintf(info->mode, sizeof(info->mode), "%s, %s", dev->part->name,
		 dev->pci->intx ? "INTx" : "without interrupts");
}

int
e1000_port_create(struct e1000_dev *dev, struct plx_why *why)
{
	int ret;

	pthread_mutex_init(&dev->lock, NULL);
	dev->rx_fd = -1;
	dev->flow = (struct plx_ethdev_flow_ctrl){.rx = true, .tx = true, .autoneg = true};
	describe(dev);
	ret = plx_ethdev_register(&dev->eth, why);
	if (ret != 0)
		pthread_mutex_destroy(&dev->lock);
	return ret;
}

void
e1000_port_destroy(struct e1000_dev *dev)
{
	plx_ethdev_unregister(&dev->eth);
	plx_zone_free(dev->rings);
	pthread_mutex_destroy(&dev->lock);
}
