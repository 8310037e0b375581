/* SPDX-License-Identifier: BSD-3-Clause */
#include "event_priv.h"

#include "patience.h"
#include "plx_clock.h"
#include "plx_lcore.h"

#include "folder.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cmocka.h>

static atomic_int calls;
static atomic_int last;
static atomic_bool inside, let_out;
static plx_event_id own_id;
static int remove_result;

static unsigned fds_before;

static int
start(void **state)
{
	cpu_set_t cpus;
	struct plx_why why;

	atomic_store(&calls, 0);
	atomic_store(&last, 0);
	atomic_store(&inside, false);
	atomic_store(&let_out, false);
	fds_before = folder_entries("/proc/self/fd");
	sched_getaffinity(0, sizeof(cpus), &cpus);
	return plx_event_start(&cpus, &why);
}

static int
stop(void **state)
{
	plx_event_stop();
	return folder_entries("/proc/self/fd") == fds_before ? 0 : -1;
}

static void
wait_until(atomic_int *value, int at_least)
{
	WAIT_UNTIL(atomic_load(value) >= at_least);
	if (atomic_load(value) < at_least)
		fail_msg("waited for %d, got %d", at_least, atomic_load(value));
}

static void
on_fd(void *arg, int fd, uint32_t events)
{
	char c;

	if ((events & EPOLLIN) != 0 && read(fd, &c, 1) == 1)
		atomic_store(&last, c);
	atomic_fetch_add(&calls, 1);
}

static void
a_readable_fd_calls_back(void **state)
{
	plx_event_id id, other;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(plx_event_fd_add(fds[0], EPOLLIN, on_fd, NULL, &id), 0);
	assert_int_not_equal(id, 0);
	assert_int_equal(plx_event_fd_add(fds[0], EPOLLIN, on_fd, NULL, &other), -EEXIST);
	assert_int_equal(write(fds[1], "a", 1), 1);
	wait_until(&calls, 1);
	assert_int_equal(atomic_load(&last), 'a');
	assert_int_equal(plx_event_remove(id), 0);
	assert_int_equal(plx_event_remove(id), -ENOENT);
	assert_int_equal(write(fds[1], "b", 1), 1);
	usleep(20000);
	assert_int_equal(atomic_load(&calls), 1);
	close(fds[0]);
	close(fds[1]);
}

static void
on_alarm(void *arg)
{
	atomic_fetch_add(&calls, 1);
}

static void
alarms_ring_once_or_again_and_again(void **state)
{
	plx_event_id once, periodic;
	int rung;

	assert_int_equal(plx_event_alarm_add(0, 0, on_alarm, NULL, &once), 0);
	wait_until(&calls, 1);
	usleep(20000);
	assert_int_equal(atomic_load(&calls), 1);
	assert_int_equal(plx_event_remove(once), -ENOENT);
	assert_int_equal(plx_event_alarm_add(1000, 1000, on_alarm, NULL, &periodic), 0);
	wait_until(&calls, 5);
	assert_int_equal(plx_event_remove(periodic), 0);
	rung = atomic_load(&calls);
	usleep(20000);
	assert_int_equal(atomic_load(&calls), rung);
}

static void
an_alarm_never_rings_early(void **state)
{
	uint64_t start_ns = plx_clock_monotonic_ns();

	assert_int_equal(plx_event_alarm_add(30000, 0, on_alarm, NULL, NULL), 0);
	wait_until(&calls, 1);
	assert_true(plx_clock_monotonic_ns() - start_ns >= 30000000);
}

static void
remove_itself(void *arg)
{
	remove_result = plx_event_remove(own_id);
	atomic_fetch_add(&calls, 1);
}

static void
a_callback_may_remove_itself(void **state)
{
	assert_int_equal(plx_event_alarm_add(2000, 2000, remove_itself, NULL, &own_id), 0);
	wait_until(&calls, 1);
	usleep(20000);
	assert_int_equal(atomic_load(&calls), 1);
	assert_int_equal(remove_result, 0);
	assert_int_equal(plx_event_remove(own_id), -ENOENT);
}

static void
add_another(void *arg)
{
	plx_event_alarm_add(0, 0, on_alarm, NULL, NULL);
}

static void
a_callback_may_add_another(void **state)
{
	assert_int_equal(plx_event_alarm_add(0, 0, add_another, NULL, NULL), 0);
	wait_until(&calls, 1);
}

static void
stay_inside(void *arg)
{
	atomic_store(&inside, true);
	while (!atomic_load(&let_out))
		usleep(500);
	usleep(10000);
	atomic_fetch_add(&calls, 1);
}

static void *
let_it_out(void *arg)
{
	usleep(20000);
	atomic_store(&let_out, true);
	return NULL;
}

static void
removing_waits_for_a_callback_that_runs(void **state)
{
	pthread_t thread;
	plx_event_id id;

	assert_int_equal(plx_event_alarm_add(0, 1000, stay_inside, NULL, &id), 0);
	while (!atomic_load(&inside))
		usleep(500);
	assert_int_equal(pthread_create(&thread, NULL, let_it_out, NULL), 0);
	assert_int_equal(plx_event_remove(id), 0);
	assert_int_equal(atomic_load(&calls), 1);
	pthread_join(thread, NULL);
	usleep(20000);
	assert_int_equal(atomic_load(&calls), 1);
}

