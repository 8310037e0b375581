/* SPDX-License-Identifier: BSD-3-Clause */
/* Far ends that are kernel interfaces: a packet socket on the other end of a veth pair, or on the tap. */
#include "contract.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int
write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return -errno;
	len = write(fd, text, strlen(text));
	close(fd);
	return len == (ssize_t)strlen(text) ? 0 : -EIO;
}

/* In a user namespace we are root over our own network namespace, where the system allows that. */
static int
enter_as_user(void)
{
	char map[64];
	unsigned uid = geteuid(), gid = getegid();

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return -errno;
	snprintf(map, sizeof(map), "0 %u 1", uid);
	if (write_text("/proc/self/uid_map", map) < 0)
		return -EPERM;
	write_text("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", gid);
	return write_text("/proc/self/gid_map", map);
}

int
net_run(const char *format, ...)
{
	char command[512];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	return system(command) == 0 ? 0 : -EIO;
}

/* The namespace goes with the process, and everything in it with the namespace. */
int
net_enter(void)
{
	int err = geteuid() == 0 ? (unshare(CLONE_NEWNET) < 0 ? -errno : 0) : enter_as_user();

	if (err < 0)
		return err;
	/* No frames but ours. */
	write_text("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
	write_text("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
	return net_run("ip link set lo up && ip link add va numrxqueues 2 numtxqueues 2 type veth "
		       "peer name vb numrxqueues 2 numtxqueues 2 && "
		       "ip link set va up && ip link set vb up");
}

/* -- the packet socket --------------------------------------------------------------------------------- */

static int
open_socket(struct wire *wire, const char *iface)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(iface),
	};
	int yes = 1, room = 16 << 20;

	wire->sock = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (wire->sock < 0)
		return -errno;
	setsockopt(wire->sock, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof(yes));
	if (setsockopt(wire->sock, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) < 0)
		setsockopt(wire->sock, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	return bind(wire->sock, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno
											: 0;
}

int
socket_put(struct wire *wire, const void *frame, size_t len)
{
	for (int tries = 0; tries < 1000; tries++) {
		if (send(wire->sock, frame, len, 0) == (ssize_t)len)
			return 0;
		/* ENETDOWN once after the interface was down, which it is before the port starts. */
		if (errno != EAGAIN && errno != ENOBUFS && errno != ENETDOWN)
			break;
		sleep_ms(1);
	}
	print_error("cannot put a frame of %zu bytes in: %s\n", len, strerror(errno));
	return -errno;
}

size_t
socket_get(struct wire *wire, void *frame, size_t size)
{
	ssize_t len = recv(wire->sock, frame, size, MSG_DONTWAIT);

	return len > 0 ? (size_t)len : 0;
}

void
socket_close(struct wire *wire)
{
	if (wire->sock >= 0)
		close(wire->sock);
	wire->sock = -1;
}

/* -- PMDs ---------------------------------------------------------------------------------------------- */

int
tap_open(struct wire *wire)
{
	snprintf(wire->iface, sizeof(wire->iface), "ptap0");
	snprintf(wire->devargs, sizeof(wire->devargs), "net_tap0,iface=%s", wire->iface);
	return 0;
}

int
tap_plug(struct wire *wire)
{
	socket_close(wire);
	return open_socket(wire, wire->iface);
}

/* The far end is a bit longer than the port's, as tests of the MTU need it. */
static int
veth_open(struct wire *wire, const char *devargs)
{
	snprintf(wire->iface, sizeof(wire->iface), "va");
	snprintf(wire->devargs, sizeof(wire->devargs), "%s", devargs);
	return net_run("ip link set va up mtu 1500 && ip link set vb up mtu 3000");
}

int
af_packet_open(struct wire *wire)
{
	return veth_open(wire, "net_af_packet0,iface=va");
}

int
af_xdp_open(struct wire *wire)
{
	return veth_open(wire, "net_af_xdp0,iface=va");
}

int
veth_stretch(struct wire *wire, unsigned mtu)
{
	return net_run("ip link set vb mtu %u", mtu);
}

int
veth_plug(struct wire *wire)
{
	socket_close(wire);
	return open_socket(wire, "vb");
}
