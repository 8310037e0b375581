/* SPDX-License-Identifier: BSD-3-Clause */
/* When a file of a set is full: its bytes, packets and time, and the quota of them all. */
#include "fileset_priv.h"

#include <time.h>

#define NS_S UINT64_C(1000000000)

/* -- periods ------------------------------------------------------------------------------------- */

/* The last multiple of `period`, counted from anchor in both directions, that is not behind wall. */
static uint64_t
last_multiple(uint64_t wall, uint64_t anchor, uint64_t period)
{
	uint64_t past = wall >= anchor ? (wall - anchor) % period
				       : (period - (anchor - wall) % period) % period;

	return wall > past ? wall - past : 0;
}

/* The last multiple since local midnight, January 1st 1970, as the zone is now. */
static uint64_t
interval_begin(const struct plx_pcapfile_fileset *set, uint64_t wall)
{
	time_t seconds = (time_t)(wall / NS_S);
	struct tm tm;
	int64_t east = localtime_r(&seconds, &tm) != NULL ? tm.tm_gmtoff : 0;
	uint64_t past = (wall + (uint64_t)(east * (int64_t)NS_S)) % set->p.interval_ns;

	return wall > past ? wall - past : 0;
}

uint64_t
fileset_period_begin(const struct plx_pcapfile_fileset *set, uint64_t wall_ns)
{
	if (set->p.period_ns != 0)
		return last_multiple(wall_ns, set->start_ns, set->p.period_ns);
	if (set->p.interval_ns != 0)
		return interval_begin(set, wall_ns);
	return wall_ns;
}

static void
until(struct plx_pcapfile_fileset *set, uint64_t begin, uint64_t length,
      const struct plx_pcapfile_now *now)
{
	uint64_t wall = saturating_add(begin, length);
	/* Clocks differ a little without having been set. */
	uint64_t mono = saturating_add(now->mono_ns, length + length / 8 + NS_S);

	set->until_wall = wall < set->until_wall ? wall : set->until_wall;
	set->until_mono = mono < set->until_mono ? mono : set->until_mono;
}

void
due_begin(struct plx_pcapfile_fileset *set, const struct plx_pcapfile_now *now)
{
	const struct plx_pcapfile_fileset_params *p = &set->p;

	set->until_wall = UINT64_MAX;
	set->until_mono = UINT64_MAX;
	if (p->duration_ns != 0)
		set->until_mono = saturating_add(now->mono_ns, p->duration_ns);
	if (p->period_ns != 0)
		until(set, last_multiple(now->wall_ns, set->start_ns, p->period_ns), p->period_ns,
		      now);
	if (p->interval_ns != 0)
		until(set, interval_begin(set, now->wall_ns), p->interval_ns, now);
}

/* -- what is due --------------------------------------------------------------------------------- */

/* A file that alone would fill the quota leaves nothing when it is removed: half of it is enough. */
bool
due_now(const struct plx_pcapfile_fileset *set, const struct plx_pcapfile_writer *w,
	const struct plx_pcapfile_now *now)
{
	const struct plx_pcapfile_fileset_params *p = &set->p;

	return (p->file_bytes != 0 && w->flushed + w->used >= p->file_bytes) ||
	       (p->file_packets != 0 && packets_in_file(w) >= p->file_packets) ||
	       (p->quota != 0 && present_size(set, w) >= p->quota / 2) ||
	       now->wall_ns >= set->until_wall || now->mono_ns >= set->until_mono;
}

/* How many bytes may come until something is to be done about the quota. */
static uint64_t
quota_room(const struct plx_pcapfile_fileset *set, const struct plx_pcapfile_writer *w)
{
	uint64_t size = present_size(set, w);
	uint64_t half = set->p.quota / 2 > size ? set->p.quota / 2 - size : 0;
	uint64_t taken = set->left_bytes + size + FILESET_SLACK;
	uint64_t rest = set->p.quota > taken ? set->p.quota - taken : 0;

	return set->left == 0 || half < rest ? half : rest;
}

void
due_next(struct plx_pcapfile_fileset *set, const struct plx_pcapfile_writer *w)
{
	struct plx_pcapfile_due *due = &set->due;

	due->bytes = set->p.file_bytes != 0 ? set->p.file_bytes : UINT64_MAX;
	due->packets = set->p.file_packets != 0 ? set->p.file_packets : UINT64_MAX;
	due->wall_ns = set->until_wall;
	due->mono_ns = set->until_mono;
	if (set->p.quota != 0) {
		uint64_t at = saturating_add(w->flushed + w->used, quota_room(set, w));

		due->bytes = at < due->bytes ? at : due->bytes;
	}
}

void
due_at_once(struct plx_pcapfile_fileset *set)
{
	set->due = (struct plx_pcapfile_due){0, 0, 0, 0};
}

void
due_later(struct plx_pcapfile_fileset *set, const struct plx_pcapfile_now *now)
{
	set->due = (struct plx_pcapfile_due){UINT64_MAX, UINT64_MAX, UINT64_MAX,
					     saturating_add(now->mono_ns, FILESET_RETRY_NS)};
}
