/* SPDX-License-Identifier: BSD-3-Clause */
#include "doctor.h"

#include <string.h>

struct totals {
	unsigned count[LEVEL_PROBLEM + 1];
	json_t *checks; /* NULL: for people */
};

static bool
is_wanted(const struct exam *exam, const struct check *check, char **ids, int nb_ids)
{
	for (int i = 0; i < nb_ids; i++) {
		if (strcmp(ids[i], check->id) == 0)
			return true;
	}
	if (nb_ids > 0)
		return false;
	return (check->purposes & exam->purposes) != 0;
}

static void
run_check(const struct exam *exam, const struct check *check, struct totals *totals, FILE *out)
{
	struct report report;

	report_init(&report);
	check->run(exam, &report);
	for (unsigned level = 0; level <= LEVEL_PROBLEM; level++)
		totals->count[level] += report_count(&report, (enum level)level);
	if (totals->checks != NULL) {
		json_array_append_new(totals->checks,
				      json_pack("{s:s, s:s, s:o, s:O}", "id", check->id, "title",
						check->title, "findings", report_findings(&report),
						"facts", report.facts));
	} else {
		fprintf(out, "%s (%s)\n", check->title, check->id);
		report_print(&report, out);
	}
	report_fini(&report);
}

static void
tell_totals(const struct totals *totals, FILE *out)
{
	const unsigned problems = totals->count[LEVEL_PROBLEM], notes = totals->count[LEVEL_NOTE],
		       unseen = totals->count[LEVEL_UNSEEN];

	fprintf(out, "\n%u problem%s, %u note%s", problems, problems == 1 ? "" : "s", notes,
		notes == 1 ? "" : "s");
	if (unseen != 0)
		fprintf(out, ", %u could not be looked at (root may)", unseen);
	fprintf(out, "\n");
}

unsigned
doctor_run(const struct exam *exam, char **ids, int nb_ids, bool json, FILE *out)
{
	struct totals totals = {.checks = json ? json_array() : NULL};

	for (const struct check *check = checks; check->id != NULL; check++) {
		if (is_wanted(exam, check, ids, nb_ids))
			run_check(exam, check, &totals, out);
	}
	if (json)
		json_print(json_pack("{s:o, s:i, s:i, s:i}", "checks", totals.checks, "problems",
				     totals.count[LEVEL_PROBLEM], "notes", totals.count[LEVEL_NOTE],
				     "unseen", totals.count[LEVEL_UNSEEN]),
			   true, out);
	else
		tell_totals(&totals, out);
	return totals.count[LEVEL_PROBLEM];
}
