/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receiving from a file. Buffers are taken first and filled after, so that an empty pool loses nothing: the
 * packet stays in the file (a record that was read already: in in->record) and comes with the next burst.
 * There is one read(2) per half megabyte of file; that is what reading a file costs.
 */
#include "pcap_priv.h"

#include <errno.h>
#include <string.h>

/* The next packet of the file in in->record. False when there is none now, or no more. */
static bool
next_record(struct pcap_rxq *rxq)
{
	struct pcap_in *in = rxq->in;
	int err;

	if (in->has_record)
		return true;
	if (in->ended)
		return false;
	err = plx_pcapfile_reader_next(in->reader, &in->record, &in->fault);
	if (err == 1) {
		plx_ethdev_add(&in->offered, 1);
		__atomic_store_n(&in->has_record, true, __ATOMIC_RELAXED);
		return true;
	}
	if (err == -EAGAIN)
		return false;
	if (err < 0)
		plx_ethdev_add(&rxq->counts[PCAP_RX_FILE_FAULTS], 1);
	__atomic_store_n(&in->ended, true, __ATOMIC_RELAXED);
	return false;
}

/* Buffers of one burst: pkts[done .. taken) are taken from the pool and not filled yet. */
struct burst {
	struct plx_mbuf **pkts;
	uint16_t done;
	uint16_t taken;
	uint64_t bytes;
};

/* The counter of what makes the packet undeliverable, or -1. */
static int
refusal(const struct pcap_rxq *rxq, const struct plx_pcapfile_record *record)
{
	if (record->link_type != PLX_PCAPFILE_LINK_ETHERNET)
		return PCAP_RX_NOT_ETHERNET;
	if (record->len == 0)
		return PCAP_RX_EMPTY;
	if (record->len > rxq->room && !rxq->scatter)
		return PCAP_RX_TOO_LONG;
	return -1;
}

