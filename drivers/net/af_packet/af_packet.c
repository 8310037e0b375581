/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * net_af_packet: a copy of what a kernel interface takes in, and a way to send out of it. The interface
 * keeps working as before, whatever becomes of us: everything hangs on sockets that die with the program.
 */
#include <errno.h>
#include <sys/random.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "afp_priv.h"

static const struct plx_ethdev_counter afp_counters[] = {
	[AFP_RX_RING_FULL] = {"rx_missed_ring_full", "kernel ring full", PLX_COUNTER_RX_MISSED},
	[AFP_RX_STOPPED] = {"rx_missed_while_stopped", "not asked for before the port stopped",
			    PLX_COUNTER_RX_MISSED},
	[AFP_RX_TRUNCATED] = {"rx_truncated", "longer than a ring block", PLX_COUNTER_RX_ERROR},
	[AFP_RX_FREEZES] = {"rx_ring_freezes", "times the ring was full", PLX_COUNTER_INFO},
	[AFP_TX_DOWN] = {"tx_interface_down", "interface down", PLX_COUNTER_TX_ERROR},
	[AFP_TX_TOO_LONG] = {"tx_too_long", "longer than the MTU", PLX_COUNTER_TX_ERROR},
};
PLX_STATIC_ASSERT(PLX_ARRAY_LEN(afp_counters) == AFP_COUNTERS, "one text a counter");

/* -- life --------------------------------------------------------------------------------------------- */

/* The queues are gone, and with the last socket of a group the group. */
static int
afp_configure(struct plx_ethdev *dev, const struct plx_ethdev_conf *conf, struct plx_why *why)
{
	afp_port(dev)->fanout_id = -1;
	return 0;
}

static int
check_up(struct afp_port *port, struct plx_why *why)
{
	uint32_t flags;
	int err = plx_netdev_flags(&port->netdev, &flags);

	if (err < 0)
		return plx_why(why, err, "interface %s has gone", port->netdev.name);
	if (flags & IFF_UP)
		return 0;
	return plx_why(why, -ENETDOWN,
		       "interface %s is down: `ip link set dev %s up`" PLX_DOCTOR("interfaces"),
		       port->netdev.name, port->netdev.name);
}

/* Memberships hang on a socket of their own, so that they end with the run, however it ends. */
static int
open_control(struct afp_port *port, struct plx_why *why)
{
	int err = afp_socket_open(&port->control, why);

	if (err < 0)
		return err;
	err = afp_filter_join_all(port);
	if (err == 0)
		return 0;
	plx_why(why, err, "%s does not take the receive modes of the port: %s", port->netdev.name,
		strerror(-err));
	close(port->control);
	port->control = -1;
	return err;
}

static int
join_group(struct afp_port *port, struct plx_why *why)
{
	const struct plx_ethdev *dev = &port->dev;

	for (uint16_t i = 0; dev->info.nb_rx_queues > 1 && i < dev->info.nb_rx_queues; i++) {
		struct afp_rxq *rxq = dev->rxq[i];
		int err = rxq->in_group ? 0 : afp_socket_join(rxq->fd, port, why);

		if (err < 0)
			return err;
		rxq->in_group = true;
	}
	return 0;
}

/* A new filter on every rx socket; while stopped it lets nothing through. */
static int
set_filters(struct afp_port *port, bool started)
{
	int err = 0;

	for (uint16_t i = 0; err == 0 && i < port->dev.info.nb_rx_queues; i++) {
		const struct afp_rxq *rxq = port->dev.rxq[i];

		if (rxq != NULL)
			err = afp_filter_attach(port, rxq->fd, started);
	}
	return err;
}

