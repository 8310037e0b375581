/* SPDX-License-Identifier: BSD-3-Clause */
#include "output_trouble.h"

#include <errno.h>
#include <string.h>

#include <pollux/plx_clock.h>

#include "output_open.h"
#include "settings.h"
#include "tally.h"

#define RETRY_NS UINT64_C(1000000000)

static bool
is_stream(const struct output *o)
{
	return strcmp(o->path, "-") == 0;
}

int
output_lose(struct output *o, int err)
{
	tally_add(&o->lost_by[trouble_kind(err)], 1);
	return err;
}

/* What the writer had taken over and could not bring into the file. */
void
output_take_losses(struct output *o, int err)
{
	struct plx_pcapfile_writer_counts counts;
	uint64_t lost;

	plx_pcapfile_writer_counts(o->writer, &counts);
	lost = counts.lost.packets - o->lost_seen;
	o->lost_seen = counts.lost.packets;
	tally_add(&o->lost, lost);
	tally_add(&o->lost_by[trouble_kind(err)], lost);
}

static void
say(struct output *o, int err, const char *sentence)
{
	o->troubled = true;
	trouble_say(&o->trouble, err, sentence,
		    "packets are lost, and counted, until it can be written again");
}

static void
wait_for_better_times(struct output *o)
{
	o->state = OUTPUT_WAITS;
	o->probation = false;
	o->retry_ns = plx_clock_monotonic_ns() + RETRY_NS;
}

/* The file cannot be written: the end, or a new attempt in a second. */
void
output_fail(struct output *o, int err, const char *sentence)
{
	o->last_error = err;
	output_take_losses(o, err);
	if (err == -EPIPE || is_stream(o) || o->settings->on_full == ON_FULL_STOP) {
		o->state = OUTPUT_FAILED;
		o->error = plx_why(&o->why, err, "%s", sentence);
		return;
	}
	say(o, err, sentence);
	wait_for_better_times(o);
	/* Another file has room for as much again. */
	if (err == -EFBIG)
		o->retry_ns = 0;
}

static uint64_t
lost_so_far(const struct output *o)
{
	return tally_read(&o->lost_by[TROUBLE_FULL]) + tally_read(&o->lost_by[TROUBLE_OTHER]);
}

/* In the same file behind the last whole record; in a new one if that is not possible. */
bool
output_recover(struct output *o)
{
	uint64_t clock = plx_clock_monotonic_ns();
	struct plx_pcapfile_writer_counts counts;
	struct plx_why why;
	int err = 0;

	if (clock < o->retry_ns)
		return false;
	o->retry_ns = clock + RETRY_NS;
	output_take_time(o);
	if (!trouble_room(o->path))
		return false;
	if (o->last_error == -EFBIG || o->last_error == -EIO ||
	    !plx_pcapfile_fileset_is_there(o->set) || plx_pcapfile_writer_resume(o->writer) != 0)
		err = plx_pcapfile_fileset_renew(o->set, o->writer, &o->now, &why);
	if (err != 0) {
		o->last_error = err;
		say(o, err, why.text);
		return false;
	}
	plx_pcapfile_writer_counts(o->writer, &counts);
	o->in_file = counts.file_packets;
	o->state = OUTPUT_WRITES;
	o->probation = true;
	o->proven_at = counts.accepted.packets - counts.lost.packets + 1;
	return true;
}

/* Something has reached the file again. */
void
output_prove(struct output *o, const struct plx_pcapfile_writer_counts *counts)
{
	uint64_t there = counts->accepted.packets - counts->lost.packets - counts->buffered.packets;

	if (!o->probation || there < o->proven_at)
		return;
	o->probation = false;
	trouble_over(&o->trouble, plx_pcapfile_fileset_path(o->set), lost_so_far(o));
}

/* A file that somebody has removed takes packets without a word, and keeps none. */
void
output_look_after_file(struct output *o)
{
	struct plx_pcapfile_fileset_counts set;
	struct plx_pcapfile_writer_counts counts;
	uint64_t now = plx_clock_monotonic_ns();
	struct plx_why why;

	if (now < o->look_ns || o->state != OUTPUT_WRITES)
		return;
	o->look_ns = now + RETRY_NS;
	plx_pcapfile_fileset_counts(o->set, &set);
	if (!set.open || plx_pcapfile_fileset_is_there(o->set))
		return;
	plx_pcapfile_writer_counts(o->writer, &counts);
	plx_why(&why, -ENOENT, "'%s' was removed, with %llu packets in it",
		plx_pcapfile_fileset_path(o->set), (unsigned long long)counts.file_packets);
	o->last_error = -ENOENT;
	tally_add(&o->lost, counts.buffered.packets);
	tally_add(&o->lost_by[TROUBLE_OTHER], counts.buffered.packets);
	say(o, -ENOENT, why.text);
	wait_for_better_times(o);
	o->retry_ns = now;
}
