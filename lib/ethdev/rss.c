/* SPDX-License-Identifier: BSD-3-Clause */
/* Spreading packets over rx queues: key, hash types and the redirection table. */
#include "ethdev_priv.h"

#include <errno.h>
#include <string.h>

void
ethdev_rss_default(struct plx_ethdev *dev, const struct plx_ethdev_conf *conf)
{
	const struct plx_ethdev_info *info = &dev->info;
	struct plx_ethdev_rss *rss = &dev->rss;

	if (info->rss_key_size == 0 || info->nb_rx_queues == 0)
		return;
	rss->types = conf->rss_types != 0 ? conf->rss_types & info->rss_types : info->rss_types;
	for (unsigned i = 0; i < sizeof(rss->key); i++) {
		/* 6d5a repeated: both directions of a flow hash alike. */
		rss->key[i] = conf->rss_key != NULL && i < info->rss_key_size ? conf->rss_key[i]
			      : i % 2 == 0				      ? 0x6d
									      : 0x5a;
	}
	for (unsigned i = 0; i < info->reta_size; i++)
		rss->reta[i] = (uint16_t)(i % info->nb_rx_queues);
}

/* -ENODEV, or -ENOTSUP of a port that does not hash packets. */
static int
find_hashing(uint16_t port, struct plx_ethdev **ret_dev)
{
	*ret_dev = plx_ethdev_at(port);
	if (*ret_dev == NULL)
		return -ENODEV;
	return (*ret_dev)->info.rss_key_size == 0 ? -ENOTSUP : 0;
}

/* -ENODEV, or -ENOTSUP of a port that does not spread packets. */
static int
find_spreading(uint16_t port, struct plx_ethdev **ret_dev)
{
	*ret_dev = plx_ethdev_at(port);
	if (*ret_dev == NULL)
		return -ENODEV;
	return (*ret_dev)->info.reta_size == 0 ? -ENOTSUP : 0;
}

static int
apply(struct plx_ethdev *dev, const struct plx_ethdev_rss *wanted)
{
	struct plx_ethdev_rss before = dev->rss;
	int ret;

	if (dev->ops->set_rss == NULL)
		return -ENOTSUP;
	dev->rss = *wanted;
	ret = dev->ops->set_rss(dev);
	if (ret != 0)
		dev->rss = before;
	return ret;
}

int
plx_ethdev_rss_key(uint16_t port, uint8_t ret_key[PLX_ETHDEV_RSS_KEY_MAX], uint32_t *ret_types)
{
	struct plx_ethdev *dev;
	int ret = find_hashing(port, &dev);

	if (ret != 0)
		return ret;
	memcpy(ret_key, dev->rss.key, PLX_ETHDEV_RSS_KEY_MAX);
	*ret_types = dev->rss.types;
	return 0;
}

int
plx_ethdev_set_rss_key(uint16_t port, const uint8_t *key, uint8_t key_size, uint32_t types)
{
	struct plx_ethdev_rss wanted;
	struct plx_ethdev *dev;
	int ret = find_hashing(port, &dev);

	if (ret != 0)
		return ret;
	if ((key != NULL && key_size != dev->info.rss_key_size) ||
	    (types & ~dev->info.rss_types) != 0)
		return -EINVAL;
	wanted = dev->rss;
	if (key != NULL)
		memcpy(wanted.key, key, key_size);
	wanted.types = types;
	return apply(dev, &wanted);
}

int
plx_ethdev_reta(uint16_t port, uint16_t *ret_table, uint16_t size)
{
	struct plx_ethdev *dev;
	int ret = find_spreading(port, &dev);

	if (ret != 0)
		return ret;
	if (size != dev->info.reta_size)
		return -EINVAL;
	memcpy(ret_table, dev->rss.reta, size * sizeof(*ret_table));
	return 0;
}

int
plx_ethdev_set_reta(uint16_t port, const uint16_t *table, uint16_t size)
{
	struct plx_ethdev_rss wanted;
	struct plx_ethdev *dev;
	int ret = find_spreading(port, &dev);

	if (ret != 0)
		return ret;
	if (size != dev->info.reta_size)
		return -EINVAL;
	wanted = dev->rss;
	for (unsigned i = 0; i < size; i++) {
		if (table[i] >= dev->info.nb_rx_queues)
			return -EINVAL;
		wanted.reta[i] = table[i];
	}
	return apply(dev, &wanted);
}
