/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receiving, what both kinds of ring share: a burst takes what the device returned (number of the buffer, length), makes
 * packets of it, and puts new buffers in.
 *
 *	buffer:  | head-room ........ [network header] | packet ...                |
 *	         buf                  ^ given to the device                        ^ buf_size
 *	                                               ^ data_off, the pool's head-room
 */
#ifndef PLX_DRIVERS_NET_VIRTIO_VIRTIO_RX_H
#define PLX_DRIVERS_NET_VIRTIO_VIRTIO_RX_H

#include "plx_byteorder.h"
#include "virtio_header.h"
#include "virtio_queue.h"
#include "virtio_ring.h"

#define VIRTIO_RX_PART	 32u	/* buffers taken or given at a time */
#define VIRTIO_FRAME_MAX 65562u /* 64 KiB of IP in an Ethernet frame with two tags */

/* A buffer that the device returned. */
struct virtio_returned {
	uint32_t number;
	uint32_t len; /* network header included: what the device says */
};

/* A packet of several buffers (MRG_RXBUF) of which some are still to come. */
struct virtio_rx_chain {
	struct plx_mbuf *head, *last; /* NULL: it is dropped, whole */
	uint16_t missing;	      /* 0: there is none */
	struct virtio_net_hdr_full header;
};

/* The common counters come first: ethdev sums them without asking. */
struct virtio_rxq {
	struct plx_ethdev_rxq_stats stats;
	struct plx_gate gate; /* closed while the device is taken down under a running port */
	struct virtio_queue *q;
	struct plx_pool *pool;
	uint32_t posted;     /* bytes of a buffer that the device may fill */
	uint16_t header_len; /* of them for the network header */
	uint16_t part;	     /* buffers put in at a time */
	uint16_t port, queue;
	bool takes_chains; /* the application does */
	bool mergeable;
	bool reads_header;   /* it matters: mergeable, offloads */
	bool only_mergeable; /* nothing else in a header matters */
	bool strips;	     /* VLAN tags are taken out */
	struct virtio_header_rules rules;
	struct virtio_rx_chain chain;
} PLX_CACHE_ALIGNED;

/* A packet may begin at this buffer or go on there. True: `*pkt` is whole. */
bool virtio_rx_with_header(struct virtio_rxq *rxq, const struct virtio_returned *back,
			   struct plx_mbuf **pkt);

/* Its contents are nobody's: home with it. */
static inline void
virtio_rx_drop(struct virtio_rxq *rxq, uint32_t number)
{
	plx_pool_put_written(rxq->pool, &number, 1);
}

/* The buffer of an id that the device returned, which then is in flight no more; VIRTIO_NO_BUFFER if it was not. */
static PLX_ALWAYS_INLINE uint32_t
virtio_rx_take(struct virtio_queue *q, uint32_t id)
{
	uint32_t number;

	if (PLX_UNLIKELY(id >= q->size))
		return VIRTIO_NO_BUFFER;
	number = q->numbers[id];
	q->numbers[id] = VIRTIO_NO_BUFFER;
	return number;
}

/* Packets of one buffer, nothing in whose network header matters. Returns how many. */
static PLX_ALWAYS_INLINE unsigned
virtio_rx_plain(struct virtio_rxq *rxq, const struct virtio_returned *back, unsigned n,
		struct plx_mbuf **pkts)
{
	const uint32_t header_len = rxq->header_len, most = rxq->posted - header_len;
	struct plx_mbuf *headers = rxq->pool->headers;
	const uint16_t headroom = rxq->pool->headroom;
	unsigned kept = 0;
	uint64_t bytes = 0;

	for (unsigned i = 0; i < n; i++) {
		uint32_t len = back[i].len - header_len;
		struct plx_mbuf *m = headers + back[i].number;

		/* Shorter than a header wraps to more than any buffer has. */
		if (PLX_UNLIKELY(len - 1 >= most)) {
			virtio_rx_drop(rxq, back[i].number);
			continue;
		}
		plx_mbuf_received(m, (uint16_t)len, headroom, rxq->port, rxq->queue);
		PLX_MBUF_NOTE(m, "net_virtio rx", rxq->port, rxq->queue);
		bytes += len;
		pkts[kept++] = m;
	}
	if (PLX_UNLIKELY(kept < n))
		plx_ethdev_add(&rxq->stats.errors, n - kept);
	plx_ethdev_add(&rxq->stats.bytes, bytes);
	return kept;
}

/*
 * Whether this is a packet of one buffer and its number of buffers is all that matters in its header: the common case of
 * MRG_RXBUF. Of others the whole header is copied, and judged by that copy alone.
 */
