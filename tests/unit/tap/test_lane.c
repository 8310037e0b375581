/* SPDX-License-Identifier: BSD-3-Clause */
/* One lane between the code that fills it and the code that reads it, and what either does to one who lies. */
#include "tap_scene.h"

#include "tap_lane.h"
#include "tap_region.h"

#include <sys/mman.h>
#include <unistd.h>

#define BYTES PLX_TAP_LANE_MIN
#define NOW   UINT64_C(1700000000000000000)

struct both {
	struct tap_region region;
	int fds[2];
	struct tap_lane lane;
	struct plx_tap_reader *reader;
};

static void
begin(struct both *b, const char *filter, uint32_t snaplen)
{
	struct plx_filter *compiled = NULL;

	memset(b, 0, sizeof(*b));
	assert_int_equal(tap_region_make(1, BYTES, &b->region, b->fds, NULL), 0);
	*b->region.head = (struct tap_head){.magic = TAP_MAGIC,
					    .version = TAP_VERSION,
					    .nb_lanes = 1,
					    .lane_bytes = BYTES,
					    .name = "net_x"};
	if (filter != NULL)
		assert_int_equal(plx_filter_compile(filter, PLX_FILTER_SNAPLEN, &compiled, NULL),
				 0);
	b->lane.filter = compiled;
	b->lane.snaplen = snaplen;
	b->lane.ring = b->region.rings;
	b->lane.size = BYTES;
	b->lane.shared = b->region.lanes;
	b->lane.reader = b->region.tails->lane;
	assert_int_equal(tap_lane_init(&b->lane), 0);
	assert_int_equal(plx_tap_reader_create(b->fds, &b->reader, NULL), 0);
}

static void
end(struct both *b)
{
	struct plx_filter *filter = (struct plx_filter *)(uintptr_t)b->lane.filter;

	plx_tap_reader_destroy(b->reader);
	tap_lane_fini(&b->lane);
	plx_filter_destroy(filter);
	tap_region_free(&b->region);
	close(b->fds[0]);
	close(b->fds[1]);
}

/* Stages and commits one packet. */
static void
pass(struct both *b, uint32_t number, uint32_t len, uint16_t part)
{
	struct plx_mbuf *m = scene_packet(number, len, part);

	assert_true(tap_lane_stage(&b->lane, &m, 1, NOW, false));
	tap_lane_commit(&b->lane, 1);
	plx_mbuf_free(m);
}

static uint64_t
dropped(const struct both *b)
{
	struct plx_tap_lane_info info;

	plx_tap_reader_lane(b->reader, 0, &info);
	return info.dropped;
}

static void
packets_of_all_lengths_pass_in_order_and_around_the_end(void **state)
{
	struct plx_tap_packet packet;
	struct both b;
	uint32_t next = 0;

	begin(&b, NULL, BYTES / 2 - 64);
	for (uint32_t i = 0; i < 3000; i++) {
		const uint32_t len = 4 + i * 37 % 1900;

		pass(&b, i, len, 2000);
		if (i % 7 != 0)
			continue;
		while (plx_tap_reader_next(b.reader, 0, &packet) == 1) {
			const uint32_t number = scene_number(&packet);

			assert_int_equal(number, next++);
			assert_int_equal(packet.wire_len, 4 + number * 37 % 1900);
			assert_int_equal(packet.cap_len, packet.wire_len);
			assert_true(packet.time_ns == NOW);
		}
		assert_int_equal(next, i + 1);
		plx_tap_reader_release(b.reader, 0);
	}
	assert_int_equal(dropped(&b), 0);
	assert_true(b.lane.head > 5 * BYTES);
	end(&b);
}

