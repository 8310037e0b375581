/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The device's configuration (5.1.4): consistent readings of it, and its values, none of which is believed unchecked. A
 * value that cannot be takes the feature that promised it out of what we want; the device works without.
 */
#include "virtio.h"

#include "plx_bits.h"
#include "plx_byteorder.h"
#include "plx_log.h"

#include <errno.h>
#include <string.h>

PLX_LOG_COMPONENT(logger, "pmd.net.virtio");

#define TRIES	      64 /* readings of a configuration that changes under us */
#define CONFIG_MAX    32
#define MTU_MIN	      68 /* RFC 791, and 5.1.4.1 */
#define SPEED_UNKNOWN 0xffffffffu
#define SPEED_MAX     0x7fffffffu /* 5.1.4: to INT_MAX, or unknown */
#define RSS_KEY_MIN   40	  /* 5.1.4.1 */
#define RSS_TABLE_MIN 128
#define MAC_LEN	      6

/* One reading between two equal generations (2.5.2). */
static int
read_by_generation(struct virtio_dev *dev, unsigned off, void *to, unsigned len)
{
	uint32_t before, after;

	for (unsigned i = 0; i < TRIES; i++) {
		int ret = dev->transport->generation(dev, &before);

		if (ret == 0)
			ret = dev->transport->config_read(dev, off, to, len);
		if (ret == 0)
			ret = dev->transport->generation(dev, &after);
		if (ret != 0 || before == after)
			return ret;
	}
	return -ETIMEDOUT;
}

/* A legacy device has no generation: two readings that say the same (2.5.4). */
static int
read_twice(struct virtio_dev *dev, unsigned off, void *to, unsigned len)
{
	uint8_t before[CONFIG_MAX];
	int ret = dev->transport->config_read(dev, off, to, len);

	for (unsigned i = 0; i < TRIES && ret == 0; i++) {
		memcpy(before, to, len);
		ret = dev->transport->config_read(dev, off, to, len);
		if (ret != 0 || memcmp(before, to, len) == 0)
			return ret;
	}
	return ret != 0 ? ret : -ETIMEDOUT;
}

int
virtio_dev_config(struct virtio_dev *dev, unsigned off, void *to, unsigned len)
{
	if (len > CONFIG_MAX)
		return -EINVAL;
	return dev->transport->generation != NULL ? read_by_generation(dev, off, to, len)
						  : read_twice(dev, off, to, len);
}

/* -- values ------------------------------------------------------------------------------------------------------ */

static bool
offers(const struct virtio_dev *dev, unsigned feature)
{
	return (dev->offered & VIRTIO_BIT(feature)) != 0;
}

/* Notes that the device's word is not good enough and does without. */
static void
disbelieve(struct virtio_dev *dev, uint64_t features, const char *what, unsigned value)
{
	dev->wanted_mask &= ~features;
	plx_log_notice(&logger, "%s: the device says %s %u, which cannot be: going on without",
		       dev->eth.device->name, what, value);
}

static int
load_mac(struct virtio_dev *dev)
{
	static const uint8_t none[MAC_LEN];
	struct virtio_limits *limits = &dev->limits;
	uint8_t mac[MAC_LEN];
	int ret;

	if (!offers(dev, VIRTIO_NET_F_MAC))
		return 0;
	ret = virtio_dev_config(dev, VIRTIO_NET_CFG_MAC, mac, sizeof(mac));
	if (ret != 0)
		return ret;
	if ((mac[0] & 1) != 0 || memcmp(mac, none, sizeof(mac)) == 0) {
		disbelieve(dev, 0, "a MAC address that begins with", mac[0]);
		return 0;
	}
	limits->has_mac = true;
	memcpy(limits->mac, mac, sizeof(mac));
	return 0;
}

