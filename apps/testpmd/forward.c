/* SPDX-License-Identifier: BSD-3-Clause */
/* The lcore loop: every stream of this lcore in turn, until told to stop. */
#include "engine.h"
#include "latency.h"
#include "rates.h"
#include "record.h"

#include <pollux/plx_clock.h>
#include <pollux/plx_idle.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

static bool
told_to_stop(const struct app *app)
{
	return __atomic_load_n(&app->stop_lcores, __ATOMIC_RELAXED);
}

/* The streams of this lcore are neighbours; *ret_end is behind the last. */
static struct stream *
my_streams(struct app *app, struct stream **ret_end)
{
	struct stream *first = NULL, *stream = app->streams;

	for (unsigned i = 0; i < app->nb_streams; i++, stream++) {
		if (stream->lcore != plx_lcore_id())
			continue;
		if (first == NULL)
			first = stream;
		*ret_end = stream + 1;
	}
	return first;
}

static void
wait_on_queues(struct plx_idle *idle, const struct engine *engine, const struct stream *first,
	       const struct stream *end)
{
	plx_idle_init(idle);
	for (const struct stream *stream = first; stream < end; stream++) {
		if (engine->makes_packets)
			plx_idle_add_fd(idle, -1);
		else
			plx_ethdev_idle_add(idle, stream->rx_port, stream->rx_queue);
	}
}

static void
clear_measured(struct stream *first, struct stream *end)
{
	for (struct stream *stream = first; stream < end; stream++) {
		if (stream->record != NULL)
			memset(stream->record, 0, sizeof(*stream->record));
		if (stream->latency != NULL)
			latency_clear(stream->latency);
	}
}

static unsigned
measured_round(struct stream *stream, unsigned (*run)(struct stream *), bool collects)
{
	unsigned done = stream->record != NULL ? record_round(stream, run) : run(stream);

	return collects ? done + latency_collect(stream) : done;
}

/* The rounds of an lcore. Compiled twice, so that what is not measured costs nothing. */
static PLX_ALWAYS_INLINE void
forward_rounds(struct app *app, struct stream *first, struct stream *end, const bool measuring)
{
	unsigned (*run)(struct stream *) = app->engine->run;
	const bool collects = measuring && latency_collects(app);
	unsigned clears = app->clears;
	struct plx_idle idle;

	wait_on_queues(&idle, app->engine, first, end);
	while (!told_to_stop(app)) {
		unsigned done = 0;

		for (struct stream *stream = first; stream < end; stream++)
			done += measuring ? measured_round(stream, run, collects) : run(stream);
		if (measuring && __atomic_load_n(&app->clears, __ATOMIC_RELAXED) != clears) {
			clears = __atomic_load_n(&app->clears, __ATOMIC_RELAXED);
			clear_measured(first, end);
		}
		plx_idle_round(&idle, done);
	}
	/* One that came with the stop. */
	if (measuring && __atomic_load_n(&app->clears, __ATOMIC_ACQUIRE) != clears)
		clear_measured(first, end);
}

/* What is done by an lcore without a stream, if anything. */
static int
work_loop(const struct app *app, struct worker *worker)
{
	struct plx_idle idle;

	plx_idle_init(&idle);
	plx_idle_add_fd(&idle, -1);
	while (worker != NULL && !told_to_stop(app))
		plx_idle_round(&idle, app->engine->work(worker));
	return 0;
}

static int
forward_loop(void *arg)
{
	struct app *app = arg;
	struct stream *first, *end = NULL;

	first = my_streams(app, &end);
	if (first == NULL)
		return work_loop(app, worker_of_lcore(app, plx_lcore_id()));
	if (first->record != NULL || first->latency != NULL)
		forward_rounds(app, first, end, true);
	else
		forward_rounds(app, first, end, false);
	return 0;
}

/* DPDK's tx_first: n bursts from every stream, so that a loop of ports has something to pass round. */
static int
send_first(struct app *app, unsigned bursts, struct plx_why *why)
{
	int ret;

	for (unsigned i = 0; i < app->nb_streams; i++) {
		struct stream *stream = &app->streams[i];

		ret = engine_txonly.begin(stream, why);
		if (ret != 0)
			return ret;
		if (stream->latency != NULL)
			stream->latency->makes = true;
		for (unsigned n = 0; n < bursts; n++)
			engine_txonly.run(stream);
		if (stream->latency != NULL)
			stream->latency->makes = app->engine->makes_packets;
		engine_txonly.end(stream);
	}
	return 0;
}

