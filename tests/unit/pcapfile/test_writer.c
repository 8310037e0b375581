/* SPDX-License-Identifier: BSD-3-Clause */
#include "memory_sink.h"

#include <stdio.h>

static struct memory_sink sink;
static struct plx_why why;

static int
setup(void **state)
{
	memory_sink_reset(&sink);
	memset(&why, 0, sizeof(why));
	return 0;
}

static void
a_pcap_file_is_the_bytes_of_the_specification(void **state)
{
	static const uint8_t expect[] = {
		0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0,   0,
		0,    1,    0,	  0,	0, /* record: 5.000007 s, 3 of 3 bytes */
		5,    0,    0,	  0,	7, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0, 'a',  'b', 'c'};
	struct plx_pcapfile_writer *writer = make_writer(&sink, PLX_PCAPFILE_PCAP_US, 64);

	assert_int_equal(write_bytes(writer, 5000007999, "abc", 3), 0);
	assert_int_equal(sink.writes, 0);
	assert_int_equal(plx_pcapfile_writer_flush(writer, &why), 0);
	assert_int_equal(sink.len, sizeof(expect));
	assert_memory_equal(sink.data, expect, sizeof(expect));
	plx_pcapfile_writer_destroy(writer);
}

static void
nanosecond_pcap_has_its_own_magic_and_keeps_nanoseconds(void **state)
{
	static const uint8_t expect[] = {0x4d, 0x3c, 0xb2, 0xa1};
	struct plx_pcapfile_writer *writer = make_writer(&sink, PLX_PCAPFILE_PCAP_NS, 64);

	assert_int_equal(write_bytes(writer, 5000007999, "abc", 3), 0);
	assert_int_equal(plx_pcapfile_writer_flush(writer, &why), 0);
	assert_memory_equal(sink.data, expect, sizeof(expect));
	assert_memory_equal(sink.data + 28, "\x3f\x1f\0\0", 4); /* 7,999 */
	plx_pcapfile_writer_destroy(writer);
}

static void
a_pcapng_packet_needs_an_interface(void **state)
{
	struct plx_pcapfile_writer *writer = make_writer(&sink, PLX_PCAPFILE_PCAPNG, 64);

	assert_int_equal(write_bytes(writer, 1, "abc", 3), -EINVAL);
	add_interface(writer, "eth1");
	assert_int_equal(write_bytes(writer, 1, "abc", 3), 0);
	plx_pcapfile_writer_destroy(writer);
}

static void
the_buffer_goes_out_in_whole_records_when_it_is_full(void **state)
{
	struct plx_pcapfile_writer *writer = make_writer(&sink, PLX_PCAPFILE_PCAPNG, 64);
	uint8_t bytes[60] = {1};
	unsigned before = 0;
	int err;

	add_interface(writer, "eth1");
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(write_bytes(writer, (uint64_t)i, bytes, sizeof(bytes)), 0);
		if (sink.writes != before) {
			count_packets(sink.data, sink.len, &err, &why);
			assert_int_equal(err, 0);
			before = sink.writes;
		}
	}
	assert_true(before > 5);
	assert_int_equal(plx_pcapfile_writer_flush(writer, &why), 0);
	assert_int_equal(count_packets(sink.data, sink.len, &err, &why), 1000);
	plx_pcapfile_writer_destroy(writer);
}

static void
a_full_sink_keeps_whole_records_and_the_rest_is_counted(enum plx_pcapfile_format format,
							size_t record_len)
{
	struct plx_pcapfile_writer_counts counts;
	struct plx_pcapfile_writer *writer;
	uint8_t bytes[61] = {1};
	unsigned accepted = 0, in_file;
	int err;

	/* Every byte of the first records, so also their ends. */
	for (size_t limit = 0; limit < 20000; limit += limit < 600 ? 1 : 97) {
		memory_sink_reset(&sink);
		writer = make_writer(&sink, format, 64);
		add_interface(writer, "eth1");
		sink.limit = limit;
		for (accepted = 0; accepted < 1000; accepted++) {
			err = write_bytes(writer, accepted, bytes, sizeof(bytes));
			if (err != 0)
				break;
		}
		assert_int_equal(err, -ENOSPC);
		assert_non_null(strstr(plx_pcapfile_writer_why(writer), "memory"));
		assert_non_null(strstr(plx_pcapfile_writer_why(writer), "No space left"));
		in_file = count_packets(sink.data, sink.len, &err, &why);
		assert_int_equal(err, sink.len > 0 ? 0 : -ENODATA);
		if (in_file > 0)
			assert_true(limit - sink.len < record_len);
		plx_pcapfile_writer_counts(writer, &counts);
		assert_int_equal(counts.accepted.packets, accepted);
		assert_int_equal(counts.accepted.packets, in_file + counts.lost.packets);
		assert_int_equal(counts.lost.bytes, counts.lost.packets * sizeof(bytes));
		assert_int_equal(counts.buffered.packets, 0);
		assert_int_equal(counts.file_packets, in_file);
		assert_int_equal(counts.file_bytes, sink.len);
		plx_pcapfile_writer_destroy(writer);
	}
}

