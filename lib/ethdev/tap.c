/* SPDX-License-Identifier: BSD-3-Clause */
/* Bursts of ports that are tapped, and how a tap goes. See plx_ethdev_tap_driver.h for the letters. */
#include "plx_ethdev_tap_driver.h"

#include "ethdev_priv.h"
#include "plx_gate.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>

enum way {
	RX,
	TX,
};

/* Odd while somebody is inside. */
static struct turn {
	uint64_t turn;
} PLX_CACHE_ALIGNED turns[PLX_ETHDEV_MAX][2][PLX_ETHDEV_QUEUES_MAX];

/* Of who changes taps. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* -- bursts ------------------------------------------------------------------------------------------- */

static const struct plx_ethdev_tap *
enter(struct turn *turn, const struct plx_ethdev_fast *fast)
{
	const uint64_t odd = (__atomic_load_n(&turn->turn, __ATOMIC_RELAXED) + 1) | 1;

#if PLX_THREADS_SANITIZED
	__atomic_store_n(&turn->turn, odd, __ATOMIC_SEQ_CST);
	return __atomic_load_n(&fast->tap, __ATOMIC_SEQ_CST);
#else
	__atomic_store_n(&turn->turn, odd, __ATOMIC_RELAXED); /* A */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	return __atomic_load_n(&fast->tap, __ATOMIC_ACQUIRE); /* B */
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

uint16_t
plx_ethdev_tap_rx_burst(uint16_t port, uint16_t queue, struct plx_mbuf **pkts, uint16_t n)
{
	const struct plx_ethdev_fast *fast = &plx_ethdev_fast_table[port];
	const uint16_t got = fast->rx(fast->rxq[queue], pkts, n);
	const struct plx_ethdev_tap *tap;
	struct turn *turn;

	if (got == 0)
		return 0;
	turn = &turns[port][RX][queue];
	tap = enter(turn, fast);
	for (uint16_t at = 0; tap != NULL && at < got; at += part_of(got - at))
		tap->rx(tap->arg, queue, pkts + at, part_of(got - at));
	leave(turn);
	return got;
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
plx_ethdev_tap_tx_burst(uint16_t port, uint16_t queue, struct plx_mbuf **pkts, uint16_t n)
{
	const struct plx_ethdev_fast *fast = &plx_ethdev_fast_table[port];
	const struct plx_ethdev_tap *tap;
	struct turn *turn;
	uint16_t taken;

	if (n == 0)
		return fast->tx(fast->txq[queue], pkts, n);
	turn = &turns[port][TX][queue];
	tap = enter(turn, fast);
	taken = tap != NULL ? send_parts(fast, tap, queue, pkts, n)
			    : fast->tx(fast->txq[queue], pkts, n);
	leave(turn);
	return taken;
}

/* -- changes ------------------------------------------------------------------------------------------ */

static void
wait_until_left(const struct turn *turn)
{
	const uint64_t seen = __atomic_load_n(&turn->turn, __ATOMIC_SEQ_CST);

	while ((seen & 1) != 0 && __atomic_load_n(&turn->turn, __ATOMIC_ACQUIRE) == seen) /* F */
		sched_yield();
}

/* The lock is held. */
static void
replace(uint16_t port, const struct plx_ethdev_tap *tap)
{
	struct plx_ethdev_fast *fast = &plx_ethdev_fast_table[port];
	const bool was_tapped = fast->tap != NULL;

	__atomic_store_n(&fast->tap, tap, __ATOMIC_SEQ_CST); /* D */
	if (!was_tapped)
		return;
	plx_gate_barrier(); /* E */
	for (unsigned queue = 0; queue < PLX_ETHDEV_QUEUES_MAX; queue++) {
		wait_until_left(&turns[port][RX][queue]);
		wait_until_left(&turns[port][TX][queue]);
	}
}

int
plx_ethdev_tap_swap(uint16_t port, const struct plx_ethdev_tap *former,
		    const struct plx_ethdev_tap *tap)
{
	int ret = 0;

	pthread_mutex_lock(&lock);
	if (plx_ethdev_at(port) == NULL)
		ret = -ENODEV;
	else if (plx_ethdev_fast_table[port].tap != former)
		ret = -EBUSY;
	else
		replace(port, tap);
	pthread_mutex_unlock(&lock);
	return ret;
}

void
ethdev_tap_forget(struct plx_ethdev *dev)
{
	const struct plx_ethdev_tap *tap;

	pthread_mutex_lock(&lock);
	tap = plx_ethdev_fast_table[dev->port].tap;
	if (tap != NULL) {
		replace(dev->port, NULL);
		tap->gone(tap->arg);
	}
	pthread_mutex_unlock(&lock);
}
