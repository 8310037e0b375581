/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PLX_APPS_DOCTOR_ROUTE_H
#define PLX_APPS_DOCTOR_ROUTE_H

#include "machine.h"

/* True if a route of this network namespace leads through one of the interfaces (names joined by blanks). */
bool route_uses(const struct machine *m, const char *interfaces);

#endif
