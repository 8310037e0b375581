/* SPDX-License-Identifier: BSD-3-Clause */
#include "memory_sink.h"

#include <fcntl.h>
#include <unistd.h>

/* A file under construction, in either byte order. */
static struct {
	uint8_t data[1 << 20];
	size_t len;
	bool big;
	size_t block; /* where the open block begins */
} image;

static struct plx_why why;
static struct open_reader opened;
static struct plx_pcapfile_record record;

static void
put(const void *data, size_t len)
{
	memcpy(image.data + image.len, data, len);
	image.len += len;
}

static void
put_uint(uint64_t value, size_t len)
{
	for (size_t i = 0; i < len; i++)
		image.data[image.len + (image.big ? len - 1 - i : i)] = (uint8_t)(value >> 8 * i);
	image.len += len;
}

#define put16(value) put_uint(value, 2)
#define put32(value) put_uint(value, 4)
#define put64(value) put_uint(value, 8)

static void
start_image(bool big)
{
	memset(&image, 0, sizeof(image));
	image.big = big;
	memset(&why, 0, sizeof(why));
}

static void
put_pcap_header(uint32_t magic)
{
	put32(magic);
	put16(2);
	put16(4);
	put64(0);
	put32(65535);
	put32(1);
}

static void
put_pcap_record(uint32_t seconds, uint32_t fraction, uint32_t cap_len, uint32_t wire_len)
{
	put32(seconds);
	put32(fraction);
	put32(cap_len);
	put32(wire_len);
	for (uint32_t i = 0; i < cap_len; i++)
		put_uint(i, 1);
}

static void
begin_block(uint32_t type)
{
	image.block = image.len;
	put32(type);
	put32(0);
}

static void
end_block(void)
{
	size_t end = image.len + 4;
	uint32_t total = (uint32_t)(end - image.block);

	image.len = image.block + 4;
	put32(total);
	image.len = end - 4;
	put32(total);
}

static void
put_option(uint16_t code, const void *value, uint16_t len)
{
	put16(code);
	put16(len);
	put(value, len);
	put("\0\0\0", (4 - len % 4) % 4);
}

static void
put_section(void)
{
	begin_block(0x0a0d0d0a);
	put32(0x1a2b3c4d);
	put16(1);
	put16(0);
	put64(UINT64_MAX);
	end_block();
}

/* tsresol < 0: the option is not there. */
static void
put_interface(uint16_t link_type, uint32_t snaplen, int tsresol)
{
	uint8_t value = (uint8_t)tsresol;

	begin_block(1);
	put16(link_type);
	put16(0);
	put32(snaplen);
	if (tsresol >= 0)
		put_option(9, &value, 1);
	end_block();
}

static void
put_packet(uint32_t interface, uint64_t ticks, uint32_t cap_len, uint32_t wire_len)
{
	begin_block(6);
	put32(interface);
	put32(ticks >> 32);
	put32(ticks);
	put32(cap_len);
	put32(wire_len);
	for (uint32_t i = 0; i < (cap_len + 3) / 4 * 4; i++)
		put_uint(i < cap_len ? i : 0, 1);
	end_block();
}

static int
open_image(void)
{
	return reader_open(&opened, image.data, image.len, &why);
}

static int
next(void)
{
	return plx_pcapfile_reader_next(opened.reader, &record, &why);
}

/* After `packets` good ones comes `err`, and the sentence has `words`; and again when asked again. */
static void
expect_fault(unsigned packets, int err, const char *words)
{
	struct plx_pcapfile_record ignored;
	struct plx_why again;

	assert_int_equal(open_image(), 0);
	for (unsigned i = 0; i < packets; i++)
		assert_int_equal(next(), 1);
	assert_int_equal(next(), err);
	if (strstr(why.text, words) == NULL)
		fail_msg("no \"%s\" in: %s", words, why.text);
	assert_int_equal(plx_pcapfile_reader_next(opened.reader, &ignored, &again), err);
	assert_string_equal(again.text, why.text);
	reader_close(&opened);
}

