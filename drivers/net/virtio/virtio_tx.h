/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sending, what both kinds of ring share. A plain packet (whole in one buffer that is nobody else's, no wishes) takes one
 * descriptor: its network header goes into the head-room. All others are laid out by virtio_tx_lay: what does not fit in
 * front of them is put into an area of the queue, and chains go through an indirect table where the device takes them.
 *
 *	plain:    [header|packet]
 *	others:   [header|changed headers] in an area -> rest of segment 1 -> segment 2 ...
 */
#ifndef PLX_DRIVERS_NET_VIRTIO_VIRTIO_TX_H
#define PLX_DRIVERS_NET_VIRTIO_VIRTIO_TX_H

#include <string.h>

#include "virtio_area.h"
#include "virtio_header.h"
#include "virtio_queue.h"
#include "virtio_ring.h"

#define VIRTIO_TX_PART	64u /* packets freed at a time */
#define VIRTIO_TX_PARTS 64u /* descriptors of a packet at most */

/* Of the last 8 bytes of a header, those in front of num_buffers. */
#define VIRTIO_TX_BUT_NUM_BUFFERS (UINT64_MAX >> 16)
PLX_STATIC_ASSERT(offsetof(struct virtio_net_hdr_full, num_buffers) + 2 == VIRTIO_NET_HDR_LEN,
		  "num_buffers is last");

/* The common counters come first: ethdev sums them without asking. */
struct virtio_txq {
	struct plx_ethdev_txq_stats stats;
	struct plx_gate gate; /* closed while the device is taken down under a running port */
	struct virtio_queue *q;
	uint32_t wishes;     /* of mbufs, that are carried out */
	uint16_t header_len; /* of the network header */
	bool indirect;
	bool header_apart; /* a descriptor of its own: a legacy device without ANY_LAYOUT (2.7.4.1) */
	bool tso4, tso6;
	bool short_of; /* a packet found too few descriptors, or no area */
} PLX_CACHE_ALIGNED;

/* A packet as the device gets it. */
struct virtio_tx_layout {
	struct plx_mbuf *m; /* to be freed when the device is done: the packet or a copy of it */
	uint16_t area;
	bool indirect; /* through the area's table */
	unsigned n;
	struct {
		uint64_t addr;
		uint32_t len;
	} parts[VIRTIO_TX_PARTS];
};

/*
 * Lays out any packet. -EAGAIN: there is no area now; other errors: the packet cannot be sent, and is still the caller's.
 * Path: as hot as chains and offloads are.
 */
int virtio_tx_lay(struct virtio_txq *txq, struct plx_mbuf *m, struct virtio_tx_layout *ret_layout);
/* Takes back what it took, when there are too few descriptors; the packet is the caller's again. */
void virtio_tx_unlay(struct virtio_txq *txq, struct plx_mbuf *m, struct virtio_tx_layout *layout);

/* Whole in one buffer that is nobody else's, with room for the network header. */
static PLX_ALWAYS_INLINE bool
virtio_tx_plain(const struct virtio_txq *txq, const struct plx_mbuf *m)
{
	uint16_t pool_id = m->pool_id & (uint16_t)~PLX_MBUF_ATTACHED;

	return plx_mbuf_state(m) == plx_mbuf_state_plain(pool_id) &&
	       (m->ol_flags & PLX_VNET_TX_FLAGS) == 0 && m->data_off >= txq->header_len &&
	       m->data_len != 0 && !txq->header_apart;
}

/*
 * A header without wishes is all zeroes. Read before it is written: buffers that go round have it already, and a line that is
 * not written stays in the device's cache too. Peers on this machine find in num_buffers, which means nothing in what is
 * sent (5.1.6.2), what they wrote there themselves when the buffer came: else both ends would write that line for each packet
 * that is sent back.
 */
static PLX_ALWAYS_INLINE void
virtio_tx_zero_header(uint8_t *header, unsigned len, bool peer)
{
	uint64_t front, back;

	memcpy(&front, header, sizeof(front));
	memcpy(&back, header + len - sizeof(back), sizeof(back));
	if (peer && PLX_LIKELY(len == VIRTIO_NET_HDR_LEN))
		back &= VIRTIO_TX_BUT_NUM_BUFFERS;
	if (PLX_UNLIKELY((front | back) != 0 || len > 2 * sizeof(front)))
		memset(header, 0, len);
}

/* The bus address of the packet's bytes; `peer`: the device maps what we map. */
static PLX_ALWAYS_INLINE uint64_t
virtio_tx_address(const struct plx_mbuf *m, bool peer)
{
	return peer ? (uintptr_t)plx_mbuf_data(m) : plx_mbuf_iova(m);
}

/* Packets that the device is done with, on their way home. */
struct virtio_tx_done {
	struct plx_mbuf *mbufs[VIRTIO_TX_PART];
	unsigned n;
	uint64_t packets, bytes;
};

static inline void
virtio_tx_flush(struct virtio_tx_done *done)
{
	for (unsigned i = 0; i < done->n; i++)
		done->bytes += done->mbufs[i]->pkt_len;
	done->packets += done->n;
	plx_mbuf_free_bulk(done->mbufs, done->n);
	done->n = 0;
}

/* The slot is out of flight from here on. */
static PLX_ALWAYS_INLINE void
virtio_tx_finish(struct virtio_queue *q, struct virtio_slot *slot, struct virtio_tx_done *done)
{
	if (PLX_UNLIKELY(slot->area != VIRTIO_NO_AREA)) {
		virtio_area_put(q, slot->area);
		slot->area = VIRTIO_NO_AREA;
	}
	slot->count = 0;
	done->mbufs[done->n++] = slot->m;
	if (PLX_UNLIKELY(done->n == VIRTIO_TX_PART))
		virtio_tx_flush(done);
}

static inline void
virtio_tx_sent(struct virtio_txq *txq, struct virtio_tx_done *done)
{
	virtio_tx_flush(done);
	plx_ethdev_add(&txq->stats.packets, done->packets);
	plx_ethdev_add(&txq->stats.bytes, done->bytes);
	plx_ethdev_add(&txq->stats.in_flight, -done->packets);
}

/* A packet that cannot be sent: taken over and lost. */
void virtio_tx_lose(struct virtio_txq *txq, struct plx_mbuf *m);

/* A burst took `taken` packets over, of which `given` went to the device. */
static PLX_ALWAYS_INLINE void
virtio_tx_count(struct virtio_txq *txq, unsigned taken, unsigned given)
{
	plx_ethdev_add(&txq->stats.in_flight, given);
	plx_ethdev_add(&txq->stats.taken, taken);
}

/* Descriptors below which the ring is reaped: all, if a packet found too little room last time. */
static PLX_ALWAYS_INLINE unsigned
virtio_tx_low(struct virtio_txq *txq, unsigned n)
{
	unsigned size = txq->q->size;

	if (PLX_UNLIKELY(txq->short_of)) {
		txq->short_of = false;
		return size + 1;
	}
	return n > size / 4 ? n : size / 4;
}

/* See VIRTIO_RX_VARIANT; here of send(). */
#define VIRTIO_TX_VARIANTS(kind)                                                          \
	bool virtio_tx_##kind##_one(struct virtio_txq *txq, struct plx_mbuf *m)           \
	{                                                                                 \
		return send(txq, &m, 1, txq->q->virtual_addresses) == 1;                  \
	}                                                                                 \
                                                                                          \
	uint16_t virtio_tx_##kind(void *queue, struct plx_mbuf **pkts, uint16_t n)        \
	{                                                                                 \
		struct virtio_txq *txq = queue;                                           \
                                                                                          \
		if (PLX_UNLIKELY(!plx_gate_enter(&txq->gate)))                            \
			return virtio_queue_refuse(txq->q);                               \
		n = send(txq, pkts, n, false);                                            \
		plx_gate_leave(&txq->gate);                                               \
		return n;                                                                 \
	}                                                                                 \
                                                                                          \
	uint16_t virtio_tx_##kind##_peer(void *queue, struct plx_mbuf **pkts, uint16_t n) \
	{                                                                                 \
		struct virtio_txq *txq = queue;                                           \
                                                                                          \
		if (PLX_UNLIKELY(!plx_gate_enter(&txq->gate)))                            \
			return virtio_queue_refuse(txq->q);                               \
		n = send(txq, pkts, n, true);                                             \
		plx_gate_leave(&txq->gate);                                               \
		return n;                                                                 \
	}

/* One packet, by whoever closed the gate. */
bool virtio_tx_split_one(struct virtio_txq *txq, struct plx_mbuf *m);
bool virtio_tx_packed_one(struct virtio_txq *txq, struct plx_mbuf *m);

/* Frees what the device is done with, and counts it as sent. */
void virtio_tx_split_reap(struct virtio_txq *txq);
void virtio_tx_packed_reap(struct virtio_txq *txq);

uint16_t virtio_tx_split(void *queue, struct plx_mbuf **pkts, uint16_t n);
uint16_t virtio_tx_split_peer(void *queue, struct plx_mbuf **pkts, uint16_t n);
uint16_t virtio_tx_packed(void *queue, struct plx_mbuf **pkts, uint16_t n);
uint16_t virtio_tx_packed_peer(void *queue, struct plx_mbuf **pkts, uint16_t n);

#endif
