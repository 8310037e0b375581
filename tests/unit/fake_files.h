/* SPDX-License-Identifier: BSD-3-Clause */
/* Files and links below a folder of the test's own, which stands for the root of a machine. */
#ifndef PLX_TESTS_UNIT_FAKE_FILES_H
#define PLX_TESTS_UNIT_FAKE_FILES_H

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "own.h"

static char fake_root[64];

static inline void
fake_folders(char *path)
{
	for (char *at = strchr(path + 1, '/'); at != NULL; at = strchr(at + 1, '/')) {
		*at = '\0';
		mkdir(path, 0755);
		*at = '/';
	}
}

static inline void
fake_file(const char *name, const char *text)
{
	char path[PATH_MAX];
	FILE *out;

	snprintf(path, sizeof(path), "%s%s", fake_root, name);
	fake_folders(path);
	out = fopen(path, "we");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static inline void
fake_symlink(const char *name, const char *target)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s%s", fake_root, name);
	fake_folders(path);
	assert_int_equal(symlink(target, path), 0);
}

static inline int
fake_root_make(void)
{
	return own_folder(fake_root) != NULL ? 0 : -1;
}

static inline int
fake_remove(const char *path, const struct stat *st, int type, struct FTW *at)
{
	return remove(path);
}

static inline int
fake_teardown(void **state)
{
	return nftw(fake_root, fake_remove, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
