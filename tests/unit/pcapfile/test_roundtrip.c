/* SPDX-License-Identifier: BSD-3-Clause */
#include "memory_sink.h"

#include <stdlib.h>

#define TIME_NS 1700000000123456789ULL

static struct memory_sink sink;
static struct plx_why why;

static int
setup(void **state)
{
	memory_sink_reset(&sink);
	return 0;
}

static int
next(struct open_reader *open, struct plx_pcapfile_record *record)
{
	return plx_pcapfile_reader_next(open->reader, record, &why);
}

static void
every_fact_of_a_packet_survives_pcapng(void **state)
{
	const struct plx_pcapfile_packet packet = {
		.time_ns = TIME_NS,
		.wire_len = 1500,
		.interface = 1,
		.has = PLX_PCAPFILE_HAS_FLAGS | PLX_PCAPFILE_HAS_QUEUE | PLX_PCAPFILE_HAS_HASH |
		       PLX_PCAPFILE_HAS_DROPS,
		.flags = PLX_PCAPFILE_OUTBOUND,
		.queue = 7,
		.hash = 0xdeadbeef,
		.drops = 1ULL << 40,
		.comment = "late!",
		.comment_len = 5,
	};
	char bytes[] = "seven b";
	struct iovec segment = {bytes, 7};
	struct plx_pcapfile_writer *writer = make_writer(&sink, PLX_PCAPFILE_PCAPNG, 0);
	struct plx_pcapfile_record record;
	struct open_reader open;

	add_interface(writer, "eth0");
	add_interface(writer, "eth1");
	assert_int_equal(plx_pcapfile_writer_packet(writer, &packet, &segment, 1), 0);
	assert_int_equal(plx_pcapfile_writer_flush(writer, &why), 0);
	plx_pcapfile_writer_destroy(writer);

	assert_int_equal(reader_open(&open, sink.data, sink.len, &why), 0);
	assert_int_equal(next(&open, &record), 1);
	assert_int_equal(record.packet.time_ns, TIME_NS);
	assert_int_equal(record.packet.wire_len, 1500);
	assert_int_equal(record.packet.interface, 1);
	assert_int_equal(record.packet.has, packet.has);
	assert_int_equal(record.packet.flags, PLX_PCAPFILE_OUTBOUND);
	assert_int_equal(record.packet.queue, 7);
	assert_int_equal(record.packet.hash, 0xdeadbeef);
	assert_int_equal(record.packet.drops, 1ULL << 40);
	assert_int_equal(record.packet.comment_len, 5);
	assert_memory_equal(record.packet.comment, "late!", 5);
	assert_int_equal(record.len, 7);
	assert_int_equal(record.link_type, PLX_PCAPFILE_LINK_ETHERNET);
	assert_memory_equal(record.data, "seven b", 7);
	assert_int_equal(next(&open, &record), 0);
	assert_int_equal(next(&open, &record), 0);
	reader_close(&open);
}

static void
section_and_interface_texts_survive_pcapng(void **state)
{
	const struct plx_pcapfile_writer_params params = {.format = PLX_PCAPFILE_PCAPNG,
							  .hardware = "two cores",
							  .os = "Linux",
							  .application = "plx-capture 0.1.0",
							  .comment = "tsc"};
	const struct plx_pcapfile_interface interface = {.name = "eth1",
							 .description = "a veth\nof ours",
							 .filter = "tcp port 80",
							 .speed_bps = 10000000000,
							 .snaplen = 96};
	struct plx_pcapfile_section section;
	struct plx_pcapfile_origin origin;
	struct plx_pcapfile_writer *writer;
	struct plx_pcapfile_record record;
	struct open_reader open;
	uint32_t id;

	assert_int_equal(plx_pcapfile_writer_create(&params, &sink.sink, &writer, &why), 0);
	assert_int_equal(plx_pcapfile_writer_add_interface(writer, &interface, &id, &why), 0);
	assert_int_equal(plx_pcapfile_writer_flush(writer, &why), 0);
	plx_pcapfile_writer_destroy(writer);

	assert_int_equal(reader_open(&open, sink.data, sink.len, &why), 0);
	assert_int_equal(next(&open, &record), 0);
	plx_pcapfile_reader_section(open.reader, &section);
	assert_int_equal(section.format, PLX_PCAPFILE_PCAPNG);
	assert_false(section.swapped);
	assert_int_equal(section.nb_interfaces, 1);
	assert_string_equal(section.hardware, "two cores");
	assert_string_equal(section.os, "Linux");
	assert_string_equal(section.application, "plx-capture 0.1.0");
	assert_string_equal(section.comment, "tsc");
	assert_int_equal(plx_pcapfile_reader_interface(open.reader, 0, &origin), 0);
	assert_string_equal(origin.name, "eth1");
	assert_string_equal(origin.description, "a veth?of ours");
	assert_string_equal(origin.filter, "tcp port 80");
	assert_int_equal(origin.speed_bps, 10000000000);
	assert_int_equal(origin.snaplen, 96);
	assert_int_equal(plx_pcapfile_reader_interface(open.reader, 1, &origin), -ENOENT);
	reader_close(&open);
}

