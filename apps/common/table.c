/* SPDX-License-Identifier: BSD-3-Clause */
#include "table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 16

/* A value as text: the caller frees it. */
static char *
text_of(const json_t *value)
{
	if (json_is_string(value))
		return strdup(json_string_value(value));
	if (value == NULL || json_is_null(value))
		return strdup("-");
	return json_dumps(value, JSON_ENCODE_ANY);
}

static size_t
width_of(const json_t *rows, const char *key)
{
	size_t width = strlen(key), i;
	const json_t *row;

	json_array_foreach(rows, i, row)
	{
		char *text = text_of(json_object_get(row, key));
		size_t len = text != NULL ? strlen(text) : 0;

		width = len > width ? len : width;
		free(text);
	}
	return width;
}

static void
print_cell(const char *text, size_t width, bool right, bool last, FILE *out)
{
	if (right)
		fprintf(out, "%*s", (int)width, text);
	else
		fprintf(out, "%-*s", last ? 0 : (int)width, text);
	fputs(last ? "\n" : "  ", out);
}

void
table_print(const json_t *rows, FILE *out)
{
	json_t *first = json_array_get(rows, 0);
	const char *keys[COLUMNS_MAX], *key;
	size_t widths[COLUMNS_MAX], n = 0, i;
	const json_t *row;
	json_t *value;

	if (first == NULL) {
		fprintf(out, "none\n");
		return;
	}
	json_object_foreach(first, key, value)
	{
		if (n == COLUMNS_MAX)
			break;
		keys[n] = key;
		widths[n++] = width_of(rows, key);
	}
	for (size_t c = 0; c < n; c++)
		print_cell(keys[c], widths[c], json_is_number(json_object_get(first, keys[c])),
			   c + 1 == n, out);
	json_array_foreach(rows, i, row)
	{
		for (size_t c = 0; c < n; c++) {
			const json_t *cell = json_object_get(row, keys[c]);
			char *text = text_of(cell);

			print_cell(text != NULL ? text : "?", widths[c], json_is_number(cell),
				   c + 1 == n, out);
			free(text);
		}
	}
}
