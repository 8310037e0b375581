/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Makes Ethernet frames with UDP or TCP over IPv4 or IPv6: for packet generators and tests.
 * Thread: any; nothing is kept between calls. Path: hot, but a generator builds once and changes copies. */
#ifndef PLX_LIB_NET_PLX_NET_BUILD_H
#define PLX_LIB_NET_PLX_NET_BUILD_H

#include "plx_base.h"
#include "plx_net_wire.h"

PLX_BEGIN_DECLS

/* What the frame says; zeroes are fine where nothing else is said. Integers in host order. */
struct plx_net_build {
	uint8_t src_mac[PLX_NET_MAC_LEN];
	uint8_t dst_mac[PLX_NET_MAC_LEN];
	uint16_t nb_vlans;    /* 0 .. 2 */
	uint16_t vlan_tci[2]; /* the outer one first; of two, the outer is an 802.1ad tag */
	bool ipv6;
	uint8_t proto;			  /* PLX_NET_PROTO_UDP (also for 0) or PLX_NET_PROTO_TCP */
	uint8_t ttl;			  /* 0 = 64 */
	uint8_t tos;			  /* or traffic class */
	uint8_t src_ip[PLX_NET_IPV6_LEN]; /* IPv4: the first four bytes */
	uint8_t dst_ip[PLX_NET_IPV6_LEN];
	uint16_t src_port;
	uint16_t dst_port;
	uint16_t ip_id;	   /* IPv4 */
	uint8_t tcp_flags; /* 0 = ACK */
	uint32_t tcp_seq;
	uint32_t tcp_ack;
};

/* Bytes of all headers: the shortest frame. Up to 82. */
size_t plx_net_build_header_len(const struct plx_net_build *build);

/*
 * Writes a frame of frame_len bytes (without FCS) with right lengths and checksums. The payload is what is in
 * `bytes` behind the headers already.
 *
 * -EINVAL: frame_len is shorter than the headers or longer than IP can say, or a field is out of range.
 * Thread: any. Path: hot.
 */
int plx_net_build_frame(const struct plx_net_build *build, uint8_t *bytes, size_t frame_len);

/*
 * Writes the headers only, for a frame whose payload of payload_len bytes lies elsewhere and adds up to
 * payload_sum (plx_net_csum_add over it, from 0). Returns the length of the headers or -EINVAL.
 */
int plx_net_build_headers(const struct plx_net_build *build, uint8_t *bytes, size_t payload_len,
			  uint64_t payload_sum);

PLX_END_DECLS

#endif
