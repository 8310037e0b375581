/* SPDX-License-Identifier: BSD-3-Clause */
/* Sets of files: periods and clocks, and that no packet is lost by any of it. */
#include "fileset_scene.h"

static void
periods_do_not_drift(void **state)
{
	struct scene s;

	scene_make(&s, "log-%H%M%S");
	s.params.dated = true;
	s.params.period_ns = 10 * NS_S;
	scene_open(&s);
	/* Packets late in each period: the next one begins on time all the same. */
	for (int i = 0; i < 4; i++) {
		pass(&s, 9 * NS_S);
		send_many(&s, 1);
		pass(&s, NS_S);
	}
	expect_listing(&s, "log-140000=1 log-140010=1 log-140020=1 log-140030=1");
}

static void
intervals_follow_the_clock_on_the_wall(void **state)
{
	struct scene s;

	scene_make(&s, "log-%H%M%S");
	s.params.dated = true;
	s.params.interval_ns = 60 * NS_S;
	s.now.wall_ns += 50 * NS_S;
	scene_open(&s);
	for (int i = 0; i < 8; i++) {
		send_many(&s, 1);
		pass(&s, 10 * NS_S);
	}
	expect_listing(&s, "log-140000=1 log-140100=6 log-140200=1");
}

static void
a_day_begins_at_local_midnight(void **state)
{
	struct scene s;

	scene_make(&s, "log-%d-%H%M");
	setenv("TZ", "XST-5:30", 1);
	tzset();
	s.params.dated = true;
	s.params.interval_ns = 86400 * NS_S;
	s.now.wall_ns = START + 4 * 3600 * NS_S; /* 23:30 there */
	scene_open(&s);
	send_many(&s, 1);
	pass(&s, 1799 * NS_S);
	send_many(&s, 1);
	pass(&s, NS_S);
	send_many(&s, 1);
	setenv("TZ", "UTC", 1);
	tzset();
	expect_listing(&s, "log-21-0000=2 log-22-0000=1");
}

static void
a_duration_is_counted_from_the_file(void **state)
{
	struct scene s;

	scene_make(&s, "log");
	s.params.duration_ns = 10 * NS_S;
	scene_open(&s);
	send_many(&s, 1);
	pass(&s, 10 * NS_S - 1);
	send_many(&s, 1);
	pass(&s, 1);
	send_many(&s, 1);
	expect_listing(&s, "log=2 log1=1");
}

static void
a_clock_set_forward_ends_one_file(void **state)
{
	struct scene s;
	unsigned files;

	scene_make(&s, "log-%Y%m%d%H%M%S");
	s.params.dated = true;
	s.params.period_ns = NS_S;
	scene_open(&s);
	send_many(&s, 5);
	s.now.wall_ns += 10 * 365 * 86400 * NS_S;
	send_many(&s, 5);
	scene_end(&s);
	assert_int_equal(packets_in_all(&s, &files), 10);
	assert_int_equal(files, 2);
	scene_remove(&s);
}

static void
a_clock_set_back_makes_one_file_last_a_period(void **state)
{
	struct scene s;
	unsigned files;

	scene_make(&s, "log-%H%M%S");
	s.params.dated = true;
	s.params.period_ns = 60 * NS_S;
	scene_open(&s);
	send_many(&s, 1);
	s.now.wall_ns -= 3600 * NS_S;
	for (int i = 0; i < 300; i++) {
		pass(&s, NS_S);
		send_many(&s, 1);
	}
	scene_end(&s);
	assert_int_equal(packets_in_all(&s, &files), 301);
	assert_in_range(files, 5, 6);
	scene_remove(&s);
}

static void
a_clock_that_jumps_to_and_fro_makes_few_files(void **state)
{
	struct scene s;
	unsigned files;

	scene_make(&s, "log-%H%M%S");
	s.params.dated = true;
	s.params.interval_ns = NS_S;
	scene_open(&s);
	for (int i = 0; i < 1000; i++) {
		s.now.wall_ns = i % 2 != 0 ? START + 86400 * NS_S : START;
		send_many(&s, 1);
	}
	scene_end(&s);
	assert_int_equal(packets_in_all(&s, &files), 1000);
	assert_in_range(files, 2, 3);
	scene_remove(&s);
}

static void
times_at_the_ends_of_what_can_be_said_do_no_harm(void **state)
{
	static const uint64_t times[] = {0, 1, UINT64_MAX, UINT64_MAX - 1, INT64_MAX, START, 0};
	struct scene s;
	unsigned files;

	scene_make(&s, "log-%Y%H%M%S");
	setenv("TZ", "XST+7", 1);
	s.params.dated = true;
	s.params.interval_ns = 7 * 86400 * NS_S;
	s.params.period_ns = 3 * NS_S;
	scene_open(&s);
	for (unsigned i = 0; i < PLX_ARRAY_LEN(times); i++) {
		s.now.wall_ns = times[i];
		send_many(&s, 1);
	}
	setenv("TZ", "UTC", 1);
	scene_end(&s);
	assert_int_equal(packets_in_all(&s, &files), PLX_ARRAY_LEN(times));
	scene_remove(&s);
}

