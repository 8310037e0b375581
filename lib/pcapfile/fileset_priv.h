/* SPDX-License-Identifier: BSD-3-Clause */
/* A set of files, for its three parts: fileset.c (when), fileset_name.c (names), fileset_file.c (files). */
#ifndef PLX_LIB_PCAPFILE_FILESET_PRIV_H
#define PLX_LIB_PCAPFILE_FILESET_PRIV_H

#include "plx_pcapfile_fileset.h"

#include <limits.h>

/* A file that is open. `written` is its path, or that and ".part". */
struct file {
	struct plx_pcapfile_sink *sink; /* NULL: none is open */
	int fd;				/* the sink's; -1: standard output */
	char path[PATH_MAX];
	char written[PATH_MAX];
};

/* A file that was finished and is still there, as far as we know. */
struct finished {
	struct finished *next;
	uint64_t bytes;
	char path[];
};

/* Where the naming stands. */
struct names {
	uint64_t number; /* of the next file */
	char base[PATH_MAX];
};

struct plx_pcapfile_fileset {
	struct plx_pcapfile_due due;
	struct plx_pcapfile_fileset_params p;
	struct plx_pcapfile_sink parked; /* swallows the header while no file is open */
	char *name;			 /* p.name */
	bool single;			 /* one file, which may be overwritten */
	bool over;
	struct file file;
	struct names names;
	uint64_t start_ns;   /* periods are counted from here */
	uint64_t until_wall; /* of the present file */
	uint64_t until_mono;
	uint64_t retry_mono; /* the next time a file may be opened, after an error */
	int error;	     /* which that was */
	struct plx_why why;
	struct finished *oldest, *newest;
	uint64_t left, left_bytes; /* files in that list */
	struct plx_pcapfile_fileset_counts counts;
};

/* Begin of the period that wall_ns falls into, for the name; wall_ns where there are no periods. */
uint64_t fileset_period_begin(const struct plx_pcapfile_fileset *set, uint64_t wall_ns);

/* The next name for a file of that period, in path[PATH_MAX]; -ENAMETOOLONG. */
int names_next(struct plx_pcapfile_fileset *set, uint64_t period_ns, uint64_t wall_ns, char *path);
/* The name is taken by somebody else: the next one. */
void names_skip(struct plx_pcapfile_fileset *set);
/* The last one is free again. */
void names_back(struct plx_pcapfile_fileset *set);

int file_open(struct plx_pcapfile_fileset *set, uint64_t wall_ns, struct file *ret_file,
	      struct plx_why *why);
/* Closes, renames and enters into the list; frees the sink in any case. */
int file_finish(struct plx_pcapfile_fileset *set, struct file *file, struct plx_why *why);
/* Closes and removes a file that nobody wants. */
void file_discard(struct file *file);
bool file_is_there(const struct file *file);
uint64_t file_size(const struct file *file);

/* Removes the oldest of the finished files. */
void finished_remove(struct plx_pcapfile_fileset *set);
void finished_forget_all(struct plx_pcapfile_fileset *set);

#endif
