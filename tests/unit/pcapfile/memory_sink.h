/* SPDX-License-Identifier: BSD-3-Clause */
/* A sink into memory that can be full, and a packet at a time written and read. */
#ifndef PLX_TESTS_UNIT_PCAPFILE_MEMORY_SINK_H
#define PLX_TESTS_UNIT_PCAPFILE_MEMORY_SINK_H

#include "plx_pcapfile_reader.h"
#include "plx_pcapfile_writer.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define MEMORY_SINK_SIZE (4u << 20)

struct memory_sink {
	struct plx_pcapfile_sink sink;
	size_t len;
	size_t limit; /* bytes after which it is full */
	unsigned writes;
	unsigned truncates;
	uint8_t data[MEMORY_SINK_SIZE];
};

static int
memory_write(struct plx_pcapfile_sink *sink, const void *data, size_t len, size_t *ret_done)
{
	struct memory_sink *m = PLX_CONTAINER_OF(sink, struct memory_sink, sink);
	size_t room = m->limit - m->len;

	m->writes++;
	*ret_done = len < room ? len : room;
	memcpy(m->data + m->len, data, *ret_done);
	m->len += *ret_done;
	return *ret_done == len ? 0 : -ENOSPC;
}

static int
memory_truncate(struct plx_pcapfile_sink *sink, uint64_t size)
{
	struct memory_sink *m = PLX_CONTAINER_OF(sink, struct memory_sink, sink);

	assert_true(size <= m->len);
	m->truncates++;
	m->len = size;
	return 0;
}

static int
memory_close(struct plx_pcapfile_sink *sink)
{
	return 0;
}

static const struct plx_pcapfile_sink_ops memory_ops = {memory_write, memory_truncate,
							memory_close};
/* As a pipe: what is out is out. */
static const struct plx_pcapfile_sink_ops stream_ops PLX_UNUSED = {memory_write, NULL,
								   memory_close};

static inline void
memory_sink_reset(struct memory_sink *m)
{
	m->sink.ops = &memory_ops;
	m->sink.name = "memory";
	m->len = 0;
	m->limit = MEMORY_SINK_SIZE;
	m->writes = 0;
	m->truncates = 0;
}

static inline struct plx_pcapfile_writer *
make_writer(struct memory_sink *m, enum plx_pcapfile_format format, uint32_t snaplen)
{
	const struct plx_pcapfile_writer_params params = {
		.format = format,
		.snaplen = snaplen,
		.buffer = 1, /* the least that snaplen allows */
	};
	struct plx_pcapfile_writer *writer;

	assert_int_equal(plx_pcapfile_writer_create(&params, &m->sink, &writer, NULL), 0);
	return writer;
}

static inline uint32_t
add_interface(struct plx_pcapfile_writer *writer, const char *name)
{
	const struct plx_pcapfile_interface interface = {.name = name};
	uint32_t id = 99;

	assert_int_equal(plx_pcapfile_writer_add_interface(writer, &interface, &id, NULL), 0);
	return id;
}

static inline int
write_bytes(struct plx_pcapfile_writer *writer, uint64_t time_ns, const void *data, size_t len)
{
	const struct plx_pcapfile_packet packet = {.time_ns = time_ns};
	uint8_t copy[65536];
	struct iovec segment = {copy, len};

	memcpy(copy, data, len);
	return plx_pcapfile_writer_packet(writer, &packet, &segment, 1);
}

struct open_reader {
	struct plx_pcapfile_source *source;
	struct plx_pcapfile_reader *reader;
};

static inline int
reader_open(struct open_reader *open, const void *data, size_t len, struct plx_why *why)
{
	int err;

	open->reader = NULL;
	assert_int_equal(plx_pcapfile_source_memory(data, len, "memory", &open->source), 0);
	err = plx_pcapfile_reader_create(open->source, NULL, &open->reader, why);
	return err;
}

static inline void
reader_close(struct open_reader *open)
{
	plx_pcapfile_reader_destroy(open->reader);
	plx_pcapfile_source_close(open->source);
}

/* Packets until the end; the last return value is in *ret_err. */
static inline unsigned
count_packets(const void *data, size_t len, int *ret_err, struct plx_why *why)
{
	struct plx_pcapfile_record record;
	struct open_reader open;
	unsigned n = 0;
	int err = reader_open(&open, data, len, why);

	if (err == 0) {
		while ((err = plx_pcapfile_reader_next(open.reader, &record, why)) == 1)
			n++;
	}
	reader_close(&open);
	*ret_err = err;
	return n;
}

#endif
