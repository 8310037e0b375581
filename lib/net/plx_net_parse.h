/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where the headers of a frame are and what they are. The parser takes any bytes: it reads none behind the
 * length it is given, believes no length field before it was held against those around it, and names the
 * first thing that is wrong.
 *
 *	layers[0]                                   layers[1], if layers[0] carries a tunnel
 *	l2_off   l3_off  l4_off  payload_off        l2_off ...
 *	[ Ether tags | IPv4/6 ext | UDP | VXLAN    [ Ether | IPv4 | TCP | bytes ]     ] padding
 *	                                                                       end   end
 * Thread: any; nothing is kept between calls. Path: hot, unless a function says otherwise. */
#ifndef PLX_LIB_NET_PLX_NET_PARSE_H
#define PLX_LIB_NET_PLX_NET_PARSE_H

#include "plx_base.h"

PLX_BEGIN_DECLS

#define PLX_NET_LAYERS_MAX 4 /* one outer, three inner */
#define PLX_NET_VLANS_MAX  8 /* tags of one frame */

/* Values fit the four-bit fields of packet_type. */
enum plx_net_l2 {
	PLX_NET_L2_NONE, /* IP right inside a tunnel */
	PLX_NET_L2_ETHER,
	PLX_NET_L2_VLAN, /* one tag */
	PLX_NET_L2_QINQ, /* more tags */
	PLX_NET_L2_MPLS, /* with or without tags, or right inside a tunnel */
};

enum plx_net_l3 {
	PLX_NET_L3_NONE, /* unknown or damaged; see ethertype */
	PLX_NET_L3_IPV4,
	PLX_NET_L3_IPV4_OPT, /* with options */
	PLX_NET_L3_IPV6,
	PLX_NET_L3_IPV6_EXT, /* with extension headers */
	PLX_NET_L3_ARP,	     /* IPv4 over Ethernet */
};

enum plx_net_l4 {
	PLX_NET_L4_NONE, /* no IP, or damaged */
	PLX_NET_L4_TCP,
	PLX_NET_L4_UDP,
	PLX_NET_L4_SCTP,
	PLX_NET_L4_ICMP,     /* of the version of IP around it */
	PLX_NET_L4_FRAGMENT, /* a fragment other than the first: what is here are bytes of its middle */
	PLX_NET_L4_OTHER, /* see proto */
};

enum plx_net_tunnel {
	PLX_NET_TUNNEL_NONE,
	PLX_NET_TUNNEL_IPIP, /* IPv4 or IPv6 in either */
	PLX_NET_TUNNEL_GRE,  /* with IP or MPLS inside */
	PLX_NET_TUNNEL_TEB,  /* GRE with Ethernet inside; NVGRE */
	PLX_NET_TUNNEL_VXLAN,
	PLX_NET_TUNNEL_GENEVE,
	PLX_NET_TUNNEL_GTPU,
};

/* What is wrong with a frame. plx_net_malformed_text() has the sentences. */
enum plx_net_malformed {
	PLX_NET_GOOD,
	PLX_NET_ETHER_SHORT,
	PLX_NET_VLAN_SHORT,
	PLX_NET_VLAN_MANY,
	PLX_NET_MPLS_SHORT,
	PLX_NET_MPLS_MANY,
	PLX_NET_ARP_SHORT,
	PLX_NET_IPV4_SHORT,
	PLX_NET_IPV4_VERSION,
	PLX_NET_IPV4_IHL,
	PLX_NET_IPV4_LENGTH_SMALL,
	PLX_NET_IPV4_LENGTH_BIG,
	PLX_NET_IPV6_SHORT,
	PLX_NET_IPV6_VERSION,
	PLX_NET_IPV6_LENGTH_BIG,
	PLX_NET_EXT_SHORT,
	PLX_NET_EXT_MANY,
	PLX_NET_FRAGMENT_LENGTH,
	PLX_NET_FRAGMENT_OFFSET,
	PLX_NET_TCP_SHORT,
	PLX_NET_TCP_OFFSET,
	PLX_NET_UDP_SHORT,
	PLX_NET_UDP_LENGTH,
	PLX_NET_SCTP_SHORT,
	PLX_NET_ICMP_SHORT,
	PLX_NET_GRE_SHORT,
	PLX_NET_GENEVE_SHORT,
	PLX_NET_GTPU_LENGTH,
	PLX_NET_MALFORMED_COUNT,
};

