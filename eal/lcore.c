/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lcores and the work they are given. A worker sleeps on its condition variable until there is a function
 * for it; launching is slow path, so nothing here spins.
 */
#include "lcore_priv.h"

#include "thread_priv.h"

#include <errno.h>
#include <numa.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

struct lcore {
	cpu_set_t cpus;
	bool enabled;
	bool stopping; /* under lock */
	int node;
	int result; /* under lock */
	plx_lcore_fn fn;
	void *arg;
	/* Written under lock; read without by plx_lcore_state, which needs no order with other data. */
	_Atomic enum plx_lcore_state state;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
};

PLX_THREAD_HOT uint32_t plx_lcore_self = PLX_LCORE_NONE;

static struct {
	struct lcore lcore[PLX_LCORE_MAX];
	unsigned count;
	uint32_t main;
	bool oversubscribed;
	cpu_set_t cpus_before; /* of the main thread */
} all = {.main = PLX_LCORE_NONE};

static struct lcore *
worker(uint32_t number)
{
	if (!plx_lcore_enabled(number) || number == all.main)
		return NULL;
	return &all.lcore[number];
}

static void
set_state(struct lcore *lcore, enum plx_lcore_state state)
{
	atomic_store_explicit(&lcore->state, state, memory_order_release);
	pthread_cond_broadcast(&lcore->changed);
}

static enum plx_lcore_state
get_state(struct lcore *lcore)
{
	return atomic_load_explicit(&lcore->state, memory_order_acquire);
}

static void *
worker_loop(void *arg)
{
	struct lcore *lcore = arg;

	plx_lcore_self = (uint32_t)(lcore - all.lcore);
	pthread_mutex_lock(&lcore->lock);
	for (;;) {
		int result;

		while (get_state(lcore) != PLX_LCORE_RUNNING && !lcore->stopping)
			pthread_cond_wait(&lcore->changed, &lcore->lock);
		if (lcore->stopping)
			break;
		pthread_mutex_unlock(&lcore->lock);
		result = lcore->fn(lcore->arg);
		pthread_mutex_lock(&lcore->lock);
		lcore->result = result;
		set_state(lcore, PLX_LCORE_FINISHED);
	}
	pthread_mutex_unlock(&lcore->lock);
	return NULL;
}

static void
lcore_init(uint32_t number, const cpu_set_t *cpus)
{
	struct lcore *lcore = &all.lcore[number];

	memset(lcore, 0, sizeof(*lcore));
	lcore->cpus = *cpus;
	lcore->enabled = true;
	lcore->node = numa_available() < 0 ? -1 : numa_node_of_cpu(plx_cpuset_first(cpus));
	pthread_mutex_init(&lcore->lock, NULL);
	pthread_cond_init(&lcore->changed, NULL);
	all.count++;
}

static void
lcore_fini(struct lcore *lcore)
{
	pthread_cond_destroy(&lcore->changed);
	pthread_mutex_destroy(&lcore->lock);
	lcore->enabled = false;
	all.count--;
}

static int
start_worker(uint32_t number, const cpu_set_t *cpus, struct plx_why *why)
{
	char name[24];
	int ret;

	lcore_init(number, cpus);
	snprintf(name, sizeof(name), "plx-lcore-%u", number);
	ret = plx_thread_start(&all.lcore[number].thread, name, cpus, worker_loop,
			       &all.lcore[number]);
	if (ret == 0)
		return 0;
	lcore_fini(&all.lcore[number]);
	snprintf(name, sizeof(name), "lcore %u", number);
	return plx_thread_pin_why(why, ret, name, cpus);
}

static void
stop_worker(struct lcore *lcore)
{
	pthread_mutex_lock(&lcore->lock);
	while (get_state(lcore) == PLX_LCORE_RUNNING)
		pthread_cond_wait(&lcore->changed, &lcore->lock);
	lcore->stopping = true;
	pthread_cond_broadcast(&lcore->changed);
	pthread_mutex_unlock(&lcore->lock);
	pthread_join(lcore->thread, NULL);
	lcore_fini(lcore);
}

static void
stop_workers(void)
{
	PLX_LCORE_FOREACH_WORKER(number)
		stop_worker(&all.lcore[number]);
}

static int
start_main(uint32_t number, const cpu_set_t *cpus, struct plx_why *why)
{
	int ret = plx_thread_pin(cpus);

	if (ret != 0)
		return plx_thread_pin_why(why, ret, "the main lcore", cpus);
	lcore_init(number, cpus);
	all.main = number;
	plx_lcore_self = number;
	return 0;
}

static void
stop_main(void)
{
	lcore_fini(&all.lcore[all.main]);
	all.main = PLX_LCORE_NONE;
	plx_lcore_self = PLX_LCORE_NONE;
	plx_thread_pin(&all.cpus_before);
}

