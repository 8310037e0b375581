/* SPDX-License-Identifier: BSD-3-Clause */
#include "wire.h"

#include "nic.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ETHER_LEN   14u
#define TYPE_VLAN   0x8100u
#define TYPE_QINQ   0x88a8u
#define TYPE_IPV4   0x0800u
#define TYPE_IPV6   0x86ddu
#define UNCUT_BURST 8u
#define OUT_BUFS \
	256u /* of frames that the port has not taken: the pool is for other NICs and for what comes in, too */
#define UDP_CSUM_AT 6u /* in a UDP header; TCP's is elsewhere */

/* -- life ---------------------------------------------------------------------------------------------- */

#define CSUMS (PLX_ETH_TX_OFFLOAD_UDP_CSUM | PLX_ETH_TX_OFFLOAD_TCP_CSUM)
#define TSO                                                                  \
	(CSUMS | PLX_ETH_TX_OFFLOAD_IPV4_CSUM | PLX_ETH_TX_OFFLOAD_TCP_TSO | \
	 PLX_ETH_TX_OFFLOAD_MULTI_SEGS)

static unsigned
takes_of(uint32_t offloads)
{
	unsigned takes = 0;

	if ((offloads & CSUMS) == CSUMS)
		takes |= PLX_E1000_MODEL_TAKES_CSUM;
	if ((offloads & TSO) == TSO)
		takes |= PLX_E1000_MODEL_TAKES_TSO;
	return takes;
}

static int
start_port(uint16_t port, struct plx_pool *pool, const struct plx_ethdev_conf *conf,
	   struct plx_why *why)
{
	int ret = plx_ethdev_configure(port, 1, 1, conf, why);

	/* All that is on the wire is for the card, which has a filter of its own; from the first frame on. */
	if (ret == 0)
		plx_ethdev_set_promiscuous(port, true);
	if (ret == 0)
		ret = plx_ethdev_rx_queue_setup(port, 0, 0, pool, why);
	if (ret == 0)
		ret = plx_ethdev_tx_queue_setup(port, 0, 0, why);
	if (ret == 0)
		ret = plx_ethdev_start(port, why);
	if (ret != 0)
		plx_ethdev_close(port);
	return ret;
}

int
wire_open_port(struct wire *wire, uint16_t port, struct plx_pool *pool, bool offloads, uint16_t mtu,
	       struct plx_why *why)
{
	struct plx_ethdev_conf conf = {.mtu = mtu};
	struct plx_ethdev_info info;
	int ret = plx_ethdev_info(port, &info);

	if (ret != 0)
		return plx_why(why, ret, "there is no port %u", port);
	conf.rx_offloads = info.rx_offloads_capable & PLX_ETH_RX_OFFLOAD_SCATTER;
	/* What comes uncut is cut here, which costs less than as many reads. */
	conf.rx_offloads |= info.rx_offloads_capable & PLX_ETH_RX_OFFLOAD_LRO;
	conf.tx_offloads = info.tx_offloads_capable & PLX_ETH_TX_OFFLOAD_MULTI_SEGS;
	if (offloads)
		conf.tx_offloads = info.tx_offloads_capable & TSO;
	ret = start_port(port, pool, &conf, why);
	if (ret != 0)
		return ret;
	plx_ethdev_info(port, &info);
	wire->port = port;
	wire->pool = pool;
	wire->uncut = (info.rx_offloads & PLX_ETH_RX_OFFLOAD_LRO) != 0;
	wire->chains = (info.tx_offloads & PLX_ETH_TX_OFFLOAD_MULTI_SEGS) != 0;
	wire->takes = offloads ? takes_of(info.tx_offloads) : 0;
	return 0;
}

int
wire_join(struct wire *wire, struct plx_why *why)
{
	wire->joint = malloc((size_t)WIRE_BURST * WIRE_JOINT_FRAME);
	return wire->joint != NULL ? 0 : plx_why(why, -ENOMEM, "out of memory");
}

void
wire_close(struct wire *wire)
{
	free(wire->joint);
	wire->joint = NULL;
}

/* -- from the card ------------------------------------------------------------------------------------- */

