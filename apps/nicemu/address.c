/* SPDX-License-Identifier: BSD-3-Clause */
#include "address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <pollux/plx_kvargs.h>

/* -- reading ------------------------------------------------------------------------------------------- */

static unsigned
len_of(const struct address *address)
{
	return address->family == AF_INET ? 4 : 16;
}

/* All bits behind the prefix are alike: that of the net itself, or an IPv4 broadcast. */
static bool
host_bits_are(const struct address *address, bool ones)
{
	for (unsigned bit = address->prefix; bit < 8 * len_of(address); bit++) {
		if ((address->bytes[bit / 8] >> (7 - bit % 8) & 1) != ones)
			return false;
	}
	return true;
}

static bool
is_a_hosts(const struct address *a)
{
	static const uint8_t zero[16];

	if (memcmp(a->bytes, zero, len_of(a)) == 0)
		return false;
	if (a->family == AF_INET6)
		return a->bytes[0] != 0xff;
	if (a->bytes[0] >= 224 || a->bytes[0] == 0)
		return false;
	return a->prefix >= 31 || !(host_bits_are(a, false) || host_bits_are(a, true));
}

int
address_parse(const char *text, struct address *ret_address, struct plx_why *why)
{
	struct address a = {.family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET};
	const char *slash = strchr(text, '/');
	char host[INET6_ADDRSTRLEN];
	uint64_t prefix;

	if (slash == NULL)
		return plx_why(why, -EINVAL,
			       "\"%.64s\": how large is its net? Write address/bits, as in "
			       "10.0.0.1/24",
			       text);
	snprintf(host, sizeof(host), "%.*s", (int)(slash - text), text);
	if (slash - text >= (int)sizeof(host) || inet_pton(a.family, host, a.bytes) != 1)
		return plx_why(why, -EINVAL,
			       "\"%.64s\" is no address; write 10.0.0.1/24 or fd00::1/64", text);
	if (plx_kvargs_uint(slash + 1, 1, 8 * len_of(&a), &prefix) != 0)
		return plx_why(why, -EINVAL, "\"%.64s\": a net has 1 to %u bits, not \"%.16s\"",
			       text, 8 * len_of(&a), slash + 1);
	a.prefix = (unsigned)prefix;
	if (!is_a_hosts(&a))
		return plx_why(
			why, -EINVAL,
			"\"%.64s\" is no host's address but that of a net or a group; the first "
			"host of a net is as 10.0.0.1/24",
			text);
	*ret_address = a;
	return 0;
}

/* -- the kernel ---------------------------------------------------------------------------------------- */

struct request {
	struct nlmsghdr header;
	struct ifaddrmsg message;
	uint8_t attributes[64];
};

static void
put(struct request *r, uint16_t type, const struct address *a)
{
	struct rtattr *attribute =
		(struct rtattr *)((uint8_t *)r + NLMSG_ALIGN(r->header.nlmsg_len));

	attribute->rta_type = type;
	attribute->rta_len = (uint16_t)RTA_LENGTH(len_of(a));
	memcpy(RTA_DATA(attribute), a->bytes, len_of(a));
	r->header.nlmsg_len = NLMSG_ALIGN(r->header.nlmsg_len) + RTA_LENGTH(len_of(a));
}

static int
send_request(struct request *r)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		uint8_t echo[256];
	} reply;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), ret = -EIO;
	ssize_t got;

	if (fd < 0)
		return -errno;
	if (send(fd, r, r->header.nlmsg_len, 0) < 0) {
		ret = -errno;
	} else {
		got = recv(fd, &reply, sizeof(reply), 0);
		if (got >= (ssize_t)NLMSG_LENGTH(sizeof(reply.error)) &&
		    reply.header.nlmsg_type == NLMSG_ERROR)
			ret = reply.error.error;
	}
	close(fd);
	return ret;
}

static int
tell_kernel(uint16_t type, uint16_t flags, const struct address *a, unsigned interface)
{
	struct request r = {
		.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(r.message)),
			   .nlmsg_type = type,
			   .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags)},
		.message = {.ifa_family = (uint8_t)a->family,
			    .ifa_prefixlen = (uint8_t)a->prefix,
			    .ifa_flags = a->family == AF_INET6 ? IFA_F_NODAD : 0,
			    .ifa_index = interface},
	};

	put(&r, IFA_LOCAL, a);
	put(&r, IFA_ADDRESS, a);
	return send_request(&r);
}

int
address_add(const struct address *address, unsigned interface, struct plx_why *why)
{
	int ret = tell_kernel(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, address, interface);

	if (ret == -EEXIST)
		return 1;
	if (ret == -EPERM || ret == -EACCES)
		return plx_why(
			why, ret,
			"the tap's address needs CAP_NET_ADMIN: run as root, or leave -n out and "
			"set it before: ip address add 10.0.0.1/24 dev TAP");
	return ret == 0 ? 0 : plx_why(why, ret, "the tap's address: %s", strerror(-ret));
}

void
address_remove(const struct address *address, unsigned interface)
{
	tell_kernel(RTM_DELADDR, 0, address, interface);
}
