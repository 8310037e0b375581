/* SPDX-License-Identifier: BSD-3-Clause */
/* Bursts of ports that have a tap or a sieve, and how these come and go. See plx_ethdev_tap_driver.h for the letters. */
#include "ethdev_priv.h"
#include "plx_ethdev_sieve_driver.h"
#include "plx_ethdev_tap_driver.h"
#include "plx_gate.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

enum way {
	RX,
	TX,
};

/* What a port has; either may be NULL. */
struct plx_ethdev_hooks {
	const struct plx_ethdev_tap *tap;
	const struct plx_ethdev_sieve *sieve;
};

/* Those of each port, and where the next ones are made: nobody looks at both. */
static struct plx_ethdev_hooks pairs[PLX_ETHDEV_MAX][2];

/* Odd while somebody is inside. */
static struct turn {
	uint64_t turn;
	bool sifted; /* rx: something came, and nothing passed; of the queue's thread */
} PLX_CACHE_ALIGNED turns[PLX_ETHDEV_MAX][2][PLX_ETHDEV_QUEUES_MAX];

/* By port and queue, since the port was made. */
struct plx_ethdev_sifted ethdev_sifted[PLX_ETHDEV_MAX][PLX_ETHDEV_QUEUES_MAX];

/* Of who changes hooks. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* -- bursts ------------------------------------------------------------------------------------------- */

static const struct plx_ethdev_hooks *
enter(struct turn *turn, const struct plx_ethdev_fast *fast)
{
	const uint64_t odd = (__atomic_load_n(&turn->turn, __ATOMIC_RELAXED) + 1) | 1;

#if PLX_THREADS_SANITIZED
	__atomic_store_n(&turn->turn, odd, __ATOMIC_SEQ_CST);
	return __atomic_load_n(&fast->hooks, __ATOMIC_SEQ_CST);
#else
	__atomic_store_n(&turn->turn, odd, __ATOMIC_RELAXED); /* A */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	return __atomic_load_n(&fast->hooks, __ATOMIC_ACQUIRE); /* B */
#endif
}

static void
leave(struct turn *turn)
{
	const uint64_t odd = __atomic_load_n(&turn->turn, __ATOMIC_RELAXED) | 1;

	__atomic_store_n(&turn->turn, odd + 1, __ATOMIC_RELEASE); /* C */
}

static uint16_t
part_of(uint16_t n)
{
	return n < PLX_ETHDEV_TAP_BURST ? n : PLX_ETHDEV_TAP_BURST;
}

/* What the device received, as the tap sees it, and then what the sieve lets through. */
static uint16_t
receive(const struct plx_ethdev_hooks *hooks, uint16_t port, uint16_t queue, struct plx_mbuf **pkts,
	uint16_t n)
{
	const struct plx_ethdev_tap *tap = hooks->tap;
	const struct plx_ethdev_sieve *sieve = hooks->sieve;

	for (uint16_t at = 0; tap != NULL && at < n; at += part_of(n - at))
		tap->rx(tap->arg, queue, pkts + at, part_of(n - at));
	if (sieve == NULL)
		return n;
	return sieve->rx(sieve->arg, queue, pkts, n, &ethdev_sifted[port][queue]);
}

uint16_t
plx_ethdev_hooked_rx_burst(uint16_t port, uint16_t queue, struct plx_mbuf **pkts, uint16_t n)
{
	const struct plx_ethdev_fast *fast = &plx_ethdev_fast_table[port];
	uint16_t got = fast->rx(fast->rxq[queue], pkts, n);
	const struct plx_ethdev_hooks *hooks;
	struct turn *turn;

	turn = &turns[port][RX][queue];
	turn->sifted = false;
	if (got == 0)
		return 0;
	hooks = enter(turn, fast);
	if (hooks != NULL) {
		got = receive(hooks, port, queue, pkts, got);
		turn->sifted = got == 0;
	}
	leave(turn);
	return got;
}

bool
plx_ethdev_rx_sifted(uint16_t port, uint16_t queue)
{
	return plx_ethdev_is_hooked(&plx_ethdev_fast_table[port]) && turns[port][RX][queue].sifted;
}

/* In parts, each offered to the driver by itself: the first that is not taken whole is the last. */
static uint16_t
send_parts(const struct plx_ethdev_fast *fast, const struct plx_ethdev_tap *tap, uint16_t queue,
	   struct plx_mbuf **pkts, uint16_t n)
{
	uint16_t at = 0, part, taken;

	do {
		part = part_of(n - at);
		tap->tx(tap->arg, queue, pkts + at, part);
		taken = fast->tx(fast->txq[queue], pkts + at, part);
		tap->tx_taken(tap->arg, queue, taken);
		at += taken;
	} while (taken == part && at < n);
	return at;
}

