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

/* A packet of one buffer, good and without a tag, is what most are. */
#define PLAIN	   (E1000_RXD_STAT_DD | E1000_RXD_STAT_EOP)
#define PLAIN_MASK (PLAIN | E1000_RXD_STAT_VP | BAD_FRAME << 8)

/* What e1000_rx_load() brought. */
static PLX_ALWAYS_INLINE uint8_t
status_of(uint64_t word)
{
	return (uint8_t)(word >> 32);
}

static PLX_ALWAYS_INLINE uint8_t
errors_of(uint64_t word)
{
	return (uint8_t)(word >> 40);
}

static PLX_ALWAYS_INLINE uint16_t
tag_of(uint64_t word)
{
	return (uint16_t)(word >> 48);
}

/* -- buffers for the card ---------------------------------------------------------------------------------------------- */

/* Buffers whose numbers are noted are the card's. */
static PLX_ALWAYS_INLINE void
give(struct e1000_rxq *rxq, unsigned n)
{
	const struct plx_pool *pool = rxq->pool;
	const uint32_t *numbers = &rxq->numbers[rxq->tail], headroom = pool->headroom;
	const uint64_t base = (uint64_t)(uintptr_t)pool->data + headroom, stride = pool->stride;
	uint64_t *desc = (uint64_t *)(void *)&rxq->ring[rxq->tail];

	if (PLX_LIKELY(pool->page_iova == NULL)) {
		for (unsigned i = 0; i < n; i++) {
			desc[2 * i] = base + numbers[i] * stride;
			desc[2 * i + 1] = 0;
		}
	} else {
		for (unsigned i = 0; i < n; i++) {
			desc[2 * i] = plx_pool_iova(pool, numbers[i], headroom);
			desc[2 * i + 1] = 0;
		}
	}
	rxq->tail = (uint16_t)(rxq->tail + n == rxq->size ? 0 : rxq->tail + n);
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
	unsigned n, got;

	do {
		uint32_t *numbers = &rxq->numbers[rxq->tail];
		const unsigned to_end = (unsigned)rxq->size - rxq->tail;

		n = rxq->size - 1u - rxq->held;
		n = n < E1000_RX_PART ? n : E1000_RX_PART;
		n = n < to_end ? n : to_end;
		got = n;
		if (n > 0 && !plx_pool_get_bulk_at(rxq->pool, numbers, n, "net_e1000 rx"))
			got = scrape(rxq, numbers, n);
		give(rxq, got);
	} while (got > 0 && got == n);
	if (rxq->tail != before)
		e1000_publish(&rxq->dev->rdt, rxq->tail);
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
static PLX_ALWAYS_INLINE void
note_sums(struct plx_mbuf *m, uint64_t word)
{
	const uint8_t status = status_of(word), errors = errors_of(word);

	if ((status & E1000_RXD_STAT_IXSM) != 0)
		return;
	if ((status & E1000_RXD_STAT_IPCS) != 0)
		m->ol_flags |= (errors & E1000_RXD_ERR_IPE) != 0 ? PLX_MBUF_RX_IP_CSUM_BAD
								 : PLX_MBUF_RX_IP_CSUM_GOOD;
	if ((status & E1000_RXD_STAT_TCPCS) != 0)
		m->ol_flags |= (errors & E1000_RXD_ERR_TCPE) != 0 ? PLX_MBUF_RX_L4_CSUM_BAD
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

/* A buffer that the card returned, whatever is in it; a packet if it is the last of one. */
static PLX_NOINLINE struct plx_mbuf *
take(struct e1000_rxq *rxq, uint64_t word)
{
	struct plx_mbuf *m = plx_pool_mbuf(rxq->pool, rxq->numbers[rxq->next]);
	const bool whole = (word & E1000_RX_EOP) != 0;
	const uint16_t length = (uint16_t)word;

	rxq->next = e1000_after(rxq->next, rxq->size);
	rxq->held--;
	plx_mbuf_received(m, length <= rxq->room ? length : 0, rxq->headroom, rxq->port, 0);
	PLX_MBUF_NOTE(m, "net_e1000 rx", rxq->port, 0);
	if (length == 0 || length > rxq->room || rxq->skipping)
		return drop(rxq, m, whole, E1000_RX_BAD_LENGTH);
	if (whole && (errors_of(word) & BAD_FRAME) != 0)
		return drop(rxq, m, whole, E1000_RX_BAD_FRAME);
	if (!whole || rxq->head != NULL) {
		m = chain(rxq, m, whole);
		if (m == NULL)
			return NULL;
	}
	if ((status_of(word) & E1000_RXD_STAT_VP) != 0)
		note_tag(rxq, m, tag_of(word));
	if (rxq->csum)
		note_sums(m, word);
	return m;
}

/* As many packets of one good buffer as follow each other, up to the end of the ring. */
static PLX_ALWAYS_INLINE unsigned
take_plain(struct e1000_rxq *rxq, struct plx_mbuf **pkts, unsigned n)
{
	const unsigned at = rxq->next, to_end = (unsigned)rxq->size - at;
	const uint16_t headroom = rxq->headroom, port = rxq->port;
	const struct e1000_rx_desc *desc = &rxq->ring[at];
	struct plx_mbuf *headers = plx_pool_mbuf(rxq->pool, 0);
	const uint32_t *numbers = &rxq->numbers[at];
	uint64_t bytes = 0;
	unsigned i;

	n = n < to_end ? n : to_end;
	n = n < rxq->held ? n : rxq->held;
	for (i = 0; i < n; i++) {
		const uint64_t word = e1000_rx_load(&desc[i]);
		const uint32_t length = (uint16_t)word;
		struct plx_mbuf *m = headers + numbers[i];

		if (((uint32_t)(word >> 32) & PLAIN_MASK) != PLAIN || length - 1 >= rxq->room)
			break;
		plx_prefetch_write(headers + numbers[i + E1000_RX_AHEAD]);
		plx_mbuf_received(m, (uint16_t)length, headroom, port, 0);
		PLX_MBUF_NOTE(m, "net_e1000 rx", port, 0);
		if (rxq->csum)
			note_sums(m, word);
		bytes += length;
		pkts[i] = m;
	}
	rxq->next = (uint16_t)(i == to_end ? 0 : at + i);
	rxq->held = (uint16_t)(rxq->held - i);
	plx_ethdev_add(&rxq->stats.packets, i);
	plx_ethdev_add(&rxq->stats.bytes, bytes);
	return i;
}

/* What the card wrote into the next one, if it is done with it; else 0. */
static PLX_ALWAYS_INLINE uint64_t
next_word(const struct e1000_rxq *rxq)
{
	const uint64_t word = rxq->held > 0 ? e1000_rx_load(&rxq->ring[rxq->next]) : 0;

	return (word & E1000_RX_DD) != 0 ? word : 0;
}

/* The same, whatever comes: what a descriptor is part of may be no packet yet, or none at all. */
static PLX_NOINLINE unsigned
take_any(struct e1000_rxq *rxq, struct plx_mbuf **pkts, unsigned n)
{
	unsigned done = 0;

	while (done < n) {
		struct plx_mbuf *m;
		uint64_t word;

		if (rxq->head == NULL && !rxq->skipping)
			done += take_plain(rxq, pkts + done, n - done);
		word = done < n ? next_word(rxq) : 0;
		if (word == 0)
			break;
		m = take(rxq, word);
		if (m == NULL)
			continue;
		plx_ethdev_add(&rxq->stats.packets, 1);
		plx_ethdev_add(&rxq->stats.bytes, m->pkt_len);
		pkts[done++] = m;
	}
	return done;
}

uint16_t
e1000_rx(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	struct e1000_rxq *rxq = queue;
	unsigned done = 0;

	if (PLX_LIKELY(rxq->head == NULL && !rxq->skipping))
		done = take_plain(rxq, pkts, n);
	if (done < n && PLX_UNLIKELY(next_word(rxq) != 0))
		done += take_any(rxq, pkts + done, n - done);
	if (rxq->size - 1u - rxq->held >= rxq->part)
		e1000_rx_refill(rxq);
	if (done == 0 && PLX_UNLIKELY(rxq->sleeps))
		e1000_irq_rearm(rxq);
	return (uint16_t)done;
}
