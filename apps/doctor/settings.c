/* SPDX-License-Identifier: BSD-3-Clause */
#include "settings.h"

#include "check.h"

#include <errno.h>
#include <stdlib.h>

#include <pollux/plx_kvargs.h>

static const char *const purposes[] = {"all", "af_xdp", "af_packet", "tap", "pci", NULL};
static const unsigned purpose_bits[] = {FOR_ALL, FOR_AF_XDP, FOR_AF_PACKET, FOR_TAP, FOR_PCI};

#define AT(field) offsetof(struct settings, field)

static const struct option_row rows[] = {
	{"", 0, OPTION_HEADING, .help = "What is looked at"},
	{"for", 'f', OPTION_CHOICE, AT(purpose), 0, 0, purposes, "DRIVER",
	 "what this driver needs, and a problem where it would not start:\n"
	 "af_xdp, af_packet, tap, pci; all (default) takes what one driver lacks as a note"},
	{"interface", 'i', OPTION_TEXT, AT(interface), .value = "IF",
	 .help = "only this interface"},
	{"list", 'l', OPTION_ON, AT(list), .help = "the checks there are"},
	{"", 0, OPTION_HEADING, .help = "Leftovers of programs that died"},
	{"sweep", 0, OPTION_ON, AT(sweep),
	 .help = "remove them, asking for each; nothing else ever changes anything"},
	{"yes", 'y', OPTION_ON, AT(yes), .help = "with --sweep: without asking"},
	{"", 0, OPTION_HEADING, .help = "How it is told"},
	{"json", 'j', OPTION_ON, AT(json), .help = "for programs"},
	{"help", 'h', OPTION_ON, AT(help), .help = "this text"},
	{"version", 'V', OPTION_ON, AT(version), .help = "the version"},
	{NULL},
};

static int
judge_id(const char *id, struct plx_why *why)
{
	const char *ids[64];
	const char *near;
	unsigned n = 0;

	if (check_find(id) != NULL)
		return 0;
	for (const struct check *check = checks; check->id != NULL && n < 63; check++)
		ids[n++] = check->id;
	ids[n] = NULL;
	near = plx_kvargs_nearest(id, ids);
	return plx_why(why, -EINVAL, "there is no check '%s'; %s%s%s", id,
		       near != NULL ? "did you mean '" : "plx-doctor --list names them",
		       near != NULL ? near : "", near != NULL ? "'?" : "");
}

int
settings_read(struct settings *settings, int argc, char **argv, struct plx_why *why)
{
	struct options_found found = {.program = NULL};
	int err;

	*settings = (struct settings){.checks = NULL};
	err = options_parse(rows, argc, argv, settings, &found, why);
	settings->checks = found.words;
	settings->nb_checks = found.nb_words;
	for (int i = 0; err == 0 && i < found.nb_words; i++)
		err = judge_id(found.words[i], why);
	if (err == 0 && settings->yes && !settings->sweep)
		err = plx_why(why, -EINVAL, "--yes goes with --sweep");
	if (err == 0 && settings->sweep && settings->json)
		err = plx_why(why, -EINVAL, "--sweep contradicts --json: look first, then sweep");
	return err;
}

void
settings_fini(struct settings *settings)
{
	free(settings->checks);
	settings->checks = NULL;
}

unsigned
settings_purposes(const struct settings *settings)
{
	return purpose_bits[settings->purpose];
}

void
settings_usage(FILE *out)
{
	fprintf(out, "Usage: plx-doctor [options] [CHECK...]\n"
		     "Says what this machine lacks for Pollux, and the command that mends it.\n\n");
	options_usage(rows, out);
	fprintf(out, "\nExit status: 0 no problems, 1 problems, 2 wrong usage.\n"
		     "Example: sudo plx-doctor --for af_xdp --interface eth1\n");
}
