/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A stand-in for the kernel's vfio: it answers ioctls, everything else is real. A device is a memfd whose regions lie at
 * REGION(i), so that reading, writing and mapping it are the kernel's own. Files of /dev and /sys are those of sysfs_tree.h.
 */
#ifndef PLX_TESTS_UNIT_EAL_VFIO_KERNEL_H
#define PLX_TESTS_UNIT_EAL_VFIO_KERNEL_H

#include "fds.h"
#include "low_memory.h"
#include "pci/vfio_priv.h"
#include "sysfs_tree.h"

#include <errno.h>
#include <sys/mman.h>

#define REGION(i)	  ((off_t)(i) << 20)
#define VFIO_MAPS	  16
#define VFIO_CARD	  "0000:00:08.0" /* group 7 */
#define VFIO_CARD_BESIDE  "0000:00:09.0" /* group 7, too */
#define VFIO_CARD_ELSE	  "0000:00:0a.0" /* group 8 */
#define VFIO_CARD_NOIOMMU "0000:00:0b.0" /* group 9 */

static struct {
	unsigned long fail_request; /* this one fails with fail_errno */
	int fail_errno;
	int version;
	bool viable;
	uint32_t types; /* bit t: VFIO_CHECK_EXTENSION of t */
	uint32_t device_flags;
	bool no_pci, few_regions;
	unsigned nb_ranges;
	struct vfio_iova_range range[4];
	uint64_t region_size[VFIO_PCI_NUM_REGIONS];
	uint32_t region_flags[VFIO_PCI_NUM_REGIONS];
	unsigned sparse_bar; /* whose areas are these; none if nb_areas is 0 */
	unsigned nb_areas;
	struct vfio_region_sparse_mmap_area area[3];
	bool msix_mappable; /* said of BAR 4 */
	uint32_t irqs[VFIO_PCI_NUM_IRQS];
	bool no_eventfds;    /* interrupts are counted, but cannot signal */
	uint64_t page_sizes; /* of the IOMMU */

	int device; /* the memfd */
	unsigned nb_maps;
	struct vfio_iommu_type1_dma_map map[VFIO_MAPS];
	unsigned maps_ever;
	bool maps_limited; /* to maps_left more */
	unsigned maps_left;
	int told_by[VFIO_PCI_NUM_IRQS]; /* the fd of what is told unasked; 0: none so far */
	char irq_trace[512];		/* "msix 2: 5 -1; " */
	char trace[1024];		/* groups and maps in order */
} vfio;

static inline void
vfio_note(const char *what)
{
	strncat(vfio.trace, what, sizeof(vfio.trace) - strlen(vfio.trace) - 1);
}

static inline int
vfio_refuse(int err)
{
	errno = err;
	return -1;
}

static inline int
vfio_answer_region(struct vfio_region_info *info)
{
	unsigned i = info->index;
	bool sparse = vfio.nb_areas > 0 && i == vfio.sparse_bar;
	uint32_t need =
		sizeof(*info) +
		(sparse ? sizeof(struct vfio_region_info_cap_sparse_mmap) + sizeof(vfio.area) : 0);
	bool mappable = vfio.msix_mappable && i == 4;
	struct vfio_region_info_cap_sparse_mmap *cap = (void *)(info + 1);

	if (mappable && !sparse)
		need += sizeof(struct vfio_info_cap_header);
	info->size = vfio.region_size[i];
	info->offset = (uint64_t)REGION(i);
	info->flags = vfio.region_flags[i] | (sparse || mappable ? VFIO_REGION_INFO_FLAG_CAPS : 0);
	if (sparse && info->argsz >= need) {
		info->cap_offset = sizeof(*info);
		*cap = (struct vfio_region_info_cap_sparse_mmap){
			.header = {.id = VFIO_REGION_INFO_CAP_SPARSE_MMAP, .version = 1},
			.nr_areas = vfio.nb_areas};
		memcpy(cap->areas, vfio.area, sizeof(vfio.area));
	} else if (mappable && info->argsz >= need) {
		info->cap_offset = sizeof(*info);
		cap->header = (struct vfio_info_cap_header){
			.id = VFIO_REGION_INFO_CAP_MSIX_MAPPABLE, .version = 1};
	}
	info->argsz = need;
	return 0;
}

static inline int
vfio_answer_iommu(struct vfio_iommu_type1_info *info)
{
	struct vfio_iommu_type1_info_cap_iova_range *cap = (void *)(info + 1);
	uint32_t need = sizeof(*info) + sizeof(*cap) + sizeof(vfio.range);

	info->flags = VFIO_IOMMU_INFO_PGSIZES | VFIO_IOMMU_INFO_CAPS;
	info->iova_pgsizes = vfio.page_sizes;
	if (info->argsz >= need) {
		info->cap_offset = sizeof(*info);
		*cap = (struct vfio_iommu_type1_info_cap_iova_range){
			.header = {.id = VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, .version = 1},
			.nr_iovas = vfio.nb_ranges};
		memcpy(cap->iova_ranges, vfio.range, sizeof(vfio.range));
	}
	info->argsz = need;
	return 0;
}

