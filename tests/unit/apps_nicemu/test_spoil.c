/* SPDX-License-Identifier: BSD-3-Clause */
/* A wire that loses, damages and delays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "spoil.h"

#include <errno.h>
#include <string.h>

static struct spoil
fresh(void)
{
	return (struct spoil){0};
}

static void
nothing_is_wrong_at_first(void **state)
{
	struct spoil s = fresh();
	uint8_t bytes[64] = {0};

	spoil_init(&s, 1);
	assert_false(spoil_is_on(&s));
	assert_false(spoil_drops(&s));
	assert_false(spoil_corrupts(&s, bytes, sizeof(bytes)));
	assert_null(spoil_due(&s, UINT64_MAX));
	spoil_fini(&s);
}

static void
each_nth_frame_is_lost(void **state)
{
	struct spoil s = fresh();

	spoil_init(&s, 1);
	s.drop = 3;
	assert_true(spoil_is_on(&s));
	for (unsigned i = 1; i <= 9; i++)
		assert_int_equal(spoil_drops(&s), i % 3 == 0);
	s.drop = 1;
	assert_true(spoil_drops(&s));
	assert_true(spoil_drops(&s));
	spoil_fini(&s);
}

static unsigned
bits_of(const uint8_t *bytes, size_t len)
{
	unsigned n = 0;

	for (size_t i = 0; i < len; i++)
		n += (unsigned)__builtin_popcount(bytes[i]);
	return n;
}

static void
each_nth_frame_has_one_bit_turned_and_not_always_the_same(void **state)
{
	uint8_t bytes[64] = {0}, before[64] = {0};
	unsigned other = 0;
	struct spoil s = fresh();

	spoil_init(&s, 1);
	s.corrupt = 2;
	for (unsigned i = 1; i <= 20; i++) {
		memset(bytes, 0, sizeof(bytes));
		assert_int_equal(spoil_corrupts(&s, bytes, sizeof(bytes)), i % 2 == 0);
		assert_int_equal(bits_of(bytes, sizeof(bytes)), i % 2 == 0);
		if (i % 2 != 0)
			continue;
		other += memcmp(before, bytes, sizeof(bytes)) != 0;
		memcpy(before, bytes, sizeof(bytes));
	}
	assert_true(other >= 8);
	assert_false(spoil_corrupts(&s, bytes, 0));
	spoil_fini(&s);
}

static int
hold(struct spoil *s, const char *first, const char *second, uint64_t now)
{
	union {
		const char *in;
		char *out;
	} a = {first}, b = {second};
	const struct iovec parts[] = {{a.out, strlen(first)}, {b.out, strlen(second)}};
	const struct plx_e1000_model_frame frame = {.parts = parts,
						    .nb_parts = 2,
						    .len = strlen(first) + strlen(second),
						    .csum_start = 34};

	return spoil_hold(s, &frame, now);
}

static void
late_frames_go_on_in_order_when_they_are_due(void **state)
{
	struct spoil s = fresh();
	struct held *held;

	spoil_init(&s, 1);
	s.delay_ns = 100;
	assert_int_equal(hold(&s, "fir", "st", 1000), 0);
	s.delay_ns = 0;
	assert_int_equal(hold(&s, "second", "", 1001), 0);
	assert_true(spoil_is_on(&s));
	assert_int_equal(spoil_next_ns(&s), 1100);
	/* The second is due, but behind the first. */
	assert_null(spoil_due(&s, 1099));
	held = spoil_due(&s, 1100);
	assert_non_null(held);
	assert_int_equal(held->frame.len, 5);
	assert_int_equal(held->frame.nb_parts, 1);
	assert_int_equal(held->frame.csum_start, 34);
	assert_memory_equal(held->bytes, "first", 5);
	assert_ptr_equal(held->frame.parts[0].iov_base, held->bytes);
	spoil_release(&s);
	held = spoil_due(&s, 1100);
	assert_memory_equal(held->bytes, "second", 6);
	spoil_release(&s);
	assert_null(spoil_due(&s, UINT64_MAX));
	assert_int_equal(spoil_next_ns(&s), UINT64_MAX);
	assert_false(spoil_is_on(&s));
	assert_int_equal(hold(&s, "third", "", 1), 0);
	assert_int_equal(s.nb_held, 1);
	spoil_fini(&s);
	assert_int_equal(s.nb_held, 0);
}

static void
there_is_a_limit_to_late_frames(void **state)
{
	struct spoil s = fresh();

	spoil_init(&s, 1);
	for (unsigned i = 0; i < SPOIL_HELD_MAX; i++)
		assert_int_equal(hold(&s, "x", "", 0), 0);
	assert_int_equal(hold(&s, "x", "", 0), -ENOBUFS);
	assert_int_equal(s.nb_held, SPOIL_HELD_MAX);
	spoil_fini(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_wrong_at_first),
		cmocka_unit_test(each_nth_frame_is_lost),
		cmocka_unit_test(each_nth_frame_has_one_bit_turned_and_not_always_the_same),
		cmocka_unit_test(late_frames_go_on_in_order_when_they_are_due),
		cmocka_unit_test(there_is_a_limit_to_late_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
