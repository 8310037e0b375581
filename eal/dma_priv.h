/* SPDX-License-Identifier: BSD-3-Clause */
/* What zones tell the DMA mappers. The lock of the zones is held (zone_priv.h). */
#ifndef PLX_EAL_DMA_PRIV_H
#define PLX_EAL_DMA_PRIV_H

#include "plx_dma_driver.h"

/* Tells every mapper of the zone, in the order they were added, or none of them. */
int plx_dma_map_zone(const struct plx_zone *zone, struct plx_why *why);
void plx_dma_unmap_zone(const struct plx_zone *zone);

/* True if there is memory that devices may have been told addresses of. Takes the lock. */
bool plx_dma_any(void);

#endif
