/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receiving: one readv a packet, straight into buffers of the pool. A queue keeps as many buffers posted as
 * the longest packet needs; the iovec is built once, and only what a packet took is replaced.
 *
 *	iov:  [header][posted 0][posted 1] ... [posted n-1][spill: 1 byte]
 *
 * A packet that reaches the spill byte was longer than the buffers: the kernel cuts without a word.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "tap_priv.h"

#define HEADER_LEN sizeof(struct plx_vnet_header)

/* -- buffers ------------------------------------------------------------------------------------------ */

static void
post(struct tap_rxq *rxq, unsigned i, struct plx_mbuf *m)
{
	rxq->posted[i] = m;
	rxq->iov[1 + i].iov_base = m->buf + rxq->pool->headroom;
	rxq->iov[1 + i].iov_len = rxq->room;
}

static void
post_spill(struct tap_rxq *rxq)
{
	rxq->iov[1 + rxq->nb_posted] = (struct iovec){.iov_base = &rxq->spill, .iov_len = 1};
}

/* Brings the posted buffers up to what the longest packet needs, as far as the pool gives. */
static void
refill(struct tap_rxq *rxq)
{
	unsigned want = __atomic_load_n(&rxq->nb_segs, __ATOMIC_RELAXED);
	struct plx_mbuf *m;

	if (PLX_LIKELY(rxq->nb_posted >= want))
		return;
	while (rxq->nb_posted < want && plx_pool_get_mbufs(rxq->pool, &m, 1))
		post(rxq, rxq->nb_posted++, m);
	post_spill(rxq);
}

/* Posts fresh buffers in place of the first k, or closes the gap when the pool has none. */
static void
replace(struct tap_rxq *rxq, unsigned k)
{
	struct plx_mbuf *fresh[TAP_RX_SEGS_MAX];

	if (PLX_LIKELY(plx_pool_get_mbufs(rxq->pool, fresh, k))) {
		for (unsigned i = 0; i < k; i++)
			post(rxq, i, fresh[i]);
		return;
	}
	rxq->nb_posted = (uint16_t)(rxq->nb_posted - k);
	for (unsigned i = 0; i < rxq->nb_posted; i++)
		post(rxq, i, rxq->posted[i + k]);
	post_spill(rxq);
}

/* Makes the packet of the first posted buffers. */
static struct plx_mbuf *
take(struct tap_rxq *rxq, uint32_t len)
{
	struct plx_mbuf *head = rxq->posted[0];
	struct plx_mbuf *last = head;
	uint16_t headroom = rxq->pool->headroom;
	unsigned k = 1;

	plx_mbuf_received(head, (uint16_t)(len < rxq->room ? len : rxq->room), headroom,
			  rxq->port->dev.port, rxq->id);
	for (uint32_t left = len - head->data_len; left > 0; left -= last->data_len, k++) {
		last->next = rxq->posted[k];
		last = last->next;
		plx_mbuf_received(last, (uint16_t)(left < rxq->room ? left : rxq->room), headroom,
				  rxq->port->dev.port, rxq->id);
	}
	head->pkt_len = len;
	head->nb_segs = (uint16_t)k;
	plx_vnet_rx(&rxq->header, head);
	replace(rxq, k);
	return head;
}

/* -- bursts ------------------------------------------------------------------------------------------- */

/* One packet into the posted buffers: its length, or an error. */
static int
read_packet(struct tap_rxq *rxq)
{
	ssize_t len;

	do {
		len = readv(rxq->fd, rxq->iov, 2 + rxq->nb_posted);
	} while (len < 0 && errno == EINTR);
	if (len < 0)
		return -errno;
	return (int)(len - (ssize_t)HEADER_LEN);
}

static bool
is_wanted(struct tap_rxq *rxq, uint32_t len)
{
	const struct tap_filter *filter = &rxq->port->filter;
	const uint8_t *frame = rxq->iov[1].iov_base;

	if (tap_filter_wants(filter, frame) && tap_filter_wants_vlan(filter, frame, len))
		return true;
	plx_ethdev_add(&rxq->filtered, 1);
	return false;
}

