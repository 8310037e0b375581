/* SPDX-License-Identifier: BSD-3-Clause */
/* Far ends that are kernel interfaces: a packet socket on the other end of a veth pair, or on the tap. */
#include "contract.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
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
net_set_capability(int capability, bool on)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[2];
	uint32_t bit = 1u << (capability % 32);

	if (syscall(SYS_capget, &head, sets) < 0)
		return -errno;
	if (on)
		sets[capability / 32].effective |= bit;
	else
		sets[capability / 32].effective &= ~bit;
	return syscall(SYS_capset, &head, sets) < 0 ? -errno : 0;
}

int
net_enter(void)
{
	int err = geteuid() == 0 ? (unshare(CLONE_NEWNET) < 0 ? -errno : 0) : enter_as_user();

	if (err < 0)
		return err;
	/* No frames but ours. */
	write_text("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
	write_text("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
	return net_run("ip link set lo up");
}

bool
net_may_bpf(void)
{
	union bpf_attr map;
	int fd;

	/* The kernel wants the bytes behind the fields it knows to be zero. */
	memset(&map, 0, sizeof(map));
	map.map_type = BPF_MAP_TYPE_XSKMAP;
	map.key_size = map.value_size = 4;
	map.max_entries = 1;
	fd = (int)syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof(map));
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* -- the packet socket --------------------------------------------------------------------------------- */

int
net_socket(const char *iface, bool with_header)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(iface),
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int yes = 1, room = 16 << 20;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof(yes));
	setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &yes, sizeof(yes));
	if (with_header)
		setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &yes, sizeof(yes));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

static int
open_socket(struct wire *wire, const char *iface)
{
	wire->sock = net_socket(iface, false);
	return wire->sock < 0 ? -EIO : 0;
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

/* The kernel takes VLAN tags out on the way in: put it back. Returns the new length. */
static size_t
put_tag_back(uint8_t *frame, size_t len, const struct tpacket_auxdata *aux)
{
	uint16_t tag[2] = {htons(0x8100), htons(aux->tp_vlan_tci)};

	if (!(aux->tp_status & TP_STATUS_VLAN_VALID))
		return len;
	memmove(frame + 16, frame + 12, len - 12);
	memcpy(frame + 12, tag, 4);
	return len + 4;
}

size_t
socket_get(struct wire *wire, void *frame, size_t size)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	struct iovec iov = {frame, size - 4};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control,
			     .msg_controllen = sizeof(control)};
	ssize_t len = recvmsg(wire->sock, &msg, MSG_DONTWAIT);
	struct tpacket_auxdata aux;

	if (len <= 0)
		return 0;
	if (CMSG_FIRSTHDR(&msg) == NULL)
		return (size_t)len;
	memcpy(&aux, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(aux));
	return put_tag_back(frame, (size_t)len, &aux);
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
	/* The host asks for nobody's address while a test counts frames. */
	if (net_run("ip link set %s arp off", wire->iface) != 0)
		return -EIO;
	return open_socket(wire, wire->iface);
}

/* The end that came up first sends nothing, and says so to nobody, until the kernel has got to its link; then it is UP. */
static int
wait_for_links(void)
{
	const char *all = "[ $(ip -o link show up | grep -Ec ': v[ab]@.* state UP ') = 2 ]";

	for (uint64_t until = now_ms() + PATIENCE_MS; net_run("%s", all) != 0; sleep_ms(5)) {
		if (now_ms() > until)
			return -ETIMEDOUT;
	}
	return 0;
}

/*
 * The far end is a bit longer than the port's, as tests of the MTU need it. It sends by one queue, and so to the port's first: of several the
 * kernel picks one by a hash that is another one after each boot.
 */
static int
veth_open(struct wire *wire, const char *devargs)
{
	snprintf(wire->iface, sizeof(wire->iface), "va");
	snprintf(wire->devargs, sizeof(wire->devargs), "%s", devargs);
	if (if_nametoindex("va") == 0 &&
	    net_run("ip link add va numrxqueues 2 numtxqueues 2 type veth "
		    "peer name vb numrxqueues 2 numtxqueues 1") != 0)
		return -EIO;
	if (net_run("ip link set va up mtu 1500 arp off && "
		    "ip link set vb up mtu 3000 arp off") != 0)
		return -EIO;
	return wait_for_links();
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
