/* SPDX-License-Identifier: BSD-3-Clause */
/* The network header (5.1.6) from and to what mbufs say. */
#ifndef PLX_DRIVERS_NET_VIRTIO_VIRTIO_HEADER_H
#define PLX_DRIVERS_NET_VIRTIO_VIRTIO_HEADER_H

#include "virtio.h"

/* What may stand in the header of a received packet: what was agreed. */
struct virtio_header_rules {
	bool csum;	 /* GUEST_CSUM */
	bool tso4, tso6; /* GUEST_TSO4, GUEST_TSO6 */
	bool ecn;	 /* GUEST_ECN */
	bool hash;	 /* HASH_REPORT */
};

void virtio_header_agree(const struct virtio_dev *dev, struct virtio_header_rules *ret_rules);

/* Something in the header matters beyond num_buffers. */
static inline bool
virtio_header_matters(const struct virtio_header_rules *rules)
{
	return rules->csum || rules->hash;
}

/* mbuf wishes that may be asked for: others are errors. */
uint32_t virtio_header_wishes(const struct virtio_dev *dev);

/*
 * Notes in m, a whole packet, what its header says; `header` is a private copy. -EINVAL if that is not what was agreed or
 * does not fit the packet (5.1.6.4.2). Path: hot with offloads.
 */
int virtio_header_read(const struct virtio_header_rules *rules,
		       const struct virtio_net_hdr_full *header, struct plx_mbuf *m);

#endif