int
plx_lcore_start(const struct plx_lcore_map *map, uint32_t main_lcore, struct plx_why *why)
{
	int ret;

	ret = plx_thread_cpus(&all.cpus_before, why);
	if (ret != 0)
		return ret;
	all.oversubscribed = plx_lcore_map_oversubscribed(map);
	ret = start_main(main_lcore, &map->cpus[main_lcore], why);
	if (ret != 0)
		return ret;
	for (uint32_t number = 0; number < PLX_LCORE_MAX; number++) {
		if (number == main_lcore || !plx_lcore_map_has(map, number))
			continue;
		ret = start_worker(number, &map->cpus[number], why);
		if (ret != 0)
			goto stop_started;
	}
	return 0;

stop_started:
	stop_workers();
	stop_main();
	return ret;
}

void
plx_lcore_stop(void)
{
	/* All before any: a running one may still walk the table. */
	plx_lcore_wait_all();
	stop_workers();
	stop_main();
}

unsigned
plx_lcore_count(void)
{
	return all.count;
}

uint32_t
plx_lcore_main(void)
{
	return all.main;
}

bool
plx_lcore_enabled(uint32_t lcore)
{
	return lcore < PLX_LCORE_MAX && all.lcore[lcore].enabled;
}

uint32_t
plx_lcore_next(uint32_t lcore, bool skip_main)
{
	/* PLX_LCORE_NONE wraps to 0: the start. */
	for (lcore++; lcore < PLX_LCORE_MAX; lcore++)
		if (all.lcore[lcore].enabled && !(skip_main && lcore == all.main))
			return lcore;
	return PLX_LCORE_NONE;
}

int
plx_lcore_cpuset(uint32_t lcore, cpu_set_t *ret_set)
{
	if (!plx_lcore_enabled(lcore))
		return -EINVAL;
	*ret_set = all.lcore[lcore].cpus;
	return 0;
}

int
plx_lcore_node(uint32_t lcore)
{
	return plx_lcore_enabled(lcore) ? all.lcore[lcore].node : -1;
}

bool
plx_lcore_oversubscribed(void)
{
	return all.oversubscribed;
}

int
plx_lcore_launch(plx_lcore_fn fn, void *arg, uint32_t number)
{
	struct lcore *lcore = worker(number);
	int ret = 0;

	if (lcore == NULL || fn == NULL)
		return -EINVAL;
	pthread_mutex_lock(&lcore->lock);
	if (get_state(lcore) != PLX_LCORE_WAIT) {
		ret = -EBUSY;
	} else {
		lcore->fn = fn;
		lcore->arg = arg;
		set_state(lcore, PLX_LCORE_RUNNING);
	}
	pthread_mutex_unlock(&lcore->lock);
	return ret;
}

static void
run_on_main(plx_lcore_fn fn, void *arg)
{
	struct lcore *lcore = &all.lcore[all.main];

	set_state(lcore, PLX_LCORE_RUNNING);
	lcore->result = fn(arg);
	set_state(lcore, PLX_LCORE_FINISHED);
}

int
plx_lcore_launch_all(plx_lcore_fn fn, void *arg, bool call_main)
{
	if (fn == NULL || all.main == PLX_LCORE_NONE)
		return -EINVAL;
	if (call_main && plx_lcore_state(all.main) == PLX_LCORE_RUNNING)
		return -EBUSY;
	PLX_LCORE_FOREACH_WORKER(busy)
		if (plx_lcore_state(busy) != PLX_LCORE_WAIT)
			return -EBUSY;
	PLX_LCORE_FOREACH_WORKER(number)
		plx_lcore_launch(fn, arg, number);
	if (call_main)
		run_on_main(fn, arg);
	return 0;
}

int
plx_lcore_wait(uint32_t number)
{
	struct lcore *lcore;
	int result = 0;

	if (!plx_lcore_enabled(number))
		return -EINVAL;
	lcore = &all.lcore[number];
	if (number == all.main && get_state(lcore) == PLX_LCORE_RUNNING)
		return -EDEADLK;
	pthread_mutex_lock(&lcore->lock);
	while (get_state(lcore) == PLX_LCORE_RUNNING)
		pthread_cond_wait(&lcore->changed, &lcore->lock);
	if (get_state(lcore) == PLX_LCORE_FINISHED)
		result = lcore->result;
	set_state(lcore, PLX_LCORE_WAIT);
	pthread_mutex_unlock(&lcore->lock);
	return result;
}

int
plx_lcore_wait_all(void)
{
	int first = 0;

	PLX_LCORE_FOREACH(number) {
		int result;

		/* From inside launch_all's call on the main lcore: the others only. */
		if (number == all.main && plx_lcore_state(number) == PLX_LCORE_RUNNING)
			continue;
		result = plx_lcore_wait(number);
		if (first == 0)
			first = result;
	}
	return first;
}

enum plx_lcore_state
plx_lcore_state(uint32_t lcore)
{
	return plx_lcore_enabled(lcore) ? get_state(&all.lcore[lcore]) : PLX_LCORE_WAIT;
}
