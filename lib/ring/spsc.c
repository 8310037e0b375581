/* SPDX-License-Identifier: BSD-3-Clause */
#include "plx_ring_spsc.h"

#include "plx_bits.h"

#include <errno.h>
#include <string.h>

size_t
plx_ring_spsc_size(uint32_t capacity, unsigned elem_size)
{
	if (!plx_is_pow2(capacity) || capacity > PLX_RING_SPSC_CAPACITY_MAX)
		return 0;
	if (elem_size != 4 && elem_size != 8)
		return 0;
	return plx_align_up(sizeof(struct plx_ring_spsc) + (size_t)capacity * elem_size,
			    PLX_CACHE_LINE);
}

int
plx_ring_spsc_init(struct plx_ring_spsc *r, uint32_t capacity, unsigned elem_size)
{
	if (plx_ring_spsc_size(capacity, elem_size) == 0 || (uintptr_t)r % PLX_CACHE_LINE != 0)
		return -EINVAL;
	memset(r, 0, sizeof(*r));
	r->prod.capacity = capacity;
	r->prod.mask = capacity - 1;
	r->prod.elem_size = elem_size;
	r->cons.capacity = capacity;
	r->cons.mask = capacity - 1;
	return 0;
}

void
plx_ring_spsc_fini(struct plx_ring_spsc *r)
{
	if (r == NULL)
		return;
	memset(r, 0, sizeof(*r));
}
