/* SPDX-License-Identifier: BSD-3-Clause */
/* An output: one capture file being written. Thread: the writer; the counts may be read by anybody. */
#ifndef PLX_APPS_CAPTURE_OUTPUT_H
#define PLX_APPS_CAPTURE_OUTPUT_H

#include <pollux/plx_mbuf.h>
#include <pollux/plx_pcapfile_writer.h>

struct settings;
struct capture_port;
struct source;

struct output {
	char *path;
	struct plx_pcapfile_sink *sink;
	struct plx_pcapfile_writer *writer;
	enum plx_pcapfile_format format;
	int error; /* of the first write that failed; nothing is written from then on */
	uint64_t flushed_ticks;
	bool dirty; /* something is in the buffer */
	_Atomic uint64_t packets;
	_Atomic uint64_t bytes; /* length of the file */
	uint64_t lost;		/* taken over, but then not in the file; known once it is closed */
};

/* Opens the file, with an interface for each port in their order. `worker` replaces %w in the name. */
int output_open(struct output *output, const struct settings *settings, unsigned worker,
		const struct capture_port *ports, unsigned nb_ports, struct plx_why *why);

/* One packet of a source, in front of which `drops` others were lost. 0, or the error. Path: hot. */
int output_write(struct output *output, const struct plx_mbuf *m, struct source *source,
		 uint64_t drops);

/* Between two rounds: sends what waits in the buffer on, if it has waited long enough. 0, or the error. */
int output_idle(struct output *output);

/* Makes the length of the file known to other threads. */
void output_publish(struct output *output);

/* Facts about a port at the end of a pcapng file; in others there is no place for them. */
void
output_stats(struct output *output, unsigned port_index, const struct plx_pcapfile_stats *stats);

/* Flushes and closes; safe to repeat. 0, or output->error with a sentence that names the file. */
int output_close(struct output *output, struct plx_why *why);

/* Closes if need be and forgets the name. */
void output_fini(struct output *output);

#endif
