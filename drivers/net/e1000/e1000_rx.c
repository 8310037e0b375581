/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receiving (3.2). The card fills buffers in the order of the ring and sets DD in memory; no register is read. One
 * descriptor stays the driver's, so that RDT never meets RDH from behind.
 *
 *	ring:  [ clean | ... the card's (held) ... | free ... ]
 *		 next -^			     ^- tail (RDT)
 */
#include "e1000_ring.h"

#include <string.h>

#define PACKET_MAX 16384u /* no card receives more */
#define BAD_FRAME                                                                      \
	(E1000_RXD_ERR_CE | E1000_RXD_ERR_SE | E1000_RXD_ERR_SEQ | E1000_RXD_ERR_CXE | \
	 E1000_RXD_ERR_RXE)

/* What the card wrote, of one load: bytes 8 to 15 of the descriptor (3.2.3). */
struct written {
	uint16_t length;
	uint8_t status, errors;
	uint16_t special;
};

static PLX_ALWAYS_INLINE struct written
split(uint64_t word)
{
	return (struct written){.length = (uint16_t)word,
				.status = (uint8_t)(word >> 32),
				.errors = (uint8_t)(word >> 40),
				.special = (uint16_t)(word >> 48)};
}

/* -- buffers for the card ---------------------------------------------------------------------------------------------- */

static void
give(struct e1000_rxq *rxq, const uint32_t *numbers, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct e1000_rx_desc *desc = &rxq->ring[rxq->tail];

		*desc = (struct e1000_rx_desc){
			.addr = plx_pool_iova(rxq->pool, numbers[i], rxq->pool->headroom)};
		rxq->numbers[rxq->tail] = numbers[i];
		rxq->tail = e1000_after(rxq->tail, rxq->size);
	}
	rxq->held = (uint16_t)(rxq->held + n);
}

/* What the pool has, if it is less than n; how many. */
static PLX_COLD unsigned
scrape(struct e1000_rxq *rxq, uint32_t *numbers, unsigned n)
{
	plx_ethdev_add(&rxq->dev->counts[E1000_RX_STARVED], 1);
	while (n > 0 && !plx_pool_get_bulk_at(rxq->pool, numbers, n, "net_e1000 rx"))
		n /= 2;
	return n;
}

/* All that is free, and one write of the tail. */
void
e1000_rx_refill(struct e1000_rxq *rxq)
{
	const uint16_t before = rxq->tail;
	uint32_t numbers[E1000_RX_PART];
	unsigned n, got;

	do {
		n = rxq->size - 1u - rxq->held;
		n = n < E1000_RX_PART ? n : E1000_RX_PART;
		got = n;
		if (n > 0 && !plx_pool_get_bulk_at(rxq->pool, numbers, n, "net_e1000 rx"))
			got = scrape(rxq, numbers, n);
		give(rxq, numbers, got);
	} while (got > 0 && got == n);
	if (rxq->tail != before)
		e1000_publish(rxq->dev, E1000_RDT, rxq->tail);
}

/* -- packets ----------------------------------------------------------------------------------------------------------------- */

/* 9.2: the tag is out of the data. Who did not ask for that gets it back. */
static void
note_tag(const struct e1000_rxq *rxq, struct plx_mbuf *m, uint16_t tag)
{
	uint8_t *data;

	m->vlan_tci = tag;
	m->ol_flags |= PLX_MBUF_RX_VLAN;
	if (rxq->strip) {
		m->ol_flags |= PLX_MBUF_RX_VLAN_STRIPPED;
		return;
	}
	if (m->data_len < 12 || m->data_off < 4 || m->data_len > UINT16_MAX - 4)
		return;
	data = plx_mbuf_prepend(m, 4);
	memmove(data, data + 4, 12);
	data[12] = E1000_VET_VALUE >> 8;
	data[13] = E1000_VET_VALUE & 0xff;
	data[14] = (uint8_t)(tag >> 8);
	data[15] = (uint8_t)tag;
}

/* 3.2.9 */
static void
note_sums(struct plx_mbuf *m, const struct written *w)
{
	if ((w->status & E1000_RXD_STAT_IXSM) != 0)
		return;
	if ((w->status & E1000_RXD_STAT_IPCS) != 0)
		m->ol_flags |= (w->errors & E1000_RXD_ERR_IPE) != 0 ? PLX_MBUF_RX_IP_CSUM_BAD
								    : PLX_MBUF_RX_IP_CSUM_GOOD;
	if ((w->status & E1000_RXD_STAT_TCPCS) != 0)
		m->ol_flags |= (w->errors & E1000_RXD_ERR_TCPE) != 0 ? PLX_MBUF_RX_L4_CSUM_BAD
								     : PLX_MBUF_RX_L4_CSUM_GOOD;
}

