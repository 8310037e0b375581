/* SPDX-License-Identifier: BSD-3-Clause */
/* Lcores that no stream is left for, where the engine has work for them: each works for a stream. */
#ifndef PLX_APPS_TESTPMD_WORKER_H
#define PLX_APPS_TESTPMD_WORKER_H

#include "testpmd.h"

struct worker_counts {
	uint64_t rx;	  /* packets it got */
	uint64_t tx;	  /* of these, given to be sent */
	uint64_t dropped; /* it should have sent and could not */
};

struct worker {
	uint32_t lcore;
	unsigned stream;	    /* that it works for, by its number */
	uint16_t rx_port, rx_queue; /* of that */
	struct worker_counts counts;
	struct worker_counts cleared; /* as they were at clear fwd stats */
	int kind;		      /* of work: the engine's */
	bool goes_on;		      /* the packet that it got last has more segments */
	void *engine; /* what the stream's begin() gave it and its end() takes back */
} PLX_CACHE_ALIGNED;

/* After streams_assign: app->workers, dealt out over the streams in turn. -ENOMEM. */
int workers_assign(struct app *app, struct plx_why *why);
void workers_free(struct app *app);

/* NULL: it is none. */
struct worker *worker_of_lcore(const struct app *app, uint32_t lcore);

/* The next of a stream's behind one, from NULL on; NULL: there is none. */
struct worker *
worker_of_stream(const struct app *app, unsigned stream, const struct worker *behind);

/* Since they were cleared. */
struct worker_counts worker_figures(const struct worker *worker);
void workers_clear(struct app *app);

#endif
