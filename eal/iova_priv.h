/* SPDX-License-Identifier: BSD-3-Clause */
/* Bus addresses of memory. */
#ifndef PLX_EAL_IOVA_PRIV_H
#define PLX_EAL_IOVA_PRIV_H

#include "plx_zone.h"
#include "segment_priv.h"

/* Chooses the mode. PA: -EPERM with the cure when the kernel hides physical addresses from us. */
int plx_iova_set_mode(enum plx_iova_mode mode, struct plx_why *why);

/* The user chose it: no device may ask for another (plx_dma_need_pa). Ends with the next set_mode. */
void plx_iova_keep_mode(void);

/*
 * The physical address of each page of the segment, from the heap; NULL in VA mode, and for plain pages,
 * which the kernel may move.
 */
int plx_iova_pages(const struct plx_segment *segment, uint64_t **ret_pages, struct plx_why *why);

#endif
