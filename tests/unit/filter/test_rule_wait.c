/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What must wait for readers, with a reader that stands still in the middle of a burst: a plugin's action holds it there until
 * the test lets it go.
 */
#include "rule_priv.h"

#include "rules_fixture.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <time.h>

/* Everything one test and its threads share. */
static struct {
	struct fixture f;
	sem_t inside;
	sem_t leave;
	sem_t done;
	bool freed;	      /* the plugin's memory */
	bool freed_too_early; /* while the action was running */
} stall;

static enum plx_filter_said
stand_still(void *state, const struct plx_filter_packet *packet,
	    struct plx_filter_rules_reader *reader)
{
	sem_post(&stall.inside);
	while (sem_wait(&stall.leave) != 0)
		;
	stall.freed_too_early = __atomic_load_n(&stall.freed, __ATOMIC_SEQ_CST);
	return PLX_FILTER_SAID_DROP;
}

static void
note_free(void *state)
{
	__atomic_store_n(&stall.freed, true, __ATOMIC_SEQ_CST);
}

static const struct plx_filter_plugin staller = {.version = PLX_FILTER_PLUGIN_VERSION,
						 .name = "staller",
						 .handle = stand_still,
						 .free = note_free};

static void *
match_one_packet(void *arg)
{
	match(&stall.f, "udp 10.0.0.1:7 10.0.0.2:8");
	return NULL;
}

static void *
unload(void *arg)
{
	int err = plx_filter_rules_plugin_unload(stall.f.rules, "staller", NULL);

	sem_post(&stall.done);
	return (void *)(intptr_t)err;
}

static void *
come_second(void *arg)
{
	struct plx_filter_rules_reader **ret_reader = arg;
	int err = plx_filter_rules_reader_create(stall.f.rules, ret_reader, NULL);

	sem_post(&stall.done);
	return (void *)(intptr_t)err;
}

/* Returns when a reader stands in a burst. */
static void
begin_burst(pthread_t *ret_thread)
{
	memset(&stall, 0, sizeof(stall));
	sem_init(&stall.inside, 0, 0);
	sem_init(&stall.leave, 0, 0);
	sem_init(&stall.done, 0, 0);
	fixture_open(&stall.f, NULL);
	assert_int_equal(plx_filter_rules_plugin_add(stall.f.rules, &staller, NULL, NULL, NULL), 0);
	load(&stall.f, "10 execute staller\n");
	assert_int_equal(pthread_create(ret_thread, NULL, match_one_packet, NULL), 0);
	while (sem_wait(&stall.inside) != 0)
		;
}

static bool
is_done(void)
{
	int value = 0;

	sem_getvalue(&stall.done, &value);
	return value > 0;
}

/* A quarter of a second is given to what must not happen. */
static bool
is_done_now(void)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += 250000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	while (sem_timedwait(&stall.done, &until) != 0)
		if (errno == ETIMEDOUT)
			return false;
	return true;
}

/* Runs `function` while the reader stands still: it must have begun to wait, and return only after the burst. */
static void
assert_waits(void *(*function)(void *arg), void *arg, pthread_t burst)
{
	uint64_t before = __atomic_load_n(&stall.f.rules->epoch, __ATOMIC_SEQ_CST);
	pthread_t thread;
	void *err = NULL;
	bool done;

	assert_int_equal(pthread_create(&thread, NULL, function, arg), 0);
	while (__atomic_load_n(&stall.f.rules->epoch, __ATOMIC_SEQ_CST) == before && !is_done())
		sched_yield();
	done = is_done_now();
	sem_post(&stall.leave);
	pthread_join(burst, NULL);
	pthread_join(thread, &err);
	assert_false(done);
	assert_null(err);
}

static void
a_plugin_goes_only_when_no_reader_is_inside(void **state)
{
	pthread_t burst;

	begin_burst(&burst);
	load(&stall.f, "");
	assert_waits(unload, NULL, burst);
	assert_true(stall.freed);
	assert_false(stall.freed_too_early);
	fixture_close(&stall.f);
}

/* The first must have seen that it is not alone before both count. */
static void
a_second_reader_comes_when_the_first_has_ended_its_burst(void **state)
{
	struct plx_filter_rules_reader *second = NULL;
	pthread_t burst;

	begin_burst(&burst);
	assert_waits(come_second, &second, burst);
	assert_true(stall.f.rules->shared);
	plx_filter_rules_reader_destroy(second);
	fixture_close(&stall.f);
}

/* What a reader in a burst can see is kept, and freed when the burst is over. */
static void
what_was_replaced_stays_while_a_reader_is_inside(void **state)
{
	struct plx_filter_rules_stats stats;
	pthread_t burst;

	begin_burst(&burst);
	load(&stall.f, "20 drop proto tcp\n");
	plx_filter_rules_service(stall.f.rules, 0);
	plx_filter_rules_stats(stall.f.rules, &stats);
	assert_true(stats.retired > 0);
	sem_post(&stall.leave);
	pthread_join(burst, NULL);
	plx_filter_rules_service(stall.f.rules, 0);
	plx_filter_rules_stats(stall.f.rules, &stats);
	assert_int_equal(stats.retired, 0);
	fixture_close(&stall.f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plugin_goes_only_when_no_reader_is_inside),
		cmocka_unit_test(a_second_reader_comes_when_the_first_has_ended_its_burst),
		cmocka_unit_test(what_was_replaced_stays_while_a_reader_is_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
