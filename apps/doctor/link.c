/* SPDX-License-Identifier: BSD-3-Clause */
#include "link.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* `command` begins with its number, as every ethtool struct does. */
static int
ask(int fd, const char *name, void *command)
{
	struct ifreq request = {.ifr_data = command};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	return ioctl(fd, SIOCETHTOOL, &request) == 0 ? 0 : -errno;
}

static void
read_driver(int fd, const char *name, struct link_facts *facts)
{
	struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};

	if (ask(fd, name, &info) == 0)
		snprintf(facts->driver, sizeof(facts->driver), "%.31s", info.driver);
}

static void
read_queues(int fd, const char *name, struct link_facts *facts)
{
	struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};

	if (ask(fd, name, &channels) != 0)
		return;
	facts->rx_queues = channels.combined_count + channels.rx_count;
	facts->tx_queues = channels.combined_count + channels.tx_count;
	facts->max_queues = channels.max_combined + channels.max_rx;
}

static void
read_settings(int fd, const char *name, struct link_facts *facts)
{
	struct ifreq request = {0};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(fd, SIOCGIFFLAGS, &request) == 0)
		facts->flags = (uint16_t)request.ifr_flags;
	if (ioctl(fd, SIOCGIFMTU, &request) == 0)
		facts->mtu = (unsigned)request.ifr_mtu;
	if (ioctl(fd, SIOCGIFHWADDR, &request) == 0)
		facts->type = request.ifr_hwaddr.sa_family;
}

int
link_facts_read(const char *name, struct link_facts *ret_facts)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	*ret_facts = (struct link_facts){.index = if_nametoindex(name)};
	if (fd < 0)
		return -errno;
	if (ret_facts->index == 0) {
		close(fd);
		return -ENODEV;
	}
	read_settings(fd, name, ret_facts);
	read_driver(fd, name, ret_facts);
	read_queues(fd, name, ret_facts);
	close(fd);
	ret_facts->features_known = link_features(ret_facts->index, &ret_facts->features) == 0;
	link_xdp(ret_facts);
	return 0;
}
