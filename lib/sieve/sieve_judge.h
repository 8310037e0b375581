/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets as rules see them, for whoever asks a set of rules about mbufs: sieves, and clusters. */
#ifndef PLX_LIB_SIEVE_SIEVE_JUDGE_H
#define PLX_LIB_SIEVE_SIEVE_JUDGE_H

#include "plx_byteorder.h"
#include "plx_filter_rules.h"
#include "plx_mbuf.h"
#include "plx_net_wire.h"
#include "plx_sieve.h"

#define SIEVE_BURST 64 /* packets that are judged at a time */

/* Of the VLAN tag that a device took out of the bytes, and rules see in its place; 0: there is none. Path: hot. */
static inline uint32_t
sieve_tag_len(const struct plx_mbuf *m)
{
	return PLX_UNLIKELY((m->ol_flags & PLX_MBUF_RX_VLAN_STRIPPED) != 0) &&
			       m->pkt_len >= 2 * PLX_NET_MAC_LEN
		       ? (uint32_t)sizeof(struct plx_net_vlan)
		       : 0;
}

/* The four bytes of one, to stand behind the addresses. Path: hot. */
static inline void
sieve_tag_write(uint8_t *to, uint16_t tci)
{
	plx_store_be16(to, PLX_NET_ETHERTYPE_VLAN);
	plx_store_be16(to + 2, tci);
}

/* The first bytes of a chain, or of a packet without its tag, as they were on the wire. */
struct plx_filter_packet
sieve_packet_copied(const struct plx_mbuf *m, uint8_t buf[PLX_SIEVE_CHAIN_BYTES]);

/* A packet's bytes in one piece: where they lie, or of chains and without a tag the first of them in buf. Thread: the mbuf's. Path: hot. */
static inline struct plx_filter_packet
sieve_packet(const struct plx_mbuf *m, uint8_t buf[PLX_SIEVE_CHAIN_BYTES])
{
	if (PLX_UNLIKELY(m->next != NULL || sieve_tag_len(m) != 0))
		return sieve_packet_copied(m, buf);
	return (struct plx_filter_packet){
		.bytes = plx_mbuf_data(m), .caplen = m->data_len, .wirelen = plx_mbuf_wire_len(m)};
}

/* What rules say of up to SIEVE_BURST packets. Thread: the reader's. Path: hot. */
void sieve_judge(struct plx_filter_rules_reader *reader, struct plx_mbuf *const *pkts, uint16_t n,
		 struct plx_filter_verdict *ret_verdicts);

/* True if nobody else sees the bytes of the first segment: they can be changed. Path: hot. */
static inline bool
sieve_owns(const struct plx_mbuf *m)
{
	return plx_mbuf_is_sole(m) && plx_mbuf_is_direct(m);
}

/*
 * Puts a tag that a device took out back into bytes that are nobody else's. False, and nothing is changed: there is no room in
 * front of them, or they are not the addresses to put it behind. True too where nothing is missing. Path: hot.
 */
bool sieve_tag_put_back(struct plx_mbuf *m);

/* For bounces: false, and nothing is changed, when the first segment is too short to have MAC addresses. Path: hot. */
bool sieve_exchange_macs(struct plx_mbuf *m);

#endif