static void
a_full_lane_drops_and_counts_and_takes_again_when_it_was_read(void **state)
{
	struct plx_tap_lane_info info;
	struct plx_tap_packet packet;
	struct both b;
	uint32_t n = 0;

	begin(&b, NULL, 1000000);
	for (uint32_t i = 0; i < 1000; i++)
		pass(&b, i, 1000, 2000);
	plx_tap_reader_lane(b.reader, 0, &info);
	assert_int_equal(info.recorded, BYTES / 1032);
	assert_int_equal(info.recorded + info.dropped, 1000);
	while (plx_tap_reader_next(b.reader, 0, &packet) == 1)
		assert_int_equal(scene_number(&packet), n++);
	assert_int_equal(n, info.recorded);
	/* Read is not released: still full. */
	pass(&b, 5000, 1000, 2000);
	assert_int_equal(dropped(&b), info.dropped + 1);
	plx_tap_reader_release(b.reader, 0);
	pass(&b, 5001, 1000, 2000);
	assert_int_equal(plx_tap_reader_next(b.reader, 0, &packet), 1);
	assert_int_equal(scene_number(&packet), 5001);
	end(&b);
}

static void
chained_packets_are_gathered_for_the_filter_and_for_the_reader(void **state)
{
	struct plx_tap_lane_info info;
	struct plx_tap_packet packet;
	struct both b;

	/* The 301st byte is in the third segment. */
	begin(&b, "ether[300] == 0x2c", 350);
	pass(&b, 1, 500, 128);
	pass(&b, 2, 300, 128);
	assert_int_equal(plx_tap_reader_next(b.reader, 0, &packet), 1);
	assert_int_equal(scene_number(&packet), 1);
	assert_int_equal(packet.cap_len, 350);
	assert_int_equal(packet.wire_len, 500);
	assert_int_equal(plx_tap_reader_next(b.reader, 0, &packet), 0);
	plx_tap_reader_lane(b.reader, 0, &info);
	assert_int_equal(info.filtered, 1);
	assert_int_equal(info.recorded, 1);
	end(&b);
}

static void
an_empty_segment_in_front_hides_nothing(void **state)
{
	struct plx_mbuf *m = plx_mbuf_alloc(pool);
	struct plx_tap_packet packet;
	struct both b;

	begin(&b, NULL, 1000);
	assert_int_equal(plx_mbuf_chain(m, scene_packet(9, 100, 2000)), 0);
	assert_true(tap_lane_stage(&b.lane, &m, 1, NOW, true));
	tap_lane_commit(&b.lane, 1);
	assert_int_equal(plx_tap_reader_next(b.reader, 0, &packet), 1);
	assert_int_equal(packet.cap_len, 100);
	assert_int_equal(scene_number(&packet), 9);
	plx_mbuf_free(m);
	end(&b);
}

/* Of a packet in segments of `part` bytes, as a lane with this filter and snaplen has it. */
static int
tagged(const char *filter, uint32_t snaplen, uint16_t part, bool tx, uint8_t *bytes,
       struct plx_tap_packet *ret)
{
	struct plx_mbuf *m = scene_packet(0x01020304, 100, part);
	struct both b;
	int found;

	begin(&b, filter, snaplen);
	m->ol_flags = tx ? PLX_MBUF_TX_VLAN : PLX_MBUF_RX_VLAN | PLX_MBUF_RX_VLAN_STRIPPED;
	m->vlan_tci = 0xa005;
	assert_true(tap_lane_stage(&b.lane, &m, 1, NOW, tx));
	tap_lane_commit(&b.lane, 1);
	found = plx_tap_reader_next(b.reader, 0, ret);
	if (found == 1)
		memcpy(bytes, ret->bytes, ret->cap_len);
	plx_mbuf_free(m);
	end(&b);
	return found;
}

static void
a_tag_that_the_device_has_is_in_its_place(void **state)
{
	static const uint8_t begins[] = {1,  2,	 3,    4, 4,	5, 6,  7,  8, 9,
					 10, 11, 0x81, 0, 0xa0, 5, 12, 13, 14};
	static const uint16_t parts[] = {2000, 14, 12, 5};
	struct plx_tap_packet packet;
	uint8_t bytes[128];

	for (unsigned i = 0; i < PLX_ARRAY_LEN(parts) * 2; i++) {
		const uint16_t part = parts[i / 2];
		const bool tx = i % 2 == 1;

		assert_int_equal(tagged("vlan 5 and len == 104", 1000, part, tx, bytes, &packet),
				 1);
		assert_int_equal(packet.cap_len, 104);
		assert_int_equal(packet.wire_len, 104);
		assert_int_equal(packet.ol_flags, PLX_MBUF_RX_VLAN);
		assert_int_equal(packet.vlan_tci, 0xa005);
		assert_memory_equal(bytes, begins, sizeof(begins));
		assert_int_equal(bytes[103], 99);
		assert_int_equal(tagged("vlan 6", 1000, part, tx, bytes, &packet), 0);
		for (uint32_t snaplen = 10; snaplen < sizeof(begins); snaplen++) {
			assert_int_equal(tagged(NULL, snaplen, part, tx, bytes, &packet), 1);
			assert_int_equal(packet.cap_len, snaplen);
			assert_int_equal(packet.wire_len, 104);
			assert_memory_equal(bytes, begins, snaplen);
		}
	}
}

