/* SPDX-License-Identifier: BSD-3-Clause */
/* Huge pages: which there are, by libhugetlbfs and sysfs, and which suit. */
#include "hugepage_priv.h"

#include "plx_bits.h"

#include <hugetlbfs.h>
#include <stdio.h>
#include <stdlib.h>

static int
larger_first(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return x < y ? 1 : x > y ? -1 : 0;
}

unsigned
plx_hugepage_sizes(size_t sizes[PLX_HUGEPAGE_SIZES_MAX])
{
	long found[PLX_HUGEPAGE_SIZES_MAX];
	unsigned n = 0;
	int count;

	count = gethugepagesizes(found, PLX_HUGEPAGE_SIZES_MAX);
	for (int i = 0; i < count; i++)
		if (plx_is_pow2((uint64_t)found[i]))
			sizes[n++] = (size_t)found[i];
	qsort(sizes, n, sizeof(*sizes), larger_first);
	return n;
}

static void
plan_add(struct plx_hugepage_plan *plan, size_t size)
{
	for (unsigned i = 0; i < plan->n; i++)
		if (plan->size[i] == size)
			return;
	if (plan->n < PLX_HUGEPAGE_SIZES_MAX)
		plan->size[plan->n++] = size;
}

static void
plan_add_if(struct plx_hugepage_plan *plan, const size_t *sizes, unsigned nb_sizes, size_t len,
	    size_t waste_max)
{
	for (unsigned i = 0; i < nb_sizes; i++) {
		size_t waste = (size_t)plx_align_up(len, sizes[i]) - len;

		if (waste <= waste_max)
			plan_add(plan, sizes[i]);
	}
}

void
plx_hugepage_plan(struct plx_hugepage_plan *plan, const size_t *sizes, unsigned nb_sizes,
		  size_t len, bool any)
{
	plan->n = 0;
	plan_add_if(plan, sizes, nb_sizes, len, len / 8);
	plan_add_if(plan, sizes, nb_sizes, len, len - 1);
	if (any && nb_sizes > 0)
		plan_add(plan, sizes[nb_sizes - 1]);
}

static uint64_t
read_number(const char *path)
{
	unsigned long long number = 0;
	FILE *file = fopen(path, "re");

	if (file == NULL)
		return 0;
	if (fscanf(file, "%llu", &number) != 1)
		number = 0;
	fclose(file);
	return number;
}

uint64_t
plx_hugepage_free(size_t page_size, int node)
{
	char path[128];
	size_t kb = page_size / 1024;
	uint64_t free_pages, reserved;

	if (node >= 0) {
		snprintf(path, sizeof(path),
			 "/sys/devices/system/node/node%d/hugepages/hugepages-%zukB/free_hugepages",
			 node, kb);
		return read_number(path);
	}
	snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages/hugepages-%zukB/free_hugepages", kb);
	free_pages = read_number(path);
	snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages/hugepages-%zukB/resv_hugepages", kb);
	reserved = read_number(path);
	return free_pages > reserved ? free_pages - reserved : 0;
}

const char *
plx_hugepage_name(size_t page_size, char *text, size_t size)
{
	if (page_size >= 1UL << 30)
		snprintf(text, size, "%zu GiB", page_size >> 30);
	else if (page_size >= 1UL << 20)
		snprintf(text, size, "%zu MiB", page_size >> 20);
	else
		snprintf(text, size, "%zu KiB", page_size >> 10);
	return text;
}

const char *
plx_hugepage_cure(size_t page_size, size_t len, char *text, size_t size)
{
	size_t pages = (len + page_size - 1) / page_size;

	snprintf(text, size, "sudo hugeadm --pool-pages-min %zuKB:+%zu (package libhugetlbfs-bin)",
		 page_size / 1024, pages);
	return text;
}
