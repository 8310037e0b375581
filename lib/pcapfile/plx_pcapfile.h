/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Capture files: what the writer (plx_pcapfile_writer.h) and the reader (plx_pcapfile_reader.h) share.
 *
 * pcap is a header and a row of records {time, lengths, bytes}: one link type, no interfaces, no losses.
 * pcapng is a row of blocks: sections, interfaces, packets with options, interface statistics. Times are
 * nanoseconds since the Unix epoch everywhere in this room, whatever the file counts in.
 * Thread: any. Path: slow. */
#ifndef PLX_LIB_PCAPFILE_PLX_PCAPFILE_H
#define PLX_LIB_PCAPFILE_PLX_PCAPFILE_H

#include "plx_base.h"

PLX_BEGIN_DECLS

enum plx_pcapfile_format {
	PLX_PCAPFILE_PCAP_US, /* what every tool reads */
	PLX_PCAPFILE_PCAP_NS,
	PLX_PCAPFILE_PCAPNG, /* always with nanoseconds when we write it */
};

/* "pcap (microseconds)", "pcap (nanoseconds)", "pcapng". */
const char *plx_pcapfile_format_name(enum plx_pcapfile_format format);

#define PLX_PCAPFILE_LINK_ETHERNET 1
#define PLX_PCAPFILE_LINK_RAW	   101 /* begins with an IPv4 or IPv6 header */

#define PLX_PCAPFILE_SNAPLEN_MAX    262144 /* bytes of a packet that every tool accepts */
#define PLX_PCAPFILE_INTERFACES_MAX 1024   /* of one section */
#define PLX_PCAPFILE_TEXT_MAX	    4096   /* bytes of a name or comment; what is longer is cut */

/* Which of the optional facts of a packet are there. pcap keeps none of them. */
#define PLX_PCAPFILE_HAS_FLAGS (1u << 0)
#define PLX_PCAPFILE_HAS_QUEUE (1u << 1)
#define PLX_PCAPFILE_HAS_HASH  (1u << 2)
#define PLX_PCAPFILE_HAS_DROPS (1u << 3)

/* The direction in `flags`, the lowest two bits; the others are as pcapng's epb_flags defines them. */
#define PLX_PCAPFILE_INBOUND   1u
#define PLX_PCAPFILE_OUTBOUND  2u
#define PLX_PCAPFILE_DIRECTION 3u

/* One packet, but for its bytes. */
struct plx_pcapfile_packet {
	uint64_t time_ns;
	uint32_t wire_len;   /* bytes it had on the wire; 0 when writing: as many as are given */
	uint32_t interface;  /* number within its section */
	uint32_t has;	     /* PLX_PCAPFILE_HAS_* */
	uint32_t flags;	     /* PLX_PCAPFILE_INBOUND ... */
	uint32_t queue;	     /* of the interface */
	uint32_t hash;	     /* Toeplitz */
	uint64_t drops;	     /* packets lost between the one before and this one */
	const char *comment; /* comment_len bytes, not terminated; NULL if there is none */
	uint32_t comment_len;
};

/* What is known of an interface's traffic (pcapng's interface statistics block). */
#define PLX_PCAPFILE_HAS_START	   (1u << 0)
#define PLX_PCAPFILE_HAS_END	   (1u << 1)
#define PLX_PCAPFILE_HAS_RECEIVED  (1u << 2)
#define PLX_PCAPFILE_HAS_DROPPED   (1u << 3)
#define PLX_PCAPFILE_HAS_ACCEPTED  (1u << 4)
#define PLX_PCAPFILE_HAS_OSDROPPED (1u << 5)
#define PLX_PCAPFILE_HAS_DELIVERED (1u << 6)

struct plx_pcapfile_stats {
	uint32_t has;	   /* PLX_PCAPFILE_HAS_START ... */
	uint64_t start_ns; /* of the capture */
	uint64_t end_ns;
	uint64_t received;   /* by the interface (isb_ifrecv) */
	uint64_t dropped;    /* by the interface, for want of room (isb_ifdrop) */
	uint64_t accepted;   /* by the filter (isb_filteraccept) */
	uint64_t os_dropped; /* by the system after the filter (isb_osdrop) */
	uint64_t delivered;  /* to the program (isb_usrdeliv) */
	const char *comment; /* written, not read; NULL if there is none */
};

PLX_END_DECLS

#endif
