/* SPDX-License-Identifier: BSD-3-Clause */
#include "memory_priv.h"
#include "own.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* A played tree of cgroups: ROOT, ROOT/a, ROOT/a/b. */
static char root[OWN_PATH];
static const char *const files[] = {"memory.max", "memory.current", "memory.stat"};

static void
put(const char *group, const char *file, const char *text)
{
	char path[PATH_MAX];
	FILE *out;

	snprintf(path, sizeof(path), "%s%s/%s", root, group, file);
	out = fopen(path, "we");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static int
make_tree(void **state)
{
	char path[PATH_MAX];

	if (own_folder(root) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/a", root);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/a/b", root);
	mkdir(path, 0700);
	return 0;
}

static int
remove_tree(void **state)
{
	static const char *const groups[] = {"/a/b", "/a", ""};
	char path[PATH_MAX];

	for (unsigned g = 0; g < PLX_ARRAY_LEN(groups); g++) {
		for (unsigned f = 0; f < PLX_ARRAY_LEN(files); f++) {
			snprintf(path, sizeof(path), "%s%s/%s", root, groups[g], files[f]);
			unlink(path);
		}
		snprintf(path, sizeof(path), "%s%s", root, groups[g]);
		rmdir(path);
	}
	return 0;
}

/* In order: each case adds files to those before it. */
static void
the_tightest_group_on_the_way_up_counts(void **state)
{
	assert_true(plx_memory_cgroup_left(root, "/a/b") == UINT64_MAX);
	put("/a/b", "memory.max", "max\n");
	put("/a/b", "memory.current", "500\n");
	assert_true(plx_memory_cgroup_left(root, "/a/b") == UINT64_MAX);
	put("/a", "memory.max", "10000\n");
	put("/a", "memory.current", "4000\n");
	assert_int_equal(plx_memory_cgroup_left(root, "/a/b"), 6000);
	put("/a", "memory.stat", "anon 1\nfile 900\ninactive_file 300\nactive_file 200\n");
	assert_int_equal(plx_memory_cgroup_left(root, "/a/b"), 6500);
	put("/a/b", "memory.max", "700\n");
	assert_int_equal(plx_memory_cgroup_left(root, "/a/b"), 200);
	assert_int_equal(plx_memory_cgroup_left(root, "/a"), 6500);
	put("", "memory.max", "100\n");
	put("", "memory.current", "150\n");
	assert_int_equal(plx_memory_cgroup_left(root, "/a/b"), 0);
	assert_int_equal(plx_memory_cgroup_left(root, "/"), 0);
}

static void
this_machine_has_some_memory(void **state)
{
	uint64_t total = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);

	assert_in_range(plx_memory_available(), 1, total);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_tightest_group_on_the_way_up_counts, make_tree,
						remove_tree),
		cmocka_unit_test(this_machine_has_some_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
