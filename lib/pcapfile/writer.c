/* SPDX-License-Identifier: BSD-3-Clause */
/* The writer's buffer, its records, and what happens when the sink refuses them. */
#include "pcapfile_spec.h"
#include "plx_bits.h"
#include "writer_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_DEFAULT (1u << 20)
#define BUFFER_ALIGN   4096

/* All that a record may have besides its packet: headers, options, padding. */
#define OVERHEAD_MAX (sizeof(struct ng_epb) + PLX_PCAPFILE_TEXT_MAX + 128)

const char *
plx_pcapfile_format_name(enum plx_pcapfile_format format)
{
	switch (format) {
	case PLX_PCAPFILE_PCAP_US:
		return "pcap (microseconds)";
	case PLX_PCAPFILE_PCAP_NS:
		return "pcap (nanoseconds)";
	default:
		return "pcapng";
	}
}

/* -- to the sink --------------------------------------------------------------------------------- */

/* What stands at `at` in data that this writer made. */
struct made {
	size_t len;
	bool is_packet;
	uint32_t wire_len;
};

static struct made
look(const struct plx_pcapfile_writer *w, const uint8_t *at)
{
	struct pcap_record_header record;
	struct made made = {0};

	if (w->format == PLX_PCAPFILE_PCAPNG) {
		uint32_t words[2];

		memcpy(words, at, sizeof(words));
		made.len = words[1];
		made.is_packet = words[0] == NG_EPB;
		if (made.is_packet)
			memcpy(&made.wire_len, at + offsetof(struct ng_epb, wire_len),
			       sizeof(made.wire_len));
		return made;
	}
	memcpy(&record, at, sizeof(record));
	return (struct made){sizeof(record) + record.cap_len, true, record.wire_len};
}

/* Of `len` bytes, `done` are out: returns how many of these are whole records; counts the packets lost. */
static size_t
whole_records(struct plx_pcapfile_writer *w, const uint8_t *data, size_t len, size_t done)
{
	size_t at = 0, whole = 0;

	if (w->flushed == 0 && w->format != PLX_PCAPFILE_PCAPNG) {
		at = sizeof(struct pcap_file_header);
		whole = done >= at ? at : 0;
	}
	while (at < len) {
		struct made made = look(w, data + at);

		at += made.len;
		if (at <= done) {
			whole = at;
		} else if (made.is_packet) {
			w->file_lost++;
			w->lost.packets++;
			w->lost.bytes += made.wire_len;
		}
	}
	return whole;
}

static int
fail(struct plx_pcapfile_writer *w, int err, const uint8_t *data, size_t len, size_t done)
{
	size_t whole = whole_records(w, data, len, done);
	const char *state = "its end is a whole record";

	if (whole < done && (w->sink->ops->truncate == NULL ||
			     w->sink->ops->truncate(w->sink, w->flushed + whole) != 0)) {
		state = "its last record is cut";
		whole = done;
		w->cut = true;
	}
	w->flushed += whole;
	w->room = 0;
	w->error = plx_why(&w->why, err,
			   "cannot write '%s': %s, after %" PRIu64 " bytes; %s; %" PRIu64
			   " packets are lost",
			   w->sink->name, strerror(-err), w->flushed, state, w->file_lost);
	return err;
}

static int
write_out(struct plx_pcapfile_writer *w, const uint8_t *data, size_t len)
{
	size_t done = 0;
	int err;

	if (w->error != 0)
		return w->error;
	if (len == 0)
		return 0;
	err = w->sink->ops->write(w->sink, data, len, &done);
	if (PLX_UNLIKELY(err != 0))
		return fail(w, err, data, len, done);
	w->flushed += len;
	return 0;
}

static int
drain(struct plx_pcapfile_writer *w)
{
	int err = write_out(w, w->buffer, w->used);

	w->used = 0;
	w->buffered = (struct plx_pcapfile_tally){0, 0};
	return err;
}

int
writer_emit(struct plx_pcapfile_writer *w, const struct bytes *bytes, size_t from)
{
	size_t len = bytes->len - from;

	if (len > w->room - w->used) {
		int err = drain(w);

		if (err != 0)
			return err;
	}
	if (len > w->room)
		return write_out(w, bytes->data + from, len);
	memcpy(w->buffer + w->used, bytes->data + from, len);
	w->used += len;
	return 0;
}