static void
a_packet_that_came_cut_keeps_its_length(void **state)
{
	struct plx_mbuf *m = scene_packet(1, 60, 2000);
	struct plx_tap_packet packet;
	struct both b;

	begin(&b, "len == 1500", 50);
	plx_mbuf_set_wire_len(m, 1500);
	assert_true(tap_lane_stage(&b.lane, &m, 1, NOW, false));
	tap_lane_commit(&b.lane, 1);
	assert_int_equal(plx_tap_reader_next(b.reader, 0, &packet), 1);
	assert_int_equal(packet.cap_len, 50);
	assert_int_equal(packet.wire_len, 1500);
	plx_mbuf_free(m);
	end(&b);
}

static void
only_what_was_committed_counts(void **state)
{
	struct plx_mbuf *m[10];
	struct plx_tap_lane_info info;
	struct plx_tap_packet packet;
	struct both b;

	begin(&b, "len != 64", 1000);
	for (uint32_t i = 0; i < 10; i++)
		m[i] = scene_packet(i, i % 3 == 0 ? 64 : 100, 2000);
	assert_true(tap_lane_stage(&b.lane, m, 10, NOW, true));
	tap_lane_commit(&b.lane, 0);
	assert_int_equal(plx_tap_reader_next(b.reader, 0, &packet), 0);
	assert_true(tap_lane_stage(&b.lane, m, 10, NOW, true));
	tap_lane_commit(&b.lane, 5);
	plx_tap_reader_lane(b.reader, 0, &info);
	assert_int_equal(info.filtered, 2); /* 0 and 3 of 0 .. 4 */
	assert_int_equal(info.recorded, 3);
	assert_int_equal(plx_tap_reader_next(b.reader, 0, &packet), 1);
	assert_int_equal(scene_number(&packet), 1);
	assert_int_equal(plx_tap_reader_next(b.reader, 0, &packet), 1);
	assert_int_equal(plx_tap_reader_next(b.reader, 0, &packet), 1);
	assert_int_equal(scene_number(&packet), 4);
	assert_int_equal(plx_tap_reader_next(b.reader, 0, &packet), 0);
	assert_true(tap_lane_stage(&b.lane, m + 5, 5, NOW, true));
	tap_lane_commit(&b.lane, 5);
	assert_int_equal(plx_tap_reader_next(b.reader, 0, &packet), 1);
	assert_int_equal(scene_number(&packet), 5);
	/* Of two that were staged no ten were taken. */
	plx_tap_reader_lane(b.reader, 0, &info);
	assert_int_equal(info.recorded + info.filtered, 10);
	assert_true(tap_lane_stage(&b.lane, m, 2, NOW, true));
	tap_lane_commit(&b.lane, 10);
	plx_tap_reader_lane(b.reader, 0, &info);
	assert_int_equal(info.recorded + info.filtered, 12);
	plx_mbuf_free_bulk(m, 10);
	end(&b);
}

