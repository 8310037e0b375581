/* SPDX-License-Identifier: BSD-3-Clause */
#include "maker.h"

#include "chance.h"

#include <errno.h>
#include <string.h>

#define HEAD PLX_CACHE_LINE /* bytes of a packet in which all its headers are */
PLX_STATIC_ASSERT(TXPKTS_HEADERS <= HEAD, "and a VLAN tag fits, too");

/* A packet for each number of segments that may be asked for, at the same stride. */
struct maker {
	struct txpkts shape;
	uint32_t stride;
	uint64_t chance; /* state of chance_next(), for txsplit rand */
	struct maker_flows flows;
	uint32_t flow;	   /* the next one */
	uint16_t headroom; /* of the pool */
	uint64_t mark;	   /* of buffers that hold this very frame, see is_filled() */
	struct flows_sums sums[TXPKTS_MAX];
	uint8_t frames[];
};

/* -- beginning ---------------------------------------------------------------------------------------- */

static int
check_shape(const struct stream *stream, const struct txpkts *shape, struct plx_why *why)
{
	const unsigned room = engine_buffer_room(stream->app->pool);
	struct plx_ethdev_info info = {0};

	for (unsigned i = 0; i < shape->n; i++) {
		if (shape->len[i] > room)
			return plx_why(why, -EINVAL,
				       "--txpkts %u: the pool's buffers take %u bytes; use larger "
				       "ones with --mbuf-size, or shorter packets",
				       shape->len[i], room);
	}
	plx_ethdev_info(stream->tx_port, &info);
	if (shape->n > 1 && (info.tx_offloads_capable & PLX_ETH_TX_OFFLOAD_MULTI_SEGS) == 0)
		return plx_why(why, -ENOTSUP,
			       "txpkts of %u segments: port %u (%s) cannot send chains; set txpkts "
			       "with one length",
			       shape->n, stream->tx_port, info.name);
	if (shape->n > 1 && (info.tx_offloads & PLX_ETH_TX_OFFLOAD_MULTI_SEGS) == 0)
		return plx_why(why, -EINVAL,
			       "txpkts of %u segments: port %u (%s) was started for packets of one "
			       "segment; start again with --txpkts %u,%u..",
			       shape->n, stream->tx_port, info.name, shape->len[0], shape->len[1]);
	return 0;
}

/* The packets of 1, 2, .. all segments, each with its own lengths and checksums. */
static void
build_frames(struct maker *own, const struct plx_net_build *build)
{
	uint32_t len = 0;

	for (unsigned i = 0; i < own->shape.n; i++) {
		len += own->shape.len[i];
		plx_net_build_frame(build, own->frames + i * own->stride, len);
		own->sums[i] = flows_sums(own->frames + i * own->stride);
	}
}

/* Another stream of this start whose packets are the same but for the flow, NULL if there is none yet. */
static const struct maker *
find_twin(const struct app *app, const struct maker *own)
{
	for (unsigned i = 0; i < app->nb_streams; i++) {
		const struct maker *other = app->streams[i].engine;

		if (other != NULL && other != own && other->mark != 0 &&
		    other->stride == own->stride &&
		    memcmp(other->frames, own->frames, own->stride) == 0)
			return other;
	}
	return NULL;
}

/*
 * Streams of one lcore give buffers to each other, so those with the same frame have the same mark. Otherwise it is a new one, as what
 * was sent in an earlier run may have been anywhere since. Thread: the main lcore.
 */
static uint64_t
choose_mark(const struct app *app, const struct maker *own)
{
	static uint64_t marks;
	const struct maker *twin = find_twin(app, own);

	return twin != NULL ? twin->mark : ++marks;
}

int
maker_create(struct stream *stream, const struct plx_net_build *build,
	     const struct maker_flows *flows, struct plx_why *why)
{
	const struct txpkts *shape = &stream->app->args.txpkts;
	struct maker *own;
	int ret = check_shape(stream, shape, why);

	if (ret != 0)
		return ret;
	own = engine_alloc(stream, sizeof(*own) + (size_t)shape->n * txpkts_len(shape), why);
	if (own == NULL)
		return -ENOMEM;
	own->shape = *shape;
	own->stride = txpkts_len(shape);
	own->headroom = stream->app->pool->headroom;
	own->chance = stream->tx_port * 64u + stream->tx_queue + 1u;
	own->flows = *flows;
	build_frames(own, build);
	own->mark = choose_mark(stream->app, own);
	return 0;
}

/* -- making ------------------------------------------------------------------------------------------- */

