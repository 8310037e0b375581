/* SPDX-License-Identifier: BSD-3-Clause */
#include "virtio_header.h"

#include <errno.h>
#include <string.h>

#include "plx_vnet_driver.h"

#define HASH_REPORT_MAX 9 /* UDPv6_EX, the last of 5.1.6.4.4 */

PLX_STATIC_ASSERT(sizeof(struct plx_vnet_header) == VIRTIO_NET_HDR_LEN_LEGACY,
		  "the same beginning");
PLX_STATIC_ASSERT(offsetof(struct plx_vnet_header, csum_offset) ==
			  offsetof(struct virtio_net_hdr_full, csum_offset),
		  "the same beginning");

void
virtio_header_agree(const struct virtio_dev *dev, struct virtio_header_rules *ret_rules)
{
	*ret_rules = (struct virtio_header_rules){
		.csum = virtio_has(dev, VIRTIO_NET_F_GUEST_CSUM),
		.tso4 = virtio_has(dev, VIRTIO_NET_F_GUEST_TSO4),
		.tso6 = virtio_has(dev, VIRTIO_NET_F_GUEST_TSO6),
		.ecn = virtio_has(dev, VIRTIO_NET_F_GUEST_ECN),
		.hash = virtio_has(dev, VIRTIO_NET_F_HASH_REPORT),
	};
}

/* IPv4 header sums and VLAN tags are made here, whatever the device can. */
uint32_t
virtio_header_wishes(const struct virtio_dev *dev)
{
	uint32_t wishes = PLX_MBUF_TX_IP_CSUM | PLX_MBUF_TX_VLAN;

	if (virtio_has(dev, VIRTIO_NET_F_CSUM))
		wishes |= PLX_MBUF_TX_TCP_CSUM | PLX_MBUF_TX_UDP_CSUM;
	if (virtio_has(dev, VIRTIO_NET_F_HOST_TSO4) || virtio_has(dev, VIRTIO_NET_F_HOST_TSO6))
		wishes |= PLX_MBUF_TX_TCP_SEG;
	return wishes;
}

static bool
gso_agreed(const struct virtio_header_rules *rules, const struct virtio_net_hdr_full *header)
{
	uint8_t type = header->gso_type;

	if (type == VIRTIO_NET_GSO_NONE)
		return true;
	if ((type & VIRTIO_NET_GSO_ECN) != 0 && !rules->ecn)
		return false;
	type &= (uint8_t)~VIRTIO_NET_GSO_ECN;
	return header->gso_size != 0 && ((type == VIRTIO_NET_GSO_TCPV4 && rules->tso4) ||
					 (type == VIRTIO_NET_GSO_TCPV6 && rules->tso6));
}

static bool
csum_fits(const struct virtio_net_hdr_full *header, uint32_t pkt_len)
{
	return (header->flags & VIRTIO_NET_HDR_NEEDS_CSUM) == 0 ||
	       (uint32_t)header->csum_start + header->csum_offset + sizeof(uint16_t) <= pkt_len;
}

int
virtio_header_read(const struct virtio_header_rules *rules,
		   const struct virtio_net_hdr_full *header, struct plx_mbuf *m)
{
	struct plx_vnet_header vnet;

	if (rules->csum) {
		if (!gso_agreed(rules, header) || !csum_fits(header, m->pkt_len))
			return -EINVAL;
		memcpy(&vnet, header, sizeof(vnet));
		plx_vnet_rx(&vnet, m);
	}
	if (rules->hash && header->hash_report != 0 && header->hash_report <= HASH_REPORT_MAX) {
		m->hash = header->hash_value;
		m->ol_flags |= PLX_MBUF_RX_HASH;
	}
	return 0;
}
