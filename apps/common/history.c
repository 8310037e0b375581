/* SPDX-License-Identifier: BSD-3-Clause */
#include "history.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HISTORY_BYTES_MAX (1 << 20) /* a larger file is not ours */

/* Makes the folders on the way to the file. */
static void
make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
}

static bool
find_file(const char *name, char path[PATH_MAX])
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int len;

	if (state != NULL && state[0] == '/')
		len = snprintf(path, PATH_MAX - 8, "%s/pollux/%s", state, name);
	else if (home != NULL && home[0] == '/')
		len = snprintf(path, PATH_MAX - 8, "%s/.local/state/pollux/%s", home, name);
	else
		return false;
	return len < PATH_MAX - 8;
}

History *
history_open(const char *name)
{
	History *past = history_init();
	char path[PATH_MAX];
	HistEvent event;
	struct stat st;

	if (past == NULL)
		return NULL;
	history(past, &event, H_SETSIZE, HISTORY_LINES_MAX);
	history(past, &event, H_SETUNIQUE, 1);
	if (find_file(name, path) && stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size <= HISTORY_BYTES_MAX)
		history(past, &event, H_LOAD, path);
	return past;
}

/* Beside the file and then in its place, so that a full disk loses nothing. */
static void
save(History *past, const char *name)
{
	char path[PATH_MAX], fresh[PATH_MAX];
	HistEvent event;
	int fd;

	if (!find_file(name, path) || history(past, &event, H_GETSIZE) != 0 || event.num == 0)
		return;
	make_folders(path);
	snprintf(fresh, sizeof(fresh), "%.*s.XXXXXX", PATH_MAX - 8, path);
	fd = mkstemp(fresh);
	if (fd < 0)
		return;
	close(fd);
	if (history(past, &event, H_SAVE, fresh) < 0 || rename(fresh, path) != 0)
		unlink(fresh);
}

void
history_close(History *past, const char *name)
{
	if (past == NULL)
		return;
	save(past, name);
	history_end(past);
}