static void
expect_refused(int err, const char *words)
{
	assert_int_equal(open_image(), err);
	if (strstr(why.text, words) == NULL)
		fail_msg("no \"%s\" in: %s", words, why.text);
	reader_close(&opened);
}

/* -- good files -------------------------------------------------------------------------------------- */

static void
read_pcap(bool big, uint32_t magic, uint64_t expect_ns)
{
	struct plx_pcapfile_section section;
	struct plx_pcapfile_origin origin;

	start_image(big);
	put_pcap_header(magic);
	put_pcap_record(1000, 5, 10, 99);
	put_pcap_record(UINT32_MAX, 999, 0, 0);
	assert_int_equal(open_image(), 0);
	assert_int_equal(next(), 1);
	assert_int_equal(record.packet.time_ns, expect_ns);
	assert_int_equal(record.len, 10);
	assert_int_equal(record.packet.wire_len, 99);
	assert_int_equal(record.link_type, 1);
	assert_int_equal(record.data[9], 9);
	assert_int_equal(next(), 1);
	assert_int_equal(record.len, 0);
	assert_int_equal(next(), 0);
	plx_pcapfile_reader_section(opened.reader, &section);
	assert_int_equal(section.swapped, big);
	assert_int_equal(plx_pcapfile_reader_interface(opened.reader, 0, &origin), 0);
	assert_int_equal(origin.snaplen, 65535);
	reader_close(&opened);
}

static void
pcap_is_read_in_both_byte_orders_and_units(void **state)
{
	read_pcap(false, 0xa1b2c3d4, 1000000005000);
	read_pcap(true, 0xa1b2c3d4, 1000000005000);
	read_pcap(false, 0xa1b23c4d, 1000000000005);
	read_pcap(true, 0xa1b23c4d, 1000000000005);
}

static void
pcapng_is_read_in_both_byte_orders(void **state)
{
	for (int big = 0; big < 2; big++) {
		start_image(big);
		put_section();
		put_interface(1, 0, -1);
		put_packet(0, 1700000000000001, 13, 60);
		assert_int_equal(open_image(), 0);
		assert_int_equal(next(), 1);
		assert_int_equal(record.packet.time_ns, 1700000000000001000);
		assert_int_equal(record.len, 13);
		assert_int_equal(record.data[12], 12);
		assert_int_equal(record.packet.wire_len, 60);
		assert_int_equal(next(), 0);
		reader_close(&opened);
	}
}

static void
sections_of_either_byte_order_may_follow_each_other(void **state)
{
	struct plx_pcapfile_section section;

	start_image(false);
	put_section();
	put_interface(1, 0, -1);
	put_interface(101, 0, -1);
	put_packet(1, 1, 1, 1);
	image.big = true;
	put_section();
	put_interface(1, 0, -1);
	put_packet(0, 2, 1, 1);
	put_packet(1, 2, 1, 1);
	assert_int_equal(open_image(), 0);
	assert_int_equal(next(), 1);
	assert_int_equal(record.link_type, 101);
	assert_int_equal(next(), 1);
	assert_int_equal(record.link_type, 1);
	plx_pcapfile_reader_section(opened.reader, &section);
	assert_int_equal(section.number, 1);
	assert_int_equal(section.nb_interfaces, 1);
	assert_true(section.swapped);
	/* Interfaces of the first section are not those of the second. */
	assert_int_equal(next(), -EBADMSG);
	reader_close(&opened);
}

static uint64_t
time_with(int tsresol, uint64_t ticks, const int64_t *offset)
{
	uint8_t resol = (uint8_t)tsresol;

	start_image(false);
	put_section();
	begin_block(1);
	put32(1);
	put32(0);
	put_option(9, &resol, 1);
	if (offset != NULL)
		put_option(14, offset, 8);
	end_block();
	put_packet(0, ticks, 0, 0);
	assert_int_equal(open_image(), 0);
	assert_int_equal(next(), 1);
	reader_close(&opened);
	return record.packet.time_ns;
}