static void
a_full_sink_under_pcapng(void **state)
{
	a_full_sink_keeps_whole_records_and_the_rest_is_counted(PLX_PCAPFILE_PCAPNG, 28 + 64 + 4);
}

static void
a_full_sink_under_pcap(void **state)
{
	a_full_sink_keeps_whole_records_and_the_rest_is_counted(PLX_PCAPFILE_PCAP_US, 16 + 61);
}

static void
an_error_stays_and_the_sink_is_left_alone(void **state)
{
	struct plx_pcapfile_writer *writer = make_writer(&sink, PLX_PCAPFILE_PCAP_US, 64);
	struct plx_pcapfile_writer_counts counts;
	unsigned writes;

	sink.limit = 10;
	assert_int_equal(write_bytes(writer, 0, "abc", 3), 0);
	assert_int_equal(plx_pcapfile_writer_flush(writer, &why), -ENOSPC);
	assert_non_null(strstr(why.text, "1 packets are lost"));
	writes = sink.writes;
	sink.limit = MEMORY_SINK_SIZE;
	for (int i = 0; i < 3; i++)
		assert_int_equal(write_bytes(writer, 0, "abc", 3), -ENOSPC);
	assert_int_equal(plx_pcapfile_writer_flush(writer, &why), -ENOSPC);
	assert_int_equal(sink.writes, writes);
	assert_int_equal(sink.len, 0);
	plx_pcapfile_writer_counts(writer, &counts);
	assert_int_equal(counts.accepted.packets, 1);
	assert_int_equal(counts.lost.packets, 1);
	plx_pcapfile_writer_destroy(writer);
}

static void
a_sink_that_cannot_be_cut_is_said_to_end_within_a_record(void **state)
{
	struct plx_pcapfile_writer *writer = make_writer(&sink, PLX_PCAPFILE_PCAP_US, 64);

	sink.sink.ops = &stream_ops;
	sink.limit = 30;
	assert_int_equal(write_bytes(writer, 0, "abc", 3), 0);
	assert_int_equal(plx_pcapfile_writer_flush(writer, &why), -ENOSPC);
	assert_non_null(strstr(why.text, "its last record is cut"));
	assert_int_equal(sink.len, 30);
	plx_pcapfile_writer_destroy(writer);
}

static void
restart_begins_a_file_with_the_same_header_and_interfaces(void **state)
{
	static struct memory_sink second;
	struct plx_pcapfile_writer *writer = make_writer(&sink, PLX_PCAPFILE_PCAPNG, 64);
	struct plx_pcapfile_writer_counts counts;
	int err;

	memory_sink_reset(&second);
	add_interface(writer, "eth1");
	add_interface(writer, "eth2");
	assert_int_equal(write_bytes(writer, 1, "abc", 3), 0);
	plx_pcapfile_writer_counts(writer, &counts);
	assert_int_equal(counts.buffered.packets, 1);
	assert_int_equal(counts.buffered.bytes, 3);
	assert_int_equal(plx_pcapfile_writer_restart(writer, &second.sink, &why), 0);
	plx_pcapfile_writer_counts(writer, &counts);
	assert_int_equal(counts.buffered.packets, 0);
	assert_int_equal(write_bytes(writer, 2, "abc", 3), 0);
	assert_int_equal(write_bytes(writer, 3, "abc", 3), 0);
	assert_int_equal(plx_pcapfile_writer_flush(writer, &why), 0);
	assert_int_equal(count_packets(sink.data, sink.len, &err, &why), 1);
	assert_int_equal(err, 0);
	assert_int_equal(count_packets(second.data, second.len, &err, &why), 2);
	assert_int_equal(err, 0);
	plx_pcapfile_writer_counts(writer, &counts);
	assert_int_equal(counts.accepted.packets, 3);
	assert_int_equal(counts.file_packets, 2);
	assert_int_equal(counts.file_bytes, second.len);
	plx_pcapfile_writer_destroy(writer);
}

