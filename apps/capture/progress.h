/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * While it runs: a line about the capture once a period, the end after a duration, and the end when there is
 * nothing left to come: all ports are files that were read, or interfaces that were removed. Runs on the control thread, so that a disk that stalls the writer
 * is seen as such.
 */
#ifndef PLX_APPS_CAPTURE_PROGRESS_H
#define PLX_APPS_CAPTURE_PROGRESS_H

#include <pollux/plx_event.h>

#include "capture.h"
#include "live.h"

struct progress {
	struct capture *capture;
	plx_event_id tick;
	plx_event_id deadline;
	bool show;
	bool report; /* a line for programs each period */
	bool tty;
	struct live *live; /* in place of the line; NULL if there is none */
	bool ended;	   /* nothing is left to come */
	bool reader_gone;  /* of standard output */
	uint64_t look_ns;  /* next look at the interfaces */
	bool timed_out;
	uint64_t next_ns;
	uint64_t last_ns;
	struct capture_totals last;
};

int progress_start(struct progress *progress, struct capture *capture, struct plx_why *why);

/* When it returns, the control thread does nothing for the capture any more. Safe to repeat. */
void progress_stop(struct progress *progress);

#endif
