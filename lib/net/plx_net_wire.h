/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Headers as they are on the wire, with the names of their specifications. Integers are in network order:
 * read and write them with be16toh, htobe16 and friends. All structs are packed: they may be laid over bytes
 * at any address.
 */
#ifndef PLX_LIB_NET_PLX_NET_WIRE_H
#define PLX_LIB_NET_PLX_NET_WIRE_H

#include "plx_base.h"

#define PLX_NET_MAC_LEN	 6
#define PLX_NET_IPV4_LEN 4
#define PLX_NET_IPV6_LEN 16

/* -- link layer ---------------------------------------------------------------------------------- */

#define PLX_NET_ETHERTYPE_IPV4	    0x0800
#define PLX_NET_ETHERTYPE_ARP	    0x0806
#define PLX_NET_ETHERTYPE_TEB	    0x6558 /* transparent Ethernet bridging: a frame inside a tunnel */
#define PLX_NET_ETHERTYPE_VLAN	    0x8100 /* 802.1Q customer tag */
#define PLX_NET_ETHERTYPE_IPV6	    0x86dd
#define PLX_NET_ETHERTYPE_MPLS	    0x8847
#define PLX_NET_ETHERTYPE_MPLS_MC   0x8848
#define PLX_NET_ETHERTYPE_QINQ	    0x88a8 /* 802.1ad service tag */
#define PLX_NET_ETHERTYPE_QINQ_9100 0x9100 /* the same before it had a number */
#define PLX_NET_ETHERTYPE_MIN	    0x0600 /* less is the length of an 802.3 frame */

struct plx_net_ether {
	uint8_t dst[PLX_NET_MAC_LEN];
	uint8_t src[PLX_NET_MAC_LEN];
	uint16_t ethertype;
} PLX_PACKED;

#define PLX_NET_VLAN_ID_MASK 0x0fff

/* What stands in place of an ethertype that announces a tag. */
struct plx_net_vlan {
	uint16_t tci; /* PCP 15:13, DEI 12, VID 11:0 */
	uint16_t ethertype;
} PLX_PACKED;

#define PLX_NET_MPLS_S (1u << 8) /* bottom of stack */

struct plx_net_mpls {
	uint32_t entry; /* label 31:12, TC 11:9, S 8, TTL 7:0 */
} PLX_PACKED;

#define PLX_NET_ARP_HTYPE_ETHER 1
#define PLX_NET_ARP_REQUEST	1
#define PLX_NET_ARP_REPLY	2

/* RFC 826, for IPv4 over Ethernet. */
struct plx_net_arp {
	uint16_t htype;
	uint16_t ptype;
	uint8_t hlen;
	uint8_t plen;
	uint16_t oper;
	uint8_t sha[PLX_NET_MAC_LEN];
	uint8_t spa[PLX_NET_IPV4_LEN];
	uint8_t tha[PLX_NET_MAC_LEN];
	uint8_t tpa[PLX_NET_IPV4_LEN];
} PLX_PACKED;

/* -- internet layer ------------------------------------------------------------------------------ */

#define PLX_NET_PROTO_HOPOPTS  0
#define PLX_NET_PROTO_ICMP     1
#define PLX_NET_PROTO_IGMP     2
#define PLX_NET_PROTO_IPIP     4
#define PLX_NET_PROTO_TCP      6
#define PLX_NET_PROTO_UDP      17
#define PLX_NET_PROTO_IPV6     41
#define PLX_NET_PROTO_ROUTING  43
#define PLX_NET_PROTO_FRAGMENT 44
#define PLX_NET_PROTO_GRE      47
#define PLX_NET_PROTO_ESP      50
#define PLX_NET_PROTO_AH       51
#define PLX_NET_PROTO_ICMPV6   58
#define PLX_NET_PROTO_NONE     59
#define PLX_NET_PROTO_DSTOPTS  60
#define PLX_NET_PROTO_SCTP     132
#define PLX_NET_PROTO_MOBILITY 135
#define PLX_NET_PROTO_HIP      139
#define PLX_NET_PROTO_SHIM6    140

