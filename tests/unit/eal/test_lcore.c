/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore_priv.h"

#include "plx_eal.h"
#include "plx_idle.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static cpu_set_t allowed;
static unsigned first_cpu;

static void
start(const char *lcores, uint32_t main_lcore)
{
	struct plx_lcore_map map;
	struct plx_why why = {""};

	if (plx_lcore_map_parse(&map, lcores, &why) != 0 ||
	    plx_lcore_start(&map, main_lcore, &why) != 0)
		fail_msg("%s: %s", lcores, why.text);
}

/* Four lcores on the first CPU there is: more than any machine has to have. */
static int
four_on_one_cpu(void **state)
{
	char text[32];

	snprintf(text, sizeof(text), "(0,2,5-6)@%u", first_cpu);
	start(text, 2);
	return 0;
}

static int
stop(void **state)
{
	plx_lcore_stop();
	return 0;
}

static void
lcores_are_walked_in_order(void **state)
{
	uint32_t all[8], workers[8];
	unsigned nb_all = 0, nb_workers = 0;

	PLX_LCORE_FOREACH(lcore)
		all[nb_all++] = lcore;
	PLX_LCORE_FOREACH_WORKER(lcore)
		workers[nb_workers++] = lcore;
	assert_int_equal(plx_lcore_count(), 4);
	assert_int_equal(nb_all, 4);
	assert_memory_equal(all, ((const uint32_t[]){0, 2, 5, 6}), 4 * sizeof(uint32_t));
	assert_int_equal(nb_workers, 3);
	assert_memory_equal(workers, ((const uint32_t[]){0, 5, 6}), 3 * sizeof(uint32_t));
	assert_int_equal(plx_lcore_main(), 2);
	assert_int_equal(plx_lcore_id(), 2);
	assert_true(plx_lcore_enabled(6));
	assert_false(plx_lcore_enabled(1));
	assert_false(plx_lcore_enabled(PLX_LCORE_NONE));
	assert_true(plx_lcore_oversubscribed());
	assert_int_equal(plx_idle_policy(), PLX_IDLE_YIELD);
}

static void
cpus_and_nodes_are_told(void **state)
{
	cpu_set_t set;

	assert_int_equal(plx_lcore_cpuset(5, &set), 0);
	assert_int_equal(CPU_COUNT(&set), 1);
	assert_true(CPU_ISSET(first_cpu, &set));
	assert_int_equal(plx_lcore_cpuset(1, &set), -EINVAL);
	assert_true(plx_lcore_node(5) >= -1);
	assert_int_equal(plx_lcore_node(1), -1);
}

struct seen {
	uint32_t lcore;
	bool pinned;
	bool signals_blocked;
	char name[16];
};

static int
look_around(void *arg)
{
	struct seen *seen = (struct seen *)arg + plx_lcore_id();
	cpu_set_t set;
	sigset_t mask;

	seen->lcore = plx_lcore_id();
	sched_getaffinity(0, sizeof(set), &set);
	seen->pinned = CPU_COUNT(&set) == 1 && CPU_ISSET(first_cpu, &set);
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	seen->signals_blocked = sigismember(&mask, SIGINT) && !sigismember(&mask, SIGSEGV);
	pthread_getname_np(pthread_self(), seen->name, sizeof(seen->name));
	return 40 + (int)plx_lcore_id();
}

static void
workers_know_themselves_and_are_pinned(void **state)
{
	struct seen seen[8];

	memset(seen, 0, sizeof(seen));
	assert_int_equal(plx_lcore_launch_all(look_around, seen, true), 0);
	assert_int_equal(plx_lcore_wait(5), 45);
	assert_int_equal(plx_lcore_wait(6), 46);
	assert_int_equal(plx_lcore_wait(2), 42);
	assert_int_equal(plx_lcore_wait(0), 40);
	PLX_LCORE_FOREACH(lcore) {
		assert_int_equal(seen[lcore].lcore, lcore);
		assert_true(seen[lcore].pinned);
	}
	PLX_LCORE_FOREACH_WORKER(lcore)
		assert_true(seen[lcore].signals_blocked);
	assert_string_equal(seen[6].name, "plx-lcore-6");
}

static atomic_bool go_on;

static int
wait_for_go(void *arg)
{
	while (!atomic_load(&go_on))
		sched_yield();
	return arg != NULL ? *(int *)arg : 0;
}

static void
a_worker_goes_from_wait_to_running_to_finished(void **state)
{
	int result = -7;

	atomic_store(&go_on, false);
	assert_int_equal(plx_lcore_state(5), PLX_LCORE_WAIT);
	assert_int_equal(plx_lcore_launch(wait_for_go, &result, 5), 0);
	assert_int_equal(plx_lcore_state(5), PLX_LCORE_RUNNING);
	assert_int_equal(plx_lcore_launch(wait_for_go, &result, 5), -EBUSY);
	assert_int_equal(plx_lcore_launch_all(look_around, NULL, false), -EBUSY);
	assert_int_equal(plx_lcore_state(6), PLX_LCORE_WAIT);
	atomic_store(&go_on, true);
	while (plx_lcore_state(5) != PLX_LCORE_FINISHED)
		sched_yield();
	assert_int_equal(plx_lcore_launch(wait_for_go, &result, 5), -EBUSY);
	assert_int_equal(plx_lcore_wait(5), -7);
	assert_int_equal(plx_lcore_state(5), PLX_LCORE_WAIT);
	assert_int_equal(plx_lcore_wait(5), 0);
	assert_int_equal(plx_lcore_launch(wait_for_go, NULL, 5), 0);
	assert_int_equal(plx_lcore_wait(5), 0);
}

