/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What packets are distributed by: a key is taken from a packet's headers and becomes a hash, and a hash becomes a place.
 *
 *  key		text		equal for
 *  FLOW		flow		both directions of a conversation, as plx_net_flow_hash says: also the ICMP
 *				errors about it; the innermost header of a tunnel counts
 *  ROUND_ROBIN	round-robin	nothing: packets take turns
 *  MAC		mac		the two MAC addresses, whichever sends
 *  IP		ip		the two IP addresses, whichever sends
 *  TUPLE		5-tuple		both {address, port} as a set, and the protocol
 *  PROTOCOL		protocol	the protocol of IP, behind its extension headers
 *  VLAN		vlan		the id of the outermost tag, also of one that the device took out; no tag is id 0
 *  INNER		inner		what TUPLE is made of, in the innermost header of a tunnel
 *  SRC_IP		src-ip		the source address
 *  DST_IP		dst-ip		the destination address
 *
 * IP, TUPLE, PROTOCOL, SRC_IP and DST_IP look at the outermost IP header. Where there is none that makes sense:
 *
 *  frame			IP			SRC_IP, DST_IP		TUPLE, INNER		PROTOCOL
 *  ARP			its IPv4 addresses	the sender's, target's	its IPv4 addresses	the ethertype
 *  a fragment		as any			as any			the two addresses	as any
 *  other protocols	as any			as any			ports count as 0	as any
 *  no IP		MACs and ethertype	the MAC address		MACs and ethertype	the ethertype
 *  under 14 bytes	0 for every key but ROUND_ROBIN
 *
 * Every fragment counts by its addresses, the first too, so that all pieces meet. Protocols of fragments that have further
 * extension headers behind the fragment header may differ between the first and the rest. The inside of a tunnel that is damaged does not
 * count; the next header out does, by its addresses only. Nothing behind the first PLX_CLUSTER_KEY_BYTES of a packet counts, so that a chain
 * and the same packet in one piece give the same hash.
 *
 * Hashes do not depend on the program or the machine, and each bit of them is worth as much as the others. RSS hashes of
 * devices are not used: few are symmetric, and they differ between devices.
 */
#ifndef PLX_LIB_CLUSTER_PLX_CLUSTER_KEY_H
#define PLX_LIB_CLUSTER_PLX_CLUSTER_KEY_H

#include "plx_base.h"
#include "plx_mbuf.h"

PLX_BEGIN_DECLS

#define PLX_CLUSTER_KEY_BYTES 1024

enum plx_cluster_key {
	PLX_CLUSTER_KEY_FLOW,
	PLX_CLUSTER_KEY_ROUND_ROBIN,
	PLX_CLUSTER_KEY_MAC,
	PLX_CLUSTER_KEY_IP,
	PLX_CLUSTER_KEY_TUPLE,
	PLX_CLUSTER_KEY_PROTOCOL,
	PLX_CLUSTER_KEY_VLAN,
	PLX_CLUSTER_KEY_INNER,
	PLX_CLUSTER_KEY_SRC_IP,
	PLX_CLUSTER_KEY_DST_IP,
	PLX_CLUSTER_KEYS,
};

/* "5-tuple"; NULL for what is no key, so that programs can list them. Static text. Thread: any. Path: slow. */
const char *plx_cluster_key_name(enum plx_cluster_key key);

/* The key of that name. -EINVAL, with a why that lists the names. Thread: any. Path: slow. */
int plx_cluster_key_by_name(const char *name, enum plx_cluster_key *ret_key, struct plx_why *why);

/*
 * A hash for each of n packets. *round is the caller's count of packets, which ROUND_ROBIN goes by and only it moves: begin
 * with 0. Packets are only read. A key that is none makes hashes of 0. Thread: any that may read the packets, one a
 * round. Path: hot.
 */
void plx_cluster_key_burst(enum plx_cluster_key key, struct plx_mbuf *const *pkts, uint16_t n,
			   uint32_t *ret_hash, uint64_t *round);

/*
 * The place, 0 .. n - 1, of a hash among n: each has the same share of all hashes. ROUND_ROBIN takes turns exactly if n is a
 * power of two; else nobody is ever more than a dozen packets away from his share. Thread: any. Path: hot.
 */
static inline uint32_t
plx_cluster_key_place(uint32_t hash, uint32_t n)
{
	return (uint32_t)((uint64_t)hash * n >> 32);
}

PLX_END_DECLS

#endif
