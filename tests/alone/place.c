/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is shared by all programs of a machine, and is empty here: /tmp, /run, /dev/shm, processes, interfaces. The tree, the build
 * folder and what else a test needs stay where they are, also when they lie below one of these.
 */
#include "alone.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_KEPT 16

static const struct {
	const char *path, *options;
	bool empty_folders; /* count as left; some programs keep one in /run */
} covered[] = {
	{"/tmp", "mode=1777", true},
	{"/run", "mode=755", false},
	{"/dev/shm", "mode=1777", true},
};
#define N_COVERED (sizeof(covered) / sizeof(covered[0]))

struct kept {
	char path[PATH_MAX];
	int fd;
};

bool
place_unshare(bool own_network)
{
	const int what = CLONE_NEWPID | CLONE_NEWIPC;

	return geteuid() == 0 && unshare(what | (own_network ? CLONE_NEWNET : 0)) == 0;
}

static bool
is_below(const char *path, const char *folder)
{
	const size_t len = strlen(folder);

	return strncmp(path, folder, len) == 0 && path[len] == '/';
}

static bool
is_covered(const char *path)
{
	for (size_t i = 0; i < N_COVERED; i++)
		if (is_below(path, covered[i].path))
			return true;
	return false;
}

/* -- what stays ---------------------------------------------------------------------------------------- */

static size_t
keep(struct kept *kept, size_t n, const char *path)
{
	if (path == NULL || n == MAX_KEPT || realpath(path, kept[n].path) == NULL)
		return n;
	for (size_t i = 0; i < n; i++)
		if (strcmp(kept[i].path, kept[n].path) == 0 || is_below(kept[n].path, kept[i].path))
			return n;
	kept[n].fd = open(kept[n].path, O_PATH | O_CLOEXEC);
	return kept[n].fd < 0 ? n : n + 1;
}

static size_t
keep_covered(struct kept *kept, size_t n, const char *path)
{
	char real[PATH_MAX];

	if (path == NULL || realpath(path, real) == NULL || !is_covered(real))
		return n;
	return keep(kept, n, real);
}

/* The folders above it are made. */
static int
make_target(char *path, bool is_folder)
{
	for (char *at = strchr(path + 1, '/'); at != NULL; at = strchr(at + 1, '/')) {
		*at = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return -errno;
		*at = '/';
	}
	if (is_folder)
		return mkdir(path, 0755) < 0 && errno != EEXIST ? -errno : 0;
	return mknod(path, S_IFREG | 0644, 0) < 0 && errno != EEXIST ? -errno : 0;
}

static int
bring_back(struct kept *kept)
{
	char source[64];
	struct stat st;
	int err = fstat(kept->fd, &st) < 0 ? -errno : make_target(kept->path, S_ISDIR(st.st_mode));

	snprintf(source, sizeof(source), "/proc/self/fd/%d", kept->fd);
	if (err == 0 && mount(source, kept->path, NULL, MS_BIND | MS_REC, NULL) < 0)
		err = -errno;
	close(kept->fd);
	return err;
}

static int
bring_all_back(struct kept *kept, size_t n)
{
	int err = 0;

	for (size_t i = 0; i < n; i++)
		if (bring_back(&kept[i]) < 0 && err == 0)
			err = -EIO;
	return err;
}

/* -- the place ----------------------------------------------------------------------------------------- */

static int
cover(void)
{
	static struct kept kept[MAX_KEPT];
	char here[PATH_MAX];
	size_t n = 0;
	int err;

	if (getcwd(here, sizeof(here)) == NULL)
		return -errno;
	n = keep_covered(kept, n, SOURCE_ROOT);
	n = keep_covered(kept, n, BUILD_ROOT);
	n = keep_covered(kept, n, here);
	n = keep_covered(kept, n, getenv("HOME"));
	n = keep_covered(kept, n, getenv("XDG_CACHE_HOME"));
	n = keep_covered(kept, n, getenv("CCACHE_DIR"));
	n = keep_covered(kept, n, getenv("FUNC_TMPDIR"));
	n = keep_covered(kept, n, "/etc/resolv.conf");
	for (size_t i = 0; i < N_COVERED; i++)
		if (mount("tmpfs", covered[i].path, "tmpfs", MS_NOSUID | MS_NODEV,
			  covered[i].options) < 0)
			return -errno;
	err = bring_all_back(kept, n);
	return err < 0 ? err : chdir(here) < 0 ? -errno : 0;
}

/* /sys shows the interfaces of whoever mounts it. What others have mounted in it comes along. */
static int
renew_sys(void)
{
	static struct kept kept[MAX_KEPT];
	size_t n = 0;

	n = keep(kept, n, "/sys/fs/cgroup");
	n = keep(kept, n, "/sys/fs/bpf");
	n = keep(kept, n, "/sys/kernel/debug");
	n = keep(kept, n, "/sys/kernel/tracing");
	if (mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		return -errno;
	return bring_all_back(kept, n);
}

static int
loopback_up(void)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err = 0;

	if (fd < 0)
		return -errno;
	if (ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		err = -errno;
	close(fd);
	return err;
}

int
place_enter(bool own_network)
{
	int err;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		return -errno;
	err = own_network ? renew_sys() : 0;
	if (err == 0)
		err = cover();
	if (err == 0 && own_network)
		err = loopback_up();
	return err;
}

/* -- what is left -------------------------------------------------------------------------------------- */

static int
tell_interfaces(FILE *out)
{
	struct if_nameindex *all = if_nameindex();
	int count = 0;

	for (size_t i = 0; all != NULL && all[i].if_index != 0; i++) {
		if (strcmp(all[i].if_name, "lo") == 0)
			continue;
		fprintf(out, "left behind: interface %s\n", all[i].if_name);
		count++;
	}
	if_freenameindex(all);
	return count;
}

/* Mounts, which a look at files passes by. */
static int
tell_namespaces(FILE *out)
{
	DIR *folder = opendir("/run/netns");
	struct dirent *entry;
	int count = 0;

	while (folder != NULL && (entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		fprintf(out, "left behind: network namespace %s\n", entry->d_name);
		count++;
	}
	if (folder != NULL)
		closedir(folder);
	return count;
}

int
place_tell_left(FILE *out, bool own_network)
{
	int count = (own_network ? tell_interfaces(out) : 0) + tell_namespaces(out);

	for (size_t i = 0; i < N_COVERED; i++)
		count += files_tell(out, covered[i].path, covered[i].empty_folders);
	return count;
}
