/* SPDX-License-Identifier: BSD-3-Clause */
/* show port, clear port. */
#include "command.h"
#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *word;
	void (*report)(uint16_t port, FILE *out);
} reports[] = {
	{"info", report_port_info},
	{"stats", report_port_stats},
	{"xstats", report_port_xstats},
	{"summary", report_port_summary},
};

static int
show_port(struct testpmd *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	uint16_t first, last;
	int ret = command_ports(words[3], &first, &last, why);

	for (unsigned i = 0; ret == 0 && i < PLX_ARRAY_LEN(reports); i++) {
		if (strcmp(words[2], reports[i].word) != 0)
			continue;
		for (uint16_t port = plx_ethdev_next(first); port <= last;
		     port = plx_ethdev_next((uint16_t)(port + 1)))
			reports[i].report(port, stdout);
	}
	return ret;
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
	{"show port info|stats|xstats|summary <port>", "a port number, or all", show_port},
	{"clear port stats|xstats <port>", "count from zero", clear_port},
	{NULL, NULL, NULL},
};
