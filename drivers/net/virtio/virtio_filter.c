/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a device receives: addresses, VLANs and promiscuity. Each is noted here or in lib/ethdev, told to a device that runs, and
 * told again to one that was started, which remembers nothing.
 */
#include "virtio.h"

#include "plx_byteorder.h"
#include "plx_log.h"

#include <errno.h>
#include <string.h>

PLX_LOG_COMPONENT(logger, "pmd.net.virtio");

#define MAC_LEN	  6
#define MAC_GROUP 0x01
#define BITS	  64

static int
tell_rx(struct virtio_dev *dev, uint8_t command, bool on)
{
	const uint8_t byte = on;

	return virtio_ctrl_if_running(dev, VIRTIO_NET_CTRL_RX, command, &byte, sizeof(byte));
}

/* 5.1.6.5.1. */
static int
set_rx_mode(struct plx_ethdev *eth, uint8_t command, bool on)
{
	struct virtio_dev *dev = virtio_dev(eth);
	int ret = -ENOTSUP;

	pthread_mutex_lock(&dev->lock);
	if (virtio_has(dev, VIRTIO_NET_F_CTRL_RX))
		ret = tell_rx(dev, command, on);
	pthread_mutex_unlock(&dev->lock);
	return ret;
}

int
virtio_filter_promiscuous(struct plx_ethdev *eth, bool on)
{
	return set_rx_mode(eth, VIRTIO_NET_CTRL_RX_PROMISC, on || virtio_dev(eth)->filter.overflow);
}

int
virtio_filter_allmulticast(struct plx_ethdev *eth, bool on)
{
	return set_rx_mode(eth, VIRTIO_NET_CTRL_RX_ALLMULTI, on);
}

/* -- addresses (5.1.6.5.2) ----------------------------------------------------------------------------------------- */

/* A legacy device takes an address by its configuration (5.1.4.3), without being asked first. */
static int
tell_own_mac(struct virtio_dev *dev, const uint8_t *mac)
{
	if (virtio_has(dev, VIRTIO_NET_F_CTRL_MAC_ADDR))
		return virtio_ctrl_if_running(dev, VIRTIO_NET_CTRL_MAC,
					      VIRTIO_NET_CTRL_MAC_ADDR_SET, mac, MAC_LEN);
	if (dev->modern || !virtio_has(dev, VIRTIO_NET_F_MAC))
		return -ENOTSUP;
	return dev->state == VIRTIO_RUNNING
		       ? dev->transport->config_write(dev, VIRTIO_NET_CFG_MAC, mac, MAC_LEN)
		       : 0;
}

int
virtio_filter_own_mac(struct plx_ethdev *eth, const uint8_t mac[6])
{
	struct virtio_dev *dev = virtio_dev(eth);
	int ret;

	pthread_mutex_lock(&dev->lock);
	ret = tell_own_mac(dev, mac);
	pthread_mutex_unlock(&dev->lock);
	return ret;
}

/* Appends those of one kind with their number in front; returns the bytes. */
static unsigned
put_macs(const struct virtio_filter *filter, bool group, uint8_t *out)
{
	unsigned n = 0;

	for (unsigned i = 0; i < filter->nb_macs; i++) {
		if (((filter->macs[i][0] & MAC_GROUP) != 0) != group)
			continue;
		memcpy(out + sizeof(uint32_t) + n * MAC_LEN, filter->macs[i], MAC_LEN);
		n++;
	}
	plx_store_le32(out, n);
	return (unsigned)sizeof(uint32_t) + n * MAC_LEN;
}

/*
 * The whole list at once. A device that cannot take so many is made promiscuous in its place, until a list comes that
 * it does take.
 */
static int
tell_macs(struct virtio_dev *dev)
{
	struct virtio_filter *filter = &dev->filter;
	uint8_t table[2 * sizeof(uint32_t) + sizeof(filter->macs)];
	const bool before = filter->overflow;
	unsigned len = put_macs(filter, false, table);
	int ret;

	len += put_macs(filter, true, table + len);
	ret = virtio_ctrl_if_running(dev, VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_TABLE_SET, table,
				     len);
	if (ret != 0 && ret != -EPERM)
		return ret;
	filter->overflow = ret == -EPERM;
	if (filter->overflow == before)
		return 0;
	if (filter->overflow)
		plx_log_notice(&logger,
			       "%s: the device does not take a list of %u addresses; it is "
			       "promiscuous until the list is shorter",
			       dev->eth.device->name, filter->nb_macs);
	return tell_rx(dev, VIRTIO_NET_CTRL_RX_PROMISC, filter->overflow || dev->eth.promiscuous);
}

