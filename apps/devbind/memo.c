/* SPDX-License-Identifier: BSD-3-Clause */
#include "memo.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER "/run/pollux/devbind"

static bool
may_write(const struct machine *m)
{
	return m->root[0] != '\0' || m->live;
}

static int
make_folders(const struct machine *m)
{
	static const char *const folders[] = {"/run", "/run/pollux", FOLDER};
	char path[PATH_MAX];

	for (unsigned i = 0; i < PLX_ARRAY_LEN(folders); i++) {
		snprintf(path, sizeof(path), "%s%s", m->root, folders[i]);
		if (mkdir(path, 0755) != 0 && errno != EEXIST)
			return -errno;
	}
	return 0;
}

int
memo_keep(const struct machine *m, const char *address, const char *driver)
{
	char path[PATH_MAX];
	int err, fd;

	if (!may_write(m))
		return -EROFS;
	err = make_folders(m);
	if (err != 0)
		return err;
	snprintf(path, sizeof(path), "%s" FOLDER "/%s", m->root, address);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	if (dprintf(fd, "%s\n", driver) < 0)
		err = -errno;
	close(fd);
	return err;
}

bool
memo_read(const struct machine *m, const char *address, char *driver, size_t size)
{
	if (machine_read(m, driver, size, FOLDER "/%s", address) == 0 && driver[0] != '\0' &&
	    strchr(driver, '/') == NULL)
		return true;
	driver[0] = '\0';
	return false;
}

void
memo_forget(const struct machine *m, const char *address)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s" FOLDER "/%s", m->root, address);
	if (may_write(m))
		unlink(path);
}

void
memo_list(const struct machine *m, struct names *ret_addresses)
{
	machine_list(m, ret_addresses, FOLDER);
}
