/* SPDX-License-Identifier: BSD-3-Clause */
#include "line.h"

#include "command.h"

#include <stdio.h>
#include <string.h>

#define EXCERPT_BEFORE 50 /* bytes shown in front of the caret, and from there on */
#define EXCERPT_BEHIND 25

/* What somebody typed or a file holds is not to reach a terminal as it is. */
static void
put_clean(const char *text, size_t len, FILE *out)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		fputc(c == '\t' ? ' ' : c != '\n' && (c < 0x20 || c == 0x7f) ? '?' : c, out);
	}
}

/* Columns that bytes take: those that go on with a character take none. */
static size_t
columns_of(const char *text, size_t len)
{
	size_t columns = 0;

	for (size_t i = 0; i < len; i++)
		columns += ((unsigned char)text[i] & 0xc0) != 0x80;
	return columns;
}

/* The part of the line that is wrong, and a caret under it. */
static void
show_excerpt(const char *line, size_t column, FILE *out)
{
	size_t len = strcspn(line, "\r\n");
	size_t begin = column > EXCERPT_BEFORE ? column - EXCERPT_BEFORE : 0;
	size_t end = column + EXCERPT_BEHIND < len ? column + EXCERPT_BEHIND : len;

	fputs(begin > 0 ? "  ..." : "  ", out);
	put_clean(line + begin, end - begin, out);
	fputs(end < len ? "...\n" : "\n", out);
	fprintf(out, "%*s^\n",
		(int)((begin > 0 ? 5 : 2) + columns_of(line + begin, column - begin)), "");
}

/* Under the line as it was typed, when it is still there in one piece. */
static bool
show_under_prompt(const char *prompt, const char *line, size_t column, unsigned columns, FILE *out)
{
	size_t used = strlen(prompt) + columns_of(line, strcspn(line, "\r\n"));

	if (used >= columns)
		return false;
	fprintf(out, "%*s^\n", (int)(strlen(prompt) + columns_of(line, column)), "");
	return true;
}

static void
tell(struct console *console, const struct line_from *from, const char *text)
{
	if (from->file != NULL)
		fprintf(stderr, "%s:%u: ", from->file, from->number);
	put_clean(text, strlen(text), stderr);
	fputc('\n', stderr);
	/* A person sees it and tries again; a script has to be told. */
	if (!from->person)
		console->status = 1;
}

void
line_complain(struct console *console, const struct line_from *from, const char *text)
{
	fflush(stdout);
	tell(console, from, text);
}

int
line_run(struct console *console, const char *line, const struct line_from *from)
{
	struct command_place place;
	bool shown = false;
	struct plx_why why = {""};
	int ret;

	ret = command_run_at(console, line, &place, &why);
	fflush(stdout);
	if (ret == 0)
		return 0;
	if (place.known && from->columns > 0)
		shown = show_under_prompt(console->prompt, line, place.column, from->columns,
					  stderr);
	tell(console, from, why.text[0] != '\0' ? why.text : strerror(-ret));
	if (place.known && !shown)
		show_excerpt(line, place.column, stderr);
	return ret;
}
