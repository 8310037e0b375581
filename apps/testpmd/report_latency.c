/* SPDX-License-Identifier: BSD-3-Clause */
/* show fwd latency: how long packets took from one port to another, and which did not come. */
#include "latency.h"
#include "report.h"
#include "units.h"

#include <pollux/plx_clock.h>

#include <inttypes.h>
#include <stdlib.h>

static void
print_times(const struct latency *latency, FILE *out)
{
	fprintf(out, "  min %s  avg %s  p50 %s",
		units_time(plx_clock_ticks_to_ns(latency->least)).text,
		units_time(latency_average_ns(latency)).text,
		units_time(latency_percentile_ns(latency, 500)).text);
	fprintf(out, "  p99 %s  p99.9 %s", units_time(latency_percentile_ns(latency, 990)).text,
		units_time(latency_percentile_ns(latency, 999)).text);
	fprintf(out, "  max %s  jitter %s\n",
		units_time(plx_clock_ticks_to_ns(latency->greatest)).text,
		units_time(plx_clock_ticks_to_ns((uint64_t)latency->jitter)).text);
}

/* A line for each power of two that has any. */
static void
print_histogram(const struct latency *latency, FILE *out)
{
	const unsigned lines = HISTOGRAM_BUCKETS / HISTOGRAM_PART;

	for (unsigned line = 0; line < lines; line++) {
		const unsigned first = line * HISTOGRAM_PART;
		uint64_t n = 0;

		for (unsigned i = 0; i < HISTOGRAM_PART; i++)
			n += latency->histogram.count[first + i];
		if (n == 0)
			continue;
		fprintf(out, "    from %-9s to %-9s %14" PRIu64 "  %s\n",
			units_time(plx_clock_ticks_to_ns(histogram_least(first))).text,
			units_time(plx_clock_ticks_to_ns(
					   histogram_greatest(first + HISTOGRAM_PART - 1)))
				.text,
			n, units_percent(n, latency->received).text);
	}
}

void
report_latency(const struct app *app, FILE *out)
{
	struct latency *sum = aligned_alloc(PLX_CACHE_LINE, sizeof(*sum));

	if (sum == NULL)
		return;
	latency_sum(app, sum);
	fprintf(out,
		"\n  --------------- Latency from tx of one port to rx of another ---------------\n");
	fprintf(out,
		"  probes sent: %" PRIu64 "  received: %" PRIu64 "  lost or on the way: %" PRIu64
		"  out of order: %" PRIu64 "\n",
		sum->sent, sum->received, latency_missing(sum), sum->late);
	if (sum->received > 0)
		print_times(sum, out);
	print_histogram(sum, out);
	for (unsigned i = 0; i < app->nb_streams && app->nb_streams > 1; i++) {
		if (app->latencies[i].received == 0)
			continue;
		fprintf(out, "  RX P=%u/Q=%u: %" PRIu64 " probes\n  ", app->streams[i].rx_port,
			app->streams[i].rx_queue, app->latencies[i].received);
		print_times(&app->latencies[i], out);
	}
	free(sum);
}
