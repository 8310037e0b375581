/* SPDX-License-Identifier: BSD-3-Clause */
/* A line that no command fits: where it goes wrong, what was probably meant, what there is. */
#ifndef PLX_APPS_COMMON_MISTAKE_H
#define PLX_APPS_COMMON_MISTAKE_H

#include "command.h"

/* A line cut into its words. */
struct line {
	char *copy;
	char *words[COMMAND_WORDS_MAX];
	unsigned n;
	const struct command *command; /* NULL: there is none that fits */
	bool asks_json;
};

/* Where the i-th word stands, or would. */
struct command_place mistake_place(const struct line *line, unsigned i);

/* -EINVAL with the place and a why that names the nearest word and shows the patterns that begin alike. */
int mistake_explain(const struct console *console, const struct line *line,
		    struct command_place *ret_place, struct plx_why *why);

#endif
