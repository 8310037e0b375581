/* SPDX-License-Identifier: BSD-3-Clause */
#include "plx_tap_reader.h"

#include "tap_region.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What one thread knows of its lane. */
struct reader_lane {
	const uint8_t *ring;
	const struct tap_lane_head *shared;
	struct tap_tail *tail;
	uint64_t size;
	uint64_t read; /* bytes; released up to *tail */
	bool broken;
} PLX_CACHE_ALIGNED;

struct plx_tap_reader {
	struct tap_region region;
	struct plx_tap_source source;
	struct reader_lane *lanes;
};

/* -- life --------------------------------------------------------------------------------------------- */

/* It ends up on terminals and in files. */
static void
make_printable(char *name, size_t size)
{
	name[size - 1] = '\0';
	for (; *name != '\0'; name++) {
		if (*name < ' ' || *name > '~')
			*name = '?';
	}
}

static void
describe(struct plx_tap_reader *reader)
{
	const struct tap_head *head = reader->region.head;

	/* Checked when it was taken, and copied by nobody since: what changed meanwhile is cut down again. */
	reader->source = (struct plx_tap_source){
		.port = head->port,
		.mtu = head->mtu,
		.snaplen = head->snaplen,
	};
	memcpy(reader->source.name, head->name, sizeof(reader->source.name));
	make_printable(reader->source.name, sizeof(reader->source.name));
}

