/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For who wants to see what passes a port while others receive and send: a tap, called with every burst. A port without
 * one pays a load, from a line that it needs anyway, and a branch.
 *
 *	lcore, each burst:  (A) turn = odd   (B) read tap   ... tap's functions ...   (C) turn = even, release
 *	who changes:        (D) tap = new    (E) membarrier     (F) wait while turn is the same odd one, acquire
 *
 * There is a turn for each queue of each direction. E makes every running thread pass a full barrier, so either B sees D's
 * tap or F sees A's turn: behind F nobody is inside the former tap, and what its functions wrote is seen.
 */
#ifndef PLX_LIB_ETHDEV_PLX_ETHDEV_TAP_DRIVER_H
#define PLX_LIB_ETHDEV_PLX_ETHDEV_TAP_DRIVER_H

#include "plx_ethdev_driver.h"

PLX_BEGIN_DECLS

#define PLX_ETHDEV_TAP_BURST 256 /* packets of one call at most; longer bursts are several calls */

/*
 * All functions of a queue are called on the thread that polls it, and those of several queues at the same time; the
 * packets are not theirs to change or keep. They may call nothing that changes ports or taps.
 */
struct plx_ethdev_tap {
	void *arg;
	/* These were received. */
	void (*rx)(void *arg, uint16_t queue, struct plx_mbuf *const *pkts, uint16_t n);
	/* These are about to be offered for sending ... */
	void (*tx)(void *arg, uint16_t queue, struct plx_mbuf *const *pkts, uint16_t n);
	/* ... and of them so many, from the front, were taken, and may be gone by now. Follows each tx. */
	void (*tx_taken)(void *arg, uint16_t queue, uint16_t taken);
	/* The port is being unregistered and the tap is off already. May not call plx_ethdev_tap_swap. */
	void (*gone)(void *arg);
};

/*
 * Makes `tap` the port's in place of `former`, either of which may be NULL. When it returns nobody is inside the former one
 * any more, which can then be freed. -EBUSY when another than `former` is there, -ENODEV. Thread: any, but no tap's
 * function. Path: slow, a system call, and waits for a burst at most.
 */
int plx_ethdev_tap_swap(uint16_t port, const struct plx_ethdev_tap *former,
			const struct plx_ethdev_tap *tap);

PLX_END_DECLS

#endif
