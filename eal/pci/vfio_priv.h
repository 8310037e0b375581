/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of the transport vfio-pci share (Documentation/driver-api/vfio.rst, linux/vfio.h). The program has one
 * container, which is the translation that all its devices have; a group is what the IOMMU can tell apart.
 *
 *	container  /dev/vfio/vfio    one translation: DMA maps (vfio_dma.c)
 *	   group   /dev/vfio/17      all devices of a group belong to one program (vfio_group.c)
 *	      device  an fd          regions (vfio_bar.c), interrupts (vfio_irq.c)
 */
#ifndef PLX_EAL_PCI_VFIO_PRIV_H
#define PLX_EAL_PCI_VFIO_PRIV_H

#include "pci/sysfs_priv.h"
#include "plx_dma_driver.h"
#include "plx_list.h"
#include "plx_pci_driver.h"

#include <linux/vfio.h>

/* Asks the kernel. Tests answer in its place; everything else they give as files. -1 and errno. */
typedef int (*plx_vfio_ioctl_fn)(int fd, unsigned long request, void *arg);
void plx_vfio_set_ioctl(plx_vfio_ioctl_fn fn); /* NULL: the kernel again */
int plx_vfio_ioctl(int fd, unsigned long request, void *arg);

/* -- answers with capabilities (vfio_info.c): nothing in them is believed ------------------------------------------- */

#define PLX_VFIO_INFO_MAX 65536 /* bytes of the longest answer that is asked for */

/*
 * Asks for an answer as long as it comes; it begins with argsz, `size` bytes of `head` are what is asked with. The answer
 * is the caller's to free, *ret_size how many bytes of it there are. 0 or a negative errno.
 */
int plx_vfio_ask(int fd, unsigned long request, const void *head, size_t size, void **ret_info,
		 size_t *ret_size);

/*
 * The capability of that id in a chain that starts `first` bytes from info; *ret_len: how many bytes there are from its
 * header to the end of info. NULL if there is none, or the chain loops or leaves info before it.
 */
const void *
plx_vfio_cap(const void *info, size_t size, uint32_t first, uint16_t id, size_t *ret_len);

/* -- bus addresses (vfio_iommu.c) --------------------------------------------------------------------------------------- */

#define PLX_VFIO_RANGES_MAX 32

struct plx_vfio_iommu {
	unsigned nb_ranges; /* 0: the kernel does not say */
	struct vfio_iova_range range[PLX_VFIO_RANGES_MAX];
	uint64_t page_sizes; /* bitmap; 4 KiB if the kernel does not say */
};

/* Reads what the answer to VFIO_IOMMU_GET_INFO says. -EPROTO if it is none. */
int plx_vfio_iommu_parse(const void *info, size_t size, struct plx_vfio_iommu *ret_iommu);

/* True if the bytes from iova on, len of them, are all in one range. */
bool plx_vfio_iommu_reaches(const struct plx_vfio_iommu *iommu, uint64_t iova, uint64_t len);

/* How many bits the highest bus address has; 64 if the kernel does not say. */
unsigned plx_vfio_iommu_width(const struct plx_vfio_iommu *iommu);

/* "0x0-0xfedfffff 0xfef00000-0x7fffffffff (39 bits)". Returns text. */
const char *plx_vfio_iommu_text(const struct plx_vfio_iommu *iommu, char *text, size_t size);

/* Asks the kernel. 0 or a negative errno. */
int plx_vfio_iommu_read(int container, struct plx_vfio_iommu *ret_iommu);

/* -- groups and the container (vfio_group.c, vfio_container.c) -------------------------------------------------------- */

struct plx_vfio_group {
	struct plx_list link;
	unsigned number;
	bool noiommu;
	int fd;
	unsigned nb_devices; /* that are open */
};

/* Which group a device is in. -ENODEV: none, or there is no such device. */
int plx_vfio_group_find(const char *address, unsigned *ret_number, bool *ret_noiommu,
			struct plx_why *why);
/* Opens it: alone of all programs. The caller's to destroy. */
int plx_vfio_group_create(unsigned number, bool noiommu, struct plx_vfio_group **ret_group,
			  struct plx_why *why);
void plx_vfio_group_destroy(struct plx_vfio_group *group);
/* The devices of a group that keep it from being ours: "0000:00:05.0 (e1000), ...". Returns text. */
const char *plx_vfio_group_others(unsigned number, char *text, size_t size);

