/* SPDX-License-Identifier: BSD-3-Clause */
#include "output.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include <pollux/plx_clock.h>
#include <pollux/plx_eal.h>

#include "port.h"
#include "settings.h"
#include "source.h"
#include "tally.h"

#define FLUSH_AFTER_NS 50000000 /* how long a reader of a pipe may wait at most for a lone packet */
#define SEGMENTS_MAX   64

/* "log-%w.pcap" -> "log-3.pcap" */
static char *
make_path(const char *name, unsigned worker)
{
	const char *mark = strstr(name, "%w");
	char *path = NULL;

	if (mark == NULL)
		return strdup(name);
	if (asprintf(&path, "%.*s%u%s", (int)(mark - name), name, worker, mark + 2) < 0)
		return NULL;
	return path;
}

static int
create_writer(struct output *o, const struct settings *settings, struct plx_why *why)
{
	struct plx_pcapfile_writer_params params = {
		.format = settings->format,
		.snaplen = (uint32_t)settings->snaplen,
	};
	char os[160], application[64];
	const char *comments[OPTION_TEXTS_MAX + 1] = {NULL};
	struct utsname system;

	memcpy(comments, settings->comments.item, sizeof(settings->comments.item));
	snprintf(application, sizeof(application), "plx-capture (Pollux) %s", plx_version());
	params.application = application;
	params.comments = comments;
	if (uname(&system) == 0) {
		snprintf(os, sizeof(os), "%.60s %.60s", system.sysname, system.release);
		params.os = os;
		params.hardware = system.machine;
	}
	return plx_pcapfile_writer_create(&params, o->sink, &o->writer, why);
}

static int
add_interface(struct output *o, const struct settings *settings, const struct capture_port *port,
	      struct plx_why *why)
{
	struct plx_pcapfile_interface interface = {
		.name = port->label,
		.filter = settings->filter,
		.snaplen = (uint32_t)settings->snaplen,
		.speed_bps = (uint64_t)port->speed_mbps * 1000000,
	};
	char description[sizeof(port->info.name) + sizeof(port->info.mode) + 8];
	char os[160], hardware[160];
	struct utsname system;
	uint32_t id;

	snprintf(description, sizeof(description), "%s: %s", port->info.name, port->info.mode);
	interface.description = description;
	interface.comment = port_clock(port);
	port_hardware(port, hardware, sizeof(hardware));
	interface.hardware = hardware;
	if (uname(&system) == 0) {
		snprintf(os, sizeof(os), "%.60s %.60s", system.sysname, system.release);
		interface.os = os;
	}
	return plx_pcapfile_writer_add_interface(o->writer, &interface, &id, why);
}

int
output_open(struct output *output, const struct settings *settings, unsigned worker,
	    const struct capture_port *ports, unsigned nb_ports, struct plx_why *why)
{
	int err;

	*output = (struct output){.format = settings->format};
	output->path = make_path(settings->output, worker);
	if (output->path == NULL)
		return plx_why(why, -ENOMEM, "no memory for a file name");
	err = plx_pcapfile_sink_open(output->path, &output->sink, why);
	if (err == 0)
		err = create_writer(output, settings, why);
	for (unsigned i = 0; i < nb_ports && err == 0; i++)
		err = add_interface(output, settings, &ports[i], why);
	/* The header goes out at once: a file that cannot even hold that is told before the capture. */
	if (err == 0)
		err = plx_pcapfile_writer_flush(output->writer, why);
	if (err != 0) {
		output->error = err;
		output_fini(output);
		return err;
	}
	output_publish(output);
	return 0;
}

static void
describe(const struct plx_mbuf *m, unsigned port_index, struct plx_pcapfile_packet *ret)
{
	*ret = (struct plx_pcapfile_packet){
		.time_ns = m->timestamp,
		.wire_len = m->pkt_len,
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

int
output_write(struct output *output, const struct plx_mbuf *m, struct source *source, uint64_t drops)
{
	struct iovec segments[SEGMENTS_MAX];
	struct plx_pcapfile_packet packet;
	char words[80];
	unsigned n = 0;
	int err;

	if (PLX_UNLIKELY(output->error != 0))
		return output->error;
	describe(m, source->params.port_index, &packet);
	if (PLX_UNLIKELY(drops != 0))
		describe_loss(source, drops, words, sizeof(words), &packet);
	PLX_MBUF_FOREACH_SEG(seg, m) {
		if (n == SEGMENTS_MAX)
			break;
		segments[n++] = (struct iovec){plx_mbuf_data(seg), seg->data_len};
	}
	err = plx_pcapfile_writer_packet(output->writer, &packet, segments, n);
	if (PLX_UNLIKELY(err != 0)) {
		output->error = err;
		return err;
	}
	output->dirty = true;
	tally_add(&output->packets, 1);
	return 0;
}

int
output_idle(struct output *output)
{
	uint64_t now = plx_clock_ticks();

	if (!output->dirty || output->error != 0 ||
	    plx_clock_ticks_to_ns(now - output->flushed_ticks) < FLUSH_AFTER_NS)
		return output->error;
	output->error = plx_pcapfile_writer_flush(output->writer, NULL);
	output->dirty = false;
	output->flushed_ticks = now;
	return output->error;
}

void
output_publish(struct output *output)
{
	struct plx_pcapfile_writer_counts counts;

	if (output->writer == NULL)
		return;
	plx_pcapfile_writer_counts(output->writer, &counts);
	tally_set(&output->bytes, counts.file_bytes);
}

void
output_stats(struct output *output, unsigned port_index, const struct plx_pcapfile_stats *stats)
{
	int err;

	if (output->error != 0 || output->format != PLX_PCAPFILE_PCAPNG)
		return;
	err = plx_pcapfile_writer_stats(output->writer, port_index, stats->end_ns, stats);
	if (err != 0)
		output->error = err;
}

int
output_close(struct output *output, struct plx_why *why)
{
	struct plx_pcapfile_writer_counts counts;
	int err;

	if (output->writer != NULL) {
		err = plx_pcapfile_writer_flush(output->writer, NULL);
		if (err != 0)
			output->error = err;
		if (err != 0 && why != NULL)
			plx_why(why, err, "%s", plx_pcapfile_writer_why(output->writer));
		plx_pcapfile_writer_counts(output->writer, &counts);
		output->lost = counts.lost.packets;
		output_publish(output);
		plx_pcapfile_writer_destroy(output->writer);
		output->writer = NULL;
	}
	if (output->sink != NULL) {
		err = plx_pcapfile_sink_close(output->sink, output->error == 0 ? why : NULL);
		if (output->error == 0)
			output->error = err;
		output->sink = NULL;
	}
	return output->error;
}

void
output_fini(struct output *output)
{
	output_close(output, NULL);
	free(output->path);
	output->path = NULL;
}
