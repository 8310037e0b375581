/* SPDX-License-Identifier: BSD-3-Clause */
/* Sets of files: when one is full, what the next is called, and how much is left. */
#include "fileset_scene.h"

/* -- full ---------------------------------------------------------------------------------------- */

static void
a_file_that_is_full_to_the_byte_is_followed_by_none(void **state)
{
	struct scene s;

	scene_make(&s, "log");
	s.params.file_bytes = HEAD + 3 * REC;
	scene_open(&s);
	send_many(&s, 6);
	expect_listing(&s, "log=3 log1=3");
}

static void
one_more_packet_begins_another(void **state)
{
	struct scene s;

	scene_make(&s, "log");
	s.params.file_bytes = HEAD + 3 * REC;
	scene_open(&s);
	send_many(&s, 7);
	expect_listing(&s, "log=3 log1=3 log2=1");
}

static void
a_limit_below_one_packet_gives_each_a_file(void **state)
{
	struct scene s;

	scene_make(&s, "log");
	s.params.file_bytes = 1;
	scene_open(&s);
	send_many(&s, 3);
	expect_listing(&s, "log=1 log1=1 log2=1");
}

static void
packets_are_counted_by_the_file(void **state)
{
	struct scene s;

	scene_make(&s, "log");
	s.params.file_packets = 4;
	scene_open(&s);
	send_many(&s, 9);
	expect_listing(&s, "log=4 log1=4 log2=1");
}

static void
nothing_received_leaves_one_empty_file(void **state)
{
	struct scene s;

	scene_make(&s, "log");
	s.params.file_packets = 4;
	scene_open(&s);
	expect_listing(&s, "log=0");
}

static void
the_last_file_asked_for_ends_the_set(void **state)
{
	struct scene s;

	scene_make(&s, "log");
	s.params.file_packets = 2;
	s.params.stop_after = 2;
	scene_open(&s);
	send_many(&s, 4);
	assert_int_equal(send_one(&s), 1);
	assert_int_equal(send_one(&s), 1);
	expect_listing(&s, "log=2 log1=2");
}

/* -- names --------------------------------------------------------------------------------------- */

static void
touch(const struct scene *s, const char *name)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", s->dir, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs("precious", file);
	fclose(file);
}

static void
a_single_file_is_overwritten(void **state)
{
	struct scene s;

	scene_make(&s, "log");
	touch(&s, "log");
	scene_open(&s);
	send_many(&s, 3);
	expect_listing(&s, "log=3");
}

/* What touch made is still as it was. */
static void
expect_precious(const struct scene *s, const char *name)
{
	struct stat about;
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", s->dir, name);
	assert_int_equal(stat(path, &about), 0);
	assert_int_equal(about.st_size, strlen("precious"));
}

static void
files_of_others_are_passed_over(void **state)
{
	struct scene s;

	scene_make(&s, "log");
	touch(&s, "log1");
	s.params.file_packets = 1;
	scene_open(&s);
	send_many(&s, 3);
	scene_end(&s);
	assert_int_equal(packets_in(s.dir, "log"), 1);
	assert_int_equal(packets_in(s.dir, "log2"), 1);
	assert_int_equal(packets_in(s.dir, "log3"), 1);
	expect_precious(&s, "log1");
	scene_remove(&s);
}

static void
a_ring_of_slots_writes_over_the_oldest(void **state)
{
	struct scene s;

	scene_make(&s, "log");
	s.params.file_packets = 1;
	s.params.keep = 11;
	s.params.slots = true;
	scene_open(&s);
	send_many(&s, 3);
	scene_end(&s);
	assert_string_equal(listing(&s), "log00=1 log01=1 log02=1");
	scene_remove(&s);

	scene_make(&s, "log");
	s.params.file_packets = 2;
	s.params.keep = 3;
	s.params.slots = true;
	scene_open(&s);
	send_many(&s, 7);
	expect_listing(&s, "log0=1 log1=2 log2=2");
}

