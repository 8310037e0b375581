/* SPDX-License-Identifier: BSD-3-Clause */
#include "output.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <pollux/plx_clock.h>

#include "output_trouble.h"
#include "settings.h"
#include "source.h"
#include "tag.h"
#include "tally.h"

#define NS_S	       UINT64_C(1000000000)
#define FLUSH_AFTER_NS 50000000 /* how long a reader of a pipe may wait at most for a lone packet */
#define PACK_AFTER_NS  NS_S /* the same of a file that is compressed, by what was flushed at once */
#define TRUST_PAST_NS  (60 * NS_S) /* time stamps that differ more from the clock are not its */
#define TRUST_AHEAD_NS NS_S
#define LATE_NS	       (NS_S / 2) /* packets of a period may come that late */

/* -- packets ------------------------------------------------------------------------------------ */

static void
describe(const struct plx_mbuf *m, unsigned port_index, struct plx_pcapfile_packet *ret)
{
	*ret = (struct plx_pcapfile_packet){
		.time_ns = m->timestamp,
		.wire_len = tag_wire_len(m),
		.interface = port_index,
		.has = PLX_PCAPFILE_HAS_QUEUE | PLX_PCAPFILE_HAS_FLAGS,
		.queue = m->queue,
		.flags = (m->ol_flags & PLX_MBUF_RX_OUTGOING) != 0 ? PLX_PCAPFILE_OUTBOUND
								   : PLX_PCAPFILE_INBOUND,
	};
	if ((m->ol_flags & PLX_MBUF_RX_HASH) != 0) {
		ret->has |= PLX_PCAPFILE_HAS_HASH;
		ret->hash = m->hash;
	}
}

/* Each packet behind a loss has the number; the first one of a source says it in words, too. */
static void
describe_loss(struct source *source, uint64_t drops, char *words, size_t size,
	      struct plx_pcapfile_packet *ret)
{
	ret->has |= PLX_PCAPFILE_HAS_DROPS;
	ret->drops = drops;
	if (source->loss_seen)
		return;
	source->loss_seen = true;
	ret->comment = words;
	ret->comment_len = (uint32_t)snprintf(
		words, size, "%" PRIu64 " lost before this packet: writer too slow", drops);
}

/* The clock of the day as the packet tells it: exact at the limits of periods, if it can be believed. */
static void
set_time(struct output *o, const struct plx_mbuf *m)
{
	uint64_t stamp = m->timestamp, clock = o->clock_ns;

	if (o->replays) {
		o->now.wall_ns = stamp;
		o->now.mono_ns = stamp > o->now.mono_ns ? stamp : o->now.mono_ns;
		return;
	}
	o->now.wall_ns =
		stamp + TRUST_PAST_NS >= clock && stamp <= clock + TRUST_AHEAD_NS ? stamp : clock;
}

/* What a set had to say that is no reason to stop. */
static int
answer_turn(struct output *o, int answer, const struct plx_why *why)
{
	struct plx_pcapfile_fileset_counts counts;
	struct plx_pcapfile_writer_counts written;

	plx_pcapfile_writer_counts(o->writer, &written);
	o->in_file = written.file_packets;
	if (answer == 0)
		return 0;
	if (answer == 1) {
		o->state = OUTPUT_OVER;
		return OUTPUT_ENDED;
	}
	plx_pcapfile_fileset_counts(o->set, &counts);
	if (!counts.open || o->settings->on_full == ON_FULL_STOP) {
		output_fail(o, answer, why->text);
		return answer;
	}
	output_take_losses(o, answer);
	o->troubled = true;
	trouble_say(&o->trouble, answer, why->text, "the capture goes on");
	return 0;
}

/* Does this packet begin another file? */
static int
turn(struct output *o, const struct plx_mbuf *m)
{
	struct plx_why why = {""};

	set_time(o, m);
	if (!plx_pcapfile_due_reached(plx_pcapfile_fileset_due(o->set),
				      plx_pcapfile_writer_file_bytes(o->writer), o->in_file,
				      &o->now))
		return 0;
	return answer_turn(o, plx_pcapfile_fileset_turn(o->set, o->writer, &o->now, &why), &why);
}

static bool
make_room_for_segments(struct output *o, unsigned n)
{
	struct iovec *more = reallocarray(o->segments, n, sizeof(*more));

	if (more == NULL)
		return false;
	o->segments = more;
	o->segments_max = n;
	return true;
}

/* The tag between the addresses and what follows them. */
static unsigned
put_tag_back(struct output *o, unsigned n, const uint8_t tag[TAG_LEN])
{
	struct iovec *first = &o->segments[0];

	memmove(first + 3, first + 1, (n - 1) * sizeof(*first));
	first[2] = (struct iovec){(uint8_t *)first->iov_base + TAG_AT, first->iov_len - TAG_AT};
	first[1] = (struct iovec){(void *)(uintptr_t)tag, TAG_LEN};
	first->iov_len = TAG_AT;
	return n + 2;
}

static int
write_packet(struct output *o, const struct plx_mbuf *m, struct source *source, uint64_t drops)
{
	const unsigned most = m->nb_segs + (tag_len(m) != 0 ? 2u : 0u);
	struct plx_pcapfile_packet packet;
	uint8_t tag[TAG_LEN];
	char words[80];
	unsigned n = 0;

	if (PLX_UNLIKELY(most > o->segments_max) && !make_room_for_segments(o, most))
		return -ENOMEM;
	describe(m, source->params.port_index, &packet);
	if (PLX_UNLIKELY(drops != 0))
		describe_loss(source, drops, words, sizeof(words), &packet);
	PLX_MBUF_FOREACH_SEG(seg, m) {
		if (PLX_UNLIKELY(n == o->segments_max))
			break;
		o->segments[n++] = (struct iovec){plx_mbuf_data(seg), seg->data_len};
	}
	if (PLX_UNLIKELY(tag_len(m) != 0)) {
		tag_make(m, tag);
		n = put_tag_back(o, n, tag);
	}
	return plx_pcapfile_writer_packet(o->writer, &packet, o->segments, n);
}

