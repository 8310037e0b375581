/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A cluster: a master that takes packets from ports and hands them, without copying, to up to 64 slaves, which are
 * threads of this program or other processes, and may be killed at any instant.
 *
 *	ports --rx--> master: decide, place --> lane of slave 0 --> slave 0: looks at it, keeps it, sends it, is done
 *	                 |                  --> lane of slave 1 --> slave 1 ...
 *	                 '--> egress ports                 <-- done, returned, to be sent
 *
 * Buffers have numbers; a lane (cluster_lane.h) carries descriptors of 16 bytes. Who holds a buffer is written in one
 * word of 64 bits that only the master's thread writes, a bit for each place. What a slave says is checked against it. A
 * buffer goes home when its word becomes 0; when a slave dies, the bits it held are cleared: docs/guides/cluster-ownership.md.
 *
 * What leaves by a port, as slaves, rules, decisions or `forward` say, has the VLAN tag again that the port it came by took out.
 *
 * Every packet is accounted for: plx_cluster_stats() has the equations.
 *
 * Thread: one at a time runs plx_cluster_poll, the master. With params.send_thread another one runs
 * plx_cluster_poll_send. All else may be called by any one other thread at a time, while they run. Path: slow, unless a function says otherwise.
 */
#ifndef PLX_LIB_CLUSTER_PLX_CLUSTER_H
#define PLX_LIB_CLUSTER_PLX_CLUSTER_H

#include "plx_base.h"
#include "plx_cluster_key.h"
#include "plx_idle.h"
#include "plx_mbuf.h"

PLX_BEGIN_DECLS

#define PLX_CLUSTER_PLACES_MAX 64 /* slaves at once */
#define PLX_CLUSTER_PORTS_MAX  64 /* ports to receive from, and ports to send to */
#define PLX_CLUSTER_ID_MAX     65535
#define PLX_CLUSTER_QUEUE_MAX  32768 /* packets in the queue of a slave */
#define PLX_CLUSTER_EXTRA_MAX  65536 /* buffers that a slave holds beside its queue */
#define PLX_CLUSTER_BURST      32

struct plx_cluster;
struct plx_filter_rules;

/* What becomes of a packet for a slave whose queue is full. */
enum plx_cluster_overflow {
	PLX_CLUSTER_DROP_NEWEST,
	PLX_CLUSTER_DROP_OLDEST, /* a backlog of queue_len behind the queue, of which the oldest goes */
	PLX_CLUSTER_BORROW,	 /* a backlog as long as the cluster's common reserve lasts */
	PLX_CLUSTER_PRESSURE, /* the master receives nothing until there is room: slows everybody */
	/* Packets of more segments than queue_len never fit and count as full with each of them. */
	PLX_CLUSTER_OVERFLOWS,
};

/* Who gets a packet. */
enum plx_cluster_mode {
	PLX_CLUSTER_SHARE,  /* one slave, by the key */
	PLX_CLUSTER_FANOUT, /* every slave */
	PLX_CLUSTER_GROUPS, /* one slave of every group, by the key */
	PLX_CLUSTER_MODES,
};

/* What a decision says of a packet. */
enum plx_cluster_action {
	PLX_CLUSTER_DROP,
	PLX_CLUSTER_PASS, /* to the slaves of `slaves` and the ports of `ports` */
	PLX_CLUSTER_HASH, /* to one slave (of each group) by `hash`, and the ports of `ports` */
};

struct plx_cluster_verdict {
	uint64_t slaves; /* a bit a place */
	uint64_t ports;	 /* a bit an egress port of the cluster, by its index */
	uint32_t hash;	 /* also what slaves see as the packet's hash */
	enum plx_cluster_action action;
};

/*
 * The program's own distribution, once a burst (n up to PLX_CLUSTER_BURST) or once a packet. It may change the packets'
 * bytes, not free or keep them. Bits of places where nobody is are counted as nobody; bits beyond the cluster's places
 * or ports, and an action that is none, are counted as misdirected and otherwise left out. Runs on the master's thread. Path: hot.
 */
typedef void (*plx_cluster_decide_fn)(void *arg, struct plx_mbuf *const *pkts, uint16_t n,
				      struct plx_cluster_verdict *ret_verdicts);
typedef struct plx_cluster_verdict (*plx_cluster_decide_one_fn)(void *arg, struct plx_mbuf *pkt);

