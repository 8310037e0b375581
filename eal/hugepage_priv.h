/* SPDX-License-Identifier: BSD-3-Clause */
/* What huge pages the machine has, and which to take for a zone. */
#ifndef PLX_EAL_HUGEPAGE_PRIV_H
#define PLX_EAL_HUGEPAGE_PRIV_H

#include "plx_base.h"

#define PLX_HUGEPAGE_SIZES_MAX 8

/* Page sizes in the order in which to try them. */
struct plx_hugepage_plan {
	unsigned n;
	size_t size[PLX_HUGEPAGE_SIZES_MAX];
};

/* The sizes that the kernel has, largest first; returns how many. */
unsigned plx_hugepage_sizes(size_t sizes[PLX_HUGEPAGE_SIZES_MAX]);

/*
 * Which of `sizes` suit a zone of `len` bytes: first those that waste next to nothing, largest first, then
 * those that waste less than they hold; with `any`, at last the smallest of all.
 */
void plx_hugepage_plan(struct plx_hugepage_plan *plan, const size_t *sizes, unsigned nb_sizes,
		       size_t len, bool any);

/* Pages of that size that are free now, on that node or (negative) anywhere. */
uint64_t plx_hugepage_free(size_t page_size, int node);

/* "2 MiB", "1 GiB", "4 KiB". Returns text. */
const char *plx_hugepage_name(size_t page_size, char *text, size_t size);

/* The command that makes room for `len` bytes. Returns text. */
const char *plx_hugepage_cure(size_t page_size, size_t len, char *text, size_t size);

#endif
