/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Flow hashes: the symmetric one that distributes packets to workers, and Toeplitz, which is what network
 * cards compute for RSS.
 *
 * The rule of plx_net_flow_hash. Both directions of a conversation give the same value, and it does not
 * depend on the program or the machine:
 *
 *  frame				what is hashed
 *  TCP, UDP, SCTP			the pairs {address, port} of both ends, as a set
 *  other IP (ICMP echo, ESP, ...)	the two addresses
 *  a fragment, the first included	the two addresses, so that all fragments of a datagram agree
 *  an IPv6 fragment that is whole	as if it had no fragment header (RFC 6946)
 *  an ICMP error			the datagram it quotes, so that it meets the flow it is about
 *  ARP (IPv4 over Ethernet)		the two IPv4 addresses, like ICMP between them
 *  anything else			the two MAC addresses and the ethertype behind the tags
 *  shorter than an Ethernet header	0
 *
 * Tunnels: the innermost layer that the parser found counts, by the table above. If that one is damaged, the
 * next one out counts, by its addresses only: the outer UDP port of a VXLAN differs by direction. A tunnel
 * whose outer datagram is fragmented goes by the outer addresses.
 * VLAN tags, MPLS labels, VNIs, TEIDs and GRE keys are not hashed: they may differ by direction. The protocol
 * is not either, as in RSS.
 * A fragmented datagram and an unfragmented one of the same flow may differ; nothing that looks at one packet
 * at a time can mend that, but by hashing addresses only.
 *
 * Everything here: Thread: any. Path: hot unless it says otherwise.
 */
#ifndef PLX_LIB_NET_PLX_NET_HASH_H
#define PLX_LIB_NET_PLX_NET_HASH_H

#include "plx_base.h"
#include "plx_net_parse.h"

PLX_BEGIN_DECLS

/* The hash of a frame of `len` bytes by the rule above. Thread: any. Path: hot. */
uint32_t plx_net_flow_hash(const uint8_t *bytes, size_t len);

/* The same for a frame that was parsed already; `packet` is what plx_net_parse said about `bytes`. */
uint32_t plx_net_flow_hash_packet(const uint8_t *bytes, const struct plx_net_packet *packet);

/*
 * The hash of frames between two ends, without a frame: for tables of flows. Addresses as on the wire; ports 0 for
 * protocols that have none and for fragments.
 */
uint32_t plx_net_flow_hash_tuple(bool ipv6, const uint8_t *src, const uint8_t *dst,
				 uint16_t src_port, uint16_t dst_port);

/* -- Toeplitz -------------------------------------------------------------------------------------- */

#define PLX_NET_TOEPLITZ_KEY_MIN 8
#define PLX_NET_TOEPLITZ_KEY_MAX 52
#define PLX_NET_TOEPLITZ_KEY_LEN 40 /* of most cards */
#define PLX_NET_RSS_TUPLE_MAX	 36 /* two IPv6 addresses, two ports */

/* Microsoft's key, which the published test vectors are for: not symmetric. */
extern const uint8_t plx_net_toeplitz_key_microsoft[PLX_NET_TOEPLITZ_KEY_LEN];

/*
 * 0x6d5a again and again: makes Toeplitz symmetric. The price is that the hash has no more than 16 bits of
 * its own, and that flows whose addresses and ports have the same sum without carry all collide.
 */
extern const uint8_t plx_net_toeplitz_key_symmetric[PLX_NET_TOEPLITZ_KEY_LEN];

/* A key made ready: 16 entries for each half byte of input. The caller's memory, never changed after init. */
struct plx_net_toeplitz {
	uint32_t input_max; /* bytes: four less than the key has */
	uint32_t table[2 * (PLX_NET_TOEPLITZ_KEY_MAX - 4)][16];
};

/* -EINVAL for a key that is shorter than 8 bytes or longer than 52. Path: slow. */
int plx_net_toeplitz_init(struct plx_net_toeplitz *toeplitz, const uint8_t *key, size_t key_len);

/* The hash of `len` bytes, of which those behind input_max do not count. */
uint32_t
plx_net_toeplitz_hash(const struct plx_net_toeplitz *toeplitz, const uint8_t *input, size_t len);

/*
 * What RSS hashes of a layer: source and destination address, then both ports if `ports` is set and the layer
 * has them and is no fragment. Returns the number of bytes written, 0 without IP.
 */
size_t plx_net_rss_tuple(const uint8_t *bytes, const struct plx_net_layer *layer, bool ports,
			 uint8_t ret_tuple[PLX_NET_RSS_TUPLE_MAX]);

PLX_END_DECLS

#endif
