/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An output: a capture file being written, or a set of them. What cannot be written is lost and counted by its cause,
 * and tried again every second (--on-full). Thread: the writer; the counts may be read by anybody.
 */
#ifndef PLX_APPS_CAPTURE_OUTPUT_H
#define PLX_APPS_CAPTURE_OUTPUT_H

#include <pollux/plx_mbuf.h>
#include <pollux/plx_pcapfile_fileset.h>

#include "finished.h"
#include "postrotate.h"
#include "release.h"
#include "trouble.h"

struct settings;
struct capture_port;
struct source;

enum output_state {
	OUTPUT_WRITES,
	OUTPUT_WAITS,  /* until it can be written again */
	OUTPUT_OVER,   /* all files that were asked for are full */
	OUTPUT_FAILED, /* it ends the capture: `error` */
};

struct output {
	char *path; /* as asked for: the file's, or what its set makes names of */
	const struct settings *settings;
	const struct capture_port *ports;
	bool replays; /* all ports are files, and their packets' time decides */
	bool rotates;
	struct plx_pcapfile_fileset *set;
	struct plx_pcapfile_writer *writer;
	enum plx_pcapfile_format format;
	enum output_state state;
	int error;
	struct plx_why why;
	struct plx_pcapfile_now now; /* as the packet tells it */
	uint64_t clock_ns;	     /* of the day, at the begin of the round */
	struct iovec *segments;
	unsigned segments_max;
	uint64_t in_file; /* packets of the present file */
	uint64_t flushed_ticks;
	bool dirty; /* something is in the buffer */

	/* trouble */
	struct trouble trouble;
	struct trouble trouble_removing;
	bool troubled; /* at least once */
	int last_error;
	uint64_t retry_ns;  /* monotonic */
	uint64_t look_ns;   /* when to look whether the file is still there */
	uint64_t lost_seen; /* of the writer's count */
	bool probation;	    /* written again, but nothing has reached the file yet */
	uint64_t proven_at; /* packets that will be in the files then */
	struct postrotate after;
	struct release release;	  /* frees the space of files that were removed */
	struct finished finished; /* for the summary, if there is to be one */
	void (*ending)(void *arg,
		       struct output *output); /* one of its files is; NULL: nobody cares */
	void *ending_arg;

	_Atomic uint64_t packets;		 /* taken over */
	_Atomic uint64_t bytes;			 /* of all its files */
	_Atomic uint64_t lost;			 /* taken over, but then not in a file */
	_Atomic uint64_t lost_by[TROUBLE_KINDS]; /* these, and those that were not taken over */
	_Atomic uint64_t files;			 /* finished */
	_Atomic uint64_t removed;		 /* of these, by a limit or quota */
};

/* Opens the file, with an interface for each port in their order. `worker` replaces %w in the name. */
int output_open(struct output *output, const struct settings *settings, unsigned worker,
		unsigned nb_outputs, const struct capture_port *ports, unsigned nb_ports,
		struct plx_why *why);

/* A round of packets begins: takes the time, where that matters. */
void output_round(struct output *output);

#define OUTPUT_ENDED 1 /* this packet comes after the last one asked for */

/*
 * One packet of a source, in front of which `drops` others were lost. 0, OUTPUT_ENDED, or the error for
 * which the packet is lost and counted. Path: hot.
 */
int output_write(struct output *output, const struct plx_mbuf *m, struct source *source,
		 uint64_t drops);

/* Nothing is going to be written any more. */
static inline bool
output_has_ended(const struct output *output)
{
	return output->state >= OUTPUT_OVER;
}

/*
 * Between two rounds: sends what waits in the buffer on, if it has waited long enough, and
 * ends a file whose time is over.
 */
void output_idle(struct output *output);

/* Makes the counts known to other threads, and looks after files and commands now and then. */
void output_publish(struct output *output);

/* Facts about a port at the end of a pcapng file; in others there is no place for them. */
void
output_stats(struct output *output, unsigned port_index, const struct plx_pcapfile_stats *stats);

/* Flushes and closes; safe to repeat. 0, or output->error with a sentence that names the file. */
int output_close(struct output *output, struct plx_why *why);

/* Closes if need be and forgets the name. */
void output_fini(struct output *output);

#endif
