/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sending: descriptors go out through TX, buffers come back through COMPLETION, as numbers.
 *
 *	        us                          kernel
 *	app  -> [TX]   --------------------> reads {addr, len, options}, sends
 *	         producer: ours (B)          consumer: kernel's (D)
 *	pool <- [COMPLETION] <-------------- gives back addr: the bytes are no longer needed
 *	         consumer: ours (D)          producer: kernel's (B)
 *
 *	A-D are those of xsk_ring.h: our store of TX.producer (B) pairs with the kernel's load (C), so it
 *	sees the packet; our load of COMPLETION.producer (C) pairs with its store (B).
 *
 * A packet goes as it lies when every segment is a buffer of this queue's pool that nobody else holds
 * (then its header is as free leaves it, and completion is a number put back). Others are copied. The
 * kernel looks at the ring only when called: once a burst, and more often while it stops at its budget.
 *
 * Books: taken = packets + losses + in flight. A packet is sent when its last buffer has come back and the
 * device did not refuse it. The kernel tells of a refusal (EBUSY) when it happens, and completes later.
 */
#include "af_xdp_priv.h"

#include "plx_clock.h"

#include <sched.h>
#include <string.h>

#define KICKS_MAX 64 /* system calls a burst, while each makes headway */

/* -- completions ----------------------------------------------------------------------------------------- */

/* One completed descriptor: 1 if its buffer is free now, with its number; *packets counts ends. */
static inline uint32_t
complete(struct af_xdp_queue *q, uint64_t addr, uint32_t *ret_index, uint32_t *packets)
{
	const uint64_t base = (addr & XSK_BASE_MASK) + (addr >> XSK_OFFSET_SHIFT);
	const uint32_t index = af_xdp_index(&q->umem, base);
	uint8_t *state;

	if (PLX_UNLIKELY(index >= q->umem.n || q->tx.state[index] == 0)) {
		plx_ethdev_add(&q->tx.bad_completions, 1);
		return 0;
	}
	state = &q->tx.state[index];
	if (PLX_UNLIKELY((*state & AF_XDP_TX_DESCS) > 1)) {
		--*state;
		return 0;
	}
	*packets += *state >> 7;
	*state = 0;
	*ret_index = index;
	return 1;
}

/* Packets completed: those that the device refused are not sent. */
static void
count_sent(struct af_xdp_txq *tx, uint32_t packets)
{
	const uint32_t refused = packets < tx->refused ? packets : tx->refused;

	tx->refused -= refused;
	plx_ethdev_add(&tx->stats.errors, refused);
	plx_ethdev_add(&tx->stats.packets, packets - refused);
	plx_ethdev_add(&tx->stats.in_flight, -(uint64_t)packets);
}

static void
reap(struct af_xdp_queue *q)
{
	struct xsk_ring *comp = &q->xsk.comp;
	uint32_t ready = xsk_ring_ready(comp, comp->size);
	uint32_t index[AF_XDP_BATCH];
	uint32_t packets = 0;

	q->tx.under_way -= ready;
	while (ready != 0) {
		const uint32_t n = ready < AF_XDP_BATCH ? ready : AF_XDP_BATCH;
		uint32_t free = 0;

		for (uint32_t i = 0; i < n; i++)
			free += complete(q, comp->addr[(comp->near + i) & comp->mask], &index[free],
					 &packets);
		xsk_ring_consume(comp, n);
		plx_pool_put_bulk(q->umem.pool, index, free);
		ready -= n;
	}
	if (packets != 0)
		count_sent(&q->tx, packets);
}

/* -- descriptors ----------------------------------------------------------------------------------------- */

static inline void
put_desc(struct af_xdp_queue *q, uint32_t at, uint64_t addr, uint32_t len, uint32_t options)
{
	q->xsk.tx.desc[at & q->xsk.tx.mask] =
		(struct xdp_desc){.addr = addr, .len = len, .options = options};
}

/* A buffer's bytes as descriptors from `at` on, each of at most a chunk; returns how many. */
static uint32_t
put_buffer(struct af_xdp_queue *q, uint32_t at, uint32_t index, uint32_t offset, uint32_t len,
	   bool last)
{
	uint64_t addr = (uint64_t)index * q->umem.stride + offset;
	uint32_t n = 0;

	while (len > q->umem.chunk) {
		put_desc(q, at + n++, addr, q->umem.chunk, XSK_PKT_CONTD);
		addr += q->umem.chunk;
		len -= q->umem.chunk;
	}
	put_desc(q, at + n++, addr, len, last ? 0 : XSK_PKT_CONTD);
	q->tx.state[index] = (uint8_t)(n | (last ? AF_XDP_TX_LAST : 0));
	return n;
}

