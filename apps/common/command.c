/* SPDX-License-Identifier: BSD-3-Clause */
/* From a line to a row of a command table, or to a sentence that says what is wrong with the line. */
#include "command.h"

#include "grammar.h"
#include "json.h"
#include "mistake.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct command *
command_next(const struct console *console, const struct command *previous)
{
	for (const struct command_section *s = console->sections; s->rows != NULL; s++) {
		for (const struct command *c = s->rows; c->pattern != NULL; c++) {
			if (previous == NULL)
				return c;
			if (c == previous)
				previous = NULL;
		}
	}
	return NULL;
}

#define HELP_COLUMN 44
#define HELP_WIDTH  79

void
command_print(const struct command *c, FILE *out)
{
	if (strlen(c->pattern) <= HELP_COLUMN && HELP_COLUMN + 3 + strlen(c->help) <= HELP_WIDTH)
		fprintf(out, "  %-*s %s\n", HELP_COLUMN, c->pattern, c->help);
	else
		fprintf(out, "  %s\n%*s %s\n", c->pattern, 6, "", c->help);
}

/* -- understanding ----------------------------------------------------------------------------------- */

static int
split(struct line *line, struct command_place *place, struct plx_why *why)
{
	char *rest = NULL;

	for (char *word = strtok_r(line->copy, " \t\r\n", &rest); word != NULL && word[0] != '#';
	     word = strtok_r(NULL, " \t\r\n", &rest)) {
		if (line->n == COMMAND_WORDS_MAX) {
			*place = (struct command_place){true, (size_t)(word - line->copy)};
			return plx_why(why, -EINVAL, "more than %d words", COMMAND_WORDS_MAX);
		}
		line->words[line->n++] = word;
	}
	line->asks_json = line->n > 1 && strcmp(line->words[line->n - 1], "--json") == 0;
	line->n -= line->asks_json;
	return 0;
}

static const struct command *
find(const struct console *console, char *const *words, unsigned nb_words)
{
	bool whole;

	for (const struct command *c = command_next(console, NULL); c != NULL;
	     c = command_next(console, c)) {
		grammar_match(c->pattern, words, nb_words, &whole);
		if (whole)
			return c;
	}
	return NULL;
}

/* -- running ----------------------------------------------------------------------------------------- */

static bool
is_apart(char c)
{
	return c == '\0' || strchr(" \"';:,.()=", c) != NULL;
}

static bool
names(const char *text, const char *word)
{
	const size_t len = strlen(word);

	for (const char *at = text; (at = strstr(at, word)) != NULL; at++) {
		if ((at == text || is_apart(at[-1])) && is_apart(at[len]))
			return true;
	}
	return false;
}

/* The word that a command complains about is the last parameter that its sentence names. */
static void
find_named(const struct line *line, const struct plx_why *why, struct command_place *place)
{
	struct grammar_word expected;

	for (unsigned i = line->n; i-- > 1;) {
		if (!grammar_word(line->command->pattern, i, &expected) ||
		    !(expected.parameter || expected.optional) || !names(why->text, line->words[i]))
			continue;
		*place = mistake_place(line, i);
		return;
	}
}

/* Bytes that are no UTF-8 cannot stand in JSON. */
static json_t *
json_of(char *text)
{
	json_t *value = json_string(text);

	if (value != NULL)
		return value;
	for (char *c = text; *c != '\0'; c++)
		*c = (signed char)*c < 0 ? '?' : *c;
	return json_string(text);
}

static json_t *
json_of_words(const struct line *line)
{
	char text[COMMAND_LINE_MAX + 1];
	size_t used = 0;

	for (unsigned i = 0; i < line->n; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", i > 0 ? " " : "",
					 line->words[i]);
	return json_of(text);
}

/* Also an error is one line of JSON, since the asker waits for one. */
static int
answer(struct console *console, const struct line *line, json_t *result, int ret,
       struct plx_why *why)
{
	FILE *out = console->answers != NULL ? console->answers : stdout;
	json_t *whole = json_object();

	json_object_set_new(whole, "command", json_of_words(line));
	if (ret == 0)
		json_object_set(whole, "result", result);
	else
		json_object_set_new(whole, "error", json_of(why->text));
	fflush(stdout);
	if (json_print(whole, false, out) != 0 && ret == 0)
		ret = plx_why(why, -ENOMEM, "an answer in JSON could not be made or written");
	if (fflush(out) != 0 && ret == 0)
		ret = plx_why(why, -EIO, "an answer in JSON could not be written: %s",
			      strerror(errno));
	return ret;
}

static int
run(struct console *console, const struct line *line, json_t *result, struct command_place *place,
    struct plx_why *why)
{
	const struct command *c = line->command;
	int ret;

	if (c == NULL)
		return mistake_explain(console, line, place, why);
	if (line->asks_json && c->facts == NULL)
		return plx_why(why, -ENOTSUP, "\"%s\" has no answer in JSON", line->words[0]);
	if (result != NULL && c->facts != NULL)
		ret = c->facts(console->app, line->words, line->n, result, why);
	else
		ret = c->run(console->app, line->words, line->n, why);
	if (ret != 0)
		find_named(line, why, place);
	return ret;
}

/* Copies the text and splits it. What was copied is to be freed also after an error. */
static int
take(struct line *line, const char *text, struct command_place *ret_place, struct plx_why *why)
{
	*ret_place = (struct command_place){0};
	*line = (struct line){.copy = strdup(text)};
	if (line->copy == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	if (strlen(text) > COMMAND_LINE_MAX)
		return plx_why(why, -EINVAL, "the line is longer than %d bytes", COMMAND_LINE_MAX);
	return split(line, ret_place, why);
}

static int
find_and_run(struct console *console, struct line *line, json_t *result,
	     struct command_place *place, struct plx_why *why)
{
	line->command = find(console, line->words, line->n);
	return run(console, line, result, place, why);
}

int
command_ask(struct console *console, const char *text, json_t **ret_result, struct plx_why *why)
{
	struct command_place place;
	struct line line;
	int ret = take(&line, text, &place, why);

	*ret_result = json_object();
	if (ret == 0)
		ret = find_and_run(console, &line, *ret_result, &place, why);
	free(line.copy);
	if (ret == 0)
		return 0;
	json_decref(*ret_result);
	*ret_result = NULL;
	return ret;
}

int
command_run_at(struct console *console, const char *text, struct command_place *ret_place,
	       struct plx_why *why)
{
	json_t *result = NULL;
	struct line line;
	int ret = take(&line, text, ret_place, why);

	if (ret == 0 && line.n == 0)
		goto free_copy;
	if (line.asks_json || console->json)
		result = json_object();
	if (ret == 0)
		ret = find_and_run(console, &line, result, ret_place, why);
	if (result != NULL)
		ret = answer(console, &line, result, ret, why);
	json_decref(result);
free_copy:
	free(line.copy);
	return ret;
}

int
command_run(struct console *console, const char *line, struct plx_why *why)
{
	struct command_place place;

	return command_run_at(console, line, &place, why);
}
