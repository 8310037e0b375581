/* SPDX-License-Identifier: BSD-3-Clause */
#include "rx.h"

#include <pollux/plx_clock.h>
#include <pollux/plx_ethdev.h>

#include "stop.h"

#define FINISH_NS      20000000
#define FINISH_HELD_NS 1000000000
#define FINISH_ROUNDS  64
#define FINISH_EMPTY   3

unsigned
rx_round(const struct rx_worker *worker)
{
	const uint64_t now_ns = plx_clock_realtime_ns(); /* once: most polls find nothing */
	unsigned n = 0;

	for (unsigned i = 0; i < worker->nb_sources; i++)
		n += source_poll(worker->sources[i], now_ns);
	return n;
}

void
rx_add_fds(const struct rx_worker *worker, struct plx_idle *idle)
{
	for (unsigned i = 0; i < worker->nb_sources; i++) {
		const struct source_params *params = &worker->sources[i]->params;

		plx_ethdev_idle_add(idle, params->port, params->queue);
	}
}

void
rx_finish_begin(struct rx_finish *finish)
{
	const uint64_t now = plx_clock_ticks();

	*finish = (struct rx_finish){.end_ticks = now + plx_clock_ns_to_ticks(FINISH_NS),
				     .held_end_ticks = now + plx_clock_ns_to_ticks(FINISH_HELD_NS)};
}

/* Packets that the device has and has not handed over yet: it may do so in blocks, some ms later. */
static bool
some_wait(const struct rx_worker *worker)
{
	for (unsigned i = 0; i < worker->nb_sources; i++) {
		const struct source_params *params = &worker->sources[i]->params;

		if (plx_ethdev_rx_queue_count(params->port, params->queue) > 0)
			return true;
	}
	return false;
}

/* A round, and whether there is to be another one. */
static bool
finish_goes_on(const struct rx_worker *worker, struct rx_finish *finish)
{
	const unsigned n = rx_round(worker);
	const bool held = n == 0 && some_wait(worker);

	finish->empty = n == 0 && !held ? finish->empty + 1 : 0;
	if (finish->empty == FINISH_EMPTY)
		return false;
	if (++finish->rounds < FINISH_ROUNDS) /* however long this thread has not run */
		return true;
	return plx_clock_ticks() < (held ? finish->held_end_ticks : finish->end_ticks);
}

bool
rx_finish_round(const struct rx_worker *worker, struct rx_finish *finish)
{
	if (!atomic_load_explicit(worker->over, memory_order_relaxed) &&
	    finish_goes_on(worker, finish))
		return true;
	for (unsigned i = 0; i < worker->nb_sources; i++)
		source_close(worker->sources[i]);
	return false;
}

static void
flush_caches(void)
{
	struct plx_pool *pool;

	for (unsigned i = 0; (pool = plx_pool_at(i)) != NULL; i++)
		plx_pool_cache_flush(pool);
}

int
rx_run(void *arg)
{
	struct rx_worker *worker = arg;
	struct rx_finish finish;
	struct plx_idle idle;

	plx_idle_init(&idle);
	rx_add_fds(worker, &idle);
	while (!stop_requested())
		plx_idle_round(&idle, rx_round(worker));
	rx_finish_begin(&finish);
	while (rx_finish_round(worker, &finish))
		;
	flush_caches();
	return 0;
}
