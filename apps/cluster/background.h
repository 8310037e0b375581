/* SPDX-License-Identifier: BSD-3-Clause */
/* Going to the background, the file with the process number, and where messages go then. */
#ifndef PLX_APPS_CLUSTER_BACKGROUND_H
#define PLX_APPS_CLUSTER_BACKGROUND_H

#include <pollux/plx_base.h>

/*
 * Leaves a parent in the foreground, which ends as background_ready says; returns in the child. Before there are threads.
 * -errno.
 */
int background_begin(struct plx_why *why);

/* The parent ends with success, or with a `status` and what was said. From here on nothing of ours is on a terminal. */
void background_ready(int status);

/* Takes the file: -EBUSY if another program that runs has it. */
int pid_file_take(const char *path, struct plx_why *why);
/* Writes our number, which is another one behind background_begin. */
int pid_file_write(const char *path, struct plx_why *why);
void pid_file_remove(const char *path);

/* A message: to standard error, in the background to the system's log. */
void say(const char *format, ...) PLX_PRINTF(1, 2);

#endif
