/* SPDX-License-Identifier: BSD-3-Clause */
/* The prompt, over libedit on a terminal and plain reading elsewhere. */
#include "prompt.h"

#include "command.h"
#include "stop.h"

#include <histedit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROMPT "testpmd> "

static void
run_line(struct testpmd *app, const char *line, bool from_person)
{
	struct plx_why why;

	if (command_run(app, line, &why) == 0)
		return;
	fflush(stdout);
	fprintf(stderr, "%s\n", why.text);
	/* A person sees it and tries again; a script has to be told. */
	if (!from_person)
		app->status = 1;
}

static char *
prompt_text(EditLine *el)
{
	static char text[] = PROMPT;

	return text;
}

static void
edit_lines(struct testpmd *app, EditLine *el, History *past)
{
	HistEvent event;
	const char *line;
	int len;

	history(past, &event, H_SETSIZE, 500);
	el_set(el, EL_PROMPT, prompt_text);
	el_set(el, EL_EDITOR, "emacs");
	el_set(el, EL_SIGNAL, 1);
	el_set(el, EL_HIST, history, past);
	while (!app->quit && !stop_requested() && (line = el_gets(el, &len)) != NULL && len > 0) {
		if (len > 1)
			history(past, &event, H_ENTER, line);
		run_line(app, line, true);
	}
}

static void
read_lines(struct testpmd *app)
{
	size_t room = 0;
	char *line = NULL;

	while (!app->quit && !stop_requested()) {
		fputs(PROMPT, stdout);
		fflush(stdout);
		if (getline(&line, &room, stdin) < 0)
			break;
		fputs(line, stdout);
		run_line(app, line, false);
	}
	free(line);
}

void
prompt_run(struct testpmd *app)
{
	History *past;
	EditLine *el;

	if (!isatty(STDIN_FILENO)) {
		read_lines(app);
		return;
	}
	past = history_init();
	el = el_init("plx-testpmd", stdin, stdout, stderr);
	if (el != NULL && past != NULL)
		edit_lines(app, el, past);
	else
		read_lines(app);
	if (el != NULL)
		el_end(el);
	if (past != NULL)
		history_end(past);
}
