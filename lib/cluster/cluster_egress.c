/* SPDX-License-Identifier: BSD-3-Clause */
/* What goes out: packets that were forwarded, and what slaves ordered. */
#include "cluster_priv.h"
#include "sieve_judge.h"

/* Sends, and drops what the port does not take. Thread: the one that sends. */
static unsigned
transmit(struct egress *egress, struct plx_mbuf **pkts, uint16_t n)
{
	uint16_t taken = plx_ethdev_tx_burst(egress->port, egress->queue, pkts, n);

	COUNT(egress->transmitted, taken);
	if (PLX_UNLIKELY(taken < n)) {
		COUNT(egress->refused_late, n - taken);
		plx_mbuf_free_bulk(pkts + taken, n - taken);
	}
	return n;
}

/* To the port, or to the thread that sends; what that has no room for is dropped. */
static unsigned
flush(struct egress *egress)
{
	uint32_t n = egress->n, taken;
	uint64_t pkts[PLX_CLUSTER_BURST];

	egress->n = 0;
	if (egress->ring == NULL)
		return transmit(egress, egress->pkts, (uint16_t)n);
	for (uint32_t i = 0; i < n; i++)
		pkts[i] = (uintptr_t)egress->pkts[i];
	taken = plx_ring_spsc_enqueue_burst64(egress->ring, pkts, n);
	if (PLX_UNLIKELY(taken < n)) {
		COUNT(egress->refused, n - taken);
		plx_mbuf_free_bulk(egress->pkts + taken, n - taken);
	}
	return n;
}

void
egress_push(struct plx_cluster *cluster, struct egress *egress, struct plx_mbuf *m)
{
	egress->pkts[egress->n++] = m;
	if (egress->n == PLX_CLUSTER_BURST)
		flush(egress);
}

void
egress_ask(struct plx_cluster *cluster, struct egress *egress, struct plx_mbuf *m)
{
	COUNT(egress->asked, 1);
	if (m != NULL)
		egress_push(cluster, egress, m);
	else
		COUNT(egress->refused, 1);
}

struct egress *
egress_of(struct plx_cluster *cluster, uint16_t port)
{
	for (uint32_t i = 0; i < cluster->nb_tx; i++)
		if (cluster->egress[i].port == port)
			return &cluster->egress[i];
	return NULL;
}

unsigned
egress_flush(struct plx_cluster *cluster)
{
	unsigned moved = 0;

	for (uint32_t i = 0; i < cluster->nb_tx; i++)
		if (cluster->egress[i].n != 0)
			moved += flush(&cluster->egress[i]);
	return moved;
}

unsigned
plx_cluster_poll_send(struct plx_cluster *cluster)
{
	unsigned moved = 0;

	for (uint32_t i = 0; i < cluster->nb_tx; i++) {
		struct egress *egress = &cluster->egress[i];
		uint64_t numbers[PLX_CLUSTER_BURST];
		struct plx_mbuf *pkts[PLX_CLUSTER_BURST];
		uint32_t n;

		if (egress->ring == NULL)
			continue;
		n = plx_ring_spsc_dequeue_burst64(egress->ring, numbers, PLX_CLUSTER_BURST);
		for (uint32_t k = 0; k < n; k++)
			pkts[k] = (struct plx_mbuf *)(uintptr_t)numbers[k];
		if (n != 0)
			moved += transmit(egress, pkts, (uint16_t)n);
	}
	return moved;
}

struct plx_mbuf *
egress_clone(struct plx_cluster *cluster, struct plx_mbuf *m)
{
	return plx_mbuf_clone(m, cluster->clones);
}

/* -- orders ------------------------------------------------------------------------------------------ */

/* The packet whole and where it was when it came, but for the tag that a device took out. */
static bool
lacks_tag(const struct plx_mbuf *m, const struct plx_cluster_order *order)
{
	return PLX_UNLIKELY(sieve_tag_len(m) != 0) && order->off == m->data_off &&
	       order->len == m->data_len && order->len == m->pkt_len;
}

/* The packet as ordered. Where others look at the buffer too, or have it under way, it is a clone that says so. */
static struct plx_mbuf *
ordered(struct plx_cluster *cluster, struct place *place, const struct plx_cluster_order *order)
{
	struct plx_mbuf *m = plx_pool_mbuf(cluster->pool, order->number);
	const bool alone = cluster->holders[order->number] == place->bit;
	struct plx_mbuf *out = m;

	if (lacks_tag(m, order))
		return wire_form(cluster, m, false, alone);
	if (!alone || !plx_mbuf_is_sole(m)) {
		out = egress_clone(cluster, m);
		if (out == NULL)
			return NULL;
	}
	plx_mbuf_received(out, order->len, order->off, UINT16_MAX, 0);
	return out;
}

static bool
fits(const struct plx_cluster *cluster, const struct place *place,
     const struct plx_cluster_order *order)
{
	return order->number < cluster->pool->n &&
	       (cluster->holders[order->number] & place->bit) != 0 && order->len != 0 &&
	       (uint32_t)order->off + order->len <= cluster->pool->buf_size;
}

/* One that asks for no port that there is loses its packet, not its place. */
bool
egress_order(struct plx_cluster *cluster, struct place *place,
	     const struct plx_cluster_order *order)
{
	uint64_t all = cluster->nb_tx == 0 ? 0 : UINT64_MAX >> (64 - cluster->nb_tx);
	uint64_t ports = order->ports & all;
	struct plx_mbuf *m, *out;

	if (!fits(cluster, place, order))
		return false;
	m = plx_pool_mbuf(cluster->pool, order->number);
	COUNT(place->stats.sent, 1);
	out = ports != 0 ? ordered(cluster, place, order) : NULL;
	if (ports != order->ports || out == NULL)
		COUNT(place->stats.refused, 1);
	for (uint64_t left = out != NULL ? ports : 0; left != 0; left &= left - 1) {
		struct egress *egress = &cluster->egress[__builtin_ctzll(left)];
		bool last = (left & (left - 1)) == 0;

		egress_ask(cluster, egress, last ? out : egress_clone(cluster, out));
	}
	if (out == m)
		cluster->holders[order->number] = 0; /* the port's now */
	else
		hold_drop(cluster, place, order->number);
	return true;
}
