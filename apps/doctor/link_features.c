/* SPDX-License-Identifier: BSD-3-Clause */
/* XDP features of an interface: the "netdev" family of generic netlink (Linux 6.3, netdev.yaml). */
#include "link.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* linux/netdev.h, which older headers do not have. */
#define FAMILY		  "netdev"
#define CMD_DEV_GET	  1
#define ATTR_IFINDEX	  1
#define ATTR_XDP_FEATURES 3

struct request {
	struct nlmsghdr head;
	struct genlmsghdr gen;
	struct nlattr attr;
	char value[32];
};

/* One request with one attribute, and its answer. Returns the answer's length or -errno. */
static ssize_t
talk(int fd, uint16_t type, uint8_t command, uint16_t attr, const void *value, uint16_t len,
     void *answer, size_t size)
{
	struct request request = {
		.head = {.nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST},
		.gen = {.cmd = command, .version = 1},
		.attr = {.nla_type = attr, .nla_len = (uint16_t)(NLA_HDRLEN + len)},
	};
	const struct nlmsghdr *head = answer;
	ssize_t got;

	memcpy(request.value, value, len);
	request.head.nlmsg_len =
		NLMSG_LENGTH(GENL_HDRLEN + (uint32_t)NLA_ALIGN(request.attr.nla_len));
	if (send(fd, &request, request.head.nlmsg_len, 0) < 0)
		return -errno;
	got = recv(fd, answer, size, 0);
	if (got < 0)
		return -errno;
	if ((size_t)got < sizeof(*head) + GENL_HDRLEN || head->nlmsg_len > (size_t)got)
		return -EPROTO;
	if (head->nlmsg_type == NLMSG_ERROR)
		return -EOPNOTSUPP;
	return head->nlmsg_len;
}

/* Copies up to `size` bytes of an attribute of the answer. */
static int
find(const char *answer, ssize_t len, uint16_t type, void *out, size_t size)
{
	ssize_t at = NLMSG_HDRLEN + GENL_HDRLEN;

	while (at + NLA_HDRLEN <= len) {
		struct nlattr attr;
		size_t have;

		memcpy(&attr, answer + at, sizeof(attr));
		if (attr.nla_len < NLA_HDRLEN || at + attr.nla_len > len)
			return -EPROTO;
		have = (size_t)attr.nla_len - NLA_HDRLEN;
		if ((attr.nla_type & NLA_TYPE_MASK) == type) {
			memcpy(out, answer + at + NLA_HDRLEN, have < size ? have : size);
			return 0;
		}
		at += NLA_ALIGN(attr.nla_len);
	}
	return -ENODATA;
}

int
link_features(unsigned index, uint64_t *ret_features)
{
	const struct timeval patience = {.tv_sec = 2};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	uint32_t if_index = index;
	uint16_t family = 0;
	char answer[4096];
	ssize_t len;
	int err;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	len = talk(fd, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_NAME, FAMILY,
		   sizeof(FAMILY), answer, sizeof(answer));
	err = len < 0 ? (int)len : find(answer, len, CTRL_ATTR_FAMILY_ID, &family, sizeof(family));
	if (err != 0)
		goto out;
	len = talk(fd, family, CMD_DEV_GET, ATTR_IFINDEX, &if_index, sizeof(if_index), answer,
		   sizeof(answer));
	*ret_features = 0;
	err = len < 0 ? (int)len
		      : find(answer, len, ATTR_XDP_FEATURES, ret_features, sizeof(*ret_features));
out:
	close(fd);
	return err;
}