#define PLX_NET_FLAG_FRAGMENT	    (1u << 0) /* of an IP datagram that came in several */
#define PLX_NET_FLAG_FIRST_FRAGMENT (1u << 1) /* ... and has the transport header */
#define PLX_NET_FLAG_ETHER	    (1u << 2) /* an Ethernet header is at l2_off */

/* Offsets count from the first byte given to the parser. Integers are in host order. */
struct plx_net_layer {
	uint32_t l2_off;      /* Ethernet header; = l3_off without one */
	uint32_t l3_off;      /* what follows tags and labels, known or not */
	uint32_t l4_off;      /* what follows IP and its extension headers; 0 without IP */
	uint32_t payload_off; /* what follows the transport header; = l4_off if that is not known */
	uint32_t end;	      /* first byte behind what IP, or without IP the frame, holds */
	uint32_t tunnel_id;   /* VNI, TEID or GRE key; 0 without */
	uint16_t ethertype;   /* behind the tags; less than PLX_NET_ETHERTYPE_MIN is a length */
	uint16_t vlan_tci[2]; /* outermost first */
	uint16_t src_port;    /* TCP, UDP, SCTP */
	uint16_t dst_port;
	uint16_t frag_off; /* in bytes */
	uint8_t nb_vlans;
	uint8_t proto; /* at l4_off: the IP protocol, behind extension headers */
	uint8_t flags; /* PLX_NET_FLAG_ */
	uint8_t l2;    /* enum plx_net_l2 and so on */
	uint8_t l3;
	uint8_t l4;
	uint8_t tunnel; /* what the next layer is in; it may be missing where the parser stopped */
};

struct plx_net_packet {
	uint32_t packet_type;	/* layers[0] and [1], see PLX_NET_TYPE_ */
	uint32_t malformed_off; /* the header that `malformed` speaks of */
	uint8_t malformed;	/* enum plx_net_malformed: the first that was found */
	uint8_t nb_layers; /* 1 .. PLX_NET_LAYERS_MAX; 0 for a frame without an Ethernet header */
	struct plx_net_layer layers[PLX_NET_LAYERS_MAX]; /* beyond nb_layers undefined */
};

/* packet_type: four-bit fields with the values of the enums; 0 = nothing known. */
#define PLX_NET_TYPE_L2(type)	    ((type)&0xf)
#define PLX_NET_TYPE_L3(type)	    (((type) >> 4) & 0xf)
#define PLX_NET_TYPE_L4(type)	    (((type) >> 8) & 0xf)
#define PLX_NET_TYPE_TUNNEL(type)   (((type) >> 12) & 0xf)
#define PLX_NET_TYPE_INNER_L2(type) (((type) >> 16) & 0xf)
#define PLX_NET_TYPE_INNER_L3(type) (((type) >> 20) & 0xf)
#define PLX_NET_TYPE_INNER_L4(type) (((type) >> 24) & 0xf)

/*
 * Parses an Ethernet frame of `len` bytes. Always fills in *ret as far as the frame makes sense: a layer says
 * l3 or l4 only of headers that are whole. Lengths beyond the frame are named and cut down to it, so that a
 * frame captured with a small snaplen still has its ports. A fragment's inside is not searched for tunnels,
 * since only the first of them could have one.
 *
 * UDP tunnels are told by their destination port and then by what their header looks like.
 *
 * Returns ret->malformed. Thread: any. Path: hot.
 */
enum plx_net_malformed plx_net_parse(const uint8_t *bytes, size_t len, struct plx_net_packet *ret);

/*
 * The same for bytes that begin with what `ethertype` says, PLX_NET_ETHERTYPE_TEB being an Ethernet frame, and
 * for at most max_layers (1 .. PLX_NET_LAYERS_MAX).
 */
enum plx_net_malformed plx_net_parse_as(const uint8_t *bytes, size_t len, uint16_t ethertype,
					unsigned max_layers, struct plx_net_packet *ret);

/* "ipv4: total length beyond the frame". Never NULL. */
const char *plx_net_malformed_text(enum plx_net_malformed reason);

/* True if an IPv4 header is at l3_off, with or without options. */
static inline bool
plx_net_layer_is_ipv4(const struct plx_net_layer *layer)
{
	return layer->l3 == PLX_NET_L3_IPV4 || layer->l3 == PLX_NET_L3_IPV4_OPT;
}

/* True if an IPv6 header is at l3_off, with or without extension headers. */
static inline bool
plx_net_layer_is_ipv6(const struct plx_net_layer *layer)
{
	return layer->l3 == PLX_NET_L3_IPV6 || layer->l3 == PLX_NET_L3_IPV6_EXT;
}

PLX_END_DECLS

#endif
