/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets into buffers of the master's, which sends them by its ports. Not taken: what finds no buffer now, or no room in the lane to
 * the master; the caller tries again, as with any device that is busy. Lost: what no buffer of the master's can hold.
 */
#include "worker.h"

#include <string.h>

/* Where the bytes begin in a buffer: behind its head-room, unless they need that, too. */
static uint16_t
begin_of(const struct plx_cluster_slave_facts *facts, uint32_t len)
{
	const uint32_t spare = facts->buf_size - len;

	return (uint16_t)(spare < facts->headroom ? spare : facts->headroom);
}

static void
copy(const struct plx_mbuf *m, uint8_t *to)
{
	PLX_MBUF_FOREACH_SEG(seg, m) {
		memcpy(to, plx_mbuf_data(seg), seg->data_len);
		to += seg->data_len;
	}
}

/* False: not now. */
static bool
give(struct worker_seat *seat, uint64_t ports, const struct plx_mbuf *m)
{
	struct plx_cluster_desc desc = {.off = begin_of(&seat->facts, m->pkt_len),
					.len = (uint16_t)m->pkt_len};

	if (!plx_cluster_alloc(seat->slave, &desc.number))
		return false;
	if (PLX_LIKELY(worker_seat_has(seat, &desc))) {
		copy(m, plx_cluster_data(seat->slave, &desc));
		if (plx_cluster_send_kept(seat->slave, &desc, ports))
			return true;
	}
	plx_cluster_return(seat->slave, desc.number);
	return false;
}

static bool
can_hold(const struct worker_seat *seat, uint32_t len)
{
	return len != 0 && len <= UINT16_MAX && len <= seat->facts.buf_size;
}

static uint16_t
give_all(struct worker_txq *txq, struct plx_mbuf **pkts, uint16_t n)
{
	struct worker_seat *seat = txq->seat;
	uint64_t bytes = 0, errors = 0;
	uint16_t taken;

	for (taken = 0; taken < n; taken++) {
		if (PLX_UNLIKELY(!can_hold(seat, pkts[taken]->pkt_len))) {
			errors++;
			continue;
		}
		if (!give(seat, txq->worker->args.tx_ports, pkts[taken]))
			break;
		bytes += pkts[taken]->pkt_len;
	}
	plx_cluster_flush(seat->slave);
	plx_ethdev_add(&txq->stats.packets, taken - errors);
	plx_ethdev_add(&txq->stats.bytes, bytes);
	plx_ethdev_add(&txq->stats.taken, taken);
	plx_ethdev_add(&txq->stats.errors, errors);
	return taken;
}

uint16_t
worker_tx(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	struct worker_txq *txq = queue;
	struct worker_seat *seat = txq->seat;
	uint16_t taken = 0;

	if (n == 0 || !worker_seat_enter(seat))
		return 0;
	if (PLX_LIKELY(seat->slave != NULL))
		taken = give_all(txq, pkts, n);
	worker_seat_leave(seat);
	plx_mbuf_free_bulk(pkts, taken);
	return taken;
}

uint16_t
worker_tx_nothing(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	return 0;
}
