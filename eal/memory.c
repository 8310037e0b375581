/* SPDX-License-Identifier: BSD-3-Clause */
/* What /proc/meminfo and the memory cgroups say is left. */
#include "memory_priv.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define CGROUP_ROOT "/sys/fs/cgroup"

/* The number behind `key` in a file of "key number" lines, or alone in it with an empty key. */
static bool
read_number(const char *folder, const char *file, const char *key, uint64_t *ret_number)
{
	char path[PATH_MAX], line[256];
	size_t len = strlen(key);
	unsigned long long number;
	bool found = false;
	FILE *in;

	if (snprintf(path, sizeof(path), "%s/%s", folder, file) >= (int)sizeof(path))
		return false;
	in = fopen(path, "re");
	if (in == NULL)
		return false;
	while (!found && fgets(line, sizeof(line), in) != NULL)
		found = strncmp(line, key, len) == 0 && sscanf(line + len, "%llu", &number) == 1;
	fclose(in);
	if (found)
		*ret_number = number;
	return found;
}

/* Of one group. Its memory.max is "max" when there is no limit. */
static uint64_t
group_left(const char *folder)
{
	uint64_t max, used, active = 0, inactive = 0;

	if (!read_number(folder, "memory.max", "", &max) ||
	    !read_number(folder, "memory.current", "", &used))
		return UINT64_MAX;
	read_number(folder, "memory.stat", "active_file ", &active);
	read_number(folder, "memory.stat", "inactive_file ", &inactive);
	used = used > active + inactive ? used - active - inactive : 0;
	return max > used ? max - used : 0;
}

uint64_t
plx_memory_cgroup_left(const char *root, const char *path)
{
	uint64_t least = UINT64_MAX;
	size_t root_len = strlen(root);
	char folder[PATH_MAX];

	if (snprintf(folder, sizeof(folder), "%s%s", root, path) >= (int)sizeof(folder))
		return UINT64_MAX;
	for (;;) {
		uint64_t left = group_left(folder);
		char *slash;

		least = left < least ? left : least;
		slash = strrchr(folder, '/');
		if (slash == NULL || (size_t)(slash - folder) < root_len)
			return least;
		*slash = '\0';
	}
}

/* The line "0::/path" of /proc/self/cgroup is that of v2. */
static uint64_t
own_cgroups_left(void)
{
	FILE *in = fopen("/proc/self/cgroup", "re");
	uint64_t left = UINT64_MAX;
	char line[PATH_MAX];

	if (in == NULL)
		return UINT64_MAX;
	while (fgets(line, sizeof(line), in) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "0::", 3) == 0)
			left = plx_memory_cgroup_left(CGROUP_ROOT, line + 3);
	}
	fclose(in);
	return left;
}

uint64_t
plx_memory_available(void)
{
	uint64_t cgroups = own_cgroups_left();
	uint64_t kb;

	if (!read_number("/proc", "meminfo", "MemAvailable:", &kb))
		return cgroups;
	return kb * 1024 < cgroups ? kb * 1024 : cgroups;
}
