/* SPDX-License-Identifier: BSD-3-Clause */
#include "complete.h"

#include "command.h"
#include "grammar.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

/* A line in front of the cursor: whole words, and the beginning of one. */
struct typed {
	char *copy;
	char *words[COMMAND_WORDS_MAX];
	unsigned n;
	const char *prefix;
};

static bool
cut(const char *line, struct typed *typed)
{
	char *rest = NULL, *at;

	*typed = (struct typed){.copy = strdup(line)};
	if (typed->copy == NULL)
		return false;
	at = strrchr(typed->copy, ' ');
	typed->prefix = line + (at != NULL ? at + 1 - typed->copy : 0);
	if (at == NULL)
		return true;
	*at = '\0';
	for (char *word = strtok_r(typed->copy, " \t", &rest); word != NULL;
	     word = strtok_r(NULL, " \t", &rest)) {
		if (typed->n == COMMAND_WORDS_MAX || word[0] == '#') {
			free(typed->copy);
			return false;
		}
		typed->words[typed->n++] = word;
	}
	return true;
}

/* -- what parameters can be -------------------------------------------------------------------------- */

static void
add_sections(const struct console *console, const char *prefix, struct words *words)
{
	for (const struct command_section *s = console->sections; s->rows != NULL; s++)
		words_offer(words, prefix, s->name);
	words_offer(words, prefix, "all");
}

static void
add_files(const char *prefix, struct words *words)
{
	char pattern[1024];
	glob_t found;

	if (strpbrk(prefix, "*?[\\") != NULL)
		return;
	snprintf(pattern, sizeof(pattern), "%.1000s*", prefix);
	if (glob(pattern, GLOB_MARK, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++)
			words_offer(words, prefix, found.gl_pathv[i]);
	}
	globfree(&found);
}

static bool
names(const char *parameter, const struct grammar_word *expected)
{
	return strlen(parameter) == expected->len &&
	       memcmp(parameter, expected->text, expected->len) == 0;
}

static void
add_parameter(const struct console *console, const struct grammar_word *expected,
	      const char *prefix, struct words *words)
{
	const struct console_parameter *p = console->parameters;

	if (names("<section>", expected))
		add_sections(console, prefix, words);
	if (names("<file>", expected))
		add_files(prefix, words);
	for (; p != NULL && p->name != NULL; p++) {
		if (names(p->name, expected))
			p->add(console->app, prefix, words);
	}
}

/* -- the line ---------------------------------------------------------------------------------------- */

static bool
fits(const struct command *c, const struct typed *typed)
{
	bool whole;

	return grammar_match(c->pattern, typed->words, typed->n, &whole) == typed->n;
}

/* Of the commands that the words fit, those that are meant. */
static unsigned
most_literals(const struct console *console, const struct typed *typed)
{
	unsigned most = 0;

	for (const struct command *c = command_next(console, NULL); c != NULL;
	     c = command_next(console, c)) {
		unsigned literals = grammar_literals(c->pattern, typed->words, typed->n);

		if (fits(c, typed) && literals > most)
			most = literals;
	}
	return most;
}

static bool
is_meant(const struct command *c, const struct typed *typed, unsigned literals)
{
	return fits(c, typed) && grammar_literals(c->pattern, typed->words, typed->n) == literals;
}

/* What may follow the words if this command is meant. */
static void
add_next(const struct console *console, const struct command *c, const struct typed *typed,
	 struct words *words)
{
	struct grammar_word expected;
	bool whole;

	if (grammar_word(c->pattern, typed->n, &expected)) {
		grammar_choices(&expected, typed->prefix, words);
		add_parameter(console, &expected, typed->prefix, words);
	}
	grammar_match(c->pattern, typed->words, typed->n, &whole);
	if (whole && c->facts != NULL)
		words_offer(words, typed->prefix, "--json");
}

size_t
complete_words(const struct console *console, const char *line, struct words *words)
{
	struct typed typed;
	unsigned literals;

	if (!cut(line, &typed))
		return 0;
	literals = most_literals(console, &typed);
	for (const struct command *c = command_next(console, NULL); c != NULL;
	     c = command_next(console, c)) {
		if (is_meant(c, &typed, literals))
			add_next(console, c, &typed, words);
	}
	words_sort(words);
	free(typed.copy);
	return strlen(typed.prefix);
}

/* True if the line can become this command. */
static bool
leads_to(const struct console *console, const struct command *c, const struct typed *typed)
{
	struct words words = {0};
	struct grammar_word expected;
	bool leads;

	if (!is_meant(c, typed, most_literals(console, typed)))
		return false;
	if (typed->prefix[0] == '\0')
		return true;
	add_next(console, c, typed, &words);
	leads = words.n > 0 ||
		(grammar_word(c->pattern, typed->n, &expected) && expected.parameter);
	words_free(&words);
	return leads;
}

#define HELP_ROWS_MAX 12

static unsigned
help_rows(const struct console *console, const struct typed *typed, FILE *out)
{
	unsigned n = 0;

	for (const struct command *c = command_next(console, NULL); c != NULL;
	     c = command_next(console, c)) {
		if (!leads_to(console, c, typed))
			continue;
		n++;
		if (out != NULL)
			command_print(c, out);
	}
	return n;
}

void
complete_help(const struct console *console, const char *line, unsigned columns, FILE *out)
{
	struct words words = {0};
	struct typed typed;
	unsigned n;

	if (!cut(line, &typed))
		return;
	n = help_rows(console, &typed, NULL);
	if (n == 0) {
		fprintf(out, "no command begins like this\n");
	} else if (n <= HELP_ROWS_MAX) {
		help_rows(console, &typed, out);
	} else {
		complete_words(console, line, &words);
		complete_list(&words, columns, out);
		words_free(&words);
	}
	free(typed.copy);
}

void
complete_list(const struct words *words, unsigned columns, FILE *out)
{
	unsigned width = 0, across;

	for (unsigned i = 0; i < words->n; i++) {
		unsigned len = (unsigned)strlen(words->word[i]) + 2;

		width = len > width ? len : width;
	}
	across = width > 0 && columns > width ? columns / width : 1;
	for (unsigned i = 0; i < words->n; i++) {
		bool last = (i + 1) % across == 0 || i + 1 == words->n;

		fprintf(out, "%-*s%s", last ? 0 : (int)width, words->word[i], last ? "\n" : "");
	}
}
