/* SPDX-License-Identifier: BSD-3-Clause */
#include "plx_idle.h"

#include "idle_priv.h"
#include "plx_clock.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#define ROUNDS 400 /* empty ones, until any policy waits */

static void
run_empty(struct plx_idle *idle, unsigned rounds)
{
	for (unsigned i = 0; i < rounds; i++)
		plx_idle_round(idle, 0);
}

static struct plx_idle
start(enum plx_idle_policy policy)
{
	struct plx_idle idle;

	plx_idle_set_policy(policy);
	plx_idle_init(&idle);
	assert_int_equal(idle.policy, policy);
	return idle;
}

static void
without_lcores_the_policy_is_to_poll(void **state)
{
	plx_idle_set_policy(PLX_IDLE_SLEEP);
	plx_idle_unset_policy();
	assert_int_equal(plx_idle_policy(), PLX_IDLE_POLL);
}

static void
polling_and_yielding_never_sleep(void **state)
{
	struct plx_idle idle = start(PLX_IDLE_POLL);

	run_empty(&idle, 10000);
	assert_int_equal(idle.slept_ns, 0);
	idle = start(PLX_IDLE_YIELD);
	run_empty(&idle, 10000);
	assert_int_equal(idle.slept_ns, 0);
}

static void
sleep_comes_after_a_while_of_polling_only(void **state)
{
	struct plx_idle idle = start(PLX_IDLE_SLEEP);

	plx_idle_add_fd(&idle, -1);
	run_empty(&idle, 100);
	assert_int_equal(idle.slept_ns, 0);
	run_empty(&idle, ROUNDS);
	assert_true(idle.slept_ns > 0);
}

static void
work_starts_the_while_anew(void **state)
{
	struct plx_idle idle = start(PLX_IDLE_SLEEP);

	for (int i = 0; i < 10; i++) {
		run_empty(&idle, 100);
		plx_idle_round(&idle, 1);
		assert_int_equal(idle.empty, 0);
	}
	assert_int_equal(idle.slept_ns, 0);
}

static void
a_quiet_fd_is_waited_for_ten_milliseconds_at_most(void **state)
{
	struct plx_idle idle = start(PLX_IDLE_SLEEP);
	uint64_t before;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(plx_idle_add_fd(&idle, fds[0]), 0);
	while (idle.slept_ns == 0)
		plx_idle_round(&idle, 0);
	before = idle.slept_ns;
	plx_idle_round(&idle, 0);
	assert_true(idle.slept_ns - before >= 9000000);
	/* Not asserted from above but for a wait that would never end: others use this machine too. */
	assert_true(idle.slept_ns - before < 30000000000);
	close(fds[0]);
	close(fds[1]);
}

static void
a_readable_fd_wakes_at_once(void **state)
{
	struct plx_idle idle = start(PLX_IDLE_SLEEP);
	uint64_t shortest = UINT64_MAX;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(plx_idle_add_fd(&idle, fds[0]), 0);
	assert_int_equal(write(fds[1], "x", 1), 1);
	run_empty(&idle, ROUNDS);
	for (int i = 0; i < 20; i++) {
		uint64_t before = idle.slept_ns;

		plx_idle_round(&idle, 0);
		if (idle.slept_ns - before < shortest)
			shortest = idle.slept_ns - before;
	}
	assert_true(shortest < 1000000);
	close(fds[0]);
	close(fds[1]);
}

static void
a_dead_fd_does_not_make_it_spin(void **state)
{
	struct plx_idle idle = start(PLX_IDLE_SLEEP);
	uint64_t before;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(plx_idle_add_fd(&idle, fds[0]), 0);
	close(fds[1]);
	run_empty(&idle, ROUNDS);
	before = idle.slept_ns;
	plx_idle_round(&idle, 0);
	assert_true(idle.slept_ns - before >= 90000);
	close(fds[0]);
}

static void
a_blind_source_keeps_sleeps_short(void **state)
{
	struct plx_idle idle = start(PLX_IDLE_SLEEP);
	uint64_t shortest = UINT64_MAX;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(plx_idle_add_fd(&idle, fds[0]), 0);
	assert_int_equal(plx_idle_add_fd(&idle, -1), 0);
	run_empty(&idle, ROUNDS);
	for (int i = 0; i < 20; i++) {
		uint64_t before = idle.slept_ns;

		plx_idle_round(&idle, 0);
		if (idle.slept_ns - before < shortest)
			shortest = idle.slept_ns - before;
	}
	assert_in_range(shortest, 90000, 5000000);
	close(fds[0]);
	close(fds[1]);
}

static void
too_many_fds_count_as_blind(void **state)
{
	struct plx_idle idle = start(PLX_IDLE_SLEEP);

	for (int i = 0; i < PLX_IDLE_FDS_MAX; i++)
		assert_int_equal(plx_idle_add_fd(&idle, 0), 0);
	assert_false(idle.blind);
	assert_int_equal(plx_idle_add_fd(&idle, 0), -ENOSPC);
	assert_true(idle.blind);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_lcores_the_policy_is_to_poll),
		cmocka_unit_test(polling_and_yielding_never_sleep),
		cmocka_unit_test(sleep_comes_after_a_while_of_polling_only),
		cmocka_unit_test(work_starts_the_while_anew),
		cmocka_unit_test(a_quiet_fd_is_waited_for_ten_milliseconds_at_most),
		cmocka_unit_test(a_readable_fd_wakes_at_once),
		cmocka_unit_test(a_dead_fd_does_not_make_it_spin),
		cmocka_unit_test(a_blind_source_keeps_sleeps_short),
		cmocka_unit_test(too_many_fds_count_as_blind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
