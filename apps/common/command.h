/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What can be typed. A command is a row: a pattern that is at once grammar, usage text and source of
 * completions, a line of help and a function. A program has a table a section, and a list of its sections.
 *
 *	"show port info|stats|xstats <port>"	words, a choice, a parameter
 *	"start [tx_first] [<bursts>]"		what is in [] may be absent, from there on
 *
 * Completion offers words and choices; for parameters what the console says; for <file> files. An error whose
 * text names a parameter of the line is shown with a caret under it.
 *
 * A row with `facts` tells people and programs the same: with --json as the last word the line is answered
 * by one line of JSON on standard output, {"command": ..., "result": {...}} or {"command": ..., "error": text}.
 */
#ifndef PLX_APPS_COMMON_COMMAND_H
#define PLX_APPS_COMMON_COMMAND_H

#include "console.h"

#include <jansson.h>
#include <stdio.h>

#define COMMAND_WORDS_MAX 16
#define COMMAND_LINE_MAX  4095 /* bytes of a line */

struct command {
	const char *pattern;
	const char *help;
	/* words[] is the line, word by word, nb_words of them. 0, or -errno with why. */
	int (*run)(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why);
	/* The same for programs, put into `result`, an empty object: rows that show something have it. */
	int (*facts)(struct app *app, char *const *words, unsigned nb_words, json_t *result,
		     struct plx_why *why);
};

/* A table, which ends with a NULL pattern, by the name that "help <section>" knows. */
struct command_section {
	const char *name;
	const char *about;
	const struct command *rows;
};

/* Walks all commands in order: start with NULL; NULL behind the last. */
const struct command *command_next(const struct console *console, const struct command *previous);

/* Its pattern and its help, in one line of 79 columns or in two. */
void command_print(const struct command *c, FILE *out);

/* The byte of the line that an error is about, if it is about one. */
struct command_place {
	bool known;
	size_t column;
};

/*
 * Runs one line. Empty lines do nothing; what follows a word that begins with # is a comment. Unknown or
 * incomplete commands are -EINVAL with a why that names the nearest word and shows the patterns that begin
 * alike. With --json, at the end of the line or for the whole run, the answer is one line, and it is flushed.
 */
int command_run(struct console *console, const char *line, struct plx_why *why);
int command_run_at(struct console *console, const char *line, struct command_place *ret_place,
		   struct plx_why *why);

/* The same for who asks from elsewhere: nothing is printed, *ret_result is what facts tell, {} of rows without. */
int
command_ask(struct console *console, const char *line, json_t **ret_result, struct plx_why *why);

/* -- for commands ------------------------------------------------------------------------------------ */

/* A number in [min, max]; `what` names it in the error. */
int command_number(const char *word, const char *what, uint64_t min, uint64_t max,
		   uint64_t *ret_value, struct plx_why *why);
/* "02:00:00:00:00:01" */
int command_mac(const char *word, uint8_t ret_mac[6], struct plx_why *why);

#endif
