/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What can be typed. A command is a row: a pattern that is at once grammar, usage text and source of
 * completions, a line of help and a function. Each noun has its cmd_<noun>.c with a table; command.c knows
 * the tables.
 *
 *	"show port info|stats|xstats <port>"	words, a choice, a parameter
 *	"start [tx_first] [<bursts>]"		what is in [] may be absent, from there on
 *
 * Completion offers words and choices; for <port> the ports there are, for <engine> the engines, for <file>
 * files. An error whose text names a parameter of the line is shown with a caret under it.
 *
 * A row with `facts` tells people and programs the same: with --json as the last word the line is answered
 * by one line of JSON on standard output, {"command": ..., "result": {...}} or {"command": ..., "error": text}.
 *
 * Each row has its place in docs/guides/testpmd.md; the unit test testpmd_guide says which line to write there.
 */
#ifndef PLX_APPS_TESTPMD_COMMAND_H
#define PLX_APPS_TESTPMD_COMMAND_H

#include "testpmd.h"

#include <jansson.h>
#include <stdio.h>

#define COMMAND_WORDS_MAX 16
#define COMMAND_LINE_MAX  4095 /* bytes of a line */

struct command {
	const char *pattern;
	const char *help;
	/* words[] is the line, word by word, nb_words of them. 0, or -errno with why. */
	int (*run)(struct testpmd *app, char *const *words, unsigned nb_words, struct plx_why *why);
	/* The same for programs, put into `result`, an empty object: rows that show something have it. */
	int (*facts)(struct testpmd *app, char *const *words, unsigned nb_words, json_t *result,
		     struct plx_why *why);
};

/* Tables end with a NULL pattern. */
extern const struct command commands_config[];
extern const struct command commands_control[];
extern const struct command commands_dump[];
extern const struct command commands_engine[];
extern const struct command commands_forward[];
extern const struct command commands_port[];
extern const struct command commands_show_port[];
extern const struct command commands_port_config[];
extern const struct command commands_rss[];
extern const struct command commands_address[];
extern const struct command commands_vlan[];
extern const struct command commands_link[];

/* The tables, by the names that "help <section>" knows. The last is followed by one without rows. */
struct command_section {
	const char *name;
	const char *about;
	const struct command *rows;
};
extern const struct command_section command_sections[];

/* Walks all commands in order: start with NULL; NULL behind the last. */
const struct command *command_next(const struct command *previous);

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
int command_run(struct testpmd *app, const char *line, struct plx_why *why);
int command_run_at(struct testpmd *app, const char *line, struct command_place *ret_place,
		   struct plx_why *why);

/* -- for commands ------------------------------------------------------------------------------------ */

/* "3" or "all". -EINVAL, -ENODEV. On success *ret_first .. *ret_last are port numbers to walk. */
int command_ports(const char *word, uint16_t *ret_first, uint16_t *ret_last, struct plx_why *why);
/* A number in [min, max]; `what` names it in the error. */
int command_number(const char *word, const char *what, uint64_t min, uint64_t max,
		   uint64_t *ret_value, struct plx_why *why);
/* "02:00:00:00:00:01" */
int command_mac(const char *word, uint8_t ret_mac[6], struct plx_why *why);

#endif
