/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * docs/guides/testpmd.md has a row for every command, in the table of its section, and none besides. When this
 * fails, it prints the lines to add and to remove.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "commands.h"

#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 1024

static const char *guide_path;
static struct app app;

/* The guide's text between "### section" and the next heading, NULL if there is no such heading: free it. */
static char *
section_of_guide(const char *section)
{
	char line[LINE_MAX_BYTES], heading[64], *text = NULL;
	FILE *guide = fopen(guide_path, "r"), *out = NULL;
	size_t size;

	assert_non_null(guide);
	snprintf(heading, sizeof(heading), "### %s\n", section);
	while (fgets(line, sizeof(line), guide) != NULL) {
		if (out != NULL && line[0] == '#')
			break;
		if (out != NULL)
			fputs(line, out);
		else if (strcmp(line, heading) == 0)
			out = open_memstream(&text, &size);
	}
	fclose(guide);
	if (out != NULL)
		fclose(out);
	return text;
}

/* A bar would end the cell. */
static void
put_cell(const char *text, FILE *out)
{
	for (; *text != '\0'; text++)
		fprintf(out, *text == '|' ? "\\|" : "%c", *text);
}

/* The row of a command, with its newline. */
static void
row_of(const struct command *c, char *row, size_t size)
{
	FILE *out = fmemopen(row, size, "w");

	fputs("| `", out);
	put_cell(c->pattern, out);
	fputs("` | ", out);
	put_cell(c->help, out);
	fprintf(out, " | %s |\n", c->facts != NULL ? "yes" : "");
	fclose(out);
}

static unsigned
count_missing(const struct command_section *section, const char *text)
{
	char row[LINE_MAX_BYTES];
	unsigned missing = 0;

	for (const struct command *c = section->rows; c->pattern != NULL; c++) {
		row_of(c, row, sizeof(row));
		if (text != NULL && strstr(text, row) != NULL)
			continue;
		if (missing++ == 0)
			fprintf(stderr, "\ndocs/guides/testpmd.md: under the heading\n### %s\n%s\n",
				section->name,
				text == NULL ? "which is not there yet, add\n\n"
					       "| command | what it does | JSON |\n|---|---|---|"
					     : "add to the table");
		fputs(row, stderr);
	}
	return missing;
}

static bool
is_row_of(const struct command_section *section, const char *line)
{
	char row[LINE_MAX_BYTES];

	for (const struct command *c = section->rows; c->pattern != NULL; c++) {
		row_of(c, row, sizeof(row));
		if (strcmp(row, line) == 0)
			return true;
	}
	return false;
}

static unsigned
count_outdated(const struct command_section *section, const char *text)
{
	FILE *in = text != NULL && text[0] != '\0'
			   ? fmemopen((void *)(uintptr_t)text, strlen(text), "r")
			   : NULL;
	char line[LINE_MAX_BYTES];
	unsigned outdated = 0;

	while (in != NULL && fgets(line, sizeof(line), in) != NULL) {
		if (strncmp(line, "| `", 3) != 0 || is_row_of(section, line))
			continue;
		if (outdated++ == 0)
			fprintf(stderr,
				"\ndocs/guides/testpmd.md: under the heading\n### %s\nremove\n",
				section->name);
		fputs(line, stderr);
	}
	if (in != NULL)
		fclose(in);
	return outdated;
}

static void
the_guide_has_every_command_and_no_other(void **state)
{
	unsigned wrong = 0;

	for (const struct command_section *s = app.console.sections; s->rows != NULL; s++) {
		char *text = section_of_guide(s->name);

		wrong += count_missing(s, text);
		wrong += count_outdated(s, text);
		free(text);
	}
	if (wrong > 0)
		fail_msg("the guide and the tables of commands differ: see the lines above");
}

static void
each_pattern_is_there_once(void **state)
{
	for (const struct command *c = command_next(&app.console, NULL); c != NULL;
	     c = command_next(&app.console, c)) {
		for (const struct command *d = command_next(&app.console, c); d != NULL;
		     d = command_next(&app.console, d)) {
			if (strcmp(c->pattern, d->pattern) == 0)
				fail_msg("two commands are \"%s\"", c->pattern);
		}
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_guide_has_every_command_and_no_other),
		cmocka_unit_test(each_pattern_is_there_once),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: %s docs/guides/testpmd.md\n", argv[0]);
		return 2;
	}
	commands_begin(&app);
	guide_path = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
