/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The link: as the card tells it (13.4.2), and as the user wants it. Down, the PHY has no power, and neither ring moves, so that a
 * card whose PHY does not care, as emulated ones do not, has no link either.
 */
#include "e1000.h"

bool
e1000_link_is_up(const struct e1000_dev *dev)
{
	const uint32_t status = e1000_read(dev, E1000_STATUS);

	return !dev->link_off && status != E1000_GONE && (status & E1000_STATUS_LU) != 0;
}

bool
e1000_link_look(struct e1000_dev *dev)
{
	const bool up = e1000_link_is_up(dev);

	if (up == dev->link_up)
		return false;
	dev->link_up = up;
	plx_ethdev_add(&dev->counts[E1000_LINK_CHANGES], 1);
	if (up)
		e1000_hw_flow(dev);
	return true;
}

int
e1000_link(struct plx_ethdev *eth, struct plx_ethdev_link *ret_link)
{
	static const uint32_t speeds[] = {10, 100, 1000, 1000};
	struct e1000_dev *dev = e1000_dev(eth);
	uint32_t status;
	bool up;

	pthread_mutex_lock(&dev->lock);
	up = e1000_link_is_up(dev);
	status = e1000_read(dev, E1000_STATUS);
	pthread_mutex_unlock(&dev->lock);
	*ret_link = (struct plx_ethdev_link){.autoneg = true, .up = up};
	if (!up)
		return 0;
	ret_link->speed_mbps = speeds[status >> E1000_STATUS_SPEED_SHIFT & E1000_STATUS_SPEED_MASK];
	ret_link->full_duplex = (status & E1000_STATUS_FD) != 0;
	return 0;
}

/* What both the wish and the registers say. A port that does not run is told when it starts. */
static int
apply(struct e1000_dev *dev)
{
	int ret;

	if (!dev->running)
		return 0;
	ret = e1000_phy_start(dev, NULL);
	e1000_hw_ctrl(dev);
	e1000_filter_modes(dev);
	if (dev->txq != NULL)
		e1000_txq_enable(dev->txq);
	e1000_write(dev, E1000_ICS, E1000_INT_LSC); /* the control thread looks, and tells */
	return ret;
}

int
e1000_link_set(struct plx_ethdev *eth, bool up)
{
	struct e1000_dev *dev = e1000_dev(eth);
	int ret;

	pthread_mutex_lock(&dev->lock);
	dev->link_off = !up;
	ret = apply(dev);
	pthread_mutex_unlock(&dev->lock);
	return ret;
}
