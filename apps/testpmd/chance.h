/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers that look random and are the same in every run: xorshift64 (Marsaglia 2003). */
#ifndef PLX_APPS_TESTPMD_CHANCE_H
#define PLX_APPS_TESTPMD_CHANCE_H

#include <stdint.h>

/* The next one; the state, any number but 0 at first, is the caller's. Path: hot. */
static inline uint64_t
chance_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

#endif
