/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A bouncer: a loop between two ports, one way or both, that moves packets without copying them, and may ask a function of
 * the program what becomes of each.
 *
 *	port a --rx--> decide --pass--> port b		way A_TO_B
 *	port b --rx--> decide --pass--> port a		way B_TO_A
 *	                 |----drop--> freed
 *	                 '----to i--> others[i], any port
 *
 * Without a decision a round is rx_burst and tx_burst. What a tx queue does not take is offered again as often as `retries` says, and
 * then freed and counted as refused. In every way, at all times between two rounds:
 *
 *	received = passed + elsewhere + dropped + misdirected + refused
 *
 * A packet leaves as its bytes are: a VLAN tag that a port was told to take out is not put back.
 *
 * Ports are the program's, and so is their start and stop: a round on a port that is stopped receives nothing, and what was
 * to be sent through one is refused. Packets of each way arrive in order at each port they go to.
 *
 *	plx_bouncer_create(&(struct plx_bouncer_params){.a = {0, 0}, .b = {1, 0}}, &bouncer, &why);
 *	plx_bouncer_run(bouncer);		until plx_bouncer_break(bouncer)
 * Thread: as each function says. Path: slow, unless a function says otherwise. */
#ifndef PLX_LIB_CLUSTER_PLX_BOUNCER_H
#define PLX_LIB_CLUSTER_PLX_BOUNCER_H

#include "plx_base.h"
#include "plx_mbuf.h"

PLX_BEGIN_DECLS

#define PLX_BOUNCER_BURST	32 /* packets, unless said otherwise */
#define PLX_BOUNCER_BURST_MAX	256
#define PLX_BOUNCER_OTHERS_MAX	64
#define PLX_BOUNCER_RETRIES_MAX 1000000

struct plx_bouncer;

enum plx_bouncer_direction {
	PLX_BOUNCER_BOTH,
	PLX_BOUNCER_ONLY_A_TO_B,
	PLX_BOUNCER_ONLY_B_TO_A,
};

enum plx_bouncer_way {
	PLX_BOUNCER_A_TO_B,
	PLX_BOUNCER_B_TO_A,
	PLX_BOUNCER_WAYS,
};

/* What becomes of a packet. Any other number is misdirected: dropped, under a counter of its own. */
#define PLX_BOUNCER_PASS  0 /* on to the other port */
#define PLX_BOUNCER_DROP  1
#define PLX_BOUNCER_TO(i) (2 + (i)) /* to others[i] */

/*
 * Decides on n packets at once; ret_verdicts says PASS beforehand. It may change bytes and lengths (plx_mbuf_prepend, _append, _adj,
 * _trim), not free or keep packets. Runs on the bouncer's thread. Path: hot.
 */
typedef void (*plx_bouncer_decide_fn)(void *arg, enum plx_bouncer_way way,
				      struct plx_mbuf *const *pkts, uint16_t n,
				      uint8_t *ret_verdicts);
/* The same for one packet: returns its verdict. */
typedef uint8_t (*plx_bouncer_decide_one_fn)(void *arg, enum plx_bouncer_way way,
					     struct plx_mbuf *pkt);

/* A queue pair of a port: rx and tx queue of that number. */
struct plx_bouncer_port {
	uint16_t port, queue;
};

struct plx_bouncer_params {
	struct plx_bouncer_port a, b;
	enum plx_bouncer_direction direction;
	uint16_t burst;		      /* 1 .. PLX_BOUNCER_BURST_MAX; 0 = PLX_BOUNCER_BURST */
	plx_bouncer_decide_fn decide; /* at most one of the two; without, all is passed */
	plx_bouncer_decide_one_fn decide_one;
	void *arg;
	const struct plx_bouncer_port *others; /* tx queues that decisions may name; copied */
	uint16_t nb_others;		       /* up to PLX_BOUNCER_OTHERS_MAX */
	uint32_t
		retries; /* of a full tx queue, up to PLX_BOUNCER_RETRIES_MAX; 0 = drop and count */
	uint32_t retry_delay_us; /* before each, up to 1,000 */
};

/*
 * Makes a bouncer between ports that have the queues it needs; they may be started later. The queues are its own as long as
 * it is polled. -ENODEV for a port that is not there, -EINVAL (why names the field), -ENOMEM. Thread: main. Path: slow.
 */
int plx_bouncer_create(const struct plx_bouncer_params *params, struct plx_bouncer **ret_bouncer,
		       struct plx_why *why);

/* Frees it; it holds no packets. NULL is fine. Thread: any, while nobody polls it. Path: slow. */
void plx_bouncer_destroy(struct plx_bouncer *bouncer);

/* One round: up to a burst each way. Returns how many packets were received. Thread: one at a time. Path: hot. */
unsigned plx_bouncer_poll(struct plx_bouncer *bouncer);

/* Polls, and waits between as the program's idle policy says, until broken. Thread: as plx_bouncer_poll. Path: hot. */
void plx_bouncer_run(struct plx_bouncer *bouncer);

/*
 * Ends plx_bouncer_run: the one that runs, within 10 ms when it sleeps, or if none does the next at its beginning.
 * Thread: any, also in a signal handler.
 */
void plx_bouncer_break(struct plx_bouncer *bouncer);

/* Packets of one way; the equation is above. */
struct plx_bouncer_stats {
	uint64_t received;
	uint64_t passed;      /* taken by the other port's tx queue */
	uint64_t elsewhere;   /* taken by a tx queue of others[] */
	uint64_t dropped;     /* by decision */
	uint64_t misdirected; /* verdicts that mean nothing */
	uint64_t refused;     /* not taken by a tx queue, retries included */
	uint64_t retried;     /* times that a tx queue was offered packets again */
};

/*
 * The counters of a way, which is 0s for one that the direction leaves out; exact between two rounds. -EINVAL for what is
 * no way. Thread: any. Path: slow.
 */
int plx_bouncer_stats(const struct plx_bouncer *bouncer, enum plx_bouncer_way way,
		      struct plx_bouncer_stats *ret_stats);

PLX_END_DECLS

#endif
