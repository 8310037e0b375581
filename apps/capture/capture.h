/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One capture, all of it:
 *
 *	port 0 queue 0 --> source --+                         (rx lcores poll sources, each its own)
 *	port 0 queue 1 --> source --+--> order --> writer --> output --> file
 *	port 1 queue 0 --> source --+                         (the main lcore writes)
 *
 * With one lcore both are done in turn. With %w in the file's name each rx lcore's sources have a writer and
 * an output of their own.
 */
#ifndef PLX_APPS_CAPTURE_CAPTURE_H
#define PLX_APPS_CAPTURE_CAPTURE_H

#include "sifting.h"
#include "ledger.h"
#include "port.h"
#include "rx.h"
#include "settings.h"
#include "writer.h"

struct capture {
	struct settings settings;
	struct plx_filter *filter;
	struct sifting sifting; /* --rules */

	unsigned nb_ports;
	struct capture_port ports[PLX_ETHDEV_MAX];
	struct plx_ethdev_ledger ledgers[PLX_ETHDEV_MAX]; /* as the ports stopped */

	/* Sources and lanes lie in the order of the workers, so that each has one stretch of them. */
	unsigned nb_sources;
	struct source **sources;
	struct lane *lanes;
	unsigned nb_workers;
	struct rx_worker *workers;
	bool in_turn;	  /* one lcore receives and writes */
	struct wake wake; /* of the main lcore, when it only writes */

	unsigned nb_outputs; /* 0: nothing is written */
	struct output *outputs;
	unsigned nb_writers;
	struct writer *writers;
	struct writing writing;

	FILE *report; /* lines for programs go there; NULL: none are wanted */

	uint64_t start_ns, end_ns;     /* since the Unix epoch */
	uint64_t start_mono, end_mono; /* CLOCK_MONOTONIC */
};

/* What happened so far, over all ports. Thread: any. */
struct capture_totals {
	uint64_t delivered, bytes; /* by the ports */
	uint64_t filtered;
	uint64_t too_slow;
	uint64_t kept, kept_bytes;
	uint64_t beyond;
	uint64_t unwritten;
	uint64_t file_bytes;
};
void capture_totals(const struct capture *capture, struct capture_totals *ret_totals);

/* Sets up everything up to started ports. After an error capture_close undoes what was done. */
int capture_open(struct capture *capture, struct plx_why *why);

/* Captures until the program is asked to stop, and all that was received is written. */
int capture_run(struct capture *capture, struct plx_why *why);

/* Stops the ports, takes their ledgers and finishes the files. The first output's error with why. */
int capture_finish(struct capture *capture, struct plx_why *why);

/* Gives everything back; -EBUSY with why if buffers are missing. */
int capture_close(struct capture *capture, struct plx_why *why);

#endif
