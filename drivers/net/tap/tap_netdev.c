/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel's side of a tap: making the interface, its queues, offloads and carrier (Linux tuntap.rst). */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tap_priv.h"

#define TUN_DEVICE "/dev/net/tun"

static int
why_no_device(int err, struct plx_why *why)
{
	if (err == -ENOENT || err == -ENODEV || err == -ENXIO)
		return plx_why(why, err,
			       TUN_DEVICE
			       " is missing: load it with `modprobe tun`, or give it to the "
			       "container with --device " TUN_DEVICE PLX_DOCTOR("tun"));
	if (err == -EACCES || err == -EPERM)
		return plx_why(why, err,
			       "no rights to open " TUN_DEVICE
			       ": run as root, or `chmod 0666 " TUN_DEVICE
			       "` and setcap cap_net_admin+ep on the program" PLX_DOCTOR("tun"));
	return plx_why(why, err, "cannot open " TUN_DEVICE ": %s", strerror(-err));
}

static int
why_not_attached(const char *name, int err, struct plx_why *why)
{
	char typed[PLX_NETDEV_NAME_MAX];
	size_t stem = strcspn(name, "%");

	/* "dtap%d" is for the kernel; a person types dtap0. */
	snprintf(typed, sizeof(typed), "%.*s%s", (int)stem, name, name[stem] != '\0' ? "0" : "");
	if (err == -EPERM)
		return plx_why(
			why, err,
			"making the tap %s needs CAP_NET_ADMIN: run as root, setcap "
			"cap_net_admin+ep on the program, or have it made beforehand with `sudo ip "
			"tuntap add %s mode tap multi_queue user $USER` and use "
			"iface=%s,persist=1" PLX_DOCTOR("capabilities"),
			typed, typed, typed);
	if (err == -EBUSY)
		return plx_why(
			why, err,
			"interface %s is in use already: choose another name with iface=, leave "
			"iface= out, or take over a tap that nobody holds with persist=1",
			name);
	if (err == -EINVAL)
		return plx_why(
			why, err,
			"interface %s is there already and is no tap; choose another name with "
			"iface=",
			name);
	return plx_why(why, err, "cannot make the tap %s: %s", name, strerror(-err));
}

/* Attaches a new queue to the interface `name`, making it if need be; the kernel writes its real name. */
static int
attach(char name[PLX_NETDEV_NAME_MAX], int flags, int *ret_fd, struct plx_why *why)
{
	struct ifreq request = {.ifr_flags = (short)flags};
	int fd = open(TUN_DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	int err;

	if (fd < 0)
		return why_no_device(-errno, why);
	memcpy(request.ifr_name, name, sizeof(request.ifr_name));
	if (ioctl(fd, TUNSETIFF, &request) < 0) {
		err = why_not_attached(name, -errno, why);
		close(fd);
		return err;
	}
	memcpy(name, request.ifr_name, sizeof(request.ifr_name));
	*ret_fd = fd;
	return 0;
}

static int
flags_of(const struct tap_port *port)
{
	return IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | (port->multi_queue ? IFF_MULTI_QUEUE : 0);
}

/* A persistent interface that is there may be of either kind; the kernel says EINVAL to the wrong one. */
static int
make_interface(struct tap_port *port, char name[PLX_NETDEV_NAME_MAX], struct plx_why *why)
{
	int exclusive = port->args.persist ? 0 : IFF_TUN_EXCL;
	int err;

	/* The kernel would let two programs share the queues of a tap, each with a part of the packets. */
	if (port->args.persist && tap_is_used(name))
		return why_not_attached(name, -EBUSY, why);
	port->multi_queue = true;
	err = attach(name, flags_of(port) | exclusive, &port->fd[0], why);
	if (err == -EINVAL && port->args.persist) {
		port->multi_queue = false;
		err = attach(name, flags_of(port), &port->fd[0], why);
	}
	if (err == 0)
		port->nb_fds = 1;
	return err;
}

/* What the fd is a queue of; the packet header is chosen when the interface is made, so it must be there. */
static int
check_passed(int fd, struct ifreq *ret_request, struct plx_why *why)
{
	if (ioctl(fd, TUNGETIFF, ret_request) < 0)
		return plx_why(why, errno == EBADF ? -EBADF : -EINVAL,
			       errno == EBADF
				       ? "fd=%d is not open: pass it when starting the program "
					 "(no close-on-exec)"
				       : "fd=%d is no tap that was made (" TUN_DEVICE
					 " and TUNSETIFF)",
			       fd);
	if ((ret_request->ifr_flags & IFF_TAP) == 0)
		return plx_why(why, -EINVAL, "fd=%d is %s, a tun: packets without Ethernet headers",
			       fd, ret_request->ifr_name);
	if ((ret_request->ifr_flags & IFF_NO_PI) == 0 ||
	    (ret_request->ifr_flags & IFF_VNET_HDR) == 0)
		return plx_why(
			why, -EINVAL,
			"fd=%d is tap %s, made without the flags IFF_NO_PI and IFF_VNET_HDR: "
			"whoever makes it must ask TUNSETIFF for both",
			fd, ret_request->ifr_name);
	return 0;
}

/* A queue that somebody else made. The caller's fd stays the caller's. */
static int
take_passed(struct tap_port *port, char name[PLX_NETDEV_NAME_MAX], struct plx_why *why)
{
	struct ifreq request = {0};
	int err = check_passed((int)port->args.fd, &request, why);
	int fd;

	if (err < 0)
		return err;
	fd = fcntl((int)port->args.fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0 || fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK) < 0) {
		err = plx_why(why, -errno, "fd=%u: %s", (unsigned)port->args.fd, strerror(errno));
		if (fd >= 0)
			close(fd);
		return err;
	}
	memcpy(name, request.ifr_name, PLX_NETDEV_NAME_MAX);
	port->fd[0] = fd;
	port->nb_fds = 1;
	return 0;
}