static void
times_flags_and_hash_of_what_was_received_come_along(void **state)
{
	struct plx_mbuf *m = scene_packet(1, 60, 2000);
	struct plx_tap_packet packet;
	struct both b;

	begin(&b, NULL, 1000);
	m->ol_flags = PLX_MBUF_RX_TIMESTAMP | PLX_MBUF_RX_HASH | PLX_MBUF_RX_VLAN |
		      PLX_MBUF_RX_L4_CSUM_GOOD | PLX_MBUF_TX_IPV4;
	m->timestamp = NOW - 5;
	m->hash = 0x12345678;
	m->vlan_tci = 77;
	assert_true(tap_lane_stage(&b.lane, &m, 1, NOW, false));
	tap_lane_commit(&b.lane, 1);
	assert_true(tap_lane_stage(&b.lane, &m, 1, NOW, true));
	tap_lane_commit(&b.lane, 1);
	assert_int_equal(plx_tap_reader_next(b.reader, 0, &packet), 1);
	assert_true(packet.time_ns == NOW - 5);
	assert_int_equal(packet.ol_flags, PLX_MBUF_RX_HASH | PLX_MBUF_RX_VLAN);
	assert_int_equal(packet.hash, 0x12345678);
	assert_int_equal(packet.vlan_tci, 77);
	/* When it was received says nothing about when it was sent. */
	assert_int_equal(plx_tap_reader_next(b.reader, 0, &packet), 1);
	assert_true(packet.time_ns == NOW);
	assert_int_equal(packet.ol_flags, 0);
	/* What a file says of last year is not when it passed. */
	m->timestamp = NOW - UINT64_C(1100000000);
	assert_true(tap_lane_stage(&b.lane, &m, 1, NOW, false));
	tap_lane_commit(&b.lane, 1);
	assert_int_equal(plx_tap_reader_next(b.reader, 0, &packet), 1);
	assert_true(packet.time_ns == NOW);
	m->timestamp = NOW + UINT64_C(1100000000);
	assert_true(tap_lane_stage(&b.lane, &m, 1, NOW, false));
	tap_lane_commit(&b.lane, 1);
	assert_int_equal(plx_tap_reader_next(b.reader, 0, &packet), 1);
	assert_true(packet.time_ns == NOW);
	plx_mbuf_free(m);
	end(&b);
}

/* -- who lies ----------------------------------------------------------------------------------------- */

/* Fills the lane, lies about the tail, and says whether the next packet still gets an answer. */
static bool
believes(uint64_t lie)
{
	struct plx_mbuf *m = scene_packet(1, 1000, 2000);
	struct both b;
	bool ok;

	begin(&b, NULL, 1000000);
	for (uint32_t i = 0; i < BYTES / 1032; i++)
		pass(&b, i, 1000, 2000);
	__atomic_store_n(&b.region.tails->lane[0].tail, lie, __ATOMIC_RELAXED);
	ok = tap_lane_stage(&b.lane, &m, 1, NOW, false);
	plx_mbuf_free(m);
	end(&b);
	return ok;
}

static void
a_tail_that_cannot_be_is_found_out(void **state)
{
	const uint64_t head = BYTES / 1032 * 1032;

	assert_true(believes(0));
	assert_true(believes(8));
	assert_true(believes(head));
	assert_false(believes(head + 8));
	assert_false(believes(4));
	assert_false(believes(UINT64_MAX));
	assert_false(believes(UINT64_MAX - 7));
	assert_false(believes(UINT64_C(1) << 63));
}

static void
a_tail_never_goes_back(void **state)
{
	struct plx_mbuf *m = scene_packet(1, 1000, 2000);
	struct both b;

	begin(&b, NULL, 1000000);
	for (uint32_t i = 0; i < BYTES / 1032; i++)
		pass(&b, i, 1000, 2000);
	b.region.tails->lane[0].tail = b.lane.head;
	for (uint32_t i = 0; i < BYTES / 1032; i++)
		pass(&b, i, 1000, 2000);
	b.region.tails->lane[0].tail = 1032;
	assert_false(tap_lane_stage(&b.lane, &m, 1, NOW, false));
	plx_mbuf_free(m);
	end(&b);
}

static int
answer_to(const struct tap_record *record, uint64_t head)
{
	struct plx_tap_packet packet;
	struct both b;
	int ret;

	begin(&b, NULL, 1000);
	memcpy(b.region.rings, record, sizeof(*record));
	__atomic_store_n(&b.region.lanes[0].head, head, __ATOMIC_RELEASE);
	ret = plx_tap_reader_next(b.reader, 0, &packet);
	if (ret < 0) {
		/* And remains so, whatever is written later. */
		__atomic_store_n(&b.region.lanes[0].head, 0, __ATOMIC_RELEASE);
		assert_int_equal(plx_tap_reader_next(b.reader, 0, &packet), -EPROTO);
		assert_false(plx_tap_reader_pending(b.reader, 0));
	}
	end(&b);
	return ret;
}

