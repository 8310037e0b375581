/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files and sockets of a test's own: in $TMPDIR, gone when the test ends by itself. What runs the tests (alone/) gives each a $TMPDIR
 * that goes with the test however it ends.
 */
#ifndef PLX_TESTS_OWN_H
#define PLX_TESTS_OWN_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OWN_PATH \
	40 /* leaves room behind it in the name of a socket, which may have 107 characters */
#define OWN_FOLDERS 256

static char own_folders[OWN_FOLDERS][OWN_PATH];
static unsigned own_nb_folders;
static pid_t own_maker; /* what it forks leaves them alone */

static inline int
own_remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

static inline void
own_remove(void)
{
	while (getpid() == own_maker && own_nb_folders > 0)
		nftw(own_folders[--own_nb_folders], own_remove_one, 8,
		     FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* A new folder; NULL: there is none. */
static inline char *
own_folder(char path[OWN_PATH])
{
	const char *base = getenv("TMPDIR");

	if (base == NULL || base[0] != '/' || strlen(base) + sizeof("/plx.XXXXXX") > OWN_PATH)
		base = "/tmp";
	snprintf(path, OWN_PATH, "%s/plx.XXXXXX", base);
	if (mkdtemp(path) == NULL)
		return NULL;
	if (own_maker != getpid()) {
		own_maker = getpid();
		own_nb_folders = 0;
		atexit(own_remove);
	}
	if (own_nb_folders < OWN_FOLDERS)
		memcpy(own_folders[own_nb_folders++], path, OWN_PATH);
	return path;
}

/* A name that nothing has yet. */
static inline const char *
own_name(char *path, size_t size)
{
	static char folder[OWN_PATH];
	static unsigned n;

	if (folder[0] == '\0' && own_folder(folder) == NULL)
		abort();
	snprintf(path, size, "%s/%u", folder, n++);
	return path;
}

#endif