static void
a_ring_of_names_keeps_the_newest(void **state)
{
	struct scene s;

	scene_make(&s, "a.b/../log.pcap.zst");
	snprintf(s.name, sizeof(s.name), "%s/log.pcap", s.dir);
	s.params.naming = PLX_PCAPFILE_NAME_NUMBER_AND_TIME;
	s.params.file_packets = 2;
	s.params.keep = 2;
	scene_open(&s);
	for (int i = 0; i < 7; i++) {
		send_many(&s, 1);
		pass(&s, NS_S);
	}
	expect_listing(&s, "log_00003_20261121140004.pcap=2 log_00004_20261121140006.pcap=1");
}

static void
numbers_stand_where_each_tool_has_them(void **state)
{
	struct scene s;

	scene_make(&s, "log.pcap.zst");
	s.params.file_packets = 1;
	scene_open(&s);
	send_many(&s, 2);
	expect_listing(&s, "log.pcap.zst=1 log.pcap1.zst=1");
	scene_make(&s, "log.pcapng.zst");
	s.params.naming = PLX_PCAPFILE_NAME_NUMBER_AND_TIME;
	s.params.file_packets = 1;
	scene_open(&s);
	send_many(&s, 1);
	expect_listing(&s, "log_00001_20261121140000.pcapng.zst=1");
}

static void
a_pattern_that_repeats_gets_numbers(void **state)
{
	struct scene s;

	scene_make(&s, "log-%H%M");
	s.params.dated = true;
	s.params.period_ns = 20 * NS_S;
	scene_open(&s);
	for (int i = 0; i < 5; i++) {
		send_many(&s, 1);
		pass(&s, 20 * NS_S);
	}
	expect_listing(&s, "log-1400=1 log-14001=1 log-14002=1 log-1401=1 log-14011=1");
}

static void
a_name_that_becomes_too_long_is_refused(void **state)
{
	char name[5000];
	struct scene s;

	scene_make(&s, "log");
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	s.params.name = name;
	s.params.file_packets = 1;
	assert_int_equal(plx_pcapfile_fileset_create(&s.params, &s.now, &s.set, &s.why),
			 -ENAMETOOLONG);
	assert_non_null(strstr(s.why.text, "too long"));
	scene_remove(&s);
}

static void
what_cannot_be_several_is_refused(void **state)
{
	struct scene s;

	scene_make(&s, "log");
	s.params.file_packets = 1;
	s.params.name = "-";
	assert_int_equal(plx_pcapfile_fileset_create(&s.params, &s.now, &s.set, &s.why), -EINVAL);
	assert_non_null(strstr(s.why.text, "standard output is one file"));
	s.params.name = "/dev/null";
	assert_int_equal(plx_pcapfile_fileset_create(&s.params, &s.now, &s.set, &s.why), -EINVAL);
	assert_non_null(strstr(s.why.text, "no regular file"));
	s.params.name = s.name;
	s.params.quota = 5;
	assert_int_equal(plx_pcapfile_fileset_create(&s.params, &s.now, &s.set, &s.why), -EINVAL);
	assert_non_null(strstr(s.why.text, "the least is"));
	assert_string_equal(listing(&s), "");
	scene_remove(&s);
}

