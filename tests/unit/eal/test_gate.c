/* SPDX-License-Identifier: BSD-3-Clause */
/* A gate that is closed keeps the other thread out, however fast it knocks. */
#include <setjmp.h>
#include <stdarg.h>
#include <time.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plx_gate.h"

#include <pthread.h>
#include <sched.h>

#define ROUNDS	2000
#define SECONDS 20 /* the longest that the other thread may take to come by, on a busy machine */

static struct {
	struct plx_gate gate;
	uint32_t stop;
	uint64_t shared; /* plain: only who has the gate may touch it */
	uint64_t passed, refused;
} t;

static void *
pass(void *arg)
{
	while (__atomic_load_n(&t.stop, __ATOMIC_RELAXED) == 0) {
		if (plx_gate_enter(&t.gate)) {
			t.shared++;
			t.shared++;
			plx_gate_leave(&t.gate);
			__atomic_fetch_add(&t.passed, 1, __ATOMIC_RELAXED);
		} else {
			__atomic_fetch_add(&t.refused, 1, __ATOMIC_RELAXED);
			sched_yield();
		}
	}
	return NULL;
}

/* The other thread found the gate open, and closed. */
static bool
saw_both(void)
{
	return __atomic_load_n(&t.passed, __ATOMIC_RELAXED) > 0 &&
	       __atomic_load_n(&t.refused, __ATOMIC_RELAXED) > 0;
}

static void
what_lies_behind_a_closed_gate_is_ours(void **state)
{
	time_t end = time(NULL) + SECONDS;
	uint64_t rounds = 0;
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, pass, NULL), 0);
	for (; rounds < ROUNDS || (!saw_both() && time(NULL) < end); rounds++) {
		uint64_t before;

		plx_gate_open(&t.gate);
		sched_yield();
		plx_gate_close(&t.gate);
		before = t.shared;
		assert_int_equal(before % 2, 0);
		t.shared += 2;
		sched_yield();
		assert_int_equal(t.shared, before + 2);
	}
	__atomic_store_n(&t.stop, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	assert_true(t.passed > 0);
	assert_true(t.refused > 0);
	assert_int_equal(t.shared, 2 * (t.passed + rounds));
}

static void
a_zeroed_gate_is_closed_and_may_be_closed_again(void **state)
{
	struct plx_gate gate = {0};

	assert_false(plx_gate_enter(&gate));
	plx_gate_close(&gate);
	plx_gate_open(&gate);
	assert_true(plx_gate_enter(&gate));
	plx_gate_leave(&gate);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_lies_behind_a_closed_gate_is_ours),
		cmocka_unit_test(a_zeroed_gate_is_closed_and_may_be_closed_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
