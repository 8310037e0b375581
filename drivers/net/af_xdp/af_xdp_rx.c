/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receiving: numbers go out through FILL, packets come back through RX.
 *
 *	        us                          kernel
 *	pool -> [FILL] --------------------> takes a buffer, copies or DMAs a frame into it
 *	         producer: ours (B)          consumer: kernel's (D)
 *	app  <- [RX]   <-------------------- publishes {addr, len, options}
 *	         consumer: ours (D)          producer: kernel's (B)
 *
 *	A-D are those of xsk_ring.h: our load of RX.producer (C) pairs with the kernel's store (B), so the
 *	descriptor and the frame are there; our store of FILL.producer (B) pairs with its load (C), so the
 *	addresses are; our load of FILL.consumer (A) pairs with its store (D).
 *
 * The kernel has `descs` buffers at any time, spread over FILL, its own hands and RX. FILL has twice that
 * many slots because the kernel publishes RX before it lets go of FILL. When the pool runs empty the
 * kernel gets fewer (`owed`) and counts what it must drop; every later burst tries to make good.
 *
 * A received address is base | offset << 48 with unaligned chunks and base + offset with aligned ones:
 * one expression reads both.
 */
#include "af_xdp_priv.h"

static inline bool
held_take(struct af_xdp_rxq *rx, uint32_t index)
{
	uint64_t *word = &rx->held[index / 64];
	const uint64_t bit = 1ULL << (index % 64);
	const bool was = (*word & bit) != 0;

	*word &= ~bit;
	return was;
}

static inline void
held_give(struct af_xdp_rxq *rx, uint32_t index)
{
	rx->held[index / 64] |= 1ULL << (index % 64);
}

/* Hands n numbers from the pool to the kernel, all or none. */
static inline bool
refill_some(struct af_xdp_queue *q, uint32_t n)
{
	struct xsk_ring *fill = &q->xsk.fill;
	const uint64_t stride = q->umem.stride;
	const uint32_t mask = fill->mask;
	uint32_t index[AF_XDP_BATCH];
	uint32_t at = fill->near;

	if (PLX_UNLIKELY(!plx_pool_get_bulk(q->umem.pool, index, n)))
		return false;
	for (uint32_t i = 0; i < n; i++) {
		held_give(&q->rx, index[i]);
		fill->addr[at++ & mask] = index[i] * stride;
	}
	xsk_ring_produce(fill, n);
	q->rx.owed -= n;
	return true;
}

static void
refill(struct af_xdp_queue *q)
{
	uint32_t owed = q->rx.owed;
	const uint32_t room = xsk_ring_room(&q->xsk.fill, owed);

	if (PLX_UNLIKELY(owed > room))
		owed = room;
	while (owed != 0) {
		uint32_t n = owed < AF_XDP_BATCH ? owed : AF_XDP_BATCH;

		/* A pool that is nearly empty may still have a few. */
		while (PLX_UNLIKELY(!refill_some(q, n))) {
			if (n == 1) {
				plx_ethdev_add(&q->rx.short_refills, 1);
				return;
			}
			n /= 2;
		}
		owed -= n;
	}
}

/* Nothing there: let a driver that waits for it run, and make good what is owed. */
static PLX_NOINLINE uint16_t
rx_idle(struct af_xdp_queue *q)
{
	if (q->rx.owed != 0)
		refill(q);
	/* A system call only if the kernel asks for one, or polls the device on our behalf. */
	if (q->rx.busy || (q->xsk.need_wakeup && xsk_ring_needs_wakeup(&q->xsk.fill))) {
		plx_ethdev_add(&q->rx.wakeups, 1);
		xsk_kick_rx(&q->xsk);
	}
	return 0;
}

static PLX_COLD void
bad_desc(struct af_xdp_queue *q)
{
	plx_ethdev_add(&q->rx.bad_descs, 1);
	plx_ethdev_add(&q->rx.stats.errors, 1);
}

/* The buffer of a descriptor with its place and length, NULL if it is none the kernel should have. */
static inline struct plx_mbuf *
take_desc(struct af_xdp_queue *q, const struct xdp_desc *from)
{
	const struct af_xdp_umem *umem = &q->umem;
	const struct xdp_desc desc = *from; /* once: it stays shared memory */
	const uint64_t base = desc.addr & XSK_BASE_MASK;
	const uint32_t index = af_xdp_index(umem, base);
	const uint64_t offset =
		base - (uint64_t)index * umem->stride + (desc.addr >> XSK_OFFSET_SHIFT);
	struct plx_mbuf *m;

	if (PLX_UNLIKELY(index >= umem->n || !held_take(&q->rx, index)))
		return NULL;
	q->rx.owed++;
	m = umem->headers + index;
	if (PLX_UNLIKELY(offset + desc.len > umem->pool->buf_size)) {
		plx_pool_put_written(umem->pool, &index, 1);
		return NULL;
	}
	PLX_MBUF_NOTE(m, "af_xdp rx", q->rx.port, q->rx.queue);
	plx_mbuf_received(m, (uint16_t)desc.len, (uint16_t)offset, q->rx.port, q->rx.queue);
	return m;
}

