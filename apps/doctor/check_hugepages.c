/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Huge pages by size, number and node. None is needed: zones fall back to plain pages. Nor is a mount point: zones are
 * memfds. What lies in hugetlbfs was left there by others, and holds pages.
 */
#include "check.h"

#include <stdio.h>
#include <string.h>

#define POOLS "/sys/kernel/mm/hugepages"

struct pool {
	uint64_t kb, total, free, reserved;
};

static const char *
size_name(uint64_t kb, char text[24])
{
	if (kb >= 1 << 20)
		snprintf(text, 24, "%llu GiB", (unsigned long long)kb >> 20);
	else if (kb >= 1 << 10)
		snprintf(text, 24, "%llu MiB", (unsigned long long)kb >> 10);
	else
		snprintf(text, 24, "%llu KiB", (unsigned long long)kb);
	return text;
}

static bool
read_pool(const struct machine *m, const char *name, struct pool *ret)
{
	unsigned long long kb;

	*ret = (struct pool){0};
	if (sscanf(name, "hugepages-%llukB", &kb) != 1)
		return false;
	ret->kb = kb;
	machine_number(m, &ret->reserved, POOLS "/%s/resv_hugepages", name);
	return machine_number(m, &ret->total, POOLS "/%s/nr_hugepages", name) &&
	       machine_number(m, &ret->free, POOLS "/%s/free_hugepages", name);
}

/* ", node 0: 200 of 256 free, node 1: ..." where there is more than one node. */
static void
tell_nodes(const struct machine *m, const char *name, char *text, size_t size)
{
	struct names nodes;
	size_t len = 0;

	text[0] = '\0';
	machine_list(m, &nodes, "/sys/devices/system/node");
	for (unsigned i = 0; i < nodes.n && len < size; i++) {
		uint64_t total, unused;

		if (!machine_number(m, &total,
				    "/sys/devices/system/node/%s/hugepages/%s/nr_hugepages",
				    nodes.name[i], name) ||
		    !machine_number(m, &unused,
				    "/sys/devices/system/node/%s/hugepages/%s/free_hugepages",
				    nodes.name[i], name))
			continue;
		if (strcmp(nodes.name[i], "node0") == 0 &&
		    !machine_has(m, "/sys/devices/system/node/node1"))
			continue;
		len += (size_t)snprintf(text + len, size - len, ", %s: %llu of %llu free",
					nodes.name[i], (unsigned long long)unused,
					(unsigned long long)total);
	}
	names_free(&nodes);
}

static void
tell_pool(const struct machine *m, const char *name, const struct pool *pool, struct report *report)
{
	uint64_t unused = pool->free > pool->reserved ? pool->free - pool->reserved : 0;
	char size[24], nodes[160];

	tell_nodes(m, name, nodes, sizeof(nodes));
	report_add(report, unused != 0 ? LEVEL_OK : LEVEL_NOTE, "%s: %llu of %llu free%s",
		   size_name(pool->kb, size), (unsigned long long)unused,
		   (unsigned long long)pool->total, nodes);
	if (unused == 0)
		report_mend(report,
			    "sudo hugeadm --pool-pages-min %lluKB:+256 (package libhugetlbfs-bin); "
			    "who holds them: grep -l hugetlb /proc/*/numa_maps",
			    (unsigned long long)pool->kb);
}

static json_t *
pool_fact(const struct pool *pool)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "size_kb", json_count(pool->kb), "total",
			 json_count(pool->total), "free", json_count(pool->free), "reserved",
			 json_count(pool->reserved));
}

static void
tell_none(const struct machine *m, struct report *report)
{
	uint64_t kb = 2048;

	machine_keyed(m, "/proc/meminfo", "Hugepagesize:", &kb);
	report_add(
		report, LEVEL_NOTE,
		"no huge pages are set aside: packet buffers lie on plain pages, which works and "
		"costs some speed");
	report_mend(report,
		    "sudo hugeadm --pool-pages-min %lluKB:+256 (package libhugetlbfs-bin), or sudo "
		    "sysctl vm.nr_hugepages=256",
		    (unsigned long long)kb);
}

static void
tell_mount(const struct machine *m, const char *folder, struct report *report)
{
	struct names files;

	if (machine_list(m, &files, "%s", folder) != 0) {
		report_add(report, LEVEL_UNSEEN, "hugetlbfs is mounted at %s, not readable by you",
			   folder);
	} else if (files.n != 0) {
		report_add(report, LEVEL_NOTE,
			   "%u file(s) of other programs lie in %s and hold huge pages: %s%s",
			   files.n, folder, files.name[0], files.n > 1 ? ", ..." : "");
		report_mend(report, "if nobody uses them (sudo fuser -v %s/*): sudo rm %s/%s",
			    folder, folder, files.n > 1 ? "*" : files.name[0]);
	} else {
		report_add(report, LEVEL_OK,
			   "hugetlbfs is mounted at %s, and empty (Pollux needs no mount)", folder);
	}
	names_free(&files);
}

static void
tell_mounts(const struct machine *m, struct report *report)
{
	char mounts[65536], folder[256], type[64], *line, *rest = mounts;

	if (machine_read(m, mounts, sizeof(mounts), "/proc/self/mounts") != 0)
		return;
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (sscanf(line, "%*s %255s %63s", folder, type) == 2 &&
		    strcmp(type, "hugetlbfs") == 0)
			tell_mount(m, folder, report);
	}
}

void
check_hugepages(const struct exam *exam, struct report *report)
{
	const struct machine *m = &exam->machine;
	json_t *pools = json_array();
	unsigned with_pages = 0;
	struct names sizes;

	machine_list(m, &sizes, POOLS);
	for (unsigned i = 0; i < sizes.n; i++) {
		struct pool pool;

		if (!read_pool(m, sizes.name[i], &pool))
			continue;
		json_array_append_new(pools, pool_fact(&pool));
		/* A size without pages is no lack: any one that has some will do. */
		if (pool.total == 0)
			continue;
		tell_pool(m, sizes.name[i], &pool, report);
		with_pages++;
	}
	if (sizes.n == 0)
		report_add(report, LEVEL_NOTE,
			   "this kernel has no huge pages (CONFIG_HUGETLBFS): plain ones are used");
	else if (with_pages == 0)
		tell_none(m, report);
	tell_mounts(m, report);
	report_fact(report, "pools", pools);
	names_free(&sizes);
}
