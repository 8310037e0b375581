/* SPDX-License-Identifier: BSD-3-Clause */
#include "settings.h"

#include <errno.h>
#include <stdlib.h>

#define MS	   UINT64_C(1000000)
#define TIMEOUT_NS (5000 * MS)
#define MAX_NS	   (600000 * MS)

#define AT(field) offsetof(struct settings, field)

static const struct option_row rows[] = {
	{"", 0, OPTION_HEADING, .help = "How it is asked and told"},
	{"timeout", 't', OPTION_TIME, AT(timeout_ns), MS, MAX_NS, .value = "TIME",
	 .help = "how long to wait for an answer (5s)"},
	{"json", 'j', OPTION_ON, AT(json),
	 .help = "one line of JSON, also on a terminal; programs are listed so, too"},
	{"help", 'h', OPTION_ON, AT(help), .help = "this text"},
	{"version", 'V', OPTION_ON, AT(version), .help = "the version"},
	{NULL},
};

int
settings_read(struct settings *settings, int argc, char **argv, struct plx_why *why)
{
	struct options_found found = {.program = NULL};
	int ret;

	*settings = (struct settings){.timeout_ns = TIMEOUT_NS};
	ret = options_parse(rows, argc, argv, settings, &found, why);
	settings->words = found.words;
	settings->nb_words = found.nb_words;
	return ret;
}

void
settings_fini(struct settings *settings)
{
	free(settings->words);
	settings->words = NULL;
}

void
settings_usage(FILE *out)
{
	fprintf(out, "Usage: plx-ctl [options]\n"
		     "       plx-ctl [options] NAME COMMAND...\n"
		     "Lists the programs of Pollux that run, or asks one of them.\n\n"
		     "NAME is that of the list, its beginning, a process number, or the path of a "
		     "socket.\n"
		     "\"plx-ctl NAME help\" tells what a program answers.\n\n");
	options_usage(rows, out);
	fprintf(out, "\nExit status: 0; 1 the program refused or did not answer; 2 wrong usage, or "
		     "no such program.\n"
		     "Example: plx-ctl plx-testpmd stats 0\n");
}
