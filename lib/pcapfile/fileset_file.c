/* SPDX-License-Identifier: BSD-3-Clause */
/* The files of a set: opened under a name that is free, finished, removed. */
#include "fileset_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMES_MAX 1000000 /* tried, when others have taken them */

static int
open_retrying(const char *path, int flags)
{
	int fd;

	do
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644);
	while (fd < 0 && errno == EINTR);
	return fd >= 0 ? fd : -errno;
}

int
file_hold(const char *path)
{
	return open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

void
file_let_go(const struct plx_pcapfile_fileset *set, int held)
{
	if (held < 0)
		return;
	if (set->p.release != NULL)
		set->p.release(set->p.arg, held);
	else
		close(held);
}

static bool
may_be_replaced(int held, const char *path)
{
	struct stat about;

	return held >= 0 && fstat(held, &about) == 0 && S_ISREG(about.st_mode) &&
	       euidaccess(path, W_OK) == 0;
}

/* A device or a pipe, which is written as it is: nothing of it is ours to remove, or to put a file in its place. */
static bool
is_special(const char *path)
{
	struct stat about;

	return stat(path, &about) == 0 && !S_ISREG(about.st_mode);
}

static bool
is_regular(int fd)
{
	struct stat about;

	return fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
}

/* A new file in place of the old one; where the folder does not allow that, over it. */
static int
open_replacing(const struct plx_pcapfile_fileset *set, const char *path)
{
	int held = file_hold(path);
	int fd;

	if (may_be_replaced(held, path))
		unlink(path);
	fd = open_retrying(path, O_TRUNC);
	file_let_go(set, held);
	return fd;
}

/* The written file's name, and the fd; -EEXIST: the name is taken. */
static int
open_named(const struct plx_pcapfile_fileset *set, struct file *file)
{
	struct stat about;
	int len;

	len = snprintf(file->written, sizeof(file->written), "%s%s", file->path,
		       set->p.safe_rename && !is_special(file->path) ? ".part" : "");
	if (len >= (int)sizeof(file->written))
		return -ENAMETOOLONG;
	if (set->p.slots)
		return open_replacing(set, file->written);
	if (set->single && set->counts.finished == 0)
		return open_retrying(file->written, O_TRUNC);
	if (set->p.safe_rename && lstat(file->path, &about) == 0)
		return -EEXIST;
	return open_retrying(file->written, O_EXCL);
}

static int
make_sink(const struct plx_pcapfile_fileset *set, struct file *file, struct plx_why *why)
{
	int err;

	if (set->p.make_sink != NULL)
		return set->p.make_sink(set->p.arg, file->fd, file->path, &file->sink, why);
	err = plx_pcapfile_sink_fd(file->fd, true, file->path, &file->sink);
	if (err != 0) {
		close(file->fd);
		return plx_why(why, err, "cannot write '%s': out of memory", file->path);
	}
	plx_pcapfile_sink_fd_long(file->sink);
	return 0;
}

int
file_open(struct plx_pcapfile_fileset *set, uint64_t wall_ns, struct file *file,
	  struct plx_why *why)
{
	uint64_t period_ns = fileset_period_begin(set, wall_ns);
	int err, tries = 0;
	bool ours;

	file->sink = NULL;
	file->fd = -1;
	if (strcmp(set->name, "-") == 0) {
		memcpy(file->path, "-", 2);
		memcpy(file->written, "-", 2);
		return plx_pcapfile_sink_open("-", &file->sink, why);
	}
	do {
		err = names_next(set, period_ns, wall_ns, file->path);
		if (err != 0)
			return plx_why(why, err, "the name of the file is too long: '%.100s ...'",
				       set->name);
		file->fd = open_named(set, file);
		if (file->fd == -EEXIST)
			names_skip(set);
	} while (file->fd == -EEXIST && ++tries < NAMES_MAX);
	if (file->fd < 0)
		return plx_why(why, file->fd, "cannot write '%s': %s", file->path,
			       strerror(-file->fd));
	ours = is_regular(file->fd);
	err = make_sink(set, file, why);
	if (err != 0 && ours)
		unlink(file->written);
	if (err != 0)
		return err;
	names_skip(set);
	if (set->p.slots)
		left_forget(set, file->path);
	return 0;
}

bool
file_is_there(const struct file *file)
{
	struct stat about;

	return file->fd < 0 || (fstat(file->fd, &about) == 0 && about.st_nlink > 0);
}

uint64_t
file_size(const struct file *file)
{
	struct stat about;

	return file->fd >= 0 && fstat(file->fd, &about) == 0 ? (uint64_t)about.st_size : 0;
}

/* Not over somebody else's file, where the file system can tell. */
static int
give_name(const struct plx_pcapfile_fileset *set, const struct file *file)
{
	bool careful = !set->p.slots && !set->single;
	int held, err;

	if (strcmp(file->written, file->path) == 0)
		return 0;
	if (careful &&
	    renameat2(AT_FDCWD, file->written, AT_FDCWD, file->path, RENAME_NOREPLACE) == 0)
		return 0;
	if (careful && errno != EINVAL && errno != ENOSYS)
		return -errno;
	held = file_hold(file->path);
	err = rename(file->written, file->path) == 0 ? 0 : -errno;
	file_let_go(set, held);
	return err;
}

static void
tell_finished(const struct plx_pcapfile_fileset *set, const struct file *file, uint64_t bytes)
{
	const struct plx_pcapfile_finished about = {file->path, file->packets, bytes};

	if (set->p.finished != NULL)
		set->p.finished(set->p.arg, &about);
}

int
file_finish(struct plx_pcapfile_fileset *set, struct file *file, struct plx_why *why)
{
	bool named = file->fd >= 0, there = file_is_there(file);
	uint64_t bytes = named ? file_size(file) : file->bytes;
	int err = plx_pcapfile_sink_close(file->sink, why);
	int renamed = 0;

	file->sink = NULL;
	file->fd = -1;
	set->counts.finished++;
	set->counts.bytes += bytes;
	if (!named)
		return err;
	if (there)
		renamed = give_name(set, file);
	if (renamed != 0)
		plx_why(err == 0 ? why : NULL, renamed, "'%s' cannot be renamed to '%s': %s",
			file->written, file->path, strerror(-renamed));
	if (there && renamed == 0) {
		left_add(set, file->path, bytes);
		tell_finished(set, file, bytes);
	}
	err = err != 0 ? err : renamed;
	if (err != 0)
		set->counts.failed++;
	return err;
}

void
file_discard(struct file *file)
{
	const bool ours = file->fd >= 0 && is_regular(file->fd) && file_is_there(file);

	plx_pcapfile_sink_close(file->sink, NULL);
	if (ours)
		unlink(file->written);
	file->sink = NULL;
	file->fd = -1;
}