static bool
is_whole(struct tap_rxq *rxq, int len)
{
	if (PLX_LIKELY(len > 0 && (uint32_t)len <= (uint32_t)rxq->nb_posted * rxq->room))
		return true;
	if (rxq->nb_posted < rxq->nb_segs)
		plx_ethdev_add(&rxq->stats.no_mbuf, 1);
	else
		plx_ethdev_add(&rxq->stats.errors, 1);
	return false;
}

uint16_t
tap_rx_burst(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	struct tap_rxq *rxq = queue;
	uint64_t bytes = 0;
	uint16_t got = 0;

	/* Lost and unwanted packets count, so that a flood of them does not hold the caller. */
	for (uint16_t tries = 0; tries < n; tries++) {
		int len;

		refill(rxq);
		len = read_packet(rxq);
		/* Nothing there; or an interface that was deleted, which the link state shows. */
		if (len < 0)
			break;
		if (!is_whole(rxq, len) || !is_wanted(rxq, (uint32_t)len))
			continue;
		pkts[got++] = take(rxq, (uint32_t)len);
		bytes += (uint32_t)len;
	}
	plx_ethdev_add(&rxq->stats.packets, got);
	plx_ethdev_add(&rxq->stats.bytes, bytes);
	return got;
}

/* -- queues ------------------------------------------------------------------------------------------- */

void
tap_rx_size(struct tap_rxq *rxq)
{
	const struct plx_ethdev *dev = &rxq->port->dev;
	uint32_t longest = dev->mtu + TAP_FRAME_EXTRA;
	uint32_t segs = 1;

	if (dev->info.rx_offloads & PLX_ETH_RX_OFFLOAD_LRO)
		longest = TAP_LRO_MAX;
	if (dev->info.rx_offloads & (PLX_ETH_RX_OFFLOAD_SCATTER | PLX_ETH_RX_OFFLOAD_LRO))
		segs = (longest + rxq->room - 1) / rxq->room;
	if (segs > TAP_RX_SEGS_MAX)
		segs = TAP_RX_SEGS_MAX;
	__atomic_store_n(&rxq->nb_segs, (uint16_t)segs, __ATOMIC_RELAXED);
}

void
tap_rx_prepare(struct tap_rxq *rxq)
{
	tap_rx_size(rxq);
	/* Bounded: the interface has no carrier yet, so at most a full kernel queue is there. */
	while (read_packet(rxq) >= 0)
		plx_ethdev_add(&rxq->stopped, 1);
}

int
tap_rx_queue_setup(struct plx_ethdev *dev, uint16_t queue, uint16_t descs, struct plx_pool *pool,
		   void **ret_queue, struct plx_why *why)
{
	struct tap_port *port = tap_port(dev);
	struct tap_rxq *rxq = plx_ethdev_alloc(sizeof(*rxq));

	if (rxq == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	rxq->pool = pool;
	rxq->port = port;
	rxq->fd = port->fd[queue];
	rxq->id = queue;
	rxq->room = (uint16_t)(pool->buf_size - pool->headroom);
	rxq->iov[0] = (struct iovec){.iov_base = &rxq->header, .iov_len = HEADER_LEN};
	post_spill(rxq);
	*ret_queue = rxq;
	return 0;
}

void
tap_rx_queue_release(struct plx_ethdev *dev, void *queue)
{
	struct tap_port *port = tap_port(dev);
	struct tap_rxq *rxq = queue;

	port->retired[TAP_RX_FILTERED] += rxq->filtered;
	port->retired[TAP_RX_STOPPED] += rxq->stopped;
	/* A packet that was not wanted, or had no room, may be in them. */
	for (unsigned i = 0; i < rxq->nb_posted; i++)
		rxq->posted[i]->ol_flags &= ~PLX_MBUF_APP;
	plx_mbuf_free_bulk(rxq->posted, rxq->nb_posted);
	free(rxq);
}
