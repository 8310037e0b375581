/* SPDX-License-Identifier: BSD-3-Clause */
/* What netdev.c and netdev_ethtool.c share: one ioctl on an interface that is known by its index. */
#ifndef PLX_LIB_ETHDEV_NETDEV_PRIV_H
#define PLX_LIB_ETHDEV_NETDEV_PRIV_H

struct ifreq;
struct plx_netdev;

/* A request that names the interface, whatever it is called by now. -ENODEV if it has gone. */
int netdev_request(struct plx_netdev *netdev, struct ifreq *ret_request);

int netdev_ioctl(struct plx_netdev *netdev, unsigned long command, struct ifreq *request);

#endif
