/* SPDX-License-Identifier: BSD-3-Clause */
#include "hints.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
hints_add(struct hints *hints, const char *name, const char *format, ...)
{
	struct hint *hint;
	va_list args;

	if (hints->n == HINTS_MAX)
		return;
	hint = &hints->item[hints->n++];
	hint->name = name;
	va_start(args, format);
	vsnprintf(hint->text, sizeof(hint->text), format, args);
	va_end(args);
}

bool
hints_have(const struct hints *hints, const char *name)
{
	for (unsigned i = 0; i < hints->n; i++) {
		if (strcmp(hints->item[i].name, name) == 0)
			return true;
	}
	return false;
}
