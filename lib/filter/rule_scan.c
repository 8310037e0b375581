/* SPDX-License-Identifier: BSD-3-Clause */
/* The words of a line of rules. */
#include "rule_scan.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
scan_fail_at(struct scanner *s, size_t skip, const char *format, ...)
{
	unsigned column = (unsigned)(s->word - s->begin + (ptrdiff_t)skip) + 1;
	char text[sizeof(s->why->text)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (s->ret_column != NULL)
		*s->ret_column = column;
	return plx_why(s->why, -EINVAL, "column %u: %.480s", column, text);
}

static bool
line_ends(char c)
{
	return c == '\0' || c == '\n';
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Behind a backslash: \" \\ \xNN. Returns how many characters it takes, 0 if it is none. */
static size_t
unescape(const char *at, char *ret)
{
	if (at[0] == '"' || at[0] == '\\') {
		*ret = at[0];
		return 1;
	}
	if (at[0] != 'x' || hex_digit(at[1]) < 0 || hex_digit(at[2]) < 0)
		return 0;
	*ret = (char)(hex_digit(at[1]) << 4 | hex_digit(at[2]));
	return 3;
}

static int
scan_quoted(struct scanner *s)
{
	const char *c = s->word + 1;

	for (; *c != '"'; c++) {
		char byte = *c;

		if (line_ends(*c))
			return scan_fail(s, "the quotation does not end");
		if (s->text_len == sizeof(s->text) - 1)
			return scan_fail(s, "the quotation is longer than %zu",
					 sizeof(s->text) - 1);
		if (*c == '\\') {
			size_t n = unescape(c + 1, &byte);

			if (n == 0)
				return scan_fail_at(
					s, (size_t)(c - s->word),
					"after \\ comes \", \\ or x and two hexadecimal digits");
			c += n;
		}
		s->text[s->text_len++] = byte;
	}
	s->at = c + 1;
	s->quoted = true;
	return 0;
}

int
scan_next(struct scanner *s)
{
	int err = 0;

	while (!line_ends(*s->at) && isspace((unsigned char)*s->at))
		s->at++;
	s->word = s->at;
	s->text_len = 0;
	s->quoted = false;
	if (*s->at == '"') {
		err = scan_quoted(s);
	} else if (*s->at != '#') {
		while (!line_ends(*s->at) && !isspace((unsigned char)*s->at) && *s->at != '#' &&
		       s->text_len < sizeof(s->text) - 1)
			s->text[s->text_len++] = *s->at++;
	}
	s->text[s->text_len] = '\0';
	s->len = (size_t)(s->at - s->word);
	return err;
}

bool
scan_is(const struct scanner *s, const char *word)
{
	return !s->quoted && strcmp(s->text, word) == 0;
}

int
scan_word(struct scanner *s, const char *what)
{
	int err = scan_next(s);

	if (err != 0)
		return err;
	return s->len > 0 ? 0 : scan_fail(s, "%s is missing", what);
}

bool
scan_digits(const char *text, uint64_t max, uint64_t *ret, const char **ret_end)
{
	bool hex = text[0] == '0' && (text[1] | 0x20) == 'x';
	uint64_t value = 0;
	const char *c = text + (hex ? 2 : 0), *first = c;

	for (; hex_digit(*c) >= 0 && (hex || hex_digit(*c) <= 9); c++) {
		value = value * (hex ? 16 : 10) + (uint64_t)hex_digit(*c);
		if (value > max)
			return false;
	}
	*ret = value;
	*ret_end = c;
	return c != first;
}

int
scan_number(struct scanner *s, const char *what, uint64_t max, uint64_t *ret)
{
	const char *end;
	int err = scan_word(s, what);

	if (err != 0)
		return err;
	if (s->quoted || !scan_digits(s->text, max, ret, &end) || *end != '\0')
		return scan_fail(s, "%s is a number from 0 to %llu, not \"%.40s\"", what,
				 (unsigned long long)max, s->text);
	return 0;
}

int
scan_name(struct scanner *s, const char *what, char *ret, size_t size)
{
	int err = scan_word(s, what);

	if (err != 0)
		return err;
	if (s->quoted && size == PLX_FILTER_NAME_MAX)
		return scan_fail(s, "%s stands without quotation marks", what);
	if (s->text_len >= size || strlen(s->text) != s->text_len || s->text_len == 0)
		return scan_fail(s, "%s has 1 to %zu characters", what, size - 1);
	memset(ret, 0, size);
	memcpy(ret, s->text, s->text_len);
	return 0;
}

int
scan_end(struct scanner *s)
{
	int err = scan_next(s);

	if (err != 0)
		return err;
	return s->len == 0 ? 0 : scan_fail(s, "\"%.40s\" is too much", s->text);
}