static inline uint32_t
descs_for(const struct af_xdp_umem *umem, uint32_t len)
{
	return len <= umem->chunk ? 1 : (len + umem->chunk - 1) / umem->chunk;
}

/*
 * Descriptors that the packet needs to go as it lies, 0 if it cannot: a segment of another pool, shared,
 * attached or empty, or too many of them.
 */
static uint32_t
descs_in_place(const struct af_xdp_queue *q, const struct plx_mbuf *m)
{
	uint32_t n = 0;

	PLX_MBUF_FOREACH_SEG(seg, m) {
		if (!plx_mbuf_is_direct(seg) || plx_mbuf_pool(seg) != q->umem.pool ||
		    !plx_mbuf_is_sole(seg) || seg->data_len == 0)
			return 0;
		n += descs_for(&q->umem, seg->data_len);
		if (n > XSK_FRAGS_MAX)
			return 0;
	}
	return n == 1 || q->tx.multi_buffer ? n : 0;
}

/* The packet's buffers become the kernel's; their headers are made as free leaves them. */
static uint32_t
put_in_place(struct af_xdp_queue *q, struct plx_mbuf *m)
{
	uint32_t at = q->xsk.tx.near;

	while (m != NULL) {
		struct plx_mbuf *next = m->next;

		m->next = NULL;
		m->nb_segs = 1;
		at += put_buffer(q, at, (uint32_t)(m - q->umem.headers), m->data_off, m->data_len,
				 next == NULL);
		m = next;
	}
	return at - q->xsk.tx.near;
}

/* -- copies ---------------------------------------------------------------------------------------------- */

static void
copy_bytes(const struct plx_mbuf *m, uint32_t off, uint8_t *to, uint32_t len)
{
	const void *from = plx_mbuf_read(m, off, len, to);

	if (from != to && from != NULL)
		memcpy(to, from, len);
}

/* Bytes of a copy that one of our buffers takes. */
static uint32_t
copy_room(const struct af_xdp_queue *q)
{
	return q->umem.pool->buf_size < q->umem.chunk ? q->umem.pool->buf_size : q->umem.chunk;
}

static uint32_t
put_copy(struct af_xdp_queue *q, const struct plx_mbuf *m, const uint32_t *index, uint32_t n)
{
	const uint32_t room = copy_room(q);
	uint32_t off = 0;

	for (uint32_t i = 0; i < n; i++) {
		const uint32_t left = m->pkt_len - off;
		const uint32_t len = left < room ? left : room;

		copy_bytes(m, off, plx_pool_data(q->umem.pool, index[i]), len);
		q->umem.headers[index[i]].ol_flags &= ~PLX_MBUF_APP;
		put_buffer(q, q->xsk.tx.near + i, index[i], 0, len, i + 1 == n);
		off += len;
	}
	return n;
}

/* -- a packet -------------------------------------------------------------------------------------------- */

enum outcome {
	TAKEN,	 /* the kernel's */
	LOST,	 /* freed and counted */
	NO_ROOM, /* stays the caller's */
};

static PLX_COLD enum outcome
lose(struct plx_mbuf *m, uint64_t *counter)
{
	plx_ethdev_add(counter, 1);
	plx_mbuf_free(m);
	return LOST;
}

/* Everything but a single plain buffer. */
static PLX_NOINLINE enum outcome
send_slow(struct af_xdp_queue *q, struct plx_mbuf *m)
{
	uint32_t index[XSK_FRAGS_MAX];
	uint32_t n;

	if (m->pkt_len < 14 || m->pkt_len > copy_room(q) * XSK_FRAGS_MAX)
		return lose(m, &q->tx.bad_length);
	n = descs_in_place(q, m);
	if (n != 0) {
		if (n > xsk_ring_room(&q->xsk.tx, n))
			return NO_ROOM;
		n = put_in_place(q, m);
	} else {
		n = (m->pkt_len + copy_room(q) - 1) / copy_room(q);
		if (n > 1 && !q->tx.multi_buffer)
			return lose(m, &q->tx.bad_length);
		if (n > xsk_ring_room(&q->xsk.tx, n))
			return NO_ROOM;
		if (!plx_pool_get_bulk(q->umem.pool, index, n))
			return lose(m, &q->tx.no_buffer);
		n = put_copy(q, m, index, n);
		plx_ethdev_add(&q->tx.copied, 1);
		plx_mbuf_free(m);
	}
	xsk_ring_stage(&q->xsk.tx, n);
	return TAKEN;
}

static inline bool
is_plain(const struct af_xdp_queue *q, const struct plx_mbuf *m)
{
	return plx_mbuf_state(m) == q->tx.plain && m->data_len >= 14 &&
	       m->data_len <= q->umem.chunk;
}

