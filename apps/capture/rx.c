/* SPDX-License-Identifier: BSD-3-Clause */
#include "rx.h"

#include <pollux/plx_clock.h>
#include <pollux/plx_ethdev.h>

#include "stop.h"

#define FINISH_NS    20000000
#define FINISH_EMPTY 3

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
	finish->end_ticks = plx_clock_ticks() + plx_clock_ns_to_ticks(FINISH_NS);
	finish->empty = 0;
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

bool
rx_finish_round(const struct rx_worker *worker, struct rx_finish *finish)
{
	bool wanted = !atomic_load_explicit(worker->over, memory_order_relaxed);

	if (wanted)
		finish->empty = rx_round(worker) == 0 && !some_wait(worker) ? finish->empty + 1 : 0;
	if (wanted && finish->empty < FINISH_EMPTY && plx_clock_ticks() < finish->end_ticks)
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
