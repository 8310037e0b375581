/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Internet checksum (RFC 1071), its incremental update (RFC 1624), CRC32c and CRC-32. Bytes may lie at any
 * address. A checksum is the integer to be stored as it is, without htons: the sum does not care for byte
 * order as long as bytes are loaded and stored the same way.
 *
 * Everything here: Thread: any. Path: hot.
 */
#ifndef PLX_LIB_NET_PLX_NET_CSUM_H
#define PLX_LIB_NET_PLX_NET_CSUM_H

#include "plx_base.h"
#include "plx_net_parse.h"

PLX_BEGIN_DECLS

/*
 * Adds bytes to a running sum that began with 0; it holds for 16 GiB. A piece that is not the last must have an
 * even length, or be followed by plx_net_csum_swap.
 */
uint64_t plx_net_csum_add(uint64_t sum, const void *bytes, size_t len);

/* Folds a running sum to 16 bits; the checksum is its complement. */
static inline uint16_t
plx_net_csum_fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* What a sum is worth one byte further on: for the pieces behind one of odd length, and back again. */
static inline uint64_t
plx_net_csum_swap(uint64_t sum)
{
	return __builtin_bswap16(plx_net_csum_fold(sum));
}

/* The checksum of `len` bytes whose checksum field is 0. Over bytes with a good one it is 0. */
static inline uint16_t
plx_net_csum(const void *bytes, size_t len)
{
	return (uint16_t)~plx_net_csum_fold(plx_net_csum_add(0, bytes, len));
}

/* Running sums of the pseudo-headers, for `len` bytes of transport header and data. */
uint64_t plx_net_csum_pseudo_ipv4(const void *src, const void *dst, uint8_t proto, uint32_t len);
uint64_t plx_net_csum_pseudo_ipv6(const void *src, const void *dst, uint8_t proto, uint32_t len);

/*
 * The checksum after a 16-bit field it covers went from old_value to new_value, both as they are in
 * memory. A UDP checksum of 0 stands for none: do not update it, and send 0xffff for a result of 0.
 */
static inline uint16_t
plx_net_csum_update16(uint16_t csum, uint16_t old_value, uint16_t new_value)
{
	return (uint16_t)~plx_net_csum_fold((uint64_t)(uint16_t)~csum + (uint16_t)~old_value +
					    new_value);
}

/* The same for a field of 32 bits. */
static inline uint16_t
plx_net_csum_update32(uint16_t csum, uint32_t old_value, uint32_t new_value)
{
	return (uint16_t)~plx_net_csum_fold((uint64_t)(uint16_t)~csum + (uint32_t)~old_value +
					    new_value);
}

/* CRC32c (Castagnoli) as SCTP and iSCSI have it. `crc` continues an earlier one; begin with 0. */
uint32_t plx_net_crc32c(uint32_t crc, const void *bytes, size_t len);

/* CRC-32 as Ethernet has it: a frame's FCS is that of all its bytes, stored with the low byte first. */
uint32_t plx_net_crc32(uint32_t crc, const void *bytes, size_t len);

enum plx_net_csum_state {
	PLX_NET_CSUM_UNKNOWN, /* not there, a fragment, cut short, or a protocol without one */
	PLX_NET_CSUM_NONE,    /* UDP over IPv4 sent without */
	PLX_NET_CSUM_GOOD,
	PLX_NET_CSUM_BAD,
};

/*
 * Checks the checksum of a layer's IPv4 header, and of its TCP, UDP, SCTP, ICMP or ICMPv6. `bytes` are those
 * that were parsed. A header that was cut short, or whose length lies, is unknown, and so is
 * a datagram that is still on a source route, since its checksum is over another destination.
 */
enum plx_net_csum_state
plx_net_csum_check_ipv4(const uint8_t *bytes, const struct plx_net_layer *layer);
enum plx_net_csum_state
plx_net_csum_check_l4(const uint8_t *bytes, const struct plx_net_layer *layer);

/*
 * Writes what the checks above want to see; false, and nothing written, where they would say unknown. UDP gets a
 * checksum also where it had none.
 */
bool plx_net_csum_fill_ipv4(uint8_t *bytes, const struct plx_net_layer *layer);
bool plx_net_csum_fill_l4(uint8_t *bytes, const struct plx_net_layer *layer);

PLX_END_DECLS

#endif