static void
restart_after_an_error_writes_again(void **state)
{
	static struct memory_sink second;
	struct plx_pcapfile_writer *writer = make_writer(&sink, PLX_PCAPFILE_PCAP_NS, 64);
	struct plx_pcapfile_writer_counts counts;
	int err;

	memory_sink_reset(&second);
	sink.limit = 0;
	assert_int_equal(write_bytes(writer, 1, "abc", 3), 0);
	assert_int_equal(plx_pcapfile_writer_restart(writer, &second.sink, &why), -ENOSPC);
	assert_int_equal(write_bytes(writer, 2, "abc", 3), 0);
	assert_int_equal(plx_pcapfile_writer_flush(writer, &why), 0);
	assert_int_equal(count_packets(second.data, second.len, &err, &why), 1);
	plx_pcapfile_writer_counts(writer, &counts);
	assert_int_equal(counts.accepted.packets, 2);
	assert_int_equal(counts.lost.packets, 1);
	assert_int_equal(counts.file_packets, 1);
	plx_pcapfile_writer_destroy(writer);
}

static void
room_again_at_every_byte_loses_only_what_was_counted(void **state)
{
	for (size_t limit = 0; limit < 900; limit++) {
		enum plx_pcapfile_format format =
			limit % 2 == 0 ? PLX_PCAPFILE_PCAPNG : PLX_PCAPFILE_PCAP_NS;
		struct plx_pcapfile_writer_counts counts;
		struct plx_pcapfile_writer *writer;
		int err;

		memory_sink_reset(&sink);
		writer = make_writer(&sink, format, 64);
		add_interface(writer, "eth1");
		sink.limit = limit;
		for (int i = 0; i < 10; i++)
			assert_int_equal(write_bytes(writer, 1, "abcdefgh", 8), 0);
		err = plx_pcapfile_writer_flush(writer, &why);
		sink.limit = MEMORY_SINK_SIZE;
		if (err != 0)
			assert_int_equal(write_bytes(writer, 1, "abc", 3), -ENOSPC);
		assert_int_equal(plx_pcapfile_writer_resume(writer), 0);
		for (int i = 0; i < 3; i++)
			assert_int_equal(write_bytes(writer, 2, "abc", 3), 0);
		assert_int_equal(plx_pcapfile_writer_flush(writer, &why), 0);
		plx_pcapfile_writer_counts(writer, &counts);
		assert_int_equal(counts.accepted.packets, 13);
		assert_int_equal(counts.file_bytes, sink.len);
		assert_int_equal(count_packets(sink.data, sink.len, &err, &why),
				 13 - counts.lost.packets);
		assert_int_equal(err, 0);
		plx_pcapfile_writer_destroy(writer);
	}
}

static void
behind_a_record_that_is_cut_nothing_is_written(void **state)
{
	struct plx_pcapfile_writer *writer = make_writer(&sink, PLX_PCAPFILE_PCAP_US, 64);

	sink.sink.ops = &stream_ops;
	assert_int_equal(plx_pcapfile_writer_flush(writer, &why), 0);
	sink.limit = sink.len + 18;
	assert_int_equal(write_bytes(writer, 0, "abc", 3), 0);
	assert_int_equal(plx_pcapfile_writer_flush(writer, &why), -ENOSPC);
	sink.limit = MEMORY_SINK_SIZE;
	assert_int_equal(plx_pcapfile_writer_resume(writer), -EIO);
	assert_int_equal(write_bytes(writer, 0, "abc", 3), -ENOSPC);
	plx_pcapfile_writer_destroy(writer);
}

