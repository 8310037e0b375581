/* SPDX-License-Identifier: BSD-3-Clause */
#include "pci/vfio_priv.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* An answer with room for capabilities; each test says how many bytes of it there are. */
static union {
	uint8_t bytes[1024];
	struct vfio_iommu_type1_info iommu;
	struct vfio_region_info region;
} info;

static int
clear(void **state)
{
	memset(&info, 0, sizeof(info));
	return 0;
}

/* On the heap, to the byte: a sanitizer sees who reads beyond. */
static void *
exactly(size_t size)
{
	void *copy = malloc(size > 0 ? size : 1);

	assert_non_null(copy);
	memcpy(copy, &info, size);
	return copy;
}

static void
put_cap(uint32_t at, uint16_t id, uint32_t next)
{
	const struct vfio_info_cap_header header = {.id = id, .version = 1, .next = next};

	memcpy(info.bytes + at, &header, sizeof(header));
}

/* Offset of the capability, -1 if it was not found; *ret_len is set if it was. */
static long
find(size_t size, uint32_t first, uint16_t id, size_t *ret_len)
{
	uint8_t *copy = exactly(size);
	const uint8_t *cap = plx_vfio_cap(copy, size, first, id, ret_len);
	long at = cap != NULL ? cap - copy : -1;

	free(copy);
	return at;
}

static void
capabilities_are_found_by_their_chain(void **state)
{
	size_t len = 0;

	put_cap(24, 3, 64);
	put_cap(64, 1, 40);
	put_cap(40, 2, 0);
	assert_int_equal(find(128, 24, 1, &len), 64);
	assert_int_equal(len, 64);
	assert_int_equal(find(128, 24, 2, &len), 40);
	assert_int_equal(len, 88);
	assert_int_equal(find(128, 24, 4, &len), -1);
	assert_int_equal(find(128, 0, 3, &len), -1);
	/* A header that ends with the answer is one, of nothing. */
	assert_int_equal(find(72, 24, 1, &len), 64);
	assert_int_equal(len, 8);
}

static void
chains_that_loop_or_leave_the_answer_end(void **state)
{
	static const uint32_t nexts[] = {24, 121, 127, 128, 129, UINT32_MAX, UINT32_MAX - 4};
	size_t len;

	for (size_t i = 0; i < PLX_ARRAY_LEN(nexts); i++) {
		put_cap(24, 3, nexts[i]);
		assert_int_equal(find(128, 24, 1, &len), -1);
		assert_int_equal(find(128, nexts[i], 1, &len), -1);
	}
	/* What lies behind the answer looks like a capability, and is none. */
	put_cap(124, 1, 0);
	assert_null(plx_vfio_cap(info.bytes, 128, 124, 1, &len));
	assert_int_equal(find(4, 2, 0, &len), -1);
	assert_int_equal(find(0, 1, 0, &len), -1);
}

static void
put_ranges(uint32_t at, uint32_t n, const struct vfio_iova_range *range, unsigned there)
{
	struct vfio_iommu_type1_info_cap_iova_range head = {
		.header = {.id = VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, .version = 1},
		.nr_iovas = n};

	memcpy(info.bytes + at, &head, sizeof(head));
	memcpy(info.bytes + at + sizeof(head), range, there * sizeof(*range));
	info.iommu.flags |= VFIO_IOMMU_INFO_CAPS;
	info.iommu.cap_offset = at;
}

static struct plx_vfio_iommu
parse_iommu(size_t size)
{
	struct plx_vfio_iommu iommu;
	void *copy = exactly(size);

	assert_int_equal(plx_vfio_iommu_parse(copy, size, &iommu), 0);
	free(copy);
	return iommu;
}

