/* SPDX-License-Identifier: BSD-3-Clause */
#include "worker.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

/* -- taking a place ----------------------------------------------------------------------------------------------------------- */

/* What a sender needs: ports of the master's, and buffers to fill. */
static int
check_sending(const struct worker *worker, const struct plx_cluster_slave_facts *facts,
	      struct plx_why *why)
{
	const uint32_t n = facts->nb_tx_ports;

	if (!worker->args.writable)
		return 0;
	if (n == 0)
		return plx_why(why, -ENOTSUP, "%s has no ports that its slaves could send by",
			       worker->name);
	if (n < 64 && worker->args.tx_ports >> n != 0)
		return plx_why(why, -ENOTSUP,
			       "tx_ports=%#llx: %s sends by %u ports, so %#llx are all",
			       (unsigned long long)worker->args.tx_ports, worker->name, n,
			       (unsigned long long)((UINT64_C(1) << n) - 1));
	if (facts->extra == 0)
		return plx_why(why, -ENOTSUP,
			       "%s gives its slaves no buffers to send with: plx-cluster --extra "
			       "256 does",
			       worker->name);
	return 0;
}

static int
attach(const struct worker *worker, const struct worker_seat *seat,
       struct plx_cluster_slave **ret_slave, struct plx_why *why)
{
	const struct plx_cluster_slave_params params = {
		.place = PLX_CLUSTER_PLACE_ANY,
		.former = seat->facts.place,
		.group = (uint32_t)worker->args.group,
		.filter = worker->args.filter,
		.flags = PLX_CLUSTER_SLAVE_PASSIVE |
			 (worker->args.times ? PLX_CLUSTER_SLAVE_TIMES : 0) |
			 (worker->args.writable ? PLX_CLUSTER_SLAVE_WRITE : 0) |
			 (worker->args.send_only ? PLX_CLUSTER_SLAVE_SEND_ONLY : 0),
	};
	char name[sizeof(worker->name)];

	worker_args_name(&worker->args, (unsigned)(seat - worker->seats), name, sizeof(name));
	return plx_cluster_attach(name, &params, ret_slave, why);
}

/* From here on the fd tells of the next packet. */
static int
add_to(int epoll, struct plx_cluster_slave *slave)
{
	const int fd = plx_cluster_slave_fd(slave);
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
		return -errno;
	plx_cluster_slave_arm(slave);
	return 0;
}

int
worker_seat_take(struct worker *worker, struct worker_seat *seat, struct plx_why *why)
{
	struct plx_cluster_slave_facts facts;
	struct plx_cluster_slave *slave;
	int ret = attach(worker, seat, &slave, why);

	if (ret != 0)
		return ret;
	plx_cluster_slave_facts(slave, &facts);
	ret = check_sending(worker, &facts, why);
	if (ret != 0) {
		plx_cluster_leave(slave);
		return ret;
	}
	seat->over = false;
	seat->sock = plx_cluster_slave_fd(slave);
	worker_seat_lock(seat);
	seat->slave = slave;
	seat->facts = facts;
	seat->limit = (uint32_t)slave->head;
	if (seat->epoll >= 0)
		add_to(seat->epoll, slave);
	worker_seat_leave(seat);
	__atomic_fetch_add(&worker->masters, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&worker->sitting, 1, __ATOMIC_RELEASE);
	return 0;
}

/* -- what waits there --------------------------------------------------------------------------------------------------------- */

static void
add(struct plx_cluster_slave_stats *sum, const struct plx_cluster_slave_stats *stats)
{
	sum->full += stats->full;
	sum->oldest += stats->oldest;
	sum->filtered += stats->filtered;
	sum->refused += stats->refused;
}

static void
add_stats(const struct plx_cluster_slave *slave, struct plx_cluster_slave_stats *sum)
{
	struct plx_cluster_slave_stats stats;

	plx_cluster_slave_stats(slave, &stats);
	add(sum, &stats);
}

void
worker_seat_add_stats(struct worker_seat *seat, struct plx_cluster_slave_stats *sum)
{
	worker_seat_lock(seat);
	add(sum, &seat->former);
	if (seat->slave != NULL)
		add_stats(seat->slave, sum);
	worker_seat_leave(seat);
}

/*
 * With the lock. A packet counts with its last segment, whatever became of the others. No more than a queue has is read: a master that
 * claims to have shown more does not keep us.
 */
static void
forget(struct worker *worker, struct worker_seat *seat)
{
	const struct plx_cluster_desc *desc;
	uint32_t left = seat->slave != NULL ? seat->slave->queue_len : 0, n;
	uint64_t lost = 0;

	for (; left > 0 && (n = plx_cluster_peek(seat->slave, &desc, left)) != 0; left -= n) {
		for (uint32_t i = 0; i < n; i++)
			lost += (desc[i].flags & PLX_CLUSTER_MORE) == 0;
		plx_cluster_done(seat->slave, n);
		seat->limit = (uint32_t)seat->slave->head;
	}
	plx_mbuf_free(seat->head);
	seat->head = NULL;
	seat->copied = 0;
	seat->skips = false;
	plx_ethdev_add(&seat->taken, lost);
	__atomic_fetch_add(&worker->unread, lost, __ATOMIC_RELAXED);
}

void
worker_seat_drain(struct worker *worker, struct worker_seat *seat)
{
	worker_seat_lock(seat);
	forget(worker, seat);
	worker_seat_leave(seat);
}

void
worker_seat_give_up(struct worker *worker, struct worker_seat *seat)
{
	struct plx_cluster_slave *slave;

	worker_seat_lock(seat);
	forget(worker, seat);
	slave = seat->slave;
	if (slave != NULL)
		add_stats(slave, &seat->former);
	seat->slave = NULL;
	worker_seat_leave(seat);
	if (slave == NULL)
		return;
	plx_cluster_leave(slave);
	__atomic_fetch_sub(&worker->sitting, 1, __ATOMIC_RELEASE);
}

/* With the lock: how far the master is. */
static uint32_t
tail_of(struct plx_cluster_slave *slave)
{
	const struct plx_cluster_desc *desc;

	plx_cluster_peek(slave, &desc, UINT32_MAX);
	return slave->seen;
}

static uint64_t
count_waiting(const struct plx_cluster_slave *slave, uint32_t limit)
{
	const uint32_t head = (uint32_t)slave->head, mask = slave->queue_len - 1;
	uint64_t n = 0;

	for (uint32_t i = 0; i < slave->queue_len && head + i != limit; i++)
		n += (slave->queue[(head + i) & mask].flags & PLX_CLUSTER_MORE) == 0;
	return n;
}

uint64_t
worker_seat_waiting(struct worker_seat *seat, bool reads)
{
	uint64_t n = 0;

	worker_seat_lock(seat);
	if (seat->slave != NULL)
		n = count_waiting(seat->slave, reads ? tail_of(seat->slave) : seat->limit);
	worker_seat_leave(seat);
	return n;
}

void
worker_seat_stop(struct worker_seat *seat)
{
	worker_seat_lock(seat);
	if (seat->slave != NULL)
		seat->limit = tail_of(seat->slave);
	worker_seat_leave(seat);
}

int
worker_seat_listen(struct worker_seat *seat, int epoll)
{
	int ret = 0;

	worker_seat_lock(seat);
	seat->epoll = epoll;
	if (epoll >= 0 && seat->slave != NULL)
		ret = add_to(epoll, seat->slave);
	worker_seat_leave(seat);
	return ret;
}
