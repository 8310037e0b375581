/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The port: how it is made, configured and given queues. What its device can do is learned when it is made; what the
 * application wants of it is negotiated at configure, so that queues can be laid out, and again at each start
 * (virtio_life.c), since stop resets the device:
 *
 *	create     reset, negotiate a little, read limits
 *	configure  reset, negotiate what is wished for	      control queue
 *	queue setup					      rings and books
 *	start	   reset, negotiate the same, interrupts, queues, DRIVER_OK, filters, buffers
 *	stop	   gates, reset, interrupts, buffers back
 */
#include "virtio_port.h"

#include "plx_dma_driver.h"
#include "plx_net_wire.h"

#include <errno.h>
#include <string.h>

#define FRAME_EXTRA (sizeof(struct plx_net_ether) + 2 * sizeof(struct plx_net_vlan))
#define CTRL_DESCS  64

/* -- configure ---------------------------------------------------------------------------------------------------------- */

static void
destroy_queue(struct virtio_dev *dev, struct virtio_queue *q)
{
	if (q != NULL)
		virtio_books_keep(dev, q);
	virtio_queue_destroy(q);
}

/* 5.1.2: behind all pairs that the device has, of which there is one if it was not asked. */
static int
make_ctrl(struct virtio_dev *dev, struct plx_why *why)
{
	uint16_t size;
	unsigned index;
	int ret;

	destroy_queue(dev, dev->ctrl);
	dev->ctrl = NULL;
	dev->max_pairs = virtio_has(dev, VIRTIO_NET_F_MQ) || virtio_has(dev, VIRTIO_NET_F_RSS)
				 ? dev->limits.max_pairs
				 : 1;
	if (!virtio_has(dev, VIRTIO_NET_F_CTRL_VQ) || dev->transport->ctrl != NULL)
		return 0;
	index = 2u * dev->max_pairs;
	ret = virtio_dev_queue_size(dev, index, CTRL_DESCS, &size, why);
	if (ret == 0)
		ret = virtio_queue_create(dev, (uint16_t)index, size, &dev->ctrl, why);
	return ret == 0 ? 0 : plx_why_prefix(why, ret, "control queue: ");
}

/* The device spreads what it receives over as many queues as there are pairs, unless an RSS table says otherwise. */
static int
check_pairs(const struct virtio_dev *dev, struct plx_why *why)
{
	const struct plx_ethdev_info *info = &dev->eth.info;

	if (info->nb_rx_queues == 0 || info->nb_rx_queues >= info->nb_tx_queues ||
	    virtio_has(dev, VIRTIO_NET_F_RSS))
		return 0;
	return plx_why(why, -EINVAL,
		       "%u rx queues with %u tx queues: the device would spread packets over %u rx "
		       "queues; ask for as many of both",
		       info->nb_rx_queues, info->nb_tx_queues, info->nb_tx_queues);
}

static int
configure(struct virtio_dev *dev, struct plx_why *why)
{
	struct plx_ethdev_info *info = &dev->eth.info;
	int ret;

	if ((info->rx_offloads & PLX_ETH_RX_OFFLOAD_LRO) != 0)
		info->rx_offloads |= PLX_ETH_RX_OFFLOAD_SCATTER;
	dev->nb_pairs =
		info->nb_rx_queues > info->nb_tx_queues ? info->nb_rx_queues : info->nb_tx_queues;
	dev->wanted =
		virtio_offer_wanted(dev, info->rx_offloads, info->tx_offloads, info->nb_rx_queues);
	ret = virtio_dev_negotiate(dev, dev->wanted, why);
	if (ret == 0)
		ret = check_pairs(dev, why);
	if (ret == 0)
		ret = make_ctrl(dev, why);
	if (ret == 0)
		virtio_offer_mode(dev);
	return ret;
}

static int
port_configure(struct plx_ethdev *eth, const struct plx_ethdev_conf *conf, struct plx_why *why)
{
	struct virtio_dev *dev = virtio_dev(eth);
	int ret;

	pthread_mutex_lock(&dev->lock);
	ret = configure(dev, why);
	pthread_mutex_unlock(&dev->lock);
	return ret;
}

