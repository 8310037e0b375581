/* SPDX-License-Identifier: BSD-3-Clause */
#include "patience.h"
#include "plx_eal.h"
#include "plx_driver.h"
#include "plx_event.h"
#include "plx_lcore.h"
#include "plx_zone.h"

#include "folder.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#define ARGS_MAX 32

/* Splits a line at blanks into argv, as each init changes it. */
struct line {
	char text[512];
	char *argv[ARGS_MAX + 1];
	int argc;
};

static void
split(struct line *line, const char *text)
{
	char *save;

	snprintf(line->text, sizeof(line->text), "%s", text);
	line->argc = 0;
	for (char *word = strtok_r(line->text, " ", &save); word != NULL;
	     word = strtok_r(NULL, " ", &save)) {
		assert_in_range(line->argc, 0, ARGS_MAX - 1);
		line->argv[line->argc++] = word;
	}
	line->argv[line->argc] = NULL;
}

static int
init(const char *text, struct plx_why *why)
{
	struct line line;

	split(&line, text);
	return plx_eal_init(line.argc, line.argv, why);
}

/* A thread that was joined may stand in /proc a moment longer; one that is left stands there for good. */
static void
assert_threads(unsigned expected)
{
	WAIT_UNTIL(folder_entries("/proc/self/task") == expected);
	assert_int_equal(folder_entries("/proc/self/task"), expected);
}

/* Mappings of our memory, by the name of the memfds. */
static unsigned
zone_maps(void)
{
	FILE *file = fopen("/proc/self/maps", "re");
	char row[512];
	unsigned n = 0;

	assert_non_null(file);
	while (fgets(row, sizeof(row), file) != NULL)
		n += strstr(row, "memfd:plx:") != NULL;
	fclose(file);
	return n;
}

/* A driver that takes any device but those whose arguments say "fail". */
static int probed;

static int
dummy_probe(struct plx_device *dev, struct plx_why *why)
{
	if (strcmp(dev->args, "fail") == 0)
		return plx_why(why, -EIO, "told to fail");
	probed++;
	return 0;
}

static void
dummy_remove(struct plx_device *dev)
{
	probed--;
}

static const struct plx_driver dummy = {
	.api = PLX_DRIVER_API,
	.bus = PLX_BUS_VDEV,
	.name = "net_dummy",
	.about = "nothing",
	.probe = dummy_probe,
	.remove = dummy_remove,
};

static void
the_application_goes_on_behind_the_two_dashes(void **state)
{
	struct plx_why why;
	struct line line;
	int n;

	split(&line, "/bin/prog --no-huge -l 0 -- -i --burst=3");
	n = plx_eal_init(line.argc, line.argv, &why);
	assert_int_equal(n, 4);
	assert_int_equal(line.argc - n, 3);
	assert_string_equal(line.argv[n], "/bin/prog");
	assert_string_equal(line.argv[n + 1], "-i");
	assert_int_equal(plx_eal_cleanup(), 0);

	split(&line, "prog --no-huge");
	n = plx_eal_init(line.argc, line.argv, &why);
	assert_int_equal(line.argc - n, 1);
	assert_string_equal(line.argv[n], "prog");
	assert_null(line.argv[n + 1]);
	assert_int_equal(plx_eal_cleanup(), 0);

	split(&line, "prog");
	assert_int_equal(plx_eal_init(line.argc, line.argv, &why), 0);
	assert_int_equal(plx_eal_cleanup(), 0);
}

static void
a_second_init_is_refused_and_a_second_cleanup_too(void **state)
{
	struct plx_why why;

	assert_int_equal(plx_eal_cleanup(), -EALREADY);
	assert_true(init("prog --no-huge -l 0", &why) >= 0);
	assert_int_equal(init("prog --no-huge -l 0", &why), -EALREADY);
	assert_non_null(strstr(why.text, "plx_eal_cleanup"));
	assert_int_equal(plx_eal_cleanup(), 0);
	assert_int_equal(plx_eal_cleanup(), -EALREADY);
}

static void *
clean_up(void *arg)
{
	*(int *)arg = plx_eal_cleanup();
	return NULL;
}

static void
another_thread_cannot_clean_up(void **state)
{
	pthread_t thread;
	int ret = 0;

	assert_true(init("prog --no-huge -l 0", NULL) >= 0);
	assert_int_equal(pthread_create(&thread, NULL, clean_up, &ret), 0);
	pthread_join(thread, NULL);
	assert_int_equal(ret, -EPERM);
	assert_int_equal(plx_eal_cleanup(), 0);
}