/* How packets are distributed; can be changed at any time. At most one of the functions. */
struct plx_cluster_spread {
	enum plx_cluster_mode mode;
	enum plx_cluster_key key;
	uint32_t nb_groups;	      /* PLX_CLUSTER_GROUPS: 2 .. places */
	plx_cluster_decide_fn decide; /* NULL: mode and key decide */
	plx_cluster_decide_one_fn decide_one;
	void *arg;
	uint64_t forward; /* every packet that is not dropped also goes to these egress ports */
	/*
	 * Asked first, of every packet; NULL: none. The caller's, and there until the spread is replaced or the cluster destroyed; he
	 * calls plx_filter_rules_service. They name ports as ethdev does; where a rule sends, the port must be an egress port of the
	 * cluster. What passes is then spread and counts as what becomes of it there. Times are plx_clock_monotonic_ns.
	 */
	struct plx_filter_rules *rules;
};

struct plx_cluster_port {
	uint16_t port, queue;
};

struct plx_cluster_params {
	uint32_t id;	       /* by which other processes find it */
	struct plx_pool *pool; /* of all rx_ports; packets of other pools are copied into it */
	const struct plx_cluster_port *rx_ports, *tx_ports;
	uint32_t nb_rx_ports,
		nb_tx_ports; /* either may be 0: a cluster that only sends, or only receives */
	uint32_t places;     /* slaves at once, 1 .. PLX_CLUSTER_PLACES_MAX */
	uint32_t queue_len;  /* packets in each queue, a power of two; 0 = 1,024 */
	uint32_t extra;	     /* buffers a slave may hold beside its queue; 0 = none */
	enum plx_cluster_overflow overflow;
	uint32_t reserve; /* PLX_CLUSTER_BORROW: packets in all backlogs together */
	struct plx_cluster_spread spread;
	/*
	 * PLX_CLUSTER_GROUPS: how many places each group has, those of the first group first; together all of them. NULL: a
	 * slave says to which group it belongs, wherever it sits. Copied.
	 */
	const uint32_t *group_places;
	bool sticky; /* a place without slave keeps its share, which is then lost, in place of giving it to the others */
	/*
	 * Slaves may change packets and send their own: processes get the buffers' memory to write. On plain pages they can spoil bytes, those
	 * of any packet, and for good those of buffers that they punch holes into and that a card writes to; on huge ones a hole ends this
	 * program: there they must be trusted not to make any.
	 */
	bool writable;
	bool trusted;	  /* writable slaves mean no harm: the pool may be on huge pages */
	bool send_thread; /* plx_cluster_poll_send() is called by another thread and sends */
};

/*
 * Makes a cluster over ports that are started. It takes no more buffers than
 * places * (queue_len + backlog + 2 * extra) from the pool for long. -EINVAL (why names the field), -EPERM when it is writable
 * on huge pages and not trusted, -ENOMEM, and what
 * plx_filter_rules_reader_create says.
 * Slaves of this program can join at once; others after plx_cluster_open. Path: slow.
 */
int plx_cluster_create(const struct plx_cluster_params *params, struct plx_cluster **ret_cluster,
		       struct plx_why *why);

/*
 * Lets slaves in other processes come, by the program's control socket and the cluster's id (plx_cluster_attach). How they
 * come and go is the control thread's matter. -ENODEV without a control socket (plx_door_open comes first), -EADDRINUSE when a
 * running program of this folder has the id, -EALREADY, -ETIMEDOUT when one does not say whether it has, -ENOSPC. Thread:
 * main. Path: slow.
 */
int plx_cluster_open(struct plx_cluster *cluster, struct plx_why *why);

/* Sends them away, and lets no more in; nothing when it is not open. Thread: not the master's. Path: slow. */
void plx_cluster_close(struct plx_cluster *cluster);

/* Tells the slaves that it is over, takes back all they hold and frees it. NULL is fine. No thread polls it. Path: slow. */
void plx_cluster_destroy(struct plx_cluster *cluster);

/*
 * One round: takes what slaves gave back, a burst of each port, hands it out, sends. Returns how many packets and
 * buffers moved, 0 when there was nothing to do. Thread: the master's. Path: hot.
 */
unsigned plx_cluster_poll(struct plx_cluster *cluster);

/* Sends what slaves and decisions gave for the egress ports, with params.send_thread. Thread: one. Path: hot. */
unsigned plx_cluster_poll_send(struct plx_cluster *cluster);

/*
 * Polls, and waits between as the program's idle policy says, until plx_cluster_break. A master that sleeps is woken by packets
 * and by slaves that send. Thread: the master's. Path: hot.
 */
