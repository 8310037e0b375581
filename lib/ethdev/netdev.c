/* SPDX-License-Identifier: BSD-3-Clause */
/* A kernel network interface by ioctl. See plx_netdev_driver.h. */
#include "plx_netdev_driver.h"

#include <errno.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netdev_priv.h"

PLX_STATIC_ASSERT(PLX_NETDEV_NAME_MAX == IFNAMSIZ, "interface names are the kernel's");

int
plx_netdev_check_name(const char *name, struct plx_why *why)
{
	size_t len = name == NULL ? 0 : strlen(name);

	if (len == 0)
		return plx_why(why, -EINVAL, "the interface name is empty");
	if (len >= PLX_NETDEV_NAME_MAX)
		return plx_why(why, -EINVAL,
			       "interface name \"%.64s\" has %zu characters; Linux allows %d", name,
			       len, PLX_NETDEV_NAME_MAX - 1);
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strpbrk(name, "/: \t\n\v\f\r"))
		return plx_why(why, -EINVAL,
			       "\"%s\" cannot be an interface name: no slash, colon or white space",
			       name);
	return 0;
}

const char *
plx_netdev_list(char *ret_text, size_t size)
{
	struct if_nameindex *all = if_nameindex();
	size_t used = 0;

	ret_text[0] = '\0';
	for (struct if_nameindex *item = all; item != NULL && item->if_index != 0; item++) {
		int len = snprintf(ret_text + used, size - used, "%s%s", used == 0 ? "" : ", ",
				   item->if_name);

		if (len < 0 || used + (size_t)len + sizeof(", ...") > size) {
			snprintf(ret_text + used, size - used, "%s...", used == 0 ? "" : ", ");
			break;
		}
		used += (size_t)len;
	}
	if (all != NULL)
		if_freenameindex(all);
	return ret_text;
}

int
plx_netdev_init(struct plx_netdev *netdev, const char *name, struct plx_why *why)
{
	struct ifreq request = {0};
	char names[256];
	int err;

	*netdev = (struct plx_netdev){.fd = -1};
	err = plx_netdev_check_name(name, why);
	if (err < 0)
		return err;
	/* Every socket takes interface ioctls; this kind answers netlink requests as well. */
	netdev->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (netdev->fd < 0)
		return plx_why(why, -errno, "cannot open a socket to look for interfaces: %s",
			       strerror(errno));
	memcpy(request.ifr_name, name, strlen(name) + 1);
	if (ioctl(netdev->fd, SIOCGIFINDEX, &request) < 0) {
		err = -errno;
		plx_why(why, err,
			"there is no interface \"%s\" in this network namespace; there are: %s" PLX_DOCTOR(
				"interfaces"),
			name, plx_netdev_list(names, sizeof(names)));
		close(netdev->fd);
		netdev->fd = -1;
		return err;
	}
	netdev->index = (uint32_t)request.ifr_ifindex;
	memcpy(netdev->name, name, strlen(name) + 1);
	return 0;
}

void
plx_netdev_fini(struct plx_netdev *netdev)
{
	if (netdev->index == 0)
		return;
	close(netdev->fd);
	*netdev = (struct plx_netdev){.fd = -1};
}

/* Fills in the name that the index has now. */
int
netdev_request(struct plx_netdev *netdev, struct ifreq *ret_request)
{
	memset(ret_request, 0, sizeof(*ret_request));
	ret_request->ifr_ifindex = (int)netdev->index;
	if (ioctl(netdev->fd, SIOCGIFNAME, ret_request) < 0)
		return -errno;
	memcpy(netdev->name, ret_request->ifr_name, sizeof(netdev->name));
	return 0;
}

int
netdev_ioctl(struct plx_netdev *netdev, unsigned long command, struct ifreq *request)
{
	return ioctl(netdev->fd, command, request) < 0 ? -errno : 0;
}

static int
netdev_ask(struct plx_netdev *netdev, unsigned long command, struct ifreq *ret_request)
{
	int err = netdev_request(netdev, ret_request);

	return err < 0 ? err : netdev_ioctl(netdev, command, ret_request);
}

