/* SPDX-License-Identifier: BSD-3-Clause */
/* A loop is woken, answers and ends, whether it polls or sleeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "loop.h"

#include <pthread.h>
#include <string.h>

static struct loop loop;
static pthread_t runner;

static void *
run(void *arg)
{
	loop_run(&loop);
	return NULL;
}

static void
begin(bool polls)
{
	struct plx_why why = {""};

	memset(&loop, 0, sizeof(loop));
	loop.polls = polls;
	assert_int_equal(loop_init(&loop, &why), 0);
	loop.runs = true;
	assert_int_equal(pthread_create(&runner, NULL, run, NULL), 0);
}

static void
end(void)
{
	loop_end(&loop);
	assert_int_equal(pthread_join(runner, NULL), 0);
	loop_fini(&loop);
}

static void
note_thread(void *arg)
{
	*(pthread_t *)arg = pthread_self();
}

static void
calls_are_made_on_the_loops_thread(bool polls)
{
	pthread_t seen = pthread_self();

	begin(polls);
	for (unsigned i = 0; i < 100; i++) {
		seen = pthread_self();
		loop_call(&loop, note_thread, &seen);
		assert_true(pthread_equal(seen, runner));
	}
	end();
}

static void
a_loop_that_polls_answers(void **state)
{
	calls_are_made_on_the_loops_thread(true);
}

static void
a_loop_that_sleeps_is_woken_and_answers(void **state)
{
	calls_are_made_on_the_loops_thread(false);
}

static void
where_no_loop_runs_a_call_is_made_here(void **state)
{
	pthread_t seen = 0;

	memset(&loop, 0, sizeof(loop));
	loop_call(&loop, note_thread, &seen);
	assert_true(pthread_equal(seen, pthread_self()));
}

static void
an_end_before_the_beginning_is_kept(void **state)
{
	struct plx_why why;

	memset(&loop, 0, sizeof(loop));
	assert_int_equal(loop_init(&loop, &why), 0);
	loop_end(&loop);
	assert_int_equal(loop_run(&loop), 0);
	loop_fini(&loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_loop_that_polls_answers),
		cmocka_unit_test(a_loop_that_sleeps_is_woken_and_answers),
		cmocka_unit_test(where_no_loop_runs_a_call_is_made_here),
		cmocka_unit_test(an_end_before_the_beginning_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