static void
an_iommu_of_39_bits_is_known_by_its_ranges(void **state)
{
	const struct vfio_iova_range ranges[] = {{0, 0xfedfffff}, {0xfef00000, 0x7fffffffff}};
	struct plx_vfio_iommu iommu;
	char text[128], little[12];

	info.iommu.flags = VFIO_IOMMU_INFO_PGSIZES;
	info.iommu.iova_pgsizes = 0x40201000;
	put_ranges(24, 2, ranges, 2);
	iommu = parse_iommu(128);
	assert_int_equal(iommu.nb_ranges, 2);
	assert_int_equal(iommu.page_sizes, 0x40201000);
	assert_int_equal(plx_vfio_iommu_width(&iommu), 39);
	assert_string_equal(plx_vfio_iommu_text(&iommu, text, sizeof(text)),
			    "0x0-0xfedfffff 0xfef00000-0x7fffffffff (39 bits)");
	assert_string_equal(plx_vfio_iommu_text(&iommu, little, sizeof(little)), "0x0-0xfedff");
	assert_true(plx_vfio_iommu_reaches(&iommu, 0, 0xfee00000));
	assert_false(plx_vfio_iommu_reaches(&iommu, 0, 0xfee00001));
	assert_false(plx_vfio_iommu_reaches(&iommu, 0xfedff000, 0x200000));
	assert_true(plx_vfio_iommu_reaches(&iommu, 0x7ffffff000, 0x1000));
	assert_false(plx_vfio_iommu_reaches(&iommu, 0x7ffffff000, 0x1001));
	assert_false(plx_vfio_iommu_reaches(&iommu, 1ULL << 40, 0x1000));
	assert_false(plx_vfio_iommu_reaches(&iommu, UINT64_MAX - 10, 4096));
	assert_false(plx_vfio_iommu_reaches(&iommu, 4096, 0));
}

static void
a_kernel_that_names_no_ranges_is_asked_by_mapping(void **state)
{
	struct plx_vfio_iommu iommu = parse_iommu(24);

	assert_int_equal(iommu.nb_ranges, 0);
	assert_int_equal(iommu.page_sizes, 4096);
	assert_int_equal(plx_vfio_iommu_width(&iommu), 64);
	assert_true(plx_vfio_iommu_reaches(&iommu, 1ULL << 60, 4096));
	assert_false(plx_vfio_iommu_reaches(&iommu, UINT64_MAX, 2));
}

static void
ranges_that_are_none_do_not_count(void **state)
{
	const struct vfio_iova_range ranges[] = {{5, 4}, {0, 0xffff}, {0, UINT64_MAX}};
	struct plx_vfio_iommu iommu;

	/* More are said than there are: of the third, only a half is there. */
	put_ranges(24, UINT32_MAX, ranges, 3);
	iommu = parse_iommu(24 + 16 + 2 * 16 + 8);
	assert_int_equal(iommu.nb_ranges, 1);
	assert_int_equal(plx_vfio_iommu_width(&iommu), 16);
	/* Less than the capability's own head. */
	assert_int_equal(parse_iommu(24 + 15).nb_ranges, 0);
	/* More than we keep. */
	memset(info.bytes + 40, 0, sizeof(info) - 40);
	put_ranges(24, 1000, ranges, 0);
	assert_int_equal(parse_iommu(sizeof(info)).nb_ranges, PLX_VFIO_RANGES_MAX);
}

static void
an_answer_that_is_too_short_is_none(void **state)
{
	struct plx_vfio_region region;
	struct plx_vfio_iommu iommu;

	assert_int_equal(plx_vfio_iommu_parse(&info, 8, &iommu), -EPROTO);
	assert_int_equal(plx_vfio_region_parse(&info, 31, &region), -EPROTO);
}

static void
put_areas(uint32_t n, const struct vfio_region_sparse_mmap_area *area, unsigned there)
{
	struct vfio_region_info_cap_sparse_mmap head = {
		.header = {.id = VFIO_REGION_INFO_CAP_SPARSE_MMAP, .version = 1}, .nr_areas = n};

	memcpy(info.bytes + 32, &head, sizeof(head));
	memcpy(info.bytes + 32 + sizeof(head), area, there * sizeof(*area));
	info.region.cap_offset = 32;
	info.region.flags = VFIO_REGION_INFO_FLAG_CAPS | VFIO_REGION_INFO_FLAG_MMAP;
}

static struct plx_vfio_region
parse_region(size_t size)
{
	struct plx_vfio_region region;
	void *copy = exactly(size);

	assert_int_equal(plx_vfio_region_parse(copy, size, &region), 0);
	free(copy);
	return region;
}

