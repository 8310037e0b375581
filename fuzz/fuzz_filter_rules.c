/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any text as a file of rules, and the rest, behind a NUL, as a frame. A line that is read is written in a form that is read to the
 * same; a text that is taken matches the frame without reading outside of it.
 */
#include "plx_filter_rules.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool truth)
{
	if (!truth)
		abort();
}

static void
check_line(const char *text)
{
	char first[PLX_FILTER_LINE_TEXT], second[PLX_FILTER_LINE_TEXT];
	struct plx_filter_line line;
	unsigned column = 0;

	if (plx_filter_line_parse(text, &line, &column, NULL) != 0) {
		require(column > 0 && column <= strcspn(text, "\n") + 1);
		return;
	}
	require(plx_filter_line_format(&line, first, sizeof(first)) < (int)sizeof(first));
	require(plx_filter_line_parse(first, &line, NULL, NULL) == 0);
	plx_filter_line_format(&line, second, sizeof(second));
	require(strcmp(first, second) == 0);
}

static void
match(struct plx_filter_rules *rules, const uint8_t *bytes, size_t len)
{
	struct plx_filter_rules_reader *reader;
	struct plx_filter_verdict verdict;
	uint8_t *frame = malloc(len > 0 ? len : 1);
	struct plx_filter_packet packet = {frame, NULL, (uint32_t)len, (uint32_t)len};

	memcpy(frame, bytes, len);
	require(plx_filter_rules_reader_create(rules, &reader, NULL) == 0);
	plx_filter_rules_match_burst(reader, &packet, 1, 0, &verdict);
	plx_filter_rules_service(rules, 0);
	plx_filter_rules_match_burst(reader, &packet, 1, 0, &verdict);
	require(verdict.fate < PLX_FILTER_FATES && verdict.nb_sends <= PLX_FILTER_SENDS_MAX);
	plx_filter_rules_reader_destroy(reader);
	free(frame);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct plx_filter_rules_config config = {.max_wildcard = 64, .max_exact = 64};
	struct plx_filter_rules *rules;
	char *text = malloc(size + 1);
	size_t len;

	memcpy(text, data, size);
	text[size] = '\0';
	len = strlen(text);
	/* Expressions are libpcap's, which asks name servers; they have a target of their own. */
	if (strstr(text, "bpf") == NULL) {
		for (const char *line = text; *line != '\0'; line += line[0] == '\n') {
			check_line(line);
			line += strcspn(line, "\n");
		}
		require(plx_filter_rules_create(&config, &rules, NULL) == 0);
		if (plx_filter_rules_load_text(rules, text, 0, NULL) == 0)
			match(rules, data + (len < size ? len + 1 : size),
			      len < size ? size - len - 1 : 0);
		plx_filter_rules_destroy(rules);
	}
	free(text);
	return 0;
}
