/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Live taps: another process gets copies of what passes a port of this program, which has prepared nothing. Each reader
 * has a region of its own, two files that are handed over by descriptor:
 *
 *	lcore --tx queue 1--> filter --> snaplen --> [lane: records ]--> reader        data: the program's, read-only for it
 *	                         |                        |      ^
 *	                      filtered                 dropped   '------ tails         tails: the reader's, checked
 *
 * There is a lane for each queue of each direction, a ring of bytes that one thread fills. A lane that is full costs the
 * reader the packet, and nobody else anything; it is counted. What the reader says is where it is in each lane: a tail
 * that cannot be switches it off for good. All memory is there before the first packet.
 * Thread: as each function says. Path: slow; what a burst runs is not in here. */
#ifndef PLX_LIB_TAP_PLX_TAP_H
#define PLX_LIB_TAP_PLX_TAP_H

#include "plx_base.h"

PLX_BEGIN_DECLS

#define PLX_TAP_MAX	   32 /* of a program */
#define PLX_TAP_FDS	   2
#define PLX_TAP_LANE_BYTES (4u << 20)	/* of a lane, unless asked for */
#define PLX_TAP_LANE_MIN   (256u << 10) /* which the longest packet fits twice */
#define PLX_TAP_LANE_MAX   (64u << 20)
#define PLX_TAP_BYTES_MAX \
	(128u << 20) /* of all lanes of a tap: they get smaller where they are many */

struct plx_tap;

/* What one reader wants. */
struct plx_tap_params {
	uint16_t port;
	bool rx, tx;	     /* which directions */
	const char *filter;  /* as tcpdump takes it; NULL: all */
	uint32_t snaplen;    /* bytes of each packet at most; 0: all */
	uint32_t lane_bytes; /* of a lane, rounded up to a power of two; 0: PLX_TAP_LANE_BYTES */
};

/*
 * Begins. ret_fds become the caller's, to be handed to the reader and closed; the tap lives on without them, until it is
 * removed. Nothing is copied before the reader wants it (plx_tap_reader_want). Queues that are set up later than this have no
 * lane: what passes them is counted.
 * -EINVAL for a filter that is none, no direction, or a size out of range, -ENODEV, -EBUSY when something else taps the port,
 * -ENOSPC beyond PLX_TAP_MAX, -ENOMEM. Thread: any. Path: slow.
 */
int plx_tap_add(const struct plx_tap_params *params, int ret_fds[PLX_TAP_FDS],
		struct plx_tap **ret_tap, struct plx_why *why);

/* Ends it and frees all; the reader keeps what it has mapped. NULL is fine. Thread: any, but no callback of a burst. */
void plx_tap_remove(struct plx_tap *tap);

/* A tap in figures. */
struct plx_tap_info {
	uint16_t port;
	bool rx, tx;
	uint32_t snaplen;
	unsigned lanes;
	uint64_t recorded; /* packets that went into its lanes */
	uint64_t filtered; /* did not match */
	uint64_t dropped;  /* lost: a lane was full */
	uint64_t unlaned;  /* lost: passed a queue that has no lane */
	bool wanted;	   /* the reader lets it copy */
	bool gone;	   /* the port is no more */
	bool hostile;	   /* it said what cannot be, and gets nothing any more */
};

/* As of now. Thread: any that keeps it from being removed meanwhile. */
void plx_tap_info(const struct plx_tap *tap, struct plx_tap_info *ret_info);

PLX_END_DECLS

#endif
