/* SPDX-License-Identifier: BSD-3-Clause */
#include "hugepages.h"
#include "iova_priv.h"
#include "low_memory.h"
#include "plx_dma_driver.h"
#include "zone_priv.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#define MB (1UL << 20)
#define GB (1UL << 30)

static struct plx_why why;
static char trace[512];

/* A mapper with a name that writes down what it is told, and can refuse. */
struct scribe {
	struct plx_dma_mapper mapper;
	const char *name;
	const char *refuses; /* the zone of this name */
};

static void
note(const struct plx_dma_mapper *mapper, char what, const struct plx_zone *zone)
{
	const struct scribe *scribe = PLX_CONTAINER_OF(mapper, const struct scribe, mapper);
	size_t at = strlen(trace);

	snprintf(trace + at, sizeof(trace) - at, "%s%c%s ", scribe->name, what, zone->name);
}

static int
scribe_map(struct plx_dma_mapper *mapper, const struct plx_zone *zone, struct plx_why *refusal)
{
	const struct scribe *scribe = PLX_CONTAINER_OF(mapper, struct scribe, mapper);

	if (scribe->refuses != NULL && strcmp(scribe->refuses, zone->name) == 0)
		return plx_why(refusal, -EPERM, "%s does not want it", scribe->name);
	note(mapper, '+', zone);
	return 0;
}

static void
scribe_unmap(struct plx_dma_mapper *mapper, const struct plx_zone *zone)
{
	note(mapper, '-', zone);
}

#define SCRIBE(text)                                                               \
	{                                                                          \
		.mapper = {.map = scribe_map, .unmap = scribe_unmap}, .name = text \
	}

static const struct plx_zone *
reserve(const char *name, size_t len, enum plx_zone_use use)
{
	const struct plx_zone *zone = NULL;

	if (plx_zone_reserve_dma(name, len, PLX_NODE_ANY, use, &zone, &why) != 0)
		fail_msg("%s: %s", name, why.text);
	return zone;
}

static int
setup(void **state)
{
	const struct plx_zone_limits limits = {.no_huge = true};

	plx_zone_set_limits(&limits);
	trace[0] = '\0';
	return 0;
}

static int
teardown(void **state)
{
	plx_zone_free_all();
	plx_zone_set_limits(NULL);
	hugepages_give_back();
	return plx_iova_set_mode(PLX_IOVA_VA, NULL);
}

static void
each_mapper_knows_each_zone_that_devices_reach(void **state)
{
	struct scribe a = SCRIBE("a"), b = SCRIBE("b");
	const struct plx_zone *early = reserve("early", 1, PLX_ZONE_BUFFERS), *late;

	reserve("own", 1, PLX_ZONE_PRIVATE);
	assert_int_equal(plx_dma_add(&a.mapper, &why), 0);
	assert_int_equal(plx_dma_add(&b.mapper, &why), 0);
	late = reserve("late", 1, PLX_ZONE_RINGS);
	reserve("own2", 1, PLX_ZONE_PRIVATE);
	assert_string_equal(trace, "a+early b+early a+late b+late ");
	trace[0] = '\0';
	plx_zone_free(early);
	plx_dma_remove(&a.mapper);
	plx_zone_free(late);
	plx_dma_remove(&b.mapper);
	assert_string_equal(trace, "a-early b-early a-late b-late ");
}

static void
a_mapper_that_refuses_a_zone_prevents_it(void **state)
{
	struct scribe a = SCRIBE("a"), b = SCRIBE("b"), c = SCRIBE("c");
	const struct plx_zone *zone = NULL;

	c.refuses = "bad";
	assert_int_equal(plx_dma_add(&a.mapper, &why), 0);
	assert_int_equal(plx_dma_add(&b.mapper, &why), 0);
	assert_int_equal(plx_dma_add(&c.mapper, &why), 0);
	assert_int_equal(
		plx_zone_reserve_dma("bad", 4096, PLX_NODE_ANY, PLX_ZONE_RINGS, &zone, &why),
		-EPERM);
	assert_string_equal(why.text, "zone bad: c does not want it");
	assert_null(zone);
	assert_null(plx_zone_lookup("bad"));
	assert_int_equal(plx_zone_list(NULL, 0), 0);
	assert_string_equal(trace, "a+bad b+bad a-bad b-bad ");
	/* The name is free, and so is what the limits count. */
	c.refuses = NULL;
	reserve("bad", 4096, PLX_ZONE_RINGS);
	plx_dma_remove(&a.mapper);
	plx_dma_remove(&b.mapper);
	plx_dma_remove(&c.mapper);
}

