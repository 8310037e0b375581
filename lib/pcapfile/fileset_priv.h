/* SPDX-License-Identifier: BSD-3-Clause */
/* A set of files, for its parts: fileset.c (one after the other), fileset_life.c, fileset_due.c (when), fileset_name.c, fileset_file.c, fileset_left.c. */
#ifndef PLX_LIB_PCAPFILE_FILESET_PRIV_H
#define PLX_LIB_PCAPFILE_FILESET_PRIV_H

#include "plx_pcapfile_fileset.h"
#include "writer_priv.h"

#include <limits.h>

#define FILESET_RETRY_NS UINT64_C(1000000000)
#define FILESET_SLACK \
	(PLX_PCAPFILE_SNAPLEN_MAX + 8192) /* the largest record, when bytes are counted before it */

/* A file that is open. `written` is its path, or that and ".part". */
struct file {
	struct plx_pcapfile_sink *sink; /* NULL: none is open */
	int fd;				/* the sink's; -1: standard output */
	uint64_t packets, bytes;	/* once it is to be finished; bytes before compression */
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

/* A file begins: when its time is over. */
void due_begin(struct plx_pcapfile_fileset *set, const struct plx_pcapfile_now *now);
/* Whether the present file is full, or its time is over. */
bool due_now(const struct plx_pcapfile_fileset *set, const struct plx_pcapfile_writer *w,
	     const struct plx_pcapfile_now *now);
/* When it is to be looked at again: at its end or when the quota is near; */
void due_next(struct plx_pcapfile_fileset *set, const struct plx_pcapfile_writer *w);
/* with every packet, or since no file is open; */
void due_at_once(struct plx_pcapfile_fileset *set);
/* since the next one cannot be opened and it goes on beyond its end. */
void due_later(struct plx_pcapfile_fileset *set, const struct plx_pcapfile_now *now);

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

/* What the present file takes on the disk, or will once the writer's buffer is there. */
static inline uint64_t
present_size(const struct plx_pcapfile_fileset *set, const struct plx_pcapfile_writer *w)
{
	return file_size(&set->file) + w->used;
}

static inline uint64_t
packets_in_file(const struct plx_pcapfile_writer *w)
{
	return w->accepted.packets - w->file_base - w->file_lost;
}

static inline uint64_t
saturating_add(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/*
 * Keeps a file that is about to lose its name: its space is freed when this fd is closed, and not in the call that
 * takes the name. -1: there is none.
 */
int file_hold(const char *path);
/* Closes it, or has it closed (release). */
void file_let_go(const struct plx_pcapfile_fileset *set, int held);

/* A file was finished: one more of those that are left. */
void left_add(struct plx_pcapfile_fileset *set, const char *path, uint64_t bytes);
/* It has been replaced. */
void left_forget(struct plx_pcapfile_fileset *set, const char *path);
void left_remove_oldest(struct plx_pcapfile_fileset *set);
void left_clear(struct plx_pcapfile_fileset *set);

#endif
