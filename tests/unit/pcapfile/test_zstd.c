/* SPDX-License-Identifier: BSD-3-Clause */
/* Compressed files: what was handed over can be read, whatever happens next. */
#include "memory_sink.h"

#include <stdlib.h>

static struct memory_sink sink;
static struct plx_why why;

/* A writer over a compressing sink over `sink`, which is as large as is needed. */
static struct plx_pcapfile_writer *
make_packer(struct plx_pcapfile_sink **ret_packer, enum plx_pcapfile_format format)
{
	const struct plx_pcapfile_writer_params params = {
		.format = format, .snaplen = 64, .buffer = 1};
	struct plx_pcapfile_writer *writer;

	memory_sink_reset(&sink);
	assert_int_equal(plx_pcapfile_sink_zstd(&sink.sink, 1, ret_packer, &why), 0);
	assert_int_equal(plx_pcapfile_writer_create(&params, *ret_packer, &writer, NULL), 0);
	add_interface(writer, "eth1");
	return writer;
}

static void
finish(struct plx_pcapfile_writer *writer, struct plx_pcapfile_sink *packer)
{
	plx_pcapfile_writer_destroy(writer);
	assert_int_equal(plx_pcapfile_sink_close(packer, &why), 0);
}

/* `frames` flushes of `n` packets each; ends[i] is the length after i of them. */
static void
write_frames(unsigned frames, unsigned n, size_t *ends)
{
	struct plx_pcapfile_sink *packer;
	struct plx_pcapfile_writer *writer = make_packer(&packer, PLX_PCAPFILE_PCAPNG);

	for (unsigned f = 0; f < frames; f++) {
		for (unsigned i = 0; i < n; i++)
			assert_int_equal(write_bytes(writer, i, "abcdefgh", 8), 0);
		assert_int_equal(plx_pcapfile_writer_flush(writer, &why), 0);
		ends[f] = sink.len;
	}
	finish(writer, packer);
}

static void
what_is_packed_comes_out_again(void **state)
{
	size_t ends[3];
	int err;

	write_frames(3, 100, ends);
	assert_in_range(sink.len, 100, 100 * 3 * 8);
	assert_int_equal(count_packets(sink.data, sink.len, &err, &why), 300);
	assert_int_equal(err, 0);
}

static void
a_file_that_is_cut_anywhere_gives_all_whole_frames_and_says_so(void **state)
{
	size_t ends[3];

	write_frames(3, 10, ends);
	for (size_t len = 4; len <= sink.len; len++) {
		unsigned whole = (len >= ends[0]) + (len >= ends[1]) + (len >= ends[2]);
		bool between = len == ends[0] || len == ends[1] || len == ends[2];
		unsigned n;
		int err;

		why.text[0] = '\0';
		n = count_packets(sink.data, len, &err, &why);
		assert_in_range(n, whole * 10, whole * 10 + 10);
		assert_int_equal(err, between ? 0 : -ENODATA);
		if (!between)
			assert_non_null(strstr(why.text, "cut"));
	}
}

static void
damage_is_told_and_gives_no_packet_that_was_not_there(void **state)
{
	size_t ends[3];

	write_frames(3, 10, ends);
	for (size_t at = 4; at < sink.len; at++) {
		uint8_t before = sink.data[at];
		unsigned n;
		int err;

		sink.data[at] ^= 0x41;
		n = count_packets(sink.data, sink.len, &err, &why);
		assert_in_range(n, 0, 30);
		if (n != 30)
			assert_true(err < 0);
		sink.data[at] = before;
	}
}

static void
a_disk_that_is_full_anywhere_loses_what_is_counted_and_goes_on(void **state)
{
	for (size_t limit = 0; limit < 400; limit++) {
		struct plx_pcapfile_sink *packer;
		struct plx_pcapfile_writer *writer = make_packer(
			&packer, limit % 2 ? PLX_PCAPFILE_PCAPNG : PLX_PCAPFILE_PCAP_NS);
		struct plx_pcapfile_writer_counts counts;
		int err;

		sink.limit = limit;
		for (unsigned f = 0; f < 4; f++) {
			for (unsigned i = 0; i < 5; i++)
				write_bytes(writer, i, "abcdefgh", 8);
			err = plx_pcapfile_writer_flush(writer, &why);
		}
		sink.limit = MEMORY_SINK_SIZE;
		if (err != 0)
			assert_int_equal(plx_pcapfile_writer_resume(writer), 0);
		assert_int_equal(write_bytes(writer, 9, "abc", 3), 0);
		assert_int_equal(plx_pcapfile_writer_flush(writer, &why), 0);
		plx_pcapfile_writer_counts(writer, &counts);
		assert_int_equal(count_packets(sink.data, sink.len, &err, &why),
				 counts.accepted.packets - counts.lost.packets);
		assert_int_equal(err, 0);
		finish(writer, packer);
	}
}

static void
a_pipe_that_ends_within_a_frame_takes_nothing_more(void **state)
{
	struct plx_pcapfile_sink *packer;
	struct plx_pcapfile_writer *writer = make_packer(&packer, PLX_PCAPFILE_PCAP_NS);

	sink.sink.ops = &stream_ops;
	sink.limit = 20;
	assert_int_equal(write_bytes(writer, 0, "abc", 3), 0);
	assert_int_equal(plx_pcapfile_writer_flush(writer, &why), -ENOSPC);
	sink.limit = MEMORY_SINK_SIZE;
	assert_int_equal(plx_pcapfile_writer_resume(writer), -EIO);
	assert_int_equal(sink.len, 20);
	finish(writer, packer);
}

static void
levels_have_limits(void **state)
{
	struct plx_pcapfile_sink *packer;

	memory_sink_reset(&sink);
	assert_int_equal(plx_pcapfile_sink_zstd(&sink.sink, 0, &packer, &why), -EINVAL);
	assert_int_equal(plx_pcapfile_sink_zstd(&sink.sink, 20, &packer, &why), -EINVAL);
	assert_non_null(strstr(why.text, "allowed is 1 to 19"));
}

static void
what_is_packed_twice_is_refused(void **state)
{
	static const uint8_t magic[] = {0x28, 0xb5, 0x2f, 0xfd, 0, 0, 0, 0};
	struct plx_pcapfile_sink *packer;
	size_t done;
	int err;

	memory_sink_reset(&sink);
	assert_int_equal(plx_pcapfile_sink_zstd(&sink.sink, 1, &packer, &why), 0);
	assert_int_equal(packer->ops->write(packer, magic, sizeof(magic), &done), 0);
	assert_int_equal(plx_pcapfile_sink_close(packer, NULL), 0);
	assert_int_equal(count_packets(sink.data, sink.len, &err, &why), 0);
	assert_int_equal(err, -ENOTSUP);
	assert_non_null(strstr(why.text, "is compressed"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_packed_comes_out_again),
		cmocka_unit_test(a_file_that_is_cut_anywhere_gives_all_whole_frames_and_says_so),
		cmocka_unit_test(damage_is_told_and_gives_no_packet_that_was_not_there),
		cmocka_unit_test(a_disk_that_is_full_anywhere_loses_what_is_counted_and_goes_on),
		cmocka_unit_test(a_pipe_that_ends_within_a_frame_takes_nothing_more),
		cmocka_unit_test(levels_have_limits),
		cmocka_unit_test(what_is_packed_twice_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
