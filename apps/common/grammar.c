/* SPDX-License-Identifier: BSD-3-Clause */
#include "grammar.h"

#include <string.h>

bool
grammar_word(const char *pattern, unsigned i, struct grammar_word *ret_word)
{
	const char *at = pattern + strspn(pattern, " ");

	for (; i > 0; i--) {
		at += strcspn(at, " ");
		at += strspn(at, " ");
	}
	ret_word->text = at;
	ret_word->len = strcspn(at, " ");
	if (ret_word->len == 0)
		return false;
	ret_word->optional = at[0] == '[';
	if (ret_word->optional) {
		ret_word->text++;
		ret_word->len -= at[ret_word->len - 1] == ']' ? 2 : 1;
	}
	ret_word->parameter = ret_word->text[0] == '<';
	return true;
}

/* The next of the choices parted by bars: its length; *choices is moved behind it. */
static const char *
next_choice(const char **choices, size_t *rest, size_t *ret_len)
{
	const char *choice = *choices;
	const char *bar = memchr(choice, '|', *rest);

	if (*rest == 0)
		return NULL;
	*ret_len = bar != NULL ? (size_t)(bar - choice) : *rest;
	*rest -= *ret_len + (bar != NULL);
	*choices += *ret_len + (bar != NULL);
	return choice;
}

bool
grammar_has_choice(const struct grammar_word *expected, const char *word)
{
	const char *choices = expected->text, *choice;
	size_t rest = expected->len, len;

	if (expected->parameter)
		return false;
	while ((choice = next_choice(&choices, &rest, &len)) != NULL) {
		if (strlen(word) == len && memcmp(choice, word, len) == 0)
			return true;
	}
	return false;
}

void
grammar_choices(const struct grammar_word *expected, const char *prefix, struct words *words)
{
	const char *choices = expected->text, *choice;
	size_t rest = expected->len, len;

	if (expected->parameter)
		return;
	while ((choice = next_choice(&choices, &rest, &len)) != NULL) {
		if (len >= strlen(prefix) && memcmp(choice, prefix, strlen(prefix)) == 0)
			words_add(words, choice, len);
	}
}

static bool
fits(const struct grammar_word *expected, const char *word)
{
	return expected->parameter || grammar_has_choice(expected, word);
}

unsigned
grammar_match(const char *pattern, char *const *words, unsigned nb_words, bool *ret_whole)
{
	struct grammar_word expected;
	unsigned i = 0;

	*ret_whole = false;
	while (grammar_word(pattern, i, &expected)) {
		if (i == nb_words) {
			*ret_whole = expected.optional;
			return i;
		}
		if (!fits(&expected, words[i]))
			return i;
		i++;
	}
	*ret_whole = i == nb_words;
	return i;
}

unsigned
grammar_literals(const char *pattern, char *const *words, unsigned n)
{
	struct grammar_word expected;
	unsigned literals = 0;

	for (unsigned i = 0; i < n && grammar_word(pattern, i, &expected); i++) {
		if (grammar_has_choice(&expected, words[i]))
			literals |= 1u << (31 - i);
	}
	return literals;
}