int
plx_tap_reader_create(const int fds[2], struct plx_tap_reader **ret_reader, struct plx_why *why)
{
	struct plx_tap_reader *reader = calloc(1, sizeof(*reader));
	unsigned nb_lanes;
	uint64_t size;
	int ret;

	if (reader == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	ret = tap_region_take(fds, &reader->region, &nb_lanes, &size, why);
	if (ret != 0)
		goto free_reader;
	reader->lanes = aligned_alloc(PLX_CACHE_LINE, nb_lanes * sizeof(*reader->lanes));
	if (reader->lanes == NULL) {
		ret = plx_why(why, -ENOMEM, "out of memory");
		goto free_region;
	}
	describe(reader);
	reader->source.nb_lanes = nb_lanes;
	for (unsigned i = 0; i < nb_lanes; i++)
		reader->lanes[i] = (struct reader_lane){
			.ring = reader->region.rings + i * size,
			.shared = &reader->region.lanes[i],
			.tail = &reader->region.tails->lane[i],
			.size = size,
		};
	*ret_reader = reader;
	return 0;

free_region:
	tap_region_free(&reader->region);
free_reader:
	free(reader);
	return ret;
}

void
plx_tap_reader_destroy(struct plx_tap_reader *reader)
{
	if (reader == NULL)
		return;
	tap_region_free(&reader->region);
	free(reader->lanes);
	free(reader);
}

void
plx_tap_reader_want(struct plx_tap_reader *reader, bool on)
{
	__atomic_store_n(&reader->region.tails->want, on, __ATOMIC_RELEASE);
}

/* -- what is told ------------------------------------------------------------------------------------- */

void
plx_tap_reader_source(const struct plx_tap_reader *reader, struct plx_tap_source *ret_source)
{
	*ret_source = reader->source;
}

enum plx_tap_state
plx_tap_reader_state(const struct plx_tap_reader *reader)
{
	const struct tap_head *head = reader->region.head;

	if (__atomic_load_n(&head->gone, __ATOMIC_ACQUIRE) != 0)
		return PLX_TAP_PORT_GONE;
	return __atomic_load_n(&head->off, __ATOMIC_ACQUIRE) != 0 ? PLX_TAP_SWITCHED_OFF
								  : PLX_TAP_RUNS;
}

void
plx_tap_reader_lane(const struct plx_tap_reader *reader, unsigned lane,
		    struct plx_tap_lane_info *ret_info)
{
	const struct tap_lane_head *shared = reader->lanes[lane].shared;

	*ret_info = (struct plx_tap_lane_info){
		.queue = shared->queue,
		.tx = shared->tx != 0,
		.recorded = __atomic_load_n(&shared->recorded, __ATOMIC_ACQUIRE),
		.filtered = __atomic_load_n(&shared->filtered, __ATOMIC_RELAXED),
		.dropped = __atomic_load_n(&shared->dropped, __ATOMIC_RELAXED),
	};
}

uint64_t
plx_tap_reader_unlaned(const struct plx_tap_reader *reader)
{
	return __atomic_load_n(&reader->region.head->unlaned, __ATOMIC_RELAXED);
}

/* -- packets ------------------------------------------------------------------------------------------ */

static bool
pad_is_sound(const struct reader_lane *lane, uint32_t size, uint64_t there)
{
	return size == lane->size - (lane->read & (lane->size - 1)) && size <= there;
}

static bool
record_is_sound(const struct reader_lane *lane, const struct tap_record *record, uint64_t there)
{
	const uint64_t to_end = lane->size - (lane->read & (lane->size - 1));
	const uint64_t bytes = sizeof(*record) + (uint64_t)record->cap_len;

	return record->kind == TAP_PACKET && (record->size & 7) == 0 && record->size <= there &&
	       record->size <= to_end && bytes <= record->size &&
	       record->cap_len <= record->wire_len;
}

static int
break_off(struct reader_lane *lane)
{
	lane->broken = true;
	return -EPROTO;
}

/* One thread writes; who asks whether something is pending may be another. */
static void
advance(struct reader_lane *lane, uint64_t bytes)
{
	__atomic_store_n(&lane->read, lane->read + bytes, __ATOMIC_RELAXED);
}

/* How much can be read: all of a record or nothing, so never less than a pad. */
static int
bytes_there(const struct reader_lane *lane, uint64_t *ret_there)
{
	const uint64_t head = __atomic_load_n(&lane->shared->head, __ATOMIC_ACQUIRE); /* D */

	*ret_there = head - lane->read;
	return *ret_there > lane->size || (*ret_there & 7) != 0 ? -EPROTO : 0;
}

int
plx_tap_reader_next(struct plx_tap_reader *reader, unsigned number,
		    struct plx_tap_packet *ret_packet)
{
	struct reader_lane *lane = &reader->lanes[number];
	struct tap_record record;
	const uint8_t *at;
	uint64_t there;

	if (lane->broken || bytes_there(lane, &there) != 0)
		return break_off(lane);
	if (there == 0)
		return 0;
	/* Copied, then checked: it is the other's memory. The ring's end is at a multiple of 8. */
	at = lane->ring + (lane->read & (lane->size - 1));
	memcpy(&record, at, 8);
	if (record.kind == TAP_PAD) {
		if (!pad_is_sound(lane, record.size, there))
			return break_off(lane);
		advance(lane, record.size);
		there -= record.size;
		at = lane->ring;
	}
	if (there < sizeof(record) || lane->size - (lane->read & (lane->size - 1)) < sizeof(record))
		return break_off(lane);
	memcpy(&record, at, sizeof(record)); /* E */
	if (!record_is_sound(lane, &record, there))
		return break_off(lane);
	advance(lane, record.size);
	*ret_packet = (struct plx_tap_packet){
		.bytes = at + sizeof(record),
		.cap_len = record.cap_len,
		.wire_len = record.wire_len,
		.time_ns = record.time_ns,
		.ol_flags = record.ol_flags & TAP_FLAGS,
		.hash = record.hash,
		.vlan_tci = record.vlan_tci,
	};
	return 1;
}

void
plx_tap_reader_release(struct plx_tap_reader *reader, unsigned number)
{
	struct reader_lane *lane = &reader->lanes[number];

	__atomic_store_n(&lane->tail->tail, lane->read, __ATOMIC_RELEASE); /* F */
}

/* Not what comes meanwhile: a program that does not care what is wanted would keep us here. */
int
plx_tap_reader_skip(struct plx_tap_reader *reader, unsigned number, uint64_t *ret_packets)
{
	struct reader_lane *lane = &reader->lanes[number];
	const uint64_t there = __atomic_load_n(&lane->shared->head, __ATOMIC_ACQUIRE) - lane->read;
	const uint64_t from = lane->read;
	struct plx_tap_packet packet;
	int ret = 1;

	*ret_packets = 0;
	while (lane->read - from < there && ret == 1) {
		ret = plx_tap_reader_next(reader, number, &packet);
		*ret_packets += ret == 1;
	}
	plx_tap_reader_release(reader, number);
	return ret < 0 ? ret : 0;
}

bool
plx_tap_reader_pending(const struct plx_tap_reader *reader, unsigned number)
{
	const struct reader_lane *lane = &reader->lanes[number];

	return !lane->broken && __atomic_load_n(&lane->shared->head, __ATOMIC_ACQUIRE) !=
					__atomic_load_n(&lane->read, __ATOMIC_RELAXED);
}