static void
only_workers_take_work(void **state)
{
	assert_int_equal(plx_lcore_launch(look_around, NULL, 2), -EINVAL);
	assert_int_equal(plx_lcore_launch(look_around, NULL, 1), -EINVAL);
	assert_int_equal(plx_lcore_launch(look_around, NULL, PLX_LCORE_NONE), -EINVAL);
	assert_int_equal(plx_lcore_launch(NULL, NULL, 5), -EINVAL);
	assert_int_equal(plx_lcore_wait(1), -EINVAL);
}

static int
fail_on_five(void *arg)
{
	return plx_lcore_id() == 5 ? -5 : 0;
}

static void
the_first_failure_is_what_waiting_for_all_tells(void **state)
{
	struct seen seen[8];

	for (int i = 0; i < 50; i++) {
		assert_int_equal(plx_lcore_launch_all(fail_on_five, NULL, true), 0);
		assert_int_equal(plx_lcore_wait_all(), -5);
		assert_int_equal(plx_lcore_wait_all(), 0);
	}
	/* A result of the main lcore that nobody collects is no hindrance. */
	assert_int_equal(plx_lcore_launch_all(look_around, seen, true), 0);
	PLX_LCORE_FOREACH_WORKER(lcore)
		plx_lcore_wait(lcore);
	assert_int_equal(plx_lcore_launch_all(look_around, seen, true), 0);
	plx_lcore_wait_all();
}

/* Walks the table, which must stay whole until the last function has returned. */
static int
count_up(void *arg)
{
	for (unsigned i = 0; i < 250 * plx_lcore_id(); i++) {
		unsigned seen = 0;

		PLX_LCORE_FOREACH(lcore)
			seen++;
		atomic_fetch_add((atomic_int *)arg, seen == 4);
		sched_yield();
	}
	return 0;
}

static void
stopping_waits_for_what_runs(void **state)
{
	atomic_int count = 0;
	cpu_set_t now;

	four_on_one_cpu(NULL);
	assert_int_equal(plx_lcore_launch_all(count_up, &count, false), 0);
	plx_lcore_stop();
	assert_int_equal(atomic_load(&count), 250 * (0 + 5 + 6));
	assert_int_equal(plx_lcore_count(), 0);
	assert_int_equal(plx_lcore_id(), PLX_LCORE_NONE);
	assert_int_equal(plx_lcore_next(PLX_LCORE_NONE, false), PLX_LCORE_NONE);
	assert_int_equal(plx_lcore_launch_all(count_up, &count, true), -EINVAL);
	assert_int_equal(plx_lcore_wait_all(), 0);
	assert_int_equal(sched_getaffinity(0, sizeof(now), &now), 0);
	assert_true(CPU_EQUAL(&now, &allowed));
}

/* CPU 1023 is beyond what this machine has: the kernel refuses to start a thread there. */
static void
a_cpu_that_is_not_there_fails_without_a_trace(void **state)
{
	struct plx_lcore_map map;
	struct plx_why why = {""};
	char text[64];
	cpu_set_t now;

	if (CPU_ISSET(1023, &allowed))
		return;
	snprintf(text, sizeof(text), "(0-2)@%u,3@1023", first_cpu);
	assert_int_equal(plx_lcore_map_parse(&map, text, NULL), 0);
	assert_true(plx_lcore_start(&map, 0, &why) < 0);
	assert_non_null(strstr(why.text, "lcore 3"));
	assert_int_equal(plx_lcore_count(), 0);
	assert_true(plx_lcore_start(&map, 3, &why) < 0);
	assert_non_null(strstr(why.text, "main lcore"));
	assert_int_equal(sched_getaffinity(0, sizeof(now), &now), 0);
	assert_true(CPU_EQUAL(&now, &allowed));
}

#define FOUR(f) cmocka_unit_test_setup_teardown(f, four_on_one_cpu, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FOUR(lcores_are_walked_in_order),
		FOUR(cpus_and_nodes_are_told),
		FOUR(workers_know_themselves_and_are_pinned),
		FOUR(a_worker_goes_from_wait_to_running_to_finished),
		FOUR(only_workers_take_work),
		FOUR(the_first_failure_is_what_waiting_for_all_tells),
		cmocka_unit_test(stopping_waits_for_what_runs),
		cmocka_unit_test(a_cpu_that_is_not_there_fails_without_a_trace),
	};

	if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
		return 1;
	first_cpu = (unsigned)plx_cpuset_first(&allowed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
