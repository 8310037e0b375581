/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PLX_APPS_DOCTOR_SWEEP_H
#define PLX_APPS_DOCTOR_SWEEP_H

#include "machine.h"

/* Removes leftovers, asking on the terminal for each unless `yes`. Exit status: 0 all gone or kept by wish, 1 some stayed,
 * 2 nobody there to ask. */
int sweep_run(const struct machine *m, bool yes);

#endif