/* Writes the address of the next flow into a copy of the frame of n segments. */
static inline void
write_flow(struct maker *own, uint8_t *copy, unsigned n)
{
	const struct maker_flows *flows = &own->flows;
	const uint32_t address = (flows->first & ~flows->mask) |
				 ((flows->first + own->flow * flows->step) & flows->mask);

	flows_write(copy, flows->off, address, own->sums[n - 1]);
	own->flow = own->flow + 1 < flows->n ? own->flow + 1 : 0;
}

/* How many segments the next packet has. */
static unsigned
next_nb_segs(struct maker *own)
{
	if (own->shape.split != TXSPLIT_RAND)
		return own->shape.n;
	return 1 + (unsigned)(chance_next(&own->chance) % own->shape.n);
}

/* Fills fresh segs[0..n) and links them to a packet. */
static void
fill_chain(struct maker *own, struct plx_mbuf **segs, unsigned n)
{
	const uint8_t *bytes = own->frames + (n - 1) * own->stride;
	uint32_t len = 0;

	for (unsigned i = 0; i < n; i++) {
		memcpy(plx_mbuf_append(segs[i], own->shape.len[i]), bytes + len, own->shape.len[i]);
		len += own->shape.len[i];
		segs[i]->next = i + 1 < n ? segs[i + 1] : NULL;
	}
	segs[0]->nb_segs = (uint16_t)n;
	segs[0]->pkt_len = len;
	if (own->flows.off != 0)
		write_flow(own, plx_mbuf_data(segs[0]), n);
}

/* Up to n packets of several segments; fewer when the pool has no more. */
static uint16_t
make_chains(struct stream *stream, struct plx_mbuf **pkts, uint16_t n)
{
	struct maker *own = stream->engine;

	for (uint16_t i = 0; i < n; i++) {
		struct plx_mbuf *segs[TXPKTS_MAX];
		unsigned nb_segs = next_nb_segs(own);

		if (plx_mbuf_alloc_bulk(stream->app->pool, segs, nb_segs) != 0)
			return i;
		fill_chain(own, segs, nb_segs);
		pkts[i] = segs[0];
	}
	return n;
}

/*
 * A buffer that went round has these bytes already, and says so by its mark: who else takes it or writes into it takes that away. Only
 * the headers are looked at, as drivers may change them. Lines that are neither written nor read stay in the cache of whoever reads
 * them on the other side: 1,500 bytes through vhost-user, where memory is what limits, are sent two to three times as fast.
 */
static inline bool
is_filled(const struct maker *own, const struct plx_mbuf *m)
{
	return (m->ol_flags & PLX_MBUF_APP) != 0 && m->timestamp == own->mark;
}

static inline void
fill(const struct maker *own, struct plx_mbuf *m)
{
	const uint32_t len = own->shape.len[0], head = len < HEAD ? len : HEAD;
	const bool filled = is_filled(own, m);
	uint8_t *bytes;

	plx_mbuf_fresh(m, own->headroom);
	bytes = plx_mbuf_append(m, (uint16_t)len);
	if (own->flows.off != 0 || !filled || memcmp(bytes, own->frames, head) != 0)
		memcpy(bytes, own->frames, head);
	if (PLX_UNLIKELY(!filled))
		memcpy(bytes + head, own->frames + head, len - head);
	m->ol_flags = PLX_MBUF_APP;
	m->timestamp = own->mark;
}

static uint16_t
make_packets(struct stream *stream, struct plx_mbuf **pkts, uint16_t n)
{
	struct maker *own = stream->engine;

	if (own->shape.n > 1)
		return make_chains(stream, pkts, n);
	if (PLX_UNLIKELY(!plx_pool_get_mbufs(stream->app->pool, pkts, n)))
		return 0;
	for (uint16_t i = 0; i < n; i++) {
		fill(own, pkts[i]);
		if (own->flows.off != 0)
			write_flow(own, plx_mbuf_data(pkts[i]), 1);
	}
	return n;
}

unsigned
maker_run(struct stream *stream)
{
	struct maker *own = stream->engine;
	struct plx_mbuf *pkts[BURST_MAX];
	uint16_t n = make_packets(stream, pkts, (uint16_t)stream->app->args.burst), sent;

	if (PLX_UNLIKELY(n == 0)) {
		/* All buffers are on their way out: let the queue find out which of them have left. */
		plx_ethdev_tx_burst(stream->tx_port, stream->tx_queue, NULL, 0);
		stream->no_mbuf++;
		return 0;
	}
	sent = stream_send(stream, pkts, n);
	if (PLX_UNLIKELY(sent < n) && own->flows.off != 0)
		own->flow = (own->flow + own->flows.n - (uint32_t)(n - sent) % own->flows.n) %
			    own->flows.n;
	return n;
}