static PLX_ALWAYS_INLINE bool
virtio_rx_is_whole(const struct virtio_rxq *rxq, const struct virtio_returned *back)
{
	const uint8_t *num_buffers = plx_pool_data(rxq->pool, back->number) + rxq->pool->headroom -
				     rxq->header_len +
				     offsetof(struct virtio_net_hdr_full, num_buffers);

	return rxq->only_mergeable && rxq->chain.missing == 0 &&
	       back->len - rxq->header_len - 1 < rxq->posted - rxq->header_len &&
	       plx_load_le16(num_buffers) <= 1;
}

static PLX_ALWAYS_INLINE unsigned
virtio_rx_full(struct virtio_rxq *rxq, const struct virtio_returned *back, unsigned n,
	       struct plx_mbuf **pkts)
{
	unsigned kept = 0, dropped = 0;
	uint64_t bytes = 0;

	for (unsigned i = 0; i < n; i++) {
		if (PLX_UNLIKELY(rxq->q->broken)) {
			virtio_rx_drop(rxq, back[i].number);
			dropped++;
			continue;
		} else if (PLX_LIKELY(virtio_rx_is_whole(rxq, &back[i]))) {
			struct plx_mbuf *m = plx_pool_mbuf(rxq->pool, back[i].number);

			plx_mbuf_received(m, (uint16_t)(back[i].len - rxq->header_len),
					  rxq->pool->headroom, rxq->port, rxq->queue);
			PLX_MBUF_NOTE(m, "net_virtio rx", rxq->port, rxq->queue);
			pkts[kept] = m;
		} else if (!virtio_rx_with_header(rxq, &back[i], &pkts[kept])) {
			continue;
		}
		bytes += pkts[kept++]->pkt_len;
	}
	if (PLX_UNLIKELY(dropped > 0))
		plx_ethdev_add(&rxq->stats.errors, dropped);
	plx_ethdev_add(&rxq->stats.bytes, bytes);
	return kept;
}

/*
 * Makes packets of what came back: at most n. The packets themselves are not fetched ahead: who reads them finds no difference
 * (49 Mpps with and without, 64 bytes, split ring, the device on the other core), and a line that nobody reads stays where the
 * device writes it next time (52 to 90 Mpps).
 */
static PLX_ALWAYS_INLINE unsigned
virtio_rx_make(struct virtio_rxq *rxq, const struct virtio_returned *back, unsigned n,
	       struct plx_mbuf **pkts)
{
	const struct plx_pool *from = rxq->pool;

	for (unsigned i = 0; i < n; i++) {
		plx_prefetch_write(plx_pool_mbuf(from, back[i].number));
		if (rxq->reads_header)
			plx_prefetch(plx_pool_data(from, back[i].number) + from->headroom -
				     rxq->header_len);
	}
	return rxq->reads_header ? virtio_rx_full(rxq, back, n, pkts)
				 : virtio_rx_plain(rxq, back, n, pkts);
}

/* What there is in a pool that has less than a part. */
unsigned virtio_rx_scrape(struct virtio_rxq *rxq, uint32_t *numbers, unsigned n);

/* As many buffers as have place in the ring, a part at most. */
static PLX_ALWAYS_INLINE unsigned
virtio_rx_numbers(struct virtio_rxq *rxq, uint32_t numbers[VIRTIO_RX_PART])
{
	unsigned n = rxq->q->nb_free < VIRTIO_RX_PART ? rxq->q->nb_free : VIRTIO_RX_PART;

	if (PLX_LIKELY(plx_pool_get_bulk(rxq->pool, numbers, n)))
		return n;
	return virtio_rx_scrape(rxq, numbers, n);
}

/* Where byte `off` of a buffer is for the device. */
static PLX_ALWAYS_INLINE uint64_t
virtio_rx_address(const struct virtio_rxq *rxq, uint32_t number, uint32_t off)
{
	if (rxq->q->virtual_addresses)
		return (uintptr_t)plx_pool_data(rxq->pool, number) + off;
	return plx_pool_iova(rxq->pool, number, off);
}

/* Takes the VLAN tags out: devices do not. */
void virtio_rx_strip(struct plx_mbuf **pkts, unsigned n);

/* The ring was filled before the device was started, when it must not be told (3.1.1). */
static PLX_ALWAYS_INLINE void
virtio_rx_first_kick(struct virtio_queue *q, uint16_t next)
{
	if (PLX_UNLIKELY(q->kick_due)) {
		q->kick_due = false;
		virtio_queue_notify(q, next);
	}
}

