/* SPDX-License-Identifier: BSD-3-Clause */
/* What vfio tells of a region of a device, and which of its pages may be mapped. */
#include "pci/vfio_priv.h"
#include "plx_bits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* PCI Local Bus 3.0, 6.8.2. */
#define MSIX_TABLE_BAR	  0x7u
#define MSIX_CONTROL_SIZE 0x7ffu /* entries, less one */
#define MSIX_ENTRY_LEN	  16

/* What of an area can be mapped: whole pages inside the region, or nothing. */
static struct plx_pci_area
clip(struct vfio_region_sparse_mmap_area area, uint64_t size)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	if (area.offset >= size || area.offset % page != 0)
		return (struct plx_pci_area){0, 0};
	if (area.size > size - area.offset)
		area.size = size - area.offset;
	return (struct plx_pci_area){area.offset, area.size};
}

/* Takes an area in, and those that it touches into it. */
static void
add_area(struct plx_vfio_region *region, struct plx_pci_area area)
{
	struct plx_pci_area *kept = region->area;
	uint64_t end = area.off + area.len;
	unsigned at = 0, after;

	while (at < region->nb_areas && kept[at].off + kept[at].len < area.off)
		at++;
	for (after = at; after < region->nb_areas && kept[after].off <= end; after++) {
		if (kept[after].off < area.off)
			area.off = kept[after].off;
		if (kept[after].off + kept[after].len > end)
			end = kept[after].off + kept[after].len;
	}
	/* One too many is left to calls. */
	if (at == after && region->nb_areas == PLX_PCI_AREAS_MAX)
		return;
	memmove(&kept[at + 1], &kept[after], (region->nb_areas - after) * sizeof(*kept));
	kept[at] = (struct plx_pci_area){area.off, end - area.off};
	region->nb_areas = region->nb_areas + 1 - (after - at);
}

static void
parse_sparse(const uint8_t *cap, size_t len, struct plx_vfio_region *region)
{
	struct vfio_region_info_cap_sparse_mmap head;
	size_t there = (len - sizeof(head)) / sizeof(head.areas[0]);

	memcpy(&head, cap, sizeof(head));
	if (head.nr_areas < there)
		there = head.nr_areas;
	for (size_t i = 0; i < there; i++) {
		struct vfio_region_sparse_mmap_area said;
		struct plx_pci_area area;

		memcpy(&said, cap + sizeof(head) + i * sizeof(said), sizeof(said));
		area = clip(said, region->size);
		if (area.len > 0)
			add_area(region, area);
	}
	region->told = true;
	region->map = region->nb_areas > 0;
	if (region->nb_areas == 1 && region->area[0].len == region->size)
		region->nb_areas = 0;
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
	else
		ret_region->told = plx_vfio_cap(info, size, head.cap_offset,
						VFIO_REGION_INFO_CAP_MSIX_MAPPABLE, &len) != NULL;
	return 0;
}

void
plx_vfio_region_spare_msix(struct plx_vfio_region bars[PLX_PCI_BARS], uint32_t table,
			   uint16_t control)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	const unsigned bar = table & MSIX_TABLE_BAR;
	const uint64_t first = table & ~MSIX_TABLE_BAR;
	const uint64_t entries = (control & MSIX_CONTROL_SIZE) + 1u;
	struct plx_vfio_region *region;
	uint64_t from, to;

	if (bar >= PLX_PCI_BARS)
		return;
	region = &bars[bar];
	if (!region->map || region->told || first >= region->size)
		return;
	from = plx_align_down(first, page);
	to = plx_align_up(first + entries * MSIX_ENTRY_LEN, page);
	if (from > 0)
		add_area(region, (struct plx_pci_area){0, from});
	if (to < region->size)
		add_area(region, (struct plx_pci_area){to, region->size - to});
	region->map = region->nb_areas > 0;
}

void
plx_vfio_region_show(const struct plx_vfio_region *region, struct plx_pci_bar *ret_bar)
{
	*ret_bar = (struct plx_pci_bar){.size = region->size, .nb_areas = region->nb_areas};
	memcpy(ret_bar->area, region->area, sizeof(ret_bar->area));
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
