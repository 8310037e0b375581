/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Walks the command line by the option table. Not getopt: that permutes argv, keeps state in globals and
 * prints its own errors.
 */
#include "args_table_priv.h"

#include "plx_kvargs.h"

#include <errno.h>
#include <string.h>

/* The place in argv, and where errors go. */
struct walk {
	struct plx_args *args;
	int argc;
	char **argv;
	int at;
	struct plx_why *why;
};

const char *
plx_args_row_name(const struct plx_args_row *row, char *text, size_t size)
{
	if (row->letter == 0)
		snprintf(text, size, "--%s", row->name);
	else if (row->name == NULL)
		snprintf(text, size, "-%c", row->letter);
	else
		snprintf(text, size, "-%c/--%s", row->letter, row->name);
	return text;
}

static bool
row_ends(const struct plx_args_row *row)
{
	return row->letter == 0 && row->name == NULL;
}

static bool
name_is(const char *name, const char *text, size_t len)
{
	return name != NULL && strlen(name) == len && memcmp(name, text, len) == 0;
}

static const struct plx_args_row *
find_long(const char *name, size_t len)
{
	for (const struct plx_args_row *row = plx_args_rows; !row_ends(row); row++)
		if (name_is(row->name, name, len) || name_is(row->alias, name, len))
			return row;
	return NULL;
}

static const struct plx_args_row *
find_short(char letter)
{
	for (const struct plx_args_row *row = plx_args_rows; !row_ends(row); row++)
		if (row->letter != 0 && row->letter == letter)
			return row;
	return NULL;
}

#define NAMES_MAX 64 /* long names there are, with room */

/* The long name that was probably meant, NULL if none is near. */
static const char *
nearest(const char *name, size_t len)
{
	const char *names[NAMES_MAX + 1];
	char word[32];
	unsigned n = 0;

	if (len < 4 || len >= sizeof(word))
		return NULL;
	memcpy(word, name, len);
	word[len] = '\0';
	for (const struct plx_args_row *row = plx_args_rows; !row_ends(row); row++)
		if (row->name != NULL && n < NAMES_MAX)
			names[n++] = row->name;
	names[n] = NULL;
	return plx_kvargs_nearest(word, names);
}

static int
unknown(const struct walk *walk, const char *option)
{
	const char *name = option + strspn(option, "-");
	const char *near = option[1] == '-' ? nearest(name, strcspn(name, "=")) : NULL;

	if (near != NULL)
		return plx_why(walk->why, -EINVAL,
			       "unknown EAL option '%.64s': did you mean --%s? Options of the "
			       "application go behind ' -- '",
			       option, near);
	return plx_why(walk->why, -EINVAL,
		       "unknown EAL option '%.64s': options of the application go behind ' -- ', "
		       "as in '%.64s -l 0-1 -- %.64s'; -h lists those of the EAL",
		       option, walk->args->program, option);
}

static int
not_an_option(const struct walk *walk, const char *text)
{
	return plx_why(walk->why, -EINVAL,
		       "'%.64s' belongs to no EAL option: arguments of the application go behind "
		       "' -- ', as in '%.64s -l 0-1 -- %.64s'",
		       text, walk->args->program, text);
}

/* The value in `attached`, or the next argument. */
static int
take_value(struct walk *walk, const struct plx_args_row *row, const char *attached,
	   const char **ret_value)
{
	const char *next = walk->at + 1 < walk->argc ? walk->argv[walk->at + 1] : NULL;

	*ret_value = attached;
	if (row->kind == PLX_ARGS_FLAG)
		return attached == NULL ? 0 : plx_why(walk->why, -EINVAL, "it takes no value");
	if (row->kind == PLX_ARGS_OPTIONAL || attached != NULL)
		return 0;
	if (next == NULL || strncmp(next, "--", 2) == 0)
		return plx_why(walk->why, -EINVAL, "its value %s is missing",
			       row->value != NULL ? row->value : "");
	*ret_value = next;
	walk->at++;
	return 0;
}

/* Applies one option; `attached` is the value that was glued to it, NULL if none. */
static int
take_option(struct walk *walk, const struct plx_args_row *row, const char *attached)
{
	bool *given = &walk->args->given[row - plx_args_rows];
	const char *value;
	char name[64];
	int ret;

	plx_args_row_name(row, name, sizeof(name));
	ret = take_value(walk, row, attached, &value);
	if (ret == 0 && *given && !row->again)
		ret = plx_why(walk->why, -EINVAL, "given twice");
	*given = true;
	if (ret == 0 && row->handler != NULL)
		ret = row->handler(walk->args, value, walk->why);
	if (ret == 0 || ret == -ECANCELED)
		return ret;
	return plx_why_prefix(walk->why, ret, "EAL option %s: ", name);
}

/* One argument, and the next if that is its value. */
static int
take_argument(struct walk *walk)
{
	const char *text = walk->argv[walk->at];
	const struct plx_args_row *row;

	if (text[0] != '-' || text[1] == '\0')
		return not_an_option(walk, text);
	if (text[1] == '-') {
		size_t len = strcspn(text + 2, "=");

		row = find_long(text + 2, len);
		if (row == NULL)
			return unknown(walk, text);
		return take_option(walk, row, text[2 + len] == '=' ? text + 3 + len : NULL);
	}
	row = find_short(text[1]);
	if (row == NULL || (row->kind == PLX_ARGS_FLAG && text[2] != '\0'))
		return unknown(walk, text);
	return take_option(walk, row, text[2] != '\0' ? text + 2 : NULL);
}

