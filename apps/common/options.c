/* SPDX-License-Identifier: BSD-3-Clause */
#include "options.h"
#include "options_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <pollux/plx_eal.h>
#include <pollux/plx_kvargs.h>

/* One run over argv. */
struct parse {
	const struct option_row *rows;
	int argc;
	char **argv;
	int at; /* the next word */
	void *out;
	struct options_found *found;
	struct plx_why *why;
};

static bool
is_option(const struct option_row *row)
{
	return row->kind != OPTION_HEADING;
}

static const struct option_row *
find_long(const struct option_row *rows, const char *name, size_t len)
{
	for (; rows->name != NULL; rows++) {
		if (is_option(rows) && strlen(rows->name) == len &&
		    memcmp(rows->name, name, len) == 0)
			return rows;
	}
	return NULL;
}

static const struct option_row *
find_short(const struct option_row *rows, char letter)
{
	for (; rows->name != NULL; rows++) {
		if (is_option(rows) && rows->letter == letter)
			return rows;
	}
	return NULL;
}

/* The EAL's usage text is what says which options it has: "  -l, --lcores LCORES". */
bool
options_is_eal(const char *typed)
{
	size_t len = strlen(typed), size;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);
	bool found = false;

	if (out == NULL)
		return false;
	plx_eal_usage(out);
	fclose(out);
	for (const char *at = text; !found && (at = strstr(at, typed)) != NULL; at += len)
		found = at != text && at[-1] == ' ' && strchr(" ,\n", at[len]) != NULL;
	free(text);
	return found;
}

static bool
is_misplaced(const struct parse *p, const char *typed)
{
	return p->found->program != NULL && options_is_eal(typed);
}

static int
refuse_eal_option(const struct parse *p, const char *typed)
{
	if (p->found->behind || strcmp(p->argv[0], "--") == 0)
		return plx_why(p->why, -EINVAL,
			       "'%s' is an option of the EAL: write it in front of '--'", typed);
	return plx_why(p->why, -EINVAL,
		       "'%s' is an option of the EAL, and there is no '--' behind it: write %s "
		       "[EAL options] -- [options]",
		       typed, p->found->program);
}

static int
refuse_unknown(const struct parse *p, const char *name, size_t len)
{
	const char *words[OPTION_ROWS_MAX + 1];
	char typed[64];
	unsigned n = 0;
	const char *near;

	for (const struct option_row *row = p->rows; row->name != NULL; row++) {
		if (is_option(row) && n < OPTION_ROWS_MAX)
			words[n++] = row->name;
	}
	words[n] = NULL;
	snprintf(typed, sizeof(typed), "--%.*s", (int)len, name);
	if (is_misplaced(p, typed))
		return refuse_eal_option(p, typed);
	snprintf(p->found->unknown, sizeof(p->found->unknown), "%s", typed);
	near = plx_kvargs_nearest(typed + 2, words);
	if (near != NULL)
		return plx_why(p->why, -EINVAL, "unknown option '%s'; did you mean '--%s'?", typed,
			       near);
	return plx_why(p->why, -EINVAL, "unknown option '%s'; --help lists what there is", typed);
}

/* The same field set twice is either a slip or a contradiction: which one was meant cannot be known. */
static int
refuse_twice(const struct parse *p, const struct option_row *row)
{
	struct options_found *found = p->found;

	for (const struct option_row *other = p->rows; other->name != NULL; other++) {
		if (!found->given[other - p->rows] || other->offset != row->offset ||
		    row->kind == OPTION_TEXTS || row->kind == OPTION_IGNORED ||
		    other->kind == OPTION_IGNORED)
			continue;
		/* -vv */
		if (other == row && (row->kind == OPTION_ON || row->kind == OPTION_OFF))
			continue;
		if (other == row)
			return plx_why(p->why, -EINVAL, "'--%s' is given twice", row->name);
		return plx_why(p->why, -EINVAL, "'--%s' contradicts '--%s'; give one of them",
			       row->name, other->name);
	}
	found->given[row - p->rows] = true;
	return 0;
}

static int
store(const struct parse *p, const struct option_row *row, const char *value)
{
	int err = refuse_twice(p, row);

	if (err == 0)
		err = option_value_store(row, value, p->out, p->why);
	return err;
}

/* The value is the next word; "-" and "-5" may be values, "--count" is the next option. */
static int
take_value(struct parse *p, const struct option_row *row, const char **ret_value)
{
	const char *example = row->value != NULL ? row->value : "VALUE";

	if (p->at >= p->argc)
		return plx_why(p->why, -EINVAL, "'--%s' needs a value: --%s %s", row->name,
			       row->name, example);
	if (strncmp(p->argv[p->at], "--", 2) == 0)
		return plx_why(p->why, -EINVAL,
			       "'--%s' needs a value (--%s %s), found the option '%s'", row->name,
			       row->name, example, p->argv[p->at]);
	*ret_value = p->argv[p->at++];
	return 0;
}

static int
parse_long(struct parse *p, const char *word)
{
	size_t len = strcspn(word, "=");
	const char *value = word[len] == '=' ? word + len + 1 : NULL;
	const struct option_row *row = find_long(p->rows, word, len);
	int err = 0;

	if (row == NULL)
		return refuse_unknown(p, word, len);
	if (!option_takes_value(row) && value != NULL)
		return plx_why(p->why, -EINVAL, "'--%s' takes no value, found '%s'", row->name,
			       value);
	if (option_takes_value(row) && value == NULL)
		err = take_value(p, row, &value);
	return err != 0 ? err : store(p, row, value);
}

