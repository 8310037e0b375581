/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The port. What its device can do is learned when it is made; what the application wants of it is negotiated at configure,
 * so that queues can be laid out, and again at each start, since stop resets the device:
 *
 *	create     reset, negotiate a little, read limits
 *	configure  reset, negotiate what is wished for	      control queue
 *	queue setup					      rings and books
 *	start	   reset, negotiate the same, interrupts, queues, DRIVER_OK, filters, buffers
 *	stop	   gates, reset, interrupts, buffers back
 *
 * Memory that the device knows is given back only after its reset, or after it was cut off from the bus.
 */
#include "virtio.h"

#include "plx_bits.h"
#include "plx_clock.h"
#include "plx_dma_driver.h"
#include "plx_log.h"
#include "plx_net_wire.h"

#include <errno.h>
#include <string.h>

PLX_LOG_COMPONENT(logger, "pmd.net.virtio");

#define FRAME_EXTRA   (sizeof(struct plx_net_ether) + 2 * sizeof(struct plx_net_vlan))
#define MTU_USUAL     1500
#define MTU_UNTOLD    9702 /* of a device that does not say: jumbo frames */
#define DESCS_DEFAULT 1024 /* of a device that can do more */
#define DESCS_MIN     32
#define CTRL_DESCS    64
#define RESET_PAUSE_NS \
	1000000000ULL /* a device that needs a reset sooner after the last is broken */
#define BIT(feature) VIRTIO_BIT(VIRTIO_##feature)
#define TX_CSUM	     (PLX_ETH_TX_OFFLOAD_UDP_CSUM | PLX_ETH_TX_OFFLOAD_TCP_CSUM)
#define RX_CSUM	     (PLX_ETH_RX_OFFLOAD_UDP_CSUM | PLX_ETH_RX_OFFLOAD_TCP_CSUM)

/* Taken wherever they are offered and the user does not forbid them. */
#define ALWAYS                                                                            \
	(BIT(F_ORDER_PLATFORM) | BIT(F_NOTIFICATION_DATA) | BIT(F_RING_RESET) |           \
	 BIT(F_RING_PACKED) | BIT(F_IN_ORDER) | BIT(F_INDIRECT_DESC) | BIT(F_EVENT_IDX) | \
	 BIT(F_ANY_LAYOUT) | BIT(NET_F_MAC) | BIT(NET_F_STATUS) | BIT(NET_F_MTU) |        \
	 BIT(NET_F_SPEED_DUPLEX) | BIT(NET_F_CTRL_VQ) | BIT(NET_F_CTRL_RX) |              \
	 BIT(NET_F_CTRL_MAC_ADDR) | BIT(NET_F_GUEST_ANNOUNCE) | BIT(NET_F_MQ))

/* -- features ---------------------------------------------------------------------------------------------------- */

static uint64_t
wanted_features(const struct virtio_dev *dev, uint32_t rx, uint32_t tx, uint16_t nb_rx)
{
	uint64_t wanted = ALWAYS;

	/* Headers that nobody reads stay in the device's cache: 50 Mpps in place of 38 (64 bytes, split ring). */
	if ((rx & (PLX_ETH_RX_OFFLOAD_SCATTER | PLX_ETH_RX_OFFLOAD_LRO)) != 0)
		wanted |= BIT(NET_F_MRG_RXBUF);
	if ((rx & (RX_CSUM | PLX_ETH_RX_OFFLOAD_LRO)) != 0)
		wanted |= BIT(NET_F_GUEST_CSUM);
	if ((rx & PLX_ETH_RX_OFFLOAD_LRO) != 0)
		wanted |= BIT(NET_F_GUEST_TSO4) | BIT(NET_F_GUEST_TSO6);
	if ((rx & PLX_ETH_RX_OFFLOAD_VLAN_FILTER) != 0)
		wanted |= BIT(NET_F_CTRL_VLAN); /* a device that has it drops what is not listed */
	if ((rx & PLX_ETH_RX_OFFLOAD_RSS_HASH) != 0)
		wanted |= BIT(NET_F_HASH_REPORT) | BIT(NET_F_RSS);
	if (nb_rx > 1)
		wanted |= BIT(NET_F_RSS);
	if ((tx & (TX_CSUM | PLX_ETH_TX_OFFLOAD_TCP_TSO)) != 0)
		wanted |= BIT(NET_F_CSUM);
	if ((tx & PLX_ETH_TX_OFFLOAD_TCP_TSO) != 0)
		wanted |= BIT(NET_F_HOST_TSO4) | BIT(NET_F_HOST_TSO6);
	return wanted & dev->wanted_mask;
}