#define PLX_NET_IPV4_DF		 0x4000
#define PLX_NET_IPV4_MF		 0x2000
#define PLX_NET_IPV4_OFFSET_MASK 0x1fff

/* RFC 791 */
struct plx_net_ipv4 {
	uint8_t version_ihl;
	uint8_t tos;
	uint16_t total_length;
	uint16_t id;
	uint16_t frag; /* DF, MF, offset in units of 8 bytes */
	uint8_t ttl;
	uint8_t proto;
	uint16_t csum;
	uint8_t src[PLX_NET_IPV4_LEN];
	uint8_t dst[PLX_NET_IPV4_LEN];
} PLX_PACKED;

/* RFC 8200 */
struct plx_net_ipv6 {
	uint32_t vtc_flow; /* version 31:28, traffic class 27:20, flow label 19:0 */
	uint16_t payload_length;
	uint8_t next_header;
	uint8_t hop_limit;
	uint8_t src[PLX_NET_IPV6_LEN];
	uint8_t dst[PLX_NET_IPV6_LEN];
} PLX_PACKED;

/* How hop-by-hop, routing, destination options and AH begin. */
struct plx_net_ipv6_ext {
	uint8_t next_header;
	uint8_t length; /* beyond the first 8 bytes, in units of 8; AH: beyond the first 8, units of 4 */
} PLX_PACKED;

#define PLX_NET_IPV6_MF		 0x0001
#define PLX_NET_IPV6_OFFSET_MASK 0xfff8

struct plx_net_ipv6_fragment {
	uint8_t next_header;
	uint8_t reserved;
	uint16_t frag; /* offset in bytes 15:3, M 0 */
	uint32_t id;
} PLX_PACKED;

/* -- transport layer ----------------------------------------------------------------------------- */

#define PLX_NET_TCP_FIN 0x01
#define PLX_NET_TCP_SYN 0x02
#define PLX_NET_TCP_RST 0x04
#define PLX_NET_TCP_PSH 0x08
#define PLX_NET_TCP_ACK 0x10
#define PLX_NET_TCP_URG 0x20

/* RFC 9293 */
struct plx_net_tcp {
	uint16_t src_port;
	uint16_t dst_port;
	uint32_t seq;
	uint32_t ack;
	uint8_t data_offset; /* in units of 4 bytes, 7:4 */
	uint8_t flags;
	uint16_t window;
	uint16_t csum;
	uint16_t urgent;
} PLX_PACKED;

/* RFC 768 */
struct plx_net_udp {
	uint16_t src_port;
	uint16_t dst_port;
	uint16_t length;
	uint16_t csum; /* 0: none, over IPv4 only */
} PLX_PACKED;

/* RFC 9260 */
struct plx_net_sctp {
	uint16_t src_port;
	uint16_t dst_port;
	uint32_t tag;
	uint32_t csum; /* CRC32c, little endian */
} PLX_PACKED;

#define PLX_NET_ICMP_ECHO_REPLY	   0
#define PLX_NET_ICMP_UNREACHABLE   3
#define PLX_NET_ICMP_SOURCE_QUENCH 4
#define PLX_NET_ICMP_REDIRECT	   5
#define PLX_NET_ICMP_ECHO	   8
#define PLX_NET_ICMP_TIME_EXCEEDED 11
#define PLX_NET_ICMP_PARAMETER	   12

#define PLX_NET_ICMPV6_UNREACHABLE   1
#define PLX_NET_ICMPV6_TOO_BIG	     2
#define PLX_NET_ICMPV6_TIME_EXCEEDED 3
#define PLX_NET_ICMPV6_PARAMETER     4
#define PLX_NET_ICMPV6_ECHO	     128
#define PLX_NET_ICMPV6_ECHO_REPLY    129
#define PLX_NET_ICMPV6_SOLICIT	     135 /* who has this address */
#define PLX_NET_ICMPV6_ADVERTISE     136

