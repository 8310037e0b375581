/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where a frame's outermost IP and transport headers are. plx_net_parse() knows; but for engines that handle
 * a packet in few nanoseconds the two kinds that nearly all packets are of are recognised here.
 */
#ifndef PLX_APPS_TESTPMD_LAYER_H
#define PLX_APPS_TESTPMD_LAYER_H

#include <pollux/plx_byteorder.h>
#include <pollux/plx_net_parse.h>
#include <pollux/plx_net_wire.h>

#define LAYER_IPV4_L4 (sizeof(struct plx_net_ether) + sizeof(struct plx_net_ipv4))
#define LAYER_IPV6_L4 (sizeof(struct plx_net_ether) + sizeof(struct plx_net_ipv6))

/* All frames. False without IP or ARP. */
bool layer_parse(const uint8_t *bytes, uint32_t len, struct plx_net_layer *ret);

/* TCP, UDP or ICMP whose header is whole, behind IP that ends at `end`. Sets what concerns it. */
static inline bool
layer_transport(uint8_t proto, uint32_t l4_off, uint32_t end, struct plx_net_layer *ret)
{
	if (proto == PLX_NET_PROTO_UDP && l4_off + sizeof(struct plx_net_udp) <= end)
		ret->l4 = PLX_NET_L4_UDP;
	else if (proto == PLX_NET_PROTO_TCP && l4_off + sizeof(struct plx_net_tcp) <= end)
		ret->l4 = PLX_NET_L4_TCP;
	else if (proto == PLX_NET_PROTO_ICMP && l4_off == LAYER_IPV4_L4 &&
		 l4_off + sizeof(struct plx_net_icmp) <= end)
		ret->l4 = PLX_NET_L4_ICMP;
	else
		return false;
	ret->proto = proto;
	ret->l4_off = l4_off;
	ret->end = end;
	ret->flags = PLX_NET_FLAG_ETHER;
	return true;
}

/*
 * Finds the outermost layer: of *ret l3, l3_off, and with IP l4, l4_off, proto, flags and end are set, the
 * rest may not be. False without IP or ARP. Path: hot.
 */
static inline bool
layer_find(const uint8_t *bytes, uint32_t len, struct plx_net_layer *ret)
{
	uint16_t type;
	uint32_t end;

	if (PLX_UNLIKELY(len < sizeof(struct plx_net_ether)))
		return false;
	type = plx_load_be16(bytes + offsetof(struct plx_net_ether, ethertype));
	ret->l3_off = sizeof(struct plx_net_ether);
	if (PLX_LIKELY(type == PLX_NET_ETHERTYPE_IPV4)) {
		end = ret->l3_off + plx_load_be16(bytes + 16);
		ret->l3 = PLX_NET_L3_IPV4;
		/* Twenty bytes of header, no fragment, all here. */
		if (len >= LAYER_IPV4_L4 && bytes[14] == 0x45 &&
		    (plx_load_be16(bytes + 20) & ~PLX_NET_IPV4_DF) == 0 && end <= len &&
		    layer_transport(bytes[23], LAYER_IPV4_L4, end, ret))
			return true;
	} else if (type == PLX_NET_ETHERTYPE_IPV6) {
		ret->l3 = PLX_NET_L3_IPV6;
		if (len >= LAYER_IPV6_L4 && bytes[14] >> 4 == 6) {
			end = LAYER_IPV6_L4 + plx_load_be16(bytes + 18);
			if (end <= len && layer_transport(bytes[20], LAYER_IPV6_L4, end, ret))
				return true;
		}
	} else if (type != PLX_NET_ETHERTYPE_VLAN && type != PLX_NET_ETHERTYPE_QINQ &&
		   type != PLX_NET_ETHERTYPE_QINQ_9100 && type != PLX_NET_ETHERTYPE_ARP) {
		return false;
	}
	return layer_parse(bytes, len, ret);
}

#endif