int
plx_pcapfile_writer_flush(struct plx_pcapfile_writer *w, struct plx_why *why)
{
	int err = drain(w);

	return err == 0 ? 0 : plx_why(why, err, "%s", w->why.text);
}

/* -- packets ------------------------------------------------------------------------------------- */

static uint8_t *
copy_segments(uint8_t *to, const struct iovec *segments, unsigned n, size_t len)
{
	for (unsigned i = 0; i < n && len > 0; i++) {
		size_t part = segments[i].iov_len < len ? segments[i].iov_len : len;

		if (part > 0)
			memcpy(to, segments[i].iov_base, part);
		to += part;
		len -= part;
	}
	return to;
}

static uint8_t *
put_option(uint8_t *to, uint16_t code, const void *value, uint16_t len)
{
	uint16_t head[2] = {code, len};

	memset(to + plx_align_down(sizeof(head) + len, 4), 0, 4);
	memcpy(to, head, sizeof(head));
	memcpy(to + sizeof(head), value, len);
	return to + plx_align_up(sizeof(head) + len, 4);
}

static uint8_t *
put_options(uint8_t *to, const struct plx_pcapfile_packet *packet)
{
	uint8_t hash[5] = {NG_HASH_TOEPLITZ};

	if (packet->comment_len > 0)
		to = put_option(to, NG_OPT_COMMENT, packet->comment,
				packet->comment_len < PLX_PCAPFILE_TEXT_MAX
					? (uint16_t)packet->comment_len
					: PLX_PCAPFILE_TEXT_MAX);
	if (packet->has & PLX_PCAPFILE_HAS_FLAGS)
		to = put_option(to, NG_EPB_FLAGS, &packet->flags, sizeof(packet->flags));
	if (packet->has & PLX_PCAPFILE_HAS_HASH) {
		memcpy(hash + 1, &packet->hash, sizeof(packet->hash));
		to = put_option(to, NG_EPB_HASH, hash, sizeof(hash));
	}
	if (packet->has & PLX_PCAPFILE_HAS_DROPS)
		to = put_option(to, NG_EPB_DROPCOUNT, &packet->drops, sizeof(packet->drops));
	if (packet->has & PLX_PCAPFILE_HAS_QUEUE)
		to = put_option(to, NG_EPB_QUEUE, &packet->queue, sizeof(packet->queue));
	return put_option(to, NG_OPT_END, "", 0);
}

static uint8_t *
put_block(uint8_t *to, const struct plx_pcapfile_packet *packet, uint32_t cap_len,
	  uint32_t wire_len, const struct iovec *segments, unsigned n)
{
	struct ng_epb epb = {
		.type = NG_EPB,
		.interface = packet->interface,
		.time_high = (uint32_t)(packet->time_ns >> 32),
		.time_low = (uint32_t)packet->time_ns,
		.cap_len = cap_len,
		.wire_len = wire_len,
	};
	uint8_t *end = copy_segments(to + sizeof(epb), segments, n, cap_len);

	memset(end, 0, 4);
	end = to + sizeof(epb) + plx_align_up(cap_len, 4);
	if (packet->has != 0 || packet->comment_len > 0)
		end = put_options(end, packet);
	epb.len = (uint32_t)(end - to) + 4;
	memcpy(end, &epb.len, sizeof(epb.len));
	memcpy(to, &epb, sizeof(epb));
	return end + 4;
}

static uint8_t *
put_record(uint8_t *to, bool nanoseconds, const struct plx_pcapfile_packet *packet,
	   uint32_t cap_len, uint32_t wire_len, const struct iovec *segments, unsigned n)
{
	uint32_t fraction = (uint32_t)(packet->time_ns % 1000000000);
	struct pcap_record_header record = {
		.seconds = (uint32_t)(packet->time_ns / 1000000000),
		.fraction = nanoseconds ? fraction : fraction / 1000,
		.cap_len = cap_len,
		.wire_len = wire_len,
	};

	memcpy(to, &record, sizeof(record));
	return copy_segments(to + sizeof(record), segments, n, cap_len);
}

