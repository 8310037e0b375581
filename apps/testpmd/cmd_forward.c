/* SPDX-License-Identifier: BSD-3-Clause */
/* start, stop, and what is forwarded how. */
#include "commands.h"
#include "engine.h"
#include "facts.h"
#include "figures.h"
#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int
start(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	uint64_t bursts = 0;
	int ret;

	if (nb_words > 1)
		bursts = 1;
	if (nb_words > 2) {
		ret = command_number(words[2], "bursts", 1, 4096, &bursts, why);
		if (ret != 0)
			return ret;
	}
	ret = forward_start(app, (unsigned)bursts, why);
	if (ret == 0)
		report_config(app, stdout);
	return ret;
}

static int
stop(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	if (!app->forwarding)
		return plx_why(why, -EINVAL, "nothing is being forwarded; start first");
	forward_stop(app);
	report_forward(app, stdout);
	return 0;
}

static int
set_fwd(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	const struct engine *engine = engine_find(words[2]);
	char names[ENGINE_NAMES_MAX];
	int ret = forward_is_stopped(app, why);

	if (ret != 0)
		return ret;
	if (engine == NULL)
		return plx_why(why, -EINVAL, "there is no engine \"%s\"; there are %s", words[2],
			       engine_names(names));
	for (unsigned i = 0; i < app->nb_streams && engine != app->engine; i++)
		memset(app->streams[i].counts, 0, sizeof(app->streams[i].counts));
	app->engine = engine;
	app->args.engines.retry = nb_words > 3;
	printf("Set %s packet forwarding mode%s\n", engine->name,
	       nb_words > 3 ? " with retry" : "");
	return 0;
}

static int
show_fwd_stats(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	report_forward(app, stdout);
	return 0;
}

static int
show_fwd_facts(struct app *app, char *const *words, unsigned nb_words, json_t *result,
	       struct plx_why *why)
{
	facts_forward(app, result);
	return 0;
}

static int
clear_fwd_stats(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	return figures_clear(app, why);
}

static int
set_record(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	const bool on = strcmp(words[2], "on") == 0;
	int ret = forward_is_stopped(app, why);

	if (ret != 0)
		return ret;
	if (strcmp(words[1], "record-core-cycles") == 0)
		app->args.record_cycles = on;
	else if (strcmp(words[1], "record-burst-stats") == 0)
		app->args.record_bursts = on;
	else
		app->args.latency_stats = on;
	return 0;
}

static int
set_verbose(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	const uint64_t before = app->verbose;
	int ret = command_number(words[2], "verbose", 0, UINT16_MAX, &app->verbose, why);

	if (ret != 0)
		return ret;
	watch_streams(app);
	printf("Change verbose level from %u to %u\n", (unsigned)before, (unsigned)app->verbose);
	return 0;
}

static int
show_fwd_latency(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	if (app->latencies == NULL)
		return plx_why(why, -EINVAL,
			       "latency is not measured: set latency-stats on, then start");
	report_latency(app, stdout);
	return 0;
}

static int
show_fwd_latency_facts(struct app *app, char *const *words, unsigned nb_words, json_t *result,
		       struct plx_why *why)
{
	if (app->latencies == NULL)
		return plx_why(why, -EINVAL,
			       "latency is not measured: set latency-stats on, then start");
	return facts_latency(app, result) == 0 ? 0 : plx_why(why, -ENOMEM, "out of memory");
}

const struct command commands_forward[] = {
	{"start [tx_first] [<bursts>]", "forward packets; tx_first sends some before", start},
	{"stop", "stop forwarding and show what happened", stop},
	{"set fwd <engine> [retry]",
	 "what is done with packets: io, mac, ...; retry: ask a full queue again", set_fwd},
	{"set record-core-cycles|record-burst-stats|latency-stats on|off",
	 "measure cycles a packet, packets at a time, or time from port to port", set_record},
	{"set verbose <level>", "show packets: 1 received ones, 2 sent ones, 3 both, 0 none",
	 set_verbose},
	{"show fwd latency", "how long packets take from port to port", show_fwd_latency,
	 show_fwd_latency_facts},
	{"show fwd stats [all]", "what the engines did since start", show_fwd_stats,
	 show_fwd_facts},
	{"clear fwd stats [all]", "count from zero", clear_fwd_stats},
	{NULL},
};
