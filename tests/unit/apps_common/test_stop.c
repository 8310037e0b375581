/* SPDX-License-Identifier: BSD-3-Clause */
#include "stop.h"

#include <pollux/plx_clock.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void
the_first_signal_asks_for_a_stop(void **state)
{
	assert_int_equal(stop_catch(), 0);
	assert_false(stop_requested());
	raise(SIGTERM);
	assert_true(stop_requested());
	assert_int_equal(stop_signal(), SIGTERM);
	stop_release();
	assert_false(stop_requested());
	assert_int_equal(stop_signal(), 0);
}

static void
the_program_itself_may_ask(void **state)
{
	stop_request();
	assert_true(stop_requested());
	assert_int_equal(stop_signal(), 0);
	stop_release();
}

static void
former_dispositions_come_back(void **state)
{
	struct sigaction action;

	signal(SIGINT, SIG_IGN);
	assert_int_equal(stop_catch(), 0);
	raise(SIGINT);
	assert_true(stop_requested());
	stop_release();
	sigaction(SIGINT, NULL, &action);
	assert_true(action.sa_handler == SIG_IGN);
	signal(SIGINT, SIG_DFL);
}

static void
an_ignored_hangup_stays_ignored(void **state)
{
	signal(SIGHUP, SIG_IGN);
	assert_int_equal(stop_catch(), 0);
	raise(SIGHUP);
	assert_false(stop_requested());
	stop_release();
	signal(SIGHUP, SIG_DFL);
}

#define TOO_LATE 9

/* Whoever read what the program prints has gone: what it prints of its end raises the signal again, later. */
static void
a_reader_that_goes_asks_for_a_stop_and_never_kills(void **state)
{
	assert_int_equal(stop_catch(), 0);
	raise(SIGPIPE);
	assert_true(stop_requested());
	assert_int_equal(stop_signal(), SIGPIPE);
	usleep(600000);
	raise(SIGPIPE);
	stop_release();
}

static void
an_ignored_broken_pipe_stays_ignored(void **state)
{
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(stop_catch(), 0);
	raise(SIGPIPE);
	assert_false(stop_requested());
	stop_release();
	signal(SIGPIPE, SIG_DFL);
}

/* A child raises the signal twice, gap_us apart; how it ended. One that had to wait for a processor in between is no answer. */
static int
end_of_child(unsigned gap_us)
{
	int status = 0;

	do {
		const uint64_t begin = plx_clock_monotonic_ns();
		pid_t child = fork();

		if (child == 0) {
			stop_catch();
			raise(SIGINT);
			usleep(gap_us);
			if (plx_clock_monotonic_ns() - begin > gap_us * UINT64_C(1000) + 300000000)
				_exit(TOO_LATE);
			raise(SIGINT);
			_exit(7);
		}
		assert_true(child > 0);
		assert_int_equal(waitpid(child, &status, 0), child);
	} while (WIFEXITED(status) && WEXITSTATUS(status) == TOO_LATE);
	return status;
}

static void
a_second_signal_ends_the_program(void **state)
{
	int status = end_of_child(600000);

	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGINT);
}

static void
two_copies_of_one_signal_are_one_wish(void **state)
{
	int status = end_of_child(0);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_signal_asks_for_a_stop),
		cmocka_unit_test(the_program_itself_may_ask),
		cmocka_unit_test(former_dispositions_come_back),
		cmocka_unit_test(an_ignored_hangup_stays_ignored),
		cmocka_unit_test(a_reader_that_goes_asks_for_a_stop_and_never_kills),
		cmocka_unit_test(an_ignored_broken_pipe_stays_ignored),
		cmocka_unit_test(a_second_signal_ends_the_program),
		cmocka_unit_test(two_copies_of_one_signal_are_one_wish),
	};

	return cmocka_run_group_tests_name("stop", tests, NULL, NULL);
}
