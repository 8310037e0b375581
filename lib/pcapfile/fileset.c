/* SPDX-License-Identifier: BSD-3-Clause */
/* A set of files: one ends and the next begins. */
#include "fileset_priv.h"

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
		left_remove_oldest(set);
}

static void
shed(struct plx_pcapfile_fileset *set, const struct plx_pcapfile_writer *w)
{
	while (set->p.quota != 0 && set->left > 0 &&
	       set->left_bytes + present_size(set, w) + FILESET_SLACK > set->p.quota)
		left_remove_oldest(set);
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

/* The file is as long as it will be. */
static void
measure(struct file *file, const struct plx_pcapfile_writer *w)
{
	file->packets = packets_in_file(w);
	file->bytes = w->flushed;
}

/* The writer begins another file. */
static int
change_sink(struct plx_pcapfile_writer *w, struct plx_pcapfile_sink *sink, struct file *before,
	    struct plx_why *why)
{
	int err = plx_pcapfile_writer_flush(w, why);
	int begun;

	measure(before, w);
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
	measure(&set->file, w);
	left = leave(set, &set->file, is_empty(w) && set->counts.finished > 0,
		     err == 0 ? why : NULL);
	return err != 0 ? err : left;
}
