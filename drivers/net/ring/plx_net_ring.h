/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ports made from rings that a program has already: what it puts into one of them is received by the port,
 * what the port sends comes out of another. The elements are packets, as (uint64_t)(uintptr_t)mbuf.
 */
#ifndef PLX_DRIVERS_NET_RING_PLX_NET_RING_H
#define PLX_DRIVERS_NET_RING_PLX_NET_RING_H

#include "plx_base.h"
#include "plx_ring_mpmc.h"
#include "plx_ring_spsc.h"

PLX_BEGIN_DECLS

/* One ring with elements of 8 bytes, of either family: the other pointer is NULL. */
struct plx_net_ring {
	struct plx_ring_spsc *spsc;
	struct plx_ring_mpmc *mpmc;
};

/*
 * Makes a port with an rx queue for each of the nb_rx rings and a tx queue for each of the nb_tx rings;
 * `name` is a device name as for --vdev ("net_ring7"). It is taken away by plx_device_detach(name) or when
 * the EAL is cleaned up. The rings and what is in them stay the caller's, also when the port stops; they
 * must outlive the port. The same ring may be in both lists. Each queue of the port is one thread at one end
 * of its ring; on a ring with only one other thread at the other end take spsc.
 *
 * -EINVAL for a name that is not net_ring's, a ring that is none or not of 8-byte elements, or more queues
 * than PLX_ETHDEV_QUEUES_MAX; -EEXIST for a name that is taken; -ENOMEM, -ENOSPC. why says which.
 * Thread: main. Path: slow.
 */
int plx_net_ring_create(const char *name, const struct plx_net_ring *rx, uint16_t nb_rx,
			const struct plx_net_ring *tx, uint16_t nb_tx, uint16_t *ret_port,
			struct plx_why *why);

/* A ring between two ports of this driver, or of one with itself. */
struct plx_net_ring_lane {
	char from[128], to[128]; /* the ports, whose queues have the lane's number */
	uint16_t queue;
	uint32_t capacity; /* packets */
	uint32_t used;	   /* in it now */
};

/*
 * The rings the driver made (not those of plx_net_ring_create, which are the program's): fills up to n,
 * returns how many there are. Thread: main. Path: slow.
 */
unsigned plx_net_ring_lanes(struct plx_net_ring_lane *ret_lanes, unsigned n);

PLX_END_DECLS

#endif
