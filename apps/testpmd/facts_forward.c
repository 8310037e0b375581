/* SPDX-License-Identifier: BSD-3-Clause */
/* show fwd stats --json */
#include "engine.h"
#include "facts.h"
#include "figures.h"
#include "json.h"
#include "record.h"
#include "symptoms.h"

#include <stdio.h>
#include <stdlib.h>

/* {"0": 12, "32": 3400}: rounds by the packets in them */
static json_t *
burst_facts(const uint64_t bursts[BURST_MAX + 1])
{
	json_t *facts = json_object();
	char len[16];

	for (unsigned n = 0; n <= BURST_MAX; n++) {
		if (bursts[n] == 0)
			continue;
		snprintf(len, sizeof(len), "%u", n);
		json_object_set_new(facts, len, json_count(bursts[n]));
	}
	return facts;
}

static void
add_record(const struct app *app, const struct figures *figures, json_t *facts)
{
	const uint64_t packets = figures->rx > 0 ? figures->rx : figures->tx;
	const struct record *record = figures->record;

	if (app->args.record_bursts) {
		json_object_set_new(facts, "rx_bursts", burst_facts(record->rx_bursts));
		json_object_set_new(facts, "tx_bursts", burst_facts(record->tx_bursts));
	}
	if (!app->args.record_cycles)
		return;
	json_object_set_new(facts, "busy_cycles", json_count(record->busy_cycles));
	json_object_set_new(facts, "cycles_per_packet",
			    packets > 0 ? json_real((double)record->busy_cycles / (double)packets)
					: json_null());
}

static json_t *
figure_facts(const struct app *app, const struct figures *figures, bool with_record)
{
	json_t *facts =
		json_pack("{s:o, s:o, s:o, s:o}", "rx_packets", json_count(figures->rx),
			  "tx_packets", json_count(figures->tx), "tx_dropped",
			  json_count(figures->dropped), "tx_no_mbuf", json_count(figures->no_mbuf));
	json_t *counts = json_object();

	for (unsigned i = 0; i < ENGINE_COUNTS && app->engine->counts[i] != NULL; i++)
		json_object_set_new(counts, app->engine->counts[i], json_count(figures->counts[i]));
	json_object_set_new(facts, "engine_counts", counts);
	if (with_record && figures->recorded)
		add_record(app, figures, facts);
	return facts;
}

static json_t *
stream_facts(const struct app *app, struct figures *figures)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < app->nb_streams; i++) {
		const struct stream *stream = &app->streams[i];
		json_t *facts;

		figures_of_stream(app, i, figures);
		facts = figure_facts(app, figures, true);
		json_object_set_new(facts, "lcore", json_integer(stream->lcore));
		json_object_set_new(facts, "rx_port", json_integer(stream->rx_port));
		json_object_set_new(facts, "rx_queue", json_integer(stream->rx_queue));
		json_object_set_new(facts, "tx_port", json_integer(stream->tx_port));
		json_object_set_new(facts, "tx_queue", json_integer(stream->tx_queue));
		json_array_append_new(all, facts);
	}
	return all;
}

static json_t *
worker_facts(const struct app *app)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < app->nb_workers; i++) {
		const struct worker *worker = &app->workers[i];
		const struct worker_counts counts = worker_figures(worker);
		json_t *facts = json_pack("{s:o, s:o, s:o}", "rx_packets", json_count(counts.rx),
					  "tx_packets", json_count(counts.tx), "tx_dropped",
					  json_count(counts.dropped));

		json_object_set_new(facts, "lcore", json_integer(worker->lcore));
		json_object_set_new(facts, "rx_port", json_integer(worker->rx_port));
		json_object_set_new(facts, "rx_queue", json_integer(worker->rx_queue));
		json_array_append_new(all, facts);
	}
	return all;
}

static json_t *
port_facts(const struct app *app, struct figures *figures)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < app->nb_fwd_ports; i++) {
		json_t *facts;

		figures_of_port(app, app->fwd_ports[i], figures);
		facts = figure_facts(app, figures, false);
		json_object_set_new(facts, "port", json_integer(app->fwd_ports[i]));
		json_array_append_new(all, facts);
	}
	return all;
}

void
facts_forward(const struct app *app, json_t *result)
{
	struct figures figures = {.record = malloc(sizeof(struct record))};
	struct hints hints = {0};

	figures_look(app);
	json_object_set_new(result, "engine", json_string(app->engine->name));
	json_object_set_new(result, "forwarding", json_boolean(app->forwarding));
	json_object_set_new(result, "time_ns", json_count(figures_ns(app)));
	json_object_set_new(result, "streams", stream_facts(app, &figures));
	json_object_set_new(result, "workers", worker_facts(app));
	json_object_set_new(result, "ports", port_facts(app, &figures));
	figures_of_all(app, &figures);
	json_object_set_new(result, "total", figure_facts(app, &figures, true));
	if (app->latencies != NULL) {
		json_t *latency = json_object();

		facts_latency(app, latency);
		json_object_set_new(result, "latency", latency);
	}
	if (app->started_ticks != 0)
		symptoms_hints(app, &hints);
	json_object_set_new(result, "hints", facts_hints(&hints));
	free(figures.record);
}
