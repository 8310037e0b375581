/* SPDX-License-Identifier: BSD-3-Clause */
/* A cluster as its master sees it. Only the master's thread writes here, or who closed the gate. */
#ifndef PLX_LIB_CLUSTER_CLUSTER_PRIV_H
#define PLX_LIB_CLUSTER_CLUSTER_PRIV_H

#include "plx_cluster.h"
#include "plx_cluster_slave.h"
#include "plx_ethdev.h"
#include "plx_filter.h"
#include "plx_filter_rules.h"
#include "plx_gate.h"
#include "plx_peermem.h"
#include "plx_ring_spsc.h"
#include "plx_zone.h"

#include <pthread.h>

#define BUCKETS	     512 /* shares that a group's slaves divide among them */
#define BUCKET_SHIFT 23	 /* a hash's upper bits are its bucket */
#define NO_PLACE     0xff
#define SEGMENTS_MAX 64	 /* of a packet; one of more is copied */
#define SWEEP_PIECE  256 /* numbers of a dead slave that are looked at in one round */
#define LOOK_EVERY   8	 /* rounds in which a place is not looked at, and this one, at most */
#define GRANTS_MAX   256 /* empty buffers that wait for a slave to take them */
#define BELLS_MAX \
	64 /* of one peer that are heard at once; an honest one rings once for each sleep */

/* Bells of a visit that are more than the orders in it: an honest slave rings for orders alone, which may not be seen yet. */
#define BELLS_SPARE (2 * PLX_CLUSTER_QUEUE_MAX)

/* One writer, and readers who want no more than a number that was true. */
#define COUNT(counter, n) __atomic_store_n(&(counter), (counter) + (n), __ATOMIC_RELAXED)
#define LOOK(counter)	  __atomic_load_n(&(counter), __ATOMIC_RELAXED)

/* What did not fit into a queue, oldest first. */
struct backlog {
	struct plx_cluster_desc *desc;
	uint64_t *time; /* NULL: nobody asked */
	uint32_t mask;
	uint64_t head, tail;
};

/*
 * Numbers that a slave may hold outside of its queue: kept or granted. Those it gave back stay in until there is no room: the
 * holder words say which count.
 */
struct aside {
	uint32_t *number;
	uint32_t len, max;
};

enum place_state {
	PLACE_EMPTY,
	PLACE_TAKEN,
	PLACE_GONE, /* what it held is being taken back */
};

struct place {
	struct plx_cluster_desc *queue; /* in the lane */
	uint32_t *shadow;		/* the numbers in it, out of the slave's reach */
	uint64_t *times;		/* in the lane; NULL: not asked for */
	uint64_t tail, reclaimed;
	uint64_t
		limit; /* what tail may become without a look at anything else; 0 while there is a backlog */
	uint64_t shown; /* of tail, for the books: what is behind it was not offered yet */
	uint32_t mask;	/* of queue, shadow and times */
	uint64_t bit;
	struct plx_cluster_lane *lane;
	uint32_t grant_tail, return_head, send_head;
	struct plx_cluster_lane_shape shape; /* as it was made, not as it may look by now */
	struct aside aside;
	struct backlog backlog;
	struct plx_filter *filter;	      /* NULL: wants all */
	struct plx_cluster_place_stats stats; /* held, present: made when asked for */
	struct plx_cluster_place_stats came;  /* as they were when the slave came */
	uint64_t swept;			      /* entries of the aside list already looked at */
	enum place_state state;		      /* atomic */
	uint32_t group;
	int bell; /* eventfd, wakes the slave of this program; one of a process is woken by: */
	int sock; /* of a process, to hang up on it; not the place's own; -1 */
	uint64_t visit; /* how many slaves were here before, this one included */
	uint64_t rung;	/* bells of this visit that were heard */
	bool seated; /* under the desk: a thread of this program still has the lane in its hands */
	const struct plx_zone *zone;
} PLX_CACHE_ALIGNED;

/* An egress port. */
struct egress {
	uint16_t port, queue;
	uint32_t n;
	struct plx_mbuf *pkts[PLX_CLUSTER_BURST];
	struct plx_ring_spsc *ring; /* to the thread that sends; NULL: the master does */
	uint64_t asked, refused;
	uint64_t transmitted PLX_CACHE_ALIGNED; /* this line is the thread's that sends */
	uint64_t refused_late;
} PLX_CACHE_ALIGNED;

