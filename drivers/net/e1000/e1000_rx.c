/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receiving (3.2). The card fills buffers in the order of the ring and sets DD in memory; no register is read. One
 * descriptor stays the driver's, so that RDT never meets RDH from behind.
 *
 *	ring:  [ clean | ... the card's (held) ... | free ... ]
 *		 next -^			     ^- tail (RDT)
 */
#include "e1000.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PART	   32u	  /* buffers taken from the pool and given at a time */
#define PACKET_MAX 16384u /* no card receives more */
#define ROOM_MAX   16384u
#define BAD_FRAME                                                                      \
	(E1000_RXD_ERR_CE | E1000_RXD_ERR_SE | E1000_RXD_ERR_SEQ | E1000_RXD_ERR_CXE | \
	 E1000_RXD_ERR_RXE)

/* What the card wrote, of one load: bytes 8 to 15 of the descriptor (3.2.3). */
struct written {
	uint16_t length;
	uint8_t status, errors;
	uint16_t special;
};

static PLX_ALWAYS_INLINE uint64_t
load(const struct e1000_rxq *rxq, uint16_t at)
{
	const uint64_t *word = (const uint64_t *)(const void *)&rxq->ring[at].length;

	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

#define DD  ((uint64_t)E1000_RXD_STAT_DD << 32)
#define EOP ((uint64_t)E1000_RXD_STAT_EOP << 32)

static PLX_ALWAYS_INLINE struct written
split(uint64_t word)
{
	return (struct written){.length = (uint16_t)word,
				.status = (uint8_t)(word >> 32),
				.errors = (uint8_t)(word >> 40),
				.special = (uint16_t)(word >> 48)};
}

static uint16_t
after(uint16_t at, uint16_t size)
{
	return at + 1 == size ? 0 : (uint16_t)(at + 1);
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
		rxq->tail = after(rxq->tail, rxq->size);
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
static void
refill(struct e1000_rxq *rxq)
{
	const uint16_t before = rxq->tail;
	uint32_t numbers[PART];
	unsigned n, got;

	do {
		n = rxq->size - 1u - rxq->held;
		n = n < PART ? n : PART;
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

/* The buffer that the card returned; a packet if it is the last of one. */
static PLX_ALWAYS_INLINE struct plx_mbuf *
take(struct e1000_rxq *rxq, uint64_t word)
{
	struct plx_mbuf *m = plx_pool_mbuf(rxq->pool, rxq->numbers[rxq->next]);
	const struct written w = split(word);
	const bool whole = (w.status & E1000_RXD_STAT_EOP) != 0;

	rxq->numbers[rxq->next] = E1000_NO_BUFFER;
	rxq->next = after(rxq->next, rxq->size);
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
		const uint64_t word = load(rxq, rxq->next);
		struct plx_mbuf *m;

		if ((word & DD) == 0)
			break;
		m = take(rxq, word);
		if (m == NULL)
			continue;
		bytes += m->pkt_len;
		pkts[done++] = m;
	}
	if (rxq->size - 1u - rxq->held >= rxq->part)
		refill(rxq);
	if (rxq->held == before && PLX_UNLIKELY(rxq->sleeps))
		e1000_irq_rearm(rxq);
	plx_ethdev_add(&rxq->stats.packets, done);
	plx_ethdev_add(&rxq->stats.bytes, bytes);
	return (uint16_t)done;
}

/* -- life ----------------------------------------------------------------------------------------------------------------------- */

uint32_t
e1000_rx_room(const struct plx_pool *pool)
{
	const uint32_t bytes = pool->buf_size - pool->headroom;
	uint32_t room = ROOM_MAX;

	while (room > bytes)
		room /= 2;
	return room >= E1000_RX_BUFFER_MIN ? room : 0;
}

/* 13.4.22: 2048, 1024, 512, 256 are 0 to 3; with BSEX 16384, 8192, 4096 are 1 to 3. */
uint32_t
e1000_rx_bsize(uint32_t room)
{
	const bool large = room > 2048;
	uint32_t code = 0;

	for (uint32_t bytes = large ? 32768 : 2048; bytes > room; bytes /= 2)
		code++;
	return code << E1000_RCTL_BSIZE_SHIFT | (large ? E1000_RCTL_BSEX : 0);
}

int
e1000_rxq_create(struct e1000_dev *dev, uint16_t descs, struct plx_pool *pool,
		 struct e1000_rxq **ret_rxq, struct plx_why *why)
{
	struct e1000_rxq *rxq = plx_ethdev_alloc(sizeof(*rxq));

	if (rxq == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	rxq->numbers = malloc(descs * sizeof(*rxq->numbers));
	if (rxq->numbers == NULL) {
		free(rxq);
		return plx_why(why, -ENOMEM, "out of memory");
	}
	memset(rxq->numbers, 0xff, descs * sizeof(*rxq->numbers));
	rxq->dev = dev;
	rxq->ring = dev->rings->addr;
	rxq->pool = pool;
	rxq->room = e1000_rx_room(pool);
	rxq->size = descs;
	rxq->part = (uint16_t)(descs / 4u < PART ? descs / 4u : PART);
	*ret_rxq = rxq;
	return 0;
}

void
e1000_rxq_destroy(struct e1000_rxq *rxq)
{
	if (rxq == NULL)
		return;
	e1000_rxq_drain(rxq);
	free(rxq->numbers);
	free(rxq);
}

/* 14.4, 13.4.25 - 13.4.31, 3.2.9 */
void
e1000_rxq_start(struct e1000_rxq *rxq)
{
	const struct e1000_dev *dev = rxq->dev;
	const uint32_t offloads = dev->eth.info.rx_offloads;
	const uint64_t addr = plx_zone_iova(dev->rings, rxq->ring);

	rxq->scatter = (offloads & PLX_ETH_RX_OFFLOAD_SCATTER) != 0;
	rxq->strip = (offloads & PLX_ETH_RX_OFFLOAD_VLAN_STRIP) != 0;
	rxq->csum = (offloads & (PLX_ETH_RX_OFFLOAD_IPV4_CSUM | PLX_ETH_RX_OFFLOAD_UDP_CSUM |
				 PLX_ETH_RX_OFFLOAD_TCP_CSUM)) != 0;
	e1000_write(dev, E1000_RXCSUM, rxq->csum ? E1000_RXCSUM_IPOFL | E1000_RXCSUM_TUOFL : 0);
	e1000_write(dev, E1000_RDTR, 0); /* interrupts are not delayed, but see ITR */
	e1000_write(dev, E1000_RADV, 0);
	e1000_write(dev, E1000_RDBAL, (uint32_t)addr);
	e1000_write(dev, E1000_RDBAH, (uint32_t)(addr >> 32));
	e1000_write(dev, E1000_RDLEN, rxq->size * (uint32_t)sizeof(*rxq->ring));
	e1000_write(dev, E1000_RDH, 0);
	e1000_write(dev, E1000_RDT, 0);
}

void
e1000_rxq_fill(struct e1000_rxq *rxq)
{
	refill(rxq);
}

void
e1000_rxq_drain(struct e1000_rxq *rxq)
{
	bool skipping = rxq->skipping;
	uint64_t lost = 0;

	for (; rxq->held > 0; rxq->held--) {
		const uint64_t word = load(rxq, rxq->next);

		if ((word & DD) != 0 && (word & EOP) != 0) {
			lost += !skipping;
			skipping = false;
		}
		plx_pool_put_bulk(rxq->pool, &rxq->numbers[rxq->next], 1);
		rxq->numbers[rxq->next] = E1000_NO_BUFFER;
		rxq->next = after(rxq->next, rxq->size);
	}
	plx_ethdev_add(&rxq->dev->counts[E1000_RX_AT_STOP], lost);
	if (rxq->head != NULL)
		plx_mbuf_free(rxq->head);
	rxq->head = rxq->last = NULL;
	rxq->skipping = rxq->fired = false;
	rxq->next = rxq->tail = 0;
}

int
e1000_rxq_count(struct plx_ethdev *eth, void *queue)
{
	const struct e1000_rxq *rxq = queue;
	uint16_t at = __atomic_load_n(&rxq->next, __ATOMIC_RELAXED);
	int n = 0;

	for (unsigned i = __atomic_load_n(&rxq->held, __ATOMIC_RELAXED); i > 0; i--) {
		const uint64_t word = load(rxq, at);

		if ((word & DD) == 0)
			break;
		n += (word & EOP) != 0;
		at = after(at, rxq->size);
	}
	return n;
}
