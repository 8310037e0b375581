/* SPDX-License-Identifier: BSD-3-Clause */
/* show fwd latency --json */
#include "facts.h"
#include "json.h"
#include "latency.h"

#include <pollux/plx_clock.h>

#include <errno.h>
#include <stdlib.h>

static void
add_times(const struct latency *latency, json_t *facts)
{
	const struct {
		const char *key;
		uint64_t ns;
	} times[] = {
		{"min_ns", plx_clock_ticks_to_ns(latency->least)},
		{"avg_ns", latency_average_ns(latency)},
		{"p50_ns", latency_percentile_ns(latency, 500)},
		{"p99_ns", latency_percentile_ns(latency, 990)},
		{"p999_ns", latency_percentile_ns(latency, 999)},
		{"max_ns", plx_clock_ticks_to_ns(latency->greatest)},
		{"jitter_ns", plx_clock_ticks_to_ns((uint64_t)latency->jitter)},
	};

	json_object_set_new(facts, "received", json_count(latency->received));
	json_object_set_new(facts, "out_of_order", json_count(latency->late));
	for (unsigned i = 0; i < PLX_ARRAY_LEN(times); i++)
		json_object_set_new(facts, times[i].key,
				    latency->received > 0 ? json_count(times[i].ns) : json_null());
}

static json_t *
histogram_facts(const struct histogram *histogram)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		if (histogram->count[i] == 0)
			continue;
		json_array_append_new(
			all,
			json_pack("{s:o, s:o, s:o}", "from_ns",
				  json_count(plx_clock_ticks_to_ns(histogram_least(i))), "to_ns",
				  json_count(plx_clock_ticks_to_ns(histogram_greatest(i))), "count",
				  json_count(histogram->count[i])));
	}
	return all;
}

static json_t *
stream_facts(const struct app *app)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < app->nb_streams; i++) {
		json_t *facts = json_pack("{s:i, s:i, s:o}", "rx_port", app->streams[i].rx_port,
					  "rx_queue", app->streams[i].rx_queue, "sent",
					  json_count(app->latencies[i].sent));

		add_times(&app->latencies[i], facts);
		json_array_append_new(all, facts);
	}
	return all;
}

int
facts_latency(const struct app *app, json_t *result)
{
	struct latency *sum = aligned_alloc(PLX_CACHE_LINE, sizeof(*sum));

	if (sum == NULL)
		return -ENOMEM;
	latency_sum(app, sum);
	json_object_set_new(result, "sent", json_count(sum->sent));
	json_object_set_new(result, "missing", json_count(latency_missing(sum)));
	add_times(sum, result);
	json_object_set_new(result, "histogram", histogram_facts(&sum->histogram));
	json_object_set_new(result, "streams", stream_facts(app));
	free(sum);
	return 0;
}