/* What the device could do if asked. */
static uint64_t
possible_features(const struct virtio_dev *dev)
{
	return virtio_dev_settle(dev->offered & dev->wanted_mask);
}

static bool
can(const struct virtio_dev *dev, uint64_t features)
{
	return (possible_features(dev) & features) == features;
}

static uint32_t
rx_offloads(const struct virtio_dev *dev)
{
	uint32_t offloads = PLX_ETH_RX_OFFLOAD_VLAN_STRIP; /* done here */

	if (can(dev, BIT(NET_F_GUEST_CSUM)))
		offloads |= RX_CSUM;
	if (can(dev, BIT(NET_F_CTRL_VLAN)))
		offloads |= PLX_ETH_RX_OFFLOAD_VLAN_FILTER;
	if (can(dev, BIT(NET_F_MRG_RXBUF)))
		offloads |= PLX_ETH_RX_OFFLOAD_SCATTER;
	/* Without mergeable buffers each would have to hold 64 KiB (5.1.6.3.1). */
	if (can(dev, BIT(NET_F_MRG_RXBUF) | BIT(NET_F_GUEST_TSO4) | BIT(NET_F_GUEST_TSO6)))
		offloads |= PLX_ETH_RX_OFFLOAD_LRO;
	if (can(dev, BIT(NET_F_HASH_REPORT)))
		offloads |= PLX_ETH_RX_OFFLOAD_RSS_HASH;
	return offloads;
}

static uint32_t
tx_offloads(const struct virtio_dev *dev)
{
	/* The last two are done here. */
	uint32_t offloads = PLX_ETH_TX_OFFLOAD_MULTI_SEGS | PLX_ETH_TX_OFFLOAD_IPV4_CSUM |
			    PLX_ETH_TX_OFFLOAD_VLAN_INSERT;

	if (can(dev, BIT(NET_F_CSUM)))
		offloads |= TX_CSUM;
	if (can(dev, BIT(NET_F_HOST_TSO4) | BIT(NET_F_HOST_TSO6)))
		offloads |= PLX_ETH_TX_OFFLOAD_TCP_TSO;
	return offloads;
}

static void
describe_mode(struct virtio_dev *dev)
{
	snprintf(dev->eth.info.mode, sizeof(dev->eth.info.mode), "%s, %s ring%s%s%s%s",
		 dev->transport->name, virtio_has(dev, VIRTIO_F_RING_PACKED) ? "packed" : "split",
		 virtio_has(dev, VIRTIO_NET_F_MRG_RXBUF) ? ", mergeable buffers" : "",
		 virtio_has(dev, VIRTIO_F_IN_ORDER) ? ", in order" : "",
		 virtio_has(dev, VIRTIO_F_ACCESS_PLATFORM) ? ", translated addresses" : "",
		 virtio_has(dev, VIRTIO_NET_F_RSS)  ? ", RSS"
		 : virtio_has(dev, VIRTIO_NET_F_MQ) ? ", multi-queue"
						    : "");
}

/* -- taking the device down ------------------------------------------------------------------------------------------- */

/* After it no memory is the device's any more, by its own word or by force. */
static void
silence(struct virtio_dev *dev)
{
	int ret = virtio_dev_reset(dev);

	if (ret == 0)
		return;
	if (dev->transport->cut != NULL)
		dev->transport->cut(dev);
	if (!dev->alone)
		plx_log_warn(&logger, "%s: the device does not finish a reset (%s) and was cut off",
			     dev->eth.device->name, strerror(-ret));
}

static void
close_gates(struct virtio_dev *dev)
{
	for (unsigned i = 0; i < VIRTIO_PAIRS_MAX; i++) {
		if (dev->rxqs[i] != NULL)
			virtio_rxq_stop(dev->rxqs[i]);
		if (dev->txqs[i] != NULL)
			virtio_txq_stop(dev->txqs[i]);
	}
}

