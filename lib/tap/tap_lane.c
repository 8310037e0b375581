/* SPDX-License-Identifier: BSD-3-Clause */
#include "tap_lane.h"

#include "plx_bits.h"
#include "plx_byteorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MACS_LEN 12
#define TAG_LEN	 4
#define TYPE_TAG 0x8100 /* 802.1Q: what devices take out and put in */

#define TRUST_NS UINT64_C(1000000000) /* time stamps that differ more from now are not of now */

int
tap_lane_init(struct tap_lane *lane)
{
	if (lane->filter == NULL)
		return 0;
	/* Pages of it cost nothing before a chained packet comes. */
	lane->scratch = malloc(TAP_SCRATCH);
	return lane->scratch != NULL ? 0 : -ENOMEM;
}

void
tap_lane_fini(struct tap_lane *lane)
{
	free(lane->scratch);
}

/* -- bytes as they are on the wire --------------------------------------------------------------------- */

/* Bytes of a VLAN tag that a device took out, or is going to put in. */
static uint32_t
tag_len(const struct plx_mbuf *m, bool tx)
{
	const uint32_t flag = tx ? PLX_MBUF_TX_VLAN : PLX_MBUF_RX_VLAN_STRIPPED;

	return PLX_UNLIKELY((m->ol_flags & flag) != 0) && m->pkt_len >= MACS_LEN ? TAG_LEN : 0;
}

static uint32_t
wire_len(const struct plx_mbuf *m, bool tx)
{
	return (tx ? m->pkt_len : plx_mbuf_wire_len(m)) + tag_len(m, tx);
}

static bool
copy_part(uint8_t *to, const struct plx_mbuf *m, uint32_t off, uint32_t len)
{
	const void *bytes = plx_mbuf_read(m, off, len, to);

	/* Where the bytes lie in one piece, behind an empty segment even, that is what read shows. */
	if (bytes != to && bytes != NULL)
		memcpy(to, bytes, len);
	return bytes != NULL;
}

/* The first `len` bytes, with the tag in its place. */
static bool
copy_tagged(uint8_t *to, const struct plx_mbuf *m, uint32_t len)
{
	const uint32_t macs = len < MACS_LEN ? len : MACS_LEN;
	const uint32_t rest = len > MACS_LEN + TAG_LEN ? len - MACS_LEN - TAG_LEN : 0;
	uint8_t tag[TAG_LEN];

	plx_store_be16(tag, TYPE_TAG);
	plx_store_be16(tag + 2, m->vlan_tci);
	memcpy(to + macs, tag, len - macs - rest);
	return copy_part(to, m, 0, macs) &&
	       (rest == 0 || copy_part(to + MACS_LEN + TAG_LEN, m, MACS_LEN, rest));
}

static bool
copy_bytes(uint8_t *to, const struct plx_mbuf *m, uint32_t len, uint32_t tag)
{
	if (PLX_UNLIKELY(tag != 0))
		return copy_tagged(to, m, len);
	if (PLX_UNLIKELY(len > m->data_len))
		return copy_part(to, m, 0, len);
	memcpy(to, plx_mbuf_data(m), len);
	return true;
}

static bool
matches(const struct tap_lane *lane, const struct plx_mbuf *m, bool tx)
{
	const uint32_t tag = tag_len(m, tx);
	uint32_t len = m->data_len;
	const void *bytes = plx_mbuf_data(m);

	if (lane->filter == NULL)
		return true;
	if (m->nb_segs > 1 || tag != 0) {
		len = m->pkt_len + tag < TAP_SCRATCH ? m->pkt_len + tag : TAP_SCRATCH;
		bytes = copy_bytes(lane->scratch, m, len, tag) ? lane->scratch : NULL;
	}
	return bytes != NULL && plx_filter_match(lane->filter, bytes, len, wire_len(m, tx)) != 0;
}

/* -- records ------------------------------------------------------------------------------------------- */

/* The reader moves forwards, and not beyond what it was given. */
static bool
believe_tail(struct tap_lane *lane)
{
	const uint64_t tail = __atomic_load_n(&lane->reader->tail, __ATOMIC_ACQUIRE); /* C */

	if (tail - lane->tail > lane->head - lane->tail || (tail & 7) != 0)
		return false;
	lane->tail = tail;
	lane->looked = true;
	return true;
}