int
output_write(struct output *output, const struct plx_mbuf *m, struct source *source, uint64_t drops)
{
	struct output *o = output;
	int err;

	if (PLX_UNLIKELY(o->state != OUTPUT_WRITES) &&
	    !(o->state == OUTPUT_WAITS && output_recover(o))) {
		if (o->state == OUTPUT_OVER)
			return OUTPUT_ENDED;
		return output_lose(o, o->last_error);
	}
	if (o->rotates) {
		err = turn(o, m);
		if (PLX_UNLIKELY(err != 0))
			return err == OUTPUT_ENDED ? err : output_lose(o, err);
	}
	err = write_packet(o, m, source, drops);
	if (PLX_UNLIKELY(err == -ENOMEM))
		return output_lose(o, err);
	if (PLX_UNLIKELY(err != 0)) {
		output_fail(o, err, plx_pcapfile_writer_why(o->writer));
		return output_lose(o, err);
	}
	o->dirty = true;
	o->in_file++;
	tally_add(&o->packets, 1);
	return 0;
}

/* -- between packets ------------------------------------------------------------------------------ */

void
output_round(struct output *output)
{
	struct output *o = output;

	if (!o->rotates || o->replays)
		return;
	o->clock_ns = plx_clock_realtime_ns();
	o->now.mono_ns = plx_clock_monotonic_ns();
}

static void
end_period(struct output *o)
{
	struct plx_pcapfile_now now = o->now;
	struct plx_why why = {""};
	int answer;

	if (!o->rotates || o->replays || o->state != OUTPUT_WRITES)
		return;
	now.wall_ns = o->clock_ns - LATE_NS;
	answer = plx_pcapfile_fileset_idle(o->set, o->writer, &now, &why);
	if (answer != 0)
		answer_turn(o, answer, &why);
}

void
output_idle(struct output *output)
{
	struct output *o = output;
	uint64_t wait = o->settings->zstd_level != 0 ? PACK_AFTER_NS : FLUSH_AFTER_NS;
	uint64_t now = plx_clock_ticks();
	int err;

	if (plx_clock_ticks_to_ns(now - o->flushed_ticks) < wait)
		return;
	o->flushed_ticks = now;
	if (o->dirty && o->state == OUTPUT_WRITES) {
		err = plx_pcapfile_writer_flush(o->writer, NULL);
		o->dirty = false;
		if (err != 0)
			output_fail(o, err, plx_pcapfile_writer_why(o->writer));
	}
	end_period(o);
	output_publish(o);
}

void
output_publish(struct output *output)
{
	struct output *o = output;
	struct plx_pcapfile_fileset_counts files;
	struct plx_pcapfile_writer_counts counts;

	if (o->writer == NULL)
		return;
	plx_pcapfile_writer_counts(o->writer, &counts);
	plx_pcapfile_fileset_counts(o->set, &files);
	tally_set(&o->bytes, files.bytes + (files.open ? counts.file_bytes : 0));
	tally_set(&o->files, files.finished);
	tally_set(&o->removed, files.removed);
	output_prove(o, &counts);
	output_look_after_file(o);
	postrotate_look(&o->after, o->look_ns);
}

void
output_stats(struct output *output, unsigned port_index, const struct plx_pcapfile_stats *stats)
{
	int err;

	if (output->state == OUTPUT_WAITS || output->state == OUTPUT_FAILED ||
	    output->format != PLX_PCAPFILE_PCAPNG)
		return;
	err = plx_pcapfile_writer_stats(output->writer, port_index, stats->end_ns, stats);
	if (err != 0)
		output_fail(output, err, plx_pcapfile_writer_why(output->writer));
}

/* -- close ---------------------------------------------------------------------------------------- */

static void
end_files(struct output *o)
{
	struct plx_why why = {""};
	int err;

	err = plx_pcapfile_fileset_end(o->set, o->writer, &why);
	output_publish(o);
	if (err == 0 || o->state == OUTPUT_WAITS || o->state == OUTPUT_FAILED) {
		output_take_losses(o, o->last_error);
		return;
	}
	output_fail(o, err, why.text);
}

static void
end_commands(struct output *o)
{
	unsigned left = postrotate_end(&o->after);

	if (left != 0)
		fprintf(stderr,
			"plx-capture: -z %s: %u commands still run, and are left to themselves\n",
			o->after.command, left);
}

int
output_close(struct output *output, struct plx_why *why)
{
	struct output *o = output;

	if (o->writer != NULL) {
		end_files(o);
		plx_pcapfile_writer_destroy(o->writer);
		o->writer = NULL;
		end_commands(o);
	}
	plx_pcapfile_fileset_destroy(o->set);
	o->set = NULL;
	release_end(&o->release);
	if (o->state == OUTPUT_FAILED)
		return plx_why(why, o->error, "%s", o->why.text);
	return 0;
}

void
output_fini(struct output *output)
{
	output_close(output, NULL);
	finished_fini(&output->finished);
	free(output->path);
	free(output->segments);
	output->path = NULL;
	output->segments = NULL;
}