static int
begin_streams(struct app *app, struct plx_why *why)
{
	const struct engine *engine = app->engine;
	int ret;

	for (unsigned i = 0; i < app->nb_streams && engine->begin != NULL; i++) {
		ret = engine->begin(&app->streams[i], why);
		if (ret == 0)
			continue;
		while (i-- > 0)
			engine->end(&app->streams[i]);
		return ret;
	}
	return 0;
}

#define FLUSH_BURSTS 64 /* a queue: a port that makes up packets never gets empty */

/* DPDK's flush_rx: what waited since the last stop is thrown away, and said. */
static void
flush_rx(struct app *app)
{
	struct plx_mbuf *pkts[BURST_MAX];
	uint64_t sum = 0;

	for (unsigned i = 0; i < app->nb_streams && app->args.flush_rx; i++) {
		const struct stream *stream = &app->streams[i];

		for (unsigned burst = 0; burst < FLUSH_BURSTS; burst++) {
			uint16_t got = plx_ethdev_rx_burst(stream->rx_port, stream->rx_queue, pkts,
							   BURST_MAX);

			plx_mbuf_free_bulk(pkts, got);
			sum += got;
			if (got == 0)
				break;
		}
	}
	if (sum > 0)
		hints_add(&app->notes, "flushed",
			  "%" PRIu64 " packets that waited in the rx queues were thrown away "
			  "(flush_rx); the ports count them as received.",
			  sum);
}

static void
note_start(struct app *app)
{
	struct plx_ethdev_stats stats;

	for (unsigned i = 0; i < app->nb_fwd_ports; i++) {
		if (plx_ethdev_stats(app->fwd_ports[i], &stats) != 0)
			continue;
		app->at_start[app->fwd_ports[i]] = (struct port_start){
			.rx_missed = stats.rx_missed,
			.rx_no_mbuf = stats.rx_no_mbuf,
		};
		rates_begin(app->fwd_ports[i], &stats);
	}
	app->started_ticks = plx_clock_ticks();
	app->counted_ticks = app->started_ticks;
}

int
forward_start(struct app *app, unsigned tx_first, struct plx_why *why)
{
	int ret;

	if (app->forwarding)
		return plx_why(why, -EBUSY, "packets are being forwarded already; stop first");
	ret = streams_assign(app, why);
	if (ret == 0)
		ret = workers_assign(app, why);
	if (ret == 0)
		ret = streams_record(app, why);
	if (ret == 0)
		ret = latency_begin(app, why);
	if (ret == 0)
		watch_streams(app);
	if (ret == 0)
		flush_rx(app);
	if (ret == 0 && tx_first > 0)
		ret = send_first(app, tx_first, why);
	if (ret == 0)
		ret = begin_streams(app, why);
	if (ret != 0)
		return ret;
	note_start(app);
	__atomic_store_n(&app->stop_lcores, false, __ATOMIC_RELAXED);
	app->forwarding = true;
	for (unsigned i = 0; i < app->nb_lcores; i++)
		plx_lcore_launch(forward_loop, app, app->lcores[i]);
	return 0;
}

int
forward_is_stopped(const struct app *app, struct plx_why *why)
{
	if (!app->forwarding)
		return 0;
	return plx_why(why, -EBUSY, "packets are being forwarded; stop first");
}

static uint64_t
in_flight(const struct app *app)
{
	struct plx_ethdev_ledger ledger;
	uint64_t sum = 0;

	for (unsigned i = 0; i < app->nb_ports; i++) {
		if (plx_ethdev_ledger(app->ports[i], &ledger) == 0)
			sum += ledger.tx_in_flight;
	}
	return sum;
}

/* Lets devices tell that they have sent what they were given, so that the report after it is final. */
static void
settle(struct app *app)
{
	for (unsigned try = 0; try < 50 && in_flight(app) > 0; try++) {
		usleep(1000);
		for (unsigned i = 0; i < app->nb_streams; i++)
			plx_ethdev_tx_burst(app->streams[i].tx_port, app->streams[i].tx_queue, NULL,
					    0);
	}
}

void
forward_stop(struct app *app)
{
	if (!app->forwarding)
		return;
	__atomic_store_n(&app->stop_lcores, true, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < app->nb_lcores; i++)
		plx_lcore_wait(app->lcores[i]);
	app->stopped_ticks = plx_clock_ticks();
	app->forwarding = false;
	for (unsigned i = 0; i < app->nb_streams && app->engine->end != NULL; i++)
		app->engine->end(&app->streams[i]);
	settle(app);
	latency_settle(app);
}
