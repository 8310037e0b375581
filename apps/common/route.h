/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether the kernel sends packets through an interface. */
#ifndef PLX_APPS_COMMON_ROUTE_H
#define PLX_APPS_COMMON_ROUTE_H

#include "machine.h"

/* True if a route of this network namespace leads through one of the interfaces (names joined by blanks). */
bool route_uses(const struct machine *m, const char *interfaces);

/* The same of a default route. */
bool route_is_default(const struct machine *m, const char *interfaces);

#endif
