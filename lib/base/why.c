/* SPDX-License-Identifier: BSD-3-Clause */
/* The sentence that goes with an error. */
#include "plx_base.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
plx_why(struct plx_why *why, int err, const char *format, ...)
{
	if (why != NULL) {
		va_list args;

		va_start(args, format);
		vsnprintf(why->text, sizeof(why->text), format, args);
		va_end(args);
	}
	return err;
}

int
plx_why_prefix(struct plx_why *why, int err, const char *format, ...)
{
	struct plx_why old;
	va_list args;
	int len;

	if (why == NULL)
		return err;
	old = *why;
	va_start(args, format);
	len = vsnprintf(why->text, sizeof(why->text), format, args);
	va_end(args);
	if (len >= 0 && (size_t)len < sizeof(why->text))
		snprintf(why->text + len, sizeof(why->text) - (size_t)len, "%s", old.text);
	return err;
}
