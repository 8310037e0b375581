/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program's own options, those behind "--": a const table says what there is, and a typed struct is
 * filled from it. Long options as --name value or --name=value, short ones as -n value, -nvalue or in a
 * bundle (-qv). Words that are no options may stand anywhere; a second "--" ends the options.
 */
#ifndef PLX_APPS_COMMON_OPTIONS_H
#define PLX_APPS_COMMON_OPTIONS_H

#include <pollux/plx_base.h>

#include <stdio.h>

enum option_kind {
	OPTION_HEADING, /* no option: `help` is a heading in the usage text, name is "" */
	OPTION_ON,	/* bool: true when given */
	OPTION_OFF,	/* bool: false when given */
	OPTION_IGNORED, /* taken for the habit, without a field or an effect, as often as it comes; with a
			 * value if there is a word for it, and without help named in one line with others */
	OPTION_UINT,   /* uint64_t in [min, max]; 0x and K M G suffixes, powers of 1024 */
	OPTION_TIME,   /* uint64_t nanoseconds in [min, max]; given as 2, 0.5, 500ms, 3m, 1h */
	OPTION_CHOICE, /* int: the index of the word in choices[] */
	OPTION_TEXT,   /* const char *, as it stands in argv */
	OPTION_TEXTS,  /* struct option_texts: may be given several times */
	OPTION_SET,    /* uint64_t: bits min .. max (at most 63) from a list such as 0,2-5 */
};

#define OPTION_TEXTS_MAX 32
#define OPTION_ROWS_MAX	 128

struct option_texts {
	unsigned n;
	const char *item[OPTION_TEXTS_MAX];
};

/* One option. The table ends with a row whose name is NULL. Two rows may share an offset (an alias, or
 * the opposite of the other); then only one of them may be given. */
struct option_row {
	const char *name; /* long, without the dashes */
	char letter;	  /* short, or 0 */
	enum option_kind kind;
	size_t offset; /* of the field in the struct that is filled */
	uint64_t min, max;
	const char *const *choices; /* NULL-terminated */
	const char *value;	    /* what stands for the value in the usage text: FILE */
	const char *help;	    /* lines, parted by \n */
};

/* What was found beside the fields. */
struct options_found {
	bool given[OPTION_ROWS_MAX]; /* by row */
	char unknown[64];	     /* the option that nobody knows, as it was typed; or "" */
	int nb_words;
	char **words; /* that are no options, as they stand in argv; the caller frees the row, also after an error */
	const char *
		program; /* whose it is, if the EAL's options stand in front of its "--"; NULL if it takes none */
	bool behind; /* argv is what stood behind the "--", though that is not in it: the EAL took it */
};

/*
 * Parses argv[1..argc). `out` holds the defaults already. 0, or -EINVAL with a sentence that names the
 * option, what was found and what is allowed; `out` is then unspecified. -ENOMEM. Of `found` only `program` and `behind` are read.
 */
int options_parse(const struct option_row *rows, int argc, char **argv, void *out,
		  struct options_found *found, struct plx_why *why);

/* True if the option of that (long) name was given. */
bool
options_given(const struct option_row *rows, const struct options_found *found, const char *name);

/* True if the word, as in argv, is an option of the table and none of the EAL's. */
bool options_has(const struct option_row *rows, const char *word);

/* Writes the table, in lines of at most 79 columns. */
void options_usage(const struct option_row *rows, FILE *out);

/* True if it is spelled as an option of the EAL is, dashes included: "--vdev", "-l". */
bool options_is_eal(const char *typed);

/* The place of the first "--" in argv, or argc. */
int options_separator(int argc, char **argv);

#endif
