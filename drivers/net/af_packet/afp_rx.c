/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receiving from a TPACKET_V3 ring: the kernel fills a block with packets one behind the other and hands it
 * over when it is full or block_timeout old; we copy the packets into buffers and give the block back.
 *
 *	kernel                                     queue
 *	fill block, count packets
 *	A: block_status = USER   -- release ----> acquire -- read num_pkts and the packets
 *	take block again         <-- acquire ---- B: block_status = KERNEL, release
 */
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "afp_priv.h"
#include "plx_byteorder.h"

#define MACS_LEN   12
#define TAG_LEN	   4
#define TPID_8021Q 0x8100
#define LATE_MS \
	30000 /* so late the kernel may be to hand a block over: its timer needs a processor */

/* -- the ring ----------------------------------------------------------------------------------------- */

static struct tpacket_block_desc *
block_at(const struct afp_rxq *rxq, uint32_t i)
{
	return (struct tpacket_block_desc *)(void *)(rxq->ring + (size_t)i * rxq->size.block_size);
}

/* B */
static void
close_block(struct afp_rxq *rxq)
{
	struct tpacket_block_desc *block = block_at(rxq, rxq->block);

	rxq->left = 0;
	__atomic_store_n(&block->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	rxq->block = rxq->block + 1 < rxq->size.nb_blocks ? rxq->block + 1 : 0;
}

/* Turns to the next block if the kernel has handed it over (A). */
static bool
open_block(struct afp_rxq *rxq)
{
	for (uint32_t i = 0; i < rxq->size.nb_blocks; i++) {
		struct tpacket_block_desc *block = block_at(rxq, rxq->block);
		uint32_t status = __atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE);

		if ((status & TP_STATUS_USER) == 0)
			return false;
		rxq->left = block->hdr.bh1.num_pkts;
		rxq->next = (const uint8_t *)block + block->hdr.bh1.offset_to_first_pkt;
		if (PLX_LIKELY(rxq->left > 0))
			return true;
		/* The kernel closes an empty block when a packet is as long as the block. */
		close_block(rxq);
	}
	return false;
}

/* -- packets ------------------------------------------------------------------------------------------ */

/* Where the next byte of a packet goes. */
struct sink {
	struct afp_rxq *rxq;
	struct plx_mbuf *head, *last;
};

static bool
add_segment(struct sink *sink)
{
	struct afp_rxq *rxq = sink->rxq;
	struct plx_mbuf *m;

	if (!plx_pool_get_mbufs(rxq->pool, &m, 1))
		return false;
	plx_mbuf_received(m, 0, rxq->pool->headroom, rxq->port->dev.port, rxq->id);
	if (sink->head == NULL) {
		sink->head = m;
	} else {
		sink->last->next = m;
		sink->head->nb_segs++;
	}
	sink->last = m;
	return true;
}

/* False if the pool is empty. */
static bool
add_bytes(struct sink *sink, const uint8_t *bytes, uint32_t len)
{
	while (len > 0) {
		uint32_t room = (uint32_t)sink->rxq->room - sink->last->data_len;
		uint32_t part = len < room ? len : room;

		if (part == 0) {
			if (!add_segment(sink))
				return false;
			continue;
		}
		memcpy(plx_mbuf_data(sink->last) + sink->last->data_len, bytes, part);
		sink->last->data_len = (uint16_t)(sink->last->data_len + part);
		sink->head->pkt_len += part;
		bytes += part;
		len -= part;
	}
	return true;
}

/* What the kernel says was in front of the tag that it took out; old ones took out 802.1Q alone and say nothing. */
static uint16_t
tpid_of(const struct tpacket3_hdr *packet)
{
	return packet->tp_status & TP_STATUS_VLAN_TPID_VALID ? packet->hv1.tp_vlan_tpid
							     : TPID_8021Q;
}

/* Those that the offload takes out: 802.1Q alone, so that who puts one back knows what it was. */
static bool
stays_out(const struct afp_rxq *rxq, const struct tpacket3_hdr *packet)
{
	return rxq->strip && tpid_of(packet) == TPID_8021Q;
}

/* The kernel has taken the tag out of the frame: put it back where it was. */
static bool
add_tagged(struct sink *sink, const struct tpacket3_hdr *packet, const uint8_t *bytes)
{
	uint8_t tag[TAG_LEN];

	plx_store_be16(tag, tpid_of(packet));
	plx_store_be16(tag + 2, (uint16_t)packet->hv1.tp_vlan_tci);
	return add_bytes(sink, bytes, MACS_LEN) && add_bytes(sink, tag, TAG_LEN) &&
	       add_bytes(sink, bytes + MACS_LEN, packet->tp_snaplen - MACS_LEN);
}

