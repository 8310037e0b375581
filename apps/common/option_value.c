/* SPDX-License-Identifier: BSD-3-Clause */
/* Texts of the command line as values of a kind. */
#include "options_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <pollux/plx_kvargs.h>

#include "units.h"

static void *
field(const struct option_row *row, void *out)
{
	return (uint8_t *)out + row->offset;
}

static int
store_uint(const struct option_row *row, const char *text, void *out, struct plx_why *why)
{
	int err = plx_kvargs_uint(text, row->min, row->max, field(row, out));

	if (err == -ERANGE)
		return plx_why(why, -EINVAL,
			       "--%s: %s is out of range, allowed is %" PRIu64 " .. %" PRIu64,
			       row->name, text, row->min, row->max);
	if (err != 0)
		return plx_why(why, -EINVAL,
			       "--%s: '%s' is no number, allowed is %" PRIu64 " .. %" PRIu64,
			       row->name, text, row->min, row->max);
	return 0;
}

static int
store_time(const struct option_row *row, const char *text, void *out, struct plx_why *why)
{
	uint64_t ns;

	if (units_parse_time(text, &ns) != 0)
		return plx_why(why, -EINVAL,
			       "--%s: '%s' is no time; write 10, 0.5, 500ms, 3m or 1h (seconds if "
			       "no unit is given)",
			       row->name, text);
	if (ns < row->min || ns > row->max)
		return plx_why(why, -EINVAL, "--%s: %s is out of range, allowed is %s .. %s",
			       row->name, text, units_time(row->min).text,
			       units_time(row->max).text);
	memcpy(field(row, out), &ns, sizeof(ns));
	return 0;
}

static int
store_choice(const struct option_row *row, const char *text, void *out, struct plx_why *why)
{
	char all[160] = "";
	const char *near;

	for (int i = 0; row->choices[i] != NULL; i++) {
		if (strcmp(row->choices[i], text) == 0) {
			memcpy(field(row, out), &i, sizeof(i));
			return 0;
		}
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", i > 0 ? ", " : "",
			 row->choices[i]);
	}
	near = plx_kvargs_nearest(text, row->choices);
	if (near != NULL)
		return plx_why(why, -EINVAL, "--%s: '%s' is none of %s; did you mean '%s'?",
			       row->name, text, all, near);
	return plx_why(why, -EINVAL, "--%s: '%s' is none of %s", row->name, text, all);
}

static int
store_text(const struct option_row *row, const char *text, void *out, struct plx_why *why)
{
	if (text[0] == '\0')
		return plx_why(why, -EINVAL, "--%s: the value is empty", row->name);
	memcpy(field(row, out), &text, sizeof(text));
	return 0;
}

static int
store_texts(const struct option_row *row, const char *text, void *out, struct plx_why *why)
{
	struct option_texts *texts = field(row, out);

	if (text[0] == '\0')
		return plx_why(why, -EINVAL, "--%s: the value is empty", row->name);
	if (texts->n == OPTION_TEXTS_MAX)
		return plx_why(why, -EINVAL, "--%s is given more than %d times", row->name,
			       OPTION_TEXTS_MAX);
	texts->item[texts->n++] = text;
	return 0;
}

/* Reads a decimal number in the row's range and moves on behind it. */
static bool
read_member(const struct option_row *row, const char **at, uint64_t *ret_n)
{
	uint64_t n = 0;
	const char *p = *at;

	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9' && n <= row->max; p++)
		n = n * 10 + (uint64_t)(*p - '0');
	*at = p;
	*ret_n = n;
	return n >= row->min && n <= row->max;
}

static int
store_set(const struct option_row *row, const char *text, void *out, struct plx_why *why)
{
	uint64_t set = 0, first, last;
	const char *at = text;

	do {
		if (!read_member(row, &at, &first))
			goto refuse;
		last = first;
		if (*at == '-') {
			at++;
			if (!read_member(row, &at, &last) || last < first)
				goto refuse;
		}
		for (uint64_t i = first; i <= last; i++)
			set |= UINT64_C(1) << i;
	} while (*at++ == ',');
	if (at[-1] != '\0')
		goto refuse;
	memcpy(field(row, out), &set, sizeof(set));
	return 0;
refuse:
	return plx_why(why, -EINVAL,
		       "--%s: '%s' is no list such as 0,2-3; its numbers go from %" PRIu64
		       " to %" PRIu64,
		       row->name, text, row->min, row->max);
}

int
option_value_store(const struct option_row *row, const char *text, void *out, struct plx_why *why)
{
	bool on = row->kind == OPTION_ON;

	switch (row->kind) {
	case OPTION_HEADING:
		break;
	case OPTION_IGNORED:
		return 0;
	case OPTION_ON:
	case OPTION_OFF:
		memcpy(field(row, out), &on, sizeof(on));
		return 0;
	case OPTION_UINT:
		return store_uint(row, text, out, why);
	case OPTION_TIME:
		return store_time(row, text, out, why);
	case OPTION_CHOICE:
		return store_choice(row, text, out, why);
	case OPTION_TEXT:
		return store_text(row, text, out, why);
	case OPTION_TEXTS:
		return store_texts(row, text, out, why);
	case OPTION_SET:
		return store_set(row, text, out, why);
	}
	return -EINVAL;
}
