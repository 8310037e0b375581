/* SPDX-License-Identifier: BSD-3-Clause */
/* Sending: one writev a packet, straight from its segments, behind the header that tells the offloads. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "tap_priv.h"

/* Lists header, replaced head and the packet in the queue's iovec: its length, or an error. */
static int
list_packet(struct tap_txq *txq, const struct plx_mbuf *m)
{
	struct plx_vnet_tx *tx = &txq->tx;
	int first = 1, segs;

	tx->skip = 0;
	if (PLX_UNLIKELY(m->ol_flags & PLX_VNET_TX_FLAGS)) {
		int err = plx_vnet_tx(m, tx);

		if (err < 0)
			return err;
		if (tx->head_len > 0)
			txq->iov[first++] = (struct iovec){tx->head, tx->head_len};
	} else {
		tx->header = (struct plx_vnet_header){0};
	}
	segs = plx_vnet_gather(m, tx->skip, txq->iov + first, TAP_TX_SEGS_MAX);
	return segs < 0 ? segs : first + segs;
}

static int
write_packet(struct tap_txq *txq, const struct plx_mbuf *m)
{
	int n = list_packet(txq, m);
	ssize_t len;

	if (n < 0)
		return n;
	do {
		len = writev(txq->fd, txq->iov, n);
	} while (len < 0 && errno == EINTR);
	return len < 0 ? -errno : 0;
}

uint16_t
tap_tx_burst(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	struct tap_txq *txq = queue;
	uint64_t sent = 0, bytes = 0;
	uint16_t done;

	for (done = 0; done < n; done++) {
		int err = write_packet(txq, pkts[done]);

		if (PLX_LIKELY(err == 0)) {
			sent++;
			bytes += pkts[done]->pkt_len;
		} else if (err == -EAGAIN || err == -ENOBUFS) {
			break; /* no room: the rest stays the caller's */
		} else if (err == -EIO || err == -EBADFD) {
			plx_ethdev_add(&txq->down, 1);
		} else {
			plx_ethdev_add(&txq->stats.errors, 1);
		}
	}
	plx_mbuf_free_bulk(pkts, done);
	plx_ethdev_add(&txq->stats.taken, done);
	plx_ethdev_add(&txq->stats.packets, sent);
	plx_ethdev_add(&txq->stats.bytes, bytes);
	return done;
}

int
tap_tx_queue_setup(struct plx_ethdev *dev, uint16_t queue, uint16_t descs, void **ret_queue,
		   struct plx_why *why)
{
	struct tap_port *port = tap_port(dev);
	struct tap_txq *txq = plx_ethdev_alloc(sizeof(*txq));

	if (txq == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	txq->port = port;
	txq->fd = port->fd[queue];
	txq->iov[0] = (struct iovec){&txq->tx.header, sizeof(txq->tx.header)};
	*ret_queue = txq;
	return 0;
}

void
tap_tx_queue_release(struct plx_ethdev *dev, void *queue)
{
	struct tap_txq *txq = queue;

	tap_port(dev)->retired[TAP_TX_DOWN] += txq->down;
	free(txq);
}
