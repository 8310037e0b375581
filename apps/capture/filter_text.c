/* SPDX-License-Identifier: BSD-3-Clause */
#include "filter_text.h"

#include <string.h>

#define INDENT "  "
#define WIDTH  76 /* of the text that is shown */
#define BEFORE 40 /* of it in front of the place */

/* Tabs and ends of lines would move the marks away from the place. */
static void
put_flat(const char *text, size_t len, FILE *out)
{
	for (size_t i = 0; i < len; i++)
		fputc((unsigned char)text[i] < ' ' || text[i] == 0x7f ? ' ' : text[i], out);
}

void
filter_text_mark(const char *text, FILE *out)
{
	size_t len = strlen(text), from = 0, shown, begin, end;

	if (plx_filter_place(text, &begin, &end) != 0) {
		if (strstr(text, "inbound") != NULL)
			fputs(INDENT "-Q in captures what comes in only\n", out);
		return;
	}
	if (len > WIDTH && begin > BEFORE)
		from = begin - BEFORE;
	shown = len - from < WIDTH ? len - from : WIDTH;
	fputs(INDENT, out);
	put_flat(text + from, shown, out);
	fputs("\n" INDENT, out);
	for (size_t i = from; i < begin; i++)
		fputc(' ', out);
	fputc('^', out);
	for (size_t i = begin + 1; i < end && i < from + shown; i++)
		fputc('~', out);
	fputc('\n', out);
}

void
filter_text_code(const struct plx_filter *filter, FILE *out)
{
	char line[160];

	for (unsigned i = 0; plx_filter_print(filter, i, line, sizeof(line)) > 0; i++)
		fprintf(out, "%s\n", line);
}