uint16_t
plx_ethdev_hooked_tx_burst(uint16_t port, uint16_t queue, struct plx_mbuf **pkts, uint16_t n)
{
	const struct plx_ethdev_fast *fast = &plx_ethdev_fast_table[port];
	const struct plx_ethdev_hooks *hooks;
	struct turn *turn;
	uint16_t taken;

	if (n == 0)
		return fast->tx(fast->txq[queue], pkts, n);
	turn = &turns[port][TX][queue];
	hooks = enter(turn, fast);
	taken = hooks != NULL && hooks->tap != NULL ? send_parts(fast, hooks->tap, queue, pkts, n)
						    : fast->tx(fast->txq[queue], pkts, n);
	leave(turn);
	return taken;
}

/* -- changes: the lock is held ------------------------------------------------------------------------- */

static struct plx_ethdev_hooks
hooks_of(uint16_t port)
{
	const struct plx_ethdev_hooks *hooks = plx_ethdev_fast_table[port].hooks;

	return hooks != NULL ? *hooks : (struct plx_ethdev_hooks){NULL, NULL};
}

static void
wait_until_left(const struct turn *turn)
{
	const uint64_t seen = __atomic_load_n(&turn->turn, __ATOMIC_SEQ_CST);

	while ((seen & 1) != 0 && __atomic_load_n(&turn->turn, __ATOMIC_ACQUIRE) == seen) /* F */
		sched_yield();
}

/* When it returns nobody is inside the former ones any more. */
static void
replace(uint16_t port, struct plx_ethdev_hooks hooks)
{
	struct plx_ethdev_fast *fast = &plx_ethdev_fast_table[port];
	const struct plx_ethdev_hooks *former = fast->hooks;
	struct plx_ethdev_hooks *next = &pairs[port][former == &pairs[port][0]];

	*next = hooks;
	if (hooks.tap == NULL && hooks.sieve == NULL)
		next = NULL;
	__atomic_store_n(&fast->hooks, next, __ATOMIC_SEQ_CST); /* D */
	if (former == NULL)
		return;
	plx_gate_barrier(); /* E */
	for (unsigned queue = 0; queue < PLX_ETHDEV_QUEUES_MAX; queue++) {
		wait_until_left(&turns[port][RX][queue]);
		wait_until_left(&turns[port][TX][queue]);
	}
}

/* -- changes ------------------------------------------------------------------------------------------ */

/* Takes the lock. What the port has now; -ENODEV: there is none, and the lock is not held. */
static int
open_change(uint16_t port, struct plx_ethdev_hooks *ret_hooks)
{
	pthread_mutex_lock(&lock);
	if (plx_ethdev_at(port) != NULL) {
		*ret_hooks = hooks_of(port);
		return 0;
	}
	pthread_mutex_unlock(&lock);
	return -ENODEV;
}

/* Releases it. With `fits` these are what the port has from here on; else another has the place. */
static int
close_change(uint16_t port, struct plx_ethdev_hooks hooks, bool fits)
{
	if (fits)
		replace(port, hooks);
	pthread_mutex_unlock(&lock);
	return fits ? 0 : -EBUSY;
}

int
plx_ethdev_tap_swap(uint16_t port, const struct plx_ethdev_tap *former,
		    const struct plx_ethdev_tap *tap)
{
	struct plx_ethdev_hooks hooks;
	int ret = open_change(port, &hooks);
	bool fits;

	if (ret != 0)
		return ret;
	fits = hooks.tap == former;
	hooks.tap = tap;
	return close_change(port, hooks, fits);
}

int
plx_ethdev_sieve_swap(uint16_t port, const struct plx_ethdev_sieve *former,
		      const struct plx_ethdev_sieve *sieve)
{
	struct plx_ethdev_hooks hooks;
	int ret = open_change(port, &hooks);
	bool fits;

	if (ret != 0)
		return ret;
	fits = hooks.sieve == former;
	hooks.sieve = sieve;
	return close_change(port, hooks, fits);
}

void
ethdev_hooks_forget(struct plx_ethdev *dev)
{
	struct plx_ethdev_hooks hooks;

	pthread_mutex_lock(&lock);
	hooks = hooks_of(dev->port);
	if (hooks.tap != NULL || hooks.sieve != NULL)
		replace(dev->port, (struct plx_ethdev_hooks){NULL, NULL});
	if (hooks.tap != NULL)
		hooks.tap->gone(hooks.tap->arg);
	if (hooks.sieve != NULL)
		hooks.sieve->gone(hooks.sieve->arg);
	memset(ethdev_sifted[dev->port], 0, sizeof(ethdev_sifted[dev->port]));
	pthread_mutex_unlock(&lock);
}
