/* SPDX-License-Identifier: BSD-3-Clause */
/* A line of rules word by word: quotations, escapes, comments, and errors that say in which column. */
#ifndef PLX_LIB_FILTER_RULE_SCAN_H
#define PLX_LIB_FILTER_RULE_SCAN_H

#include "plx_filter_rules.h"

/* The line, and the word that is being looked at. */
struct scanner {
	const char *begin;
	const char *at; /* behind the word */
	const char *word;
	size_t len; /* 0 at the end */
	bool quoted;
	char text[PLX_FILTER_LINE_TEXT]; /* of the word, without quotes and escapes */
	size_t text_len;
	unsigned *ret_column;
	struct plx_why *why;
};

/* The error, at the word, or `skip` characters into it: -EINVAL. */
int scan_fail_at(struct scanner *s, size_t skip, const char *format, ...) PLX_PRINTF(3, 4) PLX_COLD;
#define scan_fail(s, ...) scan_fail_at(s, 0, __VA_ARGS__)

/* The next word; len 0 at the end. These return 0 or the error, at the word. */
int scan_next(struct scanner *s);

/* The next word, which must be there. */
int scan_word(struct scanner *s, const char *what);

/* The next word is a number up to max. */
int scan_number(struct scanner *s, const char *what, uint64_t max, uint64_t *ret);

/* The next word has at most size - 1 characters; names of plugins stand without quotation marks. */
int scan_name(struct scanner *s, const char *what, char *ret, size_t size);

/* There is no further word. */
int scan_end(struct scanner *s);

/* Is that the word that is being looked at? */
bool scan_is(const struct scanner *s, const char *word);

/* Digits of `text`, decimal or 0x, up to max; *ret_end is behind them. */
bool scan_digits(const char *text, uint64_t max, uint64_t *ret, const char **ret_end);

#endif
