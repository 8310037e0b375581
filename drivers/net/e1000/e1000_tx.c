/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sending (3.3, 3.4). The card reports descriptors with RS as done in memory (DD), in order; no register is read. RS is set on
 * the last descriptor of a run, of which a burst is one or several: what lies before it is done with it.
 */
#include "e1000_ring.h"

#include <errno.h>
#include <string.h>

#define RUN_MAX	  32u
#define DONE_PART 64u
#define DESC_MAX  E1000_TX_FRAME_MAX /* bytes that one descriptor may name (3.3.3) */

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

/* Descriptors up to that one are the driver's again. */
static void
release(struct e1000_txq *txq, uint16_t end, unsigned packets, uint64_t bytes)
{
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
is_done(const struct e1000_txq *txq, uint16_t at)
{
	return (__atomic_load_n(&txq->ring[at].sta, __ATOMIC_ACQUIRE) & E1000_TXD_STA_DD) != 0;
}

/* What several runs say done goes back at once: bursts of one packet are a run each. */
void
e1000_tx_reap(struct e1000_txq *txq)
{
	uint16_t end = txq->clean;
	unsigned packets = 0;
	uint64_t bytes = 0;

	while (end != txq->run) {
		const struct e1000_tx_run run = txq->runs[end];

		if (!is_done(txq, run.last))
			break;
		packets += run.packets;
		bytes += run.bytes;
		end = e1000_after(run.last, txq->size);
	}
	if (end != txq->clean)
		release(txq, end, packets, bytes);
}

/* -- a packet into the ring ------------------------------------------------------------------------------------------------- */

/* What lies behind the last run becomes one: at least a descriptor. */
static PLX_ALWAYS_INLINE void
close_run(struct e1000_txq *txq, uint16_t last, struct e1000_tx_run run)
{
	run.last = last;
	txq->ring[last].cmd |= E1000_TXD_CMD_RS;
	txq->runs[txq->run] = run;
	txq->run = txq->next;
}

static uint16_t
last_desc(const struct e1000_txq *txq)
{
	return (uint16_t)((txq->next == 0 ? txq->size : txq->next) - 1);
}

static void
close_open_run(struct e1000_txq *txq)
{
	close_run(txq, last_desc(txq), txq->open);
	txq->open = (struct e1000_tx_run){0};
}

/* Descriptors behind the last run. */
static unsigned
in_open_run(const struct e1000_txq *txq)
{
	return txq->next >= txq->run ? (unsigned)txq->next - txq->run
				     : (unsigned)txq->next + txq->size - txq->run;
}

/* One that is long enough ends here. */
static unsigned
room_in_run(struct e1000_txq *txq)
{
	if (in_open_run(txq) >= RUN_MAX)
		close_open_run(txq);
	return RUN_MAX - in_open_run(txq);
}

static uint16_t
next_desc(struct e1000_txq *txq)
{
	const uint16_t at = txq->next;

	txq->mbufs[at] = NULL;
	txq->next = e1000_after(at, txq->size);
	txq->free--;
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
	txq->open.packets++;
	txq->open.bytes += p->m->pkt_len;
	if (p->m != original)
		plx_mbuf_free(original);
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

/* As many as are plain, up to the end of the ring, and what they add to their run. */
static PLX_ALWAYS_INLINE unsigned
put_plain(struct e1000_txq *txq, struct plx_mbuf **pkts, unsigned n, struct e1000_tx_run *run)
{
	const uint64_t cmd = (uint64_t)(E1000_TXD_CMD_EOP | E1000_TXD_CMD_IFCS)
			     << E1000_TXD_CMD_SHIFT;
	const unsigned at = txq->next, to_end = (unsigned)txq->size - at;
	uint64_t *desc = (uint64_t *)(void *)&txq->ring[at];
	struct plx_mbuf **mbufs = &txq->mbufs[at];
	uint32_t bytes = 0;
	unsigned i;

	n = n < to_end ? n : to_end;
	n = n < txq->free ? n : txq->free;
	for (i = 0; i < n; i++) {
		struct plx_mbuf *m = pkts[i];
		const uint16_t len = m->data_len;

		if (PLX_UNLIKELY(!is_plain(m)))
			break;
		desc[2 * i] = plx_mbuf_iova(m);
		desc[2 * i + 1] = cmd | len;
		mbufs[i] = m;
		bytes += len;
	}
	run->packets = (uint16_t)(run->packets + i);
	run->bytes += bytes;
	txq->next = i == to_end ? 0 : (uint16_t)(at + i);
	txq->free = (uint16_t)(txq->free - i);
	plx_ethdev_add(&txq->stats.in_flight, i);
	plx_ethdev_add(&txq->stats.taken, i);
	return i;
}

/* Whatever comes; how many were taken over. */
static PLX_NOINLINE unsigned
put_any(struct e1000_txq *txq, struct plx_mbuf **pkts, unsigned n)
{
	unsigned taken = 0, others = 0, given = 0;

	while (taken < n) {
		const unsigned left = n - taken, more = room_in_run(txq);
		const unsigned plain =
			put_plain(txq, pkts + taken, left < more ? left : more, &txq->open);

		taken += plain;
		if (plain == 0) {
			if (!send_planned(txq, pkts[taken], &given))
				break;
			taken++;
			others++;
		}
	}
	if (txq->run != txq->next)
		close_open_run(txq);
	plx_ethdev_add(&txq->stats.in_flight, given);
	plx_ethdev_add(&txq->stats.taken, others);
	return taken;
}

uint16_t
e1000_tx(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	struct e1000_txq *txq = queue;
	const uint16_t before = txq->next;
	struct e1000_tx_run run = {0};
	unsigned taken;

	if (n == 0 || txq->free < txq->lazy)
		e1000_tx_reap(txq);
	taken = put_plain(txq, pkts, n < RUN_MAX ? n : RUN_MAX, &run);
	if (PLX_LIKELY(taken > 0 && taken == n)) {
		close_run(txq, (uint16_t)(before + taken - 1), run);
	} else {
		if (n == 0)
			return 0;
		txq->open = run;
		taken += put_any(txq, pkts + taken, n - taken);
		if (txq->next == before)
			return (uint16_t)taken;
	}
	e1000_publish(&txq->dev->tdt, txq->next);
	return (uint16_t)taken;
}
