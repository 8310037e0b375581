/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From a lane to packets. Bytes are copied into buffers of the queue's own pool, and the master has its own back at once: how long
 * the application keeps packets is no matter of the master's. A buffer is there before a segment is taken out of the lane, so that
 * a pool that runs out costs no packet: it waits in its lane.
 */
#include "worker.h"

#include <string.h>

#define PACKET_MAX (256 * 1024) /* bytes; a chain that never ends would take the pool */

enum fate {
	COPIED,
	WAITS, /* for a buffer */
	LOST,  /* too long, or nonsense */
};

/* What a master writes is copied once, then believed or not. */
struct segment {
	struct plx_cluster_desc desc;
	const uint8_t *bytes;
	uint64_t time_ns;
};

static uint32_t
ol_flags(uint8_t flags)
{
	static const struct {
		uint8_t of_desc;
		uint32_t of_mbuf;
	} pairs[] = {
		{PLX_CLUSTER_VLAN_STRIPPED, PLX_MBUF_RX_VLAN | PLX_MBUF_RX_VLAN_STRIPPED},
		{PLX_CLUSTER_IP_CSUM_GOOD, PLX_MBUF_RX_IP_CSUM_GOOD},
		{PLX_CLUSTER_IP_CSUM_BAD, PLX_MBUF_RX_IP_CSUM_BAD},
		{PLX_CLUSTER_L4_CSUM_GOOD, PLX_MBUF_RX_L4_CSUM_GOOD},
		{PLX_CLUSTER_L4_CSUM_BAD, PLX_MBUF_RX_L4_CSUM_BAD},
		{PLX_CLUSTER_L4_CSUM_NONE, PLX_MBUF_RX_L4_CSUM_NONE},
		{PLX_CLUSTER_OUTGOING, PLX_MBUF_RX_OUTGOING},
	};
	uint32_t result = 0;

	for (size_t i = 0; i < PLX_ARRAY_LEN(pairs); i++)
		if (flags & pairs[i].of_desc)
			result |= pairs[i].of_mbuf;
	return result;
}

/* All that is known of a packet beside its bytes. */
static void
tell_facts(const struct worker_rxq *rxq, const struct segment *segment, struct plx_mbuf *m)
{
	const struct plx_cluster_desc *desc = &segment->desc;

	if (PLX_UNLIKELY(desc->flags != 0))
		m->ol_flags = ol_flags(desc->flags);
	m->vlan_tci = desc->vlan_tci;
	if (desc->hash != 0) {
		m->hash = desc->hash;
		m->ol_flags |= PLX_MBUF_RX_HASH;
	}
	if (segment->time_ns != 0) {
		m->timestamp = segment->time_ns;
		m->ol_flags |= PLX_MBUF_RX_TIMESTAMP;
	}
	m->queue = rxq->id;
	/* Of one place: which of the master's ports it came from. */
	if (rxq->worker->nb_seats == 1)
		m->queue = desc->port < rxq->worker->seats->facts.nb_rx_ports ? desc->port : 0;
}

static struct plx_mbuf *
fresh(const struct worker_rxq *rxq)
{
	struct plx_mbuf *m = plx_mbuf_alloc(rxq->pool);

	if (PLX_LIKELY(m != NULL))
		plx_mbuf_received(m, 0, rxq->pool->headroom, rxq->worker->dev.port, rxq->id);
	return m;
}

/* One more buffer for the packet at hand. */
static enum fate
grow(const struct worker_rxq *rxq, struct worker_seat *seat)
{
	struct plx_mbuf *m;

	if (seat->head != NULL && (!rxq->scatter || seat->head->pkt_len > PACKET_MAX))
		return LOST;
	m = fresh(rxq);
	if (m == NULL)
		return WAITS;
	if (seat->head == NULL) {
		seat->head = m;
	} else if (plx_mbuf_chain(seat->head, m) != 0) {
		plx_mbuf_free(m);
		return LOST;
	}
	return COPIED;
}

/* A segment behind what the packet at hand has; what was copied when a buffer was missing is not copied again. */
static enum fate
add_segment(const struct worker_rxq *rxq, struct worker_seat *seat, const struct segment *segment)
{
	const uint32_t len = segment->desc.len;

	if (seat->copied > len) /* it was longer when a buffer was missing */
		return LOST;
	for (;;) {
		uint32_t room =
			seat->head != NULL ? plx_mbuf_tailroom(plx_mbuf_last(seat->head)) : 0;
		uint32_t part = len - seat->copied < room ? len - seat->copied : room;
		enum fate fate;

		if (part > 0)
			memcpy(plx_mbuf_append(seat->head, (uint16_t)part),
			       segment->bytes + seat->copied, part);
		seat->copied += part;
		if (seat->head != NULL && seat->copied == len)
			break;
		fate = grow(rxq, seat);
		if (fate != COPIED)
			return fate;
	}
	seat->copied = 0;
	return COPIED;
}

/* The usual packet: one segment, which fits. */
static enum fate
copy_whole(const struct worker_rxq *rxq, const struct segment *segment,
	   struct plx_mbuf **ret_packet)
{
	struct plx_mbuf *m = fresh(rxq);