/* The sentence for a refused change. */
static int
netdev_refused(const struct plx_netdev *netdev, struct plx_why *why, int err, const char *what)
{
	if (err == -EPERM || err == -EACCES)
		return plx_why(why, err,
			       "changing the %s of %s needs CAP_NET_ADMIN: run as root, or "
			       "setcap cap_net_admin,cap_net_raw+ep on the program" PLX_DOCTOR(
				       "capabilities"),
			       what, netdev->name);
	if (err == -ENODEV)
		return plx_why(why, err, "interface %s has gone", netdev->name);
	return plx_why(why, err, "%s does not take this %s: %s", netdev->name, what,
		       strerror(-err));
}

int
plx_netdev_mtu(struct plx_netdev *netdev, uint32_t *ret_mtu)
{
	struct ifreq request;
	int err = netdev_ask(netdev, SIOCGIFMTU, &request);

	if (err == 0)
		*ret_mtu = (uint32_t)request.ifr_mtu;
	return err;
}

int
plx_netdev_set_mtu(struct plx_netdev *netdev, uint32_t mtu, struct plx_why *why)
{
	struct ifreq request;
	int err = netdev_request(netdev, &request);

	if (err == 0) {
		request.ifr_mtu = (int)mtu;
		err = netdev_ioctl(netdev, SIOCSIFMTU, &request);
	}
	if (err == -EINVAL)
		return plx_why(
			why, err,
			"%s does not take an MTU of %u; `ip -d link show %s` tells minmtu and "
			"maxmtu",
			netdev->name, mtu, netdev->name);
	return err == 0 ? 0 : netdev_refused(netdev, why, err, "MTU");
}

int
plx_netdev_set_tx_queue_len(struct plx_netdev *netdev, uint32_t packets)
{
	struct ifreq request;
	int err = netdev_request(netdev, &request);

	if (err < 0)
		return err;
	request.ifr_qlen = (int)packets;
	return netdev_ioctl(netdev, SIOCSIFTXQLEN, &request);
}

/* Interfaces whose address is six bytes long; loopback has six zeros. */
static bool
netdev_is_ethernet(const struct ifreq *request)
{
	return request->ifr_hwaddr.sa_family == ARPHRD_ETHER ||
	       request->ifr_hwaddr.sa_family == ARPHRD_LOOPBACK;
}

int
plx_netdev_mac(struct plx_netdev *netdev, uint8_t ret_mac[6])
{
	struct ifreq request;
	int err = netdev_ask(netdev, SIOCGIFHWADDR, &request);

	if (err < 0)
		return err;
	if (!netdev_is_ethernet(&request))
		return -EAFNOSUPPORT;
	memcpy(ret_mac, request.ifr_hwaddr.sa_data, 6);
	return 0;
}

int
plx_netdev_set_mac(struct plx_netdev *netdev, const uint8_t mac[6], struct plx_why *why)
{
	struct ifreq request;
	int err = netdev_ask(netdev, SIOCGIFHWADDR, &request);

	if (err == 0 && !netdev_is_ethernet(&request))
		err = -EAFNOSUPPORT;
	if (err == 0) {
		memcpy(request.ifr_hwaddr.sa_data, mac, 6);
		err = netdev_ioctl(netdev, SIOCSIFHWADDR, &request);
	}
	return err == 0 ? 0 : netdev_refused(netdev, why, err, "MAC address");
}

int
plx_netdev_flags(struct plx_netdev *netdev, uint32_t *ret_flags)
{
	struct ifreq request;
	int err = netdev_ask(netdev, SIOCGIFFLAGS, &request);

	if (err == 0)
		*ret_flags = (uint16_t)request.ifr_flags;
	return err;
}

int
plx_netdev_change_flags(struct plx_netdev *netdev, uint32_t on, uint32_t off)
{
	struct ifreq request;
	int err = netdev_ask(netdev, SIOCGIFFLAGS, &request);
	uint32_t wanted;

	if (err < 0)
		return err;
	wanted = ((uint16_t)request.ifr_flags | on) & ~off;
	if (wanted == (uint16_t)request.ifr_flags)
		return 0;
	request.ifr_flags = (short)wanted;
	return netdev_ioctl(netdev, SIOCSIFFLAGS, &request);
}
