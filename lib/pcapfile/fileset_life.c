/* SPDX-License-Identifier: BSD-3-Clause */
/* A set of files is made, asked, and forgotten. */
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
	left_clear(set);
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
