/* SPDX-License-Identifier: BSD-3-Clause */
/* help and quit. */
#include "command.h"

#include <stdio.h>
#include <string.h>

static int
help(struct testpmd *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	for (const struct command *c = command_next(NULL); c != NULL; c = command_next(c)) {
		if (nb_words < 2 || strncmp(c->pattern, words[1], strlen(words[1])) == 0)
			printf("  %-44s %s\n", c->pattern, c->help);
	}
	return 0;
}

static int
quit(struct testpmd *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	app->quit = true;
	return 0;
}

const struct command commands_control[] = {
	{"help [word]", "the commands, or those that begin with a word", help},
	{"quit|exit|q", "stop forwarding and leave", quit},
	{NULL},
};
