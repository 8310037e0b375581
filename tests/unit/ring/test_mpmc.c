/* SPDX-License-Identifier: BSD-3-Clause */
#include "plx_ring_mpmc.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RING   plx_ring_mpmc
#define BITS   32
#define P      _mp
#define C      _mc
#define COMMIT PASTE(plx_ring_mpmc_commit, BITS, , , )
#include "ring_tests.h"
#undef BITS
#define BITS 64
#include "ring_tests.h"
#undef P
#undef C
#define P _sp
#define C _sc
#include "ring_tests.h"
#undef BITS
#define BITS 32
#include "ring_tests.h"

static struct plx_ring_mpmc *
make(uint32_t capacity)
{
	return make_32_mp_mc(capacity);
}

static void
sizes_that_are_no_ring_are_refused(void **state)
{
	static _Alignas(64) uint8_t memory[1024];
	struct plx_ring_mpmc *r = (struct plx_ring_mpmc *)(void *)memory;

	assert_int_equal(plx_ring_mpmc_size(0, 4), 0);
	assert_int_equal(plx_ring_mpmc_size(3, 4), 0);
	assert_int_equal(plx_ring_mpmc_size(16, 5), 0);
	assert_int_equal(plx_ring_mpmc_size(16, 0), 0);
	assert_int_equal(plx_ring_mpmc_size(1u << 31, 4), 0);
	assert_true(plx_ring_mpmc_size(1u << 30, 8) > (9ull << 30));
	assert_int_equal(plx_ring_mpmc_init(r, 3, 4), -EINVAL);
	assert_int_equal(plx_ring_mpmc_init(r, 16, 2), -EINVAL);
	r = (struct plx_ring_mpmc *)(void *)(memory + 8);
	assert_int_equal(plx_ring_mpmc_init(r, 16, 4), -EINVAL);
}

/* Producers may finish in any order; what is behind an unfinished one waits, what is before it does not. */
static void
an_unfinished_reservation_holds_back_only_what_is_behind_it(void **state)
{
	struct plx_ring_mpmc *r = make(16);
	uint32_t *mine, *other, v[16];

	assert_true(plx_ring_mpmc_enqueue32_mp(r, 1));
	assert_int_equal(plx_ring_mpmc_reserve32_mp(r, 2, &mine), 2);
	assert_int_equal(plx_ring_mpmc_reserve32_mp(r, 1, &other), 1);
	other[0] = 4;
	plx_ring_mpmc_commit32(r, other, 1);
	assert_true(plx_ring_mpmc_enqueue32_mp(r, 5));
	assert_int_equal(plx_ring_mpmc_dequeue_bulk32_mc(r, v, 2), 0);
	assert_int_equal(plx_ring_mpmc_dequeue_burst32_mc(r, v, 16), 1);
	assert_int_equal(v[0], 1);
	assert_int_equal(plx_ring_mpmc_dequeue_burst32_mc(r, v, 16), 0);
	assert_int_equal(plx_ring_mpmc_count(r), 4);
	mine[0] = 2;
	mine[1] = 3;
	plx_ring_mpmc_commit32(r, mine, 2);
	assert_int_equal(plx_ring_mpmc_dequeue_burst32_mc(r, v, 16), 4);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(v[i], i + 2);
	destroy_32_mp_mc(r);
}

static void
a_ring_full_of_reservations_answers_at_once(void **state)
{
	struct plx_ring_mpmc *r = make(4);
	uint32_t *slots, v = 7;

	assert_int_equal(plx_ring_mpmc_reserve32_mp(r, 4, &slots), 4);
	assert_false(plx_ring_mpmc_enqueue32_mp(r, v));
	assert_false(plx_ring_mpmc_dequeue32_mc(r, &v));
	assert_int_equal(v, 7);
	destroy_32_mp_mc(r);
}

static void
peeked_elements_stay_until_released(void **state)
{
	struct plx_ring_mpmc *r = make(8);
	const uint32_t *slots;
	uint32_t v[8] = {10, 11, 12, 13, 14, 15, 16, 17};

	assert_int_equal(plx_ring_mpmc_peek32_sc(r, 8, &slots), 0);
	assert_int_equal(plx_ring_mpmc_enqueue_bulk32_mp(r, v, 6), 6);
	assert_int_equal(plx_ring_mpmc_peek32_sc(r, 4, &slots), 4);
	assert_memory_equal(slots, v, 4 * sizeof(v[0]));
	assert_int_equal(plx_ring_mpmc_enqueue_burst32_mp(r, v, 8), 2);
	plx_ring_mpmc_release32_sc(r, 5);
	assert_int_equal(plx_ring_mpmc_enqueue_burst32_mp(r, v, 8), 5);
	/* three up to the end of the slots, then the five in front */
	assert_int_equal(plx_ring_mpmc_peek32_sc(r, 100, &slots), 3);
	assert_int_equal(slots[0], 15);
	assert_int_equal(slots[1], 10);
	plx_ring_mpmc_release32_sc(r, 3);
	assert_int_equal(plx_ring_mpmc_peek32_sc(r, 100, &slots), 5);
	assert_int_equal(slots[4], 14);
	plx_ring_mpmc_release32_sc(r, 5);
	assert_int_equal(plx_ring_mpmc_peek32_sc(r, 100, &slots), 0);
	destroy_32_mp_mc(r);
}

#define RUN(name) failed += cmocka_run_group_tests_name(#name, name, NULL, NULL)

int
main(void)
{
	const struct CMUnitTest cases[] = {
		cmocka_unit_test(sizes_that_are_no_ring_are_refused),
		cmocka_unit_test(an_unfinished_reservation_holds_back_only_what_is_behind_it),
		cmocka_unit_test(a_ring_full_of_reservations_answers_at_once),
		cmocka_unit_test(peeked_elements_stay_until_released),
	};
	int failed = 0;

	RUN(cases);
	RUN(cases_32_mp_mc);
	RUN(cases_64_mp_mc);
	RUN(cases_32_sp_sc);
	RUN(cases_64_sp_sc);
	return failed;
}