static int
afp_start(struct plx_ethdev *dev, struct plx_why *why)
{
	struct afp_port *port = afp_port(dev);
	int err = check_up(port, why);

	if (err < 0)
		return err;
	err = join_group(port, why);
	if (err < 0)
		return err;
	err = open_control(port, why);
	if (err < 0)
		return err;
	for (uint16_t i = 0; i < dev->info.nb_rx_queues; i++)
		afp_rx_discard(dev->rxq[i]);
	err = set_filters(port, true);
	if (err == 0)
		return 0;
	plx_why(why, err, "cannot put filters on the packet sockets: %s", strerror(-err));
	close(port->control);
	port->control = -1;
	return err;
}

static void
afp_stop(struct plx_ethdev *dev)
{
	struct afp_port *port = afp_port(dev);

	set_filters(port, false);
	close(port->control);
	port->control = -1;
}

/* -- settings ----------------------------------------------------------------------------------------- */

static bool
is_started(const struct afp_port *port)
{
	return port->control >= 0;
}

static int
renew_filters(struct afp_port *port)
{
	return is_started(port) ? set_filters(port, true) : 0;
}

static int
afp_link(struct plx_ethdev *dev, struct plx_ethdev_link *ret_link)
{
	return plx_netdev_link(&afp_port(dev)->netdev, ret_link);
}

static int
afp_set_link(struct plx_ethdev *dev, bool up)
{
	return plx_netdev_change_flags(&afp_port(dev)->netdev, up ? IFF_UP : 0, up ? 0 : IFF_UP);
}

static int
afp_set_mtu(struct plx_ethdev *dev, uint16_t mtu, struct plx_why *why)
{
	return plx_netdev_set_mtu(&afp_port(dev)->netdev, mtu, why);
}

static int
afp_set_promiscuous(struct plx_ethdev *dev, bool on)
{
	struct afp_port *port = afp_port(dev);
	int err = afp_filter_join(port, PACKET_MR_PROMISC, NULL, on);

	if (err < 0)
		return err;
	dev->promiscuous = on;
	return renew_filters(port);
}

static int
afp_set_allmulticast(struct plx_ethdev *dev, bool on)
{
	struct afp_port *port = afp_port(dev);
	int err = afp_filter_join(port, PACKET_MR_ALLMULTI, NULL, on);

	if (err < 0)
		return err;
	dev->allmulticast = on;
	return renew_filters(port);
}

static int
afp_set_mac(struct plx_ethdev *dev, const uint8_t mac[6])
{
	struct afp_port *port = afp_port(dev);
	int err = plx_netdev_set_mac(&port->netdev, mac, NULL);

	if (err < 0)
		return err;
	memcpy(dev->mac, mac, 6);
	return renew_filters(port);
}

static unsigned
find_mac(const struct afp_port *port, const uint8_t mac[6])
{
	unsigned i = 0;

	while (i < port->nb_macs && memcmp(port->macs[i], mac, 6) != 0)
		i++;
	return i;
}

static int
afp_filter_mac(struct plx_ethdev *dev, const uint8_t mac[6], bool on)
{
	struct afp_port *port = afp_port(dev);
	int type = mac[0] & 1 ? PACKET_MR_MULTICAST : PACKET_MR_UNICAST;
	unsigned i = find_mac(port, mac);
	int err;

	if (on && i == AFP_MACS_MAX)
		return -ENOSPC;
	if (!on && i == port->nb_macs)
		return -ENOENT;
	err = afp_filter_join(port, type, mac, on);
	if (err < 0)
		return err;
	if (on)
		memcpy(port->macs[port->nb_macs++], mac, 6);
	else
		memmove(port->macs[i], port->macs[--port->nb_macs], 6);
	return renew_filters(port);
}

static int
afp_flow_ctrl(struct plx_ethdev *dev, struct plx_ethdev_flow_ctrl *ret_flow)
{
	return plx_netdev_pause(&afp_port(dev)->netdev, ret_flow);
}

static int
afp_set_flow_ctrl(struct plx_ethdev *dev, const struct plx_ethdev_flow_ctrl *flow)
{
	return plx_netdev_set_pause(&afp_port(dev)->netdev, flow);
}

