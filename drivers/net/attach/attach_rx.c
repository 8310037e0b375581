/* SPDX-License-Identifier: BSD-3-Clause */
/* From lanes to packets. A queue reads the lanes whose number is its own, or its own and a multiple of the queues more. */
#include "attach_priv.h"

#include <string.h>

/* Chains buffers behind `head`, which is full, until all bytes are in. False without buffers. */
static bool
append_bytes(struct plx_mbuf *head, struct plx_pool *pool, const uint8_t *bytes, uint32_t len)
{
	while (len > 0) {
		struct plx_mbuf *m = plx_mbuf_alloc(pool);
		const uint32_t room = m != NULL ? plx_mbuf_tailroom(m) : 0;
		const uint16_t part = (uint16_t)(len < room ? len : room);

		if (m == NULL)
			return false;
		memcpy(plx_mbuf_append(m, part), bytes, part);
		if (plx_mbuf_chain(head, m) != 0) {
			plx_mbuf_free(m);
			return false;
		}
		bytes += part;
		len -= part;
	}
	return true;
}

static bool
fill(const struct attach_rxq *rxq, struct plx_mbuf *m, const struct plx_tap_packet *packet,
     const struct attach_lane *lane)
{
	const uint32_t room = rxq->pool->buf_size - rxq->pool->headroom;
	const uint32_t first = packet->cap_len < room ? packet->cap_len : room;

	plx_mbuf_received(m, (uint16_t)first, rxq->pool->headroom, rxq->port->dev.port,
			  lane->queue);
	memcpy(plx_mbuf_data(m), packet->bytes, first);
	m->timestamp = packet->time_ns;
	m->ol_flags = PLX_MBUF_RX_TIMESTAMP | packet->ol_flags;
	m->hash = packet->hash;
	m->vlan_tci = packet->vlan_tci;
	if (lane->tx)
		m->ol_flags |= PLX_MBUF_RX_OUTGOING;
	if (packet->cap_len < packet->wire_len)
		plx_mbuf_set_wire_len(m, packet->wire_len);
	return packet->cap_len == first ||
	       (rxq->scatter &&
		append_bytes(m, rxq->pool, packet->bytes + first, packet->cap_len - first));
}

/* A buffer is there before a packet is read, so that one that runs out costs no packet: it waits in its lane. */
static uint16_t
read_lane(struct attach_rxq *rxq, unsigned number, struct plx_mbuf **pkts, uint16_t n)
{
	struct attach_port *port = rxq->port;
	struct attach_lane *lane = &port->lanes[number];
	struct plx_tap_packet packet;
	uint64_t bytes = 0, taken = 0, errors = 0;
	uint16_t got = 0;

	while (got < n && plx_tap_reader_pending(port->reader, number)) {
		struct plx_mbuf *m = plx_mbuf_alloc(rxq->pool);
		int ret = m != NULL ? plx_tap_reader_next(port->reader, number, &packet) : 0;

		if (ret < 0)
			__atomic_store_n(&port->nonsense, true, __ATOMIC_RELAXED);
		if (ret != 1) {
			plx_mbuf_free(m);
			break;
		}
		taken++;
		if (!fill(rxq, m, &packet, lane)) {
			plx_mbuf_free(m);
			errors++;
			continue;
		}
		bytes += packet.wire_len;
		pkts[got++] = m;
	}
	if (taken == 0)
		return 0;
	plx_tap_reader_release(port->reader, number);
	plx_ethdev_add(&lane->taken, taken);
	plx_ethdev_add(&rxq->stats.packets, got);
	plx_ethdev_add(&rxq->stats.bytes, bytes);
	plx_ethdev_add(&rxq->stats.errors, errors);
	return got;
}

uint16_t
attach_rx(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	struct attach_rxq *rxq = queue;
	const unsigned nb_lanes = rxq->port->source.nb_lanes;
	const unsigned step = rxq->port->dev.info.nb_rx_queues;
	uint16_t got = 0;

	for (unsigned lane = rxq->id; lane < nb_lanes && got < n; lane += step)
		got += read_lane(rxq, lane, pkts + got, n - got);
	return got;
}

void
attach_drain(struct attach_port *port)
{
	for (unsigned i = 0; i < port->source.nb_lanes; i++) {
		struct attach_lane *lane = &port->lanes[i];
		uint64_t n;

		if (plx_tap_reader_skip(port->reader, i, &n) != 0)
			__atomic_store_n(&port->nonsense, true, __ATOMIC_RELAXED);
		lane->taken += n;
		lane->recorded = lane->taken;
		port->unread += n;
	}
}
