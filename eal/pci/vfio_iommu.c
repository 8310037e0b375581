/* SPDX-License-Identifier: BSD-3-Clause */
/* Which bus addresses an IOMMU can translate. */
#include "pci/vfio_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SMALLEST_PAGE 4096

static void
parse_ranges(const uint8_t *cap, size_t len, struct plx_vfio_iommu *iommu)
{
	struct vfio_iommu_type1_info_cap_iova_range head;
	size_t there = (len - sizeof(head)) / sizeof(iommu->range[0]);

	memcpy(&head, cap, sizeof(head));
	if (head.nr_iovas < there)
		there = head.nr_iovas;
	for (size_t i = 0; i < there && iommu->nb_ranges < PLX_VFIO_RANGES_MAX; i++) {
		struct vfio_iova_range range;

		memcpy(&range, cap + sizeof(head) + i * sizeof(range), sizeof(range));
		if (range.start <= range.end)
			iommu->range[iommu->nb_ranges++] = range;
	}
}

int
plx_vfio_iommu_parse(const void *info, size_t size, struct plx_vfio_iommu *ret_iommu)
{
	struct vfio_iommu_type1_info head = {0};
	const void *cap;
	size_t len;

	*ret_iommu = (struct plx_vfio_iommu){.page_sizes = SMALLEST_PAGE};
	if (size < offsetof(struct vfio_iommu_type1_info, cap_offset))
		return -EPROTO;
	memcpy(&head, info, size < sizeof(head) ? size : sizeof(head));
	if ((head.flags & VFIO_IOMMU_INFO_PGSIZES) != 0 && head.iova_pgsizes != 0)
		ret_iommu->page_sizes = head.iova_pgsizes;
	if ((head.flags & VFIO_IOMMU_INFO_CAPS) == 0)
		return 0;
	cap = plx_vfio_cap(info, size, head.cap_offset, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, &len);
	if (cap != NULL && len >= sizeof(struct vfio_iommu_type1_info_cap_iova_range))
		parse_ranges(cap, len, ret_iommu);
	return 0;
}

bool
plx_vfio_iommu_reaches(const struct plx_vfio_iommu *iommu, uint64_t iova, uint64_t len)
{
	uint64_t last = iova + len - 1;

	if (len == 0 || last < iova)
		return false;
	for (unsigned i = 0; i < iommu->nb_ranges; i++)
		if (iova >= iommu->range[i].start && last <= iommu->range[i].end)
			return true;
	return iommu->nb_ranges == 0;
}

unsigned
plx_vfio_iommu_width(const struct plx_vfio_iommu *iommu)
{
	uint64_t highest = 1;

	if (iommu->nb_ranges == 0)
		return 64;
	for (unsigned i = 0; i < iommu->nb_ranges; i++)
		if (iommu->range[i].end > highest)
			highest = iommu->range[i].end;
	return 64u - (unsigned)__builtin_clzll(highest);
}

const char *
plx_vfio_iommu_text(const struct plx_vfio_iommu *iommu, char *text, size_t size)
{
	size_t at = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < iommu->nb_ranges && at < size; i++)
		at += (size_t)snprintf(text + at, size - at, "0x%llx-0x%llx ",
				       (unsigned long long)iommu->range[i].start,
				       (unsigned long long)iommu->range[i].end);
	if (at < size)
		snprintf(text + at, size - at, "(%u bits)", plx_vfio_iommu_width(iommu));
	return text;
}

int
plx_vfio_iommu_read(int container, struct plx_vfio_iommu *ret_iommu)
{
	struct vfio_iommu_type1_info head = {0};
	void *info;
	size_t size;
	int ret = plx_vfio_ask(container, VFIO_IOMMU_GET_INFO, &head, sizeof(head), &info, &size);

	if (ret != 0)
		return ret;
	ret = plx_vfio_iommu_parse(info, size, ret_iommu);
	free(info);
	return ret;
}