static int
afp_rx_fd(struct plx_ethdev *dev, void *queue)
{
	return ((const struct afp_rxq *)queue)->fd;
}

static int
afp_rx_queue_count(struct plx_ethdev *dev, void *queue)
{
	return (int)afp_rx_account(queue);
}

/* -- books -------------------------------------------------------------------------------------------- */

static void
count_rx(struct afp_rxq *rxq, uint64_t *values, uint64_t *seen)
{
	afp_rx_account(rxq);
	values[AFP_RX_RING_FULL] += rxq->dropped;
	values[AFP_RX_FREEZES] += rxq->freezes;
	values[AFP_RX_STOPPED] += plx_ethdev_read(&rxq->stopped);
	values[AFP_RX_TRUNCATED] += plx_ethdev_read(&rxq->truncated);
	*seen += rxq->seen;
}

/* What came in is the kernel's count: packets that found their place in a ring, or none. */
static int
afp_count(struct plx_ethdev *dev, uint64_t *values, uint64_t *ret_received)
{
	struct afp_port *port = afp_port(dev);

	memcpy(values, port->retired, sizeof(port->retired));
	*ret_received = port->retired_seen;
	for (uint16_t i = 0; i < PLX_ETHDEV_QUEUES_MAX; i++) {
		const struct afp_txq *txq = dev->txq[i];

		if (dev->rxq[i] != NULL)
			count_rx(dev->rxq[i], values, ret_received);
		if (txq != NULL) {
			values[AFP_TX_DOWN] += plx_ethdev_read(&txq->down);
			values[AFP_TX_TOO_LONG] += plx_ethdev_read(&txq->too_long);
		}
	}
	return 0;
}

static const struct plx_ethdev_ops afp_ops = {
	.configure = afp_configure,
	.rx_queue_setup = afp_rx_queue_setup,
	.tx_queue_setup = afp_tx_queue_setup,
	.rx_queue_release = afp_rx_queue_release,
	.tx_queue_release = afp_tx_queue_release,
	.start = afp_start,
	.stop = afp_stop,
	.link = afp_link,
	.set_link = afp_set_link,
	.set_mtu = afp_set_mtu,
	.set_promiscuous = afp_set_promiscuous,
	.set_allmulticast = afp_set_allmulticast,
	.set_mac = afp_set_mac,
	.filter_mac = afp_filter_mac,
	.flow_ctrl = afp_flow_ctrl,
	.set_flow_ctrl = afp_set_flow_ctrl,
	.rx_fd = afp_rx_fd,
	.rx_queue_count = afp_rx_queue_count,
	.counters = afp_count,
};

/* -- driver ------------------------------------------------------------------------------------------- */

