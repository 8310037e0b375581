/* SPDX-License-Identifier: BSD-3-Clause */
/* The files of a set that were finished and are left, and their removal. */
#include "fileset_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
tell_removed(const struct plx_pcapfile_fileset *set, const char *path, int err)
{
	if (set->p.removed != NULL)
		set->p.removed(set->p.arg, path, err);
}

void
left_add(struct plx_pcapfile_fileset *set, const char *path, uint64_t bytes)
{
	size_t size = strlen(path) + 1;
	struct finished *f;

	if (set->p.keep == 0 && set->p.quota == 0)
		return;
	f = malloc(sizeof(*f) + size);
	if (f == NULL)
		return; /* it stays, then */
	f->next = NULL;
	f->bytes = bytes;
	memcpy(f->path, path, size);
	if (set->newest != NULL)
		set->newest->next = f;
	else
		set->oldest = f;
	set->newest = f;
	set->left++;
	set->left_bytes += bytes;
}

void
left_forget(struct plx_pcapfile_fileset *set, const char *path)
{
	struct finished *before = NULL;

	for (struct finished *f = set->oldest; f != NULL; before = f, f = f->next) {
		if (strcmp(f->path, path) != 0)
			continue;
		if (before != NULL)
			before->next = f->next;
		else
			set->oldest = f->next;
		if (set->newest == f)
			set->newest = before;
		set->left--;
		set->left_bytes -= f->bytes;
		set->counts.removed++;
		tell_removed(set, path, 0);
		free(f);
		return;
	}
}

static int
remove_held(const struct plx_pcapfile_fileset *set, const char *path)
{
	int held = file_hold(path);
	int err = unlink(path) == 0 ? 0 : -errno;

	file_let_go(set, held);
	return err;
}

/* One that is gone already (a command moved it elsewhere) is as good. */
void
left_remove_oldest(struct plx_pcapfile_fileset *set)
{
	struct finished *f = set->oldest;
	int err = remove_held(set, f->path);

	if (err == 0)
		set->counts.removed++;
	else if (err != -ENOENT)
		set->counts.failed++;
	tell_removed(set, f->path, err == -ENOENT ? 0 : err);
	set->oldest = f->next;
	if (set->oldest == NULL)
		set->newest = NULL;
	set->left--;
	set->left_bytes -= f->bytes;
	free(f);
}

void
left_clear(struct plx_pcapfile_fileset *set)
{
	while (set->oldest != NULL) {
		struct finished *f = set->oldest;

		set->oldest = f->next;
		free(f);
	}
	set->newest = NULL;
}