/* RFC 792 and RFC 4443 */
struct plx_net_icmp {
	uint8_t type;
	uint8_t code;
	uint16_t csum;
	uint16_t id;
	uint16_t seq;
} PLX_PACKED;

#define PLX_NET_NEIGHBOR_SOLICITED 0x40000000 /* in an advertisement: an answer */
#define PLX_NET_NEIGHBOR_OVERRIDE  0x20000000
#define PLX_NET_NEIGHBOR_SOURCE	   1 /* options: whose MAC address follows */
#define PLX_NET_NEIGHBOR_TARGET	   2

/* RFC 4861: solicitation and advertisement with one option, which has the sender's or the target's address. */
struct plx_net_neighbor {
	uint8_t type;
	uint8_t code;
	uint16_t csum;
	uint32_t flags;
	uint8_t target[PLX_NET_IPV6_LEN];
	uint8_t option;
	uint8_t option_len; /* in units of 8 bytes: 1 */
	uint8_t mac[PLX_NET_MAC_LEN];
} PLX_PACKED;

/* -- tunnels ------------------------------------------------------------------------------------- */

#define PLX_NET_GRE_CSUM	 0x8000
#define PLX_NET_GRE_ROUTING	 0x4000 /* RFC 1701 only, never seen */
#define PLX_NET_GRE_KEY		 0x2000
#define PLX_NET_GRE_SEQ		 0x1000
#define PLX_NET_GRE_VERSION_MASK 0x0007

/* RFC 2784 and 2890; checksum, key and sequence number follow, 4 bytes each, if flagged. */
struct plx_net_gre {
	uint16_t flags;
	uint16_t protocol; /* an ethertype */
} PLX_PACKED;

#define PLX_NET_PORT_VXLAN	 4789
#define PLX_NET_PORT_VXLAN_LINUX 8472 /* before it had a number */
#define PLX_NET_PORT_GENEVE	 6081
#define PLX_NET_PORT_GTPU	 2152

#define PLX_NET_VXLAN_I 0x08

/* RFC 7348 */
struct plx_net_vxlan {
	uint8_t flags;
	uint8_t reserved[3];
	uint32_t vni; /* 31:8 */
} PLX_PACKED;

/* RFC 8926 */
struct plx_net_geneve {
	uint8_t version_optlen; /* version 7:6, length of options in units of 4 bytes 5:0 */
	uint8_t flags;
	uint16_t protocol;
	uint32_t vni; /* 31:8 */
} PLX_PACKED;

#define PLX_NET_GTPU_VERSION_PT 0x30 /* version 1, GTP (not GTP') */
#define PLX_NET_GTPU_E		0x04 /* extension headers */
#define PLX_NET_GTPU_S		0x02 /* sequence number */
#define PLX_NET_GTPU_PN		0x01 /* N-PDU number */
#define PLX_NET_GTPU_GPDU	255  /* message type: user data */

/* 3GPP TS 29.281; with any of E, S, PN four more bytes follow. */
struct plx_net_gtpu {
	uint8_t flags;
	uint8_t type;
	uint16_t length; /* of what follows these 8 bytes */
	uint32_t teid;
} PLX_PACKED;

PLX_STATIC_ASSERT(sizeof(struct plx_net_ether) == 14, "wire size");
PLX_STATIC_ASSERT(sizeof(struct plx_net_arp) == 28, "wire size");
PLX_STATIC_ASSERT(sizeof(struct plx_net_ipv4) == 20, "wire size");
PLX_STATIC_ASSERT(sizeof(struct plx_net_ipv6) == 40, "wire size");
PLX_STATIC_ASSERT(sizeof(struct plx_net_ipv6_fragment) == 8, "wire size");
PLX_STATIC_ASSERT(sizeof(struct plx_net_tcp) == 20, "wire size");
PLX_STATIC_ASSERT(sizeof(struct plx_net_udp) == 8, "wire size");
PLX_STATIC_ASSERT(sizeof(struct plx_net_sctp) == 12, "wire size");
PLX_STATIC_ASSERT(sizeof(struct plx_net_neighbor) == 32, "wire size");

#endif
