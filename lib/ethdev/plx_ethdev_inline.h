/* SPDX-License-Identifier: BSD-3-Clause */
/* The hot bodies of plx_ethdev.h: one load of a table line, one indirect call. Do not include by hand. */
#ifndef PLX_LIB_ETHDEV_PLX_ETHDEV_INLINE_H
#define PLX_LIB_ETHDEV_PLX_ETHDEV_INLINE_H

#ifndef PLX_LIB_ETHDEV_PLX_ETHDEV_H
#error "include plx_ethdev.h"
#endif

PLX_BEGIN_DECLS

typedef uint16_t (*plx_ethdev_rx_fn)(void *queue, struct plx_mbuf **pkts, uint16_t n);
typedef uint16_t (*plx_ethdev_tx_fn)(void *queue, struct plx_mbuf **pkts, uint16_t n);

struct plx_ethdev_hooks;

/* Layout visible for inlining. Filled at start; at stop the functions become ones that return 0 and count. */
struct plx_ethdev_fast {
	plx_ethdev_rx_fn rx;
	plx_ethdev_tx_fn tx;
	void **rxq; /* PLX_ETHDEV_QUEUES_MAX entries, never NULL ones */
	void **txq;
	/* who sees or sifts what passes, mostly NULL: plx_ethdev_tap_driver.h, plx_ethdev_sieve_driver.h */
	const struct plx_ethdev_hooks *hooks;
} PLX_CACHE_ALIGNED;
PLX_STATIC_ASSERT(sizeof(struct plx_ethdev_fast) == PLX_CACHE_LINE, "a burst loads one line");

extern struct plx_ethdev_fast plx_ethdev_fast_table[PLX_ETHDEV_MAX];

/* Private to the inlines: the bursts of a port that has a tap or a sieve. Thread, path: as theirs. */
uint16_t
plx_ethdev_hooked_rx_burst(uint16_t port, uint16_t queue, struct plx_mbuf **pkts, uint16_t n);
uint16_t
plx_ethdev_hooked_tx_burst(uint16_t port, uint16_t queue, struct plx_mbuf **pkts, uint16_t n);

static inline bool
plx_ethdev_is_hooked(const struct plx_ethdev_fast *fast)
{
	return PLX_UNLIKELY(__atomic_load_n(&fast->hooks, __ATOMIC_RELAXED) != NULL);
}

/*
 * Receives up to n packets, which are then the caller's. Thread: one a queue. Path: hot.
 * Port and queue must exist: PLX_ETHDEV_MAX and PLX_ETHDEV_QUEUES_MAX are the only bounds kept here.
 */
static inline uint16_t
plx_ethdev_rx_burst(uint16_t port, uint16_t queue, struct plx_mbuf **pkts, uint16_t n)
{
	const struct plx_ethdev_fast *fast = &plx_ethdev_fast_table[port];
	uint16_t got = plx_ethdev_is_hooked(fast) ? plx_ethdev_hooked_rx_burst(port, queue, pkts, n)
						  : fast->rx(fast->rxq[queue], pkts, n);

	for (uint16_t i = 0; PLX_MBUF_DEBUG && i < got; i++)
		PLX_MBUF_NOTE(pkts[i], "the application, as received", port, queue);
	return got;
}

/*
 * Hands over up to n packets for sending and returns how many were taken, from the front; the rest stay
 * the caller's, to try again or free. A call with n 0 reaps completions. Thread: one a queue. Path: hot.
 */
static inline uint16_t
plx_ethdev_tx_burst(uint16_t port, uint16_t queue, struct plx_mbuf **pkts, uint16_t n)
{
	const struct plx_ethdev_fast *fast = &plx_ethdev_fast_table[port];
	uint16_t taken;

	for (uint16_t i = 0; PLX_MBUF_DEBUG && i < n; i++)
		PLX_MBUF_NOTE(pkts[i], "the transmit queue", port, queue);
	taken = plx_ethdev_is_hooked(fast) ? plx_ethdev_hooked_tx_burst(port, queue, pkts, n)
					   : fast->tx(fast->txq[queue], pkts, n);
	for (uint16_t i = taken; PLX_MBUF_DEBUG && i < n; i++)
		PLX_MBUF_NOTE(pkts[i], "the application, as not taken by tx_burst", port, queue);
	return taken;
}

PLX_END_DECLS

#endif