static bool
fits(const struct tap_lane *lane, uint64_t bytes)
{
	return lane->staged + bytes - lane->tail <= lane->size;
}

/* When it was received, if a device says so and means today: what was read from a file has times of its own. */
static uint64_t
time_of(const struct plx_mbuf *m, uint64_t now_ns, bool tx)
{
	const bool stamped = !tx && (m->ol_flags & PLX_MBUF_RX_TIMESTAMP) != 0;

	return stamped && m->timestamp + TRUST_NS - now_ns <= 2 * TRUST_NS ? m->timestamp : now_ns;
}

static void
fill_record(struct tap_record *record, uint32_t size, uint32_t cap_len, const struct plx_mbuf *m,
	    uint64_t now_ns, bool tx)
{
	*record = (struct tap_record){
		.size = size,
		.kind = TAP_PACKET,
		.vlan_tci = m->vlan_tci,
		.time_ns = time_of(m, now_ns, tx),
		.wire_len = wire_len(m, tx),
		.cap_len = cap_len,
		.ol_flags = tx ? 0 : m->ol_flags & TAP_FLAGS,
		.hash = m->hash,
	};
	if (PLX_UNLIKELY(tag_len(m, tx) != 0))
		record->ol_flags |= PLX_MBUF_RX_VLAN;
}

/* -EPROTO: what the reader says cannot be. */
static int
put(struct tap_lane *lane, const struct plx_mbuf *m, uint64_t now_ns, bool tx)
{
	const uint32_t tag = tag_len(m, tx), len = m->pkt_len + tag;
	const uint32_t cap_len = len < lane->snaplen ? len : lane->snaplen;
	const uint32_t size = (uint32_t)plx_align_up(sizeof(struct tap_record) + cap_len, 8);
	uint64_t at = lane->staged & (lane->size - 1);
	const uint64_t pad = lane->size - at < size ? lane->size - at : 0;
	struct tap_record *record;

	if (!fits(lane, pad + size)) {
		if (!lane->looked && !believe_tail(lane))
			return -EPROTO;
		if (!fits(lane, pad + size))
			return TAP_DROPPED;
	}
	record = (struct tap_record *)(void *)(lane->ring + at);
	if (pad != 0) {
		record->size = (uint32_t)pad;
		record->kind = TAP_PAD;
		record = (struct tap_record *)(void *)lane->ring;
	}
	if (!copy_bytes((uint8_t *)(record + 1), m, cap_len, tag))
		return TAP_DROPPED;
	fill_record(record, size, cap_len, m, now_ns, tx);
	lane->staged += pad + size;
	return TAP_RECORDED;
}

bool
tap_lane_stage(struct tap_lane *lane, struct plx_mbuf *const *pkts, uint16_t n, uint64_t now_ns,
	       bool tx)
{
	lane->staged = lane->head;
	lane->looked = false;
	lane->nb_staged = n;
	for (uint16_t i = 0; i < n; i++) {
		int fate = TAP_FILTERED;

		if (i + 1 < n)
			plx_prefetch(plx_mbuf_data(pkts[i + 1]));
		if (matches(lane, pkts[i], tx))
			fate = put(lane, pkts[i], now_ns, tx);
		if (PLX_UNLIKELY(fate < 0))
			return false;
		lane->fate[i] = (uint8_t)fate;
		lane->end[i] = lane->staged;
	}
	return true;
}

/* Readers of counts see each whole, and none that is ahead of the head. */
static void
publish(struct tap_lane *lane)
{
	__atomic_store_n(&lane->shared->filtered, lane->count[TAP_FILTERED], __ATOMIC_RELAXED);
	__atomic_store_n(&lane->shared->dropped, lane->count[TAP_DROPPED], __ATOMIC_RELAXED);
	__atomic_store_n(&lane->shared->recorded, lane->count[TAP_RECORDED], __ATOMIC_RELAXED);
	__atomic_store_n(&lane->shared->head, lane->head, __ATOMIC_RELEASE); /* B */
}

void
tap_lane_commit(struct tap_lane *lane, uint16_t n)
{
	if (n > lane->nb_staged)
		n = lane->nb_staged;
	if (n == 0)
		return;
	for (uint16_t i = 0; i < n; i++)
		lane->count[lane->fate[i]]++;
	lane->head = lane->end[n - 1];
	publish(lane);
}
