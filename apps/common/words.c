/* SPDX-License-Identifier: BSD-3-Clause */
#include "words.h"

#include <pollux/plx_kvargs.h>

#include <stdlib.h>
#include <string.h>

static bool
has(const struct words *words, const char *text, size_t len)
{
	for (unsigned i = 0; i < words->n; i++) {
		if (strlen(words->word[i]) == len && memcmp(words->word[i], text, len) == 0)
			return true;
	}
	return false;
}

void
words_add(struct words *words, const char *text, size_t len)
{
	char **grown, *copy;

	if (has(words, text, len))
		return;
	grown = realloc(words->word, (words->n + 2) * sizeof(char *));
	if (grown == NULL)
		return;
	words->word = grown;
	copy = strndup(text, len);
	if (copy != NULL)
		words->word[words->n++] = copy;
	words->word[words->n] = NULL;
}

void
words_offer(struct words *words, const char *prefix, const char *word)
{
	if (strncmp(word, prefix, strlen(prefix)) == 0)
		words_add(words, word, strlen(word));
}

static int
compare(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

void
words_sort(struct words *words)
{
	if (words->n > 1)
		qsort(words->word, words->n, sizeof(char *), compare);
}

void
words_free(struct words *words)
{
	for (unsigned i = 0; i < words->n; i++)
		free(words->word[i]);
	free(words->word);
	*words = (struct words){0};
}

const char *
words_nearest(const struct words *words, const char *word)
{
	return words->n > 0 ? plx_kvargs_nearest(word, (const char *const *)words->word) : NULL;
}

size_t
words_common(const struct words *words)
{
	size_t len = words->n > 0 ? strlen(words->word[0]) : 0;

	for (unsigned i = 1; i < words->n; i++) {
		size_t same = 0;

		while (same < len && words->word[i][same] == words->word[0][same])
			same++;
		len = same;
	}
	return len;
}
