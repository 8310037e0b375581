/* SPDX-License-Identifier: BSD-3-Clause */
/* The bodies of a program's command "help [<section>]". */
#ifndef PLX_APPS_COMMON_HELP_H
#define PLX_APPS_COMMON_HELP_H

#include "console.h"

#include <jansson.h>

/*
 * Prints the commands of a section, those that begin with a word, or all; without a word, the sections. -EINVAL with a sentence
 * that lists what there is help on.
 */
int help_show(const struct console *console, const char *word, struct plx_why *why);

/* The same for programs, so that they need not parse the text; NULL: all. */
int
help_facts(const struct console *console, const char *word, json_t *result, struct plx_why *why);

#endif