static void
help_is_no_failure_and_does_nothing(void **state)
{
	unsigned before = folder_entries("/proc/self/task");
	struct plx_why why;

	assert_int_equal(init("prog -l 0 -h", &why), -ECANCELED);
	assert_int_equal(init("prog --help", &why), -ECANCELED);
	assert_threads(before);
	assert_int_equal(plx_eal_cleanup(), -EALREADY);
}

static int
touch_zone(void *arg)
{
	return 0;
}

static void
a_hundred_lives_leave_nothing_behind(void **state)
{
	const struct plx_zone *zone;
	cpu_set_t before, after;
	unsigned fds, tasks;

	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	fds = folder_entries("/proc/self/fd");
	tasks = folder_entries("/proc/self/task");
	for (int i = 0; i < 100; i++) {
		struct plx_why why = {""};

		assert_int_equal(plx_driver_add(&dummy, &why), 0);
		if (init("prog --no-huge --lcores (0-3)@0 --vdev net_dummy0,a=b -- -x", &why) < 0)
			fail_msg("life %d: %s", i, why.text);
		assert_int_equal(plx_lcore_count(), 4);
		assert_int_equal(probed, 1);
		assert_int_equal(plx_zone_reserve("left", 5000, PLX_NODE_ANY, &zone, &why), 0);
		assert_int_equal(plx_lcore_launch_all(touch_zone, NULL, false), 0);
		assert_int_equal(plx_eal_cleanup(), 0);
		assert_int_equal(probed, 0);
		assert_null(plx_driver_at(0));
	}
	assert_int_equal(folder_entries("/proc/self/fd"), fds);
	assert_threads(tasks);
	assert_int_equal(zone_maps(), 0);
	assert_int_equal(sched_getaffinity(0, sizeof(after), &after), 0);
	assert_true(CPU_EQUAL(&before, &after));
}

static void
each_failing_start_says_why_and_leaves_nothing(void **state)
{
	static const struct {
		const char *line;
		int ret;
		const char *text;
	} cases[] = {
		{"prog -l 0-1000", -EINVAL, "too high"},
		{"prog -l 0,99", -EINVAL, "CPU 99"},
		{"prog -l 0 --main-lcore 3", -EINVAL, "lcore 3"},
		{"prog --main-lcore 127", -EINVAL, "lcore 127"},
		{"prog -l 0 --log-level nonsense", -EINVAL, "--log-level"},
		{"prog -l 0 -d /nonexistent.so", -ENOENT, "/nonexistent.so"},
		{"prog -l 0 -d /proc/self/status", -ENOEXEC, "/proc/self/status"},
		{"prog --lcores (0-3)@0 --vdev net_dummy0 --vdev net_dummy1,fail", -EIO,
		 "net_dummy1: told to fail"},
		{"prog -l 0 --vdev net_dummy0 --vdev net_dummy0", -EEXIST, "net_dummy0"},
		{"prog -l 0 --vdev net_nothing0", -ENODEV, "net_dummy"},
		{"prog -l 0 --vdev ,x", -EINVAL, ""},
		{"prog -l 0 -a 7f:1f.7", -ENODEV,
		 "device 0000:7f:1f.7: there is no such PCI device"},
		{"prog -o out.pcap", -EINVAL, "-- -o"},
	};
	unsigned fds = folder_entries("/proc/self/fd"), tasks = folder_entries("/proc/self/task");

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct plx_why why = {""};

		assert_int_equal(plx_driver_add(&dummy, &why), 0);
		if (init(cases[i].line, &why) != cases[i].ret)
			fail_msg("%s: %s", cases[i].line, why.text);
		if (why.text[0] == '\0' || strstr(why.text, cases[i].text) == NULL)
			fail_msg("%s: '%s' lacks '%s'", cases[i].line, why.text, cases[i].text);
		assert_int_equal(probed, 0);
		assert_int_equal(plx_lcore_count(), 0);
		assert_int_equal(plx_lcore_id(), PLX_LCORE_NONE);
		assert_null(plx_device_at(0));
		assert_string_equal(plx_eal_prefix(), "");
		/* What the program itself added stays until a cleanup. */
		assert_ptr_equal(plx_driver_at(0), &dummy);
		assert_true(init("prog -l 0 --no-huge", NULL) >= 0);
		assert_int_equal(plx_eal_cleanup(), 0);
	}
	assert_int_equal(folder_entries("/proc/self/fd"), fds);
	assert_threads(tasks);
}

