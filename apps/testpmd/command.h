/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What can be typed. A command is a row: a pattern that is at once grammar, usage text and source of
 * completions, a line of help and a function. Each noun has its cmd_<noun>.c with a table; command.c knows
 * the tables.
 *
 *	"show port info|stats|xstats <port>"	words, a choice, a parameter
 *	"start [tx_first] [bursts]"		what is in [] may be absent, from there on
 *
 * A row with `facts` tells people and programs the same: with --json as the last word the line is answered
 * by one line of JSON on standard output, {"command": ..., "result": {...}} or {"command": ..., "error": text}.
 */
#ifndef PLX_APPS_TESTPMD_COMMAND_H
#define PLX_APPS_TESTPMD_COMMAND_H

#include "testpmd.h"

#include <jansson.h>

#define COMMAND_WORDS_MAX 16

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
extern const struct command commands_control[];
extern const struct command commands_forward[];
extern const struct command commands_port[];

/* Walks all commands in order: start with NULL; NULL behind the last. */
const struct command *command_next(const struct command *previous);

/*
 * Runs one line. Empty lines and those that begin with # do nothing. Unknown or incomplete commands are
 * -EINVAL with a why that shows the nearest pattern.
 */
int command_run(struct testpmd *app, const char *line, struct plx_why *why);

/* -- for commands ------------------------------------------------------------------------------------ */

/* "3" or "all". -EINVAL, -ENODEV. On success *ret_first .. *ret_last are port numbers to walk. */
int command_ports(const char *word, uint16_t *ret_first, uint16_t *ret_last, struct plx_why *why);
/* A number in [min, max]; `what` names it in the error. */
int command_number(const char *word, const char *what, uint64_t min, uint64_t max,
		   uint64_t *ret_value, struct plx_why *why);

#endif
