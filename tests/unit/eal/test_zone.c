/* SPDX-License-Identifier: BSD-3-Clause */
#include "zone_priv.h"

#include "hugepage_priv.h"
#include "hugepages.h"
#include "iova_priv.h"
#include "plx_bits.h"
#include "plx_log.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#define MB (1UL << 20)

static struct plx_why why;

static const struct plx_zone *
reserve(const char *name, size_t len)
{
	const struct plx_zone *zone = NULL;

	if (plx_zone_reserve(name, len, PLX_NODE_ANY, &zone, &why) != 0)
		fail_msg("%s: %s", name, why.text);
	return zone;
}

static int
plain_pages_only(void **state)
{
	const struct plx_zone_limits limits = {.no_huge = true};

	plx_zone_set_limits(&limits);
	return 0;
}

static int
free_all(void **state)
{
	plx_zone_free_all();
	plx_zone_set_limits(NULL);
	hugepages_give_back();
	return plx_iova_set_mode(PLX_IOVA_VA, NULL);
}

static void
a_zone_is_zeroed_whole_pages_of_shared_memory(void **state)
{
	const struct plx_zone *zone = reserve("one", 5000);
	const char *bytes = zone->addr;
	char *again;

	assert_string_equal(zone->name, "one");
	assert_int_equal(zone->page_size, sysconf(_SC_PAGESIZE));
	assert_int_equal(zone->len, plx_align_up(5000, zone->page_size));
	assert_int_equal((uintptr_t)zone->addr % zone->page_size, 0);
	for (size_t i = 0; i < zone->len; i++)
		assert_int_equal(bytes[i], 0);
	again = mmap(NULL, zone->len, PROT_READ | PROT_WRITE, MAP_SHARED, zone->fd, 0);
	assert_ptr_not_equal(again, MAP_FAILED);
	again[100] = 'x';
	assert_int_equal(bytes[100], 'x');
	munmap(again, zone->len);
}

static void
all_pages_are_there_from_the_start(void **state)
{
	const struct plx_zone *zone = reserve("filled", 4 * MB);
	size_t pages = zone->len / (size_t)sysconf(_SC_PAGESIZE);
	unsigned char *present = calloc(pages, 1);

	assert_non_null(present);
	assert_int_equal(mincore(zone->addr, zone->len, present), 0);
	for (size_t i = 0; i < pages; i++)
		assert_true((present[i] & 1) != 0);
	free(present);
}

/* Kilobytes of the mapping at addr that the row of smaps tells. */
static size_t
smaps_kb(const void *addr, const char *row)
{
	FILE *file = fopen("/proc/self/smaps", "re");
	char line[256];
	bool found = false;
	size_t kb = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL) {
		unsigned long start, end;

		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			found = (uintptr_t)addr >= start && (uintptr_t)addr < end;
		else if (found && strncmp(line, row, strlen(row)) == 0)
			sscanf(line + strlen(row), "%zu", &kb);
	}
	fclose(file);
	return kb;
}

static void
plain_pages_are_joined_where_the_kernel_can(void **state)
{
	const struct plx_zone *zone = reserve("joined", 4 * MB + 4096);
	const char *bytes = zone->addr;

	assert_int_equal((uintptr_t)zone->addr % (2 * MB), 0);
	for (size_t i = 0; i < zone->len; i++)
		if (bytes[i] != 0)
			fail_msg("byte %zu is not zero", i);
	assert_int_equal(smaps_kb(zone->addr, "Rss:"), zone->len >> 10);
	if (smaps_kb(zone->addr, "ShmemPmdMapped:") == 0)
		print_message("this kernel joins no shared pages\n");
	else
		assert_int_equal(smaps_kb(zone->addr, "ShmemPmdMapped:"), 4096);
}

