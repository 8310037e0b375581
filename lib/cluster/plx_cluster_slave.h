/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The other end of a cluster: a slave, in a thread of the master's program or in a process of its own, without EAL.
 *
 *	n = plx_cluster_peek(slave, &desc, 32);         what is next, in the lane itself
 *	for (i = 0; i < n; i++) {
 *		look at plx_cluster_data(slave, &desc[i]), desc[i].len bytes of it;
 *		plx_cluster_keep(slave, i)              it stays mine: its number comes back by plx_cluster_return
 *		plx_cluster_send(slave, i, ports)       it goes out of these ports
 *	}
 *	plx_cluster_done(slave, n);                     the n oldest go back, but for those
 *
 * A packet of several segments is several descriptors, all but the last with PLX_CLUSTER_MORE; each is kept, sent
 * and returned by itself. Whoever only has read access must not write to the bytes: it would fault.
 *
 * Everything here: Thread: one a slave. Path: hot, if it does not say otherwise.
 */
#ifndef PLX_LIB_CLUSTER_PLX_CLUSTER_SLAVE_H
#define PLX_LIB_CLUSTER_PLX_CLUSTER_SLAVE_H

#include "plx_base.h"

PLX_BEGIN_DECLS

struct plx_cluster;
struct plx_cluster_slave;
struct plx_filter_packet;

#define PLX_CLUSTER_PLACE_ANY UINT32_MAX

/* flags of a descriptor */
#define PLX_CLUSTER_MORE	  (1u << 0) /* the packet goes on in the next descriptor */
#define PLX_CLUSTER_VLAN_STRIPPED (1u << 1) /* vlan_tci was taken out of the bytes */
#define PLX_CLUSTER_IP_CSUM_GOOD  (1u << 2)
#define PLX_CLUSTER_IP_CSUM_BAD	  (1u << 3)
#define PLX_CLUSTER_L4_CSUM_GOOD  (1u << 4)
#define PLX_CLUSTER_L4_CSUM_BAD	  (1u << 5)
#define PLX_CLUSTER_L4_CSUM_NONE  (1u << 6) /* not filled in: a local sender's offload */
#define PLX_CLUSTER_OUTGOING	  (1u << 7) /* a copy of what this host sent */

/* A segment in a lane: one store of 16 bytes. */
struct plx_cluster_desc {
	uint32_t number; /* of the buffer */
	uint16_t len;	 /* bytes */
	uint16_t off;	 /* where they begin, from the buffer's start */
	uint32_t hash;	 /* it was distributed by; 0 with PLX_CLUSTER_FANOUT */
	uint16_t vlan_tci;
	uint8_t port; /* which of the cluster's rx ports it came from */
	uint8_t flags;
} PLX_ALIGNED(16);
PLX_STATIC_ASSERT(sizeof(struct plx_cluster_desc) == 16, "a descriptor is 16 bytes");

#define PLX_CLUSTER_SLAVE_TIMES (1u << 0) /* wants the time of each packet */
#define PLX_CLUSTER_SLAVE_PASSIVE \
	(1u << 1) /* sleeps in plx_cluster_wait, so the master must look whether to wake it */
#define PLX_CLUSTER_SLAVE_WRITE \
	(1u << 2) /* wants to change and send packets; -EACCES where that is not granted */
#define PLX_CLUSTER_SLAVE_SEND_ONLY \
	(1u << 3) /* gets no packet, and no share is kept for it; with PLX_CLUSTER_SLAVE_WRITE */

struct plx_cluster_slave_params {
	uint32_t place; /* PLX_CLUSTER_PLACE_ANY: the next free one, from `former` on */
	/*
	 * Which one it had with a master that is gone: if it asks for that again, it does not take one that another slave will name. 0:
	 * none.
	 */
	uint32_t former;
	/*
	 * With PLX_CLUSTER_GROUPS: which one it belongs to, from 0. Where groups have places of their own, one of that group's is
	 * looked for with PLX_CLUSTER_PLACE_ANY, and who names a place belongs where that does.
	 */
	uint32_t group;
	uint32_t flags; /* PLX_CLUSTER_SLAVE_ */
	/*
	 * Which packets it wants, in libpcap's language; NULL or "": all. Of chains the first 2,048 bytes are looked at. What
	 * its filter does not want is lost where it would be the only one to get it.
	 */
	const char *filter;
};