static bool
is_outgoing(const struct tpacket3_hdr *packet)
{
	const struct sockaddr_ll *from =
		(const struct sockaddr_ll *)(const void *)((const uint8_t *)packet +
							   TPACKET_ALIGN(sizeof(*packet)));

	return from->sll_pkttype == PACKET_OUTGOING;
}

static void
describe(const struct afp_rxq *rxq, const struct tpacket3_hdr *packet, struct plx_mbuf *m)
{
	uint32_t flags = PLX_MBUF_RX_TIMESTAMP;

	m->timestamp = (uint64_t)packet->tp_sec * 1000000000u + packet->tp_nsec;
	if (packet->tp_status & TP_STATUS_VLAN_VALID) {
		flags |=
			PLX_MBUF_RX_VLAN | (stays_out(rxq, packet) ? PLX_MBUF_RX_VLAN_STRIPPED : 0);
		m->vlan_tci = (uint16_t)packet->hv1.tp_vlan_tci;
	}
	if (packet->tp_status & TP_STATUS_CSUMNOTREADY)
		flags |= PLX_MBUF_RX_L4_CSUM_NONE;
	else if (packet->tp_status & TP_STATUS_CSUM_VALID)
		flags |= PLX_MBUF_RX_L4_CSUM_GOOD;
	if (rxq->hash) {
		flags |= PLX_MBUF_RX_HASH;
		m->hash = packet->hv1.tp_rxhash;
	}
	if (rxq->port->args.outgoing && is_outgoing(packet))
		flags |= PLX_MBUF_RX_OUTGOING;
	m->ol_flags = flags;
}

/* Copies one packet out of the ring; NULL if it was lost, which is counted. */
static struct plx_mbuf *
copy_packet(struct afp_rxq *rxq, const struct tpacket3_hdr *packet)
{
	const uint8_t *bytes = (const uint8_t *)packet + packet->tp_mac;
	bool tagged = (packet->tp_status & TP_STATUS_VLAN_VALID) && !stays_out(rxq, packet) &&
		      packet->tp_snaplen >= MACS_LEN;
	uint32_t len = packet->tp_snaplen + (tagged ? TAG_LEN : 0);
	struct sink sink = {.rxq = rxq};
	bool whole;

	if (PLX_UNLIKELY(packet->tp_snaplen < packet->tp_len)) {
		plx_ethdev_add(&rxq->truncated, 1);
		return NULL;
	}
	if (PLX_UNLIKELY(len > rxq->room && !rxq->scatter)) {
		plx_ethdev_add(&rxq->stats.errors, 1);
		return NULL;
	}
	whole = add_segment(&sink) &&
		(tagged ? add_tagged(&sink, packet, bytes) : add_bytes(&sink, bytes, len));
	if (PLX_UNLIKELY(!whole)) {
		plx_mbuf_free(sink.head);
		plx_ethdev_add(&rxq->stats.no_mbuf, 1);
		return NULL;
	}
	describe(rxq, packet, sink.head);
	return sink.head;
}

uint16_t
afp_rx_burst(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	struct afp_rxq *rxq = queue;
	uint64_t bytes = 0;
	uint16_t got = 0, tries;

	/* Lost packets count, so that a flood of them does not hold the caller. */
	for (tries = 0; tries < n; tries++) {
		const struct tpacket3_hdr *packet;
		struct plx_mbuf *m;

		if (rxq->left == 0 && !open_block(rxq))
			break;
		packet = (const struct tpacket3_hdr *)(const void *)rxq->next;
		rxq->next += packet->tp_next_offset;
		plx_prefetch(rxq->next);
		m = copy_packet(rxq, packet);
		if (--rxq->left == 0)
			close_block(rxq);
		if (PLX_UNLIKELY(m == NULL))
			continue;
		bytes += m->pkt_len;
		pkts[got++] = m;
	}
	plx_ethdev_add(&rxq->taken, tries);
	plx_ethdev_add(&rxq->stats.packets, got);
	plx_ethdev_add(&rxq->stats.bytes, bytes);
	return got;
}

/* -- books -------------------------------------------------------------------------------------------- */

