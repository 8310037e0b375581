/* SPDX-License-Identifier: BSD-3-Clause */
/* What an rx lcore does: polls its sources until the program stops, takes what is still there, closes them. */
#ifndef PLX_APPS_CAPTURE_RX_H
#define PLX_APPS_CAPTURE_RX_H

#include <pollux/plx_idle.h>

#include "source.h"

struct rx_worker {
	uint32_t lcore;
	const _Atomic bool *over; /* true: nobody wants what the devices still hold */
	unsigned nb_sources;
	struct source **sources; /* the capture's own array has them too, and owns them */
};

/* One round over the sources; returns how many packets came. Path: hot. */
unsigned rx_round(const struct rx_worker *worker);

/* Adds what can wake this worker. */
void rx_add_fds(const struct rx_worker *worker, struct plx_idle *idle);

/*
 * At the end, what the devices hold is still taken: rounds until some in a row are empty, or a bounded number of them and for a
 * bounded time, since traffic may go on for ever; longer if nothing comes but a device has something that it will hand over.
 * Then the sources are closed.
 */
struct rx_finish {
	uint64_t end_ticks;
	uint64_t held_end_ticks; /* while nothing comes of what devices hold */
	unsigned rounds;
	unsigned empty; /* in a row */
};
void rx_finish_begin(struct rx_finish *finish);
/* False when it is over. */
bool rx_finish_round(const struct rx_worker *worker, struct rx_finish *finish);

/* The lcore's function; `arg` is the struct rx_worker. */
int rx_run(void *arg);

#endif
