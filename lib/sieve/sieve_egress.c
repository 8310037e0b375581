/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The tx queues that were handed over. Any thread puts packets into an egress's ring; one at a time, whoever came first, sends.
 *
 *	who puts:    (A) ring, release    (B) callers + 1, acq-rel: was it 0? then it sends:
 *	who sends:   (C) seen = callers, acquire    (D) empties the ring    (E) callers: seen -> 0, release; or again from C
 *
 * C sees B's count only with A's packet; where it does not, E fails: what was put while another sent is sent by him. One that
 * sends for others too long leaves the rest to who comes next, and to the control thread.
 */
#include "sieve_priv.h"

#include "plx_ring_mpmc.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#define CAPACITY 2048
#define ROUNDS	 4 /* of who sends */

struct sieve_egress {
	uint32_t callers; /* 0: nobody sends */
	bool open;	  /* else what is in the ring is freed */
	uint16_t port;
	uint16_t queue;
	uint64_t transmitted, refused;
	struct plx_ring_mpmc *ring;
} PLX_CACHE_ALIGNED;

/* Made once for a port and kept, so that who is late with a packet finds it. */
static struct sieve_egress *egresses[PLX_ETHDEV_MAX];

/* Of who opens and closes. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct sieve_egress *
find(uint16_t port)
{
	return port < PLX_ETHDEV_MAX ? __atomic_load_n(&egresses[port], __ATOMIC_ACQUIRE) : NULL;
}

static bool
is_open(const struct sieve_egress *egress)
{
	return __atomic_load_n(&egress->open, __ATOMIC_ACQUIRE);
}

struct sieve_egress *
sieve_egress_of(uint16_t port)
{
	struct sieve_egress *egress = find(port);

	return egress != NULL && is_open(egress) ? egress : NULL;
}

/* -- sending: one at a time ---------------------------------------------------------------------------- */

/* Of a port that was configured anew meanwhile it may be gone. */
static bool
has_queue(const struct sieve_egress *egress)
{
	return plx_ethdev_fast_table[egress->port].txq[egress->queue] != NULL;
}

static void
send_some(struct sieve_egress *egress, struct plx_mbuf **pkts, uint16_t n)
{
	uint16_t taken = 0;

	if (is_open(egress) && has_queue(egress))
		taken = plx_ethdev_tx_burst(egress->port, egress->queue, pkts, n);
	plx_ethdev_add(&egress->transmitted, taken);
	if (PLX_LIKELY(taken == n))
		return;
	plx_ethdev_add(&egress->refused, n - taken);
	plx_mbuf_free_bulk(pkts + taken, n - taken);
}

static void
empty(struct sieve_egress *egress)
{
	uint64_t numbers[SIEVE_BURST];
	struct plx_mbuf *pkts[SIEVE_BURST];
	uint32_t n, sum = 0;

	do {
		n = plx_ring_mpmc_dequeue_burst64_sc(egress->ring, numbers, SIEVE_BURST);
		for (uint32_t i = 0; i < n; i++)
			pkts[i] = (struct plx_mbuf *)(uintptr_t)numbers[i];
		if (n != 0)
			send_some(egress, pkts, (uint16_t)n);
		sum += n;
	} while (n != 0 && sum < CAPACITY);
}

/* By who sends: until nobody came meanwhile, or it did enough. */
static void
send_and_leave(struct sieve_egress *egress)
{
	for (unsigned i = 0; i < ROUNDS || !is_open(egress); i++) {
		uint32_t seen = __atomic_load_n(&egress->callers, __ATOMIC_ACQUIRE); /* C */

		empty(egress); /* D */
		if (__atomic_compare_exchange_n(&egress->callers, &seen, 0, false, __ATOMIC_RELEASE,
						__ATOMIC_RELAXED)) /* E */
			return;
	}
	__atomic_store_n(&egress->callers, 0, __ATOMIC_RELEASE);
}

static void
pump(struct sieve_egress *egress)
{
	if (__atomic_fetch_add(&egress->callers, 1, __ATOMIC_ACQ_REL) == 0) /* B */
		send_and_leave(egress);
}