static void
every_time_unit_becomes_nanoseconds(void **state)
{
	const int64_t hour = 3600, back = -3600, far = INT64_MAX, past = INT64_MIN;

	assert_int_equal(time_with(0, 5, NULL), 5000000000);
	assert_int_equal(time_with(3, 5, NULL), 5000000);
	assert_int_equal(time_with(9, 123456789, NULL), 123456789);
	assert_int_equal(time_with(12, 5999, NULL), 5);
	assert_int_equal(time_with(127, UINT64_MAX, NULL), 0);
	assert_int_equal(time_with(0, UINT64_MAX, NULL), UINT64_MAX);
	assert_int_equal(time_with(0x80, 7, NULL), 7000000000);
	assert_int_equal(time_with(0x80 | 10, 1536, NULL), 1500000000);
	assert_int_equal(time_with(0x80 | 32, 3ULL << 31, NULL), 1500000000);
	assert_int_equal(time_with(0xff, UINT64_MAX, NULL), 0);
	assert_int_equal(time_with(9, 1, &hour), 3600000000001);
	assert_int_equal(time_with(9, 3600000000007, &back), 7);
	assert_int_equal(time_with(9, 5, &back), 0);
	assert_int_equal(time_with(9, 5, &far), UINT64_MAX);
	assert_int_equal(time_with(9, 5, &past), 0);
}

static void
simple_and_obsolete_packet_blocks_are_read(void **state)
{
	start_image(false);
	put_section();
	put_interface(1, 6, -1);
	begin_block(3);
	put32(100);
	put("abcdef\0\0", 8);
	end_block();
	begin_block(2);
	put16(0);
	put16(12);
	put32(0);
	put32(9);
	put32(3);
	put32(77);
	put("xyz\0", 4);
	end_block();
	assert_int_equal(open_image(), 0);
	assert_int_equal(next(), 1);
	assert_int_equal(record.len, 6);
	assert_int_equal(record.packet.wire_len, 100);
	assert_int_equal(record.packet.time_ns, 0);
	assert_memory_equal(record.data, "abcdef", 6);
	assert_int_equal(next(), 1);
	assert_int_equal(record.packet.time_ns, 9000);
	assert_int_equal(record.packet.has, PLX_PCAPFILE_HAS_DROPS);
	assert_int_equal(record.packet.drops, 12);
	assert_int_equal(record.packet.wire_len, 77);
	assert_memory_equal(record.data, "xyz", 3);
	reader_close(&opened);
}

static void
unknown_blocks_are_stepped_over_however_long(void **state)
{
	start_image(false);
	put_section();
	begin_block(0x0bad);
	image.len += 900000; /* longer than the reader's buffer */
	end_block();
	put_interface(1, 0, -1);
	begin_block(4);
	end_block();
	put_packet(0, 1, 1, 1);
	begin_block(0x80000001);
	put64(1);
	end_block();
	assert_int_equal(open_image(), 0);
	assert_int_equal(next(), 1);
	assert_int_equal(record.len, 1);
	assert_int_equal(next(), 0);
	reader_close(&opened);
}

static void
options_behind_their_end_are_ignored(void **state)
{
	start_image(false);
	put_section();
	begin_block(1);
	put32(1);
	put32(0);
	put_option(0, "", 0);
	put32(0xffffffff);
	end_block();
	put_packet(0, 1, 1, 1);
	assert_int_equal(open_image(), 0);
	assert_int_equal(next(), 1);
	reader_close(&opened);
}

static void
a_wire_length_below_the_captured_is_raised_to_it(void **state)
{
	start_image(false);
	put_pcap_header(0xa1b2c3d4);
	put_pcap_record(0, 0, 10, 4);
	assert_int_equal(open_image(), 0);
	assert_int_equal(next(), 1);
	assert_int_equal(record.len, 10);
	assert_int_equal(record.packet.wire_len, 10);
	reader_close(&opened);
}

/* -- files that are none -------------------------------------------------------------------------------- */

