/* SPDX-License-Identifier: BSD-3-Clause */
/* What people see while NICs run: commands of a file, a prompt, figures again and again, the wait for the end. */
#ifndef PLX_APPS_NICEMU_FRONT_H
#define PLX_APPS_NICEMU_FRONT_H

#include "nicemu.h"

/* Until quit, the end of input, a signal or the end of the time. On a thread of its own, beside the loops. */
void front_run(struct app *app);

/* The books of all NICs, for people or programs. True if they add up. */
bool front_books(struct app *app);

#endif
