/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The interface behind the port: link, MTU, addresses. Promiscuity and further addresses are memberships of
 * a packet socket, which the kernel counts per holder and undoes when the socket closes, after any death;
 * MTU and address are put back when the port goes.
 */
#include "af_xdp_priv.h"

#include "plx_log.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

PLX_LOG_COMPONENT(netdev_log, "pmd.net.af_xdp");

int
af_xdp_netdev_open(struct af_xdp_port *port, struct plx_why *why)
{
	unsigned tx_queues;
	uint32_t mtu;
	int err;

	port->member_fd = -1;
	err = plx_netdev_init(&port->netdev, port->args.iface, why);
	if (err != 0)
		return err;
	err = plx_netdev_mac(&port->netdev, port->first_mac);
	if (err != 0) {
		plx_why(why, err, "%s is not an Ethernet interface: AF_XDP ports need one",
			port->args.iface);
		goto close_netdev;
	}
	err = plx_netdev_mtu(&port->netdev, &mtu);
	if (err == 0)
		err = plx_netdev_queues(&port->netdev, &port->device_queues, &tx_queues);
	if (err == 0)
		err = plx_netdev_driver(&port->netdev, port->driver, sizeof(port->driver));
	if (err != 0) {
		plx_why(why, err, "cannot read the settings of %s: %s", port->args.iface,
			strerror(-err));
		goto close_netdev;
	}
	/* No protocol: a socket that only holds memberships and receives nothing. */
	port->member_fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	port->first_mtu = mtu;
	port->dev.mtu = (uint16_t)(mtu > UINT16_MAX ? UINT16_MAX : mtu);
	memcpy(port->dev.mac, port->first_mac, 6);
	return 0;

close_netdev:
	plx_netdev_fini(&port->netdev);
	return err;
}

void
af_xdp_netdev_restore(struct af_xdp_port *port)
{
	struct plx_why why = {""};

	if (port->mtu_changed && plx_netdev_set_mtu(&port->netdev, port->first_mtu, &why) != 0)
		plx_log_warn(&netdev_log, "the MTU of %s stays at %u: %s", port->netdev.name,
			     port->dev.mtu, why.text);
	if (port->mac_changed && plx_netdev_set_mac(&port->netdev, port->first_mac, &why) != 0)
		plx_log_warn(&netdev_log, "the address of %s stays changed: %s", port->netdev.name,
			     why.text);
	if (port->member_fd >= 0)
		close(port->member_fd);
	port->member_fd = -1;
	plx_netdev_fini(&port->netdev);
}

/* Aligned chunks spare the kernel some 6 % of receiving (docs/adr/af-xdp-chunks.md): the smaller that fits. */
void
af_xdp_prefer_buffers(struct af_xdp_port *port, uint32_t mtu)
{
	port->dev.info.buf_size_best = mtu + AF_XDP_FRAME_OVERHEAD <= XSK_CHUNK_MIN - XSK_HEADROOM
					       ? XSK_CHUNK_MIN
					       : XSK_CHUNK_MAX;
}

int
af_xdp_link(struct plx_ethdev *dev, struct plx_ethdev_link *ret_link)
{
	return plx_netdev_link(&af_xdp_port(dev)->netdev, ret_link);
}

int
af_xdp_set_link(struct plx_ethdev *dev, bool up)
{
	return plx_netdev_change_flags(&af_xdp_port(dev)->netdev, up ? IFF_UP : 0, up ? 0 : IFF_UP);
}

int
af_xdp_set_mtu(struct plx_ethdev *dev, uint16_t mtu, struct plx_why *why)
{
	struct af_xdp_port *port = af_xdp_port(dev);
	int err = af_xdp_mtu_check(port, mtu, why);

	if (err == 0)
		err = plx_netdev_set_mtu(&port->netdev, mtu, why);
	if (err == 0) {
		port->mtu_changed = true;
		af_xdp_prefer_buffers(port, mtu);
	}
	return err;
}

int
af_xdp_flow_ctrl(struct plx_ethdev *dev, struct plx_ethdev_flow_ctrl *ret_flow)
{
	return plx_netdev_pause(&af_xdp_port(dev)->netdev, ret_flow);
}

int
af_xdp_set_flow_ctrl(struct plx_ethdev *dev, const struct plx_ethdev_flow_ctrl *flow)
{
	return plx_netdev_set_pause(&af_xdp_port(dev)->netdev, flow);
}

/* -- what is received ----------------------------------------------------------------------------------- */

static int
membership(struct af_xdp_port *port, uint16_t type, const uint8_t *mac, bool on)
{
	struct packet_mreq request = {.mr_ifindex = (int)port->netdev.index, .mr_type = type};

	if (port->member_fd < 0)
		return -EPERM;
	if (mac != NULL) {
		request.mr_alen = 6;
		memcpy(request.mr_address, mac, 6);
	}
	return setsockopt(port->member_fd, SOL_PACKET,
			  on ? PACKET_ADD_MEMBERSHIP : PACKET_DROP_MEMBERSHIP, &request,
			  sizeof(request)) == 0
		       ? 0
		       : -errno;
}

int
af_xdp_set_promiscuous(struct plx_ethdev *dev, bool on)
{
	return membership(af_xdp_port(dev), PACKET_MR_PROMISC, NULL, on);
}

int
af_xdp_set_allmulticast(struct plx_ethdev *dev, bool on)
{
	return membership(af_xdp_port(dev), PACKET_MR_ALLMULTI, NULL, on);
}

int
af_xdp_filter_mac(struct plx_ethdev *dev, const uint8_t mac[6], bool on)
{
	return membership(af_xdp_port(dev),
			  (mac[0] & 1) != 0 ? PACKET_MR_MULTICAST : PACKET_MR_UNICAST, mac, on);
}

int
af_xdp_set_mac(struct plx_ethdev *dev, const uint8_t mac[6])
{
	struct af_xdp_port *port = af_xdp_port(dev);
	int err = plx_netdev_set_mac(&port->netdev, mac, NULL);

	if (err == 0)
		port->mac_changed = true;
	return err;
}