static void
what_is_no_capture_file_is_refused(void **state)
{
	start_image(false);
	expect_refused(-ENODATA, "'memory' is empty");
	put("\xd4\xc3", 2);
	expect_refused(-ENODATA, "2 bytes of 4");
	start_image(false);
	put("GET / HTTP/1.1\r\n", 16);
	expect_refused(-EINVAL, "neither pcap nor pcapng: it begins with 0x20544547");
	start_image(false);
	put("\x1f\x8b\x08\0\0\0\0\0", 8);
	expect_refused(-ENOTSUP, "gzip -dc 'memory'");
	start_image(false);
	put("\xfd"
	    "7zX\0\0\0\0",
	    8);
	expect_refused(-ENOTSUP, "xz -dc");
	start_image(true);
	put_pcap_header(0xa1b2cd34);
	expect_refused(-ENOTSUP, "editcap");
}

static void
pcap_headers_are_checked(void **state)
{
	start_image(false);
	put_pcap_header(0xa1b2c3d4);
	image.len = 23;
	expect_refused(-ENODATA, "its header: 23 bytes of 24");
	image.len = 24;
	image.data[4] = 3;
	expect_refused(-ENOTSUP, "pcap version 3.4; only 2.4");
}

static void
section_headers_are_checked(void **state)
{
	start_image(false);
	put_section();
	image.data[8]++;
	expect_refused(-EBADMSG, "byte-order magic");
	image.data[8]--;
	image.data[12] = 2;
	expect_refused(-ENOTSUP, "pcapng version 2.0");
	image.data[12] = 1;
	image.len = 20;
	expect_refused(-ENODATA,
		       "block 1 at offset 0: the file ends within a block: 20 bytes of 28");
	image.len = 10;
	expect_refused(-ENODATA, "10 bytes of 12");
	start_image(false);
	begin_block(0x0a0d0d0a);
	put32(0x1a2b3c4d);
	put32(1);
	end_block();
	expect_refused(-EBADMSG, "a section header of 8 bytes is too short");
}

static void
a_reader_has_a_largest_packet(void **state)
{
	const struct plx_pcapfile_reader_params small = {.max_packet = 9};
	const struct plx_pcapfile_reader_params absurd = {.max_packet = UINT32_MAX};

	start_image(false);
	put_pcap_header(0xa1b2c3d4);
	put_pcap_record(0, 0, 9, 9);
	put_pcap_record(0, 0, 10, 10);
	assert_int_equal(plx_pcapfile_source_memory(image.data, image.len, "m", &opened.source), 0);
	assert_int_equal(plx_pcapfile_reader_create(opened.source, &absurd, &opened.reader, &why),
			 -EINVAL);
	assert_int_equal(plx_pcapfile_reader_create(opened.source, &small, &opened.reader, &why),
			 0);
	assert_int_equal(next(), 1);
	assert_int_equal(next(), -EMSGSIZE);
	assert_non_null(strstr(why.text, "10 captured bytes; allowed are 9"));
	reader_close(&opened);
}

/* -- files that lie or end early --------------------------------------------------------------------------- */

static void
a_cut_pcap_gives_its_whole_packets_first(void **state)
{
	start_image(false);
	put_pcap_header(0xa1b2c3d4);
	put_pcap_record(1, 1, 10, 10);
	put_pcap_record(2, 2, 10, 10);
	image.len = 24 + 26 + 25;
	expect_fault(1, -ENODATA,
		     "record 2 at offset 50: the file ends within a record: 25 bytes of 26");
	image.len = 24 + 26 + 3;
	expect_fault(1, -ENODATA, "a record header: 3 bytes of 16");
}

static void
a_huge_captured_length_is_refused(void **state)
{
	start_image(false);
	put_pcap_header(0xa1b2c3d4);
	put_pcap_record(1, 1, 10, 10);
	put32(0);
	put32(0);
	put32(0xffffffff);
	put32(0xffffffff);
	expect_fault(1, -EMSGSIZE, "claims 4294967295 captured bytes; allowed are 262144");
}

