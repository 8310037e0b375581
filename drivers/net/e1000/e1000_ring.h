/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the data path share: steps along a ring, and what the card wrote into a receive descriptor. */
#ifndef PLX_DRIVERS_NET_E1000_E1000_RING_H
#define PLX_DRIVERS_NET_E1000_E1000_RING_H

#include "e1000.h"

static PLX_ALWAYS_INLINE uint16_t
e1000_after(unsigned at, uint16_t size)
{
	return at + 1 == size ? 0 : (uint16_t)(at + 1);
}

/* Bytes 8 to 15 of a receive descriptor in one load (3.2.3): length, checksum, status, errors, tag. */
#define E1000_RX_DD  ((uint64_t)E1000_RXD_STAT_DD << 32)
#define E1000_RX_EOP ((uint64_t)E1000_RXD_STAT_EOP << 32)

static PLX_ALWAYS_INLINE uint64_t
e1000_rx_load(const struct e1000_rx_desc *desc)
{
	const uint64_t *word = (const uint64_t *)(const void *)&desc->length;

	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

#endif