static bool
copy_to(struct plx_mbuf *first, struct plx_mbuf **last, struct plx_pool *pool, const uint8_t *from,
	size_t len)
{
	while (len > 0) {
		size_t room = plx_mbuf_tailroom(*last), n = len < room ? len : room;
		struct plx_mbuf *next = *last;

		if (n > 0) {
			memcpy(plx_mbuf_data(next) + next->data_len, from, n);
			next->data_len = (uint16_t)(next->data_len + n);
			first->pkt_len += (uint32_t)n;
			from += n;
			len -= n;
			continue;
		}
		next = plx_mbuf_alloc(pool);
		if (next == NULL)
			return false;
		(*last)->next = next;
		first->nb_segs++;
		*last = next;
	}
	return true;
}

static struct plx_mbuf *
copy_frame(struct plx_pool *pool, const struct plx_e1000_model_frame *frame)
{
	struct plx_mbuf *m = plx_mbuf_alloc(pool), *last = m;

	for (unsigned i = 0; m != NULL && i < frame->nb_parts; i++) {
		if (copy_to(m, &last, pool, frame->parts[i].iov_base, frame->parts[i].iov_len))
			continue;
		plx_mbuf_free(m);
		return NULL;
	}
	return m;
}

static unsigned
type_at(const uint8_t *bytes, size_t at)
{
	return (unsigned)bytes[at] << 8 | bytes[at + 1];
}

/* What the card left to the port. The headers are in the first buffer: they begin there, and are short. */
static void
ask_for_offloads(struct plx_mbuf *m, const struct plx_e1000_model_frame *frame)
{
	const uint8_t *bytes = plx_mbuf_data(m);
	size_t l2 = ETHER_LEN;

	while (l2 + 4 <= m->data_len &&
	       (type_at(bytes, l2 - 2) == TYPE_VLAN || type_at(bytes, l2 - 2) == TYPE_QINQ))
		l2 += 4;
	if (frame->csum_start <= l2)
		return;
	m->l2_len = (uint8_t)l2;
	m->l3_len = (uint16_t)(frame->csum_start - l2);
	m->ol_flags |= type_at(bytes, l2 - 2) == TYPE_IPV6 ? PLX_MBUF_TX_IPV6 : PLX_MBUF_TX_IPV4;
	m->ol_flags |=
		frame->csum_offset == UDP_CSUM_AT ? PLX_MBUF_TX_UDP_CSUM : PLX_MBUF_TX_TCP_CSUM;
	if (frame->gso_size == 0)
		return;
	m->l4_len = (uint8_t)(frame->hdr_len - frame->csum_start);
	m->tso_segsz = frame->gso_size;
	m->ol_flags |= PLX_MBUF_TX_TCP_SEG;
	if ((m->ol_flags & PLX_MBUF_TX_IPV4) != 0)
		m->ol_flags |= PLX_MBUF_TX_IP_CSUM;
}

/* Buffers that the port is done with may be all that is missing: a burst of none makes it look. */
static struct plx_mbuf *
copy_or_reap(struct nic *nic, const struct plx_e1000_model_frame *frame)
{
	struct wire *wire = &nic->wire;
	struct plx_mbuf *m = copy_frame(wire->pool, frame);

	if (PLX_LIKELY(m != NULL))
		return m;
	plx_ethdev_tx_burst(wire->port, 0, NULL, 0);
	m = copy_frame(wire->pool, frame);
	nic->books.starved += m == NULL;
	return m;
}

static unsigned
flush_port(struct nic *nic)
{
	struct wire *wire = &nic->wire;
	struct way_books *books = &nic->books.way[TO_WIRE];
	uint32_t len[WIRE_BURST];
	uint16_t bufs[WIRE_BURST];
	unsigned taken;

	/* What is taken is not ours any more. */
	for (unsigned i = 0; i < wire->nb_out; i++) {
		len[i] = wire->out[i]->pkt_len;
		bufs[i] = wire->out[i]->nb_segs;
	}
	taken = plx_ethdev_tx_burst(wire->port, 0, wire->out, (uint16_t)wire->nb_out);
	for (unsigned i = 0; i < taken; i++) {
		books->passed_bytes += len[i];
		wire->out_bufs -= bufs[i];
	}
	books->passed += taken;
	wire->nb_out -= taken;
	memmove(wire->out, wire->out + taken, wire->nb_out * sizeof(wire->out[0]));
	return taken;
}

static bool
has_room(struct nic *nic)
{
	const struct wire *wire = &nic->wire;

	if (PLX_LIKELY(wire->nb_out < WIRE_BURST && wire->out_bufs < OUT_BUFS))
		return true;
	return flush_port(nic) > 0 && wire->out_bufs < OUT_BUFS;
}

