/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What can be done with ports once the program runs. The device keeps its address list, receive modes and
 * MTU over stop and close; what it forgets when it is configured anew is kept here, as the user's wishes.
 *
 *	port start --> wishes changed or port closed? configure, queues --> start
 *
 * Nothing of this goes on while packets are forwarded: commands ask forward_is_stopped() first.
 */
#ifndef PLX_APPS_TESTPMD_PORT_H
#define PLX_APPS_TESTPMD_PORT_H

#include "testpmd.h"

/* -- life (port_life.c) ---------------------------------------------------------------------------------- */

/* 0, or -EBUSY: the port has to be stopped for that. `what` is what should be done, "changing its queues". */
int port_check_stopped(uint16_t port, const char *what, struct plx_why *why);

#define PORT_FRAME_OVERHEAD \
	18 /* header and checksum: what max-pkt-len counts and an MTU does not */

/* An offload on or off from the next start on; -EBUSY while the port runs, -ENOTSUP if it cannot. */
struct port_offload {
	bool rx;
	uint32_t bit;
	bool on;
};
int port_wish_offload(struct app *app, uint16_t port, const void *offload, struct plx_why *why);
/* The same at once: a port that runs is stopped for that and started again. */
int port_change_offload(struct app *app, uint16_t port, const void *offload, struct plx_why *why);

/* What the options say about every port. */
void port_wishes_init(struct app *app, uint16_t port);
/* Queues and wishes made real; the port is stopped then, or closed if that failed. */
int port_configure(struct app *app, uint16_t port, struct plx_why *why);
/*
 * Whether the port's start leaves a queue stopped; it is so after every configuring. -EBUSY while it runs, -ENOTSUP if the driver
 * cannot.
 */
int port_defer_queue(struct app *app, uint16_t port, bool rx, uint16_t queue, bool on,
		     struct plx_why *why);
/* Configures if need be and starts; -EBUSY if it runs. */
int port_start(struct app *app, uint16_t port, struct plx_why *why);
int port_stop(struct app *app, uint16_t port, struct plx_why *why);
int port_close(struct app *app, uint16_t port, struct plx_why *why);
/* Close, and the device's own reset where it has one. The wishes stay. */
int port_reset(struct app *app, uint16_t port, struct plx_why *why);
/* Makes a port from "net_null3,size=64"; it is closed until port_start. */
int port_attach(struct app *app, const char *devargs, uint16_t *ret_port, struct plx_why *why);
/* Closes the port and takes its device away, with everything that belongs to it. */
int port_detach(struct app *app, uint16_t port, struct plx_why *why);

/* -- buffers (port_pool.c) -------------------------------------------------------------------------------- */

int pool_make_first(struct app *app, struct plx_why *why);
/* The pool that the port's queues shall take from: the first as long as it has enough for all. */
int pool_of_port(struct app *app, uint16_t port, struct plx_pool **ret_pool, struct plx_why *why);
/* Frees pools that no port uses any more and whose buffers are home. */
void pools_sweep(struct app *app);
/* Frees all; a pool whose buffers are not home is told about and spoils the exit status. */
void pools_destroy(struct app *app);

/* -- one or all (port_each.c) ------------------------------------------------------------------------------- */

typedef int (*port_fn)(struct app *app, uint16_t port, const void *arg, struct plx_why *why);

/*
 * Calls for the port that `word` names, or for "all". With "all", a port that refuses does not keep the
 * others from it; the answer is then the first refusal, with a count of the others.
 */
int port_each(struct app *app, const char *word, port_fn fn, const void *arg, struct plx_why *why);
/* One port, not "all". */
int port_one(const char *word, uint16_t *ret_port, struct plx_why *why);
/* The sentence for an operation that answered `err`; `what` as in "port 0 (tap0): setting the link". */
int port_refused(uint16_t port, const char *what, int err, struct plx_why *why);

#endif
