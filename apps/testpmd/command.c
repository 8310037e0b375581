/* SPDX-License-Identifier: BSD-3-Clause */
/* From a line to a row of a command table, or to a sentence that says what is wrong with the line. */
#include "command.h"

#include "grammar.h"
#include "json.h"

#include <pollux/plx_kvargs.h>
#include <pollux/plx_net_format.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct command_section command_sections[] = {
	{"control", "help, scripts and leaving", commands_control},
	{"forward", "forwarding packets, and what became of them", commands_forward},
	{"config", "who forwards what, and in which pieces", commands_config},
	{"engine", "what the engines are told", commands_engine},
	{"port", "ports that come and go, start and stop", commands_port},
	{"show", "ports: what they are and what they count", commands_show_port},
	{"settings", "queues, lengths and offloads of ports", commands_port_config},
	{"rss", "how packets are spread over rx queues", commands_rss},
	{"address", "what ports listen to", commands_address},
	{"vlan", "VLAN tags", commands_vlan},
	{"link", "links and flow control", commands_link},
	{"dump", "what the program holds: memory, rings, lcores, log", commands_dump},
	{NULL},
};

const struct command *
command_next(const struct command *previous)
{
	for (const struct command_section *s = command_sections; s->rows != NULL; s++) {
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

/* A line cut into its words. */
struct line {
	char *copy;
	char *words[COMMAND_WORDS_MAX];
	unsigned n;
	const struct command *command; /* NULL: there is none that fits */
	bool asks_json;
};

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
find(char *const *words, unsigned nb_words)
{
	bool whole;

	for (const struct command *c = command_next(NULL); c != NULL; c = command_next(c)) {
		grammar_match(c->pattern, words, nb_words, &whole);
		if (whole)
			return c;
	}
	return NULL;
}

static struct command_place
place_of_word(const struct line *line, unsigned i)
{
	const char *last = line->words[line->n - 1];

	if (i < line->n)
		return (struct command_place){true, (size_t)(line->words[i] - line->copy)};
	return (struct command_place){true, (size_t)(last - line->copy) + strlen(last) + 1};
}

/* -- wrong lines ------------------------------------------------------------------------------------- */

#define PATTERNS_SHOWN 8

/* How far the commands go with a line that go farthest, and by which words. */
struct reach {
	unsigned fitting;
	unsigned literals; /* grammar_literals() of the words that fit */
};

static struct reach
reach_of(const struct command *c, const struct line *line)
{
	struct reach reach;
	bool whole;

	reach.fitting = grammar_match(c->pattern, line->words, line->n, &whole);
	reach.literals = grammar_literals(c->pattern, line->words, reach.fitting);
	return reach;
}

static struct reach
longest_reach(const struct line *line)
{
	struct reach longest = {0};

	for (const struct command *c = command_next(NULL); c != NULL; c = command_next(c)) {
		struct reach reach = reach_of(c, line);

		if (reach.fitting > longest.fitting ||
		    (reach.fitting == longest.fitting && reach.literals > longest.literals))
			longest = reach;
	}
	return longest;
}

static bool
reaches(const struct command *c, const struct line *line, const struct reach *wanted)
{
	struct reach reach = reach_of(c, line);

	return reach.fitting == wanted->fitting && reach.literals == wanted->literals;
}

/* The commands that go as far with the line as any. */
static void
show_alike(const struct line *line, const struct reach *longest, struct plx_why *why)
{
	unsigned shown = 0;

	for (const struct command *c = command_next(NULL); c != NULL; c = command_next(c)) {
		size_t used = strlen(why->text);

		if (!reaches(c, line, longest))
			continue;
		if (++shown > PATTERNS_SHOWN ||
		    used + strlen(c->pattern) + 40 > sizeof(why->text)) {
			snprintf(why->text + used, sizeof(why->text) - used,
				 "\n  ... \"help %.20s\" lists all", line->words[0]);
			return;
		}
		snprintf(why->text + used, sizeof(why->text) - used, "\n  %s", c->pattern);
	}
}

/* What could have stood in the place where the line goes wrong. */
static void
expected_words(const struct line *line, const struct reach *longest, struct words *words)
{
	struct grammar_word expected;

	for (const struct command *c = command_next(NULL); c != NULL; c = command_next(c)) {
		if (reaches(c, line, longest) &&
		    grammar_word(c->pattern, longest->fitting, &expected))
			grammar_choices(&expected, "", words);
	}
}

static int
not_understood(const struct line *line, struct command_place *place, struct plx_why *why)
{
	const struct reach longest = longest_reach(line);
	const unsigned fitting = longest.fitting;
	struct words words = {0};
	char meant[96] = "";
	const char *near;

	*place = place_of_word(line, fitting);
	if (fitting == line->n) {
		plx_why(why, -EINVAL, "\"%.64s\" is not complete; there is", line->words[0]);
		show_alike(line, &longest, why);
		return -EINVAL;
	}
	expected_words(line, &longest, &words);
	near = words_nearest(&words, line->words[fitting]);
	if (near != NULL)
		snprintf(meant, sizeof(meant), "; did you mean \"%.64s\"?", near);
	if (fitting == 0) {
		plx_why(why, -EINVAL, "there is no command \"%.64s\"%s%s \"help all\" lists them",
			line->words[0], meant, near != NULL ? "" : ";");
	} else {
		plx_why(why, -EINVAL, "\"%.64s\" is not right here%s%s there is",
			line->words[fitting], meant, near != NULL ? "" : ";");
		show_alike(line, &longest, why);
	}
	words_free(&words);
	return -EINVAL;
}

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
		*place = place_of_word(line, i);
		return;
	}
}

