/* SPDX-License-Identifier: BSD-3-Clause */
/* A set of files: one ends and the next begins. */
#include "fileset_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define QUOTA_MIN 1000000

/* -- no file ------------------------------------------------------------------------------------- */

static int
parked_write(struct plx_pcapfile_sink *sink, const void *data, size_t len, size_t *ret_done)
{
	*ret_done = len;
	return 0;
}

static int
parked_close(struct plx_pcapfile_sink *sink)
{
	return 0;
}

static const struct plx_pcapfile_sink_ops parked_ops = {parked_write, NULL, parked_close};

static bool
is_empty(const struct plx_pcapfile_writer *w)
{
	return packets_in_file(w) == 0;
}

/* -- files that follow one another --------------------------------------------------------------- */

/* Room for `coming` more beside those that are finished. */
static void
prune(struct plx_pcapfile_fileset *set, unsigned coming)
{
	while (set->p.keep != 0 && !set->p.slots && set->left > 0 &&
	       set->left + coming > set->p.keep)
		finished_remove(set);
}

static void
shed(struct plx_pcapfile_fileset *set, const struct plx_pcapfile_writer *w)
{
	while (set->p.quota != 0 && set->left > 0 &&
	       set->left_bytes + present_size(set, w) + FILESET_SLACK > set->p.quota)
		finished_remove(set);
}

static int
open_next(struct plx_pcapfile_fileset *set, const struct plx_pcapfile_now *now, struct file *file,
	  struct plx_why *why)
{
	int err = file_open(set, now->wall_ns, file, &set->why);

	set->error = err;
	if (err == 0)
		return 0;
	set->counts.failed++;
	set->retry_mono = saturating_add(now->mono_ns, FILESET_RETRY_NS);
	return plx_why(why, err, "%s", set->why.text);
}

static void
adopt(struct plx_pcapfile_fileset *set, const struct file *file, struct plx_pcapfile_writer *w,
      const struct plx_pcapfile_now *now)
{
	set->file = *file;
	due_begin(set, now);
	due_next(set, w);
}

static int
begin(struct plx_pcapfile_fileset *set, struct plx_pcapfile_writer *w,
      const struct plx_pcapfile_now *now, struct plx_why *why)
{
	struct file file;
	int err;

	if (set->error != 0 && now->mono_ns < set->retry_mono)
		return plx_why(why, set->error, "%s", set->why.text);
	prune(set, 1);
	err = open_next(set, now, &file, why);
	if (err != 0)
		return err;
	plx_pcapfile_writer_restart(w, file.sink, NULL);
	adopt(set, &file, w, now);
	return 0;
}

/* The file that is left: finished, or removed if there is nothing in it. */
static int
leave(struct plx_pcapfile_fileset *set, struct file *file, bool empty, struct plx_why *why)
{
	if (!empty)
		return file_finish(set, file, why);
	file_discard(file);
	return 0;
}

/* Its time is over before anything came: the name may say a time that is over, too. */
static int
replace_empty(struct plx_pcapfile_fileset *set, struct plx_pcapfile_writer *w,
	      const struct plx_pcapfile_now *now, struct plx_why *why)
{
	plx_pcapfile_writer_restart(w, &set->parked, NULL);
	file_discard(&set->file);
	names_back(set);
	due_at_once(set);
	return begin(set, w, now, why);
}

static void
tell_ending(const struct plx_pcapfile_fileset *set)
{
	if (set->p.ending != NULL)
		set->p.ending(set->p.arg);
}

/* The file is as long as it will be; the writer begins another. */
static int
change_sink(struct plx_pcapfile_writer *w, struct plx_pcapfile_sink *sink, struct file *before,
	    struct plx_why *why)
{
	int err = plx_pcapfile_writer_flush(w, why);
	int begun;

	before->packets = packets_in_file(w);
	begun = plx_pcapfile_writer_restart(w, sink, err == 0 ? why : NULL);
	return err != 0 ? err : begun;
}

static int
rotate(struct plx_pcapfile_fileset *set, struct plx_pcapfile_writer *w,
       const struct plx_pcapfile_now *now, struct plx_why *why)
{
	struct file before = set->file, next;
	int err, left;

	prune(set, 2);
	err = open_next(set, now, &next, why);
	if (err != 0) {
		due_later(set, now);
		return err;
	}
	tell_ending(set);
	err = change_sink(w, next.sink, &before, why);
	left = file_finish(set, &before, err == 0 ? why : NULL);
	prune(set, 1);
	adopt(set, &next, w, now);
	return err != 0 ? err : left;
}

static int
park(struct plx_pcapfile_fileset *set, struct plx_pcapfile_writer *w, struct plx_why *why)
{
	int err, left;

	tell_ending(set);
	err = change_sink(w, &set->parked, &set->file, why);
	left = file_finish(set, &set->file, err == 0 ? why : NULL);
	due_at_once(set);
	set->over = set->p.stop_after != 0 && set->counts.finished >= set->p.stop_after;
	err = err != 0 ? err : left;
	return err != 0 ? err : set->over;
}

static bool
is_last(const struct plx_pcapfile_fileset *set)
{
	return set->p.stop_after != 0 && set->counts.finished + 1 >= set->p.stop_after;
}

int
plx_pcapfile_fileset_turn(struct plx_pcapfile_fileset *set, struct plx_pcapfile_writer *w,
			  const struct plx_pcapfile_now *now, struct plx_why *why)
{
	if (set->over)
		return 1;
	if (set->file.sink == NULL)
		return begin(set, w, now, why);
	shed(set, w);
	if (!due_now(set, w, now)) {
		due_next(set, w);
		return 0;
	}
	if (is_empty(w)) {
		if (now->wall_ns >= set->until_wall || now->mono_ns >= set->until_mono)
			return replace_empty(set, w, now, why);
		/* No limit is so small that a file holds no packet. */
		due_at_once(set);
		return 0;
	}
	if (is_last(set))
		return park(set, w, why);
	return rotate(set, w, now, why);
}

