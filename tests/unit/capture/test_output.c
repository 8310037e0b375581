/* SPDX-License-Identifier: BSD-3-Clause */
/* From packets to files: chains of any length, and a ring whose old files take long to be freed. */
#include "output.h"
#include "port.h"
#include "settings.h"
#include "source.h"

#include "pool_fixture.h"
#include "own.h"

#include <semaphore.h>
#include <stdlib.h>
#include <unistd.h>

#include <pollux/plx_pcapfile_reader.h>

static char dir[64];
static struct settings settings;
static struct capture_port port;
static struct source *source;
static struct output output;
static struct plx_why why;

/* With options as behind "--"; the file's name is FILE in the test's folder. */
static void
begin(const char *file, const char *first, const char *second)
{
	char words[5][128] = {"--", "-w"};
	char *argv[5];
	int argc = 3;

	assert_non_null(own_folder(dir));
	snprintf(words[2], sizeof(words[2]), "%s/%s", dir, file);
	if (first != NULL)
		snprintf(words[argc++], sizeof(words[0]), "%s", first);
	if (second != NULL)
		snprintf(words[argc++], sizeof(words[0]), "%s", second);
	for (int i = 0; i < argc; i++)
		argv[i] = words[i];
	assert_int_equal(settings_read(&settings, argc, argv, &why), 0);
	settings.summary = "";
	settings.output = strdup(settings.output);
	port = (struct capture_port){0};
	strcpy(port.label, "eth1");
	assert_int_equal(source_create(&(struct source_params){.ring = 64}, &source), 0);
	if (output_open(&output, &settings, 0, 1, &port, 1, &why) != 0)
		fail_msg("%s", why.text);
}

static void
end(void)
{
	char command[128];

	output_fini(&output);
	source_destroy(source);
	free((void *)(uintptr_t)settings.output);
	settings_fini(&settings);
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	assert_int_equal(system(command), 0);
}

static void
write_one(struct plx_mbuf *m, uint64_t time_ns)
{
	m->timestamp = time_ns;
	output_round(&output);
	assert_int_equal(output_write(&output, m, source, 0), 0);
	plx_mbuf_free(m);
}

/* The only packet of the file. */
static void
expect_packet(const char *file, uint32_t len, const uint8_t *bytes)
{
	struct plx_pcapfile_record record;
	struct plx_pcapfile_source *in;
	struct plx_pcapfile_reader *reader;
	char path[160];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	assert_int_equal(plx_pcapfile_source_open(path, &in, &why), 0);
	assert_int_equal(plx_pcapfile_reader_create(in, NULL, &reader, &why), 0);
	assert_int_equal(plx_pcapfile_reader_next(reader, &record, &why), 1);
	assert_int_equal(record.len, len);
	assert_int_equal(record.packet.wire_len, len);
	assert_memory_equal(record.data, bytes, len);
	assert_int_equal(plx_pcapfile_reader_next(reader, &record, &why), 0);
	plx_pcapfile_reader_destroy(reader);
	plx_pcapfile_source_close(in);
}

/* -- tags --------------------------------------------------------------------------------------------- */

/* Of a packet of 30 bytes, the first `head` of them in a segment of their own. */
static void
a_tag_goes_back(uint16_t head)
{
	static const uint8_t tag[] = {0x81, 0, 0xa0, 5};
	struct plx_mbuf *m = packet(head, 3);
	uint8_t bytes[34];

	if (head < 30)
		assert_int_equal(plx_mbuf_chain(m, packet((uint16_t)(30 - head), 3)), 0);
	m->ol_flags = PLX_MBUF_RX_VLAN | PLX_MBUF_RX_VLAN_STRIPPED;
	m->vlan_tci = 0xa005;
	memset(bytes, 3, sizeof(bytes));
	memcpy(bytes + 12, tag, sizeof(tag));
	begin("tag.pcap", NULL, NULL);
	write_one(m, 1);
	assert_int_equal(output_close(&output, &why), 0);
	expect_packet("tag.pcap", sizeof(bytes), bytes);
	end();
}

static void
a_tag_that_a_port_took_out_goes_back_to_its_place(void **state)
{
	a_tag_goes_back(30);
	a_tag_goes_back(14);
	a_tag_goes_back(12);
}

/* A port takes one out: of two the outer one, and the inner one is where it was. */
static void
of_two_tags_the_outer_one_goes_back_in_front_of_the_inner_one(void **state)
{
	static const uint8_t tags[] = {0x81, 0, 0xa0, 5, 0x81, 0, 0, 7, 8, 0};

	for (uint16_t head = 12; head <= 18; head += 2) {
		struct plx_mbuf *m = packet(head, 3), *rest;
		uint8_t bytes[34 + 4];

		memset(bytes, 3, sizeof(bytes));
		memcpy(bytes + 12, tags, sizeof(tags));
		rest = packet((uint16_t)(34 - head), 3);
		memcpy(plx_mbuf_data(m), bytes, 12);
		memcpy((uint8_t *)plx_mbuf_data(m) + 12, bytes + 16, head - 12);
		memcpy(plx_mbuf_data(rest), bytes + 4 + head, 34 - head);
		assert_int_equal(plx_mbuf_chain(m, rest), 0);
		m->ol_flags = PLX_MBUF_RX_VLAN | PLX_MBUF_RX_VLAN_STRIPPED;
		m->vlan_tci = 0xa005;
		begin("tag.pcap", NULL, NULL);
		write_one(m, 1);
		assert_int_equal(output_close(&output, &why), 0);
		expect_packet("tag.pcap", sizeof(bytes), bytes);
		end();
	}
}