struct plx_cluster {
	struct plx_gate gate; /* the master is inside during a round */
	struct plx_pool *pool;
	struct plx_mbuf *headers; /* of the pool */
	uint64_t plain;		  /* the state of its buffers that can be held as they are */
	uint64_t *holders;	  /* a word a buffer: a bit for each place that holds it */
	struct place *places;
	uint32_t nb_places;
	uint64_t present; /* places with a slave; others look, too */
	uint64_t takers;  /* of them those that do not only send */
	uint64_t gone; /* atomic: places whose slave left; who notices sets, who has swept clears */
	uint64_t passive; /* places whose slave may sleep */
	uint64_t choosy;  /* places with a filter */
	uint64_t touched; /* places whose tail is to be shown */
	uint64_t backlogged;
	uint64_t doomed; /* places that lied, to be sent away */
	uint32_t in_backlogs;
	uint64_t hasty; /* places that are looked at in every round: cluster.c */
	uint64_t every; /* a bit in each 1, 2, 4 or 8: shifted, the places whose turn it is */
	uint32_t room;	/* slots that a round may fill in one queue, of packets that are plain */
	uint32_t look_round; /* modulo LOOK_EVERY */
	bool full_burst;     /* a port gave one in this round */

	struct plx_cluster_spread spread;
	struct plx_filter_rules_reader *reader; /* of spread.rules */
	uint8_t quick[BUCKETS]; /* as buckets[0], but for places that are absent or have a filter */
	uint8_t buckets[PLX_CLUSTER_PLACES_MAX][BUCKETS];
	uint32_t nb_groups;
	bool grouped; /* places have groups, whatever their slaves say */
	uint8_t group_of[PLX_CLUSTER_PLACES_MAX];
	uint64_t members[PLX_CLUSTER_PLACES_MAX]; /* of each group, those present */
	uint64_t round;
	uint8_t rx_now;	   /* the rx port whose burst is being spread */
	uint64_t timed;	   /* places that ask for times */
	uint64_t time_now; /* ns, of the packet that is being put */
	uint64_t time_burst;
	uint32_t turn[PLX_CLUSTER_PLACES_MAX]; /* whose it is, with PLX_CLUSTER_KEY_ROUND_ROBIN */

	struct plx_cluster_port_stats rx[PLX_CLUSTER_PORTS_MAX];
	struct egress egress[PLX_CLUSTER_PORTS_MAX];
	uint32_t nb_rx, nb_tx;
	struct plx_pool
		*clones; /* headers for packets that are sent and held at once: no slave maps it */

	struct plx_cluster_stats stats;
	struct plx_cluster_params params;
	pthread_mutex_t desk; /* who changes something */
	int bell;	      /* eventfd: slaves of this program wake the master */
	int ears; /* epoll: the bell, and the connections of slaves in processes, which are theirs */
	bool dozing;
	uint32_t untold; /* rounds since slaves were told what is counted for them */
	bool stop;	 /* atomic */
};

/* cluster_hold.c: who holds what */

/* Clears a place's bit of a buffer, and frees that if it was the last. False if the bit was not set. */
bool hold_drop(struct plx_cluster *cluster, struct place *place, uint32_t number);
/* It lies, and is to be sent away. */
void place_doom(struct plx_cluster *cluster, struct place *place);
/* Takes what the slave gave back, and what it sends. Returns how many. */
unsigned place_collect(struct plx_cluster *cluster, struct place *place);
/* Takes back up to `budget` of what one that is gone held; true when that was all. */
bool place_sweep(struct plx_cluster *cluster, struct place *place, uint32_t budget);
/* Gives it empty buffers. Returns how many. */
unsigned place_grant(struct plx_cluster *cluster, struct place *place);
bool aside_add(struct plx_cluster *cluster, struct place *place, uint32_t number);

/* cluster_place.c: into queues. Counts in places are of buffers, one for each segment. */

/*
 * Hands segments that are the cluster's own to a place, their holder words already naming it if true is returned, as
 * cluster_put_priv.h does. False: no room, counted.
 */
bool place_put_slow(struct plx_cluster *cluster, struct place *place,
		    const struct plx_cluster_desc *desc, uint32_t n);
/* From the backlog into the queue. */
unsigned place_drain(struct plx_cluster *cluster, struct place *place);
/* Shows all slaves what was put, and wakes those that sleep. */
void places_show(struct plx_cluster *cluster);
/* Wakes who waits for the eventfd. */
void cluster_ring(int bell);
/* The same by a connection: this end's flags are not the other's matter, so nobody can have it wait. */
void cluster_ring_sock(int sock);

/* cluster_share.c: whose share is what */
void share_divide(struct plx_cluster *cluster);

/* cluster_spread.c: a burst to all who get it */
void spread_burst(struct plx_cluster *cluster, struct plx_mbuf **pkts, uint16_t n);
/* One packet, whatever it is, to places and egress ports. */
void spread_one(struct plx_cluster *cluster, struct plx_mbuf *m, uint32_t hash, uint64_t places,
		uint64_t ports);

/* cluster_fanout.c: a burst to every slave; there is one, and none has a filter */
void spread_fanout(struct plx_cluster *cluster, struct plx_mbuf **pkts, uint16_t n);

/* cluster_filter.c: what is not wanted */