static void
pcap_refuses_what_it_cannot_hold(void **state)
{
	const struct plx_pcapfile_interface raw = {.link_type = PLX_PCAPFILE_LINK_RAW};
	const struct plx_pcapfile_stats stats = {.has = PLX_PCAPFILE_HAS_RECEIVED};
	struct plx_pcapfile_writer *writer = make_writer(&sink, PLX_PCAPFILE_PCAP_US, 64);
	uint32_t id;

	assert_int_equal(plx_pcapfile_writer_add_interface(writer, &raw, &id, &why), -EINVAL);
	assert_non_null(strstr(why.text, "pcapng can hold both"));
	assert_int_equal(add_interface(writer, "eth1"), 0);
	assert_int_equal(add_interface(writer, "eth2"), 1);
	assert_int_equal(plx_pcapfile_writer_stats(writer, 0, 0, &stats), -ENOTSUP);
	plx_pcapfile_writer_destroy(writer);
}

static void
a_snaplen_beyond_what_tools_read_is_refused(void **state)
{
	const struct plx_pcapfile_writer_params params = {.snaplen = PLX_PCAPFILE_SNAPLEN_MAX + 1};
	struct plx_pcapfile_writer *writer = NULL;

	assert_int_equal(plx_pcapfile_writer_create(&params, &sink.sink, &writer, &why), -EINVAL);
	assert_non_null(strstr(why.text, "262144"));
	assert_null(writer);
	plx_pcapfile_writer_destroy(NULL);
}

static void
a_header_larger_than_the_buffer_goes_out_at_once(void **state)
{
	static char longer[2 * PLX_PCAPFILE_TEXT_MAX];
	struct plx_pcapfile_writer_params params = {.format = PLX_PCAPFILE_PCAPNG,
						    .snaplen = 64,
						    .buffer = 1,
						    .comment = longer,
						    .hardware = longer,
						    .os = longer,
						    .application = longer};
	struct plx_pcapfile_writer *writer;
	int err;

	memset(longer, 'x', sizeof(longer) - 1);
	assert_int_equal(plx_pcapfile_writer_create(&params, &sink.sink, &writer, &why), 0);
	assert_int_equal(sink.writes, 1);
	assert_int_equal(count_packets(sink.data, sink.len, &err, &why), 0);
	assert_int_equal(err, 0);
	plx_pcapfile_writer_destroy(writer);
	sink.limit = sink.len + 100;
	assert_int_equal(plx_pcapfile_writer_create(&params, &sink.sink, &writer, &why), -ENOSPC);
}

static void
there_is_an_end_to_interfaces(void **state)
{
	struct plx_pcapfile_writer *writer = make_writer(&sink, PLX_PCAPFILE_PCAPNG, 64);
	const struct plx_pcapfile_interface one = {.name = "one more"};
	uint32_t id;

	for (uint32_t i = 0; i < PLX_PCAPFILE_INTERFACES_MAX; i++)
		assert_int_equal(add_interface(writer, "x"), i);
	assert_int_equal(plx_pcapfile_writer_add_interface(writer, &one, &id, &why), -ENOSPC);
	plx_pcapfile_writer_destroy(writer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_pcap_file_is_the_bytes_of_the_specification, setup),
		cmocka_unit_test_setup(nanosecond_pcap_has_its_own_magic_and_keeps_nanoseconds,
				       setup),
		cmocka_unit_test_setup(a_pcapng_packet_needs_an_interface, setup),
		cmocka_unit_test_setup(the_buffer_goes_out_in_whole_records_when_it_is_full, setup),
		cmocka_unit_test_setup(a_full_sink_under_pcapng, setup),
		cmocka_unit_test_setup(a_full_sink_under_pcap, setup),
		cmocka_unit_test_setup(an_error_stays_and_the_sink_is_left_alone, setup),
		cmocka_unit_test_setup(a_sink_that_cannot_be_cut_is_said_to_end_within_a_record,
				       setup),
		cmocka_unit_test_setup(restart_begins_a_file_with_the_same_header_and_interfaces,
				       setup),
		cmocka_unit_test_setup(restart_after_an_error_writes_again, setup),
		cmocka_unit_test_setup(pcap_refuses_what_it_cannot_hold, setup),
		cmocka_unit_test_setup(room_again_at_every_byte_loses_only_what_was_counted, setup),
		cmocka_unit_test_setup(behind_a_record_that_is_cut_nothing_is_written, setup),
		cmocka_unit_test_setup(a_snaplen_beyond_what_tools_read_is_refused, setup),
		cmocka_unit_test_setup(a_header_larger_than_the_buffer_goes_out_at_once, setup),
		cmocka_unit_test_setup(there_is_an_end_to_interfaces, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