static bool
given(const struct plx_args *args, const char *name)
{
	char text[64];

	for (const struct plx_args_row *row = plx_args_rows; !row_ends(row); row++)
		if (strcmp(plx_args_row_name(row, text, sizeof(text)), name) == 0)
			return args->given[row - plx_args_rows];
	return false;
}

/* What can only be judged when all options are known. */
static int
check_together(const struct plx_args *args, struct plx_why *why)
{
	for (const struct plx_args_pair *pair = plx_args_pairs; pair->one != NULL; pair++)
		if (given(args, pair->one) && given(args, pair->other))
			return plx_why(why, -EINVAL,
				       "EAL options %s and %s contradict each other: %s", pair->one,
				       pair->other, pair->cure);
	if (args->no_huge && args->iova == PLX_IOVA_PA)
		return plx_why(why, -EINVAL,
			       "EAL options --no-huge and --iova-mode pa contradict each other: "
			       "plain pages have no lasting physical address");
	if (args->no_pci && args->allow.n > 0)
		return plx_why(why, -EINVAL,
			       "EAL options --no-pci and -a %.64s contradict each other: leave one "
			       "out",
			       args->allow.item[0]);
	if (args->lcores.count > 0 && args->main_lcore != PLX_LCORE_NONE &&
	    !plx_lcore_map_has(&args->lcores, args->main_lcore))
		return plx_why(why, -EINVAL,
			       "EAL option --main-lcore: lcore %u is not among those of -l",
			       args->main_lcore);
	return 0;
}

static const char *
program_name(int argc, char **argv)
{
	const char *slash;

	if (argc < 1 || argv[0] == NULL || argv[0][0] == '\0')
		return "pollux";
	slash = strrchr(argv[0], '/');
	return slash != NULL && slash[1] != '\0' ? slash + 1 : argv[0];
}

int
plx_args_parse(struct plx_args *args, int argc, char **argv, struct plx_why *why)
{
	struct walk walk = {.args = args, .argc = argc, .argv = argv, .at = 1, .why = why};

	memset(args, 0, sizeof(*args));
	args->program = program_name(argc, argv);
	args->main_lcore = PLX_LCORE_NONE;
	args->iova = PLX_IOVA_VA;
	args->consumed = argc > 0 ? argc - 1 : 0;
	for (; walk.at < argc; walk.at++) {
		int ret;

		if (strcmp(argv[walk.at], "--") == 0) {
			args->consumed = walk.at;
			break;
		}
		ret = take_argument(&walk);
		if (ret != 0)
			return ret;
	}
	return check_together(args, why);
}

void
plx_args_each_ignored(const struct plx_args *args, plx_args_ignored_fn fn)
{
	char name[64];

	for (const struct plx_args_row *row = plx_args_rows; !row_ends(row); row++)
		if (args->given[row - plx_args_rows] && row->handler == NULL)
			fn(plx_args_row_name(row, name, sizeof(name)), row->help);
}

/* "  -l, --lcores LCORES   what it does", further lines of the text below the first. */
static void
print_row(FILE *out, const struct plx_args_row *row)
{
	const char *line = row->help;
	char left[48];
	int len = 0;

	if (row->letter != 0)
		len = snprintf(left, sizeof(left), "  -%c%s", row->letter, row->name ? ", " : "");
	else
		len = snprintf(left, sizeof(left), "      ");
	if (row->name != NULL)
		len += snprintf(left + len, sizeof(left) - (size_t)len, "--%s", row->name);
	if (row->value != NULL)
		snprintf(left + len, sizeof(left) - (size_t)len, " %s", row->value);
	while (*line != '\0') {
		size_t part = strcspn(line, "\n");

		fprintf(out, "%-28s %.*s\n", left, (int)part, line);
		left[0] = '\0';
		line += part + (line[part] == '\n');
	}
}

#define USAGE_WIDTH 79

/* "Accepted without effect: -n/--memory-channels, ...", in lines. */
static void
print_ignored(FILE *out)
{
	int column = fprintf(out, "Accepted without effect:");
	const char *between = "";

	for (const struct plx_args_row *row = plx_args_rows; !row_ends(row); row++) {
		char name[64];
		const char *const word = plx_args_row_name(row, name, sizeof(name));

		if (row->handler != NULL)
			continue;
		column += fprintf(out, "%s", between);
		if (column + 2 + (int)strlen(word) > USAGE_WIDTH)
			column = fprintf(out, "\n   ") - 1;
		column += fprintf(out, " %s", word);
		between = ",";
	}
	fprintf(out, "\n");
}

void
plx_args_usage(FILE *out)
{
	fprintf(out, "EAL options (those of the application follow behind ' -- '):\n");
	for (const struct plx_args_row *row = plx_args_rows; !row_ends(row); row++)
		if (row->help != NULL && row->handler != NULL)
			print_row(out, row);
	print_ignored(out);
}
