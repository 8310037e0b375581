/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sending (3.3, 3.4). The card reports descriptors with RS as done in memory (DD), in order; no register is read. RS is set on
 * the last packet of a burst and after every MARK_EVERY descriptors: what lies before such a mark is done with it.
 */
#include "e1000_ring.h"

#include <errno.h>
#include <string.h>

#define MARK_EVERY 32u
#define DONE_PART  64u
#define DESC_MAX   E1000_TX_FRAME_MAX /* bytes that one descriptor may name (3.3.3) */

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

/* -- what is done -------------------------------------------------------------------------------------------------------- */

/* Packets that lie one a descriptor, as most do. */
static void
free_run(struct e1000_txq *txq, unsigned n)
{
	const unsigned first = txq->size - (unsigned)txq->clean;

	if (n <= first) {
		plx_mbuf_free_bulk(&txq->mbufs[txq->clean], n);
	} else {
		plx_mbuf_free_bulk(&txq->mbufs[txq->clean], first);
		plx_mbuf_free_bulk(txq->mbufs, n - first);
	}
}

/* Packets among descriptors that hold none. */
static PLX_NOINLINE void
free_sparse(struct e1000_txq *txq, unsigned descs)
{
	struct plx_mbuf *mbufs[DONE_PART];
	unsigned at = txq->clean, n = 0;

	for (; descs > 0; descs--, at = e1000_after(at, txq->size)) {
		if (txq->mbufs[at] == NULL)
			continue;
		mbufs[n++] = txq->mbufs[at];
		if (n == DONE_PART) {
			plx_mbuf_free_bulk(mbufs, n);
			n = 0;
		}
	}
	plx_mbuf_free_bulk(mbufs, n);
}

/* Descriptors up to and with that one are the driver's again. */
static void
release(struct e1000_txq *txq, uint16_t last, unsigned packets, uint64_t bytes)
{
	const uint16_t end = e1000_after(last, txq->size);
	const unsigned descs = end > txq->clean ? (unsigned)end - txq->clean
						: (unsigned)end + txq->size - txq->clean;

	if (PLX_LIKELY(packets == descs))
		free_run(txq, descs);
	else
		free_sparse(txq, descs);
	txq->clean = end;
	txq->free = (uint16_t)(txq->free + descs);
	plx_ethdev_add(&txq->stats.packets, packets);
	plx_ethdev_add(&txq->stats.bytes, bytes);
	plx_ethdev_add(&txq->stats.in_flight, -(uint64_t)packets);
}

static bool
is_done(const struct e1000_txq *txq, uint16_t mark)
{
	return (__atomic_load_n(&txq->ring[mark].sta, __ATOMIC_ACQUIRE) & E1000_TXD_STA_DD) != 0;
}

/* What several marks say done goes back at once: bursts of one packet have a mark each. */
void
e1000_tx_reap(struct e1000_txq *txq)
{
	unsigned packets = 0;
	uint64_t bytes = 0;
	uint16_t last = 0;

	while (txq->nb_marks > 0) {
		const struct e1000_tx_mark *mark = &txq->marks[txq->first_mark];

		if (!is_done(txq, mark->at))
			break;
		last = mark->at;
		packets += mark->packets;
		bytes += mark->bytes;
		txq->first_mark = e1000_after(txq->first_mark, txq->size);
		txq->nb_marks--;
	}
	if (packets > 0)
		release(txq, last, packets, bytes);
}

/* -- a packet into the ring ------------------------------------------------------------------------------------------------- */

static void
mark(struct e1000_txq *txq, uint16_t at)
{
	const unsigned slot = (unsigned)txq->first_mark + txq->nb_marks++;

	txq->ring[at].cmd |= E1000_TXD_CMD_RS;
	txq->fresh.at = at;
	txq->marks[slot < txq->size ? slot : slot - txq->size] = txq->fresh;
	txq->fresh = (struct e1000_tx_mark){0};
	txq->unmarked = 0;
}