/*
 * A slave in a thread of the master's program. -EBUSY when the place is taken, -ENOSPC when all are, -EINVAL for one
 * that is not there and for a filter that is none, -ENOMEM. Thread: not the master's. Path: slow.
 */
int plx_cluster_join(struct plx_cluster *cluster, const struct plx_cluster_slave_params *params,
		     struct plx_cluster_slave **ret_slave, struct plx_why *why);

/*
 * A slave of the cluster of that name, "cluster:10", or "cluster:10@2" for its place 2, in whichever program of this user (for
 * root: of any) it is; for programs without an EAL, too. params may be NULL. The master notices when it is gone, however it ends.
 * When the master ends or dies, plx_cluster_ended and plx_cluster_wait say so, and what is in the queue can still be read: the memory
 * is mapped until plx_cluster_leave. While packets are on huge pages the process has a handler of SIGBUS, since a master could take them
 * away: that is an end, too, with zeroes in their place. Then it may attach anew, with params.former, until it gets in: others may have come before it.
 * -EINVAL for a name or parameter that is none, -ENOENT without such a cluster (why lists those there are), -EBUSY, -ENOSPC,
 * -EACCES as in join, -EPROTO when the master is of another release, -ECONNRESET or -ECONNREFUSED when it has just ended,
 * -ETIMEDOUT when it is stopped, -EREMOTEIO with the words of what else it refuses. Thread: any. Path: slow.
 */
int plx_cluster_attach(const char *name, const struct plx_cluster_slave_params *params,
		       struct plx_cluster_slave **ret_slave, struct plx_why *why);

/*
 * Gives the place up, and all that it still holds. NULL is fine. A slave in a thread leaves before the cluster is destroyed;
 * of one in a process descriptors and bytes are not mapped any more. Path: slow.
 */
void plx_cluster_leave(struct plx_cluster_slave *slave);

/* -- packets ----------------------------------------------------------------------------------------- */

/*
 * The next descriptors, up to n, that were not peeked at yet or not done: always from the oldest one that is not done. They
 * lie in the lane and are valid until done. Fewer than there are at the end of the lane's memory. 0 when there is nothing.
 */
static inline uint32_t plx_cluster_peek(struct plx_cluster_slave *slave,
					const struct plx_cluster_desc **ret_desc, uint32_t n);

/*
 * The n oldest are given back, but for those kept or sent. n is at most what peek returned last: with more the
 * slave gives back what it has not seen, or, beyond the queue, loses its place.
 */
static inline void plx_cluster_done(struct plx_cluster_slave *slave, uint32_t n);

/* Where a segment's bytes are. */
static inline uint8_t *
plx_cluster_data(const struct plx_cluster_slave *slave, const struct plx_cluster_desc *desc);

#define PLX_CLUSTER_VIEW 2048 /* bytes of a packet that had to be copied to be looked at */

/*
 * A packet as the slave's own filters and rules are to see it (plx_filter_match, plx_filter_rules_match_burst): in one piece, and as it was
 * on the wire. That is where it lies, or for a chain and for one whose VLAN tag was taken out a copy of the first bytes in buf, which the
 * next such packet needs, too. desc is the first of n descriptors that are there; returns how many of them are this
 * packet's. Of a chain at the end of the lane's memory only what is there is seen.
 */
uint32_t
plx_cluster_packet(const struct plx_cluster_slave *slave, const struct plx_cluster_desc *desc,
		   uint32_t n, uint8_t buf[PLX_CLUSTER_VIEW], struct plx_filter_packet *ret_packet);

/* When the i-th of those peeked at came, ns since the epoch; 0 without PLX_CLUSTER_SLAVE_TIMES. */
uint64_t plx_cluster_time(const struct plx_cluster_slave *slave, uint32_t i);

/* The i-th of those peeked at stays the slave's, past done. False if it holds as many as it may (params.extra). */
bool plx_cluster_keep(struct plx_cluster_slave *slave, uint32_t i);

/*
 * Gives back a buffer that was kept or allocated. At once, in any order. Only once: the second time counts as a lie,
 * and if the number came to this slave again meanwhile, it is that packet which is given back.
 */
