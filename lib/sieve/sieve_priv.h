/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of lib/sieve share. */
#ifndef PLX_LIB_SIEVE_SIEVE_PRIV_H
#define PLX_LIB_SIEVE_SIEVE_PRIV_H

#include "plx_ethdev_sieve_driver.h"
#include "sieve_judge.h"

struct sieve_egress;

/* One writer, the queue's thread. What is not here is in `fates`. */
struct sieve_counts {
	uint64_t packets, bytes, passed;
	uint64_t fates[PLX_ETHDEV_SIFTED_FATES];
	uint64_t asked, handed_over, misdirected, unmade, crowded;
};

/* An rx queue: its counters, and packets on their way to one port. */
struct lane {
	struct sieve_counts counts;
	struct sieve_egress *egress; /* of those in `out`; NULL: there are none */
	uint16_t nb_out;
	struct plx_mbuf *out[SIEVE_BURST];
} PLX_CACHE_ALIGNED;

/* What a burst works with: never changes, another is swapped in. */
struct edition {
	struct plx_ethdev_sieve hook;
	struct plx_filter_rules *rules;
	struct lane *lanes;
	bool *gone; /* atomic: the port is no more */
	uint16_t port;
	uint16_t nb_readers;
	struct plx_filter_rules_reader *reader[PLX_ETHDEV_QUEUES_MAX];
};

/* sieve_burst.c: the hook's rx; arg is the edition. */
uint16_t sieve_burst(void *arg, uint16_t queue, struct plx_mbuf **pkts, uint16_t n,
		     struct plx_ethdev_sifted *sifted);

/* sieve_egress.c. NULL: the port has none, or not any more. Path: hot. */
struct sieve_egress *sieve_egress_of(uint16_t port);
/* Takes all n: returns how many from the front go on their way, the others are freed. Thread: any. Path: hot. */
uint16_t sieve_egress_put(struct sieve_egress *egress, struct plx_mbuf **pkts, uint16_t n);
/* Sends what was left in any of them. Thread: any. Path: slow. */
void sieve_egress_tick(void);

#endif
