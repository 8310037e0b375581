/* SPDX-License-Identifier: BSD-3-Clause */
/* The reader, for its parts: reader.c (life, input, messages), reader_pcap.c and reader_ng.c. */
#ifndef PLX_LIB_PCAPFILE_READER_PRIV_H
#define PLX_LIB_PCAPFILE_READER_PRIV_H

#include "plx_pcapfile_reader.h"

/* How an interface's file times become nanoseconds. */
struct reader_clock {
	bool binary; /* the unit is 2^-exponent seconds, else 10^-exponent */
	uint8_t exponent;
	int64_t offset_s;
};

struct reader_interface {
	struct plx_pcapfile_origin origin;
	struct reader_clock clock;
};

struct plx_pcapfile_reader {
	/* The input: bytes [start, end) of the buffer are read and not used; `offset` is start's in the file. */
	struct plx_pcapfile_source *source;
	struct plx_pcapfile_source
		*unpacked; /* ours, over the caller's; NULL if that is not compressed */
	uint8_t *buffer;
	size_t size;
	size_t start;
	size_t end;
	uint64_t offset;
	uint64_t skip; /* bytes of a block nobody needs, still to be thrown away */

	uint32_t max_packet;
	uint64_t records; /* packets or blocks begun, for messages */
	int error;
	bool swapped;
	struct plx_pcapfile_section section;
	struct reader_interface *interfaces;
	uint32_t interfaces_size;
	struct plx_why why;
};

/*
 * Sees to it that n bytes stand at buffer + start. 1 if so; 0 if the file ended with the byte before;
 * -ENODATA (with the reader's why) if it ended within them; -EAGAIN; the source's error.
 */
int reader_need(struct plx_pcapfile_reader *r, size_t n, const char *what);

static inline const uint8_t *
reader_at(const struct plx_pcapfile_reader *r)
{
	return r->buffer + r->start;
}

static inline void
reader_take(struct plx_pcapfile_reader *r, size_t n)
{
	r->start += n;
	r->offset += n;
}

/* Integers of the file's byte order. */
uint16_t reader_u16(const struct plx_pcapfile_reader *r, const void *at);
uint32_t reader_u32(const struct plx_pcapfile_reader *r, const void *at);
uint64_t reader_u64(const struct plx_pcapfile_reader *r, const void *at);

/* Writes "FILE: record N at offset O: " and the sentence into the reader's why; returns err. */
int reader_fault(struct plx_pcapfile_reader *r, int err, const char *format, ...) PLX_PRINTF(3, 4);

/* One more interface, zeroed. -EBADMSG beyond the limit, -ENOMEM. */
int reader_add_interface(struct plx_pcapfile_reader *r, struct reader_interface **ret_interface);

uint64_t reader_time_ns(const struct reader_clock *clock, uint64_t ticks);

/* Both formats: read the header behind the magic; read the next packet: 1, 0 at the end, or an error. */
int reader_pcap_begin(struct plx_pcapfile_reader *r, uint32_t magic);
int reader_pcap_next(struct plx_pcapfile_reader *r, struct plx_pcapfile_record *record);
int reader_ng_begin(struct plx_pcapfile_reader *r);
int reader_ng_next(struct plx_pcapfile_reader *r, struct plx_pcapfile_record *record);

#endif