void plx_cluster_return(struct plx_cluster_slave *slave, uint32_t number);

/* An empty buffer of its own, *ret_number; false when there is none now. Needs PLX_CLUSTER_SLAVE_WRITE. */
bool plx_cluster_alloc(struct plx_cluster_slave *slave, uint32_t *ret_number);

/*
 * Gives a packet to the egress ports (a bit each) in place of giving it back: the i-th of those peeked at, whole packets of one
 * segment only; or one that was kept or allocated, desc->number, off and len saying what to send. A packet whose VLAN tag was taken out
 * has it again if it is sent with the off and len it came with; with others the bytes go as they are. False when the lane to
 * the master is full: it is still the slave's. Seen by the master at the next done or flush.
 */
bool plx_cluster_send(struct plx_cluster_slave *slave, uint32_t i, uint64_t ports);
bool plx_cluster_send_kept(struct plx_cluster_slave *slave, const struct plx_cluster_desc *desc,
			   uint64_t ports);

/* Shows the master what was sent and returned since the last done. */
void plx_cluster_flush(struct plx_cluster_slave *slave);

/*
 * Waits until something is there, the cluster ended or timeout_ms passed (-1: none). 1, 0 at the limit, -EPIPE at the end with the
 * queue empty. Sleeps with PLX_CLUSTER_SLAVE_PASSIVE, else yields. Path: slow.
 */
int plx_cluster_wait(struct plx_cluster_slave *slave, int timeout_ms);

/* Readable when wait would not block, for event loops; ask peek until it says 0, then arm, ask again, then poll the fd. */
int plx_cluster_slave_fd(const struct plx_cluster_slave *slave);
void plx_cluster_slave_arm(struct plx_cluster_slave *slave);

/* True once the master said it is over, or is gone, or took memory away. */
bool plx_cluster_ended(const struct plx_cluster_slave *slave);

/*
 * What became of all that was to come here, as the master counts it for its place since this slave came (plx_cluster.h):
 *	offered = queued + full + oldest + backlog + filtered		(buffers: a packet of n segments counts n)
 */
struct plx_cluster_slave_stats {
	uint64_t offered;
	uint64_t queued;   /* shown to this slave */
	uint64_t full;	   /* lost: there was no room */
	uint64_t oldest;   /* lost: newer ones came */
	uint64_t backlog;  /* wait for room */
	uint64_t filtered; /* not wanted by its filter */
	uint64_t granted;  /* empty buffers to send with */
	uint64_t released; /* given back */
	uint64_t sent;	   /* given to be sent */
	uint64_t refused;  /* of those sent: a port that is none, or no copy could be made */
	uint64_t lies;	   /* numbers it does not hold, lengths that do not fit */
};

/*
 * Copies. The master writes them when it finds nothing to do, each 64 rounds, and before it says that it is over: under load they lag
 * by so much, and one number may be newer than the next. Valid until plx_cluster_leave, also when the master is gone. Thread: any.
 * Path: slow.
 */
void plx_cluster_slave_stats(const struct plx_cluster_slave *slave,
			     struct plx_cluster_slave_stats *ret_stats);

/* Which place it has. Thread: any. */
uint32_t plx_cluster_slave_place(const struct plx_cluster_slave *slave);

/* What the master gave it and has itself, as it stood when the slave came. */
struct plx_cluster_slave_facts {
	uint32_t place;
	uint32_t flags;	    /* PLX_CLUSTER_SLAVE_, as granted */
	uint32_t queue_len; /* packets in its queue */
	uint32_t extra;	    /* buffers it may hold beside that */
	uint32_t nb_rx_ports, nb_tx_ports;
	uint32_t buffers;  /* of the pool: their numbers are 0 .. buffers - 1 */
	uint32_t buf_size; /* bytes of each, head-room included */
	uint32_t headroom; /* where packets usually begin */
};

/* Nothing of it changes. Whoever does not trust the master compares descriptors with it. Thread: any. Path: slow. */
void plx_cluster_slave_facts(const struct plx_cluster_slave *slave,
			     struct plx_cluster_slave_facts *ret_facts);

PLX_END_DECLS

#include "plx_cluster_slave_inline.h"

#endif