uint16_t
sieve_egress_put(struct sieve_egress *egress, struct plx_mbuf **pkts, uint16_t n)
{
	uint64_t numbers[SIEVE_BURST];
	uint16_t taken;

	for (uint16_t i = 0; i < n; i++)
		numbers[i] = (uintptr_t)pkts[i];
	taken = (uint16_t)plx_ring_mpmc_enqueue_burst64_mp(egress->ring, numbers, n); /* A */
	if (PLX_UNLIKELY(taken < n))
		plx_mbuf_free_bulk(pkts + taken, n - taken);
	pump(egress);
	return taken;
}

void
sieve_egress_tick(void)
{
	for (uint16_t port = 0; port < PLX_ETHDEV_MAX; port++) {
		struct sieve_egress *egress = find(port);

		if (egress != NULL)
			pump(egress);
	}
}

/* -- life ---------------------------------------------------------------------------------------------- */

/* Waits until it is the one that sends. */
static void
seize(struct sieve_egress *egress)
{
	uint32_t nobody = 0;

	while (!__atomic_compare_exchange_n(&egress->callers, &nobody, 1, false, __ATOMIC_ACQUIRE,
					    __ATOMIC_RELAXED)) {
		nobody = 0;
		sched_yield();
	}
}

static struct sieve_egress *
make(uint16_t port)
{
	struct sieve_egress *egress = plx_ethdev_alloc(sizeof(*egress));

	if (egress == NULL)
		return NULL;
	egress->port = port;
	egress->ring = plx_ethdev_alloc(plx_ring_mpmc_size(CAPACITY, sizeof(uint64_t)));
	if (egress->ring == NULL) {
		free(egress);
		return NULL;
	}
	plx_ring_mpmc_init(egress->ring, CAPACITY, sizeof(uint64_t));
	__atomic_store_n(&egresses[port], egress, __ATOMIC_RELEASE);
	return egress;
}

static int
open_locked(uint16_t port, uint16_t queue, struct plx_why *why)
{
	struct sieve_egress *egress = find(port);

	if (egress == NULL)
		egress = make(port);
	if (egress == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	if (is_open(egress))
		return plx_why(why, -EBUSY,
			       "port %u: tx queue %u sends for rules already; one is enough", port,
			       egress->queue);
	seize(egress);
	empty(egress);
	egress->queue = queue;
	__atomic_store_n(&egress->transmitted, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&egress->refused, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&egress->open, true, __ATOMIC_RELEASE);
	send_and_leave(egress);
	return 0;
}

int
plx_sieve_egress_open(uint16_t port, uint16_t queue, struct plx_why *why)
{
	struct plx_ethdev_info info;
	int ret;

	if (plx_ethdev_info(port, &info) != 0)
		return plx_why(why, -ENODEV, "there is no port %u", port);
	if (queue >= info.nb_tx_queues)
		return plx_why(why, -EINVAL,
			       "port %u (%s): no tx queue %u for what rules send; %u were "
			       "configured",
			       port, info.name, queue, info.nb_tx_queues);
	pthread_mutex_lock(&lock);
	ret = open_locked(port, queue, why);
	pthread_mutex_unlock(&lock);
	return ret;
}

void
plx_sieve_egress_close(uint16_t port)
{
	struct sieve_egress *egress;

	pthread_mutex_lock(&lock);
	egress = sieve_egress_of(port);
	if (egress != NULL) {
		__atomic_store_n(&egress->open, false, __ATOMIC_RELEASE);
		seize(egress);
		send_and_leave(egress);
	}
	pthread_mutex_unlock(&lock);
}

int
plx_sieve_egress_stats(uint16_t port, struct plx_sieve_egress_stats *ret_stats)
{
	const struct sieve_egress *egress = sieve_egress_of(port);

	if (egress == NULL)
		return -ENOENT;
	*ret_stats = (struct plx_sieve_egress_stats){
		.queue = egress->queue,
		.transmitted = plx_ethdev_read(&egress->transmitted),
		.refused = plx_ethdev_read(&egress->refused),
		.waiting = plx_ring_mpmc_count(egress->ring),
	};
	return 0;
}