static int
load_max_pairs(struct virtio_dev *dev)
{
	const uint64_t many = VIRTIO_BIT(VIRTIO_NET_F_MQ) | VIRTIO_BIT(VIRTIO_NET_F_RSS);
	uint8_t raw[2];
	uint16_t pairs;
	int ret;

	if ((dev->offered & dev->wanted_mask & many) == 0)
		return 0;
	ret = virtio_dev_config(dev, VIRTIO_NET_CFG_MAX_PAIRS, raw, sizeof(raw));
	if (ret != 0)
		return ret;
	pairs = plx_load_le16(raw);
	if (pairs == 0 || pairs > VIRTIO_NET_PAIRS_MAX)
		disbelieve(dev, many, "that its queue pairs are", pairs);
	else
		dev->limits.max_pairs = pairs;
	return 0;
}

static int
load_mtu(struct virtio_dev *dev)
{
	uint8_t raw[2];
	uint16_t mtu;
	int ret;

	if (!offers(dev, VIRTIO_NET_F_MTU))
		return 0;
	ret = virtio_dev_config(dev, VIRTIO_NET_CFG_MTU, raw, sizeof(raw));
	if (ret != 0)
		return ret;
	mtu = plx_load_le16(raw);
	if (mtu < MTU_MIN)
		disbelieve(dev, VIRTIO_BIT(VIRTIO_NET_F_MTU), "an MTU of", mtu);
	else
		dev->limits.mtu = mtu;
	return 0;
}

/* Unknown counts as not said. -EPROTO: what is said cannot be. */
static int
read_speed(struct virtio_dev *dev, uint32_t *ret_speed)
{
	uint8_t raw[sizeof(uint32_t)], duplex;
	int ret = virtio_dev_config(dev, VIRTIO_NET_CFG_SPEED, raw, sizeof(raw));

	if (ret == 0)
		ret = virtio_dev_config(dev, VIRTIO_NET_CFG_DUPLEX, &duplex, sizeof(duplex));
	if (ret != 0)
		return ret;
	dev->limits.full_duplex = duplex != 0;
	*ret_speed = plx_load_le32(raw);
	if (*ret_speed != SPEED_UNKNOWN && *ret_speed > SPEED_MAX)
		return -EPROTO;
	dev->limits.speed_mbps = *ret_speed != SPEED_UNKNOWN ? *ret_speed : 0;
	return 0;
}

static int
load_speed(struct virtio_dev *dev)
{
	uint32_t speed = 0;
	int ret = offers(dev, VIRTIO_NET_F_SPEED_DUPLEX) ? read_speed(dev, &speed) : 0;

	if (ret != -EPROTO)
		return ret;
	disbelieve(dev, 0, "a speed of", speed);
	return 0;
}

static int
load_rss(struct virtio_dev *dev)
{
	const uint64_t rss = VIRTIO_BIT(VIRTIO_NET_F_RSS) | VIRTIO_BIT(VIRTIO_NET_F_HASH_REPORT);
	struct virtio_limits *limits = &dev->limits;
	uint8_t key, table[2], types[4];
	unsigned entries;
	int ret;

	if ((dev->offered & dev->wanted_mask & rss) == 0)
		return 0;
	ret = virtio_dev_config(dev, VIRTIO_NET_CFG_RSS_MAX_KEY, &key, sizeof(key));
	if (ret == 0)
		ret = virtio_dev_config(dev, VIRTIO_NET_CFG_RSS_MAX_TABLE, table, sizeof(table));
	if (ret == 0)
		ret = virtio_dev_config(dev, VIRTIO_NET_CFG_HASH_TYPES, types, sizeof(types));
	if (ret != 0)
		return ret;
	entries = plx_load_le16(table);
	if (key < RSS_KEY_MIN) {
		disbelieve(dev, rss, "that its hash keys have at most bytes", key);
		return 0;
	}
	if (offers(dev, VIRTIO_NET_F_RSS) && entries < RSS_TABLE_MIN) {
		disbelieve(dev, VIRTIO_BIT(VIRTIO_NET_F_RSS),
			   "that its RSS table has at most entries", entries);
		entries = 0;
	}
	if (entries > PLX_ETHDEV_RETA_MAX)
		entries = PLX_ETHDEV_RETA_MAX;
	limits->rss_key_size = key < PLX_ETHDEV_RSS_KEY_MAX ? key : PLX_ETHDEV_RSS_KEY_MAX;
	limits->rss_table_size = offers(dev, VIRTIO_NET_F_RSS) && entries > 0
					 ? (uint16_t)(1u << plx_log2(entries))
					 : 0;
	limits->hash_types = plx_load_le32(types);
	return 0;
}

