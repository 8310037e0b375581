/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a port offers: the features of its device as capabilities and limits of a port, and what an application asks of the
 * port as features. Nothing here talks to the device but to ask for the sizes of its queues.
 */
#include "virtio_port.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MTU_USUAL     1500
#define MTU_UNTOLD    9702 /* of a device that does not say: jumbo frames */
#define DESCS_DEFAULT 1024 /* of a device that can do more */
#define DESCS_MIN     32
#define BIT(feature)  VIRTIO_BIT(VIRTIO_##feature)
#define TX_CSUM	      (PLX_ETH_TX_OFFLOAD_UDP_CSUM | PLX_ETH_TX_OFFLOAD_TCP_CSUM)
#define RX_CSUM	      (PLX_ETH_RX_OFFLOAD_UDP_CSUM | PLX_ETH_RX_OFFLOAD_TCP_CSUM)

/* -- offloads and features ---------------------------------------------------------------------------------------------- */

/* Taken wherever they are offered and the user does not forbid them. */
#define ALWAYS                                                                            \
	(BIT(F_ORDER_PLATFORM) | BIT(F_NOTIFICATION_DATA) | BIT(F_RING_RESET) |           \
	 BIT(F_RING_PACKED) | BIT(F_IN_ORDER) | BIT(F_INDIRECT_DESC) | BIT(F_EVENT_IDX) | \
	 BIT(F_ANY_LAYOUT) | BIT(NET_F_MAC) | BIT(NET_F_STATUS) | BIT(NET_F_MTU) |        \
	 BIT(NET_F_SPEED_DUPLEX) | BIT(NET_F_CTRL_VQ) | BIT(NET_F_CTRL_RX) |              \
	 BIT(NET_F_CTRL_MAC_ADDR) | BIT(NET_F_GUEST_ANNOUNCE) | BIT(NET_F_MQ))

uint64_t
virtio_offer_wanted(const struct virtio_dev *dev, uint32_t rx, uint32_t tx, uint16_t nb_rx)
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

/* -- limits ------------------------------------------------------------------------------------------------------------- */

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
		info->rss_types = virtio_rss_types(dev);
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

int
virtio_offer_describe(struct virtio_dev *dev, struct plx_why *why)
{
	struct plx_ethdev *eth = &dev->eth;
	int ret = describe_descs(dev, why);

	if (ret != 0)
		return ret;
	describe_queues(dev);
	describe_frames(dev);
	eth->info.max_mac_addrs = can(dev, BIT(NET_F_CTRL_RX)) ? VIRTIO_MACS_MAX : 1;
	eth->info.rx_offloads_capable = rx_offloads(dev);
	eth->info.tx_offloads_capable = tx_offloads(dev);
	if (dev->wishes.mtu > eth->info.max_mtu)
		return plx_why(why, -EINVAL, "mtu=%u: the device takes %u at most", dev->wishes.mtu,
			       eth->info.max_mtu);
	return 0;
}

/* -- in words ----------------------------------------------------------------------------------------------------------- */

void
virtio_offer_mode(struct virtio_dev *dev)
{
	static const struct {
		uint8_t feature;
		const char *words;
	} notable[] = {
		{VIRTIO_NET_F_MRG_RXBUF, "mergeable buffers"},
		{VIRTIO_F_IN_ORDER, "in order"},
		{VIRTIO_F_EVENT_IDX, "event index"},
		{VIRTIO_F_NOTIFICATION_DATA, "notification data"},
		{VIRTIO_F_ACCESS_PLATFORM, "translated addresses"},
		{VIRTIO_NET_F_RSS, "RSS"},
		{VIRTIO_NET_F_HASH_REPORT, "hash report"},
		{VIRTIO_NET_F_MQ, "multi-queue"},
	};
	char *mode = dev->eth.info.mode;
	const size_t size = sizeof(dev->eth.info.mode);
	int used = snprintf(mode, size, "%s, %s ring", dev->transport->name,
			    virtio_has(dev, VIRTIO_F_RING_PACKED) ? "packed" : "split");

	for (unsigned i = 0; i < PLX_ARRAY_LEN(notable) && (size_t)used < size; i++)
		if (virtio_has(dev, notable[i].feature))
			used += snprintf(mode + used, size - (size_t)used, ", %s",
					 notable[i].words);
}
