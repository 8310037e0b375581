/* SPDX-License-Identifier: BSD-3-Clause */
/* The life of a receive queue, and packets whose network header matters. */
#include "virtio_rx.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plx_vnet_driver.h"

/* -- packets with a header -------------------------------------------------------------------------------- */

/* What there is of the packet goes home, and the rest as it comes. */
static bool
drop_rest(struct virtio_rxq *rxq)
{
	plx_mbuf_free(rxq->chain.head);
	rxq->chain.head = rxq->chain.last = NULL;
	plx_ethdev_add(&rxq->stats.errors, 1);
	return false;
}

static struct plx_mbuf *
mbuf_of(struct virtio_rxq *rxq, uint32_t number, uint16_t len, uint16_t data_off)
{
	struct plx_mbuf *m = plx_pool_mbuf(rxq->pool, number);

	plx_mbuf_received(m, len, data_off, rxq->port, rxq->queue);
	PLX_MBUF_NOTE(m, "net_virtio rx", rxq->port, rxq->queue);
	return m;
}

/* The packet is whole: what its header says is noted, or it goes. */
static bool
finish(struct virtio_rxq *rxq, const struct virtio_net_hdr_full *header, struct plx_mbuf *m,
       struct plx_mbuf **pkt)
{
	if (virtio_header_matters(&rxq->rules) &&
	    PLX_UNLIKELY(virtio_header_read(&rxq->rules, header, m) != 0)) {
		plx_ethdev_add(&rxq->stats.errors, 1);
		plx_mbuf_free(m);
		return false;
	}
	*pkt = m;
	return true;
}

/* The next buffer of a chain: no header, bytes from where it was given to the device on. */
static bool
continue_chain(struct virtio_rxq *rxq, const struct virtio_returned *back, struct plx_mbuf **pkt)
{
	struct virtio_rx_chain *chain = &rxq->chain;
	struct plx_mbuf *m;

	chain->missing--;
	if (chain->head == NULL) {
		virtio_rx_drop(rxq, back->number);
		return false;
	}
	if (back->len == 0 || back->len > rxq->posted ||
	    chain->head->pkt_len + back->len > VIRTIO_FRAME_MAX) {
		virtio_rx_drop(rxq, back->number);
		return drop_rest(rxq);
	}
	m = mbuf_of(rxq, back->number, (uint16_t)back->len,
		    (uint16_t)(rxq->pool->headroom - rxq->header_len));
	chain->last->next = m;
	chain->last = m;
	chain->head->pkt_len += back->len;
	chain->head->nb_segs++;
	if (chain->missing > 0)
		return false;
	m = chain->head;
	chain->head = chain->last = NULL;
	return finish(rxq, &chain->header, m, pkt);
}

static bool
begin_packet(struct virtio_rxq *rxq, const struct virtio_returned *back, struct plx_mbuf **pkt)
{
	uint32_t len = back->len - rxq->header_len;
	struct virtio_net_hdr_full header = {0};
	uint16_t buffers = 1;
	struct plx_mbuf *m;

	memcpy(&header,
	       plx_pool_data(rxq->pool, back->number) + rxq->pool->headroom - rxq->header_len,
	       rxq->header_len);
	if (rxq->mergeable && header.num_buffers > 1)
		buffers = header.num_buffers;
	if (PLX_UNLIKELY(buffers > rxq->q->size)) { /* it can never be whole */
		virtio_rx_drop(rxq, back->number);
		virtio_queue_break(rxq->q);
		plx_ethdev_add(&rxq->stats.errors, 1);
		return false;
	}
	rxq->chain.missing = (uint16_t)(buffers - 1);
	/* Shorter than a header wraps to more than any buffer has. */
	if (PLX_UNLIKELY(len - 1 >= rxq->posted - rxq->header_len)) {
		virtio_rx_drop(rxq, back->number);
		return drop_rest(rxq);
	}
	m = mbuf_of(rxq, back->number, (uint16_t)len, rxq->pool->headroom);
	if (PLX_LIKELY(buffers == 1))
		return finish(rxq, &header, m, pkt);
	rxq->chain.head = rxq->chain.last = m;
	rxq->chain.header = header;
	return rxq->takes_chains ? false : drop_rest(rxq);
}

bool
virtio_rx_with_header(struct virtio_rxq *rxq, const struct virtio_returned *back,
		      struct plx_mbuf **pkt)
{
	if (PLX_UNLIKELY(rxq->chain.missing > 0))
		return continue_chain(rxq, back, pkt);
	return begin_packet(rxq, back, pkt);
}

unsigned
virtio_rx_scrape(struct virtio_rxq *rxq, uint32_t *numbers, unsigned n)
{
	plx_ethdev_add(&rxq->q->starved, 1);
	while (n > 0 && !plx_pool_get_bulk(rxq->pool, numbers, n))
		n /= 2;
	return n;
}

void
virtio_rx_strip(struct plx_mbuf **pkts, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		plx_vnet_untag(pkts[i]);
}

/* -- life -------------------------------------------------------------------------------------------------- */