int
plx_pcapfile_writer_packet(struct plx_pcapfile_writer *w, const struct plx_pcapfile_packet *packet,
			   const struct iovec *segments, unsigned n)
{
	uint32_t cap_len, wire_len;
	uint64_t given = 0;
	uint8_t *end;

	for (unsigned i = 0; i < n; i++)
		given += segments[i].iov_len;
	if (PLX_UNLIKELY(given > UINT32_MAX || (packet->interface >= w->nb_interfaces &&
						w->format == PLX_PCAPFILE_PCAPNG)))
		return -EINVAL;
	wire_len = given > packet->wire_len ? (uint32_t)given : packet->wire_len;
	cap_len = w->format == PLX_PCAPFILE_PCAPNG ? w->snaplens[packet->interface] : w->snaplen;
	cap_len = given < cap_len ? (uint32_t)given : cap_len;
	if (PLX_UNLIKELY(w->used + cap_len + OVERHEAD_MAX > w->room)) {
		int err = drain(w); /* the one system call */

		if (err != 0)
			return err;
	}
	if (w->format == PLX_PCAPFILE_PCAPNG)
		end = put_block(w->buffer + w->used, packet, cap_len, wire_len, segments, n);
	else
		end = put_record(w->buffer + w->used, w->format == PLX_PCAPFILE_PCAP_NS, packet,
				 cap_len, wire_len, segments, n);
	w->used = (size_t)(end - w->buffer);
	w->accepted.packets++;
	w->accepted.bytes += wire_len;
	w->buffered.packets++;
	w->buffered.bytes += wire_len;
	return 0;
}

/* -- slow ---------------------------------------------------------------------------------------- */

int
plx_pcapfile_writer_add_interface(struct plx_pcapfile_writer *w,
				  const struct plx_pcapfile_interface *interface, uint32_t *ret_id,
				  struct plx_why *why)
{
	struct plx_pcapfile_interface in = *interface;
	size_t before = w->head.len;
	int err = 0;

	if (in.link_type == 0)
		in.link_type = PLX_PCAPFILE_LINK_ETHERNET;
	if (in.snaplen == 0 || in.snaplen > w->snaplen)
		in.snaplen = w->snaplen;
	if (w->nb_interfaces == PLX_PCAPFILE_INTERFACES_MAX)
		return plx_why(why, -ENOSPC, "'%s': a file holds at most %d interfaces",
			       w->sink->name, PLX_PCAPFILE_INTERFACES_MAX);
	if (w->format != PLX_PCAPFILE_PCAPNG && in.link_type != w->link_type)
		return plx_why(why, -EINVAL,
			       "'%s': a pcap file has one link type, here %u, not also %u; pcapng "
			       "can hold both",
			       w->sink->name, w->link_type, in.link_type);
	if (w->format == PLX_PCAPFILE_PCAPNG) {
		blocks_add_interface(&w->head, &in, in.snaplen);
		if (w->head.failed) {
			w->head.len = before;
			w->head.failed = false;
			return plx_why(why, -ENOMEM, "'%s': out of memory", w->sink->name);
		}
		err = writer_emit(w, &w->head, before);
	}
	w->snaplens[w->nb_interfaces] = in.snaplen;
	*ret_id = w->nb_interfaces++;
	return err == 0 ? 0 : plx_why(why, err, "%s", w->why.text);
}

int
plx_pcapfile_writer_stats(struct plx_pcapfile_writer *w, uint32_t interface, uint64_t time_ns,
			  const struct plx_pcapfile_stats *stats)
{
	if (w->format != PLX_PCAPFILE_PCAPNG)
		return -ENOTSUP;
	if (interface >= w->nb_interfaces)
		return -EINVAL;
	w->scratch.len = 0;
	w->scratch.failed = false;
	blocks_add_stats(&w->scratch, interface, time_ns, stats);
	return w->scratch.failed ? -ENOMEM : writer_emit(w, &w->scratch, 0);
}

static int
begin(struct plx_pcapfile_writer *w, struct plx_pcapfile_sink *sink)
{
	w->sink = sink;
	w->room = w->size;
	w->error = 0;
	w->cut = false;
	w->used = 0;
	w->flushed = 0;
	w->file_lost = 0;
	w->file_base = w->accepted.packets;
	return writer_emit(w, &w->head, 0);
}

