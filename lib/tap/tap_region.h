/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How the two files of a tap are laid out. Numbers are the machine's: both ends run on it.
 *
 *	data:   head | lanes[nb_lanes] | .. page | lane 0's ring | lane 1's ring | ..
 *	tails:  want | tails[nb_lanes]
 *
 *	lcore:   (A) record .. (B) head, release           (C) tail, acquire: room
 *	reader:  (D) head, acquire .. (E) record           (F) tail, release
 *
 * D pairs with B: what is in front of the head is whole. C pairs with F: what is behind the tail was read.
 */
#ifndef PLX_LIB_TAP_TAP_REGION_H
#define PLX_LIB_TAP_TAP_REGION_H

#include "plx_base.h"
#include "plx_mbuf.h"

#define TAP_MAGIC     UINT64_C(0x504154786c70) /* "plxTAP" */
#define TAP_VERSION   1
#define TAP_LANES_MAX 128 /* two directions of 64 queues */
#define TAP_NAME_MAX  128

struct tap_head {
	uint64_t magic;
	uint32_t version;
	uint32_t nb_lanes;
	uint64_t lane_bytes; /* a power of two */
	uint32_t snaplen;
	uint16_t port;
	uint16_t mtu;
	char name[TAP_NAME_MAX];
	uint32_t gone; /* written later: the port is no more; the reader was switched off */
	uint32_t off;
	uint64_t unlaned;
} PLX_CACHE_ALIGNED;

/* Written by the lane's thread only. head and the three counts are published together, head last. */
struct tap_lane_head {
	uint64_t head; /* bytes that were ever put in */
	uint64_t recorded;
	uint64_t filtered;
	uint64_t dropped;
	uint16_t queue;
	uint16_t tx;
} PLX_CACHE_ALIGNED;

/* Written by the reader. */
struct tap_tail {
	uint64_t tail; /* bytes that were ever taken out */
} PLX_CACHE_ALIGNED;

struct tap_tails {
	uint32_t want PLX_CACHE_ALIGNED;
	struct tap_tail lane[];
};

/* Of a packet's flags, what is true of a copy. */
#define TAP_FLAGS (PLX_MBUF_RX_HASH | PLX_MBUF_RX_VLAN)

#define TAP_PACKET 0x504b
#define TAP_PAD	   0x5044 /* only size and kind: the ring's end is near */

/* In front of the bytes; multiples of 8. A record never wraps. */
struct tap_record {
	uint32_t size; /* with what follows, rounded up to 8 */
	uint16_t kind;
	uint16_t vlan_tci;
	uint64_t time_ns;
	uint32_t wire_len, cap_len;
	uint32_t ol_flags, hash;
};
PLX_STATIC_ASSERT(sizeof(struct tap_record) == 32, "records are laid out without holes");

/* Both files, mapped. */
struct tap_region {
	struct tap_head *head;
	struct tap_lane_head *lanes;
	uint8_t *rings;
	size_t data_bytes;
	struct tap_tails *tails;
	size_t tails_bytes;
};

/* Bytes of the two files. */
size_t tap_region_data_bytes(unsigned nb_lanes, uint64_t lane_bytes);
size_t tap_region_tails_bytes(unsigned nb_lanes);

/* Makes, seals and maps both; the fds are the caller's. The reader can neither write the data nor change a size. */
int tap_region_make(unsigned nb_lanes, uint64_t lane_bytes, struct tap_region *ret_region,
		    int ret_fds[2], struct plx_why *why);

/* Maps what another process made, if it is sound; what was checked is returned, for there it may change. */
int tap_region_take(const int fds[2], struct tap_region *ret_region, unsigned *ret_nb_lanes,
		    uint64_t *ret_lane_bytes, struct plx_why *why);

void tap_region_free(struct tap_region *region);

#endif