static int
set_up_interface(struct tap_port *port, struct plx_why *why)
{
	static const uint8_t none[6];
	int header = sizeof(struct plx_vnet_header);
	int fd = port->fd[0];

	if (ioctl(fd, TUNSETVNETHDRSZ, &header) < 0)
		return plx_why(why, -errno, "%s does not take a packet header of %d bytes: %s",
			       port->netdev.name, header, strerror(errno));
	if (port->args.persist && ioctl(fd, TUNSETPERSIST, 1L) < 0)
		return plx_why(why, -errno, "cannot make %s persistent: %s", port->netdev.name,
			       strerror(errno));
	if (memcmp(port->args.host_mac, none, 6) != 0)
		return plx_netdev_set_mac(&port->netdev, port->args.host_mac, why);
	return 0;
}

int
tap_netdev_open(struct tap_port *port, struct plx_why *why)
{
	char name[PLX_NETDEV_NAME_MAX];
	int err;

	memcpy(name, port->args.iface, sizeof(name));
	err = port->args.fd != TAP_NO_FD ? take_passed(port, name, why)
					 : make_interface(port, name, why);
	if (err < 0)
		return err;
	err = plx_netdev_init(&port->netdev, name, why);
	if (err < 0)
		goto close_queues;
	err = set_up_interface(port, why);
	if (err < 0)
		goto close_queues;
	tap_netdev_set_carrier(port, false);
	plx_netdev_stats(&port->netdev, &port->base);
	port->now = port->base;
	return 0;

close_queues:
	tap_netdev_close(port);
	return err;
}

static void
close_queues(struct tap_port *port, unsigned keep)
{
	while (port->nb_fds > keep)
		close(port->fd[--port->nb_fds]);
}

void
tap_netdev_close(struct tap_port *port)
{
	close_queues(port, 0);
	plx_netdev_fini(&port->netdev);
}

int
tap_netdev_set_queues(struct tap_port *port, unsigned nb, struct plx_why *why)
{
	unsigned before = port->nb_fds;
	char name[PLX_NETDEV_NAME_MAX];
	uint32_t flags;
	int err;

	close_queues(port, nb);
	/* Any question brings the name up to date. */
	err = plx_netdev_flags(&port->netdev, &flags);
	if (err < 0)
		return plx_why(why, err, "interface %s has gone", port->netdev.name);
	memcpy(name, port->netdev.name, sizeof(name));
	while (port->nb_fds < nb) {
		err = attach(name, flags_of(port), &port->fd[port->nb_fds], why);
		if (err < 0) {
			close_queues(port, before < nb ? before : nb);
			return err;
		}
		port->nb_fds++;
	}
	/* The kernel turns the carrier on with each new queue. */
	return tap_netdev_set_carrier(port, false);
}

int
tap_netdev_set_offloads(struct tap_port *port, struct plx_why *why)
{
	const uint32_t sums = PLX_ETH_RX_OFFLOAD_UDP_CSUM | PLX_ETH_RX_OFFLOAD_TCP_CSUM;
	uint32_t wishes = port->dev.info.rx_offloads;
	unsigned long flags = 0;

	if (wishes & sums)
		flags |= TUN_F_CSUM;
	if (wishes & PLX_ETH_RX_OFFLOAD_LRO)
		flags |= TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;
	if (ioctl(port->fd[0], TUNSETOFFLOAD, flags) < 0)
		return plx_why(why, -errno, "%s does not take the rx offloads: %s",
			       port->netdev.name, strerror(errno));
	return 0;
}

int
tap_netdev_set_carrier(struct tap_port *port, bool on)
{
	int carrier = on;

	return ioctl(port->fd[0], TUNSETCARRIER, &carrier) < 0 ? -errno : 0;
}
