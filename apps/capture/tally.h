/* SPDX-License-Identifier: BSD-3-Clause */
/* Counts that one thread writes and any may read: never torn, no locked instructions, no order promised. */
#ifndef PLX_APPS_CAPTURE_TALLY_H
#define PLX_APPS_CAPTURE_TALLY_H

#include <pollux/plx_base.h>

#include <stdatomic.h>

static inline uint64_t
tally_read(const _Atomic uint64_t *tally)
{
	return atomic_load_explicit(tally, memory_order_relaxed);
}

static inline void
tally_set(_Atomic uint64_t *tally, uint64_t n)
{
	atomic_store_explicit(tally, n, memory_order_relaxed);
}

static inline void
tally_add(_Atomic uint64_t *tally, uint64_t n)
{
	tally_set(tally, tally_read(tally) + n);
}

#endif