static inline int
vfio_answer_map(const struct vfio_iommu_type1_dma_map *map)
{
	if (vfio.nb_maps == VFIO_MAPS || (vfio.maps_limited && vfio.maps_left-- == 0))
		return vfio_refuse(ENOSPC);
	vfio.map[vfio.nb_maps++] = *map;
	vfio.maps_ever++;
	vfio_note("map ");
	return 0;
}

/* Type 1 version 2 takes back maps as they were made, never a piece of one. */
static inline int
vfio_answer_unmap(const struct vfio_iommu_type1_dma_unmap *unmap)
{
	for (unsigned i = 0; i < vfio.nb_maps; i++) {
		if (vfio.map[i].iova != unmap->iova || vfio.map[i].size != unmap->size)
			continue;
		vfio.map[i] = vfio.map[--vfio.nb_maps];
		vfio_note("unmap ");
		return 0;
	}
	vfio_note("unmap-of-nothing ");
	return vfio_refuse(EINVAL);
}

static inline int
vfio_answer_irqs(const struct vfio_irq_set *set)
{
	static const char *const names[] = {"intx", "msi", "msix", "err", "req"};
	size_t at = strlen(vfio.irq_trace), size = sizeof(vfio.irq_trace);
	const int32_t *fds = (const void *)set->data;

	if ((set->flags & VFIO_IRQ_SET_DATA_EVENTFD) != 0 && set->count > 0)
		vfio.told_by[set->index] = fds[0];

	at += (size_t)snprintf(vfio.irq_trace + at, size - at, "%s%s %u:", names[set->index],
			       (set->flags & VFIO_IRQ_SET_ACTION_UNMASK) != 0 ? " unmask"
			       : (set->flags & VFIO_IRQ_SET_ACTION_MASK) != 0 ? " mask"
									      : "",
			       set->count);
	if ((set->flags & VFIO_IRQ_SET_DATA_EVENTFD) != 0)
		for (unsigned i = 0; i < set->count; i++)
			at += (size_t)snprintf(vfio.irq_trace + at, size - at, " %d", fds[i]);
	snprintf(vfio.irq_trace + at, size - at, "; ");
	return 0;
}

static inline int
vfio_answer_device(unsigned long request, void *arg)
{
	struct vfio_device_info *info = arg;
	struct vfio_irq_info *irq = arg;

	switch (request) {
	case VFIO_DEVICE_GET_INFO:
		info->flags = (vfio.no_pci ? VFIO_DEVICE_FLAGS_PLATFORM : VFIO_DEVICE_FLAGS_PCI) |
			      vfio.device_flags;
		info->num_regions =
			vfio.few_regions ? VFIO_PCI_CONFIG_REGION_INDEX : VFIO_PCI_NUM_REGIONS;
		info->num_irqs = VFIO_PCI_NUM_IRQS;
		return 0;
	case VFIO_DEVICE_GET_REGION_INFO:
		return vfio_answer_region(arg);
	case VFIO_DEVICE_GET_IRQ_INFO:
		irq->flags = vfio.no_eventfds ? 0 : VFIO_IRQ_INFO_EVENTFD;
		irq->count = vfio.irqs[irq->index];
		return 0;
	case VFIO_DEVICE_SET_IRQS:
		return vfio_answer_irqs(arg);
	case VFIO_DEVICE_RESET:
		return 0;
	}
	return vfio_refuse(ENOTTY);
}

static inline int
vfio_answer_group(unsigned long request, void *arg)
{
	switch (request) {
	case VFIO_GROUP_GET_STATUS:
		((struct vfio_group_status *)arg)->flags =
			vfio.viable ? VFIO_GROUP_FLAGS_VIABLE : 0;
		return 0;
	case VFIO_GROUP_SET_CONTAINER:
		vfio_note("join ");
		return 0;
	case VFIO_GROUP_UNSET_CONTAINER:
		vfio_note("leave ");
		return 0;
	case VFIO_GROUP_GET_DEVICE_FD:
		return dup(vfio.device);
	}
	return vfio_answer_device(request, arg);
}

static inline int
vfio_answer(int fd, unsigned long request, void *arg)
{
	if (request == vfio.fail_request)
		return vfio_refuse(vfio.fail_errno);
	switch (request) {
	case VFIO_GET_API_VERSION:
		return vfio.version;
	case VFIO_CHECK_EXTENSION:
		return (vfio.types >> (uintptr_t)arg) & 1;
	case VFIO_SET_IOMMU:
		return 0;
	case VFIO_IOMMU_GET_INFO:
		return vfio_answer_iommu(arg);
	case VFIO_IOMMU_MAP_DMA:
		return vfio_answer_map(arg);
	case VFIO_IOMMU_UNMAP_DMA:
		return vfio_answer_unmap(arg);
	}
	return vfio_answer_group(request, arg);
}