/* Asks the rules and does what they say. Returns how many packets passed: these are in front then. */
uint16_t rules_burst(struct plx_cluster *cluster, struct plx_mbuf **pkts, uint16_t n);
/* Those of the places whose filters want the packet; the others count it. */
uint64_t filter_places(struct plx_cluster *cluster, const struct plx_mbuf *m, uint64_t places);

/* cluster_egress.c */

/* Which one is that ethdev port; NULL: none. */
struct egress *egress_of(struct plx_cluster *cluster, uint16_t port);
/* Counts a packet that was asked for and queues it; NULL: it could not be made. */
void egress_ask(struct plx_cluster *cluster, struct egress *egress, struct plx_mbuf *m);

/* Queues a packet, which is then the port's. */
void egress_push(struct plx_cluster *cluster, struct egress *egress, struct plx_mbuf *m);
unsigned egress_flush(struct plx_cluster *cluster);
/* A packet that shares m's bytes and can be sent while m is held; NULL: no header left. */
struct plx_mbuf *egress_clone(struct plx_cluster *cluster, struct plx_mbuf *m);
/* What a slave ordered. False if the number is not its own or does not fit. */
bool egress_order(struct plx_cluster *cluster, struct place *place,
		  const struct plx_cluster_order *order);

/* cluster_wire.c */

/*
 * The packet with the tag that a device took out of it, and with its MAC addresses exchanged if that is wanted: `itself` if it may be
 * changed and nobody else sees its bytes, else a copy. NULL: no buffer, or too short. Unless it is returned it stays the caller's.
 */
struct plx_mbuf *
wire_form(struct plx_cluster *cluster, struct plx_mbuf *m, bool bounce, bool itself);

/* cluster_clones.c */
int clones_get(struct plx_pool **ret_pool, struct plx_why *why);
void clones_put(struct plx_pool *pool);

/* cluster_stats.c: writes what is counted for a slave where that can read it. Only the master's thread, or with it kept out. */
void place_tell(struct place *place);

/* cluster_lane.c */
int lane_make(struct plx_cluster *cluster, uint32_t place,
	      const struct plx_cluster_slave_params *params, struct plx_why *why);
void lane_free(struct place *place);

/* cluster_join.c: who comes and goes */

/* A place and its lane for a new slave. Thread: not the master's. */
struct place_owner {
	int sock; /* -1 and 0: a thread of this program */
	int pid;
};
int place_open(struct plx_cluster *cluster, const struct plx_cluster_slave_params *params,
	       const struct place_owner *owner, uint32_t *ret_place, uint64_t *ret_visit,
	       struct plx_why *why);
/* Notes that the slave of that visit is gone, and tells it if it is not; nothing if it was noticed before. Thread: not the
 * master's. */
void place_shut(struct plx_cluster *cluster, uint32_t place, uint64_t visit);
/* The master's part: takes those that are gone out, and takes back what they held, piece by piece. */
unsigned places_bury(struct plx_cluster *cluster);
/* Sends away those that lied. Returns how many. */
unsigned places_banish(struct plx_cluster *cluster);

/* slave.c: what a slave knows of its lane */
struct plx_cluster_slave_private {
	struct plx_cluster_lane_shape shape; /* copied once, then checked */
	uint64_t *kept;
	const uint32_t *grant;
	uint32_t *back;
	struct plx_cluster_order *send;
	const uint64_t *times;
	uint32_t grant_head, return_tail, send_tail;
	uint64_t kept_to;		 /* past the highest position that was marked */
	uint32_t return_seen, send_seen; /* the master's heads, when last read */
	uint32_t held;			 /* kept, granted and taken */
	uint64_t sent_up_to;		 /* past the highest position that was given to be sent */
	int bell;			 /* the slave's own: woken by it */
	int master_bell;
	int sock;		     /* in another process in place of both bells; -1 */
	struct plx_cluster *cluster; /* NULL in another process */
	uint64_t visit;
	struct plx_peermem lane_file, data_file; /* in another process */
};

/*
 * A slave on a lane of `bytes` bytes whose buffers lie at data. -EPROTO with why if the lane is not one, or of another version.
 */
int slave_make(struct plx_cluster_lane *lane, size_t bytes, uint8_t *data,
	       struct plx_cluster_slave **ret_slave, struct plx_why *why);
void slave_free(struct plx_cluster_slave *slave);

/* slave_attach.c: slaves in other processes */

/* What plx_cluster_attach made. */
void slave_detach(struct plx_cluster_slave *slave);
/* The master took memory away, and there are zeroes in its place. */
bool slave_robbed(const struct plx_cluster_slave *slave);
/* Whether the program with the door at `path` has cluster `id`; adds the ids it has to the list unless NULL. */
int cluster_ask(const char *path, uint32_t id, int timeout_ms, bool *ret_has, struct plx_why *list,
		struct plx_why *why);

#endif
