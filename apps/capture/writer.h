/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The writer: takes packets from all sources in the order of their time, writes them, counts conversations,
 * and gives the buffers back. It runs on the main lcore, alone or in turn with the rx worker of that lcore.
 */
#ifndef PLX_APPS_CAPTURE_WRITER_H
#define PLX_APPS_CAPTURE_WRITER_H

#include "board.h"
#include "order.h"
#include "output.h"
#include "talkers.h"

/* One output and the sources whose packets go there. */
struct writer {
	struct output *output; /* NULL: packets are looked at, not kept */
	struct lane *lanes;
	unsigned nb_lanes;
};

/* What all writers share. taken = kept + beyond + unwritten. Counts may be read by any thread. */
struct writing {
	struct talkers *talkers; /* NULL: not wanted */
	struct board *board;	 /* of who is busy; NULL: nobody looks */
	uint64_t left;		 /* packets still wanted; UINT64_MAX: all */
	_Atomic bool over; /* none is wanted any more: all are there, or a write failed for good */
	_Atomic uint64_t kept;
	_Atomic uint64_t kept_bytes;
	_Atomic uint64_t beyond;    /* came after the last one that was wanted */
	_Atomic uint64_t unwritten; /* could not be written; its output knows why */
};

/*
 * Writes what may be written now and returns how many packets were done. *ret_more turns false when all
 * sources are closed and empty. Path: hot.
 */
unsigned writer_round(struct writer *writer, struct writing *writing, bool *ret_more);

#endif