static enum wire_put
put_port(struct nic *nic, const struct plx_e1000_model_frame *frame)
{
	struct wire *wire = &nic->wire;
	struct plx_mbuf *m;

	if (!has_room(nic))
		return WIRE_FULL;
	if (!wire->chains && frame->len > wire->pool->buf_size - wire->pool->headroom)
		return WIRE_LONG;
	m = copy_or_reap(nic, frame);
	if (m == NULL)
		return WIRE_FULL;
	if (frame->csum_start != 0)
		ask_for_offloads(m, frame);
	wire->out[wire->nb_out++] = m;
	wire->out_bufs += m->nb_segs;
	return WIRE_PUT;
}

/* -- to the card at the far end -------------------------------------------------------------------------- */

static void
gather(const struct plx_e1000_model_frame *frame, uint8_t *to)
{
	for (unsigned i = 0; i < frame->nb_parts; i++) {
		memcpy(to, frame->parts[i].iov_base, frame->parts[i].iov_len);
		to += frame->parts[i].iov_len;
	}
}

/* It takes them all, or loses them itself. */
static unsigned
flush_joint(struct nic *nic)
{
	struct wire *wire = &nic->wire;
	struct way_books *books = &nic->books.way[TO_WIRE];
	struct iovec frames[WIRE_BURST];
	const unsigned n = wire->nb_out;

	for (unsigned i = 0; i < n; i++) {
		frames[i] = (struct iovec){wire->joint + i * WIRE_JOINT_FRAME, wire->joint_len[i]};
		books->passed_bytes += wire->joint_len[i];
	}
	books->passed += n;
	wire->nb_out = 0;
	wire->hands_over = true;
	path_arrive_burst(wire->peer, frames, n);
	wire->hands_over = false;
	return n;
}

/* A far end that is to lose nothing has room for it, too. */
static bool
peer_has_room(struct nic *nic)
{
	struct wire *wire = &nic->wire;

	if (!wire->peer->conf.lossless)
		return true;
	if (wire->nb_out > 0 && wire->nb_out >= wire->joint_room)
		flush_joint(nic);
	if (wire->nb_out == 0)
		wire->joint_room = path_room(wire->peer);
	return wire->joint_room > 0;
}

static enum wire_put
put_long(struct nic *nic, const struct plx_e1000_model_frame *frame)
{
	const void *bytes = frame->parts[0].iov_base;

	if (frame->nb_parts > 1) {
		gather(frame, nic->scratch);
		bytes = nic->scratch;
	}
	flush_joint(nic);
	path_arrive(nic->wire.peer, bytes, frame->len);
	nic->books.way[TO_WIRE].passed++;
	nic->books.way[TO_WIRE].passed_bytes += frame->len;
	return WIRE_PUT;
}

static enum wire_put
put_peer(struct nic *nic, const struct plx_e1000_model_frame *frame)
{
	struct wire *wire = &nic->wire;

	/* A pause frame that answers one of those that are handed over comes again. */
	if (PLX_UNLIKELY(wire->hands_over) || !peer_has_room(nic))
		return WIRE_FULL;
	if (PLX_UNLIKELY(frame->len > WIRE_JOINT_FRAME))
		return put_long(nic, frame);
	gather(frame, wire->joint + wire->nb_out * WIRE_JOINT_FRAME);
	wire->joint_len[wire->nb_out++] = (uint32_t)frame->len;
	if (wire->nb_out == WIRE_BURST)
		flush_joint(nic);
	return WIRE_PUT;
}

unsigned
wire_flush(struct nic *nic)
{
	return nic->wire.peer != NULL ? flush_joint(nic) : flush_port(nic);
}

enum wire_put
wire_put(struct nic *nic, const struct plx_e1000_model_frame *frame)
{
	const enum wire_put result =
		nic->wire.peer != NULL ? put_peer(nic, frame) : put_port(nic, frame);

	nic->wire.full = result == WIRE_FULL;
	return result;
}

/* -- from the port --------------------------------------------------------------------------------------- */

/*
 * How many frames to take from the port. A card that receives leaves there what it has no descriptors for, which costs least: the
 * port counts what it loses in the end. One that is down loses all, unless nothing is to be lost.
 */
