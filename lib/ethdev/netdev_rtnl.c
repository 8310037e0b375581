/* SPDX-License-Identifier: BSD-3-Clause */
/* What only rtnetlink knows of an interface: 64-bit counters and the limits of its MTU. */
#include "plx_netdev_driver.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

struct link_request {
	struct nlmsghdr head;
	struct ifinfomsg link;
};

/* One RTM_GETLINK; the answer fits 32 KiB unless the interface has thousands of virtual functions. */
static int
netdev_get_link(struct plx_netdev *netdev, void *buf, size_t size, ssize_t *ret_len)
{
	struct link_request request = {
		.head = {.nlmsg_len = sizeof(request),
			 .nlmsg_type = RTM_GETLINK,
			 .nlmsg_flags = NLM_F_REQUEST},
		.link = {.ifi_family = AF_UNSPEC, .ifi_index = (int)netdev->index},
	};
	struct nlmsghdr *head = buf;

	if (send(netdev->fd, &request, sizeof(request), 0) < 0)
		return -errno;
	do {
		*ret_len = recv(netdev->fd, buf, size, 0);
	} while (*ret_len < 0 && errno == EINTR);
	if (*ret_len < 0)
		return -errno;
	if (!NLMSG_OK(head, (size_t)*ret_len))
		return -EPROTO;
	if (head->nlmsg_type == NLMSG_ERROR)
		return ((struct nlmsgerr *)NLMSG_DATA(head))->error;
	return head->nlmsg_type == RTM_NEWLINK ? 0 : -EPROTO;
}

/* Copies up to `size` bytes of an attribute of the interface: 0, or -ENODATA if it has none such. */
static int
netdev_attribute(struct plx_netdev *netdev, unsigned short type, void *out, size_t size)
{
	_Alignas(struct nlmsghdr) char buf[32768];
	/* Not const: clang holds the kernel's macros to -Wcast-qual. */
	struct nlmsghdr *head = (struct nlmsghdr *)(void *)buf;
	struct rtattr *attr;
	ssize_t len;
	int err = netdev_get_link(netdev, buf, sizeof(buf), &len);
	int left;

	if (err < 0)
		return err;
	attr = IFLA_RTA(NLMSG_DATA(head));
	left = (int)IFLA_PAYLOAD(head);
	for (; RTA_OK(attr, left); attr = RTA_NEXT(attr, left)) {
		size_t have = RTA_PAYLOAD(attr);

		if (attr->rta_type != type)
			continue;
		memcpy(out, RTA_DATA(attr), have < size ? have : size);
		return 0;
	}
	return -ENODATA;
}

int
plx_netdev_stats(struct plx_netdev *netdev, struct plx_netdev_stats *ret_stats)
{
	struct rtnl_link_stats64 raw = {0};
	int err = netdev_attribute(netdev, IFLA_STATS64, &raw, sizeof(raw));

	if (err < 0)
		return err;
	*ret_stats = (struct plx_netdev_stats){
		.rx_packets = raw.rx_packets,
		.rx_bytes = raw.rx_bytes,
		.rx_errors = raw.rx_errors,
		.rx_dropped = raw.rx_dropped,
		.tx_packets = raw.tx_packets,
		.tx_bytes = raw.tx_bytes,
		.tx_errors = raw.tx_errors,
		.tx_dropped = raw.tx_dropped,
	};
	return 0;
}

int
plx_netdev_mtu_range(struct plx_netdev *netdev, uint32_t *ret_min, uint32_t *ret_max)
{
	uint32_t min = 0, max = 0;
	int err = netdev_attribute(netdev, IFLA_MIN_MTU, &min, sizeof(min));

	if (err == 0)
		err = netdev_attribute(netdev, IFLA_MAX_MTU, &max, sizeof(max));
	if (err < 0 && err != -ENODATA)
		return err;
	*ret_min = min != 0 ? min : 68;
	*ret_max = max != 0 ? max : 65535;
	return 0;
}