static void
a_program_that_writes_nonsense_is_found_out(void **state)
{
	const struct tap_record good = {
		.size = 96, .kind = TAP_PACKET, .wire_len = 60, .cap_len = 60};
	struct tap_record bad = good;

	assert_int_equal(answer_to(&good, 96), 1);
	assert_int_equal(answer_to(&good, 88), -EPROTO);
	assert_int_equal(answer_to(&good, 97), -EPROTO);
	assert_int_equal(answer_to(&good, BYTES + 8), -EPROTO);
	assert_int_equal(answer_to(&good, UINT64_MAX - 7), -EPROTO);
	assert_int_equal(answer_to(&good, 8), -EPROTO);
	bad.cap_len = 65;
	bad.wire_len = 70;
	assert_int_equal(answer_to(&bad, 96), -EPROTO);
	bad.cap_len = UINT32_MAX;
	bad.wire_len = UINT32_MAX;
	assert_int_equal(answer_to(&bad, 96), -EPROTO);
	bad = good;
	bad.wire_len = 59;
	assert_int_equal(answer_to(&bad, 96), -EPROTO);
	bad = good;
	bad.kind = 0;
	assert_int_equal(answer_to(&bad, 96), -EPROTO);
	bad = good;
	bad.size = 0;
	assert_int_equal(answer_to(&bad, 96), -EPROTO);
	bad.size = 94;
	assert_int_equal(answer_to(&bad, 96), -EPROTO);
	bad = (struct tap_record){.kind = TAP_PAD, .size = 96};
	assert_int_equal(answer_to(&bad, 96), -EPROTO);
	bad.size = BYTES;
	assert_int_equal(answer_to(&bad, 96), -EPROTO);
	assert_int_equal(answer_to(&bad, BYTES), -EPROTO); /* nothing behind it */
}

/* A record, then what fills the lane's end, then another record at its beginning; `there` bytes of the last two. */
static int
answer_to_pad(uint32_t size, uint64_t there)
{
	const uint64_t first = BYTES - 136;
	const struct tap_record record = {.size = (uint32_t)first, .kind = TAP_PACKET};
	const struct tap_record good = {
		.size = 96, .kind = TAP_PACKET, .wire_len = 60, .cap_len = 60};
	const struct tap_record pad = {.size = size, .kind = TAP_PAD};
	struct plx_tap_packet packet;
	struct both b;
	int ret;

	begin(&b, NULL, 1000);
	memcpy(b.region.rings, &record, sizeof(record));
	__atomic_store_n(&b.region.lanes[0].head, first, __ATOMIC_RELEASE);
	assert_int_equal(plx_tap_reader_next(b.reader, 0, &packet), 1);
	memcpy(b.region.rings, &good, sizeof(good));
	memcpy(b.region.rings + first, &pad, 8);
	__atomic_store_n(&b.region.lanes[0].head, first + there, __ATOMIC_RELEASE);
	ret = plx_tap_reader_next(b.reader, 0, &packet);
	end(&b);
	return ret;
}

static void
a_pad_that_cannot_be_is_found_out(void **state)
{
	assert_int_equal(answer_to_pad(136, 136 + 96), 1);
	assert_int_equal(answer_to_pad(128, 136 + 96), -EPROTO);
	assert_int_equal(answer_to_pad(144, 136 + 96), -EPROTO);
	assert_int_equal(answer_to_pad(0, 136 + 96), -EPROTO);
	assert_int_equal(answer_to_pad(136, 128), -EPROTO);
	assert_int_equal(answer_to_pad(136, 136), -EPROTO);
	assert_int_equal(answer_to_pad(136, 136 + 88), -EPROTO);
}

