/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines and links below /sys. */
#include "pci/sysfs_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *root = "";

void
plx_sysfs_set_root(const char *new_root)
{
	root = new_root != NULL ? new_root : "";
}

const char *
plx_sysfs_path(char path[PLX_SYSFS_PATH_MAX], const char *format, ...)
{
	int len = snprintf(path, PLX_SYSFS_PATH_MAX, "%s", root);
	va_list args;

	if (len >= PLX_SYSFS_PATH_MAX)
		return path;
	va_start(args, format);
	vsnprintf(path + len, PLX_SYSFS_PATH_MAX - (size_t)len, format, args);
	va_end(args);
	return path;
}

int
plx_sysfs_line(const char *path, char *line, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;
	int err;

	if (fd < 0)
		return -errno;
	len = read(fd, line, size - 1);
	err = errno;
	close(fd);
	if (len < 0)
		return -err;
	line[len] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return 0;
}

int
plx_sysfs_link(const char *path, char *name, size_t size)
{
	char target[PATH_MAX];
	ssize_t len = readlink(path, target, sizeof(target) - 1);
	const char *last;

	if (len < 0)
		return -errno;
	target[len] = '\0';
	last = strrchr(target, '/');
	snprintf(name, size, "%s", last != NULL ? last + 1 : target);
	return 0;
}
