/* SPDX-License-Identifier: BSD-3-Clause */
#include "figures.h"

#include "engine.h"
#include "record.h"

#include <pollux/plx_clock.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void
add(const struct app *app, unsigned i, bool rx_side, bool tx_side, struct figures *sum)
{
	static const struct stream nothing;
	const struct stream *stream = &app->streams[i];
	const struct stream *before = app->cleared != NULL ? &app->cleared[i] : &nothing;

	if (rx_side) {
		sum->rx += stream->rx - before->rx;
		for (unsigned n = 0; n < ENGINE_COUNTS; n++)
			sum->counts[n] += stream->counts[n] - before->counts[n];
	}
	if (tx_side) {
		sum->tx += stream->tx - before->tx;
		sum->dropped += stream->dropped - before->dropped;
		sum->no_mbuf += stream->no_mbuf - before->no_mbuf;
	}
	if (sum->record != NULL && stream->record != NULL && rx_side) {
		record_add(sum->record, stream->record);
		sum->recorded = true;
	}
}

static void
begin(struct figures *sum)
{
	struct record *record = sum->record;

	*sum = (struct figures){.record = record};
	if (record != NULL)
		memset(record, 0, sizeof(*record));
}

void
figures_of_port(const struct app *app, uint16_t port, struct figures *ret_figures)
{
	begin(ret_figures);
	for (unsigned i = 0; i < app->nb_streams; i++)
		add(app, i, app->streams[i].rx_port == port, app->streams[i].tx_port == port,
		    ret_figures);
}

void
figures_of_stream(const struct app *app, unsigned stream, struct figures *ret_figures)
{
	begin(ret_figures);
	add(app, stream, true, true, ret_figures);
}

void
figures_of_all(const struct app *app, struct figures *ret_figures)
{
	begin(ret_figures);
	for (unsigned i = 0; i < app->nb_streams; i++)
		add(app, i, true, true, ret_figures);
}

uint64_t
figures_ns(const struct app *app)
{
	uint64_t end = app->forwarding ? plx_clock_ticks() : app->stopped_ticks;

	return end > app->counted_ticks ? plx_clock_ticks_to_ns(end - app->counted_ticks) : 0;
}

void
figures_look(const struct app *app)
{
	for (unsigned i = 0; i < app->nb_streams && app->forwarding; i++)
		if (app->engine->look != NULL)
			app->engine->look(&app->streams[i]);
}

int
figures_clear(struct app *app, struct plx_why *why)
{
	const size_t size = app->nb_streams * sizeof(*app->streams);

	figures_look(app);
	workers_clear(app);
	if (app->cleared == NULL && size > 0)
		app->cleared = aligned_alloc(PLX_CACHE_LINE, size);
	if (app->cleared == NULL && size > 0)
		return plx_why(why, -ENOMEM, "out of memory");
	if (size > 0)
		memcpy(app->cleared, app->streams, size);
	app->counted_ticks = plx_clock_ticks();
	/* What lcores keep beside these they clear themselves: see the recording loop. */
	if (app->forwarding)
		__atomic_fetch_add(&app->clears, 1, __ATOMIC_RELAXED);
	else
		streams_forget(app);
	return 0;
}
