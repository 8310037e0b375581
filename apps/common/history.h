/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The lines typed before, kept in $XDG_STATE_HOME/pollux/<name> or the same under ~/.local/state. Where
 * there is no such place, or no right to it, they are kept until the program ends; nobody is told.
 */
#ifndef PLX_APPS_COMMON_HISTORY_H
#define PLX_APPS_COMMON_HISTORY_H

#include <histedit.h>

#define HISTORY_LINES_MAX 500

/* NULL without memory; then a prompt has none. */
History *history_open(const char *name);
void history_close(History *past, const char *name);

#endif
