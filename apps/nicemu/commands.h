/* SPDX-License-Identifier: BSD-3-Clause */
/* The tables of what can be typed, one a file cmd_<noun>.c; commands.c lists them. */
#ifndef PLX_APPS_NICEMU_COMMANDS_H
#define PLX_APPS_NICEMU_COMMANDS_H

#include "command.h"
#include "nicemu.h"

extern const struct command commands_fault[];
extern const struct command commands_show[];

/* The app's console: its tables, its prompt, what completion offers. */
void commands_begin(struct app *app);

/* "nic0", "0" or "all": a range of app->nics to walk. -EINVAL. */
int command_nics(struct app *app, const char *word, unsigned *ret_first, unsigned *ret_last,
		 struct plx_why *why);

#endif