static void
a_region_without_areas_is_mapped_whole_or_not(void **state)
{
	struct plx_vfio_region region;

	info.region.size = 0x4000;
	info.region.offset = 4ULL << 40;
	region = parse_region(32);
	assert_int_equal(region.size, 0x4000);
	assert_int_equal(region.offset, 4ULL << 40);
	assert_false(region.map);
	info.region.flags = VFIO_REGION_INFO_FLAG_MMAP;
	region = parse_region(32);
	assert_true(region.map);
	assert_int_equal(region.nb_areas, 0);
	info.region.size = 0;
	assert_false(parse_region(32).map);
}

struct sparse {
	unsigned n;
	struct vfio_region_sparse_mmap_area area[3];
	bool map;
	unsigned kept;
	struct plx_pci_area expected[3];
};

/* Of a region of four pages. */
static void
areas_are_kept_in_order_and_apart(void **state)
{
	static const struct sparse cases[] = {
		{1, {{0, 0x4000}}, true, 0},
		{2, {{0, 0x1000}, {0x2000, 0x2000}}, true, 2, {{0, 0x1000}, {0x2000, 0x2000}}},
		{2, {{0x2000, 0x2000}, {0, 0x1000}}, true, 2, {{0, 0x1000}, {0x2000, 0x2000}}},
		{1, {{0x1000, 0x3000}}, true, 1, {{0x1000, 0x3000}}},
		{1, {{0, 0x3000}}, true, 1, {{0, 0x3000}}},
		{1, {{0x1000, 0x1000}}, true, 1, {{0x1000, 0x1000}}},
		/* Those that touch are one. */
		{2, {{0x1000, 0x1000}, {0x2000, 0x1000}}, true, 1, {{0x1000, 0x2000}}},
		{2, {{0x2000, 0x1000}, {0x1000, 0x1000}}, true, 1, {{0x1000, 0x2000}}},
		{3, {{0, 0x1000}, {0x2000, 0x2000}, {0x1000, 0x1000}}, true, 0},
		/* Nonsense: outside, over the end, between pages, nothing, over each other. */
		{1, {{0x5000, 0x1000}}, false, 0},
		{1, {{0x3000, UINT64_MAX}}, true, 1, {{0x3000, 0x1000}}},
		{1, {{0x2001, 0x1fff}}, false, 0},
		{1, {{0, 0}}, false, 0},
		{2, {{0, 0x3000}, {0x1000, 0x3000}}, true, 0},
		{3,
		 {{0x1000, 0x1000}, {0x3000, 0x1000}, {0x1000, 0x3000}},
		 true,
		 1,
		 {{0x1000, 0x3000}}},
		{0, {{0}}, false, 0},
	};

	info.region.size = 0x4000;
	for (size_t i = 0; i < PLX_ARRAY_LEN(cases); i++) {
		struct plx_vfio_region region;

		put_areas(cases[i].n, cases[i].area, cases[i].n);
		region = parse_region(32 + 16 + cases[i].n * 16);
		if (region.map != cases[i].map || region.nb_areas != cases[i].kept ||
		    memcmp(region.area, cases[i].expected,
			   region.nb_areas * sizeof(region.area[0])) != 0)
			fail_msg("case %zu: map %d, %u areas, the first 0x%llx of 0x%llx", i,
				 region.map, region.nb_areas,
				 (unsigned long long)region.area[0].off,
				 (unsigned long long)region.area[0].len);
	}
}

/* Those that there is no room for are reached by calls; one that joins two makes room. */
static void
areas_beyond_the_limit_are_left_to_calls(void **state)
{
	struct vfio_region_sparse_mmap_area area[PLX_PCI_AREAS_MAX + 3];
	struct plx_vfio_region region;

	for (unsigned i = 0; i < PLX_PCI_AREAS_MAX + 1; i++)
		area[i] = (struct vfio_region_sparse_mmap_area){0x2000 * i, 0x1000};
	area[PLX_PCI_AREAS_MAX + 1] = (struct vfio_region_sparse_mmap_area){0x1000, 0x1000};
	area[PLX_PCI_AREAS_MAX + 2] = (struct vfio_region_sparse_mmap_area){0x80000, 0x1000};
	info.region.size = 0x100000;
	put_areas(PLX_PCI_AREAS_MAX + 1, area, PLX_ARRAY_LEN(area));
	region = parse_region(32 + 16 + sizeof(area));
	assert_int_equal(region.nb_areas, PLX_PCI_AREAS_MAX);
	assert_int_equal(region.area[PLX_PCI_AREAS_MAX - 1].off, 0x2000 * (PLX_PCI_AREAS_MAX - 1));
	put_areas(PLX_ARRAY_LEN(area), area, PLX_ARRAY_LEN(area));
	region = parse_region(32 + 16 + sizeof(area));
	assert_int_equal(region.nb_areas, PLX_PCI_AREAS_MAX);
	assert_int_equal(region.area[0].len, 0x3000);
	assert_int_equal(region.area[PLX_PCI_AREAS_MAX - 1].off, 0x80000);
}

