/* SPDX-License-Identifier: BSD-3-Clause */
/* From a line to a row of a command table. */
#include "command.h"

#include "json.h"

#include <pollux/plx_kvargs.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct command *const tables[] = {commands_control, commands_forward, commands_port};

const struct command *
command_next(const struct command *previous)
{
	for (unsigned t = 0; t < PLX_ARRAY_LEN(tables); t++) {
		for (const struct command *c = tables[t]; c->pattern != NULL; c++) {
			if (previous == NULL)
				return c;
			if (c == previous)
				previous = NULL;
		}
	}
	return NULL;
}

/* -- matching ---------------------------------------------------------------------------------------- */

/* The next word of a pattern: its length, 0 at the end. *ret_word is moved to its start. */
static size_t
pattern_word(const char **ret_word)
{
	*ret_word += strspn(*ret_word, " ");
	return strcspn(*ret_word, " ");
}

static bool
is_choice(const char *choices, size_t len, const char *word)
{
	while (len > 0) {
		const char *bar = memchr(choices, '|', len);
		size_t part = bar != NULL ? (size_t)(bar - choices) : len;

		if (strlen(word) == part && memcmp(choices, word, part) == 0)
			return true;
		choices += part + (bar != NULL);
		len -= part + (bar != NULL);
	}
	return false;
}

/* True if the word may stand where the pattern has `expected`. */
static bool
word_fits(const char *expected, size_t len, const char *word)
{
	if (expected[0] == '<')
		return true;
	if (expected[0] == '[')
		return true; /* the command looks at what it gets */
	return is_choice(expected, len, word);
}

enum match {
	MATCH_NO,
	MATCH_PART, /* the words fit as far as they go, but some are missing or too many */
	MATCH_WHOLE,
};

static enum match
match(const char *pattern, char *const *words, unsigned nb_words)
{
	unsigned i = 0;
	size_t len;

	for (; (len = pattern_word(&pattern)) > 0; pattern += len, i++) {
		if (i == nb_words)
			return pattern[0] == '[' ? MATCH_WHOLE : MATCH_PART;
		if (!word_fits(pattern, len, words[i]))
			return i == 0 ? MATCH_NO : MATCH_PART;
	}
	return i == nb_words ? MATCH_WHOLE : MATCH_PART;
}

/* -- running ----------------------------------------------------------------------------------------- */

static int
split(char *line, char **words, unsigned *ret_n, struct plx_why *why)
{
	char *rest = NULL;
	unsigned n = 0;

	for (char *word = strtok_r(line, " \t\r\n", &rest); word != NULL;
	     word = strtok_r(NULL, " \t\r\n", &rest)) {
		if (n == COMMAND_WORDS_MAX)
			return plx_why(why, -EINVAL, "more than %d words", COMMAND_WORDS_MAX);
		words[n++] = word;
	}
	*ret_n = n;
	return 0;
}

/* Lists the commands that begin with the same word, for someone who got one wrong. */
static int
not_understood(char *const *words, unsigned nb_words, struct plx_why *why)
{
	size_t used;
	bool any = false;

	plx_why(why, -EINVAL, "\"%s\" is not complete or not right; there is", words[0]);
	for (const struct command *c = command_next(NULL); c != NULL; c = command_next(c)) {
		if (match(c->pattern, words, nb_words) == MATCH_NO)
			continue;
		used = strlen(why->text);
		snprintf(why->text + used, sizeof(why->text) - used, "\n  %s", c->pattern);
		any = true;
	}
	if (any)
		return -EINVAL;
	return plx_why(why, -EINVAL, "there is no command \"%s\"; \"help\" lists them", words[0]);
}

static const struct command *
find(char *const *words, unsigned nb_words)
{
	for (const struct command *c = command_next(NULL); c != NULL; c = command_next(c)) {
		if (match(c->pattern, words, nb_words) == MATCH_WHOLE)
			return c;
	}
	return NULL;
}

/* Also an error is one line of JSON, since the asker waits for one. */
static int
tell_facts(struct testpmd *app, const struct command *c, char *const *words, unsigned nb_words,
	   struct plx_why *why)
{
	json_t *answer = json_object(), *result = json_object();
	char line[256] = "";
	int ret;

	for (unsigned i = 0; i < nb_words; i++)
		snprintf(line + strlen(line), sizeof(line) - strlen(line), "%s%s", i > 0 ? " " : "",
			 words[i]);
	if (c == NULL)
		ret = not_understood(words, nb_words, why);
	else if (c->facts == NULL)
		ret = plx_why(why, -ENOTSUP, "\"%s\" has no answer in JSON", line);
	else
		ret = c->facts(app, words, nb_words, result, why);
	json_object_set_new(answer, "command", json_string(line));
	if (ret == 0)
		json_object_set(answer, "result", result);
	else
		json_object_set_new(answer, "error", json_string(why->text));
	json_decref(result);
	if (json_print(answer, false, stdout) != 0 && ret == 0)
		ret = plx_why(why, -ENOMEM, "no memory for an answer in JSON");
	return ret;
}

int
command_run(struct testpmd *app, const char *line, struct plx_why *why)
{
	char *words[COMMAND_WORDS_MAX], *copy;
	const struct command *c;
	unsigned n = 0;
	int ret;

	copy = strdup(line);
	if (copy == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	ret = split(copy, words, &n, why);
	if (ret == 0 && n > 0 && words[0][0] != '#') {
		bool as_json = n > 1 && strcmp(words[n - 1], "--json") == 0;

		n -= as_json;
		c = find(words, n);
		if (as_json)
			ret = tell_facts(app, c, words, n, why);
		else
			ret = c != NULL ? c->run(app, words, n, why)
					: not_understood(words, n, why);
	}
	free(copy);
	return ret;
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
