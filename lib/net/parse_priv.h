/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The parser's state. Every function takes over where `off` stands and may read up to `end`, after asking
 * fits(); it moves `off` behind what it understood and narrows `end` to what the header says it holds.
 */
#ifndef PLX_LIB_NET_PARSE_PRIV_H
#define PLX_LIB_NET_PARSE_PRIV_H

#include "plx_byteorder.h"
#include "net_hash_inline.h"
#include "plx_net_parse.h"
#include "plx_net_wire.h"

struct net_parser {
	const uint8_t *bytes;
	struct plx_net_packet *packet;
	struct plx_net_layer *layer; /* being filled in */
	uint32_t off;
	uint32_t end;
	uint16_t next; /* ethertype of the layer to begin at `off`, 0 = done */
};

static inline bool
net_parser_fits(const struct net_parser *p, uint32_t len)
{
	return p->end - p->off >= len;
}

static inline uint32_t
net_parser_left(const struct net_parser *p)
{
	return p->end - p->off;
}

static inline const uint8_t *
net_parser_at(const struct net_parser *p)
{
	return p->bytes + p->off;
}

/* The first fault is the one that is told. */
static inline void
net_parser_malformed(struct net_parser *p, enum plx_net_malformed reason)
{
	if (p->packet->malformed != PLX_NET_GOOD)
		return;
	p->packet->malformed = (uint8_t)reason;
	p->packet->malformed_off = p->off;
}

/* The next layer begins `skip` bytes on. */
static inline void
net_parser_descend(struct net_parser *p, enum plx_net_tunnel tunnel, uint32_t skip, uint16_t next)
{
	p->layer->tunnel = (uint8_t)tunnel;
	p->off += skip;
	p->next = next;
}

/* Bytes of an extension header, from its own number and its length field. */
static inline uint32_t
net_ext_length(uint8_t proto, uint8_t length)
{
	if (proto == PLX_NET_PROTO_AH)
		return ((uint32_t)length + 2) * 4;
	if (proto == PLX_NET_PROTO_FRAGMENT)
		return sizeof(struct plx_net_ipv6_fragment);
	return ((uint32_t)length + 1) * 8;
}

void net_parse_ipv4(struct net_parser *p);
void net_parse_ipv6(struct net_parser *p);
void net_parse_transport(struct net_parser *p, uint8_t proto);
void net_parse_gre(struct net_parser *p);
void net_parse_udp_tunnel(struct net_parser *p);

#endif
