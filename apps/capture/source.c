/* SPDX-License-Identifier: BSD-3-Clause */
#include "source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <pollux/plx_clock.h>
#include <pollux/plx_ethdev.h>

#include "tag.h"

#define SCRATCH_SIZE 65536

PLX_STATIC_ASSERT(sizeof(struct plx_mbuf *) == sizeof(uint64_t), "rings carry pointers");

static int
make_ring(struct source *s, uint32_t capacity)
{
	size_t size = plx_ring_spsc_size(capacity, sizeof(uint64_t));

	if (size == 0)
		return -EINVAL;
	s->ring = aligned_alloc(PLX_CACHE_LINE, (size + PLX_CACHE_LINE - 1) & ~(size_t)63);
	if (s->ring == NULL)
		return -ENOMEM;
	return plx_ring_spsc_init(s->ring, capacity, sizeof(uint64_t));
}

int
source_create(const struct source_params *params, struct source **ret_source)
{
	struct source *s = aligned_alloc(PLX_CACHE_LINE, sizeof(*s));
	int err;

	if (s == NULL)
		return -ENOMEM;
	memset(s, 0, sizeof(*s));
	s->params = *params;
	err = make_ring(s, params->ring);
	if (err == 0 && params->filter != NULL) {
		s->scratch = malloc(SCRATCH_SIZE);
		err = s->scratch == NULL ? -ENOMEM : 0;
	}
	if (err != 0) {
		source_destroy(s);
		return err;
	}
	*ret_source = s;
	return 0;
}

void
source_destroy(struct source *source)
{
	if (source == NULL)
		return;
	plx_ring_spsc_fini(source->ring);
	free(source->ring);
	free(source->scratch);
	free(source);
}

/* -- the rx lcore's side --------------------------------------------------------------------------- */

static void
count_and_stamp(struct source *s, struct plx_mbuf **pkts, unsigned n, uint64_t now_ns)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < n; i++) {
		bytes += tag_wire_len(pkts[i]);
		if ((pkts[i]->ol_flags & PLX_MBUF_RX_TIMESTAMP) == 0)
			pkts[i]->timestamp = now_ns;
	}
	s->last_ns = pkts[n - 1]->timestamp;
	tally_add(&s->counts.delivered, n);
	tally_add(&s->counts.bytes, bytes);
}

/* The first bytes with the tag in its place, in scratch; how many. */
static uint32_t
read_tagged(const struct source *s, const struct plx_mbuf *m)
{
	const uint32_t room = SCRATCH_SIZE - TAG_LEN;
	const uint32_t len = m->pkt_len < room ? m->pkt_len : room;
	const uint8_t *bytes = plx_mbuf_read(m, 0, len, s->scratch + TAG_LEN);

	if (bytes != s->scratch + TAG_LEN)
		memcpy(s->scratch + TAG_LEN, bytes, len);
	memmove(s->scratch, s->scratch + TAG_LEN, TAG_AT);
	tag_make(m, s->scratch + TAG_AT);
	return len + TAG_LEN;
}

static bool
matches(const struct source *s, const struct plx_mbuf *m)
{
	uint32_t len = m->data_len;
	const void *bytes = plx_mbuf_data(m);

	if (tag_len(m) != 0) {
		len = read_tagged(s, m);
		bytes = s->scratch;
	} else if (m->nb_segs > 1) {
		len = m->pkt_len < SCRATCH_SIZE ? m->pkt_len : SCRATCH_SIZE;
		bytes = plx_mbuf_read(m, 0, len, s->scratch);
	}
	return plx_filter_match(s->params.filter, bytes, len, tag_wire_len(m)) != 0;
}

/* Moves those that match to the front and gives up the others. */
static unsigned
keep_matching(struct source *s, struct plx_mbuf **pkts, unsigned n)
{
	struct plx_mbuf *refused[SOURCE_BURST];
	unsigned kept = 0, nb_refused = 0;

	for (unsigned i = 0; i < n; i++) {
		if (i + 1 < n)
			plx_prefetch(plx_mbuf_data(pkts[i + 1]));
		if (matches(s, pkts[i]))
			pkts[kept++] = pkts[i];
		else
			refused[nb_refused++] = pkts[i];
	}
	plx_mbuf_free_bulk(refused, nb_refused);
	tally_add(&s->counts.filtered, nb_refused);
	return kept;
}