static atomic_int handled;

static void
former_handler(int signo)
{
	atomic_fetch_add(&handled, 1);
}

static void
on_signal(void *arg, int signo)
{
	atomic_store(&last, signo);
	atomic_fetch_add(&calls, 1);
}

static void
a_signal_calls_every_callback_and_then_its_former_handler_again(void **state)
{
	struct sigaction former = {.sa_handler = former_handler}, before;
	plx_event_id one, two;

	sigaction(SIGUSR1, &former, &before);
	assert_int_equal(plx_event_signal_add(SIGUSR1, on_signal, NULL, &one), 0);
	assert_int_equal(plx_event_signal_add(SIGUSR1, on_signal, NULL, &two), 0);
	kill(getpid(), SIGUSR1);
	wait_until(&calls, 2);
	assert_int_equal(atomic_load(&last), SIGUSR1);
	assert_int_equal(plx_event_remove(one), 0);
	kill(getpid(), SIGUSR1);
	wait_until(&calls, 3);
	assert_int_equal(atomic_load(&handled), 0);
	assert_int_equal(plx_event_remove(two), 0);
	kill(getpid(), SIGUSR1);
	wait_until(&handled, 1);
	assert_int_equal(atomic_load(&calls), 3);
	sigaction(SIGUSR1, &before, NULL);
}

static void
a_program_is_told_to_end_by_either_signal(void **state)
{
	const int signals[] = {SIGINT, SIGTERM};

	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(plx_event_stop_catch(), 0);
		assert_false(plx_event_stopped());
		assert_int_equal(kill(getpid(), signals[i]), 0);
		WAIT_UNTIL(plx_event_stopped());
		assert_true(plx_event_stopped());
	}
}

static void
signals_that_cannot_be_answered_are_refused(void **state)
{
	assert_int_equal(plx_event_signal_add(SIGKILL, on_signal, NULL, NULL), -EINVAL);
	assert_int_equal(plx_event_signal_add(SIGSEGV, on_signal, NULL, NULL), -EINVAL);
	assert_int_equal(plx_event_signal_add(0, on_signal, NULL, NULL), -EINVAL);
	assert_int_equal(plx_event_signal_add(1000, on_signal, NULL, NULL), -EINVAL);
	assert_int_equal(plx_event_signal_add(SIGUSR1, NULL, NULL, NULL), -EINVAL);
	assert_int_equal(plx_event_fd_add(-1, EPOLLIN, on_fd, NULL, NULL), -EBADF);
	assert_int_equal(plx_event_alarm_add(1, 0, NULL, NULL, NULL), -EINVAL);
	assert_int_equal(plx_event_remove(0), -ENOENT);
	assert_int_equal(plx_event_remove(123456), -ENOENT);
}

static void
without_a_control_thread_nothing_is_added(void **state)
{
	unsigned fds = folder_entries("/proc/self/fd");
	plx_event_id id;

	assert_int_equal(plx_event_alarm_add(1, 0, on_alarm, NULL, &id), -ENODEV);
	assert_int_equal(folder_entries("/proc/self/fd"), fds);
	assert_int_equal(plx_event_signal_add(SIGUSR1, on_signal, NULL, &id), -ENODEV);
	assert_int_equal(plx_event_fd_add(0, EPOLLIN, on_fd, NULL, &id), -ENODEV);
	assert_int_equal(plx_event_remove(1), -ENOENT);
}

struct hammer {
	plx_event_id id;
	atomic_int in_use;
};

static void
use(void *arg)
{
	struct hammer *hammer = arg;

	atomic_fetch_add(&hammer->in_use, 1);
	atomic_fetch_add(&calls, 1);
	atomic_fetch_sub(&hammer->in_use, 1);
}

static void *
add_and_remove(void *arg)
{
	for (int i = 0; i < 300; i++) {
		struct hammer hammer = {.in_use = 0};

		if (plx_event_alarm_add(0, 50, use, &hammer, &hammer.id) != 0)
			continue;
		if (i % 3 == 0)
			sched_yield();
		plx_event_remove(hammer.id);
		/* The argument dies here: a sanitizer sees a callback that still used it. */
		if (atomic_load(&hammer.in_use) != 0)
			atomic_store(&last, -1);
	}
	return NULL;
}

static void
threads_that_add_and_remove_never_see_a_late_callback(void **state)
{
	pthread_t threads[3];

	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, add_and_remove, NULL), 0);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(atomic_load(&last), 0);
}

#define EVENT_TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		EVENT_TEST(a_readable_fd_calls_back),
		EVENT_TEST(alarms_ring_once_or_again_and_again),
		EVENT_TEST(an_alarm_never_rings_early),
		EVENT_TEST(a_callback_may_remove_itself),
		EVENT_TEST(a_callback_may_add_another),
		EVENT_TEST(removing_waits_for_a_callback_that_runs),
		EVENT_TEST(a_signal_calls_every_callback_and_then_its_former_handler_again),
		EVENT_TEST(a_program_is_told_to_end_by_either_signal),
		EVENT_TEST(signals_that_cannot_be_answered_are_refused),
		EVENT_TEST(threads_that_add_and_remove_never_see_a_late_callback),
		cmocka_unit_test(without_a_control_thread_nothing_is_added),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
