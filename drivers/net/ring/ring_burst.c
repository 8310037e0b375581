/* SPDX-License-Identifier: BSD-3-Clause */
/* The bursts: pointers out of a ring and into one. */
#include "ring_priv.h"

#include <string.h>

PLX_STATIC_ASSERT(sizeof(void *) == sizeof(uint64_t), "rings of 8 bytes carry pointers");

/* Chains that were not asked for go down as errors; the others close ranks. */
static PLX_NOINLINE uint16_t
drop_chains(struct ring_rxq *rxq, struct plx_mbuf **pkts, uint16_t n, uint64_t *bytes)
{
	uint16_t kept = 0;

	for (uint16_t i = 0; i < n; i++) {
		if (pkts[i]->nb_segs == 1) {
			pkts[kept++] = pkts[i];
		} else {
			*bytes -= pkts[i]->pkt_len;
			plx_mbuf_free(pkts[i]);
		}
	}
	plx_ethdev_add(&rxq->stats.errors, (uint64_t)n - kept);
	return kept;
}

uint16_t
ring_rx(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	struct ring_rxq *rxq = queue;
	const struct ring_stamp stamp = rxq->stamp;
	uint64_t *slots = (uint64_t *)(void *)pkts;
	uint64_t bytes = 0;
	uint16_t chains = 0;

	if (PLX_UNLIKELY(__atomic_load_n(&rxq->off, __ATOMIC_RELAXED)))
		return plx_ethdev_refuse(rxq->dev);
	if (PLX_LIKELY(rxq->ring.spsc != NULL))
		n = (uint16_t)plx_ring_spsc_dequeue_burst64(rxq->ring.spsc, slots, n);
	else
		n = (uint16_t)plx_ring_mpmc_dequeue_burst64_mc(rxq->ring.mpmc, slots, n);
	for (uint16_t i = 0; i < n; i++) {
		bytes += pkts[i]->pkt_len;
		chains |= pkts[i]->nb_segs ^ 1;
		memcpy((uint8_t *)pkts[i] + offsetof(struct plx_mbuf, ol_flags), &stamp,
		       sizeof(stamp));
	}
	if (PLX_UNLIKELY(chains != 0) && !rxq->scatter)
		n = drop_chains(rxq, pkts, n, &bytes);
	plx_ethdev_add(&rxq->stats.packets, n);
	plx_ethdev_add(&rxq->stats.bytes, bytes);
	return n;
}

static uint64_t
bytes_of(struct plx_mbuf *const *pkts, uint16_t n)
{
	uint64_t bytes = 0;

	for (uint16_t i = 0; i < n; i++)
		bytes += pkts[i]->pkt_len;
	return bytes;
}

/* Counts first: a packet in the ring is no longer ours to look at. */
uint16_t
ring_tx(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	struct ring_txq *txq = queue;
	const uint64_t *slots = (const uint64_t *)(const void *)pkts;
	uint64_t bytes;
	uint16_t sent;

	if (PLX_UNLIKELY(!__atomic_load_n(&txq->open, __ATOMIC_RELAXED)))
		return __atomic_load_n(&txq->off, __ATOMIC_RELAXED) ? plx_ethdev_refuse(txq->dev)
								    : 0;
	bytes = bytes_of(pkts, n);
	if (PLX_LIKELY(txq->ring.spsc != NULL))
		sent = (uint16_t)plx_ring_spsc_enqueue_burst64(txq->ring.spsc, slots, n);
	else
		sent = (uint16_t)plx_ring_mpmc_enqueue_burst64_mp(txq->ring.mpmc, slots, n);
	if (PLX_UNLIKELY(sent < n))
		bytes -= bytes_of(pkts + sent, n - sent);
	plx_ethdev_add(&txq->stats.packets, sent);
	plx_ethdev_add(&txq->stats.taken, sent);
	plx_ethdev_add(&txq->stats.bytes, bytes);
	return sent;
}
