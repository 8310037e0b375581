/* SPDX-License-Identifier: BSD-3-Clause */
#include "complete.h"

#include "command.h"
#include "engine.h"
#include "grammar.h"

#include <pollux/plx_eal.h>
#include <pollux/plx_log.h>
#include <pollux/plx_zone.h>

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

static void
add(struct words *words, const char *prefix, const char *word)
{
	if (strncmp(word, prefix, strlen(prefix)) == 0)
		words_add(words, word, strlen(word));
}

/* -- what parameters can be -------------------------------------------------------------------------- */

static void
add_ports(const struct testpmd *app, const char *prefix, struct words *words)
{
	char number[8];

	PLX_ETHDEV_FOREACH(port) {
		snprintf(number, sizeof(number), "%u", port);
		add(words, prefix, number);
	}
	add(words, prefix, "all");
}

static void
add_engines(const struct testpmd *app, const char *prefix, struct words *words)
{
	for (unsigned i = 0; engine_at(i) != NULL; i++)
		add(words, prefix, engine_at(i)->name);
}

static void
add_sections(const struct testpmd *app, const char *prefix, struct words *words)
{
	for (const struct command_section *s = command_sections; s->rows != NULL; s++)
		add(words, prefix, s->name);
	add(words, prefix, "all");
}

static void
add_levels(const struct testpmd *app, const char *prefix, struct words *words)
{
	for (int level = PLX_LOG_EMERG; level <= PLX_LOG_DEBUG; level++)
		add(words, prefix, plx_log_level_name((enum plx_log_level)level));
}

static void
add_pools(const struct testpmd *app, const char *prefix, struct words *words)
{
	for (unsigned i = 0; plx_pool_at(i) != NULL; i++)
		add(words, prefix, plx_pool_name(plx_pool_at(i)));
}

static void
add_devices(const struct testpmd *app, const char *prefix, struct words *words)
{
	struct plx_device_info devices[64];
	unsigned n = plx_device_list(devices, PLX_ARRAY_LEN(devices));

	for (unsigned i = 0; i < n && i < PLX_ARRAY_LEN(devices); i++)
		add(words, prefix, devices[i].name);
}

static void
add_zones(const struct testpmd *app, const char *prefix, struct words *words)
{
	struct plx_zone zones[64];
	unsigned n = plx_zone_list(zones, PLX_ARRAY_LEN(zones));

	for (unsigned i = 0; i < n && i < PLX_ARRAY_LEN(zones); i++)
		add(words, prefix, zones[i].name);
}

static void
add_components(const struct testpmd *app, const char *prefix, struct words *words)
{
	struct plx_log_entry entries[PLX_LOG_COMPONENTS_MAX];
	unsigned n = plx_log_components(entries, PLX_ARRAY_LEN(entries));

	for (unsigned i = 0; i < n && i < PLX_ARRAY_LEN(entries); i++)
		add(words, prefix, entries[i].name);
	add(words, prefix, "global");
}

static void
add_files(const struct testpmd *app, const char *prefix, struct words *words)
{
	char pattern[1024];
	glob_t found;

	if (strpbrk(prefix, "*?[\\") != NULL)
		return;
	snprintf(pattern, sizeof(pattern), "%.1000s*", prefix);
	if (glob(pattern, GLOB_MARK, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++)
			add(words, prefix, found.gl_pathv[i]);
	}
	globfree(&found);
}

static const struct {
	const char *parameter;
	void (*add)(const struct testpmd *app, const char *prefix, struct words *words);
} parameters[] = {
	{"<port>", add_ports},	   {"<engine>", add_engines}, {"<section>", add_sections},
	{"<level>", add_levels},   {"<pool>", add_pools},     {"<file>", add_files},
	{"<device>", add_devices}, {"<zone>", add_zones},     {"<component>", add_components},
};

static void
add_parameter(const struct testpmd *app, const struct grammar_word *expected, const char *prefix,
	      struct words *words)
{
	for (size_t i = 0; i < PLX_ARRAY_LEN(parameters); i++) {
		if (strlen(parameters[i].parameter) == expected->len &&
		    memcmp(parameters[i].parameter, expected->text, expected->len) == 0)
			parameters[i].add(app, prefix, words);
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
most_literals(const struct typed *typed)
{
	unsigned most = 0;

	for (const struct command *c = command_next(NULL); c != NULL; c = command_next(c)) {
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
add_next(const struct testpmd *app, const struct command *c, const struct typed *typed,
	 struct words *words)
{
	struct grammar_word expected;
	bool whole;

	if (grammar_word(c->pattern, typed->n, &expected)) {
		grammar_choices(&expected, typed->prefix, words);
		add_parameter(app, &expected, typed->prefix, words);
	}
	grammar_match(c->pattern, typed->words, typed->n, &whole);
	if (whole && c->facts != NULL)
		add(words, typed->prefix, "--json");
}

size_t
complete_words(const struct testpmd *app, const char *line, struct words *words)
{
	struct typed typed;
	unsigned literals;

	if (!cut(line, &typed))
		return 0;
	literals = most_literals(&typed);
	for (const struct command *c = command_next(NULL); c != NULL; c = command_next(c)) {
		if (is_meant(c, &typed, literals))
			add_next(app, c, &typed, words);
	}
	words_sort(words);
	free(typed.copy);
	return strlen(typed.prefix);
}

/* True if the line can become this command. */
static bool
leads_to(const struct testpmd *app, const struct command *c, const struct typed *typed)
{
	struct words words = {0};
	struct grammar_word expected;
	bool leads;

	if (!is_meant(c, typed, most_literals(typed)))
		return false;
	if (typed->prefix[0] == '\0')
		return true;
	add_next(app, c, typed, &words);
	leads = words.n > 0 ||
		(grammar_word(c->pattern, typed->n, &expected) && expected.parameter);
	words_free(&words);
	return leads;
}

#define HELP_ROWS_MAX 12

static unsigned
help_rows(const struct testpmd *app, const struct typed *typed, FILE *out)
{
	unsigned n = 0;

	for (const struct command *c = command_next(NULL); c != NULL; c = command_next(c)) {
		if (!leads_to(app, c, typed))
			continue;
		n++;
		if (out != NULL)
			command_print(c, out);
	}
	return n;
}

void
complete_help(const struct testpmd *app, const char *line, unsigned columns, FILE *out)
{
	struct words words = {0};
	struct typed typed;
	unsigned n;

	if (!cut(line, &typed))
		return;
	n = help_rows(app, &typed, NULL);
	if (n == 0) {
		fprintf(out, "no command begins like this\n");
	} else if (n <= HELP_ROWS_MAX) {
		help_rows(app, &typed, out);
	} else {
		complete_words(app, line, &words);
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