uint64_t
afp_rx_account(struct afp_rxq *rxq)
{
	struct tpacket_stats_v3 stats = {0};
	socklen_t len = sizeof(stats);
	uint64_t in_ring, taken;

	pthread_mutex_lock(&rxq->lock);
	/* First ours, then the kernel's, which can only be ahead. */
	taken = __atomic_load_n(&rxq->taken, __ATOMIC_ACQUIRE);
	if (getsockopt(rxq->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len) == 0) {
		/* The kernel counts dropped ones among the packets. */
		rxq->seen += stats.tp_packets;
		rxq->dropped += stats.tp_drops;
		rxq->freezes += stats.tp_freeze_q_cnt;
	}
	in_ring = rxq->seen - rxq->dropped - taken;
	pthread_mutex_unlock(&rxq->lock);
	return in_ring;
}

static void
discard_blocks(struct afp_rxq *rxq)
{
	while (rxq->left > 0 || open_block(rxq)) {
		plx_ethdev_add(&rxq->taken, rxq->left);
		plx_ethdev_add(&rxq->stopped, rxq->left);
		close_block(rxq);
	}
}

void
afp_rx_discard(struct afp_rxq *rxq)
{
	const struct timespec ms = {.tv_nsec = 1000000};
	const uint64_t limit = 2 * rxq->port->args.block_timeout + LATE_MS;

	/* What is in the ring may be in a block that only its timeout hands over. */
	for (uint64_t waited = 0; afp_rx_account(rxq) > 0 && waited < limit; waited++) {
		nanosleep(&ms, NULL);
		discard_blocks(rxq);
	}
}

/* -- queues ------------------------------------------------------------------------------------------- */

static int
open_queue(struct afp_rxq *rxq, struct plx_why *why)
{
	struct afp_port *port = rxq->port;
	int ignore = !port->args.outgoing;
	int err = afp_socket_open(&rxq->fd, why);

	if (err < 0)
		return err;
	err = afp_filter_attach(port, rxq->fd, false);
	if (err < 0) {
		plx_why(why, err, "cannot put a filter on a packet socket: %s", strerror(-err));
		goto close_socket;
	}
	if (setsockopt(rxq->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &ignore, sizeof(ignore)) < 0) {
		err = plx_why(why, -errno,
			      "the kernel cannot leave out what the host sends (Linux "
			      "4.20); give outgoing=1");
		if (ignore)
			goto close_socket;
	}
	err = afp_socket_ring(rxq->fd, &port->args, &rxq->size, rxq->hash, &rxq->ring, why);
	if (err < 0)
		goto close_socket;
	err = afp_socket_bind(rxq->fd, port, ETH_P_ALL, why);
	if (err < 0)
		goto unmap_ring;
	return 0;

unmap_ring:
	munmap(rxq->ring, (size_t)rxq->size.block_size * rxq->size.nb_blocks);
close_socket:
	close(rxq->fd);
	return err;
}

int
afp_rx_queue_setup(struct plx_ethdev *dev, uint16_t queue, uint16_t descs, struct plx_pool *pool,
		   void **ret_queue, struct plx_why *why)
{
	struct afp_port *port = afp_port(dev);
	uint32_t offloads = dev->info.rx_offloads;
	struct afp_rxq *rxq = plx_ethdev_alloc(sizeof(*rxq));
	int err;

	if (rxq == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	rxq->pool = pool;
	rxq->port = port;
	rxq->id = queue;
	rxq->room = (uint16_t)(pool->buf_size - pool->headroom);
	rxq->scatter = (offloads & PLX_ETH_RX_OFFLOAD_SCATTER) != 0;
	rxq->strip = (offloads & PLX_ETH_RX_OFFLOAD_VLAN_STRIP) != 0;
	rxq->hash = (offloads & PLX_ETH_RX_OFFLOAD_RSS_HASH) != 0;
	rxq->size = afp_ring_size(&port->args, descs);
	pthread_mutex_init(&rxq->lock, NULL);
	err = open_queue(rxq, why);
	if (err < 0) {
		free(rxq);
		return err;
	}
	*ret_queue = rxq;
	return 0;
}

void
afp_rx_queue_release(struct plx_ethdev *dev, void *queue)
{
	struct afp_port *port = afp_port(dev);
	struct afp_rxq *rxq = queue;

	port->retired[AFP_RX_STOPPED] += rxq->stopped + afp_rx_account(rxq);
	port->retired[AFP_RX_TRUNCATED] += rxq->truncated;
	port->retired[AFP_RX_RING_FULL] += rxq->dropped;
	port->retired[AFP_RX_FREEZES] += rxq->freezes;
	port->retired_seen += rxq->seen;
	munmap(rxq->ring, (size_t)rxq->size.block_size * rxq->size.nb_blocks);
	close(rxq->fd);
	pthread_mutex_destroy(&rxq->lock);
	free(rxq);
}
