/* SPDX-License-Identifier: BSD-3-Clause */
#include "plx_ring_spsc.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RING plx_ring_spsc
#define P
#define C
#define COMMIT(r, slots, n) plx_ring_spsc_commit(r, n)
#define BITS		    32
#include "ring_tests.h"
#undef BITS
#define BITS 64
#include "ring_tests.h"

static void
sizes_that_are_no_ring_are_refused(void **state)
{
	static _Alignas(64) uint8_t memory[1024];
	struct plx_ring_spsc *r = (struct plx_ring_spsc *)(void *)memory;

	assert_int_equal(plx_ring_spsc_size(0, 4), 0);
	assert_int_equal(plx_ring_spsc_size(48, 8), 0);
	assert_int_equal(plx_ring_spsc_size(16, 16), 0);
	assert_int_equal(plx_ring_spsc_size(1u << 31, 8), 0);
	assert_true(plx_ring_spsc_size(1u << 30, 8) > (8ull << 30));
	assert_int_equal(plx_ring_spsc_init(r, 5, 8), -EINVAL);
	assert_int_equal(plx_ring_spsc_init(r, 16, 1), -EINVAL);
	r = (struct plx_ring_spsc *)(void *)(memory + 4);
	assert_int_equal(plx_ring_spsc_init(r, 16, 4), -EINVAL);
}

static void
part_of_a_reservation_may_be_committed(void **state)
{
	struct plx_ring_spsc *r = make_64(8);
	uint64_t *slots, v[8];

	assert_int_equal(plx_ring_spsc_reserve64(r, 6, &slots), 6);
	for (uint32_t i = 0; i < 6; i++)
		slots[i] = i;
	plx_ring_spsc_commit(r, 2);
	assert_int_equal(plx_ring_spsc_dequeue_burst64(r, v, 8), 2);
	assert_int_equal(v[1], 1);
	assert_int_equal(plx_ring_spsc_reserve64(r, 100, &slots), 6);
	assert_int_equal(slots[0], 2);
	destroy_64(r);
}

static void
peeked_elements_stay_until_released(void **state)
{
	struct plx_ring_spsc *r = make_64(8);
	const uint64_t *slots;
	uint64_t v[8] = {10, 11, 12, 13, 14, 15, 16, 17};

	assert_int_equal(plx_ring_spsc_peek64(r, 8, &slots), 0);
	assert_int_equal(plx_ring_spsc_enqueue_bulk64(r, v, 6), 6);
	assert_int_equal(plx_ring_spsc_peek64(r, 4, &slots), 4);
	assert_memory_equal(slots, v, 4 * sizeof(v[0]));
	assert_int_equal(plx_ring_spsc_enqueue_burst64(r, v, 8), 2);
	plx_ring_spsc_release(r, 5);
	assert_int_equal(plx_ring_spsc_enqueue_burst64(r, v, 8), 5);
	/* three up to the end of the slots, then the five in front */
	assert_int_equal(plx_ring_spsc_peek64(r, 100, &slots), 3);
	assert_int_equal(slots[0], 15);
	assert_int_equal(slots[1], 10);
	plx_ring_spsc_release(r, 3);
	assert_int_equal(plx_ring_spsc_peek64(r, 100, &slots), 5);
	assert_int_equal(slots[4], 14);
	plx_ring_spsc_release(r, 5);
	assert_int_equal(plx_ring_spsc_peek64(r, 100, &slots), 0);
	destroy_64(r);
}

#define RUN(name) failed += cmocka_run_group_tests_name(#name, name, NULL, NULL)

int
main(void)
{
	const struct CMUnitTest cases[] = {
		cmocka_unit_test(sizes_that_are_no_ring_are_refused),
		cmocka_unit_test(part_of_a_reservation_may_be_committed),
		cmocka_unit_test(peeked_elements_stay_until_released),
	};
	int failed = 0;

	RUN(cases);
	RUN(cases_32);
	RUN(cases_64);
	return failed;
}
