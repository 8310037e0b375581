/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sending (3.3, 3.4). The card reports descriptors with RS as done in memory (DD), in order; no register is read. RS is set on
 * the last packet of a burst and after every MARK_EVERY descriptors: what lies before such a mark is done with it.
 */
#include "e1000.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MARK_EVERY  32u
#define DONE_PART   64u
#define DESC_MAX    E1000_TX_FRAME_MAX /* bytes that one descriptor may name (3.3.3) */
#define INIT_TXDCTL (E1000_TXDCTL_GRAN | 1u << E1000_TXDCTL_WTHRESH_SHIFT)
#define COLLISIONS  15u	  /* 13.4.33 */
#define DISTANCE    0x40u /* full duplex */

/* A packet that is about to be laid out. */
struct packet {
	struct plx_mbuf *m; /* what is sent: the caller's, or a copy */
	struct e1000_tx_context_desc context;
	uint16_t tag;
	uint16_t descs; /* that its bytes need */
	uint8_t popts;
	bool extended; /* by data descriptors: it has wishes */
	bool needs_context, cuts;
};

static uint16_t
after(const struct e1000_txq *txq, unsigned at)
{
	return at + 1 == txq->size ? 0 : (uint16_t)(at + 1);
}

/* -- what is done -------------------------------------------------------------------------------------------------------- */

struct done {
	struct plx_mbuf *mbufs[DONE_PART];
	unsigned n;
	uint64_t packets, bytes;
};

static void
flush(struct done *done)
{
	for (unsigned i = 0; i < done->n; i++)
		done->bytes += done->mbufs[i]->pkt_len;
	done->packets += done->n;
	plx_mbuf_free_bulk(done->mbufs, done->n);
	done->n = 0;
}

/* Descriptors up to and with the mark are the driver's again. */
static void
release(struct e1000_txq *txq, uint16_t mark, struct done *done)
{
	bool last;

	do {
		const uint16_t at = txq->clean;

		last = at == mark;
		if (txq->mbufs[at] != NULL) {
			done->mbufs[done->n++] = txq->mbufs[at];
			txq->mbufs[at] = NULL;
			if (done->n == DONE_PART)
				flush(done);
		}
		txq->clean = after(txq, at);
		txq->free++;
	} while (!last);
}

static bool
is_done(const struct e1000_txq *txq, uint16_t mark)
{
	return (__atomic_load_n(&txq->ring[mark].sta, __ATOMIC_ACQUIRE) & E1000_TXD_STA_DD) != 0;
}

static void
reap(struct e1000_txq *txq)
{
	struct done done;

	done.n = 0;
	done.packets = done.bytes = 0;
	while (txq->nb_marks > 0 && is_done(txq, txq->marks[txq->first_mark])) {
		release(txq, txq->marks[txq->first_mark], &done);
		txq->first_mark = after(txq, txq->first_mark);
		txq->nb_marks--;
	}
	flush(&done);
	plx_ethdev_add(&txq->stats.packets, done.packets);
	plx_ethdev_add(&txq->stats.bytes, done.bytes);
	plx_ethdev_add(&txq->stats.in_flight, -done.packets);
}

/* -- a packet into the ring ------------------------------------------------------------------------------------------------- */

static void
mark(struct e1000_txq *txq, uint16_t at)
{
	txq->ring[at].cmd |= E1000_TXD_CMD_RS;
	txq->marks[(txq->first_mark + txq->nb_marks) % txq->size] = at;
	txq->nb_marks++;
	txq->unmarked = 0;
}

static uint16_t
next_desc(struct e1000_txq *txq)
{
	const uint16_t at = txq->next;

	txq->next = after(txq, at);
	txq->free--;
	txq->unmarked++;
	return at;
}

static void
put_context(struct e1000_txq *txq, const struct packet *p)
{
	memcpy(&txq->ring[next_desc(txq)], &p->context, sizeof(p->context));
	txq->context = p->context;
	txq->has_context = true;
}

/* 3.3.3 and 3.3.7 have address, length, EOP, IFCS, RS and DEXT in the same places. */
static uint16_t
put_bytes(struct e1000_txq *txq, const struct packet *p, uint64_t addr, uint16_t len)
{
	const uint16_t at = next_desc(txq);
	struct e1000_tx_data_desc *desc = (void *)&txq->ring[at];
	uint32_t cmd = E1000_TXD_CMD_IFCS;

	if (p->extended)
		cmd |= E1000_TXD_CMD_DEXT | (p->cuts ? E1000_TXD_CMD_TSE : 0);
	*desc = (struct e1000_tx_data_desc){
		.addr = addr,
		.cmd_dtalen =
			cmd << E1000_TXD_CMD_SHIFT | len | (p->extended ? E1000_TXD_DTYP_DATA : 0),
		.popts = p->extended ? p->popts : 0,
	};
	return at;
}

