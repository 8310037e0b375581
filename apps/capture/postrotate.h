/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A command that is run for each file that is finished (-z): COMMAND FILE, without a shell, at the lowest
 * priority, beside the capture. Files wait when many commands run already. Thread: the writer.
 */
#ifndef PLX_APPS_CAPTURE_POSTROTATE_H
#define PLX_APPS_CAPTURE_POSTROTATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define POSTROTATE_RUNNING_MAX 8

struct postrotate_file {
	struct postrotate_file *next;
	char path[];
};

struct postrotate {
	const char *command;
	unsigned running;
	struct postrotate_run {
		pid_t pid;
		struct postrotate_file *file;
	} runs[POSTROTATE_RUNNING_MAX];
	struct postrotate_file *first, **last; /* that wait */
	uint64_t look_ns;
	uint64_t done, failed;
	bool said;
};

void postrotate_init(struct postrotate *p, const char *command);

/* Runs the command for the file, or remembers it. */
void postrotate_add(struct postrotate *p, const char *path);

/* Looks after those that have ended; cheap when there are none. */
void postrotate_look(struct postrotate *p, uint64_t mono_ns);

/* Starts what waits and looks for a moment; those that still run are left to themselves. Returns how many. */
unsigned postrotate_end(struct postrotate *p);

#endif