static void
every_cut_of_a_pcapng_is_noticed(void **state)
{
	unsigned whole, packets;
	size_t full;
	int err;

	start_image(true);
	put_section();
	put_interface(1, 0, 9);
	put_packet(0, 1, 13, 13);
	begin_block(77);
	put64(0);
	put64(0);
	end_block();
	put_packet(0, 2, 14, 14);
	full = image.len;
	whole = count_packets(image.data, full, &err, &why);
	assert_int_equal(whole, 2);
	assert_int_equal(err, 0);
	/* At the ends of blocks the file is whole: after section, interface, packet, unknown block. */
	for (size_t len = 1; len < full; len++) {
		bool at_end = len == 28 || len == 56 || len == 104 || len == 132;

		packets = count_packets(image.data, len, &err, &why);
		assert_int_equal(err, at_end ? 0 : -ENODATA);
		assert_int_equal(packets, len >= 104 ? 1 : 0);
	}
}

static void
block_lengths_are_checked(void **state)
{
	static const uint32_t bad[] = {0, 4, 8, 11, 13, 30, 0xffffffff};

	for (size_t i = 0; i < PLX_ARRAY_LEN(bad); i++) {
		start_image(false);
		put_section();
		put32(6);
		put32(bad[i]);
		put64(0);
		expect_fault(0, -EBADMSG, "a multiple of 4 from 12 on");
	}
	start_image(false);
	put_section();
	put32(6);
	put32(0xfffffffc);
	expect_fault(0, -EMSGSIZE, "a block of 4294967292 bytes");
	start_image(false);
	put_section();
	put32(77);
	put32(0xfffffffc);
	expect_fault(0, -ENODATA, "bytes before the end of a block");
	start_image(false);
	put_section();
	put_interface(1, 0, -1);
	image.data[image.len - 4]++;
	expect_fault(0, -EBADMSG, "the length at its end is 21, that at its beginning 20");
}

static void
packet_blocks_are_checked(void **state)
{
	start_image(false);
	put_section();
	put_packet(0, 0, 4, 4);
	expect_fault(0, -EBADMSG, "it names interface 0; 0 were described");
	start_image(false);
	put_section();
	put_interface(1, 0, -1);
	put_packet(0, 0, 4, 4);
	put_packet(0, 0, 4, 4);
	image.data[image.len - 16] = 5; /* captured length, of 4 bytes in the block */
	put_packet(0, 0, 4, 4);
	expect_fault(1, -EBADMSG, "claims 5 captured bytes; the block has 4");
	image.data[image.len - 36 - 14] = 0xff;
	expect_fault(1, -EMSGSIZE, "claims 16711685 captured bytes");
	start_image(false);
	put_section();
	begin_block(6);
	put64(0);
	end_block();
	expect_fault(0, -EBADMSG, "a packet block of 8 bytes is too short");
}

static void
simple_packet_blocks_are_checked(void **state)
{
	start_image(false);
	put_section();
	begin_block(3);
	put64(4);
	end_block();
	expect_fault(0, -EBADMSG, "interface 0; 0 were described");
	start_image(false);
	put_section();
	put_interface(1, 0, -1);
	begin_block(3);
	end_block();
	expect_fault(0, -EBADMSG, "without a length");
	start_image(false);
	put_section();
	put_interface(1, 0, -1);
	begin_block(3);
	put64(5);
	end_block();
	expect_fault(0, -EBADMSG, "claims 5 captured bytes; the block has 4");
}

static void
options_are_checked(void **state)
{
	start_image(false);
	put_section();
	begin_block(1);
	put32(1);
	put32(0);
	put16(2);
	put16(5);
	put32(0);
	end_block();
	expect_fault(0, -EBADMSG, "option 2 claims 5 bytes; its block has 4 left");
	start_image(false);
	put_section();
	begin_block(1);
	put32(1);
	put32(0);
	put_option(9, "\x06\x06", 2);
	end_block();
	expect_fault(0, -EBADMSG, "a time resolution of 2 bytes");
	start_image(false);
	put_section();
	begin_block(1);
	put32(1);
	put32(0);
	put_option(14, "\x06\x06", 2);
	end_block();
	expect_fault(0, -EBADMSG, "a time offset of 2 bytes");
	start_image(false);
	put_section();
	put_interface(1, 0, -1);
	begin_block(5);
	put32(1);
	put64(0);
	end_block();
	expect_fault(0, -EBADMSG, "it names interface 1; 1 were described");
}

