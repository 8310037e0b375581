/* SPDX-License-Identifier: BSD-3-Clause */
#include "worker.h"

#include "engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void
fill(struct app *app)
{
	struct worker *worker = app->workers;

	for (unsigned i = 0; i < app->nb_lcores; i++) {
		const unsigned nth = (unsigned)(worker - app->workers) % app->nb_streams;

		if (streams_of_lcore(app, app->lcores[i]) != 0)
			continue;
		*worker++ = (struct worker){
			.lcore = app->lcores[i],
			.stream = nth,
			.rx_port = app->streams[nth].rx_port,
			.rx_queue = app->streams[nth].rx_queue,
		};
	}
}

int
workers_assign(struct app *app, struct plx_why *why)
{
	unsigned n = 0;

	workers_free(app);
	if (app->engine->wants_workers == NULL || !app->engine->wants_workers(app))
		return 0;
	for (unsigned i = 0; i < app->nb_lcores; i++)
		n += streams_of_lcore(app, app->lcores[i]) == 0;
	if (n == 0)
		return 0;
	app->workers = aligned_alloc(PLX_CACHE_LINE, n * sizeof(*app->workers));
	if (app->workers == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	app->nb_workers = n;
	fill(app);
	return 0;
}

void
workers_free(struct app *app)
{
	free(app->workers);
	app->workers = NULL;
	app->nb_workers = 0;
}

struct worker *
worker_of_lcore(const struct app *app, uint32_t lcore)
{
	for (unsigned i = 0; i < app->nb_workers; i++)
		if (app->workers[i].lcore == lcore)
			return &app->workers[i];
	return NULL;
}

struct worker *
worker_of_stream(const struct app *app, unsigned stream, const struct worker *behind)
{
	for (unsigned i = behind == NULL ? 0 : (unsigned)(behind - app->workers) + 1;
	     i < app->nb_workers; i++)
		if (app->workers[i].stream == stream)
			return &app->workers[i];
	return NULL;
}

struct worker_counts
worker_figures(const struct worker *worker)
{
	return (struct worker_counts){
		.rx = worker->counts.rx - worker->cleared.rx,
		.tx = worker->counts.tx - worker->cleared.tx,
		.dropped = worker->counts.dropped - worker->cleared.dropped,
	};
}

void
workers_clear(struct app *app)
{
	for (unsigned i = 0; i < app->nb_workers; i++)
		app->workers[i].cleared = app->workers[i].counts;
}
