/* SPDX-License-Identifier: BSD-3-Clause */
/* The files of a set that are finished and still there, for the summary (--json, --summary). */
#ifndef PLX_APPS_CAPTURE_FINISHED_H
#define PLX_APPS_CAPTURE_FINISHED_H

#include <pollux/plx_pcapfile_fileset.h>

struct finished_file {
	struct finished_file *next;
	uint64_t packets, bytes;
	char path[];
};

struct finished {
	struct finished_file *oldest, *newest;
	uint64_t forgotten; /* there was no memory for these */
};

void finished_add(struct finished *list, const struct plx_pcapfile_finished *file);

/* The file has been removed; one that is not in the list is fine. */
void finished_drop(struct finished *list, const char *path);

void finished_fini(struct finished *list);

#endif
