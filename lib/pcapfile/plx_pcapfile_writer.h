/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writes capture files: a writer formats records into its buffer, and hands the buffer to a sink when it is
 * full. What a sink is given always ends with a whole record, so a file whose writer was killed can be read
 * to its end, and so sinks can be exchanged between two writes (rotation) with no packet cut in two.
 *
 *	plx_pcapfile_sink_open("log.pcap", &sink, &why);
 *	plx_pcapfile_writer_create(&params, sink, &writer, &why);
 *	plx_pcapfile_writer_add_interface(writer, &interface, &id, &why);
 *	... plx_pcapfile_writer_packet(writer, &packet, segments, n) ...
 *	plx_pcapfile_writer_stats(writer, id, now, &stats);
 *	err = plx_pcapfile_writer_flush(writer, &why);
 *	plx_pcapfile_writer_destroy(writer);
 *	err = plx_pcapfile_sink_close(sink, &why);
 *
 * Thread: one at a time for a writer, with its sink. Path: slow, unless a function says otherwise.
 */
#ifndef PLX_LIB_PCAPFILE_PLX_PCAPFILE_WRITER_H
#define PLX_LIB_PCAPFILE_PLX_PCAPFILE_WRITER_H

#include "plx_pcapfile.h"

#include <sys/uio.h>

PLX_BEGIN_DECLS

/* -- sinks --------------------------------------------------------------------------------------- */

struct plx_pcapfile_sink;

/* To make a sink of your own (compression, a socket), embed struct plx_pcapfile_sink. */
struct plx_pcapfile_sink_ops {
	/*
	 * Writes all `len` bytes and returns 0, or a negative errno with *ret_done = how many bytes are
	 * out nevertheless. Called by one thread at a time.
	 */
	int (*write)(struct plx_pcapfile_sink *sink, const void *data, size_t len,
		     size_t *ret_done);
	/* Cuts the output to `size` bytes, counted from the sink's first; NULL if it cannot. */
	int (*truncate)(struct plx_pcapfile_sink *sink, uint64_t size);
	/* Ends the output and frees the sink in any case; an error means that bytes may be lost. */
	int (*close)(struct plx_pcapfile_sink *sink);
};

struct plx_pcapfile_sink {
	const struct plx_pcapfile_sink_ops *ops;
	const char *name; /* for messages: the file's path */
};

/*
 * Creates or empties the file at `path`; "-" is standard output (refused with -ENOTTY when that is a
 * terminal). -errno of open(2) with why. The sink retries interrupted and short writes, waits when the fd
 * is non-blocking, and answers a reader that went away with -EPIPE instead of the signal.
 */
int
plx_pcapfile_sink_open(const char *path, struct plx_pcapfile_sink **ret_sink, struct plx_why *why);

/* The same over an fd, from its present offset; with `take` it is closed with the sink. -ENOMEM. */
int plx_pcapfile_sink_fd(int fd, bool take, const char *name, struct plx_pcapfile_sink **ret_sink);

/*
 * The sink is a long file on a disk: has what is written carried to the disk at once and its pages given
 * back, 32 MiB later, where the fd is a regular file. docs/adr/capture-disk-io.md has the figures.
 */
void plx_pcapfile_sink_fd_long(struct plx_pcapfile_sink *sink);

#define PLX_PCAPFILE_ZSTD_MAX 19

/*
 * Compresses by zstd for another sink, which it closes with itself. Each write, that is each buffer of the
 * writer and each flush, is a frame of its own: what was written can be unpacked whatever happens next.
 * -EINVAL (level, 1 to PLX_PCAPFILE_ZSTD_MAX), -ENOMEM, with why; `inner` then remains the caller's.
 */
int plx_pcapfile_sink_zstd(struct plx_pcapfile_sink *inner, int level,
			   struct plx_pcapfile_sink **ret_sink, struct plx_why *why);

/* Ends and frees the sink; NULL is fine. -errno of close(2), such as -EDQUOT, with why. */
int plx_pcapfile_sink_close(struct plx_pcapfile_sink *sink, struct plx_why *why);

/* -- writers ------------------------------------------------------------------------------------- */

struct plx_pcapfile_writer;

struct plx_pcapfile_writer_params {
	enum plx_pcapfile_format format;
	uint16_t link_type; /* of a pcap file; 0 = PLX_PCAPFILE_LINK_ETHERNET */
	uint32_t snaplen;   /* bytes kept of a packet; 0 = PLX_PCAPFILE_SNAPLEN_MAX, the limit */
	size_t buffer;	    /* bytes; 0 = 1 MiB; raised to what the largest record needs */
	const char
		*hardware; /* these four go into the section header of pcapng; NULL = not there */
	const char *os;
	const char *application;
	const char *comment;
	const char *const *comments; /* further ones, NULL at the end; NULL = none */
};