/*
 * The group of the device at that address, in the container, both opened if they were not; counted until put. While there
 * is one, every zone is mapped (or IOVA is PA, without IOMMU).
 */
int plx_vfio_group_get(const char *address, struct plx_vfio_group **ret_group, struct plx_why *why);
void plx_vfio_group_put(struct plx_vfio_group *group);

/* -- DMA maps (vfio_dma.c) ------------------------------------------------------------------------------------------------- */

/* Maps zones in a container; plx_dma_add has them told. */
struct plx_vfio_dma {
	struct plx_dma_mapper mapper;
	int container;
};
void plx_vfio_dma_init(struct plx_vfio_dma *dma, int container);

/* -- a device ---------------------------------------------------------------------------------------------------------------- */

/* Where in the device's fd a region lies, and what of it can be mapped. */
struct plx_vfio_region {
	uint64_t size; /* 0: there is none */
	uint64_t offset;
	bool map;
	bool told; /* the kernel says what of it, MSI-X table or not, can be mapped */
	/* What may be mapped, in order and apart; none, with `map`: all of it. */
	unsigned nb_areas;
	struct plx_pci_area area[PLX_PCI_AREAS_MAX];
};

/* What vfio tells unasked (vfio_request.c). */
#define PLX_VFIO_REQUESTS 2
struct plx_vfio_request {
	struct plx_vfio_device *dev;
	unsigned index; /* VFIO_PCI_REQ_IRQ_INDEX or VFIO_PCI_ERR_IRQ_INDEX */
	int fd;		/* -1: not watched */
	plx_event_id event;
};

struct plx_vfio_device {
	char address[32];
	struct plx_vfio_request request[PLX_VFIO_REQUESTS];
	bool told[PLX_VFIO_REQUESTS]; /* of an error, of a removal */
	struct plx_vfio_group *group;
	int fd;
	bool can_reset;
	enum plx_pci_irq_kind irq_kind; /* in force */
	struct plx_vfio_region bar[PLX_PCI_BARS];
	struct plx_vfio_region config;
};

/* Reads what the answer to VFIO_DEVICE_GET_REGION_INFO says. -EPROTO if it is none. (vfio_region.c) */
int plx_vfio_region_parse(const void *info, size_t size, struct plx_vfio_region *ret_region);
/* The BAR as drivers see it, not mapped yet. */
void plx_vfio_region_show(const struct plx_vfio_region *region, struct plx_pci_bar *ret_bar);
/*
 * Leaves the MSI-X table to calls where the kernel does not say whether it can be mapped: kernels before 4.6 refuse any map that
 * meets it. `table` and `control` are the capability's (PCI 3.0, 6.8.2.3 and 6.8.2.4).
 */
void plx_vfio_region_spare_msix(struct plx_vfio_region bars[PLX_PCI_BARS], uint32_t table,
				uint16_t control);
int plx_vfio_region_read(int device, unsigned index, struct plx_vfio_region *ret_region);

/* Operations of the transport. (vfio_bar.c) */
int plx_vfio_bar_map(struct plx_pci *pci, unsigned bar, struct plx_why *why);
void plx_vfio_bar_unmap(struct plx_pci *pci, unsigned bar);
int plx_vfio_bar_read(struct plx_pci *pci, unsigned bar, uint64_t off, void *value, unsigned len);
int plx_vfio_bar_write(struct plx_pci *pci, unsigned bar, uint64_t off, const void *value,
		       unsigned len);

/* How many interrupts of each kind there are: fills in pci->intx and msix_vectors. (vfio_irq.c) */
void plx_vfio_irq_count(struct plx_pci *pci);
/* How many of an index can signal eventfds. */
unsigned plx_vfio_irqs_of(int device, unsigned index);
/* Tells who watches removals when the kernel wants the device back; from open to close. */
void plx_vfio_requests_watch(struct plx_vfio_device *dev);
void plx_vfio_requests_unwatch(struct plx_vfio_device *dev);
int plx_vfio_irq_set(struct plx_pci *pci, enum plx_pci_irq_kind kind, const int *fds, unsigned n,
		     struct plx_why *why);
int plx_vfio_irq_unmask(struct plx_pci *pci);

#endif
