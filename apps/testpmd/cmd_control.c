/* SPDX-License-Identifier: BSD-3-Clause */
/* help, load and quit. */
#include "command.h"
#include "grammar.h"
#include "script.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* DPDK's sections that are not tables here, by the first word of their commands. */
static const struct {
	const char *section;
	const char *first[3];
} sections_by_word[] = {
	{"display", {"show", "clear", "dump"}},
	{"config", {"set"}},
	{"ports", {"port"}},
};

static bool
begins_with(const struct command *c, const char *word)
{
	struct grammar_word first;

	return grammar_word(c->pattern, 0, &first) && grammar_has_choice(&first, word);
}

/* Why a command belongs to what was asked for: its table, its first word, or DPDK's name for such. */
static bool
is_asked_for(const struct command_section *s, const struct command *c, const char *word)
{
	if (strcmp(word, "all") == 0 || strcmp(s->name, word) == 0 || begins_with(c, word))
		return true;
	for (size_t i = 0; i < PLX_ARRAY_LEN(sections_by_word); i++) {
		if (strcmp(sections_by_word[i].section, word) != 0)
			continue;
		for (size_t k = 0; k < PLX_ARRAY_LEN(sections_by_word[i].first); k++) {
			const char *first = sections_by_word[i].first[k];

			if (first != NULL && begins_with(c, first))
				return true;
		}
	}
	return false;
}

/* The rows of a section that were asked for, under its name. Returns how many. */
static unsigned
show_rows(const struct command_section *s, const char *word)
{
	unsigned n = 0;

	for (const struct command *c = s->rows; c->pattern != NULL; c++) {
		if (!is_asked_for(s, c, word))
			continue;
		if (n++ == 0)
			printf("\n%s: %s\n", s->name, s->about);
		command_print(c, stdout);
	}
	return n;
}

static void
show_sections(void)
{
	printf("\nHelp is available for the following sections:\n\n");
	for (const struct command_section *s = command_sections; s->rows != NULL; s++)
		printf("    help %-12s %s\n", s->name, s->about);
	printf("    help %-12s %s\n    help %-12s %s\n\n", "display", "all that shows something",
	       "all", "all commands");
	printf("TAB completes a word or lists what may follow, ? tells of the commands that\n"
	       "begin so. What shows something answers in JSON with --json as its last word.\n");
}

static int
not_a_section(const char *word, struct plx_why *why)
{
	size_t used;

	plx_why(why, -EINVAL, "there is no help on \"%.64s\"; there is", word);
	for (const struct command_section *s = command_sections; s->rows != NULL; s++) {
		used = strlen(why->text);
		snprintf(why->text + used, sizeof(why->text) - used, " %s", s->name);
	}
	used = strlen(why->text);
	snprintf(why->text + used, sizeof(why->text) - used,
		 " display config ports all, and the first word of each command");
	return -EINVAL;
}

static int
help(struct testpmd *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	unsigned n = 0;

	if (nb_words < 2) {
		show_sections();
		return 0;
	}
	for (const struct command_section *s = command_sections; s->rows != NULL; s++)
		n += show_rows(s, words[1]);
	return n > 0 ? 0 : not_a_section(words[1], why);
}

/* For programs: the commands there are, so that they need not parse the text. */
static int
help_facts(struct testpmd *app, char *const *words, unsigned nb_words, json_t *result,
	   struct plx_why *why)
{
	const char *word = nb_words > 1 ? words[1] : "all";
	json_t *commands = json_array();

	json_object_set_new(result, "commands", commands);
	for (const struct command_section *s = command_sections; s->rows != NULL; s++) {
		for (const struct command *c = s->rows; c->pattern != NULL; c++) {
			if (is_asked_for(s, c, word))
				json_array_append_new(
					commands, json_pack("{s:s, s:s, s:s, s:b}", "section",
							    s->name, "pattern", c->pattern, "help",
							    c->help, "json", c->facts != NULL));
		}
	}
	return json_array_size(commands) > 0 ? 0 : not_a_section(word, why);
}

static int
load(struct testpmd *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	return script_run(app, words[1], true, why);
}

static int
quit(struct testpmd *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	app->quit = true;
	return 0;
}

const struct command commands_control[] = {
	{"help [<section>]", "the sections, the commands of one, or all", help, help_facts},
	{"load <file>", "run the commands of a file; it may load others", load},
	{"quit|exit|q", "stop forwarding and leave", quit},
	{NULL},
};
