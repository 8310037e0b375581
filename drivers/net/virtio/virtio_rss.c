/* SPDX-License-Identifier: BSD-3-Clause */
/* Which queue receives what (5.1.6.5.5 to 5.1.6.5.7): queue pairs, the RSS table, and hashes that are only reported. */
#include "virtio.h"

#include "plx_byteorder.h"

#include <errno.h>
#include <string.h>

#define HASH_CONFIG_RESERVED 4 /* words */

static const struct {
	uint32_t eth, device;
} hash_types[] = {
	{PLX_ETH_RSS_IPV4, VIRTIO_NET_HASH_IPV4},
	{PLX_ETH_RSS_IPV6, VIRTIO_NET_HASH_IPV6},
	{PLX_ETH_RSS_TCP, VIRTIO_NET_HASH_TCPV4 | VIRTIO_NET_HASH_TCPV6},
	{PLX_ETH_RSS_UDP, VIRTIO_NET_HASH_UDPV4 | VIRTIO_NET_HASH_UDPV6},
};

uint32_t
virtio_rss_types(const struct virtio_dev *dev)
{
	uint32_t types = 0;

	for (unsigned i = 0; i < PLX_ARRAY_LEN(hash_types); i++)
		if ((dev->limits.hash_types & hash_types[i].device) != 0)
			types |= hash_types[i].eth;
	return types;
}

static uint32_t
device_types(const struct virtio_dev *dev)
{
	uint32_t types = 0;

	for (unsigned i = 0; i < PLX_ARRAY_LEN(hash_types); i++)
		if ((dev->eth.rss.types & hash_types[i].eth) != 0)
			types |= hash_types[i].device;
	return types & dev->limits.hash_types;
}

static uint8_t *
put16(uint8_t *at, uint16_t value)
{
	plx_store_le16(at, value);
	return at + sizeof(value);
}

static uint8_t *
put_key(const struct virtio_dev *dev, uint8_t *at)
{
	const uint8_t size = dev->limits.rss_key_size;

	*at++ = size;
	memcpy(at, dev->eth.rss.key, size);
	return at + size;
}

/* struct virtio_net_rss_config (5.1.6.5.7.1); a queue's number is that of its pair. */
static int
tell_rss(struct virtio_dev *dev)
{
	const struct plx_ethdev_rss *rss = &dev->eth.rss;
	const uint16_t size = dev->limits.rss_table_size;
	uint8_t config[16 + sizeof(rss->reta) + sizeof(rss->key)];
	uint8_t *at = config;

	plx_store_le32(at, device_types(dev));
	at = put16(at + sizeof(uint32_t), (uint16_t)(size - 1));
	at = put16(at, rss->reta[0]); /* for packets without a hash */
	for (unsigned i = 0; i < size; i++)
		at = put16(at, rss->reta[i]);
	at = put16(at, dev->nb_pairs);
	at = put_key(dev, at);
	return virtio_ctrl_if_running(dev, VIRTIO_NET_CTRL_MQ, VIRTIO_NET_CTRL_MQ_RSS, config,
				      (unsigned)(at - config));
}

/* struct virtio_net_hash_config (5.1.6.5.6.4) */
int
virtio_rss_tell_hash(struct virtio_dev *dev)
{
	uint8_t config[16 + sizeof(dev->eth.rss.key)];
	uint8_t *at = config;

	plx_store_le32(at, device_types(dev));
	at += sizeof(uint32_t);
	for (unsigned i = 0; i < HASH_CONFIG_RESERVED; i++)
		at = put16(at, 0);
	at = put_key(dev, at);
	return virtio_ctrl_if_running(dev, VIRTIO_NET_CTRL_MQ, VIRTIO_NET_CTRL_MQ_HASH, config,
				      (unsigned)(at - config));
}

static int
tell_pairs(struct virtio_dev *dev)
{
	uint8_t pairs[sizeof(uint16_t)];

	plx_store_le16(pairs, dev->nb_pairs);
	return virtio_ctrl_if_running(dev, VIRTIO_NET_CTRL_MQ, VIRTIO_NET_CTRL_MQ_PAIRS_SET, pairs,
				      sizeof(pairs));
}

int
virtio_rss_tell(struct plx_ethdev *eth)
{
	struct virtio_dev *dev = virtio_dev(eth);
	int ret = -ENOTSUP;

	pthread_mutex_lock(&dev->lock);
	if (virtio_has(dev, VIRTIO_NET_F_RSS))
		ret = tell_rss(dev);
	else if (virtio_has(dev, VIRTIO_NET_F_HASH_REPORT))
		ret = virtio_rss_tell_hash(dev);
	pthread_mutex_unlock(&dev->lock);
	return ret;
}

int
virtio_rss_restore(struct virtio_dev *dev, struct plx_why *why)
{
	int ret = 0;

	if (virtio_has(dev, VIRTIO_NET_F_RSS) && dev->eth.info.nb_rx_queues > 0)
		ret = tell_rss(dev);
	else if (virtio_has(dev, VIRTIO_NET_F_MQ) && dev->nb_pairs > 1)
		ret = tell_pairs(dev);
	return ret == 0 ? 0
			: plx_why(why, ret, "the device refuses to use %u queue pairs: %s",
				  dev->nb_pairs, strerror(-ret));
}
