/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A set of rules (plx_filter_rules.h) on a port: what rx_burst of it returns is what the rules let pass. It is put on, changed and
 * taken off while others receive, without their help.
 *
 *	device --> tap --> rules --> passed: rx_burst returns it
 *	                     |------> dropped, not wanted, sampled out: freed
 *	                     '------> reflect, bounce: out of the ports named, through a queue that is the sieve's own
 *
 * Every packet is accounted for: the port's ledger and xstats have a row for each fate, and received = delivered + lost +
 * kept by rules. A tap on the same port sees what the device received. Rules see packets as they were on the wire, a VLAN tag that
 * the device took out in its place, of a chained packet the first PLX_SIEVE_CHAIN_BYTES; what passes is as the device gave it,
 * what rules send has its tag again.
 *
 * What rules ask for (add-rule, delete-rule) is done by the EAL's control thread every PLX_SIEVE_TICK_MS, which purges idle
 * exact rules too if that is wanted; the program need not call plx_filter_rules_service, and may.
 * Thread: any, unless a function says otherwise. Path: slow; what a burst runs is not in here. */
#ifndef PLX_LIB_SIEVE_PLX_SIEVE_H
#define PLX_LIB_SIEVE_PLX_SIEVE_H

#include "plx_base.h"

PLX_BEGIN_DECLS

struct plx_filter_rules;
struct plx_sieve;

#define PLX_SIEVE_TICK_MS     10
#define PLX_SIEVE_CHAIN_BYTES 2048

struct plx_sieve_params {
	uint16_t port;
	struct plx_filter_rules *rules; /* the caller's, until the sieve is closed or has others */
	uint64_t purge_ns; /* exact rules that no packet met for so long are deleted; 0: none are */
};

/*
 * Puts rules on a port, whether it runs or not. Each rx queue that the port has now gets a reader of the set; what queues bring that are set up
 * later is counted and freed, since no rule could say that it may pass: plx_sieve_change gives them readers.
 * Several ports may have the same set. -EINVAL without rules, -ENODEV, also without an EAL, -EBUSY when the port has a sieve,
 * -ENOSPC for more readers than a set can have, -ENOMEM. Thread: any. Path: slow.
 */
int plx_sieve_open(const struct plx_sieve_params *params, struct plx_sieve **ret_sieve,
		   struct plx_why *why);

/*
 * Another set in place of the one before, or (NULL) the same with readers for the queues that the port has now. A burst is judged
 * by one of them; when it returns nobody is inside the former set any more. On an error all is as it was. Errors and thread
 * as above.
 */
int plx_sieve_change(struct plx_sieve *sieve, struct plx_filter_rules *rules, struct plx_why *why);

/*
 * Takes them off: everything passes again. Waits for a burst at most. The set is the caller's again; the port's counters stay.
 * Before plx_eal_cleanup. NULL is fine. Thread: any, but nothing that a burst calls.
 */
void plx_sieve_close(struct plx_sieve *sieve);

/*
 * Since it was opened. packets = passed + dropped + unwanted + sampled_out + sent + unsent + unread, and
 * asked = handed_over + misdirected + unmade + crowded, always once no burst is under way.
 */
struct plx_sieve_stats {
	uint64_t packets, bytes; /* that the device received */
	uint64_t passed;
	uint64_t dropped;     /* by a rule */
	uint64_t unwanted;    /* by the policy */
	uint64_t sampled_out; /* not one of the N-th */
	uint64_t sent;	      /* out of at least one port, and not to the program */
	uint64_t unsent;      /* was to be, but none of its sends could be done */
	uint64_t unread;      /* on a queue without a reader */

	uint64_t asked;	      /* sends: a packet may have several, and pass as well */
	uint64_t handed_over; /* to the queue of a port */
	uint64_t misdirected; /* lost: the port has no queue for it, plx_sieve_egress_open */
	uint64_t
		unmade; /* lost: no buffer for a copy, no room for a tag, or too short to have MAC addresses */
	uint64_t crowded; /* lost: too much waited there */

	uint16_t port;
	uint16_t queues; /* that have a reader */
	bool gone;	 /* the port is no more */
};

/* As of now. Thread: any that keeps it from being closed or changed meanwhile. */
void plx_sieve_stats(const struct plx_sieve *sieve, struct plx_sieve_stats *ret_stats);

/* -- sending ------------------------------------------------------------------------------------------- */

/*
 * Queues of ports belong to one thread each, and the threads that receive are many: what rules send goes out by a tx queue that the
 * program hands over for nothing else. Whoever receives such a packet queues it and sends what is queued, unless another is
 * at it already, who then sends it too; nobody waits. What the port does not take at once is dropped.
 */

/*
 * Hands over tx queue `queue` of a port, which all sieves of the program then send by. -EINVAL if the port has no such queue,
 * -EBUSY if one is handed over already, -ENODEV, -ENOMEM. Thread: any, one at a time. Path: slow.
 */
int plx_sieve_egress_open(uint16_t port, uint16_t queue, struct plx_why *why);

/*
 * Takes it back: when it returns nobody sends by it any more, and what waited is freed. To be done before the port is stopped, since
 * nothing else keeps a burst from being under way then. Of a port without one nothing happens. Thread: as above, but nothing that
 * a burst calls. Waits for a burst at most.
 */
void plx_sieve_egress_close(uint16_t port);

/* Since the queue was handed over; what all sieves handed over = transmitted + refused + waiting. */
struct plx_sieve_egress_stats {
	uint16_t queue;
	uint64_t transmitted; /* the port took them: its own ledger goes on from there */
	uint64_t refused;     /* lost: it did not */
	uint64_t waiting;
};

/* -ENOENT if the port has none. Thread: any. */
int plx_sieve_egress_stats(uint16_t port, struct plx_sieve_egress_stats *ret_stats);

PLX_END_DECLS

#endif
