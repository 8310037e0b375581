/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One sentence each for what is odd: its cause and the command that mends it. Found from plain facts, so that a
 * test can make them up; `name` is the same in all languages and in JSON.
 */
#ifndef PLX_APPS_TESTPMD_HINTS_H
#define PLX_APPS_TESTPMD_HINTS_H

#include <pollux/plx_base.h>

#define HINTS_MAX 16

struct hint {
	const char *name; /* static: "link-down" */
	char text[320];
};

struct hints {
	unsigned n;
	struct hint item[HINTS_MAX];
};

/* Beyond HINTS_MAX they are forgotten. */
void hints_add(struct hints *hints, const char *name, const char *format, ...) PLX_PRINTF(3, 4);

/* True if there is one of that name. */
bool hints_have(const struct hints *hints, const char *name);

#endif