static int
change_list(struct virtio_filter *filter, const uint8_t *mac, bool on)
{
	unsigned at = 0;

	while (at < filter->nb_macs && memcmp(filter->macs[at], mac, MAC_LEN) != 0)
		at++;
	if (!on && at == filter->nb_macs)
		return -ENOENT;
	if (on && at == VIRTIO_MACS_MAX)
		return -ENOSPC;
	if (!on)
		memcpy(filter->macs[at], filter->macs[--filter->nb_macs], MAC_LEN);
	else if (at == filter->nb_macs)
		memcpy(filter->macs[filter->nb_macs++], mac, MAC_LEN);
	return 0;
}

int
virtio_filter_mac(struct plx_ethdev *eth, const uint8_t mac[6], bool on)
{
	struct virtio_dev *dev = virtio_dev(eth);
	struct virtio_filter before;
	int ret = -ENOTSUP;

	pthread_mutex_lock(&dev->lock);
	before = dev->filter;
	if (virtio_has(dev, VIRTIO_NET_F_CTRL_RX))
		ret = change_list(&dev->filter, mac, on);
	if (ret == 0)
		ret = tell_macs(dev);
	if (ret != 0)
		dev->filter = before;
	pthread_mutex_unlock(&dev->lock);
	return ret;
}

/* -- VLANs (5.1.6.5.3) ---------------------------------------------------------------------------------------------- */

static int
tell_vlan(struct virtio_dev *dev, uint16_t vlan, bool on)
{
	uint8_t id[sizeof(uint16_t)];

	plx_store_le16(id, vlan);
	return virtio_ctrl_if_running(dev, VIRTIO_NET_CTRL_VLAN,
				      on ? VIRTIO_NET_CTRL_VLAN_ADD : VIRTIO_NET_CTRL_VLAN_DEL, id,
				      sizeof(id));
}

int
virtio_filter_vlan(struct plx_ethdev *eth, uint16_t vlan, bool on)
{
	struct virtio_dev *dev = virtio_dev(eth);
	const uint64_t bit = 1ULL << (vlan % BITS);
	uint64_t *word = &dev->filter.vlans[vlan / BITS];
	int ret = -ENOTSUP;

	pthread_mutex_lock(&dev->lock);
	if (virtio_has(dev, VIRTIO_NET_F_CTRL_VLAN))
		ret = tell_vlan(dev, vlan, on);
	if (ret == 0)
		*word = on ? *word | bit : *word & ~bit;
	pthread_mutex_unlock(&dev->lock);
	return ret;
}

/* -- all of it after a start -------------------------------------------------------------------------------------------- */

/* A filter that is refused lets too much or too little in: told, but no reason to have no port at all. */
static void
check(struct virtio_dev *dev, int ret, const char *what)
{
	if (ret != 0)
		plx_log_warn(&logger, "%s: the device refuses %s: %s", dev->eth.device->name, what,
			     strerror(-ret));
}

static void
restore_vlans(struct virtio_dev *dev)
{
	const struct virtio_filter *filter = &dev->filter;
	int ret = 0;

	for (unsigned i = 0; i < PLX_ARRAY_LEN(filter->vlans) * BITS && ret == 0; i++)
		if ((filter->vlans[i / BITS] >> (i % BITS) & 1) != 0)
			ret = tell_vlan(dev, (uint16_t)i, true);
	check(dev, ret, "the VLANs to receive");
}

/* The device has an address of its own that is not the port's, or none. */
static void
restore_own_mac(struct virtio_dev *dev)
{
	const struct virtio_limits *limits = &dev->limits;
	int ret;

	if (limits->has_mac && memcmp(limits->mac, dev->eth.mac, MAC_LEN) == 0)
		return;
	ret = tell_own_mac(dev, dev->eth.mac);
	if (ret != -ENOTSUP || limits->has_mac)
		check(dev, ret, "the port's address");
}

int
virtio_filter_restore(struct virtio_dev *dev, struct plx_why *why)
{
	int ret = virtio_rss_restore(dev, why);

	if (ret != 0)
		return ret;
	if (virtio_has(dev, VIRTIO_NET_F_HASH_REPORT) && !virtio_has(dev, VIRTIO_NET_F_RSS))
		check(dev, virtio_rss_tell_hash(dev), "the hashes to report");
	restore_own_mac(dev);
	if (virtio_has(dev, VIRTIO_NET_F_CTRL_VLAN))
		restore_vlans(dev);
	if (!virtio_has(dev, VIRTIO_NET_F_CTRL_RX))
		return 0;
	dev->filter.overflow = false;
	/* A device begins promiscuous or not, as it likes. */
	check(dev, tell_rx(dev, VIRTIO_NET_CTRL_RX_PROMISC, dev->eth.promiscuous),
	      "promiscuous mode on or off");
	check(dev, tell_rx(dev, VIRTIO_NET_CTRL_RX_ALLMULTI, dev->eth.allmulticast),
	      "all multicast on or off");
	if (dev->filter.nb_macs > 0)
		check(dev, tell_macs(dev), "the addresses to receive");
	return 0;
}
