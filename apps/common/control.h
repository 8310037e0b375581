/* SPDX-License-Identifier: BSD-3-Clause */
/* help, load and quit: what the table of commands of every program names. */
#ifndef PLX_APPS_COMMON_CONTROL_H
#define PLX_APPS_COMMON_CONTROL_H

#include "command.h"

/* "help [<section>]" */
int control_help(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why);
int control_help_facts(struct app *app, char *const *words, unsigned nb_words, json_t *result,
		       struct plx_why *why);

/* "load <file>" */
int control_load(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why);

/* "quit" */
int control_quit(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why);

#endif