int
plx_pcapfile_fileset_idle(struct plx_pcapfile_fileset *set, struct plx_pcapfile_writer *w,
			  const struct plx_pcapfile_now *now, struct plx_why *why)
{
	if (set->over)
		return 1;
	if (set->file.sink == NULL || is_empty(w) ||
	    (now->wall_ns < set->until_wall && now->mono_ns < set->until_mono))
		return 0;
	return park(set, w, why);
}

int
plx_pcapfile_fileset_renew(struct plx_pcapfile_fileset *set, struct plx_pcapfile_writer *w,
			   const struct plx_pcapfile_now *now, struct plx_why *why)
{
	struct file before = set->file, next;
	bool empty = is_empty(w), gone = !file_is_there(&set->file);
	int err;

	if (before.sink == NULL)
		return begin(set, w, now, why);
	prune(set, 2);
	/* The name of one that was removed is free again. */
	if (gone)
		names_back(set);
	err = open_next(set, now, &next, why);
	if (err != 0 && gone)
		names_skip(set);
	if (err != 0)
		return err;
	change_sink(w, next.sink, &before, NULL);
	leave(set, &before, empty, NULL);
	adopt(set, &next, w, now);
	return 0;
}

int
plx_pcapfile_fileset_end(struct plx_pcapfile_fileset *set, struct plx_pcapfile_writer *w,
			 struct plx_why *why)
{
	int err = plx_pcapfile_writer_flush(w, why);
	int left;

	if (set->file.sink == NULL)
		return err;
	set->file.packets = packets_in_file(w);
	left = leave(set, &set->file, is_empty(w) && set->counts.finished > 0,
		     err == 0 ? why : NULL);
	return err != 0 ? err : left;
}

/* -- life ---------------------------------------------------------------------------------------- */

static int
check(const struct plx_pcapfile_fileset *set, struct plx_why *why)
{
	const struct plx_pcapfile_fileset_params *p = &set->p;
	struct stat about;

	if (p->quota != 0 && p->quota < QUOTA_MIN)
		return plx_why(why, -EINVAL, "a quota of %llu bytes: the least is %d",
			       (unsigned long long)p->quota, QUOTA_MIN);
	if (p->slots && p->keep < 2)
		return plx_why(why, -EINVAL, "a ring of %u files: the least is 2", p->keep);
	if (set->single)
		return 0;
	if (strcmp(p->name, "-") == 0)
		return plx_why(why, -EINVAL,
			       "standard output is one file; several need a name to begin with");
	if (stat(p->name, &about) == 0 && !S_ISREG(about.st_mode))
		return plx_why(why, -EINVAL, "'%s' is no regular file, and cannot be several",
			       p->name);
	return 0;
}

static bool
is_single(const struct plx_pcapfile_fileset_params *p)
{
	bool limits = p->file_bytes != 0 || p->file_packets != 0 || p->duration_ns != 0 ||
		      p->period_ns != 0 || p->interval_ns != 0 || p->quota != 0 || p->keep != 0 ||
		      p->stop_after != 0;

	return !limits || (p->stop_after == 1 && p->keep == 0 && p->quota == 0 && !p->dated);
}

int
plx_pcapfile_fileset_create(const struct plx_pcapfile_fileset_params *params,
			    const struct plx_pcapfile_now *now,
			    struct plx_pcapfile_fileset **ret_set, struct plx_why *why)
{
	struct plx_pcapfile_fileset *set = calloc(1, sizeof(*set));
	int err;

	if (set == NULL)
		return plx_why(why, -ENOMEM, "'%s': out of memory", params->name);
	set->p = *params;
	set->single = is_single(params);
	set->start_ns = now->wall_ns;
	set->name = strdup(params->name);
	set->p.name = set->name;
	set->parked.ops = &parked_ops;
	set->parked.name = set->name;
	err = set->name == NULL ? plx_why(why, -ENOMEM, "'%s': out of memory", params->name)
				: check(set, why);
	if (err == 0)
		err = file_open(set, now->wall_ns, &set->file, why);
	if (err != 0) {
		set->file.sink = NULL;
		plx_pcapfile_fileset_destroy(set);
		return err;
	}
	due_begin(set, now);
	/* The writer is not there yet: the first packet has the set look. */
	due_at_once(set);
	*ret_set = set;
	return 0;
}

void
plx_pcapfile_fileset_destroy(struct plx_pcapfile_fileset *set)
{
	if (set == NULL)
		return;
	plx_pcapfile_sink_close(set->file.sink, NULL);
	finished_forget_all(set);
	free(set->name);
	free(set);
}

struct plx_pcapfile_sink *
plx_pcapfile_fileset_sink(struct plx_pcapfile_fileset *set)
{
	return set->file.sink;
}

const char *
plx_pcapfile_fileset_path(const struct plx_pcapfile_fileset *set)
{
	return set->file.path;
}

const struct plx_pcapfile_due *
plx_pcapfile_fileset_due(const struct plx_pcapfile_fileset *set)
{
	return &set->due;
}

bool
plx_pcapfile_fileset_is_there(const struct plx_pcapfile_fileset *set)
{
	return set->file.sink != NULL && file_is_there(&set->file);
}

void
plx_pcapfile_fileset_counts(const struct plx_pcapfile_fileset *set,
			    struct plx_pcapfile_fileset_counts *ret_counts)
{
	*ret_counts = set->counts;
	ret_counts->open = set->file.sink != NULL;
}
