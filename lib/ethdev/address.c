/* SPDX-License-Identifier: BSD-3-Clause */
/* The port's own address and the list of further ones, kept here and made real by the driver. */
#include "ethdev_priv.h"

#include <errno.h>
#include <string.h>

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
plx_ethdev_mac_list(uint16_t port, uint8_t (*ret_macs)[6], unsigned n)
{
	const struct plx_ethdev *dev = plx_ethdev_at(port);

	if (dev == NULL)
		return -ENODEV;
	for (unsigned i = 0; i < n && i < dev->priv->nb_macs; i++)
		memcpy(ret_macs[i], dev->priv->macs[i], 6);
	return (int)dev->priv->nb_macs;
}