	if (PLX_UNLIKELY(m == NULL))
		return WAITS;
	memcpy(plx_mbuf_append(m, segment->desc.len), segment->bytes, segment->desc.len);
	*ret_packet = m;
	return COPIED;
}

static bool
is_last(const struct segment *segment)
{
	return (segment->desc.flags & PLX_CLUSTER_MORE) == 0;
}

static enum fate
copy(const struct worker_rxq *rxq, struct worker_seat *seat, const struct segment *segment,
     struct plx_mbuf **ret_packet)
{
	const uint32_t room = rxq->pool->buf_size - rxq->pool->headroom;
	enum fate fate;

	if (PLX_UNLIKELY(seat->skips || !worker_seat_has(seat, &segment->desc)))
		return LOST;
	if (PLX_LIKELY(is_last(segment) && seat->head == NULL && segment->desc.len <= room))
		return copy_whole(rxq, segment, ret_packet);
	fate = add_segment(rxq, seat, segment);
	if (fate == COPIED && is_last(segment)) {
		*ret_packet = seat->head;
		seat->head = NULL;
	}
	return fate;
}

/* *ret_packet is NULL while more of it is to come. If a segment is lost, so are those behind it. */
static enum fate
take(const struct worker_rxq *rxq, struct worker_seat *seat, const struct segment *segment,
     struct plx_mbuf **ret_packet)
{
	enum fate fate;

	*ret_packet = NULL;
	fate = copy(rxq, seat, segment, ret_packet);
	if (PLX_UNLIKELY(fate == LOST)) {
		plx_mbuf_free(seat->head);
		seat->head = NULL;
		seat->copied = 0;
		seat->skips = !is_last(segment);
	}
	if (*ret_packet != NULL)
		tell_facts(rxq, segment, *ret_packet);
	return fate;
}

struct harvest {
	struct plx_mbuf **pkts;
	uint16_t n;
	uint64_t bytes, taken, errors;
};

/* How many of the descriptors were done with. */
static uint32_t
take_all(const struct worker_rxq *rxq, struct worker_seat *seat,
	 const struct plx_cluster_desc *desc, uint32_t there, struct harvest *harvest)
{
	uint32_t i;

	for (i = 0; i < there; i++) {
		struct segment segment = {.desc = desc[i]};
		struct plx_mbuf *packet;
		enum fate fate;

		if (i + 1 < there)
			plx_prefetch(plx_cluster_data(seat->slave, &desc[i + 1]));
		segment.bytes = plx_cluster_data(seat->slave, &segment.desc);
		segment.time_ns = plx_cluster_time(seat->slave, i);
		fate = take(rxq, seat, &segment, &packet);
		if (fate == WAITS)
			break;
		harvest->taken += is_last(&segment);
		harvest->errors += is_last(&segment) && fate == LOST;
		if (packet == NULL)
			continue;
		harvest->bytes += packet->pkt_len;
		harvest->pkts[harvest->n++] = packet;
	}
	return i;
}

/* At most what a queue has: neither a packet of no end nor a master that claims to have shown more keeps us. */
static void
read_seat(const struct worker_rxq *rxq, struct worker_seat *seat, uint16_t n,
	  struct harvest *harvest)
{
	const uint64_t before = harvest->taken;

	for (uint32_t left = seat->slave->queue_len; harvest->n < n && left > 0;) {
		const struct plx_cluster_desc *desc;
		const uint32_t room = (uint32_t)(n - harvest->n);
		uint32_t there = plx_cluster_peek(seat->slave, &desc, room < left ? room : left);
		uint32_t done;

		if (there == 0)
			break;
		done = take_all(rxq, seat, desc, there, harvest);
		plx_cluster_done(seat->slave, done);
		if (done < there)
			break;
		left -= done;
	}
	plx_ethdev_add(&seat->taken, harvest->taken - before);
}

/* Who sleeps on an fd is told of the next packet from here on, of one that has just come at once. */
static void
read_and_arm(const struct worker_rxq *rxq, struct worker_seat *seat, uint16_t n,
	     struct harvest *harvest)
{
	const uint16_t before = harvest->n;

	read_seat(rxq, seat, n, harvest);
	if (PLX_LIKELY(seat->epoll < 0) || harvest->n != before)
		return;
	plx_cluster_slave_arm(
		seat->slave); /* asks the kernel: this program sleeps, and there is nothing to do */
	read_seat(rxq, seat, n, harvest);
}

uint16_t
worker_rx(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	struct worker_rxq *rxq = queue;
	struct worker *worker = rxq->worker;
	const unsigned step = worker->dev.info.nb_rx_queues;
	struct harvest harvest = {.pkts = pkts};

	for (unsigned i = rxq->id; i < worker->nb_seats; i += step) {
		struct worker_seat *seat = &worker->seats[i];

		if (harvest.n == n || !worker_seat_enter(seat))
			continue;
		if (PLX_LIKELY(seat->slave != NULL))
			read_and_arm(rxq, seat, n, &harvest);
		worker_seat_leave(seat);
	}
	if (harvest.taken == 0)
		return 0;
	plx_ethdev_add(&rxq->stats.packets, harvest.n);
	plx_ethdev_add(&rxq->stats.bytes, harvest.bytes);
	plx_ethdev_add(&rxq->stats.errors, harvest.errors);
	return harvest.n;
}
