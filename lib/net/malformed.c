/* SPDX-License-Identifier: BSD-3-Clause */
#include "plx_net_parse.h"

static const char *const texts[PLX_NET_MALFORMED_COUNT] = {
	[PLX_NET_GOOD] = "good",
	[PLX_NET_ETHER_SHORT] = "ethernet: header cut short",
	[PLX_NET_VLAN_SHORT] = "vlan: tag cut short",
	[PLX_NET_VLAN_MANY] = "vlan: too many tags",
	[PLX_NET_MPLS_SHORT] = "mpls: label cut short",
	[PLX_NET_MPLS_MANY] = "mpls: too many labels",
	[PLX_NET_ARP_SHORT] = "arp: cut short",
	[PLX_NET_IPV4_SHORT] = "ipv4: header cut short",
	[PLX_NET_IPV4_VERSION] = "ipv4: version is not 4",
	[PLX_NET_IPV4_IHL] = "ipv4: header length below 20 bytes",
	[PLX_NET_IPV4_LENGTH_SMALL] = "ipv4: total length below that of the header",
	[PLX_NET_IPV4_LENGTH_BIG] = "ipv4: total length beyond the frame",
	[PLX_NET_IPV6_SHORT] = "ipv6: header cut short",
	[PLX_NET_IPV6_VERSION] = "ipv6: version is not 6",
	[PLX_NET_IPV6_LENGTH_BIG] = "ipv6: payload length beyond the frame",
	[PLX_NET_EXT_SHORT] = "ip: extension header beyond the datagram",
	[PLX_NET_EXT_MANY] = "ip: too many extension headers",
	[PLX_NET_FRAGMENT_LENGTH] = "ip: length of a fragment not a multiple of 8",
	[PLX_NET_FRAGMENT_OFFSET] = "ip: fragment ends behind 65,535 bytes",
	[PLX_NET_TCP_SHORT] = "tcp: header cut short",
	[PLX_NET_TCP_OFFSET] = "tcp: data offset inside the header or beyond the datagram",
	[PLX_NET_UDP_SHORT] = "udp: header cut short",
	[PLX_NET_UDP_LENGTH] = "udp: length below 8 bytes or beyond the datagram",
	[PLX_NET_SCTP_SHORT] = "sctp: header cut short",
	[PLX_NET_ICMP_SHORT] = "icmp: header cut short",
	[PLX_NET_GRE_SHORT] = "gre: header cut short",
	[PLX_NET_GENEVE_SHORT] = "geneve: options beyond the datagram",
	[PLX_NET_GTPU_LENGTH] =
		"gtp-u: length beyond the datagram or extension headers that do not end",
};

const char *
plx_net_malformed_text(enum plx_net_malformed reason)
{
	if ((unsigned)reason >= PLX_NET_MALFORMED_COUNT)
		return "unknown reason";
	return texts[reason];
}
