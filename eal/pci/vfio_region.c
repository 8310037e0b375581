/* SPDX-License-Identifier: BSD-3-Clause */
/* What vfio tells of a region of a device, and which of its pages may be mapped. */
#include "pci/vfio_priv.h"
#include "plx_bits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* An area that can be mapped: whole pages inside the region, or nothing. */
static struct vfio_region_sparse_mmap_area
clip(struct vfio_region_sparse_mmap_area area, uint64_t size)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	if (area.offset >= size)
		return (struct vfio_region_sparse_mmap_area){.offset = size};
	if (area.size > size - area.offset)
		area.size = size - area.offset;
	if (area.offset % page != 0)
		area.size = 0;
	return area;
}

/*
 * One hole is all we keep: from the end of the area at the region's start to the start of the one at its end. That is
 * exact for an MSI-X table, and for anything stranger more than need be goes by calls.
 */
static void
parse_sparse(const uint8_t *cap, size_t len, struct plx_vfio_region *region)
{
	struct vfio_region_info_cap_sparse_mmap head;
	size_t there = (len - sizeof(head)) / sizeof(head.areas[0]);
	uint64_t first_end = 0, last_start = region->size;

	memcpy(&head, cap, sizeof(head));
	if (head.nr_areas < there)
		there = head.nr_areas;
	for (size_t i = 0; i < there; i++) {
		struct vfio_region_sparse_mmap_area area;

		memcpy(&area, cap + sizeof(head) + i * sizeof(area), sizeof(area));
		area = clip(area, region->size);
		if (area.size == 0)
			continue;
		if (area.offset == 0 && area.size > first_end)
			first_end = area.size;
		if (area.offset + area.size == region->size && area.offset < last_start)
			last_start = area.offset;
	}
	region->hole = first_end;
	region->hole_len = last_start > first_end ? last_start - first_end : 0;
	if (region->hole_len == region->size)
		region->map = false;
}

int
plx_vfio_region_parse(const void *info, size_t size, struct plx_vfio_region *ret_region)
{
	struct vfio_region_info head;
	const void *cap;
	size_t len;

	*ret_region = (struct plx_vfio_region){0};
	if (size < sizeof(head))
		return -EPROTO;
	memcpy(&head, info, sizeof(head));
	/* off_t is signed, and what lies in the region must have an offset, too. */
	if (head.size > INT64_MAX || head.offset > INT64_MAX - head.size)
		return -EPROTO;
	ret_region->size = head.size;
	ret_region->offset = head.offset;
	ret_region->map = head.size > 0 && (head.flags & VFIO_REGION_INFO_FLAG_MMAP) != 0;
	if (!ret_region->map || (head.flags & VFIO_REGION_INFO_FLAG_CAPS) == 0)
		return 0;
	cap = plx_vfio_cap(info, size, head.cap_offset, VFIO_REGION_INFO_CAP_SPARSE_MMAP, &len);
	if (cap != NULL && len >= sizeof(struct vfio_region_info_cap_sparse_mmap))
		parse_sparse(cap, len, ret_region);
	return 0;
}

int
plx_vfio_region_read(int device, unsigned index, struct plx_vfio_region *ret_region)
{
	struct vfio_region_info head = {.index = index};
	void *info;
	size_t size;
	int ret = plx_vfio_ask(device, VFIO_DEVICE_GET_REGION_INFO, &head, sizeof(head), &info,
			       &size);

	if (ret != 0)
		return ret;
	ret = plx_vfio_region_parse(info, size, ret_region);
	free(info);
	return ret;
}
