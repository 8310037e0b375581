/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program that takes commands: at a prompt, from a pipe, from files. The program brings its tables (command.h), and has one
 * of these; what is shared does the rest.
 *
 *	prompt_run()	lines from a person or a pipe		prompt.h, with input.h, history.h, complete.h
 *	script_run()	lines of a file				script.h
 *	line_run()	one line, and what was wrong with it	line.h
 *	command_run()	from a line to a row of a table		command.h, with grammar.h, mistake.h
 *
 * All of it runs on one thread.
 */
#ifndef PLX_APPS_COMMON_CONSOLE_H
#define PLX_APPS_COMMON_CONSOLE_H

#include <pollux/plx_base.h>

#include <stdio.h>

/* The whole state of a program: each defines its own, and gets it back in its commands. */
struct app;

struct command_section;
struct script;
struct words;

/* What completion offers for a parameter of patterns. */
struct console_parameter {
	const char *name; /* "<port>" */
	/* Adds the words there are that begin with `prefix` (words_offer). */
	void (*add)(const struct app *app, const char *prefix, struct words *words);
};

/* A further word that help knows: the commands that begin with one of these. */
struct console_group {
	const char *name;
	const char *about; /* NULL: it is not listed */
	const char *first[3];
};

struct console {
	struct app *app;
	const char *program; /* "plx-testpmd" */
	const char *prompt;  /* "testpmd> " */
	const char *history; /* name of the file of lines typed before, "testpmd_history" */
	const struct command_section *sections; /* the last is followed by one without rows */
	const struct console_parameter
		*parameters;		    /* beside <file> and <section>; ends with NULL */
	const struct console_group *groups; /* ends with NULL; NULL: none */
	bool json;			    /* every answer is a line of JSON */
	FILE *answers;			    /* where answers in JSON go; NULL: standard output */
	const struct script *script; /* the file whose commands are running, NULL at the prompt */
	bool quit;		     /* a command asked for the end */
	int status;		     /* exit status: 0 while nothing went wrong */
};

/* The program's console, which is part of its state; the program defines this. */
struct console *app_console(struct app *app);

/*
 * With `json` standard output is for answers alone: what is printed otherwise goes to standard error. 0 or -errno with a
 * sentence. Once, before anything is printed.
 */
int console_part_answers(struct console *console, struct plx_why *why);

#endif
