/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A lane: the memory that the master and one slave share, one zone with one fd. Layout visible for inlining.
 *
 *	head of the lane    written once by the master, before anybody else sees it
 *	master's line       tail, grant_tail; return_head, send_head; over
 *	slave's line        head, return_tail, send_tail, grant_head, kept_to
 *	bell                asleep (slave), dozing (master)
 *	books               what the master counts for the slave: it never reads them
 *	queue[queue_len]    descriptors            master -> slave, given back in order by `head`
 *	kept[queue_len]     for each slot 1 + the last position (64 bits) in which its packet stayed the slave's
 *	grant[grant_len]    empty buffers          master -> slave
 *	return[return_len]  numbers given back     slave -> master, in any order
 *	send[send_len]      what to send           slave -> master
 *	times[queue_len]    with PLX_CLUSTER_SLAVE_TIMES
 *
 * Counters run on modulo 2^32; lengths are powers of two. Both sides keep their own counters for themselves and read
 * only the other's:
 *
 *	master                                           slave
 *	queue[t] = desc                                  (B) t = tail, acquire;   reads queue[..t)
 *	(A) tail = t + 1, release                        kept[], kept_to, return[r], send[s] written
 *	                                                 (C) head, return_tail, send_tail, release
 *	(D) send_tail, return_tail, then head, acquire
 *	    reads kept[], return[..r), send[..s)
 *	    writes queue[..] again where head went past
 *
 * kept_to says up to which position kept[] must be looked at: it is a position and no count of writes, because the master may
 * read it when a later slot was marked and not yet given back.
 *
 * A pairs with B: who sees the tail sees the descriptors. C pairs with D: who sees the head sees what was kept, and writes a
 * slot only when its reader is done with it. `head` is written before send_tail and return_tail and read after them, so
 * that a number is not sent or returned before the slot it came in was given back.
 *
 * Sleeping: asleep = 1, fence, tail read again, sleep | tail = t, fence, asleep read: one of the two sees the other. Who wakes
 * writes asleep = 0 first, so that it rings once for each time the slave lay down.
 */
#ifndef PLX_LIB_CLUSTER_PLX_CLUSTER_LANE_H
#define PLX_LIB_CLUSTER_PLX_CLUSTER_LANE_H

#include "plx_base.h"

PLX_BEGIN_DECLS

struct plx_cluster_desc;

#define PLX_CLUSTER_LANE_MAGIC	 0x656e616c78756c70ULL /* "pluxlane" */
#define PLX_CLUSTER_LANE_VERSION 1

/* What a slave must know of the memory, in bytes and elements. */
struct plx_cluster_lane_shape {
	uint64_t magic;
	uint64_t bytes; /* of the lane */
	uint32_t version;
	uint32_t flags; /* PLX_CLUSTER_SLAVE_, as granted */
	uint32_t place;
	uint32_t nb_rx_ports, nb_tx_ports;
	uint32_t extra;
	uint32_t queue_len, grant_len, return_len, send_len;
	uint32_t queue_at, kept_at, grant_at, return_at, send_at,
		times_at;			      /* bytes from the lane's start */
	uint32_t buffers, stride, buf_size, headroom; /* of the pool */
};

struct plx_cluster_lane {
	struct plx_cluster_lane_shape shape;

	/* the master writes */
	struct {
		uint32_t tail;
		uint32_t grant_tail;
		uint32_t return_head;
		uint32_t send_head;
		uint32_t over; /* nothing will come any more */
	} PLX_CACHE_ALIGNED master;

	/* the slave writes */
	struct {
		uint32_t head;
		uint32_t return_tail;
		uint32_t send_tail;
		uint32_t grant_head;
		uint64_t kept_to; /* past the highest position ever marked in kept[] */
	} PLX_CACHE_ALIGNED slave;

	struct {
		uint32_t asleep; /* the slave: wake me when there is something */
		uint32_t dozing; /* the master: wake me when there is something to send */
	} PLX_CACHE_ALIGNED bell;

	/* the master writes, now and then; as in struct plx_cluster_slave_stats */
	struct {
		uint64_t queued, full, oldest, backlog, filtered;
		uint64_t granted, released, sent, refused, lies;
	} PLX_CACHE_ALIGNED books;
} PLX_CACHE_ALIGNED;

/* What a slave asks to send: off and len within the buffer, a bit for each egress port. */
struct plx_cluster_order {
	uint32_t number;
	uint16_t off, len;
	uint64_t ports;
};
PLX_STATIC_ASSERT(sizeof(struct plx_cluster_order) == 16, "an order is 16 bytes");

PLX_END_DECLS

#endif
