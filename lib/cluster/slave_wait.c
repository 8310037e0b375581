/* SPDX-License-Identifier: BSD-3-Clause */
/* A slave that waits, and what it learns of its master's end. */
#include "cluster_priv.h"

#include "plx_clock.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

static bool
has_packets(struct plx_cluster_slave *slave)
{
	slave->seen = __atomic_load_n(&slave->lane->master.tail, __ATOMIC_ACQUIRE); /* B */
	return slave->seen != (uint32_t)slave->head;
}

/* The master's process is gone when its end of the socket is. */
static bool
hung_up(const struct plx_cluster_slave *slave)
{
	struct pollfd end = {.fd = slave->priv->sock, .events = POLLRDHUP};

	return slave->priv->sock >= 0 && poll(&end, 1, 0) > 0;
}

bool
plx_cluster_ended(const struct plx_cluster_slave *slave)
{
	return __atomic_load_n(&slave->lane->master.over, __ATOMIC_ACQUIRE) != 0 ||
	       hung_up(slave) || slave_robbed(slave);
}

int
plx_cluster_slave_fd(const struct plx_cluster_slave *slave)
{
	return slave->priv->sock >= 0 ? slave->priv->sock : slave->priv->bell;
}

void
plx_cluster_slave_arm(struct plx_cluster_slave *slave)
{
	uint64_t count;
	ssize_t got = 1;

	if (slave->priv->sock >= 0) {
		for (unsigned i = 0; i < BELLS_MAX && got > 0; i++)
			got = recv(slave->priv->sock, &count, sizeof(count), MSG_DONTWAIT);
	} else {
		got = read(slave->priv->bell, &count, sizeof(count));
	}
	(void)got; /* not rung: fine, too */
	__atomic_store_n(&slave->lane->bell.asleep, 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* One sleep, or one turn for others. */
static void
rest(struct plx_cluster_slave *slave, int timeout_ms)
{
	struct pollfd fds[2] = {{.fd = slave->priv->bell, .events = POLLIN},
				{.fd = slave->priv->sock, .events = POLLIN | POLLRDHUP}};

	if ((slave->priv->shape.flags & PLX_CLUSTER_SLAVE_PASSIVE) == 0) {
		sched_yield();
		return;
	}
	plx_cluster_slave_arm(slave);
	if (!has_packets(slave) && !plx_cluster_ended(slave))
		poll(fds, 2, timeout_ms);
	__atomic_store_n(&slave->lane->bell.asleep, 0, __ATOMIC_RELAXED);
}

static int
left_of(uint64_t end_ns, int timeout_ms)
{
	uint64_t now;

	if (timeout_ms < 0)
		return -1;
	now = plx_clock_monotonic_ns();
	return now >= end_ns ? 0 : (int)((end_ns - now + 999999) / 1000000);
}

int
plx_cluster_wait(struct plx_cluster_slave *slave, int timeout_ms)
{
	uint64_t end_ns =
		timeout_ms < 0 ? 0 : plx_clock_monotonic_ns() + (uint64_t)timeout_ms * 1000000;

	for (uint32_t round = 0;; round++) {
		int left;

		if (has_packets(slave))
			return 1;
		if (round % 64 == 0 || (slave->priv->shape.flags & PLX_CLUSTER_SLAVE_PASSIVE) != 0)
			if (plx_cluster_ended(slave))
				return has_packets(slave) ? 1 : -EPIPE;
		left = left_of(end_ns, timeout_ms);
		if (left == 0)
			return 0;
		rest(slave, left);
	}
}

void
plx_cluster_leave(struct plx_cluster_slave *slave)
{
	if (slave == NULL)
		return;
	if (slave->priv->cluster != NULL)
		place_shut(slave->priv->cluster, slave->priv->shape.place, slave->priv->visit);
	slave_detach(slave);
	slave_free(slave);
}
