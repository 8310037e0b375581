/* SPDX-License-Identifier: BSD-3-Clause */
/* show fwd stats, and the report of every stop: what the engines did, what was measured, and what is odd about it. */
#include "engine.h"
#include "figures.h"
#include "record.h"
#include "report.h"
#include "symptoms.h"
#include "units.h"

#include <inttypes.h>
#include <stdlib.h>

static void
print_counts(const struct figures *figures, const struct engine *engine, FILE *out)
{
	fprintf(out, "  RX-packets: %-14" PRIu64 " TX-packets: %-14" PRIu64 " TX-dropped: %" PRIu64,
		figures->rx, figures->tx, figures->dropped);
	if (figures->no_mbuf > 0)
		fprintf(out, "  TX-nombuf: %" PRIu64, figures->no_mbuf);
	fprintf(out, "\n");
	for (unsigned i = 0; i < ENGINE_COUNTS && engine->counts[i] != NULL; i++)
		fprintf(out, "%s%s: %-14" PRIu64, i == 0 ? "  " : " ", engine->counts[i],
			figures->counts[i]);
	if (engine->counts[0] != NULL)
		fprintf(out, "\n");
}

/* "  RX-bursts : 1234 [98% of 32 pkts + 1% of 0 pkts + 1% of other]" */
static void
print_bursts(const char *side, const uint64_t bursts[BURST_MAX + 1], FILE *out)
{
	const uint64_t total = record_bursts(bursts);
	unsigned known[3] = {0};
	uint64_t left = total;

	if (total == 0)
		return;
	fprintf(out, "  %s-bursts : %" PRIu64 " [", side, total);
	for (unsigned i = 0; i < PLX_ARRAY_LEN(known) && left > 0; i++) {
		known[i] = record_most_frequent(bursts, known, i);
		left -= bursts[known[i]];
		fprintf(out, "%s%s of %u pkts", i > 0 ? " + " : "",
			units_percent(bursts[known[i]], total).text, known[i]);
	}
	if (left > 0)
		fprintf(out, " + %s of other", units_percent(left, total).text);
	fprintf(out, "]\n");
}

static void
print_cycles(const struct figures *figures, FILE *out)
{
	const uint64_t packets = figures->rx > 0 ? figures->rx : figures->tx;

	if (packets == 0)
		return;
	fprintf(out,
		"  CPU cycles/packet=%.2f (busy cycles=%" PRIu64 " / total %s packets=%" PRIu64
		") at %" PRIu64 " MHz Clock\n",
		(double)figures->record->busy_cycles / (double)packets,
		figures->record->busy_cycles, figures->rx > 0 ? "RX" : "TX", packets,
		plx_clock_hz() / 1000000);
}

static void
print(const struct app *app, const struct figures *figures, FILE *out)
{
	print_counts(figures, app->engine, out);
	if (!figures->recorded)
		return;
	if (app->args.record_bursts) {
		if (record_packets(figures->record->rx_bursts) > 0 || !app->engine->makes_packets)
			print_bursts("RX", figures->record->rx_bursts, out);
		print_bursts("TX", figures->record->tx_bursts, out);
	}
	if (app->args.record_cycles)
		print_cycles(figures, out);
}

/* Where ports have several queues: each stream. */
static void
print_streams(const struct app *app, struct figures *figures, FILE *out)
{
	for (unsigned i = 0; i < app->nb_streams && app->nb_streams > app->nb_fwd_ports; i++) {
		const struct stream *stream = &app->streams[i];

		figures_of_stream(app, i, figures);
		if (figures->rx == 0 && figures->tx == 0 && figures->dropped == 0)
			continue;
		fprintf(out,
			"\n  ------- Forward Stats for RX Port=%2u/Queue=%2u -> TX Port=%2u/Queue=%2u -------\n",
			stream->rx_port, stream->rx_queue, stream->tx_port, stream->tx_queue);
		print(app, figures, out);
	}
}

static void
print_workers(const struct app *app, FILE *out)
{
	for (unsigned i = 0; i < app->nb_workers; i++) {
		const struct worker *worker = &app->workers[i];
		const struct worker_counts counts = worker_figures(worker);

		fprintf(out,
			"\n  ------- Work of lcore %2u for RX Port=%2u/Queue=%2u -------\n"
			"  RX-packets: %-14" PRIu64 " TX-packets: %-14" PRIu64
			" TX-dropped: %" PRIu64 "\n",
			worker->lcore, worker->rx_port, worker->rx_queue, counts.rx, counts.tx,
			counts.dropped);
	}
}

static void
print_ports(const struct app *app, struct figures *figures, FILE *out)
{
	for (unsigned i = 0; i < app->nb_fwd_ports; i++) {
		figures_of_port(app, app->fwd_ports[i], figures);
		fprintf(out,
			"\n  ---------------------- Forward statistics for port %-2u ----------------------\n",
			app->fwd_ports[i]);
		print_counts(figures, app->engine, out);
	}
}

void
report_forward(const struct app *app, FILE *out)
{
	const uint64_t ns = figures_ns(app);
	struct figures figures = {.record = NULL};
	struct hints hints;

	if (app->nb_streams == 0 || app->started_ticks == 0) {
		fprintf(out, "Nothing was forwarded yet.\n");
		return;
	}
	figures.record = malloc(sizeof(*figures.record));
	figures_look(app);
	print_streams(app, &figures, out);
	print_workers(app, out);
	print_ports(app, &figures, out);
	figures_of_all(app, &figures);
	fprintf(out,
		"\n  +++++++++++++++ Accumulated forward statistics for all ports+++++++++++++++\n");
	print(app, &figures, out);
	if (ns > 0)
		fprintf(out, "  in %s: %s received, %s sent\n", units_time(ns).text,
			units_rate((double)figures.rx * 1e9 / (double)ns, "pps").text,
			units_rate((double)figures.tx * 1e9 / (double)ns, "pps").text);
	if (app->latencies != NULL)
		report_latency(app, out);
	symptoms_hints(app, &hints);
	report_hints(&hints, out);
	free(figures.record);
}
