/* SPDX-License-Identifier: BSD-3-Clause */
/* What the slow and the fast side of net_ring share: a port, its queues, the bursts. */
#ifndef PLX_DRIVERS_NET_RING_RING_PRIV_H
#define PLX_DRIVERS_NET_RING_RING_PRIV_H

#include "cable.h"
#include "plx_ethdev_driver.h"
#include "plx_net_ring.h"

/* Rings of the program's own, while its port is made and as long as it lives. */
struct ring_given {
	struct plx_net_ring rx[PLX_ETHDEV_QUEUES_MAX], tx[PLX_ETHDEV_QUEUES_MAX];
	uint16_t nb_rx, nb_tx;
};

struct ring_port {
	struct plx_ethdev dev;
	struct cable *cable; /* NULL with given rings */
	unsigned end;
	uint64_t received_before; /* through these lanes, by earlier ports of the name */
	uint64_t emptied_before;
	struct ring_given given;
};

/*
 * The end of a packet's header, from its flags on, as it is when it comes out of a wire: what the sender noted
 * there does not travel. Written as a whole, in two stores.
 */
struct ring_stamp {
	uint32_t ol_flags, hash, packet_type;
	uint16_t vlan_tci, vlan_tci_outer;
	uint8_t l2_len, l4_len;
	uint16_t l3_len, port, queue;
};
PLX_STATIC_ASSERT(offsetof(struct plx_mbuf, port) - offsetof(struct plx_mbuf, ol_flags) ==
			  offsetof(struct ring_stamp, port),
		  "a stamp lies as the header's end does");
PLX_STATIC_ASSERT(sizeof(struct plx_mbuf) - offsetof(struct plx_mbuf, ol_flags) ==
			  sizeof(struct ring_stamp),
		  "a stamp reaches to the header's end");

struct ring_rxq {
	struct plx_ethdev_rxq_stats stats;
	struct plx_net_ring ring;
	struct ring_stamp stamp;
	bool scatter;
	bool off; /* atomic: stopped alone */
	const struct plx_ethdev *dev;
} PLX_CACHE_ALIGNED;

struct ring_txq {
	struct plx_ethdev_txq_stats stats;
	struct plx_net_ring ring;
	bool open;  /* atomic: heard, and not off; control writes it, the queue's thread reads it */
	bool heard; /* somebody receives; of the control side */
	bool off;   /* atomic: stopped alone */
	const struct plx_ethdev *dev;
} PLX_CACHE_ALIGNED;

uint16_t ring_rx(void *queue, struct plx_mbuf **pkts, uint16_t n);
uint16_t ring_tx(void *queue, struct plx_mbuf **pkts, uint16_t n);

#endif
