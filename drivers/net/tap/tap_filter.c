/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which frames a port wants: by address unless it is promiscuous, by VLAN if that was asked for. The kernel has a filter for taps too (TUNSETTXFILTER),
 * but counts what it drops as it counts a full queue, and the ledger must tell these apart.
 */
#include <errno.h>
#include <string.h>

#include "plx_byteorder.h"
#include "tap_priv.h"

/* Never 0, which marks a free slot: the lowest bit is outside the address. */
static uint64_t
word_of(const uint8_t mac[6])
{
	return (uint64_t)plx_load_be32(mac) << 32 | (uint64_t)plx_load_be16(mac + 4) << 16 | 1;
}

bool
tap_filter_wants(const struct tap_filter *filter, const uint8_t *frame)
{
	static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	uint64_t word = word_of(frame);

	if (__atomic_load_n(&filter->promiscuous, __ATOMIC_RELAXED))
		return true;
	if (frame[0] & 1) {
		if (__atomic_load_n(&filter->allmulticast, __ATOMIC_RELAXED))
			return true;
		if (memcmp(frame, broadcast, sizeof(broadcast)) == 0)
			return true;
	}
	for (unsigned i = 0; i < TAP_MACS_MAX; i++) {
		if (__atomic_load_n(&filter->mac[i], __ATOMIC_RELAXED) == word)
			return true;
	}
	return false;
}

#define TAGGED_LEN   18 /* with the tag behind the addresses, and the type */
#define TYPE_VLAN    0x8100
#define TYPE_SERVICE 0x88a8

bool
tap_filter_wants_vlan(const struct tap_filter *filter, const uint8_t *frame, uint32_t len)
{
	uint16_t type, vlan;

	if (!__atomic_load_n(&filter->by_vlan, __ATOMIC_RELAXED) || len < TAGGED_LEN)
		return true;
	type = plx_load_be16(frame + 12);
	if (type != TYPE_VLAN && type != TYPE_SERVICE)
		return true;
	vlan = plx_load_be16(frame + 14) & 0xfff;
	return (__atomic_load_n(&filter->vlan[vlan / 64], __ATOMIC_RELAXED) >> vlan % 64 & 1) != 0;
}

void
tap_filter_set_vlan(struct tap_filter *filter, uint16_t vlan, bool on)
{
	const uint64_t bit = (uint64_t)1 << vlan % 64;
	uint64_t word = filter->vlan[vlan / 64];

	__atomic_store_n(&filter->vlan[vlan / 64], on ? word | bit : word & ~bit, __ATOMIC_RELAXED);
}

void
tap_filter_set_own(struct tap_filter *filter, const uint8_t mac[6])
{
	__atomic_store_n(&filter->mac[0], word_of(mac), __ATOMIC_RELAXED);
}

int
tap_filter_set(struct tap_filter *filter, const uint8_t mac[6], bool on)
{
	uint64_t from = on ? 0 : word_of(mac);

	for (unsigned i = 1; i < TAP_MACS_MAX; i++) {
		if (filter->mac[i] != from)
			continue;
		__atomic_store_n(&filter->mac[i], on ? word_of(mac) : 0, __ATOMIC_RELAXED);
		return 0;
	}
	return on ? -ENOSPC : -ENOENT;
}
