/* SPDX-License-Identifier: BSD-3-Clause */
#include "help.h"

#include "command.h"
#include "grammar.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool
begins_with(const struct command *c, const char *word)
{
	struct grammar_word first;

	return grammar_word(c->pattern, 0, &first) && grammar_has_choice(&first, word);
}

/* Why a command belongs to what was asked for: its table, its first word, or a group of such. */
static bool
is_asked_for(const struct console *console, const struct command_section *s,
	     const struct command *c, const char *word)
{
	if (strcmp(word, "all") == 0 || strcmp(s->name, word) == 0 || begins_with(c, word))
		return true;
	for (const struct console_group *g = console->groups; g != NULL && g->name != NULL; g++) {
		if (strcmp(g->name, word) != 0)
			continue;
		for (size_t i = 0; i < PLX_ARRAY_LEN(g->first); i++) {
			if (g->first[i] != NULL && begins_with(c, g->first[i]))
				return true;
		}
	}
	return false;
}

/* The rows of a section that were asked for, under its name. Returns how many. */
static unsigned
show_rows(const struct console *console, const struct command_section *s, const char *word)
{
	unsigned n = 0;

	for (const struct command *c = s->rows; c->pattern != NULL; c++) {
		if (!is_asked_for(console, s, c, word))
			continue;
		if (n++ == 0)
			printf("\n%s: %s\n", s->name, s->about);
		command_print(c, stdout);
	}
	return n;
}

static void
show_sections(const struct console *console)
{
	printf("\nHelp is available for the following sections:\n\n");
	for (const struct command_section *s = console->sections; s->rows != NULL; s++)
		printf("    help %-12s %s\n", s->name, s->about);
	for (const struct console_group *g = console->groups; g != NULL && g->name != NULL; g++) {
		if (g->about != NULL)
			printf("    help %-12s %s\n", g->name, g->about);
	}
	printf("    help %-12s %s\n\n", "all", "all commands");
	printf("TAB completes a word or lists what may follow, ? tells of the commands that\n"
	       "begin so. What shows something answers in JSON with --json as its last word.\n");
}

static int
not_a_section(const struct console *console, const char *word, struct plx_why *why)
{
	size_t used;

	plx_why(why, -EINVAL, "there is no help on \"%.64s\"; there is", word);
	for (const struct command_section *s = console->sections; s->rows != NULL; s++) {
		used = strlen(why->text);
		snprintf(why->text + used, sizeof(why->text) - used, " %s", s->name);
	}
	for (const struct console_group *g = console->groups; g != NULL && g->name != NULL; g++) {
		used = strlen(why->text);
		snprintf(why->text + used, sizeof(why->text) - used, " %s", g->name);
	}
	used = strlen(why->text);
	snprintf(why->text + used, sizeof(why->text) - used,
		 " all, and the first word of each command");
	return -EINVAL;
}

int
help_show(const struct console *console, const char *word, struct plx_why *why)
{
	unsigned n = 0;

	if (word == NULL) {
		show_sections(console);
		return 0;
	}
	for (const struct command_section *s = console->sections; s->rows != NULL; s++)
		n += show_rows(console, s, word);
	return n > 0 ? 0 : not_a_section(console, word, why);
}

int
help_facts(const struct console *console, const char *word, json_t *result, struct plx_why *why)
{
	json_t *commands = json_array();

	json_object_set_new(result, "commands", commands);
	if (word == NULL)
		word = "all";
	for (const struct command_section *s = console->sections; s->rows != NULL; s++) {
		for (const struct command *c = s->rows; c->pattern != NULL; c++) {
			if (is_asked_for(console, s, c, word))
				json_array_append_new(
					commands, json_pack("{s:s, s:s, s:s, s:b}", "section",
							    s->name, "pattern", c->pattern, "help",
							    c->help, "json", c->facts != NULL));
		}
	}
	return json_array_size(commands) > 0 ? 0 : not_a_section(console, word, why);
}