/* All segments; -EFAULT before the first descriptor is written was ruled out by count_descs(). */
static void
put_packet(struct e1000_txq *txq, const struct packet *p, struct plx_mbuf *original)
{
	uint16_t at = 0;

	if (p->needs_context)
		put_context(txq, p);
	PLX_MBUF_FOREACH_SEG(seg, p->m) {
		uint64_t addr = plx_mbuf_iova(seg);

		for (uint16_t left = seg->data_len; left > 0;) {
			const uint16_t len = left < DESC_MAX ? left : DESC_MAX;

			at = put_bytes(txq, p, addr, len);
			addr += len;
			left = (uint16_t)(left - len);
		}
	}
	txq->ring[at].cmd |= E1000_TXD_CMD_EOP;
	if ((p->m->ol_flags & PLX_MBUF_TX_VLAN) != 0) {
		txq->ring[at].cmd |= E1000_TXD_CMD_VLE;
		txq->ring[at].special = p->tag;
	}
	txq->mbufs[at] = p->m;
	if (p->m != original)
		plx_mbuf_free(original);
	if (txq->unmarked >= MARK_EVERY)
		mark(txq, at);
}

/* Descriptors for the bytes; 0 for none, -EFAULT for bytes that the card does not reach. */
static int
count_descs(const struct plx_mbuf *m)
{
	int n = 0;

	PLX_MBUF_FOREACH_SEG(seg, m) {
		if (seg->data_len > 0 && plx_mbuf_iova(seg) == PLX_IOVA_BAD)
			return -EFAULT;
		n += (int)((seg->data_len + DESC_MAX - 1) / DESC_MAX);
	}
	return n;
}

static int
count_or_copy(struct e1000_txq *txq, struct plx_mbuf *original, struct packet *p)
{
	struct plx_mbuf *m = p->m;
	int n = count_descs(m);

	if (n != -EFAULT)
		return n;
	p->m = plx_mbuf_copy(m, plx_mbuf_pool(m), 0, m->pkt_len);
	if (m != original)
		plx_mbuf_free(m);
	if (p->m == NULL) {
		p->m = original;
		return -ENOBUFS;
	}
	plx_ethdev_add(&txq->dev->counts[E1000_TX_COPIED], 1);
	return count_descs(p->m);
}

/* What the packet becomes; negative if it cannot be sent at all. */
static int
plan(struct e1000_txq *txq, struct plx_mbuf *m, struct packet *p)
{
	const uint32_t wishes = m->ol_flags & E1000_TX_WISHES;
	int ret = 0;

	p->m = m;
	p->tag = m->vlan_tci;
	p->popts = 0;
	p->cuts = (wishes & PLX_MBUF_TX_TCP_SEG) != 0;
	p->extended = (wishes & (E1000_TX_CSUM | PLX_MBUF_TX_TCP_SEG)) != 0;
	p->needs_context = false;
	if (m->pkt_len == 0 || (!p->cuts && m->pkt_len > E1000_TX_FRAME_MAX))
		return -EMSGSIZE;
	if ((wishes & PLX_MBUF_TX_SCTP_CSUM) != 0 ||
	    ((wishes & PLX_MBUF_TX_VLAN) != 0 && !txq->inserts_tags))
		return -ENOTSUP;
	if (p->extended) {
		ret = e1000_tx_prepare(&p->m, &p->context, &p->popts);
		p->needs_context = p->cuts || !txq->has_context ||
				   memcmp(&p->context, &txq->context, sizeof(p->context)) != 0;
	}
	if (ret == 0)
		ret = count_or_copy(txq, m, p);
	if (ret >= 0)
		p->descs = (uint16_t)(ret + p->needs_context);
	return ret <= 0 || p->descs > txq->size - 1u ? -EMSGSIZE : 0;
}

static void
forget_copy(const struct packet *p, const struct plx_mbuf *original)
{
	if (p->m != original)
		plx_mbuf_free(p->m);
}

static bool
has_room(struct e1000_txq *txq, unsigned descs)
{
	if (descs <= txq->free)
		return true;
	reap(txq);
	return descs <= txq->free;
}

/* False: no room now, the packet stays the caller's. */
static bool
send_planned(struct e1000_txq *txq, struct plx_mbuf *m, unsigned *given)
{
	struct packet p;

	if (plan(txq, m, &p) != 0) {
		forget_copy(&p, m);
		plx_mbuf_free(m);
		plx_ethdev_add(&txq->stats.errors, 1);
		plx_ethdev_add(&txq->dev->counts[E1000_TX_REFUSED], 1);
		return true;
	}
	if (!has_room(txq, p.descs)) {
		forget_copy(&p, m);
		return false;
	}
	put_packet(txq, &p, m);
	(*given)++;
	return true;
}

/* Bytes as they are, in one descriptor: the common case. */
static PLX_ALWAYS_INLINE bool
is_plain(const struct plx_mbuf *m)
{
	return m->nb_segs == 1 && plx_mbuf_is_direct(m) && (m->ol_flags & E1000_TX_WISHES) == 0 &&
	       m->data_len > 0 && m->data_len <= DESC_MAX;
}

