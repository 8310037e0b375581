/* SPDX-License-Identifier: BSD-3-Clause */
/* A growing set of words: what may stand somewhere, for completion and for "did you mean". */
#ifndef PLX_APPS_COMMON_WORDS_H
#define PLX_APPS_COMMON_WORDS_H

#include <pollux/plx_base.h>

struct words {
	unsigned n;
	char **word; /* n of them, then NULL; NULL while n is 0 */
};

/* Adds a copy of the first len bytes unless it is there. Without memory it stays out. */
void words_add(struct words *words, const char *text, size_t len);
/* The same for a word of its own, if it begins with `prefix`. */
void words_offer(struct words *words, const char *prefix, const char *word);
void words_sort(struct words *words);
void words_free(struct words *words);

/* The one spelled most like `word`, NULL if none is near. */
const char *words_nearest(const struct words *words, const char *word);

/* How many bytes all of them begin with alike. */
size_t words_common(const struct words *words);

#endif