int
virtio_rxq_create(struct virtio_dev *dev, uint16_t queue, uint16_t descs, struct plx_pool *pool,
		  struct virtio_rxq **ret_rxq, struct plx_why *why)
{
	struct virtio_rxq *rxq;
	int ret;

	if (pool->headroom < VIRTIO_NET_HDR_LEN_HASH ||
	    pool->buf_size <= (uint32_t)pool->headroom + VIRTIO_NET_HDR_LEN_HASH)
		return plx_why(why, -EINVAL,
			       "buffers of pool %s have %u bytes of head-room and %u in all: the "
			       "network header of %u bytes goes into the head-room, and packets "
			       "need room behind it",
			       plx_pool_name(pool), (unsigned)pool->headroom,
			       (unsigned)pool->buf_size, VIRTIO_NET_HDR_LEN_HASH);
	rxq = plx_ethdev_alloc(sizeof(*rxq));
	if (rxq == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	rxq->pool = pool;
	rxq->queue = queue;
	ret = virtio_queue_create(dev, (uint16_t)(2 * queue), descs, &rxq->q, why);
	if (ret != 0) {
		free(rxq);
		return ret;
	}
	*ret_rxq = rxq;
	return 0;
}

void
virtio_rxq_destroy(struct virtio_rxq *rxq)
{
	if (rxq == NULL)
		return;
	virtio_rxq_drain(rxq);
	virtio_queue_destroy(rxq->q);
	free(rxq);
}

struct virtio_queue *
virtio_rxq_queue(struct virtio_rxq *rxq)
{
	return rxq->q;
}

static void
settle(struct virtio_rxq *rxq)
{
	const struct virtio_dev *dev = rxq->q->dev;
	const uint32_t chains = PLX_ETH_RX_OFFLOAD_SCATTER | PLX_ETH_RX_OFFLOAD_LRO;

	rxq->header_len = dev->header_len;
	rxq->posted = rxq->pool->buf_size - rxq->pool->headroom + dev->header_len;
	rxq->part = rxq->q->size >= 2 * VIRTIO_RX_PART ? (uint16_t)VIRTIO_RX_PART
						       : (uint16_t)((rxq->q->size + 1) / 2);
	rxq->port = dev->eth.port;
	rxq->mergeable = virtio_has(dev, VIRTIO_NET_F_MRG_RXBUF);
	rxq->takes_chains = (dev->eth.info.rx_offloads & chains) != 0;
	virtio_header_agree(dev, &rxq->rules);
	rxq->reads_header = rxq->mergeable || virtio_header_matters(&rxq->rules);
	rxq->strips = (dev->eth.info.rx_offloads & PLX_ETH_RX_OFFLOAD_VLAN_STRIP) != 0;
	rxq->only_mergeable = rxq->mergeable && !virtio_header_matters(&rxq->rules);
}

void
virtio_rxq_start(struct virtio_rxq *rxq)
{
	settle(rxq);
	rxq->q->kick_due = true;
	if (rxq->q->packed)
		virtio_rx_packed_fill(rxq);
	else
		virtio_rx_split_fill(rxq);
	plx_gate_open(&rxq->gate);
}

void
virtio_rxq_stop(struct virtio_rxq *rxq)
{
	plx_gate_close(&rxq->gate);
}

/* Packets that came and that nobody will receive: counted by name, and their buffers go home. */
static void
count_unread(struct virtio_rxq *rxq)
{
	const uint64_t bytes = rxq->stats.bytes;
	struct plx_mbuf *pkts[VIRTIO_RX_PART];
	unsigned taken = 1, n;

	while (taken > 0 && !rxq->q->broken && rxq->q->nb_free < rxq->q->size) {
		taken = rxq->q->packed ? virtio_rx_packed_rest(rxq, pkts, &n)
				       : virtio_rx_split_rest(rxq, pkts, &n);
		plx_mbuf_free_bulk(pkts, n);
		plx_ethdev_add(&rxq->q->unread, n);
	}
	__atomic_store_n(&rxq->stats.bytes, bytes, __ATOMIC_RELAXED); /* of those received */
}

void
virtio_rxq_drain(struct virtio_rxq *rxq)
{
	struct virtio_queue *q = rxq->q;

	count_unread(rxq);
	if (rxq->chain.missing > 0 && rxq->chain.head != NULL)
		drop_rest(rxq);
	rxq->chain.missing = 0;
	for (unsigned id = 0; id < q->size; id++)
		if (q->numbers[id] != VIRTIO_NO_BUFFER)
			virtio_rx_drop(rxq, q->numbers[id]);
	virtio_queue_clear(q);
}

void
virtio_rxq_irq(struct virtio_rxq *rxq, bool on)
{
	virtio_queue_irq(rxq->q, on);
}

plx_ethdev_rx_fn
virtio_rx_function(const struct virtio_dev *dev)
{
	return virtio_has(dev, VIRTIO_F_RING_PACKED) ? virtio_rx_packed : virtio_rx_split;
}
