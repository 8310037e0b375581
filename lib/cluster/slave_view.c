/* SPDX-License-Identifier: BSD-3-Clause */
/* What filters and rules of a slave are to see of a packet. */
#include "cluster_priv.h"
#include "sieve_judge.h"

#include <string.h>

#define MACS_LEN (2 * PLX_NET_MAC_LEN)
#define TAG_LEN	 ((uint32_t)sizeof(struct plx_net_vlan))

PLX_STATIC_ASSERT(PLX_CLUSTER_VIEW > MACS_LEN + TAG_LEN, "a tag has its place");

/* A chain's segments in one piece, with room for a tag behind. */
static uint32_t
gather(const struct plx_cluster_slave *slave, const struct plx_cluster_desc *desc, uint32_t n,
       uint8_t *buf, struct plx_filter_packet *packet)
{
	const uint32_t room = PLX_CLUSTER_VIEW - TAG_LEN;
	uint32_t i = 0;
	bool more = true;

	*packet = (struct plx_filter_packet){.bytes = buf};
	for (; i < n && more; i++) {
		const struct plx_cluster_desc segment = desc[i];
		uint32_t part = room - packet->caplen;

		__asm__ volatile("" : : : "memory"); /* copied once: the master can write it */
		if (part > segment.len)
			part = segment.len;
		memcpy(buf + packet->caplen, plx_cluster_data(slave, &segment), part);
		packet->caplen += part;
		packet->wirelen += segment.len;
		more = (segment.flags & PLX_CLUSTER_MORE) != 0;
	}
	return i;
}

uint32_t
plx_cluster_packet(const struct plx_cluster_slave *slave, const struct plx_cluster_desc *desc,
		   uint32_t n, uint8_t buf[PLX_CLUSTER_VIEW], struct plx_filter_packet *ret_packet)
{
	const struct plx_cluster_desc first = *desc;
	uint32_t used;

	__asm__ volatile("" : : : "memory");
	if (PLX_LIKELY((first.flags & (PLX_CLUSTER_MORE | PLX_CLUSTER_VLAN_STRIPPED)) == 0)) {
		*ret_packet = (struct plx_filter_packet){.bytes = plx_cluster_data(slave, &first),
							 .caplen = first.len,
							 .wirelen = first.len};
		return 1;
	}
	used = gather(slave, desc, n, buf, ret_packet);
	if ((first.flags & PLX_CLUSTER_VLAN_STRIPPED) != 0 && ret_packet->caplen >= MACS_LEN) {
		memmove(buf + MACS_LEN + TAG_LEN, buf + MACS_LEN, ret_packet->caplen - MACS_LEN);
		sieve_tag_write(buf + MACS_LEN, first.vlan_tci);
		ret_packet->caplen += TAG_LEN;
		ret_packet->wirelen += TAG_LEN;
	}
	return used;
}