/* Whether the link's state can be read at all; what it is changes. */
static int
load_status(struct virtio_dev *dev)
{
	uint8_t raw[2];

	return offers(dev, VIRTIO_NET_F_STATUS)
		       ? virtio_dev_config(dev, VIRTIO_NET_CFG_STATUS, raw, sizeof(raw))
		       : 0;
}

/* A configuration shorter than what its features promise: those features are not taken. */
static int
load(struct virtio_dev *dev, int (*fn)(struct virtio_dev *dev), uint64_t features, const char *what)
{
	int ret = fn(dev);

	if (ret != -ERANGE)
		return ret;
	dev->wanted_mask &= ~features;
	plx_log_notice(&logger, "%s: the device's configuration is too short for its %s",
		       dev->eth.device->name, what);
	return 0;
}

int
virtio_config_load(struct virtio_dev *dev, struct plx_why *why)
{
	struct virtio_limits *limits = &dev->limits;
	int ret;

	memset(limits, 0, sizeof(*limits));
	limits->max_pairs = 1;
	limits->full_duplex = true;
	ret = load(dev, load_mac, VIRTIO_BIT(VIRTIO_NET_F_MAC), "MAC address");
	if (ret == 0)
		ret = load(dev, load_status,
			   VIRTIO_BIT(VIRTIO_NET_F_STATUS) |
				   VIRTIO_BIT(VIRTIO_NET_F_GUEST_ANNOUNCE),
			   "link status");
	if (ret == 0)
		ret = load(dev, load_max_pairs,
			   VIRTIO_BIT(VIRTIO_NET_F_MQ) | VIRTIO_BIT(VIRTIO_NET_F_RSS),
			   "queue pairs");
	if (ret == 0)
		ret = load(dev, load_mtu, VIRTIO_BIT(VIRTIO_NET_F_MTU), "MTU");
	if (ret == 0)
		ret = load(dev, load_speed, VIRTIO_BIT(VIRTIO_NET_F_SPEED_DUPLEX), "speed");
	if (ret == 0)
		ret = load(dev, load_rss,
			   VIRTIO_BIT(VIRTIO_NET_F_RSS) | VIRTIO_BIT(VIRTIO_NET_F_HASH_REPORT),
			   "hash limits");
	if (ret == -ETIMEDOUT)
		return plx_why(
			why, ret,
			"the device's configuration changes all the time: no two readings of its "
			"generation were the same");
	return ret == 0 ? 0
			: plx_why(why, ret, "the device's configuration cannot be read: %s",
				  strerror(-ret));
}

int
virtio_config_status(struct virtio_dev *dev, uint16_t *ret_status)
{
	uint8_t raw[2];
	int ret;

	*ret_status = VIRTIO_NET_S_LINK_UP;
	if (!virtio_has(dev, VIRTIO_NET_F_STATUS))
		return 0;
	ret = virtio_dev_config(dev, VIRTIO_NET_CFG_STATUS, raw, sizeof(raw));
	if (ret == 0)
		*ret_status = plx_load_le16(raw);
	return ret;
}

void
virtio_config_speed(struct virtio_dev *dev)
{
	uint32_t speed;

	if (virtio_has(dev, VIRTIO_NET_F_SPEED_DUPLEX))
		read_speed(dev, &speed);
}
