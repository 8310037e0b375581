/* SPDX-License-Identifier: BSD-3-Clause */
/* What only the ethtool ioctl knows of an interface: link speed, kernel driver, queues, pause frames. */
#include "plx_ethdev.h"
#include "plx_netdev_driver.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "netdev_priv.h"

/* `command` begins with its number, as every ethtool struct does. */
static int
netdev_ethtool(struct plx_netdev *netdev, void *command)
{
	struct ifreq request;
	int err = netdev_request(netdev, &request);

	if (err < 0)
		return err;
	request.ifr_data = command;
	return netdev_ioctl(netdev, SIOCETHTOOL, &request);
}

/*
 * The settings call needs the number of words in its bit masks, which it tells, negated, when asked with
 * a wrong one.
 */
static int
netdev_link_settings(struct plx_netdev *netdev, struct ethtool_link_settings *ret_settings)
{
	union {
		struct ethtool_link_settings base;
		uint8_t with_masks[sizeof(struct ethtool_link_settings) +
				   3 * INT8_MAX * sizeof(uint32_t)];
	} query = {.base = {.cmd = ETHTOOL_GLINKSETTINGS}};
	int err = netdev_ethtool(netdev, &query.base);

	if (err == 0 && query.base.link_mode_masks_nwords < 0) {
		query.base.cmd = ETHTOOL_GLINKSETTINGS;
		query.base.link_mode_masks_nwords = (int8_t)-query.base.link_mode_masks_nwords;
		err = netdev_ethtool(netdev, &query.base);
	}
	if (err == 0)
		*ret_settings = query.base;
	return err;
}

int
plx_netdev_link(struct plx_netdev *netdev, struct plx_ethdev_link *ret_link)
{
	struct ethtool_link_settings settings;
	uint32_t flags;
	int err = plx_netdev_flags(netdev, &flags);

	if (err < 0)
		return err;
	*ret_link = (struct plx_ethdev_link){
		.up = (flags & IFF_UP) != 0 && (flags & IFF_RUNNING) != 0,
		.full_duplex = true,
	};
	if (netdev_link_settings(netdev, &settings) < 0)
		return 0;
	if (settings.speed != (uint32_t)SPEED_UNKNOWN)
		ret_link->speed_mbps = settings.speed;
	ret_link->full_duplex = settings.duplex != DUPLEX_HALF;
	ret_link->autoneg = settings.autoneg == AUTONEG_ENABLE;
	return 0;
}

int
plx_netdev_driver(struct plx_netdev *netdev, char *ret_name, size_t size)
{
	struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
	int err = netdev_ethtool(netdev, &info);

	if (err == -ENODEV)
		return err;
	if (err < 0 || info.driver[0] == '\0')
		snprintf(ret_name, size, "unknown");
	else
		snprintf(ret_name, size, "%.*s", (int)sizeof(info.driver), info.driver);
	return 0;
}

int
plx_netdev_queues(struct plx_netdev *netdev, unsigned *ret_rx, unsigned *ret_tx)
{
	struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};
	int err = netdev_ethtool(netdev, &channels);

	if (err == -ENODEV)
		return err;
	if (err < 0)
		channels = (struct ethtool_channels){.combined_count = 1};
	*ret_rx = channels.combined_count + channels.rx_count;
	*ret_tx = channels.combined_count + channels.tx_count;
	if (*ret_rx == 0)
		*ret_rx = 1;
	if (*ret_tx == 0)
		*ret_tx = 1;
	return 0;
}

int
plx_netdev_pause(struct plx_netdev *netdev, struct plx_ethdev_flow_ctrl *ret_flow)
{
	struct ethtool_pauseparam pause = {.cmd = ETHTOOL_GPAUSEPARAM};
	int err = netdev_ethtool(netdev, &pause);

	if (err < 0)
		return err;
	*ret_flow = (struct plx_ethdev_flow_ctrl){.rx = pause.rx_pause != 0,
						  .tx = pause.tx_pause != 0,
						  .autoneg = pause.autoneg != 0};
	return 0;
}

int
plx_netdev_set_pause(struct plx_netdev *netdev, const struct plx_ethdev_flow_ctrl *flow)
{
	struct ethtool_pauseparam pause = {.cmd = ETHTOOL_SPAUSEPARAM,
					   .autoneg = flow->autoneg,
					   .rx_pause = flow->rx,
					   .tx_pause = flow->tx};

	return netdev_ethtool(netdev, &pause);
}