static uint16_t
next_desc(struct e1000_txq *txq)
{
	const uint16_t at = txq->next;

	txq->mbufs[at] = NULL;
	txq->next = e1000_after(at, txq->size);
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

/*
 * 3.3.3 and 3.3.7 have address, length, EOP, IFCS, RS, DEXT, VLE and the tag in the same places. A card takes the tag from a packet's
 * last descriptor, or from the first of one that it cuts (3.3.7.1): each has it.
 */
static uint16_t
put_bytes(struct e1000_txq *txq, const struct packet *p, uint64_t addr, uint16_t len)
{
	const uint16_t at = next_desc(txq);
	struct e1000_tx_data_desc *desc = (void *)&txq->ring[at];
	const bool tagged = (p->m->ol_flags & PLX_MBUF_TX_VLAN) != 0;
	uint32_t cmd = E1000_TXD_CMD_IFCS;

	if (p->extended)
		cmd |= E1000_TXD_CMD_DEXT | (p->cuts ? E1000_TXD_CMD_TSE : 0);
	if (tagged)
		cmd |= E1000_TXD_CMD_VLE;
	*desc = (struct e1000_tx_data_desc){
		.addr = addr,
		.cmd_dtalen =
			cmd << E1000_TXD_CMD_SHIFT | len | (p->extended ? E1000_TXD_DTYP_DATA : 0),
		.popts = p->extended ? p->popts : 0,
		.special = tagged ? p->tag : 0,
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
	txq->mbufs[at] = p->m;
	txq->fresh.packets++;
	txq->fresh.bytes += p->m->pkt_len;
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
	e1000_tx_reap(txq);
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

/* As many as are plain, up to the end of the ring and to the next RS. */
static PLX_ALWAYS_INLINE unsigned
put_plain(struct e1000_txq *txq, struct plx_mbuf **pkts, unsigned n)
{
	const uint64_t cmd = (uint64_t)(E1000_TXD_CMD_EOP | E1000_TXD_CMD_IFCS)
			     << E1000_TXD_CMD_SHIFT;
	const unsigned to_end = (unsigned)txq->size - txq->next,
		       to_mark = MARK_EVERY - txq->unmarked;
	struct plx_mbuf **mbufs = &txq->mbufs[txq->next];
	uint64_t *desc = (uint64_t *)(void *)&txq->ring[txq->next];
	uint32_t bytes = 0;
	unsigned i;

	n = n < to_end ? n : to_end;
	n = n < to_mark ? n : to_mark;
	for (i = 0; i < n && PLX_LIKELY(is_plain(pkts[i])); i++) {
		desc[2 * i] = plx_mbuf_iova(pkts[i]);
		desc[2 * i + 1] = cmd | pkts[i]->data_len;
		mbufs[i] = pkts[i];
		bytes += pkts[i]->data_len;
	}
	txq->next = i == to_end ? 0 : (uint16_t)(txq->next + i);
	txq->free = (uint16_t)(txq->free - i);
	txq->unmarked = (uint16_t)(txq->unmarked + i);
	txq->fresh.packets += i;
	txq->fresh.bytes += bytes;
	if (txq->unmarked == MARK_EVERY)
		mark(txq, (uint16_t)(txq->next == 0 ? txq->size - 1 : txq->next - 1));
	return i;
}

uint16_t
e1000_tx(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	struct e1000_txq *txq = queue;
	const uint16_t before = txq->next;
	unsigned taken = 0, given = 0;

	if (n == 0 || txq->free < txq->lazy)
		e1000_tx_reap(txq);
	while (taken < n) {
		const unsigned left = (unsigned)n - taken;
		const unsigned plain =
			put_plain(txq, pkts + taken, left < txq->free ? left : txq->free);

		taken += plain;
		given += plain;
		if (plain == 0) {
			if (!send_planned(txq, pkts[taken], &given))
				break;
			taken++;
		}
	}
	plx_ethdev_add(&txq->stats.in_flight, given);
	plx_ethdev_add(&txq->stats.taken, taken);
	if (txq->next != before) {
		if (txq->unmarked > 0)
			mark(txq, (uint16_t)(txq->next == 0 ? txq->size - 1 : txq->next - 1));
		e1000_publish(txq->dev, E1000_TDT, txq->next);
	}
	return (uint16_t)taken;
}
