/* SPDX-License-Identifier: BSD-3-Clause */
/* show port, clear port. */
#include "command.h"
#include "facts.h"
#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What there is to show of a port: to people, and to programs. */
static const struct {
	const char *word;
	void (*report)(uint16_t port, FILE *out);
	json_t *(*facts)(uint16_t port);
} shows[] = {
	{"info", report_port_info, facts_port_info},
	{"stats", report_port_stats, facts_port_stats},
	{"xstats", report_port_xstats, facts_port_xstats},
	{"summary", report_port_summary, facts_port_summary},
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
show_port(struct testpmd *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	const unsigned row = show_row(words[2]);
	uint16_t first, last;
	int ret = command_ports(words[3], &first, &last, why);

	if (ret != 0)
		return ret;
	for (uint16_t port = plx_ethdev_next(first); port <= last;
	     port = plx_ethdev_next((uint16_t)(port + 1)))
		shows[row].report(port, stdout);
	return 0;
}

static int
show_port_facts(struct testpmd *app, char *const *words, unsigned nb_words, json_t *result,
		struct plx_why *why)
{
	const unsigned row = show_row(words[2]);
	json_t *ports = json_array();
	uint16_t first, last;
	int ret = command_ports(words[3], &first, &last, why);

	json_object_set_new(result, "ports", ports);
	if (ret != 0)
		return ret;
	for (uint16_t port = plx_ethdev_next(first); port <= last;
	     port = plx_ethdev_next((uint16_t)(port + 1)))
		json_array_append_new(ports, shows[row].facts(port));
	return 0;
}

static int
clear_port(struct testpmd *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	uint16_t first, last;
	int ret = command_ports(words[3], &first, &last, why);

	if (ret != 0)
		return ret;
	for (uint16_t port = plx_ethdev_next(first); port <= last;
	     port = plx_ethdev_next((uint16_t)(port + 1)))
		plx_ethdev_stats_reset(port);
	return 0;
}

const struct command commands_port[] = {
	{"show port info|stats|xstats|summary <port>", "a port number, or all", show_port,
	 show_port_facts},
	{"clear port stats|xstats <port>", "count from zero", clear_port},
	{NULL},
};
