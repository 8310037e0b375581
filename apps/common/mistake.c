/* SPDX-License-Identifier: BSD-3-Clause */
#include "mistake.h"

#include "grammar.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct command_place
mistake_place(const struct line *line, unsigned i)
{
	const char *last = line->words[line->n - 1];

	if (i < line->n)
		return (struct command_place){true, (size_t)(line->words[i] - line->copy)};
	return (struct command_place){true, (size_t)(last - line->copy) + strlen(last) + 1};
}

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
longest_reach(const struct console *console, const struct line *line)
{
	struct reach longest = {0};

	for (const struct command *c = command_next(console, NULL); c != NULL;
	     c = command_next(console, c)) {
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
show_alike(const struct console *console, const struct line *line, const struct reach *longest,
	   struct plx_why *why)
{
	unsigned shown = 0;

	for (const struct command *c = command_next(console, NULL); c != NULL;
	     c = command_next(console, c)) {
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
expected_words(const struct console *console, const struct line *line, const struct reach *longest,
	       struct words *words)
{
	struct grammar_word expected;

	for (const struct command *c = command_next(console, NULL); c != NULL;
	     c = command_next(console, c)) {
		if (reaches(c, line, longest) &&
		    grammar_word(c->pattern, longest->fitting, &expected))
			grammar_choices(&expected, "", words);
	}
}

int
mistake_explain(const struct console *console, const struct line *line, struct command_place *place,
		struct plx_why *why)
{
	const struct reach longest = longest_reach(console, line);
	const unsigned fitting = longest.fitting;
	struct words words = {0};
	char meant[96] = "";
	const char *near;

	*place = mistake_place(line, fitting);
	if (fitting == line->n) {
		plx_why(why, -EINVAL, "\"%.64s\" is not complete; there is", line->words[0]);
		show_alike(console, line, &longest, why);
		return -EINVAL;
	}
	expected_words(console, line, &longest, &words);
	near = words_nearest(&words, line->words[fitting]);
	if (near != NULL)
		snprintf(meant, sizeof(meant), "; did you mean \"%.64s\"?", near);
	if (fitting == 0) {
		plx_why(why, -EINVAL, "there is no command \"%.64s\"%s%s \"help all\" lists them",
			line->words[0], meant, near != NULL ? "" : ";");
	} else {
		plx_why(why, -EINVAL, "\"%.64s\" is not right here%s%s there is",
			line->words[fitting], meant, near != NULL ? "" : ";");
		show_alike(console, line, &longest, why);
	}
	words_free(&words);
	return -EINVAL;
}
