/* SPDX-License-Identifier: BSD-3-Clause */
#include "report.h"

#include <stdarg.h>
#include <stdlib.h>

static const char *const level_names[] = {
	[LEVEL_OK] = "ok",
	[LEVEL_NOTE] = "note",
	[LEVEL_UNSEEN] = "unseen",
	[LEVEL_PROBLEM] = "problem",
};

void
report_init(struct report *report)
{
	*report = (struct report){.finding = calloc(FINDINGS_MAX, sizeof(struct finding)),
				  .facts = json_object()};
}

void
report_fini(struct report *report)
{
	free(report->finding);
	json_decref(report->facts);
	*report = (struct report){0};
}

void
report_add(struct report *report, enum level level, const char *format, ...)
{
	struct finding *finding;
	va_list args;

	if (report->finding == NULL || report->n == FINDINGS_MAX)
		return;
	finding = &report->finding[report->n++];
	finding->level = level;
	va_start(args, format);
	vsnprintf(finding->text, sizeof(finding->text), format, args);
	va_end(args);
}

void
report_mend(struct report *report, const char *format, ...)
{
	struct finding *finding;
	va_list args;

	if (report->n == 0)
		return;
	finding = &report->finding[report->n - 1];
	va_start(args, format);
	vsnprintf(finding->mend, sizeof(finding->mend), format, args);
	va_end(args);
}

void
report_fact(struct report *report, const char *key, json_t *value)
{
	json_object_set_new(report->facts, key, value);
}

unsigned
report_count(const struct report *report, enum level level)
{
	unsigned n = 0;

	for (unsigned i = 0; i < report->n; i++)
		n += report->finding[i].level == level;
	return n;
}

void
report_print(const struct report *report, FILE *out)
{
	for (unsigned i = 0; i < report->n; i++) {
		const struct finding *finding = &report->finding[i];

		fprintf(out, "  %-8s %s\n", level_names[finding->level], finding->text);
		if (finding->mend[0] != '\0')
			fprintf(out, "  %-8s   %s\n", "", finding->mend);
	}
}

json_t *
report_findings(const struct report *report)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < report->n; i++) {
		const struct finding *finding = &report->finding[i];

		json_array_append_new(
			all, json_pack("{s:s, s:s, s:s?}", "level", level_names[finding->level],
				       "finding", finding->text, "mend",
				       finding->mend[0] != '\0' ? finding->mend : NULL));
	}
	return all;
}