static atomic_int signalled;

static void
on_signal(void *arg, int signo)
{
	atomic_fetch_add(&signalled, 1);
	/* As a program does that wants a second Ctrl-C to kill it. */
	plx_event_remove(*(plx_event_id *)arg);
}

static atomic_int handled;

static void
former_handler(int signo)
{
	atomic_fetch_add(&handled, 1);
}

static void
wait_for(atomic_int *value)
{
	WAIT_UNTIL(atomic_load(value) != 0);
	assert_int_equal(atomic_load(value), 1);
}

static void
a_signal_passes_the_main_lcore_by_and_comes_to_a_callback(void **state)
{
	struct sigaction former = {.sa_handler = former_handler}, before, now;
	static plx_event_id id;
	sigset_t mask;

	sigaction(SIGUSR1, &former, &before);
	assert_true(init("prog --no-huge --lcores (0-1)@0", NULL) >= 0);
	assert_int_equal(plx_event_signal_add(SIGUSR1, on_signal, &id, &id), 0);
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	assert_true(sigismember(&mask, SIGUSR1));
	kill(getpid(), SIGUSR1);
	wait_for(&signalled);
	assert_int_equal(atomic_load(&handled), 0);
	/* The callback is gone, so the former handler has it again, before the cleanup too. */
	while (plx_event_remove(id) != -ENOENT)
		;
	kill(getpid(), SIGUSR1);
	wait_for(&handled);
	assert_int_equal(atomic_load(&signalled), 1);
	assert_int_equal(plx_eal_cleanup(), 0);
	sigaction(SIGUSR1, &before, &now);
	assert_true(now.sa_handler == former_handler);
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	assert_false(sigismember(&mask, SIGUSR1));
}

/* Each step that opens something fails once, from the first to the last. */
static void
a_start_without_enough_fds_fails_at_any_step_without_a_trace(void **state)
{
	unsigned fds = folder_entries("/proc/self/fd"), tasks = folder_entries("/proc/self/task"),
		 failed = 0;
	struct rlimit before, now;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	now = before;
	for (unsigned limit = 3; limit < 40; limit++) {
		struct plx_why why = {""};
		int ret;

		assert_int_equal(plx_driver_add(&dummy, NULL), 0);
		now.rlim_cur = limit;
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);
		ret = init("prog --no-huge --lcores (0-1)@0 --iova-mode va --vdev net_dummy0",
			   &why);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
		if (ret < 0) {
			failed++;
			assert_true(why.text[0] != '\0');
			assert_int_equal(ret, -EMFILE);
			assert_true(init("prog -l 0", NULL) >= 0);
		}
		assert_int_equal(plx_eal_cleanup(), 0);
		assert_int_equal(folder_entries("/proc/self/fd"), fds);
		assert_threads(tasks);
	}
	assert_in_range(failed, 2, 36);
}

static void
the_prefix_tells_programs_apart(void **state)
{
	char expected[64];

	assert_true(init("/usr/bin/prog -l 0", NULL) >= 0);
	snprintf(expected, sizeof(expected), "prog-%d", (int)getpid());
	assert_string_equal(plx_eal_prefix(), expected);
	assert_int_equal(plx_eal_cleanup(), 0);
	assert_true(init("prog -l 0 --file-prefix left", NULL) >= 0);
	assert_string_equal(plx_eal_prefix(), "left");
	assert_int_equal(plx_eal_cleanup(), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_application_goes_on_behind_the_two_dashes),
		cmocka_unit_test(a_second_init_is_refused_and_a_second_cleanup_too),
		cmocka_unit_test(another_thread_cannot_clean_up),
		cmocka_unit_test(help_is_no_failure_and_does_nothing),
		cmocka_unit_test(a_hundred_lives_leave_nothing_behind),
		cmocka_unit_test(each_failing_start_says_why_and_leaves_nothing),
		cmocka_unit_test(a_signal_passes_the_main_lcore_by_and_comes_to_a_callback),
		cmocka_unit_test(a_start_without_enough_fds_fails_at_any_step_without_a_trace),
		cmocka_unit_test(the_prefix_tells_programs_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