/* A card in a group, as the kernel shows it. */
static inline void
vfio_card(const char *address, const char *driver, unsigned group)
{
	char name[SYSFS_NAME_MAX], target[SYSFS_NAME_MAX];

	sysfs_device(address, "0x1af4", "0x1041", "0x020000", driver);
	snprintf(name, sizeof(name), SYSFS_DEVICES "/%s/iommu_group", address);
	snprintf(target, sizeof(target), "../../../kernel/iommu_groups/%u", group);
	sysfs_symlink(name, target);
	snprintf(name, sizeof(name), "/sys/kernel/iommu_groups/%u/devices/%s", group, address);
	snprintf(target, sizeof(target), "../../../../bus/pci/devices/%s", address);
	sysfs_symlink(name, target);
}

/* The card says that its MSI-X table of so many entries is there, as PCI 3.0, 6.8.2 has it. */
static inline bool
vfio_put_msix(unsigned bar, uint32_t off, unsigned entries)
{
	const uint16_t control = (uint16_t)(entries - 1), has_caps = 0x0010;
	const uint32_t table = off | bar;
	const uint8_t at = 0x40, cap[] = {PLX_PCI_CAP_MSIX, 0};

	return pwrite(vfio.device, &has_caps, 2, REGION(7) + 0x06) == 2 &&
	       pwrite(vfio.device, &at, 1, REGION(7) + 0x34) == 1 &&
	       pwrite(vfio.device, cap, 2, REGION(7) + at) == 2 &&
	       pwrite(vfio.device, &control, 2, REGION(7) + at + 2) == 2 &&
	       pwrite(vfio.device, &table, 4, REGION(7) + at + 4) == 4;
}

/* Cards in three groups, regions and interrupts as of a virtio card, an IOMMU of 39 bits. */
static inline int
vfio_setup(void **state)
{
	static const uint8_t bars[] = {
		1, 0, 0, 0, 0x0c, 0}; /* BAR 0 ports, BAR 1 memory, BAR 4 memory, 64 bits */

	if (sysfs_setup(state) != 0)
		return -1;
	memset(&vfio, 0, sizeof(vfio));
	vfio.version = VFIO_API_VERSION;
	vfio.viable = true;
	vfio.types = 1u << VFIO_TYPE1_IOMMU | 1u << VFIO_TYPE1v2_IOMMU | 1u << VFIO_NOIOMMU_IOMMU;
	vfio.page_sizes = 4096 | 2UL << 20;
	vfio.nb_ranges = 2;
	vfio.range[0] = (struct vfio_iova_range){0, 0xfedfffff};
	vfio.range[1] = (struct vfio_iova_range){0xfef00000, (1ULL << ZONE_BITS) - 1};
	vfio.region_size[0] = 32;
	vfio.region_size[1] = 4096;
	vfio.region_flags[1] = VFIO_REGION_INFO_FLAG_MMAP;
	vfio.region_size[4] = 16384;
	vfio.region_flags[4] = VFIO_REGION_INFO_FLAG_MMAP;
	vfio.region_size[VFIO_PCI_CONFIG_REGION_INDEX] = 256;
	vfio.irqs[VFIO_PCI_INTX_IRQ_INDEX] = 1;
	vfio.irqs[VFIO_PCI_MSIX_IRQ_INDEX] = 4;
	vfio.device = memfd_create("device", MFD_CLOEXEC);
	if (vfio.device < 0 || ftruncate(vfio.device, REGION(VFIO_PCI_NUM_REGIONS)) != 0)
		return -1;
	for (unsigned i = 0; i < sizeof(bars); i++)
		if (pwrite(vfio.device, &bars[i], 1, REGION(7) + 0x10 + 4 * i) != 1)
			return -1;
	vfio_card(VFIO_CARD, "vfio-pci", 7);
	vfio_card(VFIO_CARD_BESIDE, "vfio-pci", 7);
	vfio_card(VFIO_CARD_ELSE, "vfio-pci", 8);
	vfio_card(VFIO_CARD_NOIOMMU, "vfio-pci", 9);
	sysfs_file("/sys/kernel/iommu_groups/9/name", "vfio-noiommu\n");
	sysfs_file("/dev/vfio/vfio", "");
	sysfs_file("/dev/vfio/7", "");
	sysfs_file("/dev/vfio/8", "");
	sysfs_file("/dev/vfio/noiommu-9", "");
	plx_vfio_set_ioctl(vfio_answer);
	return 0;
}

static inline int
vfio_teardown(void **state)
{
	plx_vfio_set_ioctl(NULL);
	close(vfio.device);
	return sysfs_teardown(state);
}

#endif
