/* SPDX-License-Identifier: BSD-3-Clause */
/* start, stop, and what is forwarded how. */
#include "command.h"
#include "engine.h"
#include "facts.h"
#include "figures.h"
#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int
start(struct testpmd *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	uint64_t bursts = 0;
	int ret;

	if (nb_words > 1 && strcmp(words[1], "tx_first") != 0)
		return plx_why(why, -EINVAL, "start \"%s\": only tx_first may follow", words[1]);
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
stop(struct testpmd *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	if (!app->forwarding)
		return plx_why(why, -EINVAL, "nothing is being forwarded; start first");
	forward_stop(app);
	report_forward(app, stdout);
	return 0;
}

static int
set_fwd(struct testpmd *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	const struct engine *engine = engine_find(words[2]);
	char names[ENGINE_NAMES_MAX];
	int ret = forward_is_stopped(app, why);

	if (ret != 0)
		return ret;
	if (engine == NULL)
		return plx_why(why, -EINVAL, "there is no engine \"%s\"; there are %s", words[2],
			       engine_names(names));
	if (nb_words > 3 && strcmp(words[3], "retry") != 0)
		return plx_why(why, -EINVAL, "set fwd %s \"%s\": only retry may follow", words[2],
			       words[3]);
	for (unsigned i = 0; i < app->nb_streams && engine != app->engine; i++)
		memset(app->streams[i].counts, 0, sizeof(app->streams[i].counts));
	app->engine = engine;
	app->args.engines.retry = nb_words > 3;
	printf("Set %s packet forwarding mode%s\n", engine->name,
	       nb_words > 3 ? " with retry" : "");
	return 0;
}

static int
show_fwd_stats(struct testpmd *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	report_forward(app, stdout);
	return 0;
}

static int
show_fwd_facts(struct testpmd *app, char *const *words, unsigned nb_words, json_t *result,
	       struct plx_why *why)
{
	facts_forward(app, result);
	return 0;
}

static int
clear_fwd_stats(struct testpmd *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	return figures_clear(app, why);
}

static int
set_record(struct testpmd *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	const bool on = strcmp(words[2], "on") == 0;
	int ret = forward_is_stopped(app, why);

	if (ret != 0)
		return ret;
	if (strcmp(words[1], "record-core-cycles") == 0)
		app->args.record_cycles = on;
	else
		app->args.record_bursts = on;
	return 0;
}

const struct command commands_forward[] = {
	{"start [tx_first] [<bursts>]", "forward packets; tx_first sends some before", start},
	{"stop", "stop forwarding and show what happened", stop},
	{"set fwd <engine> [retry]",
	 "what is done with packets: io, mac, ...; retry: ask a full queue again", set_fwd},
	{"set record-core-cycles|record-burst-stats on|off",
	 "measure cycles a packet, or how many packets come at a time", set_record},
	{"show fwd stats [all]", "what the engines did since start", show_fwd_stats,
	 show_fwd_facts},
	{"clear fwd stats [all]", "count from zero", clear_fwd_stats},
	{NULL},
};
