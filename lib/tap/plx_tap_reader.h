/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The other side of a tap (plx_tap.h), in another process: lanes are read in place, each by one thread. What lies in the
 * region is checked before it is believed; a program that writes nonsense gets -EPROTO.
 * Thread: any, unless a function says otherwise; lanes are independent of each other. Path: slow, unless a function says otherwise. */
#ifndef PLX_LIB_TAP_PLX_TAP_READER_H
#define PLX_LIB_TAP_PLX_TAP_READER_H

#include "plx_base.h"

PLX_BEGIN_DECLS

#define PLX_TAP_NAME_MAX 128

struct plx_tap_reader;

/*
 * Maps what a tapped program handed over; the fds stay the caller's and may be closed. -EPROTO with why when it is no region
 * of a tap, or one that could be cut off under us, -ENOMEM, or what the kernel says. Thread: any. Path: slow.
 */
int
plx_tap_reader_create(const int fds[2], struct plx_tap_reader **ret_reader, struct plx_why *why);
/* NULL is fine. Thread: any, while no other uses it. */
void plx_tap_reader_destroy(struct plx_tap_reader *reader);

/* Begins or ends the copying. */
void plx_tap_reader_want(struct plx_tap_reader *reader, bool on);

/* Why nothing comes any more. A program that ended says nothing: who has its socket knows. */
enum plx_tap_state {
	PLX_TAP_RUNS,
	PLX_TAP_PORT_GONE,
	PLX_TAP_SWITCHED_OFF, /* it did not believe us */
};

/* What is tapped, as it was when the tap was made. */
struct plx_tap_source {
	char name[PLX_TAP_NAME_MAX]; /* of the port: printable characters */
	uint16_t port;
	uint16_t mtu;
	uint32_t snaplen; /* UINT32_MAX: packets are whole */
	unsigned nb_lanes;
};
void plx_tap_reader_source(const struct plx_tap_reader *reader, struct plx_tap_source *ret_source);
enum plx_tap_state plx_tap_reader_state(const struct plx_tap_reader *reader);

struct plx_tap_lane_info {
	uint16_t queue;
	bool tx;
	/* So far, by the program; recorded is never less than what was read. */
	uint64_t recorded, filtered, dropped;
};
void plx_tap_reader_lane(const struct plx_tap_reader *reader, unsigned lane,
			 struct plx_tap_lane_info *ret_info);

/* Packets that passed queues without a lane. */
uint64_t plx_tap_reader_unlaned(const struct plx_tap_reader *reader);

struct plx_tap_packet {
	const uint8_t *bytes; /* cap_len of them, until plx_tap_reader_release */
	uint32_t cap_len;
	uint32_t wire_len; /* never less */
	uint64_t time_ns;  /* since the Unix epoch */
	uint32_t ol_flags; /* of PLX_MBUF_RX_HASH, _VLAN: which of the following are valid */
	uint32_t hash;
	uint16_t vlan_tci;
};

/*
 * The next packet of a lane: 1, 0 when there is none, or -EPROTO from the first nonsense on. Thread: one a lane. Path: hot.
 */
int plx_tap_reader_next(struct plx_tap_reader *reader, unsigned lane,
			struct plx_tap_packet *ret_packet);

/*
 * Reads and releases what is there now, and tells how many packets that were. 0, or -EPROTO as above. Thread: as above.
 * Path: slow.
 */
int plx_tap_reader_skip(struct plx_tap_reader *reader, unsigned lane, uint64_t *ret_packets);

/* Gives the room of all packets that were read back. Thread: as above. Path: hot. */
void plx_tap_reader_release(struct plx_tap_reader *reader, unsigned lane);

/* True while a lane has something to read. Thread: any. Path: hot. */
bool plx_tap_reader_pending(const struct plx_tap_reader *reader, unsigned lane);

PLX_END_DECLS

#endif
