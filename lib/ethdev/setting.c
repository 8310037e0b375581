/* SPDX-License-Identifier: BSD-3-Clause */
/* Link, MTU, receive modes, flow control, queues: checked here, carried out by the driver's op. */
#include "ethdev_priv.h"

#include <errno.h>

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

void
plx_ethdev_idle_add(struct plx_idle *idle, uint16_t port, uint16_t queue)
{
	int fd = idle->policy == PLX_IDLE_SLEEP ? plx_ethdev_rx_fd(port, queue) : -1;

	plx_idle_add_fd(idle, fd >= 0 ? fd : -1);
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

/* -- flow control -------------------------------------------------------------------------------------- */

int
plx_ethdev_flow_ctrl(uint16_t port, struct plx_ethdev_flow_ctrl *ret_flow)
{
	struct plx_ethdev *dev = plx_ethdev_at(port);

	if (dev == NULL)
		return -ENODEV;
	return dev->ops->flow_ctrl != NULL ? dev->ops->flow_ctrl(dev, ret_flow) : -ENOTSUP;
}

int
plx_ethdev_set_flow_ctrl(uint16_t port, const struct plx_ethdev_flow_ctrl *flow)
{
	struct plx_ethdev *dev = plx_ethdev_at(port);

	if (dev == NULL)
		return -ENODEV;
	return dev->ops->set_flow_ctrl != NULL ? dev->ops->set_flow_ctrl(dev, flow) : -ENOTSUP;
}

/* -- queues -------------------------------------------------------------------------------------------- */

int
plx_ethdev_rx_queue_info(uint16_t port, uint16_t queue, struct plx_ethdev_queue_info *ret_info)
{
	const struct plx_ethdev *dev = plx_ethdev_at(port);

	if (dev == NULL)
		return -ENODEV;
	if (queue >= dev->info.nb_rx_queues || dev->rxq[queue] == NULL)
		return -EINVAL;
	*ret_info = (struct plx_ethdev_queue_info){.descs = dev->rx_descs[queue],
						   .pool = dev->rx_pool[queue],
						   .state = dev->priv->rx_queue[queue].state,
						   .deferred = dev->priv->rx_queue[queue].deferred};
	return 0;
}

int
plx_ethdev_tx_queue_info(uint16_t port, uint16_t queue, struct plx_ethdev_queue_info *ret_info)
{
	const struct plx_ethdev *dev = plx_ethdev_at(port);

	if (dev == NULL)
		return -ENODEV;
	if (queue >= dev->info.nb_tx_queues || dev->txq[queue] == NULL)
		return -EINVAL;
	*ret_info = (struct plx_ethdev_queue_info){.descs = dev->tx_descs[queue],
						   .state = dev->priv->tx_queue[queue].state,
						   .deferred = dev->priv->tx_queue[queue].deferred};
	return 0;
}

/* -- registers ----------------------------------------------------------------------------------------- */

int
plx_ethdev_registers(uint16_t port, struct plx_ethdev_reg *ret_regs, unsigned n)
{
	struct plx_ethdev *dev = plx_ethdev_at(port);

	if (dev == NULL)
		return -ENODEV;
	return dev->ops->registers != NULL ? dev->ops->registers(dev, ret_regs, n) : -ENOTSUP;
}
