/* SPDX-License-Identifier: BSD-3-Clause */
#include "plx_ring_mpmc.h"

#include "plx_bits.h"

#include <errno.h>
#include <string.h>

size_t
plx_ring_mpmc_size(uint32_t capacity, unsigned elem_size)
{
	if (!plx_is_pow2(capacity) || capacity > PLX_RING_MPMC_CAPACITY_MAX)
		return 0;
	if (elem_size != 4 && elem_size != 8)
		return 0;
	return plx_align_up(sizeof(struct plx_ring_mpmc) + (size_t)capacity * (elem_size + 1),
			    PLX_CACHE_LINE);
}

int
plx_ring_mpmc_init(struct plx_ring_mpmc *r, uint32_t capacity, unsigned elem_size)
{
	if (plx_ring_mpmc_size(capacity, elem_size) == 0 || (uintptr_t)r % PLX_CACHE_LINE != 0)
		return -EINVAL;
	memset(r, 0, sizeof(*r));
	r->prod.capacity = capacity;
	r->prod.mask = capacity - 1;
	r->prod.tags = sizeof(*r) + (uint64_t)capacity * elem_size;
	r->prod.elem_size = elem_size;
	r->cons.capacity = capacity;
	r->cons.mask = r->prod.mask;
	r->cons.tags = r->prod.tags;
	/* The lap before the first is an odd one. */
	memset(plx_ring_mpmc_tags(r, r->prod.tags), 0xff, capacity);
	return 0;
}

void
plx_ring_mpmc_fini(struct plx_ring_mpmc *r)
{
	if (r == NULL)
		return;
	/* No capacity: full. One tag, which is of no lap: empty. */
	memset(r, 0, sizeof(*r));
	r->cons.tags = sizeof(*r);
	*plx_ring_mpmc_tags(r, r->cons.tags) = 0xff;
}
