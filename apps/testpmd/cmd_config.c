/* SPDX-License-Identifier: BSD-3-Clause */
/* Who forwards what, in which pieces: set ..., show config ... */
#include "commands.h"
#include "facts.h"
#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static unsigned
choice(const char *const *names, const char *word)
{
	unsigned i = 0;

	while (names[i] != NULL && strcmp(names[i], word) != 0)
		i++;
	return i;
}

/* Said back, so that a slip is seen: "Forwarding ports: 0 2 1 3". */
static void
tell_list(const char *what, const struct number_list *list)
{
	printf("%s:", what);
	for (unsigned i = 0; i < list->n; i++)
		printf(" %u", list->item[i]);
	printf("\n");
}

static int
set_list(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	const bool is_mask = strstr(words[1], "mask") != NULL;
	const bool of_ports = strncmp(words[1], "port", 4) == 0;
	const unsigned limit = of_ports ? PLX_ETHDEV_MAX : PLX_LCORE_MAX;
	struct number_list list;
	int ret = forward_is_stopped(app, why);

	if (ret == 0)
		ret = (is_mask ? number_mask_parse : number_list_parse)(words[2], words[1], limit,
									&list, why);
	if (ret == 0)
		ret = (of_ports ? selection_ports : selection_lcores)(app, &list, why);
	if (ret == 0)
		tell_list(of_ports ? "Forwarding ports" : "Forwarding lcores", &list);
	return ret;
}

static int
set_number(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	const bool of_ports = strcmp(words[1], "nbport") == 0;
	uint64_t n;
	int ret = forward_is_stopped(app, why);

	if (ret == 0)
		ret = command_number(words[2], words[1], 1,
				     of_ports ? PLX_ETHDEV_MAX : PLX_LCORE_MAX, &n, why);
	if (ret == 0)
		ret = (of_ports ? selection_nbport : selection_nbcore)(app, (unsigned)n, why);
	if (ret == 0)
		printf("Number of forwarding %s set to %llu\n", of_ports ? "ports" : "cores",
		       (unsigned long long)n);
	return ret;
}

static int
set_burst(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	int ret = forward_is_stopped(app, why);

	if (ret == 0)
		ret = command_number(words[nb_words - 1], "burst", 1, BURST_MAX, &app->args.burst,
				     why);
	if (ret == 0)
		printf("Number of packets per burst set to %s\n", words[nb_words - 1]);
	return ret;
}

static int
set_topology(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	int ret = forward_is_stopped(app, why);

	if (ret == 0)
		app->args.topology = (int)choice(topology_names, words[2]);
	return ret;
}

static int
set_txpkts(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	int ret = forward_is_stopped(app, why);

	return ret == 0 ? txpkts_parse(words[2], &app->args.txpkts, why) : ret;
}

static int
set_txsplit(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	int ret = forward_is_stopped(app, why);

	if (ret == 0)
		app->args.txpkts.split = (int)choice(txsplit_names, words[2]);
	return ret;
}

static int
set_flush_rx(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	app->args.flush_rx = strcmp(words[2], "on") == 0;
	return 0;
}

static const struct {
	const char *word;
	void (*report)(const struct app *app, FILE *out);
	void (*facts)(const struct app *app, json_t *result);
} shows[] = {
	{"fwd", report_config, facts_config_fwd},
	{"cores", report_config_cores, facts_config_cores},
	{"rxtx", report_config_rxtx, facts_config_rxtx},
	{"txpkts", report_config_txpkts, facts_config_txpkts},
};

static unsigned
show_row(const char *word)
{
	unsigned row = 0;

	while (strcmp(shows[row].word, word) != 0)
		row++;
	return row;
}

static int
show_config(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	int ret = streams_preview(app, why);

	if (ret == 0)
		shows[show_row(words[2])].report(app, stdout);
	return ret;
}

static int
show_config_facts(struct app *app, char *const *words, unsigned nb_words, json_t *result,
		  struct plx_why *why)
{
	int ret = streams_preview(app, why);

	if (ret == 0)
		shows[show_row(words[2])].facts(app, result);
	return ret;
}

const struct command commands_config[] = {
	{"set nbport|nbcore <n>", "forward with the first n of them", set_number},
	{"set portlist|corelist <list>", "who forwards, in this order: 0,2,1,3", set_list},
	{"set portmask|coremask <mask>", "the same in hexadecimal: 0x3", set_list},
	{"set port-topology paired|chained|loop", "which port sends what another receives",
	 set_topology},
	{"set burst <packets>", "packets asked for at a time", set_burst},
	{"port config all burst <packets>", "the same", set_burst},
	{"set txpkts <lengths>", "segments of packets that are made: 64, or 64,128", set_txpkts},
	{"set txsplit off|on|rand", "rand: only the first few of these segments", set_txsplit},
	{"set flush_rx on|off", "at start, throw away what waits in the rx queues", set_flush_rx},
	{"show config fwd|cores|rxtx|txpkts", "who forwards from where to where, and how",
	 show_config, show_config_facts},
	{NULL},
};