static void
interface_statistics_survive_pcapng(void **state)
{
	const struct plx_pcapfile_stats stats = {
		.has = PLX_PCAPFILE_HAS_START | PLX_PCAPFILE_HAS_END | PLX_PCAPFILE_HAS_RECEIVED |
		       PLX_PCAPFILE_HAS_DROPPED | PLX_PCAPFILE_HAS_OSDROPPED |
		       PLX_PCAPFILE_HAS_DELIVERED,
		.start_ns = TIME_NS,
		.end_ns = TIME_NS + 5,
		.received = 1ULL << 33,
		.dropped = 3,
		.os_dropped = 4,
		.delivered = 5,
	};
	struct plx_pcapfile_writer *writer = make_writer(&sink, PLX_PCAPFILE_PCAPNG, 0);
	struct plx_pcapfile_origin origin;
	struct plx_pcapfile_record record;
	struct open_reader open;

	add_interface(writer, "eth1");
	assert_int_equal(plx_pcapfile_writer_stats(writer, 1, TIME_NS, &stats), -EINVAL);
	assert_int_equal(plx_pcapfile_writer_stats(writer, 0, TIME_NS, &stats), 0);
	assert_int_equal(plx_pcapfile_writer_flush(writer, &why), 0);
	plx_pcapfile_writer_destroy(writer);

	assert_int_equal(reader_open(&open, sink.data, sink.len, &why), 0);
	assert_int_equal(next(&open, &record), 0);
	assert_int_equal(plx_pcapfile_reader_interface(open.reader, 0, &origin), 0);
	assert_memory_equal(&origin.stats, &stats, sizeof(stats));
	reader_close(&open);
}

/* Packets of many lengths, each cut at random into a chain. */
static void
write_random_chains(struct plx_pcapfile_writer *writer, unsigned n, uint32_t longest)
{
	static uint8_t bytes[1 << 16];

	for (unsigned i = 0; i < n; i++) {
		uint32_t len = i % 3 == 0 ? i % (longest + 1) : (uint32_t)rand() % (longest + 1);
		struct plx_pcapfile_packet packet = {.time_ns = TIME_NS + i * 1001ULL};
		struct iovec segments[8];
		uint32_t at = 0;

		for (int k = 0; k < 8; k++) {
			uint32_t part = k == 7 ? len - at : (uint32_t)rand() % (len - at + 1);

			segments[k] = (struct iovec){bytes + at, part};
			at += part;
		}
		memset(bytes, (int)i, len);
		if (len > 0)
			bytes[len - 1] = 0x55;
		assert_int_equal(plx_pcapfile_writer_packet(writer, &packet, segments, 8), 0);
	}
}

static void
chains_survive(enum plx_pcapfile_format format, uint64_t unit_ns)
{
	struct plx_pcapfile_writer *writer = make_writer(&sink, format, 0);
	struct plx_pcapfile_record record;
	struct open_reader open;
	unsigned i;

	add_interface(writer, "eth1");
	srand(1);
	write_random_chains(writer, 2000, 1800);
	assert_int_equal(plx_pcapfile_writer_flush(writer, &why), 0);
	plx_pcapfile_writer_destroy(writer);

	assert_int_equal(reader_open(&open, sink.data, sink.len, &why), 0);
	for (i = 0; next(&open, &record) == 1; i++) {
		assert_int_equal(record.packet.time_ns / unit_ns, (TIME_NS + i * 1001) / unit_ns);
		assert_int_equal(record.packet.wire_len, record.len);
		for (uint32_t k = 0; k + 1 < record.len; k++)
			assert_int_equal(record.data[k], (uint8_t)i);
		if (record.len > 0)
			assert_int_equal(record.data[record.len - 1], 0x55);
		if (i % 3 == 0)
			assert_int_equal(record.len, i % 1801);
	}
	assert_int_equal(i, 2000);
	reader_close(&open);
}

