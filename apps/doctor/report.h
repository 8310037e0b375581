/* SPDX-License-Identifier: BSD-3-Clause */
/* What a check found: lines for people, each with the command that mends it, and facts for programs. */
#ifndef PLX_APPS_DOCTOR_REPORT_H
#define PLX_APPS_DOCTOR_REPORT_H

#include "json.h"

#include <stdio.h>

enum level {
	LEVEL_OK,
	LEVEL_NOTE,    /* works, but slower or with limits; or lacks what only some drivers need */
	LEVEL_UNSEEN,  /* could not be looked at */
	LEVEL_PROBLEM, /* a start will be refused */
};

#define FINDINGS_MAX 256

struct finding {
	enum level level;
	char text[320];
	char mend[320]; /* "": nothing to do */
};

struct report {
	unsigned n;
	struct finding *finding;
	json_t *facts;
};

void report_init(struct report *report);
void report_fini(struct report *report);

/* A finding. Beyond FINDINGS_MAX they are left out, problems too; no machine has that many. */
void report_add(struct report *report, enum level level, const char *format, ...) PLX_PRINTF(3, 4);

/* The command that mends what was found last. */
void report_mend(struct report *report, const char *format, ...) PLX_PRINTF(2, 3);

/* What a program may want to know; takes the value over. */
void report_fact(struct report *report, const char *key, json_t *value);

unsigned report_count(const struct report *report, enum level level);

/* Lines of "  level  finding", with the mending command below. */
void report_print(const struct report *report, FILE *out);

/* [{"level", "finding", "mend"}] */
json_t *report_findings(const struct report *report);

#endif
