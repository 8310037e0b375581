/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A port that is a worker of a cluster in another process: each of its places there is a seat here.
 *
 *	worker.c       probe and remove, queues, start and stop, counters
 *	worker_args.c  what the user may say
 *	worker_link.c  masters end and come: a thread of the port's own
 *	worker_seat.c  taking a place, leaving it, what waits there
 *	worker_rx.c    from descriptors to packets
 *	worker_tx.c    packets into buffers of the master's
 *
 * A slave belongs to one thread, but three work on a seat: who polls the rx queue, who polls the tx queue, and the link's thread,
 * which puts the next master's slave in the place of the last one's. So each seat has a lock, which a burst takes once; when one
 * lcore polls both queues, as most do, nobody else wants it, and it costs an exchange and a store. Two slaves a queue pair, one
 * to receive and one to send, would need no lock, but two places: and who has a place gets packets, or a share of them is lost.
 */
#ifndef PLX_DRIVERS_NET_CLUSTER_WORKER_H
#define PLX_DRIVERS_NET_CLUSTER_WORKER_H

#include "link_thread.h"
#include "plx_cluster_slave.h"
#include "plx_ethdev_driver.h"
#include "plx_event.h"
#include "plx_net_cluster.h"

#include <sched.h>

#define WORKER_SEATS_MAX PLX_ETHDEV_QUEUES_MAX
#define WORKER_SPINS	 4096 /* looks at a lock that is taken: what copying a burst takes */

struct worker_args {
	char cluster[32]; /* "10", "10@2" */
	char filter[2048];
	uint64_t queues;
	uint64_t group;
	uint64_t tx_ports;
	bool writable;
	bool send_only;
	bool times;
};

/* A place in the cluster. Behind the lock, but for what is read at any time. */
struct worker_seat {
	bool locked;			      /* atomic */
	struct plx_cluster_slave *slave;      /* NULL: no master */
	struct plx_cluster_slave_facts facts; /* of the slave */
	struct plx_mbuf *head;		      /* a packet of which segments are missing */
	uint32_t copied;		      /* bytes of its segment at hand that it has */
	uint32_t limit; /* of what waits, while nobody reads: the lane's tail as the port stopped */
	bool skips;	/* the rest of a packet that is lost already */
	int epoll;	/* of the rx queue that reads it, once it was asked for; -1 */
	struct plx_cluster_slave_stats
		former; /* of all masters before: full, oldest, filtered, refused */
	uint64_t taken; /* packets that came out of the lane; atomic */
	bool over;	/* the link's thread: its master is gone */
	int sock;	/* the link's thread: hangs up with the master */
} PLX_CACHE_ALIGNED;

struct worker {
	struct plx_ethdev dev;
	struct worker_args args;
	char name[64]; /* "cluster:10@2" */
	unsigned nb_seats;
	unsigned sitting; /* seats with a slave; atomic */
	uint64_t masters; /* atomic */
	uint64_t
		unread; /* packets that nobody was there to read; atomic, behind a seat's lock each */
	bool reads;	/* somebody polls rx queues; atomic */

	/* The link's thread. */
	struct link_thread link;
	bool told; /* what was said of the link last */

	struct worker_seat seats[WORKER_SEATS_MAX];
};

/* Reads the seat of its number, and with fewer queues than seats each nb_rx_queues-th from there. */
struct worker_rxq {
	struct plx_ethdev_rxq_stats stats;
	struct worker *worker;
	struct plx_pool *pool;
	uint16_t id;
	bool scatter;
	int epoll; /* -1: nobody asked for an fd */
} PLX_CACHE_ALIGNED;

struct worker_txq {
	struct plx_ethdev_txq_stats stats;
	struct worker *worker;
	struct worker_seat *seat;
} PLX_CACHE_ALIGNED;

static inline bool
worker_reads(const struct worker *worker)
{
	return __atomic_load_n(&worker->reads, __ATOMIC_ACQUIRE);
}

static inline struct worker *
worker_of(struct plx_ethdev *dev)
{
	return PLX_CONTAINER_OF(dev, struct worker, dev);
}

/* False if another thread is at it for longer than its burst should take: it was preempted, or there is none to be had now. */
static inline bool
worker_seat_enter(struct worker_seat *seat)
{
	for (unsigned i = 0; i < WORKER_SPINS; i++) {
		if (!__atomic_load_n(&seat->locked, __ATOMIC_RELAXED) &&
		    !__atomic_exchange_n(&seat->locked, true, __ATOMIC_ACQUIRE))
			return true;
		plx_pause();
	}
	return false;
}

static inline void
worker_seat_leave(struct worker_seat *seat)
{
	__atomic_store_n(&seat->locked, false, __ATOMIC_RELEASE);
}

/* The same for who can wait. Path: slow. */
static inline void
worker_seat_lock(struct worker_seat *seat)
{
	while (!worker_seat_enter(seat))
		sched_yield();
}

/* worker_args.c: the defaults are in `ret_args` already. */
int worker_args_read(const char *text, struct worker_args *ret_args, struct plx_why *why);
/* The name of the cluster for seat i, with its place if one was named. */
void worker_args_name(const struct worker_args *args, unsigned i, char *ret_name, size_t size);

/* -- seats (worker_seat.c); path: slow, but the last -------------------------------------------------------------------- */

/* Attaches. What plx_cluster_attach says, or -ENOTSUP for a cluster that cannot do what was asked for. */
int worker_seat_take(struct worker *worker, struct worker_seat *seat, struct plx_why *why);
/* Leaves the cluster; what was there to be read is given up and counted. */
void worker_seat_give_up(struct worker *worker, struct worker_seat *seat);
/* Reads and forgets what is there now, with the packet that is not whole. */
void worker_seat_drain(struct worker *worker, struct worker_seat *seat);
/* What the masters say became of packets on their way here, and of those that were sent: full, oldest, filtered, refused. */
void worker_seat_add_stats(struct worker_seat *seat, struct plx_cluster_slave_stats *sum);
/* Packets that wait: all there are for who reads, else those that were there as the port stopped. */
uint64_t worker_seat_waiting(struct worker_seat *seat, bool reads);
/* The port stops: what comes from here on is not waited for. */
void worker_seat_stop(struct worker_seat *seat);
/* Has an fd know of its packets; -1: no more. 0 or -errno. */
int worker_seat_listen(struct worker_seat *seat, int epoll);
/* Whether a descriptor means bytes that are there. Path: hot. */
static inline bool
worker_seat_has(const struct worker_seat *seat, const struct plx_cluster_desc *desc)
{
	return desc->number < seat->facts.buffers &&
	       (uint32_t)desc->off + desc->len <= seat->facts.buf_size;
}

/* -- the link (worker_link.c); path: slow --------------------------------------------------------------------------------- */

/* From here on seats whose master ended are left, and taken again at the next one's. */
int worker_link_watch(struct worker *worker, struct plx_why *why);
/* Half done is fine. */
void worker_link_unwatch(struct worker *worker);

/* -- bursts ----------------------------------------------------------------------------------------------------------------- */

uint16_t worker_rx(void *queue, struct plx_mbuf **pkts, uint16_t n);
uint16_t worker_tx(void *queue, struct plx_mbuf **pkts, uint16_t n);
uint16_t worker_tx_nothing(void *queue, struct plx_mbuf **pkts, uint16_t n);

#endif
