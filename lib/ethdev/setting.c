/* SPDX-License-Identifier: BSD-3-Clause */
/* Link, MTU, addresses and filters: checked here, carried out by the driver's op. */
#include "ethdev_priv.h"

#include <errno.h>
#include <string.h>

int
plx_ethdev_link(uint16_t port, struct plx_ethdev_link *ret_link)
{
	struct plx_ethdev *dev = plx_ethdev_at(port);

	if (dev == NULL)
		return -ENODEV;
	if (dev->ops->link != NULL)
		return dev->ops->link(dev, ret_link);
	/* A device without a link of its own is up while it runs. */
	*ret_link = (struct plx_ethdev_link){.full_duplex = true,
					     .up = dev->info.state == PLX_ETHDEV_STARTED};
	return 0;
}

int
plx_ethdev_set_link(uint16_t port, bool up)
{
	struct plx_ethdev *dev = plx_ethdev_at(port);

	if (dev == NULL)
		return -ENODEV;
	return dev->ops->set_link != NULL ? dev->ops->set_link(dev, up) : -ENOTSUP;
}

int
plx_ethdev_mtu(uint16_t port, uint16_t *ret_mtu)
{
	const struct plx_ethdev *dev = plx_ethdev_at(port);

	if (dev == NULL)
		return -ENODEV;
	*ret_mtu = dev->mtu;
	return 0;
}

int
plx_ethdev_set_mtu(uint16_t port, uint16_t mtu, struct plx_why *why)
{
	struct plx_ethdev *dev = plx_ethdev_at(port);
	int ret;

	if (dev == NULL)
		return plx_why(why, -ENODEV, "there is no port %u", port);
	if (mtu < dev->info.min_mtu || mtu > dev->info.max_mtu)
		return plx_why(why, -EINVAL, "port %u (%s): an MTU of %u; %u to %u are possible",
			       port, dev->info.name, mtu, dev->info.min_mtu, dev->info.max_mtu);
	if (mtu == dev->mtu)
		return 0;
	if (dev->ops->set_mtu == NULL)
		return plx_why(why, -ENOTSUP, "port %u (%s): the MTU is fixed at %u", port,
			       dev->info.name, dev->mtu);
	ret = dev->ops->set_mtu(dev, mtu, why);
	if (ret != 0)
		return plx_why_prefix(why, ret, "port %u (%s): ", port, dev->info.name);
	dev->mtu = mtu;
	return 0;
}

int
plx_ethdev_set_promiscuous(uint16_t port, bool on)
{
	struct plx_ethdev *dev = plx_ethdev_at(port);
	int ret;

	if (dev == NULL)
		return -ENODEV;
	if (dev->ops->set_promiscuous == NULL)
		return -ENOTSUP;
	ret = dev->promiscuous == on ? 0 : dev->ops->set_promiscuous(dev, on);
	if (ret == 0)
		dev->promiscuous = on;
	return ret;
}

int
plx_ethdev_promiscuous(uint16_t port)
{
	const struct plx_ethdev *dev = plx_ethdev_at(port);

	return dev != NULL ? dev->promiscuous : -ENODEV;
}

int
plx_ethdev_set_allmulticast(uint16_t port, bool on)
{
	struct plx_ethdev *dev = plx_ethdev_at(port);
	int ret;

	if (dev == NULL)
		return -ENODEV;
	if (dev->ops->set_allmulticast == NULL)
		return -ENOTSUP;
	ret = dev->allmulticast == on ? 0 : dev->ops->set_allmulticast(dev, on);
	if (ret == 0)
		dev->allmulticast = on;
	return ret;
}

int
plx_ethdev_allmulticast(uint16_t port)
{
	const struct plx_ethdev *dev = plx_ethdev_at(port);

	return dev != NULL ? dev->allmulticast : -ENODEV;
}

int
plx_ethdev_mac(uint16_t port, uint8_t ret_mac[6])
{
	const struct plx_ethdev *dev = plx_ethdev_at(port);

	if (dev == NULL)
		return -ENODEV;
	memcpy(ret_mac, dev->mac, 6);
	return 0;
}

