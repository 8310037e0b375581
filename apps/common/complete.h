/* SPDX-License-Identifier: BSD-3-Clause */
/* What may follow what was typed so far: the words, and the commands they lead to. */
#ifndef PLX_APPS_COMMON_COMPLETE_H
#define PLX_APPS_COMMON_COMPLETE_H

#include "console.h"
#include "words.h"

#include <stdio.h>

/*
 * `line` is what stands in front of the cursor. Adds the words that may stand at its end, sorted; yields how
 * many bytes of such a word are there already.
 */
size_t complete_words(const struct console *console, const char *line, struct words *words);

/* The commands that the line may become, with their help; when they are many, the next words instead. */
void complete_help(const struct console *console, const char *line, unsigned columns, FILE *out);

/* Words side by side, as many as fit. */
void complete_list(const struct words *words, unsigned columns, FILE *out);

#endif