struct plx_pcapfile_interface {
	const char *name; /* eth1; all texts may be NULL */
	const char *description;
	const char *filter; /* in libpcap's language */
	const char *hardware;
	const char *os;
	const char *comment;
	uint64_t speed_bps; /* 0 = unknown */
	uint32_t snaplen;   /* 0 = the writer's, which it cannot exceed */
	uint16_t link_type; /* 0 = PLX_PCAPFILE_LINK_ETHERNET */
};

/*
 * Makes a writer and puts the file's header into its buffer. The sink stays the caller's and must outlive
 * the writer. -EINVAL (snaplen), -ENOMEM.
 */
int plx_pcapfile_writer_create(const struct plx_pcapfile_writer_params *params,
			       struct plx_pcapfile_sink *sink,
			       struct plx_pcapfile_writer **ret_writer, struct plx_why *why);

/* Frees the writer; what is in its buffer is lost, so flush first. NULL is fine. */
void plx_pcapfile_writer_destroy(struct plx_pcapfile_writer *writer);

/*
 * Declares an interface and yields its number for struct plx_pcapfile_packet. pcapng needs at least one
 * before the first packet; a pcap file keeps nothing of it. -EINVAL for another link type than a pcap
 * file's, -ENOSPC beyond PLX_PCAPFILE_INTERFACES_MAX, or the writer's error.
 */
int plx_pcapfile_writer_add_interface(struct plx_pcapfile_writer *writer,
				      const struct plx_pcapfile_interface *interface,
				      uint32_t *ret_id, struct plx_why *why);

/*
 * Writes one packet, whose bytes are those of nb_segments segments in a row, as far as the snaplen allows.
 * Path: hot: copies into the buffer; one write to the sink when that is full, else no system call.
 * -EINVAL for an interface that was not added (pcapng) or more than 4 GiB of bytes; otherwise the error of
 * the sink. That error is kept: each further call returns it and writes nothing. See _why and _counts.
 */
int plx_pcapfile_writer_packet(struct plx_pcapfile_writer *writer,
			       const struct plx_pcapfile_packet *packet,
			       const struct iovec *segments, unsigned nb_segments);

/* Writes what is known of an interface, as of time_ns. -ENOTSUP for pcap, -EINVAL, the writer's error. */
int plx_pcapfile_writer_stats(struct plx_pcapfile_writer *writer, uint32_t interface,
			      uint64_t time_ns, const struct plx_pcapfile_stats *stats);

/* Hands the buffer to the sink. The writer's error with why. */
int plx_pcapfile_writer_flush(struct plx_pcapfile_writer *writer, struct plx_why *why);

/*
 * Rotation: ends the file on the present sink (which the caller then closes) and begins one on `sink`
 * with the same header and interfaces. Allocates nothing. If the old sink refuses the rest of the buffer,
 * that is counted as lost and its error returned, and the writer is on the new sink nevertheless.
 */
int plx_pcapfile_writer_restart(struct plx_pcapfile_writer *writer, struct plx_pcapfile_sink *sink,
				struct plx_why *why);

/*
 * After an error: goes on behind the last whole record of the same file, for a disk that has room again.
 * What was lost stays counted. 0; -EIO if the file ends with a record that is cut, and only a restart on
 * another sink helps.
 */
int plx_pcapfile_writer_resume(struct plx_pcapfile_writer *writer);

/* Length of the present file, what is in the buffer included. Path: hot. */
uint64_t plx_pcapfile_writer_file_bytes(const struct plx_pcapfile_writer *writer);

/* Packets and their bytes on the wire. */
struct plx_pcapfile_tally {
	uint64_t packets;
	uint64_t bytes;
};

/*
 * accepted = in the files + buffered + lost, always. After an error the file on the sink is cut to its
 * last whole record where the sink can do that, and every packet beyond is lost.
 */
struct plx_pcapfile_writer_counts {
	struct plx_pcapfile_tally accepted; /* _packet returned 0, in all files */
	struct plx_pcapfile_tally buffered; /* not handed to the sink yet */
	struct plx_pcapfile_tally lost; /* accepted, and not in a file because the sink failed */
	uint64_t file_bytes;		/* length of the present file, buffer included */
	uint64_t file_packets;		/* in it, buffer included */
};
/* Path: warm: a copy. */
void plx_pcapfile_writer_counts(const struct plx_pcapfile_writer *writer,
				struct plx_pcapfile_writer_counts *ret_counts);

/* The sentence that goes with the writer's error; empty if there was none. */
const char *plx_pcapfile_writer_why(const struct plx_pcapfile_writer *writer);

PLX_END_DECLS

#endif