static PLX_ALWAYS_INLINE void
put_plain(struct e1000_txq *txq, struct plx_mbuf *m)
{
	const uint16_t at = next_desc(txq);

	txq->ring[at] = (struct e1000_tx_desc){
		.addr = plx_mbuf_iova(m),
		.length = m->data_len,
		.cmd = E1000_TXD_CMD_EOP | E1000_TXD_CMD_IFCS,
	};
	txq->mbufs[at] = m;
	if (txq->unmarked >= MARK_EVERY)
		mark(txq, at);
}

uint16_t
e1000_tx(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	struct e1000_txq *txq = queue;
	const uint16_t before = txq->next;
	unsigned taken = 0, given = 0;

	if (n == 0 || txq->free < txq->size / 2u)
		reap(txq);
	for (; taken < n; taken++) {
		struct plx_mbuf *m = pkts[taken];

		if (PLX_LIKELY(is_plain(m))) {
			if (PLX_UNLIKELY(!has_room(txq, 1)))
				break;
			put_plain(txq, m);
			given++;
		} else if (!send_planned(txq, m, &given)) {
			break;
		}
	}
	plx_ethdev_add(&txq->stats.in_flight, given);
	plx_ethdev_add(&txq->stats.taken, taken);
	if (txq->next != before) {
		if (txq->unmarked > 0)
			mark(txq, (uint16_t)((txq->next + txq->size - 1u) % txq->size));
		e1000_publish(txq->dev, E1000_TDT, txq->next);
	}
	return (uint16_t)taken;
}

/* -- life ------------------------------------------------------------------------------------------------------------------------ */

int
e1000_txq_create(struct e1000_dev *dev, uint16_t descs, struct e1000_txq **ret_txq,
		 struct plx_why *why)
{
	struct e1000_txq *txq = plx_ethdev_alloc(sizeof(*txq));

	if (txq == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	txq->dev = dev;
	txq->ring = (void *)((uint8_t *)dev->rings->addr +
			     E1000_RING_MAX * sizeof(struct e1000_rx_desc));
	txq->size = descs;
	txq->mbufs = calloc(descs, sizeof(*txq->mbufs));
	txq->marks = calloc(descs, sizeof(*txq->marks));
	if (txq->mbufs == NULL || txq->marks == NULL) {
		e1000_txq_destroy(txq);
		return plx_why(why, -ENOMEM, "out of memory");
	}
	*ret_txq = txq;
	return 0;
}

void
e1000_txq_destroy(struct e1000_txq *txq)
{
	if (txq == NULL)
		return;
	if (txq->mbufs != NULL && txq->marks != NULL)
		e1000_txq_drain(txq);
	free(txq->mbufs);
	free(txq->marks);
	free(txq);
}

/* 14.5, 13.4.33 - 13.4.44 */
void
e1000_txq_start(struct e1000_txq *txq)
{
	const struct e1000_dev *dev = txq->dev;
	const uint64_t addr = plx_zone_iova(dev->rings, txq->ring);

	memset(txq->ring, 0, txq->size * sizeof(*txq->ring));
	txq->next = txq->clean = txq->unmarked = 0;
	txq->first_mark = txq->nb_marks = 0;
	txq->free = (uint16_t)(txq->size - 1);
	txq->has_context = false;
	txq->inserts_tags = (dev->eth.info.tx_offloads & PLX_ETH_TX_OFFLOAD_VLAN_INSERT) != 0;
	e1000_write(dev, E1000_TDBAL, (uint32_t)addr);
	e1000_write(dev, E1000_TDBAH, (uint32_t)(addr >> 32));
	e1000_write(dev, E1000_TDLEN, txq->size * (uint32_t)sizeof(*txq->ring));
	e1000_write(dev, E1000_TDH, 0);
	e1000_write(dev, E1000_TDT, 0);
	e1000_write(dev, E1000_TIDV, 0);
	e1000_write(dev, E1000_TADV, 0);
	e1000_write(dev, E1000_TXDCTL, INIT_TXDCTL);
	e1000_write(dev, E1000_TIPG, E1000_TIPG_COPPER);
	e1000_txq_enable(txq);
}

void
e1000_txq_enable(const struct e1000_txq *txq)
{
	const uint32_t tctl = E1000_TCTL_PSP | E1000_TCTL_RTLC | COLLISIONS << E1000_TCTL_CT_SHIFT |
			      DISTANCE << E1000_TCTL_COLD_SHIFT;

	e1000_write(txq->dev, E1000_TCTL, tctl | (txq->dev->link_off ? 0 : E1000_TCTL_EN));
}

void
e1000_txq_drain(struct e1000_txq *txq)
{
	uint64_t lost = 0;

	reap(txq); /* what the card was done with has been sent */
	for (unsigned i = 0; i < txq->size; i++) {
		if (txq->mbufs[i] == NULL)
			continue;
		plx_mbuf_free(txq->mbufs[i]);
		txq->mbufs[i] = NULL;
		lost++;
	}
	txq->nb_marks = 0;
	plx_ethdev_add(&txq->stats.errors, lost);
	plx_ethdev_add(&txq->stats.in_flight, -lost);
	plx_ethdev_add(&txq->dev->counts[E1000_TX_AT_STOP], lost);
}