static int
parse_bundle(struct parse *p, const char *letters)
{
	for (; *letters != '\0'; letters++) {
		const struct option_row *row = find_short(p->rows, *letters);
		const char typed[] = {'-', *letters, '\0'};
		const char *value = NULL;
		int err = 0;

		if (row == NULL && is_misplaced(p, typed))
			return refuse_eal_option(p, typed);
		if (row == NULL) {
			memcpy(p->found->unknown, typed, sizeof(typed));
			return plx_why(p->why, -EINVAL,
				       "unknown option '%s'; --help lists what there is", typed);
		}
		if (option_takes_value(row)) {
			value = letters + 1;
			if (*value == '\0')
				err = take_value(p, row, &value);
		}
		if (err == 0)
			err = store(p, row, value);
		if (err != 0 || value != NULL)
			return err;
	}
	return 0;
}

int
options_parse(const struct option_row *rows, int argc, char **argv, void *out,
	      struct options_found *found, struct plx_why *why)
{
	struct parse p = {rows, argc, argv, 1, out, found, why};
	bool only_words = false;
	int err = 0;

	memset(found->given, 0, sizeof(found->given));
	found->nb_words = 0;
	found->unknown[0] = '\0';
	found->words = calloc((size_t)argc + 1, sizeof(*found->words));
	if (found->words == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	while (p.at < argc && err == 0) {
		char *word = argv[p.at++];

		if (only_words || word[0] != '-' || word[1] == '\0')
			found->words[found->nb_words++] = word;
		else if (strcmp(word, "--") == 0)
			only_words = true;
		else if (word[1] == '-')
			err = parse_long(&p, word + 2);
		else
			err = parse_bundle(&p, word + 1);
	}
	return err;
}

bool
options_given(const struct option_row *rows, const struct options_found *found, const char *name)
{
	const struct option_row *row = find_long(rows, name, strlen(name));

	return row != NULL && found->given[row - rows];
}

bool
options_has(const struct option_row *rows, const char *word)
{
	size_t len = strcspn(word, "=");
	bool ours = false;
	char typed[64];

	if (len >= sizeof(typed))
		return false;
	memcpy(typed, word, len);
	typed[len] = '\0';
	if (strncmp(word, "--", 2) == 0)
		ours = find_long(rows, typed + 2, strlen(typed + 2)) != NULL;
	else if (word[0] == '-' && word[1] != '\0' && word[2] == '\0')
		ours = find_short(rows, word[1]) != NULL;
	return ours && !options_is_eal(typed);
}

int
options_separator(int argc, char **argv)
{
	int i = 1;

	while (i < argc && strcmp(argv[i], "--") != 0)
		i++;
	return i < argc ? i : argc;
}

#define USAGE_COLUMN 29
#define USAGE_WIDTH  79

/* Words from `column` on, in lines that begin in column `indent`; a \n in the text ends a line, too. */
static void
print_words(const char *text, int column, int indent, FILE *out)
{
	bool begins = true;

	while (*text != '\0') {
		const size_t len = strcspn(text, " \n");

		if (!begins && column + 1 + (int)len > USAGE_WIDTH) {
			fputc('\n', out);
			column = 0;
			begins = true;
		}
		column += fprintf(out, "%*s%.*s", begins ? indent - column : 1, "", (int)len, text);
		begins = text[len] == '\n';
		if (begins) {
			fputc('\n', out);
			column = 0;
		}
		text += len + (text[len] != '\0');
	}
	fputc('\n', out);
}

/* "off|on|rand" */
static int
print_choices(const char *const *choices, FILE *out)
{
	int column = 0;

	for (unsigned i = 0; choices[i] != NULL; i++)
		column += fprintf(out, "%c%s", i == 0 ? ' ' : '|', choices[i]);
	return column;
}

static void
print_row(const struct option_row *row, FILE *out)
{
	int column;

	if (row->letter != 0)
		column = fprintf(out, "  -%c, --%s", row->letter, row->name);
	else
		column = fprintf(out, "      --%s", row->name);
	if (option_takes_value(row) && row->value == NULL && row->choices != NULL)
		column += print_choices(row->choices, out);
	else if (option_takes_value(row))
		column += fprintf(out, " %s", row->value != NULL ? row->value : "VALUE");
	if (column >= USAGE_COLUMN) {
		fputc('\n', out);
		column = 0;
	}
	print_words(row->help, column, USAGE_COLUMN, out);
}

static bool
is_silent(const struct option_row *row)
{
	return row->kind == OPTION_IGNORED && row->help == NULL;
}

/* Those that are taken for the habit, in a row. */
static void
print_silent(const struct option_row *rows, FILE *out)
{
	char *names = NULL;
	size_t size, n = 0;
	FILE *text = open_memstream(&names, &size);

	if (text == NULL)
		return;
	for (; rows->name != NULL; rows++) {
		if (is_silent(rows))
			fprintf(text, "%s--%s", n++ > 0 ? ", " : "", rows->name);
	}
	fclose(text);
	if (n > 0) {
		fputs("\nAccepted without effect\n", out);
		print_words(names, 0, 4, out);
	}
	free(names);
}

void
options_usage(const struct option_row *rows, FILE *out)
{
	for (const struct option_row *row = rows; row->name != NULL; row++) {
		if (!is_option(row))
			fprintf(out, "\n%s\n", row->help);
		else if (!is_silent(row))
			print_row(row, out);
	}
	print_silent(rows, out);
}