/* -- queues ------------------------------------------------------------------------------------------------------------- */

static int
check_buffers(const struct virtio_dev *dev, const struct plx_pool *pool, uint16_t mtu,
	      struct plx_why *why)
{
	const unsigned room = (unsigned)(pool->buf_size - pool->headroom);
	const unsigned frame = mtu + (unsigned)FRAME_EXTRA;
	const uint32_t scatter = PLX_ETH_RX_OFFLOAD_SCATTER;

	if (frame <= room || (dev->eth.info.rx_offloads & scatter) != 0)
		return 0;
	return plx_why(
		why, -EINVAL,
		"frames of %u bytes do not fit the %u bytes of a buffer of pool %s: make its "
		"buffers larger%s",
		frame, room, plx_pool_name(pool),
		(dev->eth.info.rx_offloads_capable & scatter) != 0
			? " or ask for the scatter offload"
			: "; the device does not spread a frame over several");
}

static int
port_rx_queue_setup(struct plx_ethdev *eth, uint16_t queue, uint16_t descs, struct plx_pool *pool,
		    void **ret_queue, struct plx_why *why)
{
	struct virtio_dev *dev = virtio_dev(eth);
	uint16_t size;
	int ret = check_buffers(dev, pool, eth->mtu, why);

	if (ret != 0)
		return ret;
	pthread_mutex_lock(&dev->lock);
	ret = virtio_dev_queue_size(dev, 2u * queue, descs, &size, why);
	if (ret == 0)
		ret = virtio_rxq_create(dev, queue, size, pool, &dev->rxqs[queue], why);
	if (ret == 0) {
		virtio_irq_rx_create(dev, queue);
		eth->rx_descs[queue] = size;
		*ret_queue = dev->rxqs[queue];
	}
	pthread_mutex_unlock(&dev->lock);
	return ret;
}

static int
port_tx_queue_setup(struct plx_ethdev *eth, uint16_t queue, uint16_t descs, void **ret_queue,
		    struct plx_why *why)
{
	struct virtio_dev *dev = virtio_dev(eth);
	uint16_t size;
	int ret;

	pthread_mutex_lock(&dev->lock);
	ret = virtio_dev_queue_size(dev, 2u * queue + 1, descs, &size, why);
	if (ret == 0)
		ret = virtio_txq_create(dev, queue, size, &dev->txqs[queue], why);
	if (ret == 0) {
		eth->tx_descs[queue] = size;
		*ret_queue = dev->txqs[queue];
	}
	pthread_mutex_unlock(&dev->lock);
	return ret;
}

static void
port_rx_queue_release(struct plx_ethdev *eth, void *queue)
{
	struct virtio_dev *dev = virtio_dev(eth);
	const struct virtio_queue *q = virtio_rxq_queue(queue);

	pthread_mutex_lock(&dev->lock);
	virtio_books_keep(dev, q);
	dev->rxqs[q->index / 2] = NULL;
	virtio_irq_rx_destroy(dev, q->index / 2);
	virtio_rxq_destroy(queue);
	pthread_mutex_unlock(&dev->lock);
}

static void
port_tx_queue_release(struct plx_ethdev *eth, void *queue)
{
	struct virtio_dev *dev = virtio_dev(eth);
	const struct virtio_queue *q = virtio_txq_queue(queue);

	pthread_mutex_lock(&dev->lock);
	virtio_books_keep(dev, q);
	dev->txqs[q->index / 2] = NULL;
	virtio_txq_destroy(queue);
	pthread_mutex_unlock(&dev->lock);
}

/* The device is not told: its configuration says the most it takes. */
static int
port_set_mtu(struct plx_ethdev *eth, uint16_t mtu, struct plx_why *why)
{
	int ret = 0;

	for (unsigned i = 0; i < PLX_ETHDEV_QUEUES_MAX && ret == 0; i++)
		if (eth->rx_pool[i] != NULL)
			ret = check_buffers(virtio_dev(eth), eth->rx_pool[i], mtu, why);
	return ret;
}

/* -- making a port ------------------------------------------------------------------------------------------------------ */

