/* SPDX-License-Identifier: BSD-3-Clause */
/* A command from beginning to end. */
#ifndef PLX_APPS_DEVBIND_DEVBIND_H
#define PLX_APPS_DEVBIND_DEVBIND_H

#include "machine.h"
#include "settings.h"

/* Returns the exit status: 0, or 1 if a device was refused or failed. */
int devbind_run(const struct machine *m, const struct settings *settings, FILE *out, FILE *err);

#endif
