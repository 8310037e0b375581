/* SPDX-License-Identifier: BSD-3-Clause */
#include "record.h"

#include <pollux/plx_clock.h>
#include <pollux/plx_pcapfile_writer.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct record {
	struct plx_pcapfile_sink *sink;
	struct plx_pcapfile_writer *writer;
	uint32_t interface;
	bool dirty;
};

static bool
ends_in(const char *path, const char *end)
{
	size_t len = strlen(path), n = strlen(end);

	return len >= n && strcmp(path + len - n, end) == 0;
}

static int
begin(struct record *r, const char *path, const char *nic, struct plx_why *why)
{
	const struct plx_pcapfile_writer_params params = {
		.format = ends_in(path, ".pcap") ? PLX_PCAPFILE_PCAP_NS : PLX_PCAPFILE_PCAPNG,
		.hardware = "82540EM, emulated",
		.application = "plx-nicemu",
	};
	const struct plx_pcapfile_interface interface = {
		.name = nic,
		.description = "what is on the wire of an emulated NIC; outgoing: the card sent it",
	};
	int ret = plx_pcapfile_writer_create(&params, r->sink, &r->writer, why);

	if (ret == 0)
		ret = plx_pcapfile_writer_add_interface(r->writer, &interface, &r->interface, why);
	return ret == 0 ? plx_pcapfile_writer_flush(r->writer, why) : ret;
}

int
record_open(const char *path, const char *nic, struct record **ret_record, struct plx_why *why)
{
	struct record *r = calloc(1, sizeof(*r));
	int ret;

	if (r == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	ret = plx_pcapfile_sink_open(path, &r->sink, why);
	if (ret == 0)
		ret = begin(r, path, nic, why);
	if (ret != 0) {
		plx_pcapfile_writer_destroy(r->writer);
		plx_pcapfile_sink_close(r->sink, NULL);
		free(r);
		return ret;
	}
	*ret_record = r;
	return 0;
}

int
record_close(struct record *r, struct plx_why *why)
{
	int ret, closed;

	if (r == NULL)
		return 0;
	ret = plx_pcapfile_writer_flush(r->writer, why);
	plx_pcapfile_writer_destroy(r->writer);
	closed = plx_pcapfile_sink_close(r->sink, ret == 0 ? why : NULL);
	free(r);
	return ret != 0 ? ret : closed;
}

void
record_frame(struct record *r, enum way way, const struct iovec *parts, unsigned nb_parts)
{
	const struct plx_pcapfile_packet packet = {
		.time_ns = plx_clock_realtime_ns(),
		.interface = r->interface,
		.has = PLX_PCAPFILE_HAS_FLAGS,
		.flags = way == TO_WIRE ? PLX_PCAPFILE_OUTBOUND : PLX_PCAPFILE_INBOUND,
	};

	/* An error is kept by the writer, and told when it ends. */
	if (plx_pcapfile_writer_packet(r->writer, &packet, parts, nb_parts) == 0)
		r->dirty = true;
}

bool
record_flush(struct record *r)
{
	const bool dirty = r->dirty;

	r->dirty = false;
	if (dirty)
		plx_pcapfile_writer_flush(r->writer, NULL);
	return dirty;
}