uint16_t
af_xdp_rx_burst(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	struct af_xdp_queue *q = PLX_CONTAINER_OF(queue, struct af_xdp_queue, rx);
	struct xsk_ring *rx = &q->xsk.rx;
	const uint32_t ready = xsk_ring_ready(rx, 1);
	uint64_t bytes = 0;
	uint16_t got = 0;

	if (ready < n)
		n = (uint16_t)ready;
	if (n == 0)
		return rx_idle(q);
	for (uint32_t i = 0; i < n; i++) {
		struct plx_mbuf *m = take_desc(q, &rx->desc[(rx->near + i) & rx->mask]);

		if (PLX_UNLIKELY(m == NULL)) {
			bad_desc(q);
			continue;
		}
		bytes += m->pkt_len;
		pkts[got++] = m;
	}
	xsk_ring_consume(rx, n);
	refill(q);
	plx_ethdev_add(&q->rx.stats.packets, got);
	plx_ethdev_add(&q->rx.stats.bytes, bytes);
	return got;
}

/* -- packets of several buffers ------------------------------------------------------------------------ */

/* Adds a buffer to the packet under way; it may have begun in an earlier burst. */
static void
chain_append(struct af_xdp_rxq *rx, struct plx_mbuf *m)
{
	if (rx->head == NULL) {
		rx->head = m;
	} else {
		rx->tail->next = m;
		rx->head->nb_segs++;
		rx->head->pkt_len += m->data_len;
	}
	rx->tail = m;
}

static void
chain_drop(struct af_xdp_rxq *rx)
{
	plx_mbuf_free(rx->head);
	rx->head = rx->tail = NULL;
}

/* One descriptor: the packet it ends, or NULL. */
static struct plx_mbuf *
scatter_desc(struct af_xdp_queue *q, const struct xdp_desc *desc)
{
	struct af_xdp_rxq *rx = &q->rx;
	const bool more = (__atomic_load_n(&desc->options, __ATOMIC_RELAXED) & XSK_PKT_CONTD) != 0;
	struct plx_mbuf *m = take_desc(q, desc);

	if (PLX_UNLIKELY(m == NULL)) {
		plx_ethdev_add(&rx->bad_descs, 1);
		chain_drop(rx);
		rx->skip = true;
	} else if (PLX_UNLIKELY(rx->skip)) {
		plx_mbuf_free(m);
	} else {
		chain_append(rx, m);
	}
	if (more)
		return NULL;
	if (PLX_UNLIKELY(rx->skip)) {
		plx_ethdev_add(&rx->stats.errors, 1);
		rx->skip = false;
		return NULL;
	}
	m = rx->head;
	rx->head = rx->tail = NULL;
	return m;
}

uint16_t
af_xdp_rx_burst_scatter(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	struct af_xdp_queue *q = PLX_CONTAINER_OF(queue, struct af_xdp_queue, rx);
	struct xsk_ring *rx = &q->xsk.rx;
	const uint32_t ready = xsk_ring_ready(rx, 1);
	uint64_t bytes = 0;
	uint16_t got = 0;
	uint32_t i;

	if (ready == 0 || n == 0)
		return rx_idle(q);
	for (i = 0; i < ready && got < n; i++) {
		struct plx_mbuf *m = scatter_desc(q, &rx->desc[(rx->near + i) & rx->mask]);

		if (m == NULL)
			continue;
		bytes += m->pkt_len;
		pkts[got++] = m;
	}
	xsk_ring_consume(rx, i);
	refill(q);
	plx_ethdev_add(&q->rx.stats.packets, got);
	plx_ethdev_add(&q->rx.stats.bytes, bytes);
	return got;
}

/* Any thread may ask: it reads the ring without moving anything. */
uint32_t
af_xdp_rx_waiting(const struct af_xdp_queue *q)
{
	const struct xsk_ring *rx = &q->xsk.rx;
	uint32_t packets = 0;
	uint32_t n, at;

	if (!q->open || rx->size == 0)
		return 0;
	n = xsk_ring_count(rx);
	if (!q->xsk.multi_buffer)
		return n;
	at = __atomic_load_n(rx->consumer, __ATOMIC_RELAXED);
	for (uint32_t i = 0; i < n && i < rx->size; i++)
		packets += (rx->desc[(at + i) & rx->mask].options & XSK_PKT_CONTD) == 0;
	return packets;
}

/* -- opening and closing ------------------------------------------------------------------------------- */

void
af_xdp_rx_fill(struct af_xdp_queue *q)
{
	q->rx.owed = q->xsk.rx.size;
	q->rx.head = q->rx.tail = NULL;
	q->rx.skip = false;
	refill(q);
}

/* After the socket is closed: what the kernel had of ours goes home. */
void
af_xdp_rx_recover(struct af_xdp_queue *q)
{
	chain_drop(&q->rx);
	for (uint32_t word = 0; word * 64 < q->umem.n; word++) {
		while (q->rx.held[word] != 0) {
			const uint32_t bit = (uint32_t)__builtin_ctzll(q->rx.held[word]);
			const uint32_t index = word * 64 + bit;

			q->rx.held[word] &= q->rx.held[word] - 1;
			plx_pool_put_written(q->umem.pool, &index, 1);
		}
	}
}
