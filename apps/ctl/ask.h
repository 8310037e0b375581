/* SPDX-License-Identifier: BSD-3-Clause */
/* A question to a program. */
#ifndef PLX_APPS_CTL_ASK_H
#define PLX_APPS_CTL_ASK_H

#include <pollux/plx_base.h>

#include <jansson.h>

/* The result of a command, or what the program or the way to it has against it, in why. The caller lets go of it. */
int ask(const char *path, const char *command, uint64_t timeout_ns, json_t **ret_result,
	struct plx_why *why);

/* The words as a command line. NULL without memory; to be freed. */
char *ask_join(char *const *words, int n);

#endif
