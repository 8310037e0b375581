/* SPDX-License-Identifier: BSD-3-Clause */
/* What the engines do and did: the sums, and a hint when nothing came. */
#include "engine.h"
#include "report.h"
#include "units.h"

#include <pollux/plx_clock.h>

#include <inttypes.h>

struct sums {
	uint64_t rx, tx, dropped, no_mbuf;
	uint64_t counts[ENGINE_COUNTS];
};

static void
add(struct sums *sums, const struct stream *stream, bool rx_side, bool tx_side)
{
	sums->rx += rx_side ? stream->rx : 0;
	sums->tx += tx_side ? stream->tx : 0;
	sums->dropped += tx_side ? stream->dropped : 0;
	sums->no_mbuf += tx_side ? stream->no_mbuf : 0;
	for (unsigned i = 0; i < ENGINE_COUNTS; i++)
		sums->counts[i] += rx_side ? stream->counts[i] : 0;
}

static void
print(const struct sums *sums, const struct engine *engine, FILE *out)
{
	fprintf(out,
		"  RX-packets: %-14" PRIu64 " TX-packets: %-14" PRIu64 " TX-dropped: %-14" PRIu64,
		sums->rx, sums->tx, sums->dropped);
	if (sums->no_mbuf > 0)
		fprintf(out, " TX-nombuf: %" PRIu64, sums->no_mbuf);
	fprintf(out, "\n");
	for (unsigned i = 0; i < ENGINE_COUNTS && engine->counts[i] != NULL; i++)
		fprintf(out, "%s%s: %-14" PRIu64, i == 0 ? "  " : " ", engine->counts[i],
			sums->counts[i]);
	if (engine->counts[0] != NULL)
		fprintf(out, "\n");
}

/* Why there may be nothing: the first cause that applies to a port. */
static void
hint(const struct testpmd *app, FILE *out)
{
	for (unsigned i = 0; i < app->nb_fwd_ports; i++) {
		struct plx_ethdev_link link = {0};
		struct plx_ethdev_info info;

		plx_ethdev_info(app->fwd_ports[i], &info);
		plx_ethdev_link(app->fwd_ports[i], &link);
		if (!link.up) {
			fprintf(out, "Nothing was received. The link of port %u (%s) is down.\n",
				app->fwd_ports[i], info.name);
			return;
		}
	}
	fprintf(out, "Nothing was received. All links are up, so the other ends sent nothing%s.\n",
		app->nb_fwd_ports > 1
			? ", or the ports are paired otherwise than they are cabled (see above)"
			: "; two ports that feed each other need start tx_first");
}

static uint64_t
seconds_ns(const struct testpmd *app)
{
	uint64_t end = app->forwarding ? plx_clock_ticks() : app->stopped_ticks;

	return plx_clock_ticks_to_ns(end - app->started_ticks);
}

void
report_forward(const struct testpmd *app, FILE *out)
{
	struct sums all = {0};
	uint64_t ns = seconds_ns(app);

	if (app->nb_streams == 0 || app->started_ticks == 0) {
		fprintf(out, "Nothing was forwarded yet.\n");
		return;
	}
	for (unsigned p = 0; p < app->nb_fwd_ports; p++) {
		struct sums port = {0};

		for (unsigned i = 0; i < app->nb_streams; i++)
			add(&port, &app->streams[i], app->streams[i].rx_port == app->fwd_ports[p],
			    app->streams[i].tx_port == app->fwd_ports[p]);
		fprintf(out,
			"\n  ---------------------- Forward statistics for port %-2u ----------------------\n",
			app->fwd_ports[p]);
		print(&port, app->engine, out);
	}
	for (unsigned i = 0; i < app->nb_streams; i++)
		add(&all, &app->streams[i], true, true);
	fprintf(out,
		"\n  +++++++++++++++ Accumulated forward statistics for all ports+++++++++++++++\n");
	print(&all, app->engine, out);
	if (ns > 0)
		fprintf(out, "  in %s: %s received, %s sent\n", units_time(ns).text,
			units_rate((double)all.rx * 1e9 / (double)ns, "pps").text,
			units_rate((double)all.tx * 1e9 / (double)ns, "pps").text);
	if (all.rx == 0 && !app->engine->makes_packets && ns > 500000000)
		hint(app, out);
}