static void
a_million_interfaces_are_refused_in_time(void **state)
{
	start_image(false);
	put_section();
	for (int i = 0; i < 5000; i++)
		put_interface(1, 0, -1);
	expect_fault(0, -EBADMSG, "more than 1024 interfaces");
}

/* -- sources ------------------------------------------------------------------------------------------------- */

static void
a_pipe_is_read_as_bytes_come(void **state)
{
	int ends[2];

	start_image(false);
	put_section();
	put_interface(1, 0, -1);
	put_packet(0, 1, 13, 13);
	put_packet(0, 2, 14, 14);
	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	assert_int_equal(plx_pcapfile_source_fd(ends[0], true, "a pipe", &opened.source), 0);
	assert_int_equal(write(ends[1], image.data, 60), 60);
	assert_int_equal(plx_pcapfile_reader_create(opened.source, NULL, &opened.reader, &why), 0);
	assert_int_equal(next(), -EAGAIN);
	for (size_t i = 60; i < image.len; i++) {
		assert_int_equal(write(ends[1], image.data + i, 1), 1);
		if (i + 1 == 28 + 20 + 48 || i + 1 == image.len)
			assert_int_equal(next(), 1);
		else
			assert_int_equal(next(), -EAGAIN);
	}
	assert_int_equal(record.packet.time_ns, 2000);
	close(ends[1]);
	assert_int_equal(next(), 0);
	reader_close(&opened);
}

static void
a_source_that_fails_is_named(void **state)
{
	int fd = open("/", O_RDONLY);

	assert_int_equal(plx_pcapfile_source_fd(fd, true, "the root", &opened.source), 0);
	assert_int_equal(plx_pcapfile_reader_create(opened.source, NULL, &opened.reader, &why),
			 -EISDIR);
	assert_non_null(strstr(why.text, "'the root'"));
	plx_pcapfile_source_close(opened.source);
	plx_pcapfile_source_close(NULL);
	plx_pcapfile_reader_destroy(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pcap_is_read_in_both_byte_orders_and_units),
		cmocka_unit_test(pcapng_is_read_in_both_byte_orders),
		cmocka_unit_test(sections_of_either_byte_order_may_follow_each_other),
		cmocka_unit_test(every_time_unit_becomes_nanoseconds),
		cmocka_unit_test(simple_and_obsolete_packet_blocks_are_read),
		cmocka_unit_test(unknown_blocks_are_stepped_over_however_long),
		cmocka_unit_test(options_behind_their_end_are_ignored),
		cmocka_unit_test(a_wire_length_below_the_captured_is_raised_to_it),
		cmocka_unit_test(what_is_no_capture_file_is_refused),
		cmocka_unit_test(pcap_headers_are_checked),
		cmocka_unit_test(section_headers_are_checked),
		cmocka_unit_test(a_reader_has_a_largest_packet),
		cmocka_unit_test(a_cut_pcap_gives_its_whole_packets_first),
		cmocka_unit_test(a_huge_captured_length_is_refused),
		cmocka_unit_test(every_cut_of_a_pcapng_is_noticed),
		cmocka_unit_test(block_lengths_are_checked),
		cmocka_unit_test(packet_blocks_are_checked),
		cmocka_unit_test(simple_packet_blocks_are_checked),
		cmocka_unit_test(options_are_checked),
		cmocka_unit_test(a_million_interfaces_are_refused_in_time),
		cmocka_unit_test(a_pipe_is_read_as_bytes_come),
		cmocka_unit_test(a_source_that_fails_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
