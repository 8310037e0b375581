/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PLX_DRIVERS_NET_ATTACH_ATTACH_PRIV_H
#define PLX_DRIVERS_NET_ATTACH_ATTACH_PRIV_H

#include "plx_ethdev_driver.h"
#include "plx_net_attach.h"
#include "plx_tap_reader.h"

#define ATTACH_LANES_MAX 128

enum attach_direction {
	ATTACH_INOUT,
	ATTACH_IN,
	ATTACH_OUT,
};

struct attach_args {
	char program[128];
	char port[128];
	char filter[2048];
	int direction;
	uint64_t snaplen;
	uint64_t lane;
};

/* A lane of the tap. While the port runs its queue's thread writes `taken`. */
struct attach_lane {
	uint64_t taken; /* packets that were read */
	/* As the port stopped; valid while it does not run. */
	uint64_t recorded, filtered, dropped;
	uint16_t queue; /* there */
	bool tx;
} PLX_CACHE_ALIGNED;

struct attach_port {
	struct plx_ethdev dev;
	struct attach_args args;
	struct plx_tap_reader *reader;
	struct plx_tap_source source;
	int fd; /* the connection: hangs up when the program ends */
	bool runs;
	bool nonsense;	 /* by any queue */
	uint64_t unread; /* in the lanes when the port stopped, and given up */
	struct attach_lane lanes[ATTACH_LANES_MAX];
};

struct attach_rxq {
	struct plx_ethdev_rxq_stats stats;
	struct attach_port *port;
	struct plx_pool *pool;
	uint16_t id;
	bool scatter;
} PLX_CACHE_ALIGNED;

static inline struct attach_port *
attach_port_of(struct plx_ethdev *dev)
{
	return PLX_CONTAINER_OF(dev, struct attach_port, dev);
}

/* attach_args.c: the defaults are in `ret_args` already. */
int attach_args_read(const char *text, struct attach_args *ret_args, struct plx_why *why);

/* attach_call.c: finds the program and asks it for the tap: port->reader, source and fd. */
int attach_call(struct attach_port *port, struct plx_why *why);

/* attach_rx.c */
uint16_t attach_rx(void *queue, struct plx_mbuf **pkts, uint16_t n);
/* Reads and forgets what the lanes have. The port does not run. */
void attach_drain(struct attach_port *port);

#endif
