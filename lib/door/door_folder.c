/* SPDX-License-Identifier: BSD-3-Clause */
/* Where sockets are, whose the folders are, and what the dead left in them. */
#include "door_priv.h"
#include "plx_door_client.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define SHARED "/run/pollux"
#define USERS  "/run/user"

#define LOCK_TRIES 200
#define LOCK_US	   5000

/* -- which ------------------------------------------------------------------------------------------ */

static void
add(struct door_folders *folders, const char *path, const char *behind)
{
	char whole[DOOR_PATH_MAX];

	if (folders->n == DOOR_FOLDERS_MAX || path[0] != '/' ||
	    (size_t)snprintf(whole, sizeof(whole), "%s%s", path, behind) >= sizeof(whole))
		return;
	for (unsigned i = 0; i < folders->n; i++) {
		if (strcmp(folders->path[i], whole) == 0)
			return;
	}
	memcpy(folders->path[folders->n++], whole, sizeof(whole));
}

static void
add_users(struct door_folders *folders)
{
	DIR *users = opendir(USERS);
	struct dirent *entry;

	if (users == NULL)
		return;
	while ((entry = readdir(users)) != NULL) {
		char path[sizeof(USERS) + sizeof(entry->d_name) + 1];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), USERS "/%s", entry->d_name);
		add(folders, path, "/pollux");
	}
	closedir(users);
}

void
door_folders_find(struct door_folders *folders, bool others)
{
	const char *service = getenv("RUNTIME_DIRECTORY"), *own = getenv("XDG_RUNTIME_DIR");

	folders->n = 0;
	if (service != NULL) {
		char first[DOOR_PATH_MAX];

		/* Of several, parted by colons, the first. */
		if ((size_t)snprintf(first, sizeof(first), "%.*s", (int)strcspn(service, ":"),
				     service) < sizeof(first))
			add(folders, first, "");
	}
	add(folders, SHARED, "");
	if (own != NULL)
		add(folders, own, "/pollux");
	if (others && geteuid() == 0)
		add_users(folders);
}

/* -- one -------------------------------------------------------------------------------------------- */

int
door_folder_open(const char *path, bool *ret_ours)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -errno;
	*ret_ours = fstat(fd, &st) == 0 && st.st_uid == geteuid() &&
		    (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
	return fd;
}

int
door_folder_lock(int folder)
{
	const struct timespec pause = {.tv_nsec = LOCK_US * 1000};

	for (unsigned i = 0; i < LOCK_TRIES; i++) {
		if (flock(folder, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		nanosleep(&pause, NULL);
	}
	return -EBUSY;
}

static int
lock_or_close(int folder, const char *path, struct plx_why *why)
{
	const int ret = door_folder_lock(folder);

	if (ret == 0)
		return 0;
	close(folder);
	return plx_why(why, ret, "folder %s is locked by another program: %s", path,
		       strerror(-ret));
}

int
door_folder_take(const struct door_folders *folders, const char **ret_path, struct plx_why *why)
{
	for (unsigned i = 0; i < folders->n; i++) {
		const char *path = folders->path[i];
		bool ours;
		int fd, ret;

		(void)mkdir(path, 0700); /* what matters is what is there then */
		fd = door_folder_open(path, &ours);
		if (fd < 0)
			continue;
		if (!ours || faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) != 0) {
			close(fd);
			continue;
		}
		ret = lock_or_close(fd, path, why);
		if (ret != 0)
			return ret;
		*ret_path = path;
		return fd;
	}
	return plx_why(
		why, -ENOENT,
		"no folder for a control socket is this user's own: $RUNTIME_DIRECTORY, " SHARED
		" or $XDG_RUNTIME_DIR/pollux; set one, or say --no-telemetry");
}

bool
door_folder_is_stale(const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool stale;

	if (fd < 0)
		return false;
	if ((size_t)snprintf(to.sun_path, sizeof(to.sun_path), "%s", path) >= sizeof(to.sun_path)) {
		close(fd);
		return false;
	}
	stale = connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0 && errno == ECONNREFUSED;
	close(fd);
	return stale;
}

/* -- what is in it ------------------------------------------------------------------------------------ */

static int
is_socket_name(const struct dirent *entry)
{
	const size_t len = strlen(entry->d_name), end = sizeof(DOOR_SUFFIX) - 1;

	return len > end && strcmp(entry->d_name + len - end, DOOR_SUFFIX) == 0;
}

void
door_folder_each(int folder, void (*fn)(void *arg, const char *name), void *arg)
{
	struct dirent **entries;
	int n = scandirat(folder, ".", &entries, is_socket_name, alphasort);

	for (int i = 0; i < n; i++) {
		char *name = entries[i]->d_name;
		struct stat st;

		if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISSOCK(st.st_mode)) {
			name[strlen(name) - (sizeof(DOOR_SUFFIX) - 1)] = '\0';
			fn(arg, name);
		}
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

struct sweep {
	int folder;
	const char *path;
};

static void
sweep_one(void *arg, const char *name)
{
	const struct sweep *sweep = arg;
	char path[2 * DOOR_PATH_MAX + 256];

	snprintf(path, sizeof(path), "%s/%.255s" DOOR_SUFFIX, sweep->path, name);
	if (door_folder_is_stale(path))
		unlinkat(sweep->folder, path + strlen(sweep->path) + 1, 0);
}

void
door_folder_sweep(int folder, const char *path)
{
	struct sweep sweep = {folder, path};

	door_folder_each(folder, sweep_one, &sweep);
}

int
plx_door_lock(struct plx_why *why)
{
	struct door_folders folders;
	const char *path;
	int fd;

	door_folders_find(&folders, false);
	fd = door_folder_take(&folders, &path, why);
	if (fd >= 0)
		door_folder_sweep(fd, path);
	return fd;
}

int
plx_door_lock_folder(const char *folder, struct plx_why *why)
{
	bool ours;
	const int fd = door_folder_open(folder, &ours);
	int ret;

	if (fd < 0)
		return plx_why(why, fd, "folder %s: %s", folder, strerror(-fd));
	ret = lock_or_close(fd, folder, why);
	return ret != 0 ? ret : fd;
}
