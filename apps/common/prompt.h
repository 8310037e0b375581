/* SPDX-License-Identifier: BSD-3-Clause */
/* The prompt: lines from a terminal (with editing and history) or from a pipe, until quit or the end. */
#ifndef PLX_APPS_COMMON_PROMPT_H
#define PLX_APPS_COMMON_PROMPT_H

#include "console.h"

#include <stdio.h>

/*
 * Ends the line in which the prompt waits, if it does: for what is printed meanwhile. Hold `out` locked until that is
 * printed. Thread: any.
 */
void prompt_leave(FILE *out);

/* Runs lines until quit, the end of input or a stop signal. A failed command sets console->status on a pipe. */
void prompt_run(struct console *console);

#endif