static void
areas_count_if_they_are_said_and_there(void **state)
{
	const struct vfio_region_sparse_mmap_area area[] = {{0, 0x1000}, {0x2000, 0x2000}};
	struct plx_vfio_region region;

	info.region.size = 0x4000;
	/* Of the second, a byte is missing. */
	put_areas(UINT32_MAX, area, 2);
	region = parse_region(32 + 16 + 16 + 15);
	assert_int_equal(region.nb_areas, 1);
	assert_int_equal(region.area[0].len, 0x1000);
	/* What follows the last that is said may be anything. */
	put_areas(1, area, 2);
	region = parse_region(32 + 16 + 2 * 16);
	assert_int_equal(region.nb_areas, 1);
	assert_int_equal(region.area[0].len, 0x1000);
}

static void
regions_beyond_all_offsets_are_refused(void **state)
{
	struct plx_vfio_region region;

	info.region.size = 1ULL << 63;
	assert_int_equal(plx_vfio_region_parse(&info, 32, &region), -EPROTO);
	info.region.size = 2;
	info.region.offset = INT64_MAX - 1;
	assert_int_equal(plx_vfio_region_parse(&info, 32, &region), -EPROTO);
	assert_int_equal(region.size, 0);
}

/* An answer that grows each time it is asked for. */
static uint32_t longer, calls;

static int
answer_longer(int fd, unsigned long request, void *arg)
{
	uint32_t *argsz = arg;

	calls++;
	if (*argsz < longer)
		*argsz = longer;
	return 0;
}

static int
answer_endless(int fd, unsigned long request, void *arg)
{
	*(uint32_t *)arg *= 2;
	calls++;
	return 0;
}

static void
answers_are_asked_for_until_they_fit_but_not_forever(void **state)
{
	const struct vfio_region_info head = {.index = 3};
	void *answer;
	size_t size;

	calls = 0;
	longer = 200;
	plx_vfio_set_ioctl(answer_longer);
	assert_int_equal(plx_vfio_ask(-1, 0, &head, sizeof(head), &answer, &size), 0);
	assert_int_equal(size, 200);
	assert_int_equal(calls, 2);
	assert_int_equal(((struct vfio_region_info *)answer)->index, 3);
	free(answer);
	plx_vfio_set_ioctl(answer_endless);
	assert_int_equal(plx_vfio_ask(-1, 0, &head, sizeof(head), &answer, &size), -EPROTO);
	assert_true(calls < 20);
	plx_vfio_set_ioctl(NULL);
	assert_int_equal(plx_vfio_ask(-1, 0, &head, sizeof(head), &answer, &size), -EBADF);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(capabilities_are_found_by_their_chain, clear),
		cmocka_unit_test_setup(chains_that_loop_or_leave_the_answer_end, clear),
		cmocka_unit_test_setup(an_iommu_of_39_bits_is_known_by_its_ranges, clear),
		cmocka_unit_test_setup(a_kernel_that_names_no_ranges_is_asked_by_mapping, clear),
		cmocka_unit_test_setup(ranges_that_are_none_do_not_count, clear),
		cmocka_unit_test_setup(an_answer_that_is_too_short_is_none, clear),
		cmocka_unit_test_setup(a_region_without_areas_is_mapped_whole_or_not, clear),
		cmocka_unit_test_setup(areas_are_kept_in_order_and_apart, clear),
		cmocka_unit_test_setup(areas_beyond_the_limit_are_left_to_calls, clear),
		cmocka_unit_test_setup(areas_count_if_they_are_said_and_there, clear),
		cmocka_unit_test_setup(regions_beyond_all_offsets_are_refused, clear),
		cmocka_unit_test_setup(answers_are_asked_for_until_they_fit_but_not_forever, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