static void
a_peer_can_neither_shrink_nor_grow_it(void **state)
{
	const struct plx_zone *zone = reserve("sealed", 2 * 4096);
	int seals = fcntl(zone->fd, F_GET_SEALS);

	assert_int_equal(seals & (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL),
			 F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
	assert_int_equal(ftruncate(zone->fd, 4096), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(ftruncate(zone->fd, 3 * 4096), -1);
	assert_true((fcntl(zone->fd, F_GETFD) & FD_CLOEXEC) != 0);
}

/* Pages of address space, from /proc/self/statm. */
static size_t
address_space(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	size_t pages = 0;

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%zu", &pages), 1);
	fclose(file);
	return pages;
}

static void
a_freed_zone_gives_all_of_its_address_space_back(void **state)
{
	size_t before, after;

	plx_zone_free(reserve("warm", 5 * MB));
	before = address_space();
	for (int i = 0; i < 20; i++)
		plx_zone_free(reserve("again", 5 * MB + 4096 * (size_t)i));
	after = address_space();
	/* Less than one lost end of a mapping each. */
	assert_true(after < before + 20);
}

static void
zones_are_found_by_name_until_freed(void **state)
{
	const struct plx_zone *zone = reserve("a", 1), *other = reserve("b", 1), *ignored;

	assert_ptr_equal(plx_zone_lookup("a"), zone);
	assert_ptr_equal(plx_zone_lookup("b"), other);
	assert_int_equal(plx_zone_reserve("a", 1, PLX_NODE_ANY, &ignored, &why), -EEXIST);
	plx_zone_free(zone);
	assert_null(plx_zone_lookup("a"));
	reserve("a", 1);
	plx_zone_free(NULL);
}

static void
senseless_requests_are_refused(void **state)
{
	char long_name[PLX_ZONE_NAME_MAX + 1];
	const struct plx_zone *zone;

	memset(long_name, 'x', PLX_ZONE_NAME_MAX);
	long_name[PLX_ZONE_NAME_MAX] = '\0';
	assert_int_equal(plx_zone_reserve("", 1, PLX_NODE_ANY, &zone, &why), -EINVAL);
	assert_int_equal(plx_zone_reserve(NULL, 1, PLX_NODE_ANY, &zone, &why), -EINVAL);
	assert_int_equal(plx_zone_reserve(long_name, 1, PLX_NODE_ANY, &zone, &why), -EINVAL);
	assert_int_equal(plx_zone_reserve("x", 0, PLX_NODE_ANY, &zone, &why), -EINVAL);
	assert_int_equal(plx_zone_reserve("x", SIZE_MAX, PLX_NODE_ANY, &zone, &why), -EINVAL);
	assert_int_equal(plx_zone_reserve("x", 1, -2, &zone, &why), -EINVAL);
	assert_int_equal(plx_zone_reserve("x", 1, 60, &zone, &why), -EINVAL);
	assert_non_null(strstr(why.text, "node 60"));
}

static void
more_memory_than_there_is_is_an_error_not_a_death(void **state)
{
	const struct plx_zone *zone;

	assert_int_equal(plx_zone_reserve("big", 1UL << 44, PLX_NODE_ANY, &zone, &why), -ENOMEM);
	assert_non_null(strstr(why.text, "zone big"));
	assert_null(plx_zone_lookup("big"));
}

static void
the_limit_holds_for_the_sum(void **state)
{
	const struct plx_zone_limits limits = {.no_huge = true, .max = 2 * MB};
	const struct plx_zone *first, *zone;

	plx_zone_set_limits(&limits);
	first = reserve("half", MB);
	assert_int_equal(plx_zone_reserve("more", MB + 1, PLX_NODE_ANY, &zone, &why), -ENOMEM);
	assert_non_null(strstr(why.text, "-m"));
	reserve("rest", MB);
	assert_int_equal(plx_zone_reserve("drop", 1, PLX_NODE_ANY, &zone, &why), -ENOMEM);
	plx_zone_free(first);
	reserve("again", MB);
}

static void
the_limit_of_a_node_holds_there(void **state)
{
	const uint64_t node_max[] = {MB};
	const struct plx_zone_limits limits = {
		.no_huge = true, .nb_node_max = 1, .node_max = node_max};
	const struct plx_zone *zone;

	plx_zone_set_limits(&limits);
	assert_int_equal(plx_zone_reserve("fits", MB, 0, &zone, &why), 0);
	assert_int_equal(zone->node, 0);
	assert_int_equal(plx_zone_reserve("drop", 1, 0, &zone, &why), -ENOMEM);
	assert_non_null(strstr(why.text, "node 0"));
}

static void
virtual_addresses_are_bus_addresses_in_va_mode(void **state)
{
	const struct plx_zone *zone = reserve("va", 8192);
	const char *bytes = zone->addr;

	assert_int_equal(plx_iova_mode(), PLX_IOVA_VA);
	assert_int_equal(zone->iova, (uintptr_t)zone->addr);
	assert_int_equal(plx_zone_iova(zone, bytes + 5000), (uintptr_t)bytes + 5000);
	assert_int_equal(plx_zone_iova(zone, bytes + zone->len), PLX_IOVA_BAD);
	assert_int_equal(plx_zone_iova(zone, bytes - 1), PLX_IOVA_BAD);
}

static void
plain_pages_have_no_physical_address(void **state)
{
	const struct plx_zone *zone;
	int ret = plx_iova_set_mode(PLX_IOVA_PA, &why);

	if (ret == -EPERM || ret == -EACCES || ret == -ENOENT) {
		assert_true(why.text[0] != '\0');
		assert_int_equal(plx_iova_mode(), PLX_IOVA_VA);
		print_message("no rights to read physical addresses: %s\n", why.text);
		return;
	}
	assert_int_equal(ret, 0);
	zone = reserve("pa", 4096);
	assert_int_equal(zone->iova, PLX_IOVA_BAD);
	assert_int_equal(plx_zone_iova(zone, zone->addr), PLX_IOVA_BAD);
}

static unsigned notices;

static void
count_notices(void *arg, enum plx_log_level level, const char *component, const char *text)
{
	notices += level == PLX_LOG_NOTICE && strstr(text, "hugeadm") != NULL;
}

static void
huge_pages_are_taken_when_there_are_some(void **state)
{
	const struct plx_zone *zone;

	if (!hugepages_take(4))
		return;
	notices = 0;
	plx_zone_set_limits(NULL);
	plx_log_set_sink(count_notices, NULL);
	for (int i = 0; i < 2; i++) {
		zone = reserve(i == 0 ? "first" : "second", (4 - (size_t)i) * MB);
		memset(zone->addr, 1, zone->len);
		assert_int_equal(zone->page_size, 2 * MB);
		assert_int_equal(zone->len, 4 * MB);
	}
	plx_log_set_sink(NULL, NULL);
	assert_int_equal(notices, 0);
}

/* What a stranger can punch holes into must not be able to run out of pages. */
static void
what_strangers_share_is_on_plain_pages(void **state)
{
	const struct plx_zone *zone;

	if (!hugepages_take(2))
		return;
	plx_zone_set_limits(NULL);
	assert_int_equal(
		plx_zone_reserve_dma("shared", 2 * MB, PLX_NODE_ANY, PLX_ZONE_SHARED, &zone, NULL),
		0);
	assert_int_equal(zone->page_size, sysconf(_SC_PAGESIZE));
	plx_zone_free(zone);
	assert_int_equal(plx_zone_reserve("own", 2 * MB, PLX_NODE_ANY, &zone, NULL), 0);
	assert_int_equal(zone->page_size, 2 * MB);
	plx_zone_free(zone);
}

static void
missing_huge_pages_are_told_once(void **state)
{
	const struct plx_zone *zone;

	hugepages_hold();
	if (plx_hugepage_free(2 * MB, PLX_NODE_ANY) > 0) {
		print_message("there are free 2 MiB pages, which somebody may need\n");
		return;
	}
	notices = 0;
	plx_zone_set_limits(NULL);
	plx_log_set_sink(count_notices, NULL);
	zone = reserve("first", 4 * MB);
	assert_int_equal(zone->page_size, sysconf(_SC_PAGESIZE));
	reserve("second", 3 * MB);
	plx_log_set_sink(NULL, NULL);
	assert_int_equal(notices, 1);
}

/* This thread's effective capabilities: all it may have, or none. */
static void
set_rights(bool all)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct caps[2];

	assert_int_equal(syscall(SYS_capget, &head, caps), 0);
	for (int i = 0; i < 2; i++)
		caps[i].effective = all ? caps[i].permitted : 0;
	assert_int_equal(syscall(SYS_capset, &head, caps), 0);
}

static void
physical_addresses_are_known_without_the_rights_of_the_start(void **state)
{
	const struct plx_zone *zone;
	int ret;

	if (!hugepages_take(1))
		return;
	if (plx_iova_set_mode(PLX_IOVA_PA, &why) != 0) {
		print_message("no rights to read physical addresses: %s\n", why.text);
		return;
	}
	plx_zone_set_limits(NULL);
	set_rights(false);
	ret = plx_zone_reserve_dma("later", 64, PLX_NODE_ANY, PLX_ZONE_RINGS, &zone, &why);
	set_rights(true);
	assert_int_equal(ret, 0);
	assert_int_not_equal(zone->iova, PLX_IOVA_BAD);
}

static void
huge_pages_have_physical_addresses(void **state)
{
	const struct plx_zone *zone;
	const char *bytes;
	uint64_t base;

	if (!hugepages_take(2))
		return;
	if (plx_iova_set_mode(PLX_IOVA_PA, &why) != 0) {
		print_message("no rights to read physical addresses: %s\n", why.text);
		return;
	}
	plx_zone_set_limits(NULL);
	zone = reserve("pa", 4 * MB);
	bytes = zone->addr;
	base = plx_zone_iova(zone, bytes + 2 * MB);
	assert_int_not_equal(base, PLX_IOVA_BAD);
	assert_int_equal(base % (2 * MB), 0);
	assert_int_equal(plx_zone_iova(zone, bytes + 2 * MB + 77), base + 77);
	assert_true((zone->iova == PLX_IOVA_BAD) == (plx_zone_iova(zone, bytes) != base - 2 * MB));
	/* Even a small zone gets a huge page here, which has one address for all of it. */
	plx_zone_free(zone);
	assert_int_equal(
		plx_zone_reserve_dma("small", 64, PLX_NODE_ANY, PLX_ZONE_RINGS, &zone, &why), 0);
	assert_int_equal(zone->page_size, 2 * MB);
	assert_int_equal(plx_zone_iova(zone, zone->addr), zone->iova);
}

static void
the_dump_has_a_line_for_each_zone(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	reserve("first", 1);
	reserve("second", 1);
	plx_zone_dump(out);
	fclose(out);
	assert_non_null(strstr(text, "first: "));
	assert_non_null(strstr(text, "\nsecond: "));
	free(text);
}

static void
zones_can_be_listed_as_copies(void **state)
{
	const struct plx_zone *first = reserve("first", 1);
	struct plx_zone zones[2] = {{.name = ""}, {.name = "untouched"}};

	reserve("second", 1);
	assert_int_equal(plx_zone_list(NULL, 0), 2);
	assert_int_equal(plx_zone_list(zones, 1), 2);
	assert_string_equal(zones[1].name, "untouched");
	assert_string_equal(zones[0].name, "first");
	assert_ptr_equal(zones[0].addr, first->addr);
	plx_zone_free(first);
	assert_int_equal(plx_zone_list(zones, 2), 1);
	assert_string_equal(zones[0].name, "second");
}

#define ZONE_TEST(f) cmocka_unit_test_setup_teardown(f, plain_pages_only, free_all)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ZONE_TEST(a_zone_is_zeroed_whole_pages_of_shared_memory),
		ZONE_TEST(all_pages_are_there_from_the_start),
		ZONE_TEST(plain_pages_are_joined_where_the_kernel_can),
		ZONE_TEST(a_peer_can_neither_shrink_nor_grow_it),
		ZONE_TEST(a_freed_zone_gives_all_of_its_address_space_back),
		ZONE_TEST(zones_are_found_by_name_until_freed),
		ZONE_TEST(senseless_requests_are_refused),
		ZONE_TEST(more_memory_than_there_is_is_an_error_not_a_death),
		ZONE_TEST(the_limit_holds_for_the_sum),
		ZONE_TEST(the_limit_of_a_node_holds_there),
		ZONE_TEST(virtual_addresses_are_bus_addresses_in_va_mode),
		ZONE_TEST(plain_pages_have_no_physical_address),
		ZONE_TEST(huge_pages_are_taken_when_there_are_some),
		ZONE_TEST(what_strangers_share_is_on_plain_pages),
		ZONE_TEST(missing_huge_pages_are_told_once),
		ZONE_TEST(huge_pages_have_physical_addresses),
		ZONE_TEST(physical_addresses_are_known_without_the_rights_of_the_start),
		ZONE_TEST(the_dump_has_a_line_for_each_zone),
		ZONE_TEST(zones_can_be_listed_as_copies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