static void
a_period_without_packets_ends_its_file_and_begins_none(void **state)
{
	struct scene s;

	scene_make(&s, "log-%H%M%S");
	s.params.dated = true;
	s.params.period_ns = 10 * NS_S;
	scene_open(&s);
	send_many(&s, 2);
	assert_int_equal(plx_pcapfile_fileset_idle(s.set, s.writer, &s.now, &s.why), 0);
	assert_int_equal(s.finished, 0);
	pass(&s, 10 * NS_S);
	assert_int_equal(plx_pcapfile_fileset_idle(s.set, s.writer, &s.now, &s.why), 0);
	assert_int_equal(s.finished, 1);
	pass(&s, 25 * NS_S);
	assert_int_equal(plx_pcapfile_fileset_idle(s.set, s.writer, &s.now, &s.why), 0);
	assert_string_equal(listing(&s), "log-140000=2");
	send_many(&s, 3);
	expect_listing(&s, "log-140000=2 log-140030=3");
}

static void
a_first_file_that_waited_for_hours_is_named_anew(void **state)
{
	struct scene s;

	scene_make(&s, "log-%H%M%S");
	s.params.dated = true;
	s.params.period_ns = 3600 * NS_S;
	scene_open(&s);
	pass(&s, 3 * 3600 * NS_S + 5 * NS_S);
	assert_int_equal(plx_pcapfile_fileset_idle(s.set, s.writer, &s.now, &s.why), 0);
	assert_int_equal(s.finished, 0);
	send_many(&s, 1);
	expect_listing(&s, "log-170000=1");
}

static void
the_last_period_ends_the_set_without_a_packet(void **state)
{
	struct scene s;

	scene_make(&s, "log");
	s.params.period_ns = 10 * NS_S;
	s.params.stop_after = 1;
	scene_open(&s);
	send_many(&s, 2);
	pass(&s, 10 * NS_S);
	assert_int_equal(plx_pcapfile_fileset_idle(s.set, s.writer, &s.now, &s.why), 1);
	assert_int_equal(send_one(&s), 1);
	expect_listing(&s, "log=2");
}

static void
no_packet_is_lost_by_any_mixture_of_limits_and_clocks(void **state)
{
	for (unsigned seed = 1; seed <= 40; seed++) {
		struct scene s;
		unsigned files;

		srand(seed);
		scene_make(&s, seed % 3 == 0 ? "log-%M" : "log");
		s.params.dated = seed % 3 == 0;
		s.params.naming =
			seed % 3 == 1 ? PLX_PCAPFILE_NAME_NUMBER_AND_TIME : PLX_PCAPFILE_NAME_PLAIN;
		s.params.safe_rename = rand() % 2 == 0;
		s.params.file_bytes = rand() % 2 == 0 ? (uint64_t)(rand() % 5000) : 0;
		s.params.file_packets = rand() % 2 == 0 ? (uint64_t)(rand() % 50) : 0;
		s.params.period_ns = rand() % 2 == 0 ? (uint64_t)(rand() % 20) * NS_S : 0;
		s.params.interval_ns = rand() % 2 == 0 ? (uint64_t)(rand() % 20) * NS_S : 0;
		s.params.duration_ns = rand() % 2 == 0 ? (uint64_t)(rand() % 20) * NS_S : 0;
		scene_open(&s);
		for (int i = 0; i < 500; i++) {
			send_many(&s, 1);
			pass(&s, (uint64_t)(rand() % 1000) * 1000000);
			if (rand() % 50 == 0)
				s.now.wall_ns +=
					(uint64_t)((int64_t)(rand() % 200 - 100) * (int64_t)NS_S);
			if (rand() % 10 == 0)
				plx_pcapfile_fileset_idle(s.set, s.writer, &s.now, NULL);
		}
		scene_end(&s);
		assert_int_equal(packets_in_all(&s, &files), s.sent);
		assert_int_equal(files, s.finished);
		scene_remove(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(periods_do_not_drift),
		cmocka_unit_test(intervals_follow_the_clock_on_the_wall),
		cmocka_unit_test(a_day_begins_at_local_midnight),
		cmocka_unit_test(a_duration_is_counted_from_the_file),
		cmocka_unit_test(a_clock_set_forward_ends_one_file),
		cmocka_unit_test(a_clock_set_back_makes_one_file_last_a_period),
		cmocka_unit_test(a_clock_that_jumps_to_and_fro_makes_few_files),
		cmocka_unit_test(times_at_the_ends_of_what_can_be_said_do_no_harm),
		cmocka_unit_test(a_period_without_packets_ends_its_file_and_begins_none),
		cmocka_unit_test(a_first_file_that_waited_for_hours_is_named_anew),
		cmocka_unit_test(the_last_period_ends_the_set_without_a_packet),
		cmocka_unit_test(no_packet_is_lost_by_any_mixture_of_limits_and_clocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
