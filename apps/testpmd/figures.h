/* SPDX-License-Identifier: BSD-3-Clause */
/* What the streams did since the start, or since they were cleared: summed up for a port, a stream or all. */
#ifndef PLX_APPS_TESTPMD_FIGURES_H
#define PLX_APPS_TESTPMD_FIGURES_H

#include "testpmd.h"

struct figures {
	uint64_t rx, tx, dropped, no_mbuf;
	uint64_t counts[ENGINE_COUNTS];
	bool recorded;	       /* what follows is known */
	struct record *record; /* the caller's; NULL: not wanted */
};

/* What came in through a port, and what went out through it. */
void figures_of_port(const struct app *app, uint16_t port, struct figures *ret_figures);
void figures_of_stream(const struct app *app, unsigned stream, struct figures *ret_figures);
void figures_of_all(const struct app *app, struct figures *ret_figures);

/* First of all: what no lcore counts is read anew. */
void figures_look(const struct app *app);

/* Nanoseconds they are of. */
uint64_t figures_ns(const struct app *app);

/* Counts from zero from here on, also while packets are forwarded. -ENOMEM. */
int figures_clear(struct app *app, struct plx_why *why);

#endif
