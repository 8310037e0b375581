/* SPDX-License-Identifier: BSD-3-Clause */
/* A line from a person, a pipe or a file: run, and if it was wrong, shown with what was wrong with it. */
#ifndef PLX_APPS_COMMON_LINE_H
#define PLX_APPS_COMMON_LINE_H

#include "console.h"

/* Where it comes from. */
struct line_from {
	const char *file; /* NULL: from the prompt */
	unsigned number;  /* of the line in the file, from 1 */
	unsigned
		columns; /* of the terminal on which the line stands behind the prompt; 0: it does not */
	bool person; /* who sees the error and tries again: the exit status is left alone */
};

/* 0, or the command's error, which is then told on standard error and, but for people, by console->status. */
int line_run(struct console *console, const char *line, const struct line_from *from);

/* Tells of a line that could not even be run. */
void line_complain(struct console *console, const struct line_from *from, const char *text);

#endif
