/* SPDX-License-Identifier: BSD-3-Clause */
/* What a process holds, as its folders in /proc tell. */
#ifndef PLX_TESTS_UNIT_EAL_FOLDER_H
#define PLX_TESTS_UNIT_EAL_FOLDER_H

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Of /proc/self/fd or /proc/self/task: all there is, with "." and "..". */
static inline unsigned
folder_entries(const char *path)
{
	DIR *dir = opendir(path);
	unsigned n = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

#endif
