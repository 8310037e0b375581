/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a capture file. What is read as a packet is written as pcapng and read again: it must come
 * back the same.
 */
#include "plx_pcapfile_reader.h"
#include "plx_pcapfile_writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void
must(bool condition)
{
	if (!condition)
		abort();
}

/* -- a sink that keeps everything -- */

struct memory {
	struct plx_pcapfile_sink sink;
	uint8_t *data;
	size_t len;
};

static int
memory_write(struct plx_pcapfile_sink *sink, const void *data, size_t len, size_t *ret_done)
{
	struct memory *m = PLX_CONTAINER_OF(sink, struct memory, sink);

	m->data = realloc(m->data, m->len + len);
	must(m->data != NULL);
	memcpy(m->data + m->len, data, len);
	m->len += len;
	*ret_done = len;
	return 0;
}

static const struct plx_pcapfile_sink_ops memory_ops = {.write = memory_write};

/* -- one pass -- */

struct pass {
	struct plx_pcapfile_source *source;
	struct plx_pcapfile_reader *reader;
};

static int
pass_open(struct pass *pass, const void *data, size_t len, struct plx_why *why)
{
	const struct plx_pcapfile_reader_params params = {.max_packet = 65536};

	pass->reader = NULL;
	must(plx_pcapfile_source_memory(data, len, "fuzz", &pass->source) == 0);
	return plx_pcapfile_reader_create(pass->source, &params, &pass->reader, why);
}

static void
pass_close(struct pass *pass)
{
	plx_pcapfile_reader_destroy(pass->reader);
	plx_pcapfile_source_close(pass->source);
}

/* Looks at every byte, so that a sanitizer does. */
static uint32_t
sum_bytes(const void *data, size_t len)
{
	const uint8_t *bytes = data;
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum = sum * 31 + bytes[i];
	return sum;
}

#define KEPT_MAX 64

struct kept {
	struct plx_pcapfile_packet packet;
	uint32_t len;
	uint32_t sum;
	uint32_t comment_sum;
};

static void
keep(struct kept *kept, const struct plx_pcapfile_record *record)
{
	kept->packet = record->packet;
	kept->len = record->len;
	kept->sum = sum_bytes(record->data, record->len);
	kept->comment_sum = sum_bytes(record->packet.comment, record->packet.comment_len);
}

static void
write_record(struct plx_pcapfile_writer *writer, const struct plx_pcapfile_record *record)
{
	struct plx_pcapfile_packet packet = record->packet;
	uint8_t *copy = malloc(record->len + 1);
	struct iovec segment = {copy, record->len};

	must(copy != NULL);
	memcpy(copy, record->data, record->len);
	packet.interface = 0;
	must(plx_pcapfile_writer_packet(writer, &packet, &segment, 1) == 0);
	free(copy);
}

static unsigned
read_input(const uint8_t *data, size_t size, struct plx_pcapfile_writer *writer, struct kept *kept)
{
	struct plx_pcapfile_record record;
	struct plx_pcapfile_origin origin;
	struct plx_why why = {""};
	struct pass pass;
	unsigned n = 0;
	int err = pass_open(&pass, data, size, &why);

	if (err == 0) {
		while ((err = plx_pcapfile_reader_next(pass.reader, &record, &why)) == 1) {
			must(record.len <= 65536 && record.packet.wire_len >= record.len);
			must(plx_pcapfile_reader_interface(pass.reader, record.packet.interface,
							   &origin) == 0);
			if (n == KEPT_MAX)
				continue;
			keep(&kept[n++], &record);
			write_record(writer, &record);
		}
	}
	must(err == 0 || why.text[0] != '\0');
	pass_close(&pass);
	return n;
}

static void
compare(const struct kept *a, const struct kept *b)
{
	must(a->len == b->len && a->sum == b->sum);
	must(a->packet.time_ns == b->packet.time_ns && a->packet.wire_len == b->packet.wire_len);
	must(a->packet.has == b->packet.has && a->packet.flags == b->packet.flags &&
	     a->packet.queue == b->packet.queue && a->packet.hash == b->packet.hash &&
	     a->packet.drops == b->packet.drops);
	if (a->packet.comment_len <= PLX_PCAPFILE_TEXT_MAX)
		must(a->comment_sum == b->comment_sum);
}

static void
read_back(const struct memory *memory, const struct kept *kept, unsigned n)
{
	struct plx_pcapfile_record record;
	struct pass pass;
	struct kept again;

	must(pass_open(&pass, memory->data, memory->len, NULL) == 0);
	for (unsigned i = 0; i < n; i++) {
		must(plx_pcapfile_reader_next(pass.reader, &record, NULL) == 1);
		keep(&again, &record);
		compare(&kept[i], &again);
	}
	must(plx_pcapfile_reader_next(pass.reader, &record, NULL) == 0);
	pass_close(&pass);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct plx_pcapfile_writer_params params = {
		.format = PLX_PCAPFILE_PCAPNG, .snaplen = 65536, .buffer = 1};
	const struct plx_pcapfile_interface interface = {.name = "fuzz"};
	struct memory memory = {.sink = {&memory_ops, "memory"}};
	static struct kept kept[KEPT_MAX];
	struct plx_pcapfile_writer *writer;
	uint32_t id;
	unsigned n;

	must(plx_pcapfile_writer_create(&params, &memory.sink, &writer, NULL) == 0);
	must(plx_pcapfile_writer_add_interface(writer, &interface, &id, NULL) == 0);
	n = read_input(data, size, writer, kept);
	must(plx_pcapfile_writer_flush(writer, NULL) == 0);
	read_back(&memory, kept, n);
	plx_pcapfile_writer_destroy(writer);
	free(memory.data);
	return 0;
}