/* -- the kernel's turn ----------------------------------------------------------------------------------- */

/*
 * A system call, since the kernel sends in copy mode only inside one, and a driver in zero-copy mode may
 * sleep. In copy mode it may stop early (its budget, its memory, a full device queue): it is asked again
 * while it makes headway, and by the next burst.
 */
static void
kick(struct af_xdp_queue *q)
{
	const struct xsk_ring *tx = &q->xsk.tx;
	uint32_t before = xsk_ring_count(tx);

	for (unsigned i = 0; i < KICKS_MAX && before != 0; i++) {
		const enum xsk_kick result = xsk_kick_tx(&q->xsk);
		const uint32_t after = xsk_ring_count(tx);

		plx_ethdev_add(&q->tx.kicks, 1);
		if (result == XSK_KICK_DROPPED)
			q->tx.refused++;
		else if (result != XSK_KICK_AGAIN || after == before)
			return;
		before = after;
	}
}

static inline bool
wants_kick(const struct af_xdp_queue *q)
{
	return q->tx.kick_always || xsk_ring_needs_wakeup(&q->xsk.tx);
}

/* Writes the descriptors of as many packets as there is room for; *bytes and *lost add up. */
static inline uint16_t
stage(struct af_xdp_queue *q, struct plx_mbuf **pkts, uint16_t n, uint64_t *bytes, uint16_t *lost)
{
	struct xsk_ring *tx = &q->xsk.tx;
	uint32_t room = xsk_ring_room(tx, n);
	uint16_t i;

	for (i = 0; i < n && room != 0; i++, room = tx->far - tx->near) {
		struct plx_mbuf *m = pkts[i];
		const uint32_t len = m->pkt_len;
		enum outcome outcome;

		if (PLX_LIKELY(is_plain(q, m))) {
			const uint32_t index = (uint32_t)(m - q->umem.headers);

			q->tx.state[index] = AF_XDP_TX_LAST | 1;
			put_desc(q, tx->near, (uint64_t)index * q->umem.stride + m->data_off, len,
				 0);
			xsk_ring_stage(tx, 1);
			*bytes += len;
			continue;
		}
		outcome = send_slow(q, m);
		if (outcome == NO_ROOM)
			break;
		*lost += outcome == LOST;
		*bytes += outcome == LOST ? 0 : len;
	}
	return i;
}

uint16_t
af_xdp_tx_burst(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	struct af_xdp_queue *q = PLX_CONTAINER_OF(queue, struct af_xdp_queue, tx);
	const uint32_t begin = q->xsk.tx.near;
	uint16_t taken, lost = 0;
	uint64_t bytes = 0;

	if (q->tx.under_way != 0)
		reap(q);
	taken = stage(q, pkts, n, &bytes, &lost);
	if (q->xsk.tx.near != begin) {
		q->tx.under_way += q->xsk.tx.near - begin;
		xsk_ring_publish(&q->xsk.tx);
	}
	if (taken != 0) {
		plx_ethdev_add(&q->tx.stats.taken, taken);
		plx_ethdev_add(&q->tx.stats.in_flight, (uint64_t)taken - lost);
		plx_ethdev_add(&q->tx.stats.bytes, bytes);
	}
	if (q->tx.under_way != 0 && wants_kick(q))
		kick(q);
	return taken;
}

/* -- closing --------------------------------------------------------------------------------------------- */

/* Waits, for a bounded time, until the kernel has sent and completed what it has. */
void
af_xdp_tx_drain(struct af_xdp_queue *q, unsigned timeout_ms)
{
	const uint64_t until = plx_clock_monotonic_ns() + timeout_ms * 1000000ULL;

	for (;;) {
		reap(q);
		if (q->tx.under_way == 0 || plx_clock_monotonic_ns() > until)
			return;
		if (wants_kick(q))
			kick(q);
		sched_yield();
	}
}

/* After the socket is closed: what is still under way goes home, and its packets are lost. */
void
af_xdp_tx_recover(struct af_xdp_queue *q)
{
	for (uint32_t index = 0; q->tx.under_way != 0 && index < q->umem.n; index++) {
		const uint8_t state = q->tx.state[index];

		if (state == 0)
			continue;
		q->tx.state[index] = 0;
		q->tx.under_way -= state & AF_XDP_TX_DESCS;
		plx_ethdev_add(&q->tx.discarded, state >> 7);
		plx_ethdev_add(&q->tx.stats.in_flight, -(uint64_t)(state >> 7));
		plx_pool_put_bulk(q->umem.pool, &index, 1);
	}
	q->tx.under_way = 0;
	q->tx.refused = 0;
}
