/* SPDX-License-Identifier: BSD-3-Clause */
/* One memfd, mapped, placed, filled with zeroed pages and sealed: what a zone is made of. */
#ifndef PLX_EAL_SEGMENT_PRIV_H
#define PLX_EAL_SEGMENT_PRIV_H

#include "plx_base.h"

struct plx_segment {
	void *addr;
	size_t len; /* a multiple of page_size */
	size_t page_size;
	int fd;
};

/*
 * Makes it of pages of page_size (the system's own size: plain ones) on that node, negative for any. All
 * pages are there when it returns, so that nothing faults later. -ENOMEM when there are too few; other
 * errors are the kernel's. Leaves nothing behind on failure.
 */
int plx_segment_create(struct plx_segment *segment, const char *name, size_t len, size_t page_size,
		       int node, struct plx_why *why);

/* True if the machine has that NUMA node; node 0 is there on any. */
bool plx_segment_has_node(int node);

void plx_segment_destroy(struct plx_segment *segment);

#endif
