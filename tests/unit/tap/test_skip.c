/* SPDX-License-Identifier: BSD-3-Clause */
/* A program that writes faster than its reader can skip: each look at a record finds one more behind it. */
#include <string.h>

static void *copied(void *to, const void *from, size_t n);

/* Between two looks of the reader at its lane is where the program writes. */
#define memcpy copied
#include "tap_reader.c"
#undef memcpy

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define RECORD	 64
#define RECORDS	 64
#define MORE_MAX 10000

static struct tap_lane_head head;
static struct tap_tail tail;
static uint8_t ring[RECORD * RECORDS];
static unsigned more;

static void *
copied(void *to, const void *from, size_t n)
{
	if (n == sizeof(struct tap_record) && more < MORE_MAX) {
		more++;
		head.head += RECORD;
	}
	return memcpy(to, from, n);
}

static void
only_what_was_there_is_skipped(void **state)
{
	const struct tap_record record = {
		.size = RECORD, .kind = TAP_PACKET, .wire_len = 8, .cap_len = 8};
	struct reader_lane lane = {
		.shared = &head, .tail = &tail, .ring = ring, .size = sizeof(ring)};
	struct plx_tap_reader reader = {.lanes = &lane};
	uint64_t n;

	for (unsigned i = 0; i < RECORDS; i++)
		memcpy(ring + (size_t)i * RECORD, &record, sizeof(record));
	head.head = 3 * RECORD;
	assert_int_equal(plx_tap_reader_skip(&reader, 0, &n), 0);
	assert_int_equal(n, 3);
	assert_int_equal(tail.tail, 3 * RECORD);
	assert_int_equal(plx_tap_reader_skip(&reader, 0, &n), 0);
	assert_int_equal(n, 3); /* those that came meanwhile */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(only_what_was_there_is_skipped)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
