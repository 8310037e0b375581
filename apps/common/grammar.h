/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The pattern of a command, word by word:
 *
 *	show			the word itself
 *	info|stats|xstats	one of these
 *	<port>			a parameter: any word, the command looks at it
 *	[tx_first] [<bursts>]	the same two, and it may be absent, as all behind it; if it is there, it is right
 */
#ifndef PLX_APPS_COMMON_GRAMMAR_H
#define PLX_APPS_COMMON_GRAMMAR_H

#include "words.h"

struct grammar_word {
	const char *text; /* without its brackets */
	size_t len;
	bool optional;
	bool parameter;
};

/* The i-th word of a pattern. False behind the last. */
bool grammar_word(const char *pattern, unsigned i, struct grammar_word *ret_word);

/* True if the word is one of the literal choices. */
bool grammar_has_choice(const struct grammar_word *expected, const char *word);

/* Adds the literal choices that begin with `prefix`; none for a parameter. */
void grammar_choices(const struct grammar_word *expected, const char *prefix, struct words *words);

/*
 * How many of the words fit from the first on. *ret_whole: all of them do and none is missing.
 */
unsigned grammar_match(const char *pattern, char *const *words, unsigned nb_words, bool *ret_whole);

/*
 * Which of the first n words are literally there, the first in the highest bit: of two patterns that the words
 * fit, the one with the larger value is meant ("show port info <port>", not "show port <port> macs").
 */
unsigned grammar_literals(const char *pattern, char *const *words, unsigned n);

#endif