int
plx_pcapfile_writer_resume(struct plx_pcapfile_writer *w)
{
	bool bare = w->accepted.packets - w->file_base == w->file_lost;

	if (w->error == 0)
		return 0;
	/* A header that is not all there is written again. */
	if (bare && w->flushed < w->head.len) {
		if (w->sink->ops->truncate == NULL || w->sink->ops->truncate(w->sink, 0) != 0)
			return -EIO;
		return begin(w, w->sink);
	}
	if (w->cut)
		return -EIO;
	w->error = 0;
	w->room = w->size;
	return 0;
}

int
plx_pcapfile_writer_restart(struct plx_pcapfile_writer *w, struct plx_pcapfile_sink *sink,
			    struct plx_why *why)
{
	int err = drain(w);
	int begun;

	if (err != 0)
		plx_why(why, err, "%s", w->why.text);
	begun = begin(w, sink);
	if (err == 0 && begun != 0)
		return plx_why(why, begun, "%s", w->why.text);
	return err;
}

uint64_t
plx_pcapfile_writer_file_bytes(const struct plx_pcapfile_writer *w)
{
	return w->flushed + w->used;
}

void
plx_pcapfile_writer_counts(const struct plx_pcapfile_writer *w,
			   struct plx_pcapfile_writer_counts *ret_counts)
{
	*ret_counts = (struct plx_pcapfile_writer_counts){
		.accepted = w->accepted,
		.buffered = w->buffered,
		.lost = w->lost,
		.file_bytes = w->flushed + w->used,
		.file_packets = w->accepted.packets - w->file_base - w->file_lost,
	};
}

const char *
plx_pcapfile_writer_why(const struct plx_pcapfile_writer *w)
{
	return w->why.text;
}

void
plx_pcapfile_writer_destroy(struct plx_pcapfile_writer *w)
{
	if (w == NULL)
		return;
	bytes_fini(&w->head);
	bytes_fini(&w->scratch);
	free(w->snaplens);
	free(w->buffer);
	free(w);
}

static size_t
buffer_size(size_t wanted, uint32_t snaplen)
{
	size_t least = snaplen + OVERHEAD_MAX;

	if (wanted == 0)
		wanted = BUFFER_DEFAULT;
	return plx_align_up(wanted > least ? wanted : least, BUFFER_ALIGN);
}

int
plx_pcapfile_writer_create(const struct plx_pcapfile_writer_params *given,
			   struct plx_pcapfile_sink *sink, struct plx_pcapfile_writer **ret_writer,
			   struct plx_why *why)
{
	struct plx_pcapfile_writer_params params = *given;
	struct plx_pcapfile_writer *w;
	int err;

	if (params.snaplen > PLX_PCAPFILE_SNAPLEN_MAX)
		return plx_why(why, -EINVAL, "snaplen %u: allowed is 1 to %d, or 0 for all",
			       params.snaplen, PLX_PCAPFILE_SNAPLEN_MAX);
	if (params.snaplen == 0)
		params.snaplen = PLX_PCAPFILE_SNAPLEN_MAX;
	if (params.link_type == 0)
		params.link_type = PLX_PCAPFILE_LINK_ETHERNET;
	w = calloc(1, sizeof(*w));
	if (w == NULL)
		goto no_memory;
	w->format = params.format;
	w->snaplen = params.snaplen;
	w->link_type = params.link_type;
	w->size = buffer_size(params.buffer, params.snaplen);
	w->buffer = aligned_alloc(BUFFER_ALIGN, w->size);
	w->snaplens = calloc(PLX_PCAPFILE_INTERFACES_MAX, sizeof(*w->snaplens));
	blocks_add_file_header(&w->head, &params);
	if (w->buffer == NULL || w->snaplens == NULL || w->head.failed)
		goto no_memory;
	err = begin(w, sink);
	if (err != 0) {
		plx_why(why, err, "%s", w->why.text);
		plx_pcapfile_writer_destroy(w);
		return err;
	}
	*ret_writer = w;
	return 0;

no_memory:
	plx_pcapfile_writer_destroy(w);
	return plx_why(why, -ENOMEM, "'%s': no memory for a buffer of %zu bytes", sink->name,
		       buffer_size(params.buffer, params.snaplen));
}