static void
describe(struct afp_port *port)
{
	struct plx_ethdev_info *info = &port->dev.info;
	uint32_t min = 68, max = UINT16_MAX;

	plx_netdev_mtu_range(&port->netdev, &min, &max);
	info->if_index = port->netdev.index;
	info->max_rx_queues = info->max_tx_queues = (uint16_t)port->args.qpairs;
	info->min_mtu = (uint16_t)(min < UINT16_MAX ? min : UINT16_MAX);
	info->max_mtu = (uint16_t)(max < UINT16_MAX ? max : UINT16_MAX);
	info->rx_desc_min = info->tx_desc_min = 1;
	info->rx_desc_max = info->tx_desc_max = UINT16_MAX;
	info->rx_desc_default = (uint16_t)port->args.framecnt;
	info->tx_desc_default = 1024;
	info->rx_buf_min = 64;
	info->max_mac_addrs = AFP_MACS_MAX;
	info->rx_offloads_capable = PLX_ETH_RX_OFFLOAD_UDP_CSUM | PLX_ETH_RX_OFFLOAD_TCP_CSUM |
				    PLX_ETH_RX_OFFLOAD_VLAN_STRIP | PLX_ETH_RX_OFFLOAD_SCATTER |
				    PLX_ETH_RX_OFFLOAD_RSS_HASH | PLX_ETH_RX_OFFLOAD_TIMESTAMP;
	snprintf(info->rx_clock, sizeof(info->rx_clock), "kernel software stamp, CLOCK_REALTIME");
	info->tx_offloads_capable = PLX_ETH_TX_OFFLOAD_IPV4_CSUM | PLX_ETH_TX_OFFLOAD_UDP_CSUM |
				    PLX_ETH_TX_OFFLOAD_TCP_CSUM | PLX_ETH_TX_OFFLOAD_VLAN_INSERT |
				    PLX_ETH_TX_OFFLOAD_TCP_TSO | PLX_ETH_TX_OFFLOAD_MULTI_SEGS;
	snprintf(info->mode, sizeof(info->mode), "copies of %s, TPACKET_V3, fanout by %s%s%s",
		 port->netdev.name, afp_fanout_name(port->args.fanout_mode),
		 port->args.qdisc_bypass ? ", past the qdisc" : "",
		 port->args.outgoing ? ", outgoing too" : "");
}

/* The checks a user wants answered at once: rights, interface, kind of interface. */
static int
open_interface(struct afp_port *port, struct plx_why *why)
{
	uint32_t mtu = 0;
	int fd, err = plx_netdev_init(&port->netdev, port->args.iface, why);

	if (err < 0)
		return err;
	err = afp_socket_open(&fd, why);
	if (err < 0)
		goto forget_interface;
	close(fd);
	err = plx_netdev_mac(&port->netdev, port->dev.mac);
	if (err < 0) {
		plx_why(why, err, "%s is no Ethernet interface", port->netdev.name);
		goto forget_interface;
	}
	plx_netdev_mtu(&port->netdev, &mtu);
	port->dev.mtu = (uint16_t)(mtu < UINT16_MAX ? mtu : UINT16_MAX);
	return 0;

forget_interface:
	plx_netdev_fini(&port->netdev);
	return err;
}

static int
make_port(struct afp_port *port, struct plx_why *why)
{
	port->control = port->fanout_id = -1;
	if (getrandom(&port->mark, sizeof(port->mark), 0) != sizeof(port->mark))
		port->mark = (uint32_t)getpid() << 8 | 1;
	port->dev.ops = &afp_ops;
	port->dev.counters = afp_counters;
	port->dev.nb_counters = AFP_COUNTERS;
	port->dev.rx_burst = afp_rx_burst;
	port->dev.tx_burst = afp_tx_burst;
	describe(port);
	return plx_ethdev_register(&port->dev, why);
}

static int
afp_probe(struct plx_device *device, struct plx_why *why)
{
	struct afp_port *port = plx_ethdev_alloc(sizeof(*port));
	int err;

	if (port == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	port->dev.device = device;
	err = afp_args_parse(device->args, &port->args, why);
	if (err < 0)
		goto free_port;
	err = open_interface(port, why);
	if (err < 0)
		goto free_port;
	err = make_port(port, why);
	if (err < 0)
		goto forget_interface;
	device->data = port;
	return 0;

forget_interface:
	plx_netdev_fini(&port->netdev);
free_port:
	free(port);
	return err;
}

static void
afp_remove(struct plx_device *device)
{
	struct afp_port *port = device->data;

	plx_ethdev_unregister(&port->dev);
	plx_netdev_fini(&port->netdev);
	free(port);
}

const struct plx_driver plx_driver_net_af_packet = {
	.api = PLX_DRIVER_API,
	.bus = PLX_BUS_VDEV,
	.name = "net_af_packet",
	.about = "a copy of what a kernel interface receives, by TPACKET_V3",
	.probe = afp_probe,
	.remove = afp_remove,
};
