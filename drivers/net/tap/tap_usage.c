/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Does somebody use a tap? Only rtnetlink tells, of taps with several queues (IFLA_INFO_DATA, Linux 4.17 and later): how many are attached,
 * and how many of those are disabled. A port that is stopped has its queues, but no carrier. Of taps with one queue the kernel minds
 * itself.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tap_priv.h"

#define ANSWER_MAX 32768

struct link_request {
	struct nlmsghdr head;
	struct ifinfomsg link;
	struct rtattr attr;
	char name[PLX_NETDEV_NAME_MAX];
};

/* -errno, or how many bytes the answer has. */
static ssize_t
ask(const char name[PLX_NETDEV_NAME_MAX], void *answer)
{
	struct link_request request = {
		.head = {.nlmsg_len = sizeof(request),
			 .nlmsg_type = RTM_GETLINK,
			 .nlmsg_flags = NLM_F_REQUEST},
		.link = {.ifi_family = AF_UNSPEC},
		.attr = {.rta_len = RTA_LENGTH(sizeof(request.name)), .rta_type = IFLA_IFNAME},
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	ssize_t len = -1;

	if (fd < 0)
		return -errno;
	memcpy(request.name, name, sizeof(request.name));
	if (send(fd, &request, sizeof(request), 0) == (ssize_t)sizeof(request)) {
		do {
			len = recv(fd, answer, ANSWER_MAX, 0);
		} while (len < 0 && errno == EINTR);
	}
	if (len < 0)
		len = -errno;
	close(fd);
	return len;
}

/* The attribute of that type among `len` bytes of them; NULL if there is none. */
static struct rtattr *
find(struct rtattr *attr, size_t len, unsigned short type)
{
	int left = (int)len;

	for (; RTA_OK(attr, left); attr = RTA_NEXT(attr, left))
		if ((attr->rta_type & NLA_TYPE_MASK) == type)
			return attr;
	return NULL;
}

static uint32_t
number(struct rtattr *data, unsigned short type)
{
	struct rtattr *attr = find(RTA_DATA(data), RTA_PAYLOAD(data), type);
	uint32_t value = 0;

	if (attr != NULL && RTA_PAYLOAD(attr) >= sizeof(value))
		memcpy(&value, RTA_DATA(attr), sizeof(value));
	return value;
}

static bool
is_tun(struct rtattr *info)
{
	struct rtattr *kind = find(RTA_DATA(info), RTA_PAYLOAD(info), IFLA_INFO_KIND);

	return kind != NULL && RTA_PAYLOAD(kind) >= sizeof("tun") &&
	       memcmp(RTA_DATA(kind), "tun", sizeof("tun")) == 0;
}

bool
tap_is_used(const char name[PLX_NETDEV_NAME_MAX])
{
	_Alignas(struct nlmsghdr) char answer[ANSWER_MAX];
	/* Not const: clang holds the kernel's macros to -Wcast-qual. */
	struct nlmsghdr *head = (struct nlmsghdr *)(void *)answer;
	const ssize_t len = ask(name, answer);
	struct rtattr *info, *data;

	if (len < 0 || !NLMSG_OK(head, (size_t)len) || head->nlmsg_type != RTM_NEWLINK ||
	    head->nlmsg_len < NLMSG_LENGTH(sizeof(struct ifinfomsg)))
		return false;
	info = find(IFLA_RTA(NLMSG_DATA(head)), IFLA_PAYLOAD(head), IFLA_LINKINFO);
	if (info == NULL || !is_tun(info))
		return false;
	data = find(RTA_DATA(info), RTA_PAYLOAD(info), IFLA_INFO_DATA);
	return data != NULL &&
	       number(data, IFLA_TUN_NUM_QUEUES) + number(data, IFLA_TUN_NUM_DISABLED_QUEUES) > 0;
}