static void
what_is_skipped_is_counted_and_gone(void **state)
{
	struct plx_tap_packet packet;
	struct both b;
	uint64_t n;

	begin(&b, NULL, 1000);
	assert_int_equal(plx_tap_reader_skip(b.reader, 0, &n), 0);
	assert_int_equal(n, 0);
	for (uint32_t i = 0; i < 2000; i++) {
		pass(&b, i, 300, 2000);
		pass(&b, i, 400, 2000);
		assert_int_equal(plx_tap_reader_skip(b.reader, 0, &n), 0);
		assert_int_equal(n, 2);
	}
	assert_int_equal(dropped(&b), 0);
	pass(&b, 7, 300, 2000);
	assert_int_equal(plx_tap_reader_next(b.reader, 0, &packet), 1);
	assert_int_equal(scene_number(&packet), 7);
	pass(&b, 8, 300, 2000);
	__atomic_store_n(&b.region.lanes[0].head, b.lane.head + 8, __ATOMIC_RELEASE);
	assert_int_equal(plx_tap_reader_skip(b.reader, 0, &n), -EPROTO);
	assert_int_equal(n, 1);
	end(&b);
}

static void
a_region_that_is_none_is_refused(void **state)
{
	struct plx_tap_reader *reader = NULL;
	struct plx_why why;
	struct both b;
	int swapped[2], loose[2];

	begin(&b, NULL, 1000);
	swapped[0] = b.fds[1];
	swapped[1] = b.fds[0];
	assert_true(plx_tap_reader_create(swapped, &reader, &why) < 0);
	b.region.head->nb_lanes = 2;
	assert_int_equal(plx_tap_reader_create(b.fds, &reader, &why), -EPROTO);
	b.region.head->nb_lanes = 0;
	assert_int_equal(plx_tap_reader_create(b.fds, &reader, &why), -EPROTO);
	b.region.head->nb_lanes = 1;
	b.region.head->lane_bytes = BYTES - 1;
	assert_int_equal(plx_tap_reader_create(b.fds, &reader, &why), -EPROTO);
	b.region.head->lane_bytes = BYTES;
	b.region.head->version++;
	assert_int_equal(plx_tap_reader_create(b.fds, &reader, &why), -EPROTO);
	b.region.head->version--;
	/* Files that could shrink would be the end of us. */
	for (unsigned i = 0; i < 2; i++) {
		loose[i] = memfd_create("loose", 0);
		assert_int_equal(ftruncate(loose[i], (off_t)(i == 0 ? b.region.data_bytes
								    : b.region.tails_bytes)),
				 0);
	}
	assert_int_equal((int)pwrite(loose[0], b.region.head, 4096, 0), 4096);
	assert_int_equal(plx_tap_reader_create(loose, &reader, &why), -EPROTO);
	close(loose[0]);
	close(loose[1]);
	end(&b);
}

static void
a_reader_can_neither_write_nor_resize(void **state)
{
	struct both b;

	begin(&b, NULL, 1000);
	assert_ptr_equal(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, b.fds[0], 0),
			 MAP_FAILED);
	assert_int_equal((int)pwrite(b.fds[0], "x", 1, 0), -1);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_not_equal(ftruncate(b.fds[i], 0), 0);
		assert_int_not_equal(ftruncate(b.fds[i], 1 << 28), 0);
	}
	end(&b);
}

static int
setup(void **state)
{
	return eal_pool_init(&(struct plx_pool_params){.name = "p", .n = 512});
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_of_all_lengths_pass_in_order_and_around_the_end),
		cmocka_unit_test(a_full_lane_drops_and_counts_and_takes_again_when_it_was_read),
		cmocka_unit_test(chained_packets_are_gathered_for_the_filter_and_for_the_reader),
		cmocka_unit_test(an_empty_segment_in_front_hides_nothing),
		cmocka_unit_test(a_tag_that_the_device_has_is_in_its_place),
		cmocka_unit_test(a_packet_that_came_cut_keeps_its_length),
		cmocka_unit_test(only_what_was_committed_counts),
		cmocka_unit_test(times_flags_and_hash_of_what_was_received_come_along),
		cmocka_unit_test(a_tail_that_cannot_be_is_found_out),
		cmocka_unit_test(a_tail_never_goes_back),
		cmocka_unit_test(a_program_that_writes_nonsense_is_found_out),
		cmocka_unit_test(a_pad_that_cannot_be_is_found_out),
		cmocka_unit_test(what_is_skipped_is_counted_and_gone),
		cmocka_unit_test(a_region_that_is_none_is_refused),
		cmocka_unit_test(a_reader_can_neither_write_nor_resize),
	};

	return cmocka_run_group_tests(tests, setup, eal_pool_fini);
}
