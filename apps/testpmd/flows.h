/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * UDP packets over IPv4 that differ in one address. The frame is built once with 0.0.0.0 in that place; writing an
 * address into a copy of it sets both checksums from the sums of the rest. The frame itself is never written: a
 * copy that begins right after a store to its source waits for that store.
 */
#ifndef PLX_APPS_TESTPMD_FLOWS_H
#define PLX_APPS_TESTPMD_FLOWS_H

#include <pollux/plx_net_csum.h>
#include <pollux/plx_net_wire.h>

#include <string.h>

#define FLOWS_IP  sizeof(struct plx_net_ether)
#define FLOWS_UDP (FLOWS_IP + sizeof(struct plx_net_ipv4))
#define FLOWS_SRC (FLOWS_IP + offsetof(struct plx_net_ipv4, src))
#define FLOWS_DST (FLOWS_IP + offsetof(struct plx_net_ipv4, dst))

/* Of all that the checksums cover but the address. */
struct flows_sums {
	uint16_t ip, udp;
};

static inline struct flows_sums
flows_sums(const uint8_t *frame)
{
	struct flows_sums sums;

	memcpy(&sums.ip, frame + FLOWS_IP + offsetof(struct plx_net_ipv4, csum), sizeof(sums.ip));
	memcpy(&sums.udp, frame + FLOWS_UDP + offsetof(struct plx_net_udp, csum), sizeof(sums.udp));
	sums.ip = (uint16_t)~sums.ip;
	sums.udp = (uint16_t)~sums.udp;
	return sums;
}

/* `off` is FLOWS_SRC or FLOWS_DST, the address in host order. Path: hot. */
static inline void
flows_write(uint8_t *copy, size_t off, uint32_t address, struct flows_sums sums)
{
	const uint32_t wire = __builtin_bswap32(address);
	const uint16_t ip = (uint16_t)~plx_net_csum_fold((uint64_t)sums.ip + wire);
	uint16_t udp = (uint16_t)~plx_net_csum_fold((uint64_t)sums.udp + wire);

	udp = udp == 0 ? UINT16_MAX : udp; /* 0 would say that there is none */
	memcpy(copy + off, &wire, sizeof(wire));
	memcpy(copy + FLOWS_IP + offsetof(struct plx_net_ipv4, csum), &ip, sizeof(ip));
	memcpy(copy + FLOWS_UDP + offsetof(struct plx_net_udp, csum), &udp, sizeof(udp));
}

#endif
