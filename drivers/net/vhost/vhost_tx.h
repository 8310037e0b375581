/* SPDX-License-Identifier: BSD-3-Clause */
/* What bursts (vhost_tx.c) and the packets that take more than one copy (vhost_tx_slow.c) share. */
#ifndef PLX_DRIVERS_NET_VHOST_VHOST_TX_H
#define PLX_DRIVERS_NET_VHOST_VHOST_TX_H

#include "vhost.h"

#define NUM_BUFFERS offsetof(struct virtio_net_hdr_full, num_buffers)

/* What became of a packet. */
enum vhost_fate {
	NOT_TAKEN, /* no room now */
	SENT,
	LOST,  /* and counted */
	BEGUN, /* cut, and some of it is still to be sent: txq->rest */
};

/* A packet of any shape and wishes, into lists of the batch from *first on, which moves. BEGUN: txq->rest holds it. */
enum vhost_fate vhost_tx_slow(struct vhost_txq *txq, struct vhost_ring *ring, struct plx_mbuf *m,
			      struct vhost_batch *batch, unsigned *first);

/* Goes on with the packet that was begun, which txq->tx still describes; false if it, and so all behind it, has to wait. */
bool vhost_tx_rest(struct vhost_txq *txq, struct vhost_ring *ring);

#endif
