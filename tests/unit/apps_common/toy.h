/* SPDX-License-Identifier: BSD-3-Clause */
/* A program that takes a few commands. */
#ifndef PLX_TESTS_UNIT_APPS_COMMON_TOY_H
#define PLX_TESTS_UNIT_APPS_COMMON_TOY_H

#include "control.h"
#include "help.h"
#include "script.h"
#include "words.h"

#include <errno.h>

struct app {
	struct console console;
	unsigned shown;
};

static struct app toy;

struct console *
app_console(struct app *app)
{
	return &app->console;
}

static inline int
toy_show(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	uint64_t port;
	int ret = command_number(words[3], "port", 0, 31, &port, why);

	app->shown += ret == 0;
	return ret;
}

static inline int
toy_show_facts(struct app *app, char *const *words, unsigned nb_words, json_t *result,
	       struct plx_why *why)
{
	json_object_set_new(result, "port", json_string(words[3]));
	return 0;
}

static inline void
toy_fruits(const struct app *app, const char *prefix, struct words *words)
{
	words_offer(words, prefix, "apple");
	words_offer(words, prefix, "apricot");
	words_offer(words, prefix, "pear");
}

static const struct command toy_control[] = {
	{"help [<section>]", "what there is", control_help, control_help_facts},
	{"load <file>", "run the commands of a file", control_load},
	{"quit|exit|q", "leave", control_quit},
	{NULL},
};

static const struct command toy_show_rows[] = {
	{"show port info|stats|xstats <port>", "a port", toy_show, toy_show_facts},
	{"show fruit <fruit>", "a fruit", control_quit},
	{NULL},
};

static const struct command_section toy_sections[] = {
	{"control", "help and leaving", toy_control},
	{"ports", "what ports do", toy_show_rows},
	{NULL},
};

static const struct console_parameter toy_parameters[] = {{"<fruit>", toy_fruits}, {NULL}};
static const struct console_group toy_groups[] = {{"display", "what shows", {"show"}}, {NULL}};

static inline struct console *
toy_begin(void)
{
	toy = (struct app){
		.console =
			{
				.app = &toy,
				.program = "toy",
				.prompt = "toy> ",
				.history = "toy_history",
				.sections = toy_sections,
				.parameters = toy_parameters,
				.groups = toy_groups,
			},
	};
	return &toy.console;
}

#endif
