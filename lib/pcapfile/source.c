/* SPDX-License-Identifier: BSD-3-Clause */
/* Sources over a file descriptor and over memory. */
#include "plx_pcapfile_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct fd_source {
	struct plx_pcapfile_source source;
	int fd;
	bool take;
	char name[];
};

static ssize_t
fd_read(struct plx_pcapfile_source *source, void *buffer, size_t len)
{
	struct fd_source *s = PLX_CONTAINER_OF(source, struct fd_source, source);
	ssize_t n;

	do
		n = read(s->fd, buffer, len);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static void
fd_close(struct plx_pcapfile_source *source)
{
	struct fd_source *s = PLX_CONTAINER_OF(source, struct fd_source, source);

	if (s->take)
		close(s->fd);
	free(s);
}

static const struct plx_pcapfile_source_ops fd_ops = {fd_read, fd_close};

int
plx_pcapfile_source_fd(int fd, bool take, const char *name, struct plx_pcapfile_source **ret_source)
{
	size_t size = strlen(name) + 1;
	struct fd_source *s = calloc(1, sizeof(*s) + size);

	if (s == NULL)
		return -ENOMEM;
	memcpy(s->name, name, size);
	s->source.ops = &fd_ops;
	s->source.name = s->name;
	s->fd = fd;
	s->take = take;
	*ret_source = &s->source;
	return 0;
}

int
plx_pcapfile_source_open(const char *path, struct plx_pcapfile_source **ret_source,
			 struct plx_why *why)
{
	struct stat about;
	int fd, err;

	if (strcmp(path, "-") == 0)
		return plx_pcapfile_source_fd(STDIN_FILENO, false, "standard input", ret_source);
	do
		fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	if (fd < 0)
		return plx_why(why, -errno, "cannot read '%s': %s", path, strerror(errno));
	if (fstat(fd, &about) == 0 && S_ISDIR(about.st_mode)) {
		close(fd);
		return plx_why(why, -EISDIR, "cannot read '%s': it is a directory", path);
	}
	err = plx_pcapfile_source_fd(fd, true, path, ret_source);
	if (err != 0) {
		close(fd);
		return plx_why(why, err, "cannot read '%s': out of memory", path);
	}
	return 0;
}

struct memory_source {
	struct plx_pcapfile_source source;
	const uint8_t *data;
	size_t left;
	char name[];
};

static ssize_t
memory_read(struct plx_pcapfile_source *source, void *buffer, size_t len)
{
	struct memory_source *s = PLX_CONTAINER_OF(source, struct memory_source, source);

	if (len > s->left)
		len = s->left;
	if (len > 0)
		memcpy(buffer, s->data, len);
	s->data += len;
	s->left -= len;
	return (ssize_t)len;
}

static void
memory_close(struct plx_pcapfile_source *source)
{
	free(PLX_CONTAINER_OF(source, struct memory_source, source));
}

static const struct plx_pcapfile_source_ops memory_ops = {memory_read, memory_close};

int
plx_pcapfile_source_memory(const void *data, size_t len, const char *name,
			   struct plx_pcapfile_source **ret_source)
{
	size_t size = strlen(name) + 1;
	struct memory_source *s = calloc(1, sizeof(*s) + size);

	if (s == NULL)
		return -ENOMEM;
	memcpy(s->name, name, size);
	s->source.ops = &memory_ops;
	s->source.name = s->name;
	s->data = data;
	s->left = len;
	*ret_source = &s->source;
	return 0;
}

void
plx_pcapfile_source_close(struct plx_pcapfile_source *source)
{
	if (source != NULL)
		source->ops->close(source);
}