static void
a_refused_zone_does_not_count(void **state)
{
	const struct plx_zone_limits limits = {.no_huge = true, .max = MB};
	struct scribe a = SCRIBE("a");
	const struct plx_zone *zone;

	plx_zone_set_limits(&limits);
	a.refuses = "bad";
	assert_int_equal(plx_dma_add(&a.mapper, &why), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(
			plx_zone_reserve_dma("bad", MB, PLX_NODE_ANY, PLX_ZONE_RINGS, &zone, &why),
			-EPERM);
	reserve("good", MB, PLX_ZONE_RINGS);
	plx_dma_remove(&a.mapper);
}

static void
a_mapper_that_refuses_what_is_there_is_not_added(void **state)
{
	struct scribe a = SCRIBE("a");

	reserve("one", 1, PLX_ZONE_BUFFERS);
	reserve("own", 1, PLX_ZONE_PRIVATE);
	reserve("two", 1, PLX_ZONE_RINGS);
	reserve("three", 1, PLX_ZONE_BUFFERS);
	a.refuses = "three";
	assert_int_equal(plx_dma_add(&a.mapper, &why), -EPERM);
	assert_string_equal(why.text, "zone three: a does not want it");
	assert_string_equal(trace, "a+one a+two a-one a-two ");
	trace[0] = '\0';
	reserve("four", 1, PLX_ZONE_BUFFERS);
	plx_dma_remove(&a.mapper);
	assert_string_equal(trace, "");
}

static void
removing_is_fine_at_any_time(void **state)
{
	struct scribe never = SCRIBE("never"), a = SCRIBE("a");

	reserve("one", 1, PLX_ZONE_BUFFERS);
	plx_dma_remove(&never.mapper);
	assert_int_equal(plx_dma_add(&a.mapper, &why), 0);
	plx_dma_remove(&a.mapper);
	plx_dma_remove(&a.mapper);
	assert_string_equal(trace, "a+one a-one ");
	assert_int_equal(plx_dma_add(&a.mapper, &why), 0);
	trace[0] = '\0';
	plx_zone_free_all();
	assert_string_equal(trace, "a-one ");
	plx_dma_remove(&a.mapper);
	assert_string_equal(trace, "a-one ");
}

static void
a_byte_has_an_address_if_devices_reach_it(void **state)
{
	const struct plx_zone *first = reserve("first", 8192, PLX_ZONE_BUFFERS),
			      *own = reserve("own", 4096, PLX_ZONE_PRIVATE),
			      *last = reserve("last", 4096, PLX_ZONE_RINGS);
	const char *bytes = last->addr;

	assert_int_equal(plx_dma_address(bytes + 4095), (uintptr_t)bytes + 4095);
	assert_int_equal(plx_dma_address((char *)first->addr + 5000), first->iova + 5000);
	assert_int_equal(plx_dma_address(own->addr), PLX_IOVA_BAD);
	assert_int_equal(plx_dma_address(trace), PLX_IOVA_BAD);
	assert_int_equal(plx_dma_address(NULL), PLX_IOVA_BAD);
}

static void
zones_lie_where_39_bits_reach_but_not_at_the_bottom(void **state)
{
	const size_t lens[] = {1, 4096, 2 * MB, 5 * MB + 1};
	char name[16];

	for (unsigned round = 0; round < 8; round++) {
		for (unsigned i = 0; i < PLX_ARRAY_LEN(lens); i++) {
			const struct plx_zone *zone;

			snprintf(name, sizeof(name), "%u.%u", round, i);
			zone = reserve(name, lens[i], PLX_ZONE_BUFFERS);
			assert_true(zone->iova >= ZONE_FLOOR);
			assert_true(zone->iova + zone->len <= 1ULL << ZONE_BITS);
		}
	}
}

/* Another's mapping may lie there: it stays, and the zone goes elsewhere. */
static void
what_lies_in_the_low_place_is_not_touched(void **state)
{
	const struct plx_zone *zone = reserve("first", 4096, PLX_ZONE_BUFFERS);
	char *there = (char *)zone->addr + 4096, *taken;

	taken = mmap(there, 64 * MB, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_ptr_equal(taken, there);
	taken[0] = taken[8 * MB] = 77;
	zone = reserve("second", 16 * MB, PLX_ZONE_BUFFERS);
	assert_true((char *)zone->addr + zone->len <= taken ||
		    (char *)zone->addr >= taken + 64 * MB);
	memset(zone->addr, 1, zone->len);
	assert_int_equal(taken[0], 77);
	assert_int_equal(taken[8 * MB], 77);
	munmap(taken, 64 * MB);
}

static void
a_device_can_ask_for_physical_addresses_while_nothing_was_handed_out(void **state)
{
	int ret;

	plx_iova_keep_mode();
	assert_int_equal(plx_dma_need_pa(&why), -EBUSY);
	assert_non_null(strstr(why.text, "--iova-mode va forbids them"));
	assert_int_equal(plx_iova_set_mode(PLX_IOVA_VA, NULL), 0);

	reserve("rings", 1, PLX_ZONE_RINGS);
	assert_int_equal(plx_dma_need_pa(&why), -EBUSY);
	assert_non_null(strstr(why.text, "start the program with --iova-mode pa"));
	assert_int_equal(plx_iova_mode(), PLX_IOVA_VA);
	plx_zone_free_all();

	/* What no device reaches is no hindrance. */
	reserve("own", 1, PLX_ZONE_PRIVATE);
	ret = plx_dma_need_pa(&why);
	if (ret == -EPERM || ret == -EACCES) {
		assert_non_null(strstr(why.text, "/proc/self/pagemap") != NULL
					? why.text
					: strstr(why.text, "CAP_SYS_ADMIN"));
		assert_int_equal(plx_iova_mode(), PLX_IOVA_VA);
		print_message("no rights to read physical addresses: %s\n", why.text);
		return;
	}
	assert_int_equal(ret, 0);
	assert_int_equal(plx_iova_mode(), PLX_IOVA_PA);
	/* And again, whoever chose it and whatever was handed out since. */
	plx_iova_keep_mode();
	assert_int_equal(plx_dma_need_pa(&why), 0);
}

/* As nobody: the kernel says no, or gives zeroes. */
static void
without_rights_the_mode_stays(void **state)
{
	bool root = geteuid() == 0;
	int ret;

	assert_int_equal(root ? seteuid(65534) : 0, 0);
	ret = plx_dma_need_pa(&why);
	assert_int_equal(root ? seteuid(0) : 0, 0);
	assert_true(ret == -EPERM || ret == -EACCES);
	assert_true(why.text[0] != '\0');
	assert_int_equal(plx_iova_mode(), PLX_IOVA_VA);
}

static bool
physical_mode(long pages)
{
	if (!hugepages_take(pages))
		return false;
	plx_zone_set_limits(NULL);
	if (plx_iova_set_mode(PLX_IOVA_PA, &why) == 0)
		return true;
	print_message("no rights to read physical addresses: %s\n", why.text);
	return false;
}

static void
physical_mode_takes_huge_pages_or_nothing(void **state)
{
	const struct plx_zone_limits plain = {.no_huge = true};
	const struct plx_zone *zone;

	if (!physical_mode(3))
		return;
	zone = reserve("small", 64, PLX_ZONE_RINGS);
	assert_int_equal(zone->page_size, 2 * MB);
	assert_int_not_equal(zone->iova, PLX_IOVA_BAD);
	assert_int_equal(zone->iova % (2 * MB), 0);
	assert_int_equal(plx_dma_address((char *)zone->addr + 77), zone->iova + 77);
	assert_int_not_equal(zone->iova, (uintptr_t)zone->addr);
	plx_zone_set_limits(&plain);
	assert_int_equal(
		plx_zone_reserve_dma("bufs", 4096, PLX_NODE_ANY, PLX_ZONE_BUFFERS, &zone, &why),
		-ENOMEM);
	assert_non_null(strstr(why.text, "hugeadm"));
	assert_int_equal(plx_zone_reserve("own", 4096, PLX_NODE_ANY, &zone, &why), 0);
	assert_int_equal(zone->page_size, sysconf(_SC_PAGESIZE));
}

/* Whether two pages follow each other is the kernel's: either way, rings are whole or refused. */
static void
rings_have_one_address_or_are_refused_and_buffers_have_one_a_page(void **state)
{
	const struct plx_zone *zone, *rings = NULL;
	const uint64_t *page;
	uint8_t shift;
	int ret;

	if (!physical_mode(5))
		return;
	zone = reserve("buffers", 3 * MB, PLX_ZONE_BUFFERS);
	page = plx_zone_page_iova(zone, &shift);
	assert_non_null(page);
	assert_int_equal(shift, 21);
	assert_int_equal(plx_zone_iova(zone, (char *)zone->addr + 2 * MB + 5), page[1] + 5);
	assert_true((zone->iova == PLX_IOVA_BAD) == (page[1] != page[0] + 2 * MB));
	ret = plx_zone_reserve_dma("rings", 3 * MB, PLX_NODE_ANY, PLX_ZONE_RINGS, &rings, &why);
	if (ret == 0) {
		page = plx_zone_page_iova(rings, &shift);
		assert_int_equal(rings->iova, page[0]);
		assert_int_equal(page[1], page[0] + 2 * MB);
		return;
	}
	assert_int_equal(ret, -ENOMEM);
	assert_non_null(strstr(why.text, "fewer descriptors"));
	assert_null(plx_zone_lookup("rings"));
}

#define DMA_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		DMA_TEST(each_mapper_knows_each_zone_that_devices_reach),
		DMA_TEST(a_mapper_that_refuses_a_zone_prevents_it),
		DMA_TEST(a_refused_zone_does_not_count),
		DMA_TEST(a_mapper_that_refuses_what_is_there_is_not_added),
		DMA_TEST(removing_is_fine_at_any_time),
		DMA_TEST(a_byte_has_an_address_if_devices_reach_it),
		DMA_TEST(zones_lie_where_39_bits_reach_but_not_at_the_bottom),
		DMA_TEST(what_lies_in_the_low_place_is_not_touched),
		DMA_TEST(a_device_can_ask_for_physical_addresses_while_nothing_was_handed_out),
		DMA_TEST(without_rights_the_mode_stays),
		DMA_TEST(physical_mode_takes_huge_pages_or_nothing),
		DMA_TEST(rings_have_one_address_or_are_refused_and_buffers_have_one_a_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
