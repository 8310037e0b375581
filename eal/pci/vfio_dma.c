/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Zones in the container's translation. IOVA VA: a zone is one map, its bus address its virtual one. PA: each run of pages
 * that follow each other physically is one, so that devices that go round the IOMMU and those that do not see the same.
 */
#include "pci/vfio_priv.h"
#include "plx_bits.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#define DMA_LIMIT "/sys/module/vfio_iommu_type1/parameters/dma_entry_limit"

struct run {
	uint64_t offset; /* in the zone */
	uint64_t iova;
	uint64_t len;
};

/* The run that begins at run->offset + run->len; false behind the last. All zeroes: the first. */
static bool
next_run(const struct plx_zone *zone, struct run *run)
{
	uint8_t shift;
	const uint64_t *page = plx_zone_page_iova(zone, &shift);
	size_t nb_pages = zone->len >> shift, i, n = 1;

	run->offset += run->len;
	if (run->offset >= zone->len)
		return false;
	if (page == NULL) {
		*run = (struct run){run->offset, zone->iova, zone->len};
		return true;
	}
	i = run->offset >> shift;
	while (i + n < nb_pages && page[i + n] == page[i] + ((uint64_t)n << shift))
		n++;
	run->iova = page[i];
	run->len = (uint64_t)n << shift;
	return true;
}

static int
out_of_reach(const struct plx_vfio_iommu *iommu, const struct run *run, struct plx_why *why)
{
	char ranges[256];

	plx_vfio_iommu_text(iommu, ranges, sizeof(ranges));
	return plx_why(why, -ERANGE,
		       "bus addresses 0x%llx-0x%llx are beyond the IOMMU, which translates %s: %s",
		       (unsigned long long)run->iova,
		       (unsigned long long)(run->iova + run->len - 1), ranges,
		       plx_iova_mode() == PLX_IOVA_VA ? "--iova-mode pa gives lower ones"
						      : "--iova-mode va gives others");
}

static int
explain_enomem(const struct plx_zone *zone, struct plx_why *why)
{
	struct rlimit limit = {0};

	getrlimit(RLIMIT_MEMLOCK, &limit);
	if (limit.rlim_cur == RLIM_INFINITY)
		return plx_why(why, -ENOMEM, "the kernel has no memory to map %zu KiB for devices",
			       zone->len >> 10);
	return plx_why(why, -ENOMEM,
		       "memory of devices stays locked; %zu KiB more are beyond the limit of %llu "
		       "KiB: ulimit -l unlimited, LimitMEMLOCK=infinity in a unit of systemd, or "
		       "CAP_IPC_LOCK" PLX_DOCTOR("memlock"),
		       zone->len >> 10, (unsigned long long)(limit.rlim_cur >> 10));
}

static int
explain_enospc(struct plx_why *why)
{
	char path[PLX_SYSFS_PATH_MAX], limit[16];

	plx_sysfs_path(path, DMA_LIMIT);
	if (plx_sysfs_line(path, limit, sizeof(limit)) != 0)
		snprintf(limit, sizeof(limit), "the");
	return plx_why(
		why, -ENOSPC,
		"all of %s DMA maps that the kernel allows a program are taken%s: raise " DMA_LIMIT
			PLX_DOCTOR("vfio"),
		limit,
		plx_iova_mode() == PLX_IOVA_PA
			? " (each run of pages is one, so that larger pages need fewer)"
			: "");
}

static int
explain(const struct plx_zone *zone, const struct run *run, const struct plx_vfio_iommu *iommu,
	int err, struct plx_why *why)
{
	if (err == ENOMEM)
		return explain_enomem(zone, why);
	if (err == ENOSPC)
		return explain_enospc(why);
	return plx_why(why, -err,
		       "VFIO_IOMMU_MAP_DMA of 0x%llx-0x%llx refused (%s), the IOMMU has %u bits",
		       (unsigned long long)run->iova,
		       (unsigned long long)(run->iova + run->len - 1), strerror(err),
		       plx_vfio_iommu_width(iommu));
}

static int
map_run(struct plx_vfio_dma *dma, const struct plx_zone *zone, const struct run *run,
	const struct plx_vfio_iommu *iommu, struct plx_why *why)
{
	uint64_t smallest = iommu->page_sizes & (~iommu->page_sizes + 1);
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)zone->addr + run->offset,
		.iova = run->iova,
		.size = run->len,
	};

	if (run->iova == PLX_IOVA_BAD)
		return plx_why(why, -EFAULT, "its pages have no lasting bus address");
	if (!plx_vfio_iommu_reaches(iommu, run->iova, run->len))
		return out_of_reach(iommu, run, why);
	if (((run->iova | run->len) & (smallest - 1)) != 0)
		return plx_why(why, -EINVAL,
			       "its pages of %zu KiB are smaller than the IOMMU's of "
			       "%llu KiB: huge pages are needed" PLX_DOCTOR("hugepages"),
			       zone->page_size >> 10, (unsigned long long)(smallest >> 10));
	if (plx_vfio_ioctl(dma->container, VFIO_IOMMU_MAP_DMA, &map) != 0)
		return explain(zone, run, iommu, errno, why);
	return 0;
}

/* Takes back the runs before the byte at `end` of the zone. */
static void
unmap_until(struct plx_vfio_dma *dma, const struct plx_zone *zone, uint64_t end)
{
	struct run run = {0};

	while (next_run(zone, &run) && run.offset < end) {
		struct vfio_iommu_type1_dma_unmap unmap = {
			.argsz = sizeof(unmap), .iova = run.iova, .size = run.len};

		plx_vfio_ioctl(dma->container, VFIO_IOMMU_UNMAP_DMA, &unmap);
	}
}

static int
dma_map(struct plx_dma_mapper *mapper, const struct plx_zone *zone, struct plx_why *why)
{
	struct plx_vfio_dma *dma = PLX_CONTAINER_OF(mapper, struct plx_vfio_dma, mapper);
	struct plx_vfio_iommu iommu;
	struct run run = {0};
	/* Each time: a group that joined has made the ranges smaller, perhaps. */
	int ret = plx_vfio_iommu_read(dma->container, &iommu);

	if (ret != 0)
		return plx_why(why, ret, "VFIO_IOMMU_GET_INFO: %s", strerror(-ret));
	while (next_run(zone, &run)) {
		ret = map_run(dma, zone, &run, &iommu, why);
		if (ret != 0) {
			unmap_until(dma, zone, run.offset);
			return ret;
		}
	}
	return 0;
}

static void
dma_unmap(struct plx_dma_mapper *mapper, const struct plx_zone *zone)
{
	unmap_until(PLX_CONTAINER_OF(mapper, struct plx_vfio_dma, mapper), zone, zone->len);
}

void
plx_vfio_dma_init(struct plx_vfio_dma *dma, int container)
{
	*dma = (struct plx_vfio_dma){.mapper = {.map = dma_map, .unmap = dma_unmap},
				     .container = container};
}