/* As new, under what was agreed. Only while the device is reset: else it writes into them. */
static void
clear_queues(struct virtio_dev *dev)
{
	for (unsigned i = 0; i < VIRTIO_PAIRS_MAX; i++) {
		if (dev->rxqs[i] != NULL)
			virtio_rxq_drain(dev->rxqs[i]);
		if (dev->txqs[i] != NULL)
			virtio_txq_drain(dev->txqs[i]);
	}
	if (dev->ctrl != NULL)
		virtio_queue_clear(dev->ctrl);
}

/* Gates are closed. */
static void
take_down(struct virtio_dev *dev)
{
	silence(dev);
	virtio_irq_stop(dev);
	clear_queues(dev);
}

/* -- bringing it up --------------------------------------------------------------------------------------------------- */

static int
negotiate_again(struct virtio_dev *dev, struct plx_why *why)
{
	const uint64_t before = dev->features;
	int ret = virtio_dev_negotiate(dev, before, why); /* no more than that */

	if (ret != 0 || dev->features == before)
		return ret;
	ret = plx_why(why, -EPROTO,
		      "the device offers other features than when it was configured (%#llx, not "
		      "%#llx): configure it again",
		      (unsigned long long)dev->features, (unsigned long long)before);
	dev->features = before; /* what the queues are laid out for */
	return ret;
}

static void
open_gates(struct virtio_dev *dev)
{
	for (unsigned i = 0; i < VIRTIO_PAIRS_MAX; i++) {
		if (dev->rxqs[i] != NULL)
			virtio_rxq_start(dev->rxqs[i]);
		if (dev->txqs[i] != NULL)
			virtio_txq_start(dev->txqs[i]);
	}
}

/* From whatever state to a device that works; the queues are as new. A peer that is not there yet is waited for. */
static int
bring_up(struct virtio_dev *dev, struct plx_why *why)
{
	int ret = negotiate_again(dev, why);

	dev->state = VIRTIO_HALTED;
	if (ret == 0 && dev->alone)
		return 0;
	if (ret == 0) {
		clear_queues(dev);
		virtio_irq_start(dev);
		ret = virtio_dev_start(dev, why);
	}
	if (ret == 0) {
		dev->state = VIRTIO_RUNNING;
		ret = virtio_filter_restore(dev, why);
	}
	if (ret == 0) {
		open_gates(dev);
		return 0;
	}
	dev->state = VIRTIO_HALTED;
	take_down(dev);
	return ret;
}

static int
port_start(struct plx_ethdev *eth, struct plx_why *why)
{
	struct virtio_dev *dev = virtio_dev(eth);
	int ret;

	eth->rx_burst = virtio_rx_function(dev);
	eth->tx_burst = virtio_tx_function(dev);
	pthread_mutex_lock(&dev->lock);
	dev->last_revival = 0;
	ret = bring_up(dev, why);
	if (ret != 0) {
		virtio_irq_forget(dev);
		dev->state = VIRTIO_STOPPED;
	}
	pthread_mutex_unlock(&dev->lock);
	if (ret != 0)
		return ret;
	virtio_irq_watch(dev);
	return 0;
}

static void
port_stop(struct plx_ethdev *eth)
{
	struct virtio_dev *dev = virtio_dev(eth);

	virtio_irq_unwatch(dev);
	pthread_mutex_lock(&dev->lock);
	close_gates(dev);
	take_down(dev);
	virtio_irq_forget(dev);
	dev->state = VIRTIO_STOPPED;
	pthread_mutex_unlock(&dev->lock);
}

void
virtio_port_halt(struct virtio_dev *dev)
{
	close_gates(dev);
	if (dev->state == VIRTIO_RUNNING)
		dev->state = VIRTIO_HALTED;
}

int
virtio_port_revive(struct virtio_dev *dev, struct plx_why *why)
{
	if (dev->state == VIRTIO_STOPPED)
		return 0;
	virtio_port_halt(dev);
	take_down(dev);
	dev->revivals++;
	dev->last_revival = plx_clock_monotonic_ns();
	return bring_up(dev, why);
}

bool
virtio_port_resets_too_often(const struct virtio_dev *dev)
{
	return dev->last_revival != 0 &&
	       plx_clock_monotonic_ns() - dev->last_revival < RESET_PAUSE_NS;
}

/* -- configure -------------------------------------------------------------------------------------------------------- */

