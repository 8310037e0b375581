/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Waiting. All policies poll on for some rounds first: under load an empty round is a short gap, and a
 * system call would be longer than it.
 */
#include "idle_priv.h"

#include "plx_clock.h"
#include "plx_lcore.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

#define YIELD_AFTER 4	/* empty rounds; the other lcores of this CPU want it */
#define SLEEP_AFTER 256 /* empty rounds; some 10 us of polling */

#define BLIND_NS 100000L   /* steps when some source cannot wake us */
#define LIMIT_NS 10000000L /* so that stop flags are seen */

enum { POLICY_UNSET = -1 };

/* Read once by each loop, at its beginning. */
static atomic_int chosen = POLICY_UNSET;

enum plx_idle_policy
plx_idle_policy(void)
{
	int policy = atomic_load_explicit(&chosen, memory_order_relaxed);

	if (policy != POLICY_UNSET)
		return (enum plx_idle_policy)policy;
	return plx_lcore_oversubscribed() ? PLX_IDLE_YIELD : PLX_IDLE_POLL;
}

void
plx_idle_set_policy(enum plx_idle_policy policy)
{
	atomic_store_explicit(&chosen, (int)policy, memory_order_relaxed);
}

void
plx_idle_unset_policy(void)
{
	atomic_store_explicit(&chosen, POLICY_UNSET, memory_order_relaxed);
}

void
plx_idle_init(struct plx_idle *idle)
{
	idle->policy = plx_idle_policy();
	idle->empty = 0;
	idle->nb_fds = 0;
	idle->blind = false;
	idle->slept_ns = 0;
}

int
plx_idle_add_fd(struct plx_idle *idle, int fd)
{
	if (fd < 0) {
		idle->blind = true;
		return 0;
	}
	if (idle->nb_fds == PLX_IDLE_FDS_MAX) {
		idle->blind = true;
		return -ENOSPC;
	}
	idle->fd[idle->nb_fds++] = fd;
	return 0;
}

static void
nap(void)
{
	struct timespec step = {0, BLIND_NS};

	nanosleep(&step, NULL);
}

/* True if some fd is only in error: it would wake us again at once and for ever. */
static bool
only_errors(const struct pollfd *fds, unsigned n)
{
	bool errors = false;

	for (unsigned i = 0; i < n; i++) {
		if ((fds[i].revents & POLLIN) != 0)
			return false;
		errors |= fds[i].revents != 0;
	}
	return errors;
}

static void
wait_for_fds(struct plx_idle *idle)
{
	struct timespec limit = {0, idle->blind ? BLIND_NS : LIMIT_NS};
	struct pollfd fds[PLX_IDLE_FDS_MAX];

	for (unsigned i = 0; i < idle->nb_fds; i++)
		fds[i] = (struct pollfd){.fd = idle->fd[i], .events = POLLIN};
	if (ppoll(fds, idle->nb_fds, &limit, NULL) > 0 && only_errors(fds, idle->nb_fds))
		nap();
}

static void
sleep_round(struct plx_idle *idle)
{
	uint64_t start = plx_clock_monotonic_ns();

	if (idle->nb_fds == 0)
		nap();
	else
		wait_for_fds(idle);
	idle->slept_ns += plx_clock_monotonic_ns() - start;
}

void
plx_idle_wait(struct plx_idle *idle)
{
	if (idle->policy == PLX_IDLE_YIELD && idle->empty > YIELD_AFTER)
		sched_yield();
	else if (idle->policy == PLX_IDLE_SLEEP && idle->empty > SLEEP_AFTER)
		sleep_round(idle);
	else
		plx_pause();
}
