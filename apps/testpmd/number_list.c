/* SPDX-License-Identifier: BSD-3-Clause */
#include "number_list.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

static bool
has(const struct number_list *list, unsigned number)
{
	for (unsigned i = 0; i < list->n; i++) {
		if (list->item[i] == number)
			return true;
	}
	return false;
}

/* Digits at *ret_text, which is moved behind them; `limit` if there are none or too many. */
static unsigned
number_at(const char **ret_text, unsigned limit)
{
	unsigned number = 0;

	if (!isdigit((unsigned char)**ret_text))
		return limit;
	for (; isdigit((unsigned char)**ret_text); (*ret_text)++) {
		if (number < limit)
			number = number * 10 + (unsigned)(**ret_text - '0');
	}
	return number < limit ? number : limit;
}

static int
add_range(struct number_list *list, unsigned first, unsigned last, const char *what,
	  struct plx_why *why)
{
	if (last < first)
		return plx_why(why, -EINVAL, "%s: the range %u-%u runs backwards", what, first,
			       last);
	for (unsigned number = first; number <= last; number++) {
		if (has(list, number))
			return plx_why(why, -EINVAL, "%s: %u is named twice", what, number);
		list->item[list->n++] = (uint16_t)number;
	}
	return 0;
}

int
number_list_parse(const char *text, const char *what, unsigned limit, struct number_list *ret_list,
		  struct plx_why *why)
{
	const char *at = text;
	unsigned first, last;
	int ret;

	ret_list->n = 0;
	for (;;) {
		const char *start = at;

		first = number_at(&at, limit);
		last = first;
		if (*at == '-' && first < limit) {
			at++;
			last = number_at(&at, limit);
		}
		if (first == limit || last == limit || (*at != ',' && *at != '\0'))
			return plx_why(why, -EINVAL,
				       "%s \"%s\": a number from 0 to %u should stand at \"%s\"; "
				       "write 0,2,1 or 0-3",
				       what, text, limit - 1, start);
		ret = add_range(ret_list, first, last, what, why);
		if (ret != 0 || *at == '\0')
			return ret;
		at++;
	}
}

int
number_mask_parse(const char *text, const char *what, unsigned limit, struct number_list *ret_list,
		  struct plx_why *why)
{
	const char *digits = text;
	size_t len;

	if (digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X'))
		digits += 2;
	len = strlen(digits);
	ret_list->n = 0;
	for (size_t i = 0; i < len; i++) {
		const char c = (char)tolower((unsigned char)digits[len - 1 - i]);
		const unsigned value =
			isdigit((unsigned char)c) ? (unsigned)(c - '0') : (unsigned)(c - 'a') + 10;

		if (!isxdigit((unsigned char)c))
			return plx_why(why, -EINVAL,
				       "%s \"%s\": a mask is written in hexadecimal digits, 0x3 "
				       "for 0 and 1",
				       what, text);
		for (unsigned bit = 0; bit < 4; bit++) {
			if ((value & 1u << bit) == 0)
				continue;
			if (4 * i + bit >= limit)
				return plx_why(why, -EINVAL, "%s \"%s\": the highest number is %u",
					       what, text, limit - 1);
			ret_list->item[ret_list->n++] = (uint16_t)(4 * i + bit);
		}
	}
	if (ret_list->n == 0)
		return plx_why(why, -EINVAL, "%s \"%s\" names nobody", what, text);
	return 0;
}