static unsigned
wanted(struct nic *nic)
{
	const bool down = !plx_e1000_model_rx_is_up(plx_nicemu_model(nic->card));
	unsigned room = WIRE_BURST;

	if (!down || nic->conf.lossless)
		room = path_room(nic);
	nic->waits = room == 0;
	return room < WIRE_BURST ? room : WIRE_BURST;
}

static bool
refill(struct wire *wire, unsigned n)
{
	/* One that is uncut is many frames. */
	if (wire->uncut && n > UNCUT_BURST)
		n = UNCUT_BURST;
	wire->in_from = 0;
	wire->nb_in = plx_ethdev_rx_burst(wire->port, 0, wire->in, (uint16_t)n);
	return wire->nb_in > 0;
}

/* Up to n frames of the packet that is cut. */
static unsigned
arrive_cut(struct nic *nic, unsigned n)
{
	struct way_books *books = &nic->books.way[TO_CARD];
	struct cut *cut = &nic->wire.cut;
	const void *frame;
	uint32_t len;
	unsigned done = 0;

	while (done < n && (frame = cut_next(cut, nic->scratch, &len)) != NULL) {
		books->pieces += cut->piece != 0;
		path_arrive(nic, frame, len);
		done++;
	}
	return done;
}

/* Up to n packets that are frames as they are: together. */
static unsigned
arrive_plain(struct nic *nic, unsigned n)
{
	struct wire *wire = &nic->wire;
	struct plx_mbuf **in = &wire->in[wire->in_from];
	struct iovec frames[WIRE_BURST];
	unsigned done = 0;

	n = n < wire->nb_in - wire->in_from ? n : wire->nb_in - wire->in_from;
	for (; done < n && in[done]->nb_segs == 1 && !cut_wants(in[done]); done++)
		frames[done] = (struct iovec){plx_mbuf_data(in[done]), in[done]->pkt_len};
	if (done == 0)
		return 0;
	path_arrive_burst(nic, frames, done);
	plx_mbuf_free_bulk(in, done);
	wire->in_from += done;
	return done;
}

static unsigned
arrive_other(struct nic *nic)
{
	struct plx_mbuf *m = nic->wire.in[nic->wire.in_from++];

	if (cut_wants(m)) {
		cut_begin(&nic->wire.cut, m);
		nic->books.way[TO_CARD].uncut += nic->wire.cut.piece != 0;
		return 0;
	}
	path_arrive(nic, plx_mbuf_read(m, 0, m->pkt_len, nic->scratch), m->pkt_len);
	plx_mbuf_free(m);
	return 1;
}

static unsigned
arrive(struct nic *nic, unsigned n)
{
	const unsigned done = arrive_plain(nic, n);

	return done > 0 ? done : arrive_other(nic);
}

unsigned
wire_receive(struct nic *nic)
{
	const unsigned n = wanted(nic);
	struct wire *wire = &nic->wire;
	bool asked = false;
	unsigned done = 0;

	while (done < n) {
		if (wire->cut.m != NULL) {
			done += arrive_cut(nic, n - done);
		} else if (wire->in_from < wire->nb_in) {
			done += arrive(nic, n - done);
		} else if (asked || !refill(wire, n - done)) {
			break;
		} else {
			asked = true;
		}
	}
	return done;
}

/* -- the end ----------------------------------------------------------------------------------------------- */

/* What of it would have been frames, is lost as such. */
static void
give_up_cut(struct nic *nic)
{
	struct way_books *books = &nic->books.way[TO_CARD];
	uint32_t len;

	while (cut_next(&nic->wire.cut, nic->scratch, &len) != NULL) {
		books->pieces += nic->wire.cut.piece != 0;
		books->frames++;
		books->bytes += len;
		books->lost[LOSS_END]++;
	}
}

void
wire_give_up(struct nic *nic)
{
	struct wire *wire = &nic->wire;

	nic->books.way[TO_WIRE].lost[LOSS_END] += wire->nb_out;
	if (wire->nb_out > 0 && wire->peer == NULL)
		plx_mbuf_free_bulk(wire->out, wire->nb_out);
	wire->nb_out = wire->out_bufs = 0;
	if (wire->cut.m != NULL)
		give_up_cut(nic);
	while (wire->in_from < wire->nb_in) {
		cut_begin(&wire->cut, wire->in[wire->in_from++]);
		nic->books.way[TO_CARD].uncut += wire->cut.piece != 0;
		give_up_cut(nic);
	}
}
