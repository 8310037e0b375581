/* SPDX-License-Identifier: BSD-3-Clause */
/* A master that runs: what others must not do within its round, its end, and what it does when there is nothing to do. */
#include "fds.h"
#include "rig.h"

#include "cluster_priv.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#define LIMIT_S 60

static bool
is_over(time_t end)
{
	sched_yield();
	return time(NULL) > end;
}

/* -- the gate -------------------------------------------------------------------------------------------- */

static struct plx_cluster_slave *slave;

static void *
joins(void *arg)
{
	slave = rig_join(2, 0);
	return NULL;
}

static void *
leaves(void *arg)
{
	plx_cluster_leave(slave);
	return NULL;
}

static void *
sets_spread(void *arg)
{
	const struct plx_cluster_spread spread = {.mode = PLX_CLUSTER_FANOUT};

	assert_int_equal(plx_cluster_set_spread(rig.cluster, &spread, NULL), 0);
	return NULL;
}

static bool
has_joined(void)
{
	return __atomic_load_n(&rig.cluster->present, __ATOMIC_RELAXED) != 0;
}

static bool
has_left(void)
{
	return __atomic_load_n(&rig.cluster->gone, __ATOMIC_RELAXED) != 0;
}

static bool
has_set(void)
{
	return rig.cluster->spread.mode == PLX_CLUSTER_FANOUT;
}

/* The other thread stands before the gate, or has not cared for it. */
static void
happens_behind_the_gate(void *(*does)(void *), bool (*has_done)(void))
{
	const time_t end = time(NULL) + LIMIT_S;
	bool too_soon = false;
	pthread_t thread;

	assert_true(plx_gate_enter(&rig.cluster->gate));
	assert_int_equal(pthread_create(&thread, NULL, does, NULL), 0);
	while (__atomic_load_n(&rig.cluster->gate.open, __ATOMIC_RELAXED) != 0 && !too_soon &&
	       !is_over(end))
		too_soon = has_done();
	too_soon |= has_done();
	plx_gate_leave(&rig.cluster->gate);
	pthread_join(thread, NULL);
	assert_false(too_soon);
	assert_true(has_done());
}

static void
nobody_comes_goes_or_changes_within_a_round(void **state)
{
	rig_make();
	happens_behind_the_gate(joins, has_joined);
	happens_behind_the_gate(sets_spread, has_set);
	happens_behind_the_gate(leaves, has_left);
	rig_poll();
	rig_audit();
}

/* -- its end --------------------------------------------------------------------------------------------- */

static void
an_end_is_for_good(void **state)
{
	struct plx_cluster_stats stats;

	rig.params.nb_tx_ports = 1;
	rig.params.send_thread = true;
	rig_make();
	plx_cluster_break(rig.cluster);
	rig_feed(10);
	for (unsigned i = 0; i < 3; i++) {
		plx_cluster_run(rig.cluster);
		plx_cluster_run_send(rig.cluster);
	}
	plx_cluster_stats(rig.cluster, &stats);
	assert_int_equal(stats.received, 0);
	rig_poll(); /* which may be done by hand all the same */
	plx_cluster_stats(rig.cluster, &stats);
	assert_int_equal(stats.received, 10);
}

/* -- half of it ------------------------------------------------------------------------------------------ */

/* How many more descriptors this program may open. */
static void
allow_fds(unsigned more)
{
	static struct rlimit before;
	struct rlimit now;
	int next = 0;

	if (before.rlim_cur == 0)
		assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	now = before;
	if (more != UINT32_MAX) {
		for (unsigned found = 0; found <= more; next++)
			found += fcntl(next, F_GETFD) < 0;
		now.rlim_cur = (rlim_t)next - 1;
	}
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);
}

/* With so few descriptors that it fails here or there, nothing of it is left. */
static void
what_was_half_made_is_taken_back(void **state)
{
	const unsigned before = open_fds();
	struct plx_cluster_slave_params params = {.place = 0};
	unsigned failed = 0;
	int ret = -1;

	rig.params.nb_tx_ports = 1;
	rig.params.send_thread = true;
	for (unsigned more = 0; ret != 0 && more < 16; more++) {
		struct plx_cluster *cluster = NULL;

		allow_fds(more);
		ret = plx_cluster_create(&rig.params, &cluster, NULL);
		allow_fds(UINT32_MAX);
		failed += ret != 0;
		plx_cluster_destroy(cluster);
		assert_int_equal(open_fds(), before);
	}
	assert_int_equal(ret, 0);
	assert_in_range(failed, 2, 15); /* for its bell, and for the pool of headers */
	rig_make();
	failed = 0;
	ret = -1;
	for (unsigned more = 0; ret != 0 && more < 16; more++) {
		const unsigned there = open_fds();

		allow_fds(more);
		ret = plx_cluster_join(rig.cluster, &params, &slave, NULL);
		allow_fds(UINT32_MAX);
		failed += ret != 0;
		if (ret != 0)
			assert_int_equal(open_fds(), there);
		rig_audit();
	}
	assert_int_equal(ret, 0);
	assert_in_range(failed, 2, 15); /* for its lane, and for its bell */
	rig_feed(5);
	rig_poll();
	assert_int_equal(rig_drink(slave), 5);
	plx_cluster_leave(slave);
}

/* -- asleep ---------------------------------------------------------------------------------------------- */

static void *
run_master(void *cluster)
{
	plx_cluster_run(cluster);
	return NULL;
}

/* Nobody rings when something was given back: the master looks. */
static void
a_master_asleep_under_pressure_goes_on(void **state)
{
	const time_t end = time(NULL) + LIMIT_S;
	pthread_t master;
	uint32_t got = 0;

	rig.params.queue_len = 8;
	rig.params.overflow = PLX_CLUSTER_PRESSURE;
	rig_make();
	slave = rig_join(0, PLX_CLUSTER_SLAVE_PASSIVE);
	rig_feed(300);
	plx_idle_set_policy(PLX_IDLE_SLEEP);
	assert_int_equal(pthread_create(&master, NULL, run_master, rig.cluster), 0);
	while (got < 300 && !is_over(end)) {
		usleep(2000); /* so that it lies down before each */
		got += rig_drink(slave);
	}
	plx_cluster_break(rig.cluster);
	pthread_join(master, NULL);
	plx_idle_set_policy(PLX_IDLE_POLL);
	assert_int_equal(got, 300);
	rig_poll();
	rig_audit();
	plx_cluster_leave(slave);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(nobody_comes_goes_or_changes_within_a_round),
		RIG_TEST(an_end_is_for_good),
		RIG_TEST(what_was_half_made_is_taken_back),
		RIG_TEST(a_master_asleep_under_pressure_goes_on),
	};

	return cmocka_run_group_tests(tests, rig_init, rig_fini);
}
