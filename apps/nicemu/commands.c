/* SPDX-License-Identifier: BSD-3-Clause */
#include "commands.h"

#include "control.h"
#include "words.h"

#include <string.h>

static const struct command commands_control[] = {
	{"help [<section>]", "the sections, the commands of one, or all", control_help,
	 control_help_facts},
	{"load <file>", "run the commands of a file; it may load others", control_load},
	{"quit|exit|q", "pull all plugs and leave", control_quit},
	{NULL},
};

static const struct command_section sections[] = {
	{"control", "help, scripts and leaving", commands_control},
	{"show", "what cards are, what they count, what is wrong with them", commands_show},
	{"fault", "cables, and what is wrong with cards and wires", commands_fault},
	{NULL},
};

static void
add_nics(const struct app *app, const char *prefix, struct words *words)
{
	for (unsigned i = 0; i < app->nb_nics; i++)
		words_offer(words, prefix, app->nics[i].name);
	words_offer(words, prefix, "all");
}

static const struct console_parameter parameters[] = {{"<nic>", add_nics}, {NULL}};

struct console *
app_console(struct app *app)
{
	return &app->console;
}

void
commands_begin(struct app *app)
{
	app->console = (struct console){
		.app = app,
		.program = "plx-nicemu",
		.prompt = "nicemu> ",
		.history = "nicemu_history",
		.sections = sections,
		.parameters = parameters,
	};
}

int
command_nics(struct app *app, const char *word, unsigned *ret_first, unsigned *ret_last,
	     struct plx_why *why)
{
	int number;

	*ret_first = 0;
	*ret_last = app->nb_nics - 1;
	if (strcmp(word, "all") == 0)
		return 0;
	number = nic_conf_number(word, "NIC", app->nb_nics, why);
	if (number < 0)
		return number;
	*ret_first = *ret_last = (unsigned)number;
	return 0;
}
