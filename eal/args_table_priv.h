/* SPDX-License-Identifier: BSD-3-Clause */
/* One row for each option: it drives parsing, the help text and the errors. */
#ifndef PLX_EAL_ARGS_TABLE_PRIV_H
#define PLX_EAL_ARGS_TABLE_PRIV_H

#include "args_priv.h"

enum plx_args_kind {
	PLX_ARGS_FLAG,	   /* stands alone */
	PLX_ARGS_VALUE,	   /* -l 0-3, -l0-3, --lcores 0-3, --lcores=0-3 */
	PLX_ARGS_OPTIONAL, /* --huge-unlink or --huge-unlink=never */
};

struct plx_args_row {
	char letter;	   /* 0: long only */
	const char *name;  /* NULL: short only */
	const char *alias; /* a second long name, NULL */
	enum plx_args_kind kind;
	bool again;	   /* may be given more than once */
	const char *value; /* what help calls the value */
	const char *help;  /* for an option without handler: why it means nothing here */
	/* NULL: accepted for the habit of it, without effect. */
	int (*handler)(struct plx_args *args, const char *value, struct plx_why *why);
};

/* Ends with a row that has neither letter nor name. */
extern const struct plx_args_row plx_args_rows[];

/* Two options that may not be given together, by the name that errors use for them. */
struct plx_args_pair {
	const char *one;
	const char *other;
	const char *cure;
};

/* Ends with a NULL. */
extern const struct plx_args_pair plx_args_pairs[];

/* "-l/--lcores": how errors call it. */
const char *plx_args_row_name(const struct plx_args_row *row, char *text, size_t size);

#endif
