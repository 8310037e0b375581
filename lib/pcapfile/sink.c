/* SPDX-License-Identifier: BSD-3-Clause */
/* The sink over a file descriptor: a file, a pipe, standard output. */
#include "plx_pcapfile_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PUSH_BYTES (8 << 20)  /* carried to the disk at a time */
#define KEEP_BYTES (32 << 20) /* left in memory at least, for whoever reads the end of the file */

struct fd_sink {
	struct plx_pcapfile_sink sink;
	int fd;
	bool take;
	bool regular;
	bool lengthy; /* see push */
	off_t base;   /* where our first byte went */
	off_t at;     /* bytes behind base; kept where lengthy */
	off_t pushed;
	char name[];
};

static struct fd_sink *
to_fd_sink(struct plx_pcapfile_sink *sink)
{
	return PLX_CONTAINER_OF(sink, struct fd_sink, sink);
}

static int
write_all(int fd, const uint8_t *data, size_t len, size_t *ret_done)
{
	struct pollfd ready = {.fd = fd, .events = POLLOUT};

	*ret_done = 0;
	while (*ret_done < len) {
		ssize_t n = write(fd, data + *ret_done, len - *ret_done);

		if (n >= 0)
			*ret_done += (size_t)n;
		else if (errno == EAGAIN)
			poll(&ready, 1, -1);
		else if (errno != EINTR)
			return -errno;
	}
	return 0;
}

/* A pipe whose reader has gone raises SIGPIPE in the writing thread: hold it back and take it away. */
static int
write_without_sigpipe(int fd, const uint8_t *data, size_t len, size_t *ret_done)
{
	static const struct timespec at_once = {0, 0};
	sigset_t sigpipe, before, pending;
	bool was_pending;
	int err;

	sigemptyset(&sigpipe);
	sigaddset(&sigpipe, SIGPIPE);
	sigpending(&pending);
	was_pending = sigismember(&pending, SIGPIPE) == 1;
	pthread_sigmask(SIG_BLOCK, &sigpipe, &before);
	err = write_all(fd, data, len, ret_done);
	if (err == -EPIPE && !was_pending)
		while (sigtimedwait(&sigpipe, NULL, &at_once) < 0 && errno == EINTR)
			;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err;
}

/*
 * Begins the write-back of what is new and gives up the pages of what is old. Neither waits for the disk:
 * pages that are not on it yet remain, and are given up by one of the next calls, which overlap.
 */
static void
push(struct fd_sink *s)
{
	off_t end = s->base + s->at;
	off_t old = s->base + s->pushed - KEEP_BYTES;

	sync_file_range(s->fd, s->base + s->pushed, s->at - s->pushed, SYNC_FILE_RANGE_WRITE);
	if (old > KEEP_BYTES)
		posix_fadvise(s->fd, old - KEEP_BYTES, KEEP_BYTES, POSIX_FADV_DONTNEED);
	else if (old > 0)
		posix_fadvise(s->fd, 0, old, POSIX_FADV_DONTNEED);
	s->pushed = end - s->base;
}

static int
fd_sink_write(struct plx_pcapfile_sink *sink, const void *data, size_t len, size_t *ret_done)
{
	struct fd_sink *s = to_fd_sink(sink);

	if (s->regular) {
		int err = write_all(s->fd, data, len, ret_done);

		s->at += (off_t)*ret_done;
		if (s->lengthy && s->at - s->pushed >= PUSH_BYTES)
			push(s);
		return err;
	}
	return write_without_sigpipe(s->fd, data, len, ret_done);
}

static int
fd_sink_truncate(struct plx_pcapfile_sink *sink, uint64_t size)
{
	struct fd_sink *s = to_fd_sink(sink);
	off_t end = s->base + (off_t)size;

	if (!s->regular)
		return -ESPIPE;
	if (ftruncate(s->fd, end) != 0 || lseek(s->fd, end, SEEK_SET) < 0)
		return -errno;
	s->at = (off_t)size;
	s->pushed = s->pushed < s->at ? s->pushed : s->at;
	return 0;
}

static int
fd_sink_close(struct plx_pcapfile_sink *sink)
{
	struct fd_sink *s = to_fd_sink(sink);
	int err = 0;

	if (s->take && close(s->fd) != 0)
		err = -errno;
	free(s);
	return err;
}

static const struct plx_pcapfile_sink_ops fd_sink_ops = {
	.write = fd_sink_write,
	.truncate = fd_sink_truncate,
	.close = fd_sink_close,
};

int
plx_pcapfile_sink_fd(int fd, bool take, const char *name, struct plx_pcapfile_sink **ret_sink)
{
	size_t size = strlen(name) + 1;
	struct fd_sink *s = calloc(1, sizeof(*s) + size);
	struct stat about;

	if (s == NULL)
		return -ENOMEM;
	memcpy(s->name, name, size);
	s->sink.ops = &fd_sink_ops;
	s->sink.name = s->name;
	s->fd = fd;
	s->take = take;
	s->base = lseek(fd, 0, SEEK_CUR);
	s->regular = fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && s->base >= 0;
	*ret_sink = &s->sink;
	return 0;
}

void
plx_pcapfile_sink_fd_long(struct plx_pcapfile_sink *sink)
{
	to_fd_sink(sink)->lengthy = to_fd_sink(sink)->regular;
}

static int
open_stdout(struct plx_pcapfile_sink **ret_sink, struct plx_why *why)
{
	if (isatty(STDOUT_FILENO))
		return plx_why(why, -ENOTTY,
			       "standard output is a terminal; send it into a file or a pipe");
	return plx_pcapfile_sink_fd(STDOUT_FILENO, false, "standard output", ret_sink);
}

int
plx_pcapfile_sink_open(const char *path, struct plx_pcapfile_sink **ret_sink, struct plx_why *why)
{
	int fd, err;

	if (strcmp(path, "-") == 0)
		return open_stdout(ret_sink, why);
	do
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	while (fd < 0 && errno == EINTR);
	if (fd < 0)
		return plx_why(why, -errno, "cannot write '%s': %s", path, strerror(errno));
	err = plx_pcapfile_sink_fd(fd, true, path, ret_sink);
	if (err != 0) {
		close(fd);
		return plx_why(why, err, "cannot write '%s': out of memory", path);
	}
	return 0;
}

int
plx_pcapfile_sink_close(struct plx_pcapfile_sink *sink, struct plx_why *why)
{
	char name[256];
	size_t len;
	int err;

	if (sink == NULL)
		return 0;
	len = strnlen(sink->name, sizeof(name) - 1);
	memcpy(name, sink->name, len);
	name[len] = '\0';
	err = sink->ops->close(sink);
	return err == 0 ? 0
			: plx_why(why, err, "cannot close '%s': %s; its end may be missing", name,
				  strerror(-err));
}
