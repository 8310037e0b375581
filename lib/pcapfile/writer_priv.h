/* SPDX-License-Identifier: BSD-3-Clause */
/* The writer, for its two halves: writer.c (buffer, sink, records) and writer_blocks.c (slow blocks). */
#ifndef PLX_LIB_PCAPFILE_WRITER_PRIV_H
#define PLX_LIB_PCAPFILE_WRITER_PRIV_H

#include "bytes.h"
#include "plx_pcapfile_writer.h"

/*
 * head: what every file begins with: the header, in pcapng also all interfaces so far. It is kept so that
 * a rotated file can begin with it.
 */
struct plx_pcapfile_writer {
	uint8_t *buffer;
	size_t used;
	size_t room; /* bytes of the buffer; 0 after an error, which sends every packet to the slow path */
	enum plx_pcapfile_format format;
	uint32_t nb_interfaces;
	uint32_t *snaplens; /* by interface */
	struct plx_pcapfile_tally accepted;
	struct plx_pcapfile_tally buffered;

	struct plx_pcapfile_sink *sink;
	size_t size; /* of the buffer */
	uint64_t flushed;
	uint64_t file_base; /* packets accepted when this file was begun */
	uint64_t file_lost; /* packets, of this file */
	struct plx_pcapfile_tally lost;
	int error;
	bool cut; /* the file ends within a record */
	uint32_t snaplen;
	uint16_t link_type;
	struct bytes head;
	struct bytes scratch;
	struct plx_why why;
};

/* Appends whole records that are made up already. The writer's error. */
int writer_emit(struct plx_pcapfile_writer *w, const struct bytes *bytes, size_t from);

void blocks_add_file_header(struct bytes *bytes, const struct plx_pcapfile_writer_params *params);
void blocks_add_interface(struct bytes *bytes, const struct plx_pcapfile_interface *interface,
			  uint32_t snaplen);
void blocks_add_stats(struct bytes *bytes, uint32_t interface, uint64_t time_ns,
		      const struct plx_pcapfile_stats *stats);

#endif