static void
destroy_queue(struct virtio_dev *dev, struct virtio_queue *q)
{
	if (q != NULL)
		dev->kept_notifications += plx_ethdev_read(&q->notifications);
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
		wanted_features(dev, info->rx_offloads, info->tx_offloads, info->nb_rx_queues);
	silence(dev); /* the control queue goes */
	ret = virtio_dev_negotiate(dev, dev->wanted, why);
	if (ret == 0)
		ret = check_pairs(dev, why);
	if (ret == 0)
		ret = make_ctrl(dev, why);
	if (ret == 0)
		describe_mode(dev);
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

/* -- queues ------------------------------------------------------------------------------------------------------------ */

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
	dev->kept_notifications += plx_ethdev_read(&q->notifications);
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
	dev->kept_notifications += plx_ethdev_read(&q->notifications);
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

/* -- books ------------------------------------------------------------------------------------------------------------- */

enum {
	COUNT_NOTIFICATIONS,
	COUNT_BROKEN_QUEUES,
	COUNT_CONFIG_CHANGES,
	COUNT_CTRL_COMMANDS,
	COUNT_CTRL_FAILURES,
	COUNT_RESETS,
	COUNTS,
};

static const struct plx_ethdev_counter counters[COUNTS] = {
	[COUNT_NOTIFICATIONS] = {"notifications", "doorbells rung", PLX_COUNTER_INFO},
	[COUNT_BROKEN_QUEUES] = {"broken_queues", "queues that the device broke", PLX_COUNTER_INFO},
	[COUNT_CONFIG_CHANGES] = {"config_changes", "changes of configuration", PLX_COUNTER_INFO},
	[COUNT_CTRL_COMMANDS] = {"ctrl_commands", "commands to the device", PLX_COUNTER_INFO},
	[COUNT_CTRL_FAILURES] = {"ctrl_failures", "commands refused", PLX_COUNTER_INFO},
	[COUNT_RESETS] = {"device_resets", "times the device was started anew", PLX_COUNTER_INFO},
};

static void
count_queue(const struct virtio_queue *q, uint64_t *values)
{
	if (q == NULL)
		return;
	values[COUNT_NOTIFICATIONS] += plx_ethdev_read(&q->notifications);
	values[COUNT_BROKEN_QUEUES] += q->broken;
}

static int
port_counters(struct plx_ethdev *eth, uint64_t *values, uint64_t *ret_received)
{
	struct virtio_dev *dev = virtio_dev(eth);

	pthread_mutex_lock(&dev->lock);
	values[COUNT_NOTIFICATIONS] = dev->kept_notifications;
	values[COUNT_BROKEN_QUEUES] = 0;
	for (unsigned i = 0; i < VIRTIO_PAIRS_MAX; i++) {
		if (dev->rxqs[i] != NULL)
			count_queue(virtio_rxq_queue(dev->rxqs[i]), values);
		if (dev->txqs[i] != NULL)
			count_queue(virtio_txq_queue(dev->txqs[i]), values);
	}
	count_queue(dev->ctrl, values);
	values[COUNT_CONFIG_CHANGES] = dev->config_changes;
	values[COUNT_CTRL_COMMANDS] = dev->ctrl_commands;
	values[COUNT_CTRL_FAILURES] = dev->ctrl_failures;
	values[COUNT_RESETS] = dev->revivals;
	pthread_mutex_unlock(&dev->lock);
	return 0;
}

/* -- making a port --------------------------------------------------------------------------------------------------- */

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
	int ret = virtio_dev_negotiate(dev, ALWAYS & dev->wanted_mask, why);

	if (ret == 0)
		ret = virtio_config_load(dev, why);
	return ret;
}

static uint16_t
least(unsigned a, unsigned b)
{
	return (uint16_t)(a < b ? a : b);
}