/* Before the packet behind the gap goes into the ring, so that the writer knows of it when it comes. */
static void
tell_gap(struct source *s)
{
	uint32_t in = atomic_load_explicit(&s->gaps_in, memory_order_relaxed);

	if (s->untold == 0 ||
	    in - atomic_load_explicit(&s->gaps_out, memory_order_acquire) == SOURCE_GAPS)
		return;
	s->gaps[in % SOURCE_GAPS] = (struct source_gap){s->handed, s->untold};
	s->untold = 0;
	atomic_store_explicit(&s->gaps_in, in + 1, memory_order_release);
}

static void
hand_over(struct source *s, struct plx_mbuf **pkts, unsigned n)
{
	const uint64_t *elements = (const uint64_t *)(const void *)pkts;
	unsigned taken;

	tell_gap(s);
	taken = plx_ring_spsc_enqueue_burst64(s->ring, elements, n);
	s->handed += taken;
	if (s->params.wake != NULL)
		wake_call(s->params.wake);
	if (PLX_UNLIKELY(taken < n)) {
		plx_mbuf_free_bulk(pkts + taken, n - taken);
		tally_add(&s->counts.too_slow, n - taken);
		s->untold += n - taken;
	}
}

/* The times in a file say nothing about now; one that had nothing to give, not even to --rules, is at its end. */
static uint64_t
next_floor(const struct source *s, unsigned n, uint64_t now_ns)
{
	if (s->params.patient && n != 0)
		return s->last_ns;
	if (s->params.patient && plx_ethdev_rx_sifted(s->params.port, s->params.queue))
		return 0;
	return now_ns > s->params.slack_ns ? now_ns - s->params.slack_ns : 0;
}

/* Release: whoever sees the new floor also sees what was put into the ring before. */
static void
raise_floor(struct source *s, uint64_t floor)
{
	if (floor > tally_read(&s->floor_ns))
		atomic_store_explicit(&s->floor_ns, floor, memory_order_release);
}

void
source_accept(struct source *source, struct plx_mbuf **pkts, unsigned n, uint64_t now_ns)
{
	uint64_t floor_ns = tally_read(&source->floor_ns);
	unsigned kept = n;

	/* The clock of the day may step back; what was promised to the writer stands. */
	if (now_ns < floor_ns)
		now_ns = floor_ns;
	if (n != 0) {
		count_and_stamp(source, pkts, n, now_ns);
		if (source->params.filter != NULL)
			kept = keep_matching(source, pkts, n);
		hand_over(source, pkts, kept);
	}
	raise_floor(source, next_floor(source, n, now_ns));
}

static bool
has_room(const struct source *s)
{
	return s->params.ring - plx_ring_spsc_count(s->ring) >= SOURCE_BURST;
}

unsigned
source_poll(struct source *source, uint64_t now_ns)
{
	struct plx_mbuf *pkts[SOURCE_BURST];
	unsigned n;

	if (source->params.patient && !has_room(source))
		return 0;
	n = plx_ethdev_rx_burst(source->params.port, source->params.queue, pkts, SOURCE_BURST);
	source_accept(source, pkts, n, now_ns);
	return n;
}

void
source_close(struct source *source)
{
	atomic_store_explicit(&source->floor_ns, UINT64_MAX, memory_order_release);
}

/* -- the writer's side ----------------------------------------------------------------------------- */

unsigned
source_take(struct source *source, struct plx_mbuf **pkts, unsigned n)
{
	return plx_ring_spsc_dequeue_burst64(source->ring, (uint64_t *)(void *)pkts, n);
}

bool
source_presses(const struct source *source)
{
	return !source->params.patient &&
	       plx_ring_spsc_count(source->ring) >= source->params.ring / 2;
}