void plx_cluster_run(struct plx_cluster *cluster);
void plx_cluster_run_send(struct plx_cluster *cluster);

/* Ends both, for good: later runs return at once. Thread: any, also a signal handler's. */
void plx_cluster_break(struct plx_cluster *cluster);

/*
 * Replaces the distribution; when it returns the old one is not used any more. -EINVAL, and
 * what plx_filter_rules_reader_create says. Thread: not the master's. Path: slow.
 */
int plx_cluster_set_spread(struct plx_cluster *cluster, const struct plx_cluster_spread *spread,
			   struct plx_why *why);

/*
 * The same, and from then on places belong to groups as group_places says, which is params.group_places of another distribution;
 * NULL if that has none, not being PLX_CLUSTER_GROUPS. Slaves stay where they are, and belong to the group that their place has now. What is in their
 * queues already stays there. Errors and Thread: as above.
 */
int plx_cluster_set_groups(struct plx_cluster *cluster, const struct plx_cluster_spread *spread,
			   const uint32_t *group_places, struct plx_why *why);

/* -- books ------------------------------------------------------------------------------------------ */

/*
 * For packets:     received = delivered + forwarded + dropped + nobody + full + filtered + no_buffer
 * For a slave:     offered  = queued + full + oldest + backlog + filtered    (buffers: a packet of n segments counts n)
 *                  queued + granted = released + sent + taken_back + held
 * For egress:      asked    = transmitted + refused + waiting               (copies of packets)
 */
struct plx_cluster_stats {
	uint64_t received;
	uint64_t delivered;   /* to at least one slave's queue or backlog */
	uint64_t forwarded;   /* only to egress ports */
	uint64_t dropped;     /* by a decision or the rules */
	uint64_t by_rule;     /* of the dropped: a rule said so */
	uint64_t unwanted;    /* ... the rules' policy is to drop, and no rule wanted it */
	uint64_t sampled_out; /* ... it was not one of the N-th */
	uint64_t nobody;      /* no slave was where it should go */
	uint64_t full;	      /* slaves wanted it, none had room */
	uint64_t filtered;    /* slaves were there, none of their filters wanted it */
	uint64_t no_buffer;   /* had to be copied, and the pool was empty */
	uint64_t copied;      /* packets of other pools, or shared ones */
	uint64_t
		misdirected; /* verdicts that named what does not exist; rules, a port that is no egress */
	uint64_t asked, transmitted, refused, waiting; /* copies of packets for egress ports */
};

struct plx_cluster_place_stats {
	uint64_t offered, queued, full, oldest, backlog;
	uint64_t filtered;   /* not wanted by its filter */
	uint64_t granted;    /* empty buffers that it got to send with */
	uint64_t released;   /* given back */
	uint64_t sent;	     /* given to be sent */
	uint64_t taken_back; /* from one that died or left */
	uint64_t held;	     /* now, by it and in its queue */
	uint64_t refused;    /* of those sent: a port that is none, or no copy could be made */
	uint64_t lies;	     /* numbers it does not hold, lengths that do not fit */
	uint64_t slaves;     /* that have been here */
	bool present;
	int pid; /* 0: a thread of this program */
	uint32_t group;
};

struct plx_cluster_port_stats {
	uint16_t port, queue;
	uint64_t received;			       /* of an rx port */
	uint64_t asked, transmitted, refused, waiting; /* of a tx port */
};

/* Copies; what is written meanwhile may be in one number and not yet in the other. Thread: any. Path: slow. */
void plx_cluster_stats(const struct plx_cluster *cluster, struct plx_cluster_stats *ret_stats);
int plx_cluster_place_stats(const struct plx_cluster *cluster, uint32_t place,
			    struct plx_cluster_place_stats *ret_stats);
int plx_cluster_rx_stats(const struct plx_cluster *cluster, uint32_t i,
			 struct plx_cluster_port_stats *ret_stats);
int plx_cluster_tx_stats(const struct plx_cluster *cluster, uint32_t i,
			 struct plx_cluster_port_stats *ret_stats);

/*
 * Checks the equations and every buffer's word, with the master at rest: 0, or -EUCLEAN with what does not add up.
 * Thread: any while nobody polls. Path: slow, looks at every buffer.
 */
int plx_cluster_audit(const struct plx_cluster *cluster, struct plx_why *why);

PLX_END_DECLS

#endif