static int
describe_descs(struct virtio_dev *dev, struct plx_why *why)
{
	struct plx_ethdev_info *info = &dev->eth.info;
	const unsigned wish = dev->wishes.queue_size != 0 ? dev->wishes.queue_size : DESCS_DEFAULT;
	int ret = virtio_dev_queue_size(dev, 0, 0, &info->rx_desc_max, why);

	if (ret == 0)
		ret = virtio_dev_queue_size(dev, 1, 0, &info->tx_desc_max, why);
	if (ret == 0)
		ret = virtio_dev_queue_size(dev, 0, wish, &info->rx_desc_default, why);
	if (ret == 0)
		ret = virtio_dev_queue_size(dev, 1, wish, &info->tx_desc_default, why);
	if (ret != 0)
		return ret;
	info->rx_desc_min = dev->transport->fixed_sizes ? info->rx_desc_max
							: least(DESCS_MIN, info->rx_desc_max);
	info->tx_desc_min = dev->transport->fixed_sizes ? info->tx_desc_max
							: least(DESCS_MIN, info->tx_desc_max);
	return 0;
}

static void
describe_queues(struct virtio_dev *dev)
{
	struct plx_ethdev_info *info = &dev->eth.info;
	unsigned pairs =
		can(dev, BIT(NET_F_MQ)) || can(dev, BIT(NET_F_RSS)) ? dev->limits.max_pairs : 1;

	if (dev->wishes.max_pairs != 0)
		pairs = least(pairs, dev->wishes.max_pairs);
	info->max_rx_queues = info->max_tx_queues = least(pairs, VIRTIO_PAIRS_MAX);
	if (can(dev, BIT(NET_F_RSS)))
		info->reta_size = dev->limits.rss_table_size;
	if (can(dev, BIT(NET_F_RSS)) || can(dev, BIT(NET_F_HASH_REPORT))) {
		info->rss_key_size = dev->limits.rss_key_size;
		info->rss_types = virtio_filter_rss_types(dev);
	}
}

static void
describe_frames(struct virtio_dev *dev)
{
	struct plx_ethdev *eth = &dev->eth;

	eth->info.max_mtu = dev->limits.mtu != 0 ? dev->limits.mtu : MTU_UNTOLD;
	eth->mtu = dev->wishes.mtu != 0	  ? dev->wishes.mtu
		   : dev->limits.mtu != 0 ? least(dev->limits.mtu, MTU_USUAL)
					  : MTU_USUAL;
	eth->info.headroom_min =
		VIRTIO_NET_HDR_LEN_HASH; /* the header lies in front of the frame */
	memcpy(eth->mac, dev->limits.mac, sizeof(eth->mac));
	if (memcmp(dev->wishes.mac, (uint8_t[6]){0}, sizeof(eth->mac)) != 0)
		memcpy(eth->mac, dev->wishes.mac, sizeof(eth->mac));
}

static const struct plx_ethdev_ops port_ops;

static int
describe(struct virtio_dev *dev, struct plx_why *why)
{
	struct plx_ethdev *eth = &dev->eth;
	int ret = describe_descs(dev, why);

	if (ret != 0)
		return ret;
	describe_queues(dev);
	describe_frames(dev);
	describe_mode(dev);
	eth->ops = &port_ops;
	eth->counters = counters;
	eth->nb_counters = COUNTS;
	eth->prefills = true;
	eth->link_returns = true;
	eth->rx_burst = virtio_rx_function(dev);
	eth->tx_burst = virtio_tx_function(dev);
	eth->info.max_mac_addrs = can(dev, BIT(NET_F_CTRL_RX)) ? VIRTIO_MACS_MAX : 1;
	eth->info.rx_offloads_capable = rx_offloads(dev);
	eth->info.tx_offloads_capable = tx_offloads(dev);
	if (dev->wishes.mtu > eth->info.max_mtu)
		return plx_why(why, -EINVAL, "mtu=%u: the device takes %u at most", dev->wishes.mtu,
			       eth->info.max_mtu);
	return 0;
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
	.start = port_start,
	.stop = port_stop,
	.reset = port_reset,
	.link = virtio_irq_link,
	.set_mtu = port_set_mtu,
	.set_promiscuous = virtio_filter_promiscuous,
	.set_allmulticast = virtio_filter_allmulticast,
	.set_mac = virtio_filter_own_mac,
	.filter_mac = virtio_filter_mac,
	.filter_vlan = virtio_filter_vlan,
	.set_rss = virtio_filter_rss,
	.rx_fd = virtio_irq_rx_fd,
	.counters = port_counters,
};

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
		silence(dev);
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
	silence(dev);
	virtio_queue_destroy(dev->ctrl);
	dev->ctrl = NULL;
	pthread_mutex_destroy(&dev->lock);
}
