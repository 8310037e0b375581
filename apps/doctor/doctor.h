/* SPDX-License-Identifier: BSD-3-Clause */
/* An examination from beginning to end: the checks that were asked for, told to people or to programs. */
#ifndef PLX_APPS_DOCTOR_DOCTOR_H
#define PLX_APPS_DOCTOR_DOCTOR_H

#include "check.h"

/*
 * Runs the checks of these ids (those for exam->purposes if there are none) and writes what they found. Returns how
 * many problems there are.
 */
unsigned doctor_run(const struct exam *exam, char **ids, int nb_ids, bool json, FILE *out);

#endif