static void
chains_survive_pcap(void **state)
{
	chains_survive(PLX_PCAPFILE_PCAP_US, 1000);
}

static void
chains_survive_nanosecond_pcap(void **state)
{
	chains_survive(PLX_PCAPFILE_PCAP_NS, 1);
}

static void
chains_survive_pcapng(void **state)
{
	chains_survive(PLX_PCAPFILE_PCAPNG, 1);
}

static void
snaplen_cuts_the_bytes_and_keeps_the_length(enum plx_pcapfile_format format)
{
	struct plx_pcapfile_writer *writer = make_writer(&sink, format, 5);
	struct plx_pcapfile_record record;
	struct open_reader open;

	add_interface(writer, "eth1");
	assert_int_equal(write_bytes(writer, 0, "0123456789", 10), 0);
	assert_int_equal(write_bytes(writer, 0, "0123", 4), 0);
	assert_int_equal(write_bytes(writer, 0, "", 0), 0);
	assert_int_equal(plx_pcapfile_writer_flush(writer, &why), 0);
	plx_pcapfile_writer_destroy(writer);

	assert_int_equal(reader_open(&open, sink.data, sink.len, &why), 0);
	assert_int_equal(next(&open, &record), 1);
	assert_int_equal(record.len, 5);
	assert_int_equal(record.packet.wire_len, 10);
	assert_memory_equal(record.data, "01234", 5);
	assert_int_equal(next(&open, &record), 1);
	assert_int_equal(record.len, 4);
	assert_int_equal(next(&open, &record), 1);
	assert_int_equal(record.len, 0);
	assert_int_equal(record.packet.wire_len, 0);
	assert_int_equal(next(&open, &record), 0);
	reader_close(&open);
}

static void
snaplen_in_pcap(void **state)
{
	snaplen_cuts_the_bytes_and_keeps_the_length(PLX_PCAPFILE_PCAP_US);
}

static void
snaplen_in_pcapng(void **state)
{
	snaplen_cuts_the_bytes_and_keeps_the_length(PLX_PCAPFILE_PCAPNG);
}

static void
a_packet_of_64_kib_survives(void **state)
{
	static uint8_t bytes[65535];
	struct plx_pcapfile_writer *writer = make_writer(&sink, PLX_PCAPFILE_PCAPNG, 0);
	struct plx_pcapfile_record record;
	struct open_reader open;

	memset(bytes, 7, sizeof(bytes));
	add_interface(writer, "eth1");
	for (int i = 0; i < 20; i++)
		assert_int_equal(write_bytes(writer, 0, bytes, sizeof(bytes)), 0);
	assert_int_equal(plx_pcapfile_writer_flush(writer, &why), 0);
	plx_pcapfile_writer_destroy(writer);
	assert_int_equal(reader_open(&open, sink.data, sink.len, &why), 0);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(next(&open, &record), 1);
		assert_int_equal(record.len, sizeof(bytes));
		assert_memory_equal(record.data, bytes, sizeof(bytes));
	}
	reader_close(&open);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_fact_of_a_packet_survives_pcapng, setup),
		cmocka_unit_test_setup(section_and_interface_texts_survive_pcapng, setup),
		cmocka_unit_test_setup(interface_statistics_survive_pcapng, setup),
		cmocka_unit_test_setup(chains_survive_pcap, setup),
		cmocka_unit_test_setup(chains_survive_nanosecond_pcap, setup),
		cmocka_unit_test_setup(chains_survive_pcapng, setup),
		cmocka_unit_test_setup(snaplen_in_pcap, setup),
		cmocka_unit_test_setup(snaplen_in_pcapng, setup),
		cmocka_unit_test_setup(a_packet_of_64_kib_survives, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