/* Whose time is over before anything came is discarded, and what is whole gets its name: if it is a file. */
static void
what_is_no_file_is_neither_removed_nor_replaced(void **state)
{
	for (unsigned safe = 0; safe < 2; safe++) {
		struct stat about;
		struct scene s;
		int reader;

		scene_make(&s, "pipe");
		assert_int_equal(mkfifo(s.name, 0600), 0);
		reader = open(s.name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		assert_true(reader >= 0);
		s.params.finished = NULL; /* it reads them */
		s.params.duration_ns = NS_S;
		s.params.stop_after = 1;
		s.params.safe_rename = safe != 0;
		scene_open(&s);
		pass(&s, 2 * NS_S);
		assert_int_equal(send_one(&s), 0);
		scene_end(&s);
		assert_int_equal(stat(s.name, &about), 0);
		assert_true(S_ISFIFO(about.st_mode));
		close(reader);
		unlink(s.name);
		assert_string_equal(listing(&s), "");
		scene_remove(&s);
	}
}

static void
a_file_has_its_name_when_it_is_whole(void **state)
{
	struct scene s;

	scene_make(&s, "log");
	s.params.file_packets = 2;
	s.params.safe_rename = true;
	scene_open(&s);
	send_many(&s, 3);
	assert_int_equal(s.finished, 1);
	assert_int_equal(plx_pcapfile_writer_flush(s.writer, NULL), 0);
	assert_string_equal(listing(&s), "log=2 log1.part=1");
	scene_end(&s);
	assert_int_equal(s.finished, 2);
	assert_non_null(strstr(s.last_finished, "/log1"));
	assert_string_equal(listing(&s), "log=2 log1=1");
	scene_remove(&s);
}

static void
names_that_others_took_are_theirs_also_at_the_end(void **state)
{
	struct scene s;

	scene_make(&s, "log");
	s.params.file_packets = 1;
	s.params.safe_rename = true;
	touch(&s, "log1");
	scene_open(&s);
	send_many(&s, 2);
	touch(&s, "log2");
	assert_int_equal(plx_pcapfile_fileset_end(s.set, s.writer, &s.why), -EEXIST);
	assert_non_null(strstr(s.why.text, "log2.part' cannot be renamed"));
	plx_pcapfile_writer_destroy(s.writer);
	plx_pcapfile_fileset_destroy(s.set);
	expect_precious(&s, "log1");
	expect_precious(&s, "log2");
	assert_int_equal(packets_in(s.dir, "log"), 1);
	assert_int_equal(packets_in(s.dir, "log2.part"), 1);
	scene_remove(&s);
}

/* -- room ---------------------------------------------------------------------------------------- */

static void
the_quota_holds_at_every_moment(void **state)
{
	struct plx_pcapfile_fileset_counts counts;
	struct scene s;
	unsigned files;

	scene_make(&s, "log");
	s.params.quota = 2000000;
	s.params.file_bytes = 300000;
	scene_open(&s);
	for (int i = 0; i < 60; i++) {
		send_many(&s, 1000);
		assert_int_equal(plx_pcapfile_writer_flush(s.writer, NULL), 0);
		assert_in_range(bytes_in_all(&s), 1, 2000000);
	}
	plx_pcapfile_fileset_counts(s.set, &counts);
	assert_in_range(counts.removed, 15, 23);
	scene_end(&s);
	assert_in_range(bytes_in_all(&s), 1300000, 2000000);
	packets_in_all(&s, &files);
	assert_int_equal(files, counts.finished + 1 - counts.removed);
	scene_remove(&s);
}

static void
a_quota_alone_is_dealt_in_halves(void **state)
{
	struct scene s;
	unsigned files;

	scene_make(&s, "log");
	s.params.quota = 1000000;
	scene_open(&s);
	for (int i = 0; i < 30; i++) {
		send_many(&s, 1000);
		assert_int_equal(plx_pcapfile_writer_flush(s.writer, NULL), 0);
		assert_in_range(bytes_in_all(&s), 1, 1000000);
	}
	scene_end(&s);
	assert_in_range(packets_in_all(&s, &files), 2000, 9000);
	scene_remove(&s);
}

static void
slots_that_are_written_over_count_once(void **state)
{
	struct plx_pcapfile_fileset_counts counts;
	struct scene s;

	scene_make(&s, "log");
	s.params.quota = 1000000;
	s.params.file_packets = 2000;
	s.params.keep = 2;
	s.params.slots = true;
	scene_open(&s);
	send_many(&s, 11000);
	plx_pcapfile_fileset_counts(s.set, &counts);
	assert_int_equal(counts.removed, 4);
	expect_listing(&s, "log0=2000 log1=1000");
}

static void
a_folder_that_vanished_lets_the_old_file_go_on(void **state)
{
	struct plx_pcapfile_fileset_counts counts;
	char moved[80];
	struct scene s;

	scene_make(&s, "log");
	s.params.file_packets = 2;
	scene_open(&s);
	send_many(&s, 2);
	snprintf(moved, sizeof(moved), "%s.moved", s.dir);
	assert_int_equal(rename(s.dir, moved), 0);
	assert_int_equal(send_one(&s), -ENOENT);
	assert_non_null(strstr(s.why.text, "log1"));
	send_many(&s, 5);
	pass(&s, NS_S);
	assert_int_equal(send_one(&s), -ENOENT);
	assert_int_equal(rename(moved, s.dir), 0);
	pass(&s, NS_S);
	send_many(&s, 2);
	plx_pcapfile_fileset_counts(s.set, &counts);
	assert_int_equal(counts.failed, 2);
	expect_listing(&s, "log=9 log1=2");
}

static void
a_file_that_was_removed_is_begun_anew(void **state)
{
	char path[256];
	struct scene s;

	scene_make(&s, "log");
	scene_open(&s);
	send_many(&s, 2);
	snprintf(path, sizeof(path), "%s/log", s.dir);
	assert_true(plx_pcapfile_fileset_is_there(s.set));
	assert_int_equal(unlink(path), 0);
	assert_false(plx_pcapfile_fileset_is_there(s.set));
	assert_int_equal(plx_pcapfile_fileset_renew(s.set, s.writer, &s.now, &s.why), 0);
	send_many(&s, 3);
	expect_listing(&s, "log=3");
}

static void
an_empty_file_behind_others_is_not_left(void **state)
{
	struct scene s;

	scene_make(&s, "log");
	s.params.file_packets = 3;
	scene_open(&s);
	send_many(&s, 2);
	assert_int_equal(plx_pcapfile_fileset_renew(s.set, s.writer, &s.now, &s.why), 0);
	expect_listing(&s, "log=2");
}

static void
files_that_were_taken_away_are_neither_removed_nor_missed(void **state)
{
	struct plx_pcapfile_fileset_counts counts;
	char path[256];
	struct scene s;

	scene_make(&s, "log");
	s.params.file_packets = 1;
	s.params.keep = 2;
	scene_open(&s);
	send_many(&s, 2);
	snprintf(path, sizeof(path), "%s/log", s.dir);
	assert_int_equal(unlink(path), 0);
	send_many(&s, 2);
	plx_pcapfile_fileset_counts(s.set, &counts);
	assert_int_equal(counts.removed, 1);
	assert_int_equal(counts.failed, 0);
	expect_listing(&s, "log2=1 log3=1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_that_is_full_to_the_byte_is_followed_by_none),
		cmocka_unit_test(one_more_packet_begins_another),
		cmocka_unit_test(a_limit_below_one_packet_gives_each_a_file),
		cmocka_unit_test(packets_are_counted_by_the_file),
		cmocka_unit_test(nothing_received_leaves_one_empty_file),
		cmocka_unit_test(the_last_file_asked_for_ends_the_set),
		cmocka_unit_test(a_single_file_is_overwritten),
		cmocka_unit_test(files_of_others_are_passed_over),
		cmocka_unit_test(a_ring_of_slots_writes_over_the_oldest),
		cmocka_unit_test(a_ring_of_names_keeps_the_newest),
		cmocka_unit_test(numbers_stand_where_each_tool_has_them),
		cmocka_unit_test(a_pattern_that_repeats_gets_numbers),
		cmocka_unit_test(a_name_that_becomes_too_long_is_refused),
		cmocka_unit_test(what_cannot_be_several_is_refused),
		cmocka_unit_test(what_is_no_file_is_neither_removed_nor_replaced),
		cmocka_unit_test(a_file_has_its_name_when_it_is_whole),
		cmocka_unit_test(names_that_others_took_are_theirs_also_at_the_end),
		cmocka_unit_test(the_quota_holds_at_every_moment),
		cmocka_unit_test(a_quota_alone_is_dealt_in_halves),
		cmocka_unit_test(slots_that_are_written_over_count_once),
		cmocka_unit_test(a_folder_that_vanished_lets_the_old_file_go_on),
		cmocka_unit_test(a_file_that_was_removed_is_begun_anew),
		cmocka_unit_test(an_empty_file_behind_others_is_not_left),
		cmocka_unit_test(files_that_were_taken_away_are_neither_removed_nor_missed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