/* 6.5: without ACCESS_PLATFORM the device takes addresses as the bus does, with nobody between. */
static bool
needs_physical(const struct virtio_dev *dev)
{
	if (dev->wishes.iova_va || dev->wishes.iova_pa)
		return dev->wishes.iova_pa;
	return !dev->transport->virtual_addresses && !dev->reaches_virtual &&
	       !virtio_has(dev, VIRTIO_F_ACCESS_PLATFORM);
}

static int
choose_addresses(const struct virtio_dev *dev, struct plx_why *why)
{
	int ret = needs_physical(dev) ? plx_dma_need_pa(why) : 0;

	if (ret == 0)
		return 0;
	return plx_why_prefix(why, ret, "%s: ",
			      dev->wishes.iova_pa ? "iova=pa"
						  : "the device does not offer ACCESS_PLATFORM "
						    "(QEMU: iommu_platform=on)");
}

static int
learn(struct virtio_dev *dev, struct plx_why *why)
{
	int ret = virtio_dev_negotiate(dev, virtio_offer_wanted(dev, 0, 0, 0), why);

	if (ret == 0)
		ret = virtio_config_load(dev, why);
	return ret;
}

static int
port_reset(struct plx_ethdev *eth, struct plx_why *why)
{
	struct virtio_dev *dev = virtio_dev(eth);
	int ret;

	pthread_mutex_lock(&dev->lock);
	ret = learn(dev, why);
	pthread_mutex_unlock(&dev->lock);
	return ret;
}

static const struct plx_ethdev_ops port_ops = {
	.configure = port_configure,
	.rx_queue_setup = port_rx_queue_setup,
	.tx_queue_setup = port_tx_queue_setup,
	.rx_queue_release = port_rx_queue_release,
	.tx_queue_release = port_tx_queue_release,
	.start = virtio_life_start,
	.stop = virtio_life_stop,
	.rx_queue_run = virtio_single_rx,
	.tx_queue_run = virtio_single_tx,
	.reset = port_reset,
	.link = virtio_irq_link,
	.set_mtu = port_set_mtu,
	.set_promiscuous = virtio_filter_promiscuous,
	.set_allmulticast = virtio_filter_allmulticast,
	.set_mac = virtio_filter_own_mac,
	.filter_mac = virtio_filter_mac,
	.filter_vlan = virtio_filter_vlan,
	.set_rss = virtio_rss_tell,
	.rx_fd = virtio_irq_rx_fd,
	.counters = virtio_books_read,
};

static int
describe(struct virtio_dev *dev, struct plx_why *why)
{
	struct plx_ethdev *eth = &dev->eth;
	int ret = virtio_offer_describe(dev, why);

	if (ret != 0)
		return ret;
	virtio_offer_mode(dev);
	eth->ops = &port_ops;
	virtio_books_open(eth);
	eth->prefills = true;
	eth->link_returns = true;
	eth->rx_burst = virtio_rx_function(dev);
	eth->tx_burst = virtio_tx_function(dev);
	return 0;
}

int
virtio_port_create(struct virtio_dev *dev, struct plx_why *why)
{
	int ret;

	pthread_mutex_init(&dev->lock, NULL);
	dev->config_fd = -1;
	memset(dev->rx_fds, -1, sizeof(dev->rx_fds));
	pthread_mutex_lock(&dev->lock);
	ret = learn(dev, why);
	if (ret == 0)
		ret = choose_addresses(dev, why);
	if (ret == 0)
		ret = describe(dev, why);
	if (ret != 0)
		virtio_life_silence(dev);
	pthread_mutex_unlock(&dev->lock);
	if (ret == 0)
		ret = plx_ethdev_register(&dev->eth, why);
	if (ret == 0)
		return 0;
	pthread_mutex_destroy(&dev->lock);
	return ret;
}

void
virtio_port_destroy(struct virtio_dev *dev)
{
	if (dev->eth.priv == NULL)
		return;
	plx_ethdev_unregister(&dev->eth);
	virtio_life_silence(dev);
	virtio_queue_destroy(dev->ctrl);
	dev->ctrl = NULL;
	pthread_mutex_destroy(&dev->lock);
}
