/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What lies between two ports, or between a port and itself: rings, a lane for each queue and direction.
 *
 *	end 0                                 end 1            a loop: only lane[0], and
 *	tx queue q ---- lane[0][q] ---------> rx queue q       end 0 is at both ends of it
 *	rx queue q <--- lane[1][q] ---------- tx queue q
 *
 * A cable lives as long as one of its ends is plugged into a port, so either port may go and come back.
 * Thread: control only; what threads share are the lanes.
 */
#ifndef PLX_DRIVERS_NET_RING_CABLE_H
#define PLX_DRIVERS_NET_RING_CABLE_H

#include "plx_driver.h"
#include "plx_ethdev.h"
#include "plx_list.h"
#include "plx_ring_spsc.h"

#define CABLE_ENTRIES_DEFAULT 1024
#define CABLE_ENTRIES_MAX     32768
#define CABLE_LANES_DEFAULT   16

struct plx_ethdev;

struct cable_end {
	char name[PLX_DEVICE_NAME_MAX]; /* of the port that belongs here */
	struct plx_ethdev *dev;		/* NULL: it is not there */
	bool receiving;			/* it is started */
};

struct cable {
	struct plx_list link;
	struct cable_end end[2];
	bool loop;
	uint16_t nb_lanes;
	uint32_t entries;
	struct plx_ring_spsc *lane[2][PLX_ETHDEV_QUEUES_MAX];
	uint64_t emptied[2]; /* packets taken out of lane[i] because nobody received them */
};

/* What a port wants: its own name, the other end's ("" or its own: a loop), 0 for what the cable has. */
struct cable_wish {
	const char *name;
	const char *peer;
	uint64_t entries;
	uint64_t lanes;
};

/*
 * Finds the cable that waits for a port of this name, or makes one, and plugs dev in. -EINVAL if the wish
 * contradicts the other end's, -EBUSY if the peer is joined to another, -ENOMEM; why says so.
 */
int cable_plug(const struct cable_wish *wish, struct plx_ethdev *dev, struct cable **ret_cable,
	       unsigned *ret_end, struct plx_why *why);

/* Pulls the end out; the last one takes the cable with it, and every packet in it is freed. */
void cable_unplug(struct cable *cable, unsigned end);

/* Which lanes an end sends into, and which it receives from. */
static inline unsigned
cable_tx_side(const struct cable *cable, unsigned end)
{
	return cable->loop ? 0 : end;
}

static inline unsigned
cable_rx_side(const struct cable *cable, unsigned end)
{
	return cable->loop ? 0 : !end;
}

/* The end that receives what `end` sends. */
static inline struct cable_end *
cable_receiver(struct cable *cable, unsigned end)
{
	return &cable->end[cable->loop ? 0 : !end];
}

/* Frees what is in these lanes and counts it. Their receiver must be at rest. */
void cable_empty(struct cable *cable, unsigned side);

#endif