/* -- running ----------------------------------------------------------------------------------------- */

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
answer(struct testpmd *app, const struct line *line, json_t *result, int ret, struct plx_why *why)
{
	FILE *out = app->answers != NULL ? app->answers : stdout;
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
run(struct testpmd *app, const struct line *line, json_t *result, struct command_place *place,
    struct plx_why *why)
{
	const struct command *c = line->command;
	int ret;

	if (c == NULL)
		return not_understood(line, place, why);
	if (line->asks_json && c->facts == NULL)
		return plx_why(why, -ENOTSUP, "\"%s\" has no answer in JSON", line->words[0]);
	if (result != NULL && c->facts != NULL)
		ret = c->facts(app, line->words, line->n, result, why);
	else
		ret = c->run(app, line->words, line->n, why);
	if (ret != 0)
		find_named(line, why, place);
	return ret;
}

int
command_run_at(struct testpmd *app, const char *text, struct command_place *ret_place,
	       struct plx_why *why)
{
	struct line line = {.copy = strdup(text)};
	json_t *result = NULL;
	int ret;

	*ret_place = (struct command_place){0};
	if (line.copy == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	if (strlen(text) > COMMAND_LINE_MAX)
		ret = plx_why(why, -EINVAL, "the line is longer than %d bytes", COMMAND_LINE_MAX);
	else
		ret = split(&line, ret_place, why);
	if (ret == 0 && line.n == 0)
		goto free_copy;
	if (line.asks_json || app->args.json)
		result = json_object();
	if (ret == 0) {
		line.command = find(line.words, line.n);
		ret = run(app, &line, result, ret_place, why);
	}
	if (result != NULL)
		ret = answer(app, &line, result, ret, why);
	json_decref(result);
free_copy:
	free(line.copy);
	return ret;
}

int
command_run(struct testpmd *app, const char *line, struct plx_why *why)
{
	struct command_place place;

	return command_run_at(app, line, &place, why);
}

/* -- parameters -------------------------------------------------------------------------------------- */

int
command_number(const char *word, const char *what, uint64_t min, uint64_t max, uint64_t *ret_value,
	       struct plx_why *why)
{
	int ret = plx_kvargs_uint(word, min, max, ret_value);

	if (ret == 0)
		return 0;
	return plx_why(why, -EINVAL, "%s \"%s\": a number from %llu to %llu is expected", what,
		       word, (unsigned long long)min, (unsigned long long)max);
}

int
command_mac(const char *word, uint8_t ret_mac[6], struct plx_why *why)
{
	if (plx_net_mac_parse(word, ret_mac) == 0)
		return 0;
	return plx_why(why, -EINVAL, "\"%s\": a MAC address is expected, as in 02:00:00:00:00:01",
		       word);
}

int
command_ports(const char *word, uint16_t *ret_first, uint16_t *ret_last, struct plx_why *why)
{
	struct plx_ethdev_info info;
	uint64_t port;
	int ret;

	if (strcmp(word, "all") == 0) {
		*ret_first = 0;
		*ret_last = PLX_ETHDEV_MAX - 1;
		return 0;
	}
	ret = command_number(word, "port", 0, PLX_ETHDEV_MAX - 1, &port, why);
	if (ret != 0)
		return ret;
	if (plx_ethdev_info((uint16_t)port, &info) != 0)
		return plx_why(why, -ENODEV,
			       "there is no port %s; \"show port summary all\" lists them", word);
	*ret_first = (uint16_t)port;
	*ret_last = (uint16_t)port;
	return 0;
}
