/* SPDX-License-Identifier: BSD-3-Clause */
/* help, load and quit. */
#include "commands.h"
#include "help.h"
#include "script.h"

static int
help(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	return help_show(&app->console, nb_words > 1 ? words[1] : NULL, why);
}

static int
facts(struct app *app, char *const *words, unsigned nb_words, json_t *result, struct plx_why *why)
{
	return help_facts(&app->console, nb_words > 1 ? words[1] : NULL, result, why);
}

static int
load(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	return script_run(&app->console, words[1], true, why);
}

static int
quit(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	app->console.quit = true;
	return 0;
}

const struct command commands_control[] = {
	{"help [<section>]", "the sections, the commands of one, or all", help, facts},
	{"load <file>", "run the commands of a file; it may load others", load},
	{"quit|exit|q", "stop forwarding and leave", quit},
	{NULL},
};
