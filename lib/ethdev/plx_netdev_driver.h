/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A kernel network interface, for drivers whose port is one (tap, af_packet, af_xdp): its index, MTU,
 * address, flags, link and queues, and the sentences for what goes wrong with them.
 *
 * The interface is known by its index, so a rename in between does no harm, and by a socket of the network
 * namespace it was found in, so a thread that later enters another namespace still means the same one.
 *
 * All functions: Thread: any, one at a time per struct. Path: slow. Errors are -errno of the kernel:
 * -ENODEV when the interface has gone, -EPERM without CAP_NET_ADMIN, -EOPNOTSUPP where its driver cannot.
 */
#ifndef PLX_LIB_ETHDEV_PLX_NETDEV_DRIVER_H
#define PLX_LIB_ETHDEV_PLX_NETDEV_DRIVER_H

#include "plx_base.h"

PLX_BEGIN_DECLS

struct plx_ethdev_flow_ctrl;
struct plx_ethdev_link;

#define PLX_NETDEV_NAME_MAX 16 /* as the kernel's IFNAMSIZ: 15 characters and the end */

/* Readable by all; written by the functions here. */
struct plx_netdev {
	char name[PLX_NETDEV_NAME_MAX]; /* as of the last call */
	uint32_t index;			/* 0: not initialised */
	int fd; /* a datagram socket, for ioctls; pins the network namespace */
};

/*
 * Finds the interface by name. -EINVAL for an empty name or one too long, -ENODEV with a why that lists
 * the interfaces there are. On failure there is nothing to undo.
 */
int plx_netdev_init(struct plx_netdev *netdev, const char *name, struct plx_why *why);

/* Closes what init opened; fine on a zeroed or already finished one. The interface stays as it is. */
void plx_netdev_fini(struct plx_netdev *netdev);

/* 0 if the kernel would take it as an interface name, else -EINVAL with a sentence. */
int plx_netdev_check_name(const char *name, struct plx_why *why);

/* "lo, eth0, va": the names of this namespace, cut at `size` with an ellipsis. Returns ret_text. */
const char *plx_netdev_list(char *ret_text, size_t size);

/* What the kernel says now. -errno. */
int plx_netdev_mtu(struct plx_netdev *netdev, uint32_t *ret_mtu);
/* why tells the interface's limit when the kernel refuses. */
int plx_netdev_set_mtu(struct plx_netdev *netdev, uint32_t mtu, struct plx_why *why);

/* What its driver allows; 68 and 65,535 where the kernel does not tell. */
int plx_netdev_mtu_range(struct plx_netdev *netdev, uint32_t *ret_min, uint32_t *ret_max);

/* -EAFNOSUPPORT for an interface that is not Ethernet-like (6-byte addresses). */
int plx_netdev_mac(struct plx_netdev *netdev, uint8_t ret_mac[6]);
int plx_netdev_set_mac(struct plx_netdev *netdev, const uint8_t mac[6], struct plx_why *why);

/* IFF_UP, IFF_RUNNING, IFF_PROMISC, ... of netdevice(7). */
int plx_netdev_flags(struct plx_netdev *netdev, uint32_t *ret_flags);
/* Sets the flags in `on` and clears those in `off`. */
int plx_netdev_change_flags(struct plx_netdev *netdev, uint32_t on, uint32_t off);

/*
 * Up means administratively up and with carrier; speed and duplex by ethtool where its driver tells them
 * (0 Mbit/s = unknown).
 */
int plx_netdev_link(struct plx_netdev *netdev, struct plx_ethdev_link *ret_link);

/* The kernel's counters of the interface, as `ip -s link` shows them. */
struct plx_netdev_stats {
	uint64_t rx_packets, rx_bytes, rx_errors, rx_dropped;
	uint64_t tx_packets, tx_bytes, tx_errors, tx_dropped;
};
int plx_netdev_stats(struct plx_netdev *netdev, struct plx_netdev_stats *ret_stats);

/* Pause frames, as `ethtool -a` shows them; -EOPNOTSUPP where its driver has none (veth, tap). */
int plx_netdev_pause(struct plx_netdev *netdev, struct plx_ethdev_flow_ctrl *ret_flow);
int plx_netdev_set_pause(struct plx_netdev *netdev, const struct plx_ethdev_flow_ctrl *flow);

/* Packets the kernel queues for sending before it drops (txqueuelen). */
int plx_netdev_set_tx_queue_len(struct plx_netdev *netdev, uint32_t packets);

/* The kernel driver: "veth", "virtio_net". "unknown" if it does not tell. */
int plx_netdev_driver(struct plx_netdev *netdev, char *ret_name, size_t size);

/* Queues in use now (ethtool -l: combined counts for both directions); at least 1 each. */
int plx_netdev_queues(struct plx_netdev *netdev, unsigned *ret_rx, unsigned *ret_tx);

PLX_END_DECLS

#endif