/* The packet is dropped, once and by name, and so is the rest of it. */
static PLX_COLD struct plx_mbuf *
drop(struct e1000_rxq *rxq, struct plx_mbuf *m, bool whole, enum e1000_count why)
{
	if (!rxq->skipping) {
		plx_ethdev_add(&rxq->stats.errors, 1);
		plx_ethdev_add(&rxq->dev->counts[why], 1);
	}
	if (rxq->head != NULL)
		plx_mbuf_free(rxq->head);
	rxq->head = rxq->last = NULL;
	plx_mbuf_free(m);
	rxq->skipping = !whole;
	return NULL;
}

/* A packet of several buffers goes on; NULL while it does. */
static PLX_NOINLINE struct plx_mbuf *
chain(struct e1000_rxq *rxq, struct plx_mbuf *m, bool whole)
{
	struct plx_mbuf *head = rxq->head;

	if (!rxq->scatter)
		return drop(rxq, m, whole, E1000_RX_TOO_LONG);
	if (head == NULL) {
		rxq->head = rxq->last = m;
		return NULL;
	}
	if (head->pkt_len + m->data_len > PACKET_MAX)
		return drop(rxq, m, whole, E1000_RX_TOO_LONG);
	rxq->last->next = m;
	rxq->last = m;
	head->pkt_len += m->data_len;
	head->nb_segs++;
	if (!whole)
		return NULL;
	rxq->head = rxq->last = NULL;
	return head;
}

/* The header of a buffer that comes soon; near the end of the ring that of none. */
static PLX_ALWAYS_INLINE void
fetch(const struct e1000_rxq *rxq)
{
	plx_prefetch_write(plx_pool_mbuf(rxq->pool, rxq->numbers[rxq->next + E1000_RX_AHEAD]));
}

/* The buffer that the card returned; a packet if it is the last of one. */
static PLX_ALWAYS_INLINE struct plx_mbuf *
take(struct e1000_rxq *rxq, uint64_t word)
{
	struct plx_mbuf *m = plx_pool_mbuf(rxq->pool, rxq->numbers[rxq->next]);
	const struct written w = split(word);
	const bool whole = (w.status & E1000_RXD_STAT_EOP) != 0;

	rxq->numbers[rxq->next] = E1000_NO_BUFFER;
	rxq->next = e1000_after(rxq->next, rxq->size);
	rxq->held--;
	plx_mbuf_received(m, w.length <= rxq->room ? w.length : 0, rxq->pool->headroom,
			  rxq->dev->eth.port, 0);
	PLX_MBUF_NOTE(m, "net_e1000 rx", rxq->dev->eth.port, 0);
	if (PLX_UNLIKELY(w.length == 0 || w.length > rxq->room || rxq->skipping))
		return drop(rxq, m, whole, E1000_RX_BAD_LENGTH);
	if (PLX_UNLIKELY(whole && (w.errors & BAD_FRAME) != 0))
		return drop(rxq, m, whole, E1000_RX_BAD_FRAME);
	if (PLX_UNLIKELY(!whole || rxq->head != NULL)) {
		m = chain(rxq, m, whole);
		if (m == NULL)
			return NULL;
	}
	if ((w.status & E1000_RXD_STAT_VP) != 0)
		note_tag(rxq, m, w.special);
	if (rxq->csum)
		note_sums(m, &w);
	return m;
}

uint16_t
e1000_rx(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	struct e1000_rxq *rxq = queue;
	const uint16_t before = rxq->held;
	uint64_t bytes = 0;
	unsigned done = 0;

	while (done < n && rxq->held > 0) {
		const uint64_t word = e1000_rx_load(rxq, rxq->next);
		struct plx_mbuf *m;

		if ((word & E1000_RX_DD) == 0)
			break;
		fetch(rxq);
		m = take(rxq, word);
		if (m == NULL)
			continue;
		bytes += m->pkt_len;
		pkts[done++] = m;
	}
	if (rxq->size - 1u - rxq->held >= rxq->part)
		e1000_rx_refill(rxq);
	if (rxq->held == before && PLX_UNLIKELY(rxq->sleeps))
		e1000_irq_rearm(rxq);
	plx_ethdev_add(&rxq->stats.packets, done);
	plx_ethdev_add(&rxq->stats.bytes, bytes);
	return (uint16_t)done;
}