/* What the two kinds of ring do differently; constant, so that the compiler puts each in its place. */
struct virtio_rx_ring {
	uint16_t (*position)(const struct virtio_queue *q);
	unsigned (*collect)(struct virtio_rxq *rxq, struct virtio_returned *back, unsigned max);
	unsigned (*collect_in_order)(struct virtio_rxq *rxq, struct virtio_returned *back,
				     unsigned max);
	void (*refill)(struct virtio_rxq *rxq);
};

static PLX_ALWAYS_INLINE uint16_t
virtio_rx_receive(struct virtio_rxq *rxq, struct plx_mbuf **pkts, uint16_t n,
		  const struct virtio_rx_ring *ring)
{
	struct virtio_queue *q = rxq->q;
	unsigned done = 0, got, max;
	bool looked = false;

	if (PLX_UNLIKELY(q->broken || n == 0))
		return 0;
	virtio_rx_first_kick(q, ring->position(q));
	do {
		struct virtio_returned back[VIRTIO_RX_PART];

		max = n - done < VIRTIO_RX_PART ? n - done : VIRTIO_RX_PART;
		got = PLX_UNLIKELY(q->in_order) ? ring->collect_in_order(rxq, back, max)
						: ring->collect(rxq, back, max);
		done += virtio_rx_make(rxq, back, got, pkts + done);
	} while ((got == max && done < n) || (PLX_UNLIKELY(virtio_queue_sleeps(q)) && done == 0 &&
					      virtio_queue_rearm(q, &looked)));
	if (q->nb_free >= rxq->part && PLX_LIKELY(!q->broken))
		ring->refill(rxq);
	plx_ethdev_add(&rxq->stats.packets, done);
	return (uint16_t)done;
}

/* Of what came, a part, and nothing is put in or rung: buffers taken. *ret_n of them are packets. */
static inline unsigned
virtio_rx_rest(struct virtio_rxq *rxq, struct plx_mbuf **pkts, unsigned *ret_n,
	       const struct virtio_rx_ring *ring)
{
	struct virtio_returned back[VIRTIO_RX_PART];
	unsigned got = rxq->q->in_order ? ring->collect_in_order(rxq, back, VIRTIO_RX_PART)
					: ring->collect(rxq, back, VIRTIO_RX_PART);

	*ret_n = virtio_rx_make(rxq, back, got, pkts);
	return got;
}

/*
 * The burst function of a kind of ring, made of its receive(). It passes the gate, as any device may have to be started
 * anew while the port runs.
 */
#define VIRTIO_RX_VARIANT(kind, ring)                                                            \
	uint16_t virtio_rx_##kind(void *queue, struct plx_mbuf **pkts, uint16_t n)               \
	{                                                                                        \
		struct virtio_rxq *rxq = queue;                                                  \
                                                                                                 \
		if (PLX_UNLIKELY(!plx_gate_enter(&rxq->gate)))                                   \
			return virtio_queue_refuse(rxq->q);                                      \
		n = virtio_rx_receive(rxq, pkts, n, ring);                                       \
		if (PLX_UNLIKELY(rxq->strips))                                                   \
			virtio_rx_strip(pkts, n);                                                \
		plx_gate_leave(&rxq->gate);                                                      \
		return n;                                                                        \
	}                                                                                        \
                                                                                                 \
	unsigned virtio_rx_##kind##_rest(struct virtio_rxq *rxq,                                 \
					 struct plx_mbuf *pkts[VIRTIO_RX_PART], unsigned *ret_n) \
	{                                                                                        \
		return virtio_rx_rest(rxq, pkts, ret_n, ring);                                   \
	}

uint16_t virtio_rx_split(void *queue, struct plx_mbuf **pkts, uint16_t n);
uint16_t virtio_rx_packed(void *queue, struct plx_mbuf **pkts, uint16_t n);

/* What came before the device let go of the ring, part by part, for whoever closed the gate: see virtio_rx_rest. */
unsigned virtio_rx_split_rest(struct virtio_rxq *rxq, struct plx_mbuf *pkts[VIRTIO_RX_PART],
			      unsigned *ret_n);
unsigned virtio_rx_packed_rest(struct virtio_rxq *rxq, struct plx_mbuf *pkts[VIRTIO_RX_PART],
			       unsigned *ret_n);

/* Puts buffers in while at least a part fits. */
void virtio_rx_split_fill(struct virtio_rxq *rxq);
void virtio_rx_packed_fill(struct virtio_rxq *rxq);

#endif