static bool
is_zero(const uint8_t mac[6])
{
	static const uint8_t zero[6];

	return memcmp(mac, zero, 6) == 0;
}

int
plx_ethdev_set_mac(uint16_t port, const uint8_t mac[6])
{
	struct plx_ethdev *dev = plx_ethdev_at(port);
	int ret;

	if (dev == NULL)
		return -ENODEV;
	if ((mac[0] & 1) != 0 || is_zero(mac))
		return -EINVAL;
	if (dev->ops->set_mac == NULL)
		return -ENOTSUP;
	ret = dev->ops->set_mac(dev, mac);
	if (ret == 0)
		memcpy(dev->mac, mac, 6);
	return ret;
}

/* Index in the list, or how long the list is. */
static unsigned
find_mac(const struct plx_ethdev_private *priv, const uint8_t mac[6])
{
	unsigned i = 0;

	while (i < priv->nb_macs && memcmp(priv->macs[i], mac, 6) != 0)
		i++;
	return i;
}

int
plx_ethdev_mac_add(uint16_t port, const uint8_t mac[6])
{
	struct plx_ethdev *dev = plx_ethdev_at(port);
	struct plx_ethdev_private *priv;
	int ret;

	if (dev == NULL)
		return -ENODEV;
	priv = dev->priv;
	if (is_zero(mac))
		return -EINVAL;
	if (dev->ops->filter_mac == NULL)
		return -ENOTSUP;
	if (memcmp(mac, dev->mac, 6) == 0 || find_mac(priv, mac) < priv->nb_macs)
		return -EEXIST;
	/* The port's own address counts. */
	if (priv->nb_macs + 1u >= dev->info.max_mac_addrs || priv->nb_macs == ETHDEV_MACS_MAX)
		return -ENOSPC;
	ret = dev->ops->filter_mac(dev, mac, true);
	if (ret == 0)
		memcpy(priv->macs[priv->nb_macs++], mac, 6);
	return ret;
}

int
plx_ethdev_mac_remove(uint16_t port, const uint8_t mac[6])
{
	struct plx_ethdev *dev = plx_ethdev_at(port);
	struct plx_ethdev_private *priv;
	unsigned i;
	int ret;

	if (dev == NULL)
		return -ENODEV;
	priv = dev->priv;
	i = find_mac(priv, mac);
	if (i == priv->nb_macs)
		return -ENOENT;
	ret = dev->ops->filter_mac(dev, mac, false);
	if (ret == 0)
		memcpy(priv->macs[i], priv->macs[--priv->nb_macs], 6);
	return ret;
}

int
plx_ethdev_set_vlan_filter(uint16_t port, uint16_t vlan, bool on)
{
	struct plx_ethdev *dev = plx_ethdev_at(port);

	if (dev == NULL)
		return -ENODEV;
	if (vlan > 4094)
		return -EINVAL;
	return dev->ops->filter_vlan != NULL ? dev->ops->filter_vlan(dev, vlan, on) : -ENOTSUP;
}

int
plx_ethdev_rx_fd(uint16_t port, uint16_t queue)
{
	struct plx_ethdev *dev = plx_ethdev_at(port);

	if (dev == NULL)
		return -ENODEV;
	if (queue >= dev->info.nb_rx_queues || dev->rxq[queue] == NULL)
		return -EINVAL;
	return dev->ops->rx_fd != NULL ? dev->ops->rx_fd(dev, dev->rxq[queue]) : -ENOTSUP;
}

int
plx_ethdev_rx_queue_count(uint16_t port, uint16_t queue)
{
	struct plx_ethdev *dev = plx_ethdev_at(port);

	if (dev == NULL)
		return -ENODEV;
	if (queue >= dev->info.nb_rx_queues || dev->rxq[queue] == NULL)
		return -EINVAL;
	return dev->ops->rx_queue_count != NULL ? dev->ops->rx_queue_count(dev, dev->rxq[queue])
						: -ENOTSUP;
}
