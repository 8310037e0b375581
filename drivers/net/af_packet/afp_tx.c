/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sending: sendmmsg, which takes the bytes straight from the segments. A PACKET_TX_RING saves nothing here:
 * it costs a copy into the ring, has a largest frame, and was slower when measured.
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "afp_priv.h"

#define SEND_BUFFER_PACKET 2304 /* what the kernel charges for a full frame, about */

/* The wishes that need the header in front of the packet; the others are carried out here. */
#define VNET_FLAGS (PLX_MBUF_TX_TCP_CSUM | PLX_MBUF_TX_UDP_CSUM | PLX_MBUF_TX_TCP_SEG)
#define VNET_OFFLOADS \
	(PLX_ETH_TX_OFFLOAD_UDP_CSUM | PLX_ETH_TX_OFFLOAD_TCP_CSUM | PLX_ETH_TX_OFFLOAD_TCP_TSO)

/* Lists packet i of a batch at iov: entries used, or an error. */
static int
list_packet(struct afp_txq *txq, const struct plx_mbuf *m, unsigned i, struct iovec *iov)
{
	struct plx_vnet_tx *tx = &txq->tx[i];
	int n = 0, segs;

	tx->skip = 0;
	if (txq->vnet)
		iov[n++] = (struct iovec){&tx->header, sizeof(tx->header)};
	if (PLX_UNLIKELY(m->ol_flags & PLX_VNET_TX_FLAGS)) {
		int err = plx_vnet_tx(m, tx);

		if (err < 0)
			return err;
		if (!txq->vnet && (m->ol_flags & VNET_FLAGS))
			return -EINVAL;
		if (tx->head_len > 0)
			iov[n++] = (struct iovec){tx->head, tx->head_len};
	} else {
		tx->header = (struct plx_vnet_header){0};
	}
	segs = plx_vnet_gather(m, tx->skip, iov + n, AFP_TX_SEGS_MAX - 2);
	return segs < 0 ? segs : n + segs;
}

/* Lists packets from the front, up to a batch: how many. *ret_err tells why the next one cannot go. */
static unsigned
list_batch(struct afp_txq *txq, struct plx_mbuf **pkts, unsigned n, int *ret_err)
{
	unsigned used = 0, i;

	*ret_err = 0;
	for (i = 0; i < n && i < AFP_TX_BATCH; i++) {
		int entries;

		if (used + AFP_TX_SEGS_MAX > PLX_ARRAY_LEN(txq->iov))
			break;
		entries = list_packet(txq, pkts[i], i, &txq->iov[used]);
		if (entries < 0) {
			*ret_err = entries;
			break;
		}
		txq->msg[i].msg_hdr =
			(struct msghdr){.msg_iov = &txq->iov[used], .msg_iovlen = (size_t)entries};
		used += (unsigned)entries;
	}
	return i;
}

/* Sends from the front until the kernel refuses one: how many went. */
static unsigned
send_batch(struct afp_txq *txq, unsigned n, int *ret_err)
{
	unsigned sent = 0;

	while (sent < n) {
		int ret = sendmmsg(txq->fd, txq->msg + sent, n - sent, MSG_DONTWAIT);

		if (ret < 0 && errno == EINTR)
			continue;
		if (ret < 0) {
			*ret_err = -errno;
			break;
		}
		sent += (unsigned)ret;
	}
	return sent;
}

/* Books the packet that could not go: false if it stays the caller's. */
static bool
lose_packet(struct afp_txq *txq, int err)
{
	switch (err) {
	case -EAGAIN:
	case -ENOBUFS:
		return false;
	case -ENETDOWN:
	case -ENODEV:
	case -ENXIO:
		plx_ethdev_add(&txq->down, 1);
		return true;
	case -EMSGSIZE:
		plx_ethdev_add(&txq->too_long, 1);
		return true;
	default:
		plx_ethdev_add(&txq->stats.errors, 1);
		return true;
	}
}

uint16_t
afp_tx_burst(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	struct afp_txq *txq = queue;
	uint64_t packets = 0, bytes = 0;
	unsigned done = 0;

	while (done < n) {
		int err;
		unsigned listed = list_batch(txq, pkts + done, n - done, &err);
		unsigned sent = send_batch(txq, listed, &err);

		for (unsigned i = 0; i < sent; i++)
			bytes += pkts[done + i]->pkt_len;
		packets += sent;
		done += sent;
		if (err == 0)
			continue;
		if (!lose_packet(txq, err))
			break;
		done++;
	}
	plx_mbuf_free_bulk(pkts, done);
	plx_ethdev_add(&txq->stats.taken, done);
	plx_ethdev_add(&txq->stats.packets, packets);
	plx_ethdev_add(&txq->stats.bytes, bytes);
	return (uint16_t)done;
}

/* -- queues ------------------------------------------------------------------------------------------- */

static int
set_options(struct afp_txq *txq, uint16_t descs, struct plx_why *why)
{
	struct afp_port *port = txq->port;
	int room = descs * SEND_BUFFER_PACKET, yes = 1;

	/* Needs CAP_NET_RAW since Linux 5.17, CAP_NET_ADMIN before. */
	if (setsockopt(txq->fd, SOL_SOCKET, SO_MARK, &port->mark, sizeof(port->mark)) < 0)
		port->mark = 0;

	/* The larger limit needs CAP_NET_ADMIN; the smaller one everybody may have. */
	if (setsockopt(txq->fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)) < 0)
		setsockopt(txq->fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	if (port->args.qdisc_bypass &&
	    setsockopt(txq->fd, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof(yes)) < 0)
		return plx_why(why, -errno, "the kernel has no qdisc_bypass (Linux 3.14): %s",
			       strerror(errno));
	txq->vnet = (port->dev.info.tx_offloads & VNET_OFFLOADS) != 0;
	if (txq->vnet && setsockopt(txq->fd, SOL_PACKET, PACKET_VNET_HDR, &yes, sizeof(yes)) < 0)
		return plx_why(why, -errno, "the kernel has no offloads on packet sockets: %s",
			       strerror(errno));
	return afp_socket_bind(txq->fd, port, 0, why);
}

int
afp_tx_queue_setup(struct plx_ethdev *dev, uint16_t queue, uint16_t descs, void **ret_queue,
		   struct plx_why *why)
{
	struct afp_txq *txq = plx_ethdev_alloc(sizeof(*txq));
	int err;

	if (txq == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	txq->port = afp_port(dev);
	err = afp_socket_open(&txq->fd, why);
	if (err < 0)
		goto free_queue;
	err = set_options(txq, descs, why);
	if (err < 0)
		goto close_socket;
	*ret_queue = txq;
	return 0;

close_socket:
	close(txq->fd);
free_queue:
	free(txq);
	return err;
}

void
afp_tx_queue_release(struct plx_ethdev *dev, void *queue)
{
	struct afp_port *port = afp_port(dev);
	struct afp_txq *txq = queue;

	port->retired[AFP_TX_DOWN] += txq->down;
	port->retired[AFP_TX_TOO_LONG] += txq->too_long;
	close(txq->fd);
	free(txq);
}
