/* SPDX-License-Identifier: BSD-3-Clause */
/* What only the ethtool ioctl knows of an interface: kernel driver, queues. */
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
