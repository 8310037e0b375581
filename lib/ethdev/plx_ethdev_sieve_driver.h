/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For who decides which packets of a port its program gets while others receive: a sieve, called with every burst that brought
 * something, behind the port's tap, which sees what the device received. Of it hold the words, letters and costs of
 * plx_ethdev_tap_driver.h; a port has one of each at most. lib/sieve is one that runs rules.
 */
#ifndef PLX_LIB_ETHDEV_PLX_ETHDEV_SIEVE_DRIVER_H
#define PLX_LIB_ETHDEV_PLX_ETHDEV_SIEVE_DRIVER_H

#include "plx_ethdev_driver.h"

PLX_BEGIN_DECLS

/* What became of packets that the program was not given. The ledger has a row for each. */
enum plx_ethdev_sifted_fate {
	PLX_ETHDEV_SIFTED_DROPPED,     /* by a rule */
	PLX_ETHDEV_SIFTED_UNWANTED,    /* no rule decided, and the policy is to drop */
	PLX_ETHDEV_SIFTED_SAMPLED_OUT, /* not one of the N-th */
	PLX_ETHDEV_SIFTED_SENT,	       /* out of a port */
	PLX_ETHDEV_SIFTED_UNSENT,      /* was to be sent, but could not be */
	PLX_ETHDEV_SIFTED_UNREAD,      /* its queue is one that the sieve does not know */
	PLX_ETHDEV_SIFTED_FATES,
};
PLX_STATIC_ASSERT(PLX_ETHDEV_SIFTED_FATES == PLX_ETHDEV_SIFTED_MAX, "the ledger has room for all");

/* Of a queue, on a line of its own: written by its thread, from inside the sieve, with plx_ethdev_sift(). */
struct plx_ethdev_sifted {
	uint64_t packets[PLX_ETHDEV_SIFTED_FATES];
	uint64_t bytes;
} PLX_CACHE_ALIGNED;

/* Counts a packet that the program does not get, of so many bytes on the wire. Thread: the queue's. Path: hot. */
static inline void
plx_ethdev_sift(struct plx_ethdev_sifted *sifted, enum plx_ethdev_sifted_fate fate, uint32_t bytes)
{
	/* Behind the queue's own counters for who reads: delivered is the difference, and never less than 0. */
	__atomic_store_n(&sifted->bytes, sifted->bytes + bytes, __ATOMIC_RELEASE);
	__atomic_store_n(&sifted->packets[fate], sifted->packets[fate] + 1, __ATOMIC_RELEASE);
}

/* All functions of a queue are called on the thread that polls it. They may call nothing that changes ports, taps or sieves. */
struct plx_ethdev_sieve {
	void *arg;
	/*
	 * These were received, and are the sieve's: it puts those that pass in front, in their order, and returns how many. Of
	 * the others it makes what it likes, and counts each in `sifted`.
	 */
	uint16_t (*rx)(void *arg, uint16_t queue, struct plx_mbuf **pkts, uint16_t n,
		       struct plx_ethdev_sifted *sifted);
	/* The port is being unregistered and the sieve is off already. May not call plx_ethdev_sieve_swap. */
	void (*gone)(void *arg);
};

/*
 * Makes `sieve` the port's in place of `former`, either of which may be NULL. When it returns nobody is inside the former one
 * any more, which can then be freed. -EBUSY when another than `former` is there, -ENODEV. Thread: any, but no function of a
 * tap or sieve. Path: slow, a system call, and waits for a burst at most.
 */
int plx_ethdev_sieve_swap(uint16_t port, const struct plx_ethdev_sieve *former,
			  const struct plx_ethdev_sieve *sieve);

PLX_END_DECLS

#endif
