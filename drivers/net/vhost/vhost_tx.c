/* SPDX-License-Identifier: BSD-3-Clause */
/* Sending: into the buffers that the guest posted on its receive ring, by copying. */
#include "vhost_tx.h"

/*
 * The header of such a packet. Read before it is written: in buffers that go round it is there already, and a line that is not
 * written stays in the guest's cache too. What is read decides about nothing else.
 */
static PLX_ALWAYS_INLINE void
put_plain_header(uint8_t *at, uint16_t len)
{
	const uint64_t no_offloads = 0;
	const uint32_t one_buffer = 1u << 16; /* csum_offset 0, num_buffers 1 */
	uint64_t front;
	uint32_t back;

	memcpy(&front, at, sizeof(front));
	if (front != no_offloads)
		memcpy(at, &no_offloads, sizeof(no_offloads));
	at += sizeof(no_offloads);
	if (PLX_UNLIKELY(len != VIRTIO_NET_HDR_LEN)) {
		memcpy(at, &no_offloads, sizeof(uint16_t));
		return;
	}
	memcpy(&back, at, sizeof(back));
	if (back != one_buffer)
		memcpy(at, &one_buffer, sizeof(one_buffer));
}
PLX_STATIC_ASSERT(NUM_BUFFERS == sizeof(uint64_t) + sizeof(uint16_t), "the upper half");

/* A packet of one piece and no wishes, for a buffer that is long enough. */
static PLX_ALWAYS_INLINE bool
send_plain(struct vhost_slot *slot, const struct plx_mbuf *m, uint16_t header_len)
{
	const uint16_t len = m->data_len;

	if (PLX_UNLIKELY(slot->at == NULL || m->nb_segs != 1 ||
			 (m->ol_flags & PLX_VNET_TX_FLAGS) != 0 ||
			 slot->len < (uint32_t)len + header_len))
		return false;
	put_plain_header(slot->at, header_len);
	vhost_copy(slot->at + header_len, plx_mbuf_data(m), len);
	slot->used_len = (uint32_t)len + header_len;
	return true;
}

/* One batch: how many packets were taken, `unsent` of which were lost or begun only. */
static unsigned
send_batch(struct vhost_txq *txq, struct vhost_ring *ring, struct plx_mbuf **pkts, unsigned nb,
	   unsigned *unsent, uint64_t *bytes)
{
	const uint16_t header_len = vhost_header_len(txq->port->features);
	struct vhost_batch batch;
	unsigned used = 0, taken = 0;
	enum vhost_fate fate = SENT;

	vhost_batch_begin(ring, &batch);
	vhost_batch_more(ring, &batch, nb);
	while (taken < nb && fate != BEGUN) {
		struct plx_mbuf *m = pkts[taken];

		if (used == batch.nb && vhost_batch_more(ring, &batch, batch.nb + 1) == used)
			break;
		if (PLX_LIKELY(send_plain(&batch.slot[used], m, header_len))) {
			used++;
			fate = SENT;
		} else {
			fate = vhost_tx_slow(txq, ring, m, &batch, &used);
		}
		if (fate == NOT_TAKEN)
			break;
		taken++;
		*unsent += fate != SENT;
		*bytes += fate == SENT ? m->pkt_len : 0;
	}
	if (used > 0)
		vhost_batch_publish(ring, &batch, used);
	return taken;
}

uint16_t
vhost_tx_burst(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	struct vhost_txq *txq = queue;
	struct vhost_ring *ring = txq->ring;
	unsigned unsent = 0, taken = 0;
	uint64_t bytes = 0;

	/* Without a guest nothing is taken: the caller knows best what to do with it. */
	if (PLX_UNLIKELY(!plx_gate_enter(&ring->gate)))
		return vhost_refuse(txq->port, ring);
	while (!vhost_ring_is_broken(ring)) {
		unsigned want = n - taken < VHOST_BATCH ? n - taken : VHOST_BATCH;
		unsigned now;

		if (PLX_UNLIKELY(txq->rest != NULL) && !vhost_tx_rest(txq, ring))
			break;
		now = want > 0 ? send_batch(txq, ring, pkts + taken, want, &unsent, &bytes) : 0;
		if (now == 0)
			break;
		taken += now;
	}
	vhost_ring_call(ring);
	plx_gate_leave(&ring->gate);
	plx_mbuf_free_bulk(pkts, taken);
	plx_ethdev_add(&txq->stats.taken, taken);
	plx_ethdev_add(&txq->stats.packets, taken - unsent);
	plx_ethdev_add(&txq->stats.bytes, bytes);
	__atomic_store_n(&txq->stats.in_flight, txq->rest != NULL, __ATOMIC_RELAXED);
	return (uint16_t)taken;
}