/* The next packet that can be delivered. */
static const struct plx_pcapfile_record *
next_good(struct pcap_rxq *rxq)
{
	while (next_record(rxq)) {
		int why_not = refusal(rxq, &rxq->in->record);

		if (PLX_LIKELY(why_not < 0))
			return &rxq->in->record;
		plx_ethdev_add(&rxq->counts[why_not], 1);
		__atomic_store_n(&rxq->in->has_record, false, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void
set_metadata(struct plx_mbuf *m, const struct plx_pcapfile_packet *packet)
{
	m->timestamp = packet->time_ns;
	m->ol_flags |= PLX_MBUF_RX_TIMESTAMP;
	if (packet->has & PLX_PCAPFILE_HAS_HASH) {
		m->hash = packet->hash;
		m->ol_flags |= PLX_MBUF_RX_HASH;
	}
}

/* Sends the segments behind the first home, one by one: they are no packet of their own. */
static void
cut_behind(struct plx_mbuf *head)
{
	while (head->next != NULL) {
		struct plx_mbuf *m = head->next;

		head->next = m->next;
		m->next = NULL;
		plx_mbuf_free(m);
	}
}

/* One more segment: of a pool run dry, one that the burst has taken, or the last ones never made a chain. */
static struct plx_mbuf *
take_segment(struct pcap_rxq *rxq, struct burst *burst)
{
	struct plx_mbuf *m = plx_mbuf_alloc(rxq->pool);

	if (m == NULL && burst->taken > burst->done + 1)
		return burst->pkts[--burst->taken];
	return m;
}

/* Hangs the bytes behind the first buffer's onto it. False, and the chain undone, if the pool is empty. */
static bool
add_segments(struct pcap_rxq *rxq, struct burst *burst, const uint8_t *data, uint32_t len)
{
	struct plx_mbuf *head = burst->pkts[burst->done], *last = head;
	uint16_t nb_segs = 1;

	for (uint32_t at = rxq->room; at < len; at += last->data_len) {
		uint32_t part = len - at < rxq->room ? len - at : rxq->room;
		struct plx_mbuf *m = take_segment(rxq, burst);

		if (m == NULL) {
			cut_behind(head);
			plx_ethdev_add(&rxq->counts[PCAP_RX_POOL_EMPTY], 1);
			return false;
		}
		plx_mbuf_received(m, (uint16_t)part, rxq->pool->headroom, rxq->port, rxq->id);
		memcpy(plx_mbuf_data(m), data + at, part);
		last->next = m;
		last = m;
		nb_segs++;
	}
	head->nb_segs = nb_segs;
	head->pkt_len = len;
	return true;
}

/* Fills the next buffer of the burst. False if the pool is empty; the packet is then still to come. */
static bool
deliver(struct pcap_rxq *rxq, struct burst *burst, const uint8_t *data, uint32_t len,
	uint32_t wire_len)
{
	struct plx_mbuf *m = burst->pkts[burst->done];
	uint16_t part = len < rxq->room ? (uint16_t)len : rxq->room;

	plx_mbuf_received(m, part, rxq->pool->headroom, rxq->port, rxq->id);
	memcpy(plx_mbuf_data(m), data, part);
	if (PLX_UNLIKELY(part < len) && !add_segments(rxq, burst, data, len))
		return false;
	if (PLX_UNLIKELY(len < wire_len))
		plx_mbuf_set_wire_len(m, wire_len);
	burst->done++;
	burst->bytes += wire_len;
	return true;
}

static struct burst
begin_burst(struct pcap_rxq *rxq, struct plx_mbuf **pkts, uint16_t n)
{
	struct burst burst = {.pkts = pkts, .taken = n};

	if (PLX_LIKELY(plx_pool_get_mbufs(rxq->pool, pkts, n)))
		return burst;
	/* What is left of a nearly empty pool, one by one. */
	for (burst.taken = 0; burst.taken < n; burst.taken++) {
		if (!plx_pool_get_mbufs(rxq->pool, pkts + burst.taken, 1)) {
			plx_ethdev_add(&rxq->counts[PCAP_RX_POOL_EMPTY], 1);
			break;
		}
	}
	return burst;
}

/* Gives back what was taken and not filled. */
static uint16_t
end_burst(struct pcap_rxq *rxq, struct burst *burst)
{
	for (uint16_t i = burst->done; i < burst->taken; i++) {
		uint32_t index = plx_pool_index(rxq->pool, burst->pkts[i]);

		plx_pool_put_bulk(rxq->pool, &index, 1);
	}
	plx_ethdev_add(&rxq->stats.packets, burst->done);
	plx_ethdev_add(&rxq->stats.bytes, burst->bytes);
	return burst->done;
}

uint16_t
pcap_rx_file(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	struct pcap_rxq *rxq = queue;
	const struct plx_pcapfile_record *record;
	struct burst burst;

	if (rxq->in == NULL || n == 0 || next_good(rxq) == NULL)
		return 0;
	burst = begin_burst(rxq, pkts, n);
	while (burst.done < burst.taken && (record = next_good(rxq)) != NULL) {
		if (!deliver(rxq, &burst, record->data, record->len, record->packet.wire_len))
			break;
		set_metadata(pkts[burst.done - 1], &record->packet);
		__atomic_store_n(&rxq->in->has_record, false, __ATOMIC_RELAXED);
	}
	return end_burst(rxq, &burst);
}

uint16_t
pcap_rx_kept(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	struct pcap_rxq *rxq = queue;
	struct pcap_in *in = rxq->in;
	struct burst burst;
	uint16_t refused = 0;

	if (in == NULL || n == 0)
		return 0;
	burst = begin_burst(rxq, pkts, n);
	/* A file of nothing but long frames must not hold us for ever. */
	while (burst.done < burst.taken && refused < n) {
		const struct pcap_kept *kept = &in->kept[in->next];

		if (PLX_UNLIKELY(kept->len > rxq->room && !rxq->scatter))
			refused++;
		else if (!deliver(rxq, &burst, in->bytes + kept->offset, kept->len, kept->wire_len))
			break;
		in->next = in->next + 1 < in->nb_kept ? in->next + 1 : 0;
	}
	plx_ethdev_add(&rxq->counts[PCAP_RX_TOO_LONG], refused);
	plx_ethdev_add(&in->offered, (uint64_t)burst.done + refused);
	return end_burst(rxq, &burst);
}
