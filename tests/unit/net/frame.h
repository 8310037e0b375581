/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames written header by header for the tests of this room. Length fields are filled in by frame_close, with
 * all that was written behind them.
 */
#ifndef PLX_TESTS_UNIT_NET_FRAME_H
#define PLX_TESTS_UNIT_NET_FRAME_H

#include "plx_byteorder.h"
#include "plx_net_wire.h"

#include <stdlib.h>

#define FRAME_MAX 2048

struct frame {
	uint8_t bytes[FRAME_MAX];
	size_t len;
	unsigned nb_fixups;
	struct {
		size_t field; /* where the length is stored */
		size_t from;  /* what it counts from */
	} fixups[16];
};

static inline void
put(struct frame *f, const void *bytes, size_t len)
{
	memcpy(f->bytes + f->len, bytes, len);
	f->len += len;
}

static inline void
put8(struct frame *f, uint8_t value)
{
	f->bytes[f->len++] = value;
}

static inline void
put16(struct frame *f, uint16_t value)
{
	plx_store_be16(f->bytes + f->len, value);
	f->len += 2;
}

static inline void
put32(struct frame *f, uint32_t value)
{
	plx_store_be32(f->bytes + f->len, value);
	f->len += 4;
}

static inline void
put_length_of(struct frame *f, size_t from)
{
	f->fixups[f->nb_fixups].field = f->len;
	f->fixups[f->nb_fixups++].from = from;
	put16(f, 0);
}

static inline void
frame_close(struct frame *f)
{
	for (unsigned i = 0; i < f->nb_fixups; i++)
		plx_store_be16(f->bytes + f->fixups[i].field,
			       (uint16_t)(f->len - f->fixups[i].from));
	f->nb_fixups = 0;
}

static inline void
put_macs(struct frame *f)
{
	put(f, "\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01", 12);
}

static inline void
put_ether(struct frame *f, uint16_t ethertype)
{
	put_macs(f);
	put16(f, ethertype);
}

static inline void
put_tag(struct frame *f, uint16_t tpid, uint16_t tci)
{
	put16(f, tpid);
	put16(f, tci);
}

/* 10.0.0.1 > 10.0.0.2 */
static inline void
put_ipv4_frag(struct frame *f, uint8_t proto, uint16_t frag)
{
	size_t start = f->len;

	put16(f, 0x4500);
	put_length_of(f, start);
	put16(f, 0x1234);
	put16(f, frag);
	put16(f, (uint16_t)(64 << 8 | proto));
	put16(f, 0);
	put32(f, 0x0a000001);
	put32(f, 0x0a000002);
}

static inline void
put_ipv4(struct frame *f, uint8_t proto)
{
	put_ipv4_frag(f, proto, PLX_NET_IPV4_DF);
}

/* 2001:db8::1 > 2001:db8::2 */
static inline void
put_ipv6(struct frame *f, uint8_t next_header)
{
	static const uint8_t prefix[15] = {0x20, 0x01, 0x0d, 0xb8};

	put32(f, 0x60000000);
	put_length_of(f, f->len + 36);
	put8(f, next_header);
	put8(f, 64);
	put(f, prefix, sizeof(prefix));
	put8(f, 1);
	put(f, prefix, sizeof(prefix));
	put8(f, 2);
}

static inline void
put_ext(struct frame *f, uint8_t next_header, uint8_t length, size_t bytes)
{
	put8(f, next_header);
	put8(f, length);
	for (size_t i = 2; i < bytes; i++)
		put8(f, 0);
}

static inline void
put_ipv6_fragment(struct frame *f, uint8_t next_header, uint16_t frag)
{
	put8(f, next_header);
	put8(f, 0);
	put16(f, frag);
	put32(f, 0xdeadbeef);
}

static inline void
put_tcp(struct frame *f, uint16_t src_port, uint16_t dst_port)
{
	put16(f, src_port);
	put16(f, dst_port);
	put32(f, 1);
	put32(f, 0);
	put16(f, 0x5002);
	put16(f, 0xffff);
	put32(f, 0);
}

static inline void
put_udp(struct frame *f, uint16_t src_port, uint16_t dst_port)
{
	size_t start = f->len;

	put16(f, src_port);
	put16(f, dst_port);
	put_length_of(f, start);
	put16(f, 0);
}

static inline void
put_sctp(struct frame *f, uint16_t src_port, uint16_t dst_port)
{
	put16(f, src_port);
	put16(f, dst_port);
	put32(f, 7);
	put32(f, 0);
}

static inline void
put_icmp(struct frame *f, uint8_t type)
{
	put8(f, type);
	put8(f, 0);
	put16(f, 0);
	put32(f, 0);
}

static inline void
put_arp(struct frame *f, uint16_t oper, uint32_t spa, uint32_t tpa)
{
	put16(f, PLX_NET_ARP_HTYPE_ETHER);
	put16(f, PLX_NET_ETHERTYPE_IPV4);
	put16(f, 0x0604);
	put16(f, oper);
	put(f, "\x02\x00\x00\x00\x00\x01", 6);
	put32(f, spa);
	put(f, "\x00\x00\x00\x00\x00\x00", 6);
	put32(f, tpa);
}

/* Checksum, key and sequence number as flagged; the key is 0x2a00 + their number. */
static inline void
put_gre(struct frame *f, uint16_t flags, uint16_t protocol)
{
	put16(f, flags);
	put16(f, protocol);
	if (flags & PLX_NET_GRE_CSUM)
		put32(f, 0);
	if (flags & PLX_NET_GRE_KEY)
		put32(f, 0x2a00);
	if (flags & PLX_NET_GRE_SEQ)
		put32(f, 1);
}

static inline void
put_vxlan(struct frame *f, uint32_t vni)
{
	put32(f, 0x08000000);
	put32(f, vni << 8);
}

static inline void
put_geneve(struct frame *f, uint8_t option_words, uint16_t protocol, uint32_t vni)
{
	put8(f, option_words);
	put8(f, 0);
	put16(f, protocol);
	put32(f, vni << 8);
	for (unsigned i = 0; i < option_words; i++)
		put32(f, 0);
}

static inline void
put_gtpu(struct frame *f, uint8_t flags, uint32_t teid)
{
	put8(f, PLX_NET_GTPU_VERSION_PT | flags);
	put8(f, PLX_NET_GTPU_GPDU);
	put_length_of(f, f->len + 6);
	put32(f, teid);
}

static inline void
put_payload(struct frame *f, size_t len)
{
	for (size_t i = 0; i < len; i++)
		put8(f, (uint8_t)(i * 7 + 1));
}

/* The first `len` bytes at an address behind which a sanitizer sees any step. The caller frees them. */
static inline uint8_t *
exact_copy(const uint8_t *bytes, size_t len)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);

	memcpy(copy, bytes, len);
	return copy;
}

#endif
