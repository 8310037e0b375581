/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who must be told of memory that devices reach: an IOMMU container, a peer that maps our memory by file descriptor. For
 * buses and drivers.
 *
 * A device is given bus addresses (IOVA). They are the program's own virtual addresses where an IOMMU or a peer translates
 * (PLX_IOVA_VA), physical ones where nothing does (PLX_IOVA_PA); one mode holds for all PCI devices of a program. Zones
 * are placed low in the address space, so that an IOMMU of 39 bits reaches them too.
 * Thread: main, unless a function says otherwise. Path: slow. */
#ifndef PLX_EAL_PLX_DMA_DRIVER_H
#define PLX_EAL_PLX_DMA_DRIVER_H

#include "plx_list.h"
#include "plx_zone.h"

PLX_BEGIN_DECLS

/* Embedded in what needs to know; zero it, fill in the functions. */
struct plx_dma_mapper {
	struct plx_list link; /* the EAL's */
	/*
	 * Makes the zone reachable; zones of use PRIVATE are not told. A failure fails the reservation of the zone. Called by
	 * whoever reserves, one call at a time, under a lock: must not reserve or free zones.
	 */
	int (*map)(struct plx_dma_mapper *mapper, const struct plx_zone *zone, struct plx_why *why);
	/* The zone is about to go; also called for each zone by plx_dma_remove. */
	void (*unmap)(struct plx_dma_mapper *mapper, const struct plx_zone *zone);
};

/* Maps all zones there are and those that come. On failure nothing stays mapped. Thread: main. Path: slow. */
int plx_dma_add(struct plx_dma_mapper *mapper, struct plx_why *why);

/* Unmaps all and forgets the mapper; fine for one that was never added. */
void plx_dma_remove(struct plx_dma_mapper *mapper);

/*
 * A device works with physical addresses only: sets the mode, unless it is PA already. -EPERM without the rights,
 * -EBUSY when memory was handed out under virtual addresses already, or the user said --iova-mode va; why has the
 * cure. Thread: main, in a driver's probe, before it reserves any zone.
 */
int plx_dma_need_pa(struct plx_why *why);

/*
 * The bus address of a byte in any zone, under the mode in force; PLX_IOVA_BAD if it is in none that devices may reach.
 * Thread: any. Path: slow: it searches.
 */
uint64_t plx_dma_address(const void *addr);

PLX_END_DECLS

#endif
