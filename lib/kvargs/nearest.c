/* SPDX-License-Identifier: BSD-3-Clause */
/* "did you mean": the edit distance in which swapping two neighbours is one step, as fingers do it. */
#include "plx_kvargs.h"

#include <string.h>

#define WORD_MAX 31

static unsigned
min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

static unsigned
distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned d[WORD_MAX + 1][WORD_MAX + 1];

	for (size_t i = 0; i <= a_len; i++)
		d[i][0] = (unsigned)i;
	for (size_t j = 0; j <= b_len; j++)
		d[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a_len; i++) {
		for (size_t j = 1; j <= b_len; j++) {
			unsigned other = a[i - 1] != b[j - 1];

			d[i][j] = min3(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + other);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d[i][j] = min3(d[i][j], d[i - 2][j - 2] + 1, d[i][j]);
		}
	}
	return d[a_len][b_len];
}

const char *
plx_kvargs_nearest(const char *word, const char *const *words)
{
	size_t len = strlen(word);
	/* A third of the word may be wrong; more is another word. */
	unsigned best = len < 3 ? 1 : (unsigned)(len + 2) / 3;
	const char *found = NULL;

	if (len > WORD_MAX)
		return NULL;
	for (; *words != NULL; words++) {
		size_t other = strlen(*words);
		unsigned steps;

		if (other > WORD_MAX)
			continue;
		steps = distance(word, len, *words, other);
		if (steps < best || (steps == best && found == NULL)) {
			best = steps;
			found = *words;
		}
	}
	return found;
}
