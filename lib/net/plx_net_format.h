/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames and addresses as text, and back. Thread: any. Path: slow. */
#ifndef PLX_LIB_NET_PLX_NET_FORMAT_H
#define PLX_LIB_NET_PLX_NET_FORMAT_H

#include "plx_base.h"
#include "plx_net_parse.h"
#include "plx_net_wire.h"

PLX_BEGIN_DECLS

#define PLX_NET_MAC_TEXT     18	 /* "02:00:00:00:00:01" and its NUL */
#define PLX_NET_ADDRESS_TEXT 46	 /* any IP address */
#define PLX_NET_FORMAT_TEXT  256 /* holds any line of plx_net_format */

/* Returns ret_text. */
char *plx_net_mac_format(const uint8_t mac[PLX_NET_MAC_LEN], char ret_text[PLX_NET_MAC_TEXT]);

/* Six pairs of hexadecimal digits with ':' or '-' between them, or -EINVAL. One digit will do for a pair. */
int plx_net_mac_parse(const char *text, uint8_t ret_mac[PLX_NET_MAC_LEN]);

/*
 * The two ends of the innermost layer that has any, and what they speak:
 *
 *	10.0.0.1.5000 > 10.0.0.2.80 TCP
 *	10.0.0.1 > 10.0.0.2 UDP fragment 1480
 *	fe80::1 > ff02::1 ICMPv6
 *	10.0.0.1 > 10.0.0.2 ARP
 *	02:00:00:00:00:01 > 01:80:c2:00:00:00 ethertype 0x0027
 *
 * Writes at most `size` bytes with the NUL; returns the length of the whole, as snprintf does.
 */
int plx_net_format_flow(const uint8_t *bytes, const struct plx_net_packet *packet, char *buf,
			size_t size);

/* The same with tags and tunnels in front ("vlan 5 VXLAN 42: ...") and what is malformed behind. */
int plx_net_format(const uint8_t *bytes, size_t len, char *buf, size_t size);

PLX_END_DECLS

#endif
