/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads capture files of either format and byte order from a source: a file, a pipe, memory. Files are
 * hostile until checked: no length is believed before it was compared with what is there and with a limit,
 * and memory does not grow with what a file claims.
 *
 *	plx_pcapfile_source_open("in.pcapng", &source, &why);
 *	plx_pcapfile_reader_create(source, NULL, &reader, &why);
 *	while ((err = plx_pcapfile_reader_next(reader, &record, &why)) == 1)
 *		use(record.data, record.len);
 *	plx_pcapfile_reader_destroy(reader);
 *	plx_pcapfile_source_close(source);
 *
 * Thread: one at a time for a reader, with its source. Path: slow, unless a function says otherwise.
 */
#ifndef PLX_LIB_PCAPFILE_PLX_PCAPFILE_READER_H
#define PLX_LIB_PCAPFILE_PLX_PCAPFILE_READER_H

#include "plx_pcapfile.h"

#include <sys/types.h>

PLX_BEGIN_DECLS

/* -- sources ------------------------------------------------------------------------------------- */

struct plx_pcapfile_source;

/* To make a source of your own, embed struct plx_pcapfile_source. */
struct plx_pcapfile_source_ops {
	/* Up to `len` bytes, 0 at the end, or a negative errno; -EAGAIN may be tried again. */
	ssize_t (*read)(struct plx_pcapfile_source *source, void *buffer, size_t len);
	/* Frees the source. */
	void (*close)(struct plx_pcapfile_source *source);
};

struct plx_pcapfile_source {
	const struct plx_pcapfile_source_ops *ops;
	const char *name; /* for messages */
};

/* Opens a file; "-" is standard input. -errno of open(2) with why; -EISDIR. */
int plx_pcapfile_source_open(const char *path, struct plx_pcapfile_source **ret_source,
			     struct plx_why *why);
/* Over an fd, from its present offset; with `take` it is closed with the source. -ENOMEM. */
int plx_pcapfile_source_fd(int fd, bool take, const char *name,
			   struct plx_pcapfile_source **ret_source);
/* Over bytes in memory, which must stay. -ENOMEM. */
int plx_pcapfile_source_memory(const void *data, size_t len, const char *name,
			       struct plx_pcapfile_source **ret_source);
/* Frees it; NULL is fine. */
void plx_pcapfile_source_close(struct plx_pcapfile_source *source);

/* -- readers ------------------------------------------------------------------------------------- */

struct plx_pcapfile_reader;

struct plx_pcapfile_reader_params {
	uint32_t
		max_packet; /* captured bytes of one; 0 = PLX_PCAPFILE_SNAPLEN_MAX; at most 16 MiB */
};

/* A packet and its bytes, which stay in the reader until the next call. */
struct plx_pcapfile_record {
	struct plx_pcapfile_packet packet;
	const uint8_t *data;
	uint32_t len; /* captured bytes at data; at most packet.wire_len */
	uint16_t link_type;
};

/*
 * Makes a reader and reads the file's header. The source stays the caller's and must outlive the reader;
 * `params` may be NULL. -ENODATA the file is empty or ends within its header, -EINVAL it is no capture
 * file, -ENOTSUP a version or a compression that is not read, -EBADMSG, -EAGAIN, -ENOMEM, or the error of
 * the source; why says which and what mends it.
 */
int plx_pcapfile_reader_create(struct plx_pcapfile_source *source,
			       const struct plx_pcapfile_reader_params *params,
			       struct plx_pcapfile_reader **ret_reader, struct plx_why *why);

/* NULL is fine. */
void plx_pcapfile_reader_destroy(struct plx_pcapfile_reader *reader);

/*
 * Reads the next packet. 1 and the packet; 0 at the end of the file; -EAGAIN if the source has no more
 * bytes for now; else an error that stays: -ENODATA the file ends within a record, -EBADMSG a length or
 * number in it cannot be, -EMSGSIZE a packet beyond max_packet, or the source's. All whole packets before
 * the fault have been returned by then; why names record, offset, what was found and what was expected.
 * Path: warm: one read a buffer of packets, no allocation but for the description of an interface.
 */
int plx_pcapfile_reader_next(struct plx_pcapfile_reader *reader,
			     struct plx_pcapfile_record *ret_record, struct plx_why *why);

/* What the present section says of itself; pcap: format and byte order only. */
struct plx_pcapfile_section {
	enum plx_pcapfile_format format;
	bool swapped;	 /* written in the other byte order */
	uint32_t number; /* 0 is the first */
	uint32_t nb_interfaces;
	char hardware[128];
	char os[128];
	char application[128];
	char comment[256];
};
void plx_pcapfile_reader_section(const struct plx_pcapfile_reader *reader,
				 struct plx_pcapfile_section *ret_section);

/* An interface of the present section as far as it was described until now. pcap: number 0. */
struct plx_pcapfile_origin {
	uint16_t link_type;
	uint32_t snaplen; /* 0 = no limit */
	uint64_t speed_bps;
	char name[64]; /* texts are cut to their fields; control characters become '?' */
	char description[128];
	char filter[256];
	struct plx_pcapfile_stats stats; /* of the last statistics block that was read */
};
/* -ENOENT. */
int plx_pcapfile_reader_interface(const struct plx_pcapfile_reader *reader, uint32_t interface,
				  struct plx_pcapfile_origin *ret_origin);

PLX_END_DECLS

#endif