/* With the tag there are two pieces more than the room that is usual. */
static void
a_tag_goes_back_into_a_chain_of_the_usual_number_of_segments(void **state)
{
	struct plx_mbuf *m = packet(14, 3);
	uint8_t bytes[14 + 63 + 4];

	for (unsigned i = 1; i < 64; i++)
		assert_int_equal(plx_mbuf_chain(m, packet(1, 3)), 0);
	m->ol_flags = PLX_MBUF_RX_VLAN | PLX_MBUF_RX_VLAN_STRIPPED;
	m->vlan_tci = 7;
	memset(bytes, 3, sizeof(bytes));
	memcpy(bytes + 12, "\x81\0\0\7", 4);
	begin("tag.pcap", NULL, NULL);
	write_one(m, 1);
	assert_int_equal(output.segments_max, 66);
	assert_int_equal(output_close(&output, &why), 0);
	expect_packet("tag.pcap", sizeof(bytes), bytes);
	end();
}

/* -- chains --------------------------------------------------------------------------------------- */

static void
a_chain_of(unsigned segments)
{
	uint8_t bytes[300];
	struct plx_mbuf *m = packet(1, 0);

	bytes[0] = 0;
	for (unsigned i = 1; i < segments; i++) {
		assert_int_equal(plx_mbuf_chain(m, packet(1, (uint8_t)i)), 0);
		bytes[i] = (uint8_t)i;
	}
	assert_int_equal(m->nb_segs, segments);
	begin("chain.pcap", NULL, NULL);
	write_one(m, 1);
	assert_int_equal(output_close(&output, &why), 0);
	expect_packet("chain.pcap", segments, bytes);
	end();
}

static void
a_packet_of_the_usual_number_of_segments_is_written_whole(void **state)
{
	a_chain_of(64);
}

static void
a_packet_of_more_segments_than_usual_is_written_whole(void **state)
{
	a_chain_of(65);
	a_chain_of(250);
}

/* -- a ring --------------------------------------------------------------------------------------- */

static sem_t may_end;
static unsigned closed;

static int
slow_close(int fd)
{
	sem_wait(&may_end);
	closed++;
	return close(fd);
}

static unsigned
listed(uint64_t *ret_packets)
{
	unsigned n = 0;

	*ret_packets = 0;
	for (const struct finished_file *f = output.finished.oldest; f != NULL; f = f->next) {
		n++;
		*ret_packets += f->packets;
	}
	return n;
}

/* Ten rotations while the first removal has not ended: in one thread this would hang. */
static void
a_ring_loses_nothing(const char *size, const char *files)
{
	uint64_t packets;

	closed = 0;
	sem_init(&may_end, 0, 0);
	begin("ring.pcap", size, files);
	output.release.close = slow_close;
	for (unsigned i = 0; i < 120; i++)
		write_one(packet(90, (uint8_t)i), 1 + i);
	assert_int_equal(closed, 0);
	for (unsigned i = 0; i < RELEASE_MAX; i++)
		sem_post(&may_end);
	assert_int_equal(output_close(&output, &why), 0);
	assert_int_equal(tally_read(&output.lost), 0);
	assert_int_equal(tally_read(&output.lost_by[TROUBLE_OTHER]), 0);
	assert_int_equal(tally_read(&output.files), 12);
	assert_int_equal(tally_read(&output.removed), 10);
	assert_int_equal(closed, 10);
	assert_int_equal(listed(&packets), 2);
	assert_int_equal(packets, 20);
	assert_false(output.troubled);
	end();
}

static void
a_ring_of_names_loses_nothing_while_a_removal_is_slow(void **state)
{
	a_ring_loses_nothing("-bpackets:10", "-bfiles:2");
}

static void
a_ring_of_slots_loses_nothing_while_a_removal_is_slow(void **state)
{
	/* 24 bytes of header, and of each packet 16 and 90. */
	a_ring_loses_nothing("-C1k", "-W2");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tag_that_a_port_took_out_goes_back_to_its_place),
		cmocka_unit_test(of_two_tags_the_outer_one_goes_back_in_front_of_the_inner_one),
		cmocka_unit_test(a_tag_goes_back_into_a_chain_of_the_usual_number_of_segments),
		cmocka_unit_test(a_packet_of_the_usual_number_of_segments_is_written_whole),
		cmocka_unit_test(a_packet_of_more_segments_than_usual_is_written_whole),
		cmocka_unit_test(a_ring_of_names_loses_nothing_while_a_removal_is_slow),
		cmocka_unit_test(a_ring_of_slots_loses_nothing_while_a_removal_is_slow),
	};

	return cmocka_run_group_tests(tests, fixture_begin, fixture_end);
}
