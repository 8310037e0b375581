/* SPDX-License-Identifier: BSD-3-Clause */
#include "plx_log.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

PLX_LOG_COMPONENT(af_xdp, "pmd.net.af_xdp");
PLX_LOG_COMPONENT(zone, "eal.zone");

static struct {
	unsigned messages;
	enum plx_log_level level;
	char component[64];
	char text[2048];
} seen;

static void
remember(void *arg, enum plx_log_level level, const char *component, const char *text)
{
	assert_ptr_equal(arg, &seen);
	seen.messages++;
	seen.level = level;
	snprintf(seen.component, sizeof(seen.component), "%s", component);
	snprintf(seen.text, sizeof(seen.text), "%s", text);
}

static int
setup(void **state)
{
	memset(&seen, 0, sizeof(seen));
	plx_log_reset();
	plx_log_set_sink(remember, &seen);
	return 0;
}

static int
teardown(void **state)
{
	plx_log_set_sink(NULL, NULL);
	plx_log_reset();
	return 0;
}

static void
notice_is_written_and_info_is_not_by_default(void **state)
{
	plx_log_info(&af_xdp, "quiet");
	assert_int_equal(seen.messages, 0);
	plx_log_notice(&af_xdp, "queue %d", 3);
	assert_int_equal(seen.messages, 1);
	assert_int_equal(seen.level, PLX_LOG_NOTICE);
	assert_string_equal(seen.component, "pmd.net.af_xdp");
	assert_string_equal(seen.text, "queue 3");
}

static void
a_pattern_changes_only_what_it_matches(void **state)
{
	assert_int_equal(plx_log_add_rule("pmd.*:debug", NULL), 0);
	assert_true(plx_log_enabled(&af_xdp, PLX_LOG_DEBUG));
	assert_false(plx_log_enabled(&zone, PLX_LOG_INFO));
	assert_int_equal(plx_log_add_rule("eal.zone,7", NULL), 0);
	assert_true(plx_log_enabled(&zone, PLX_LOG_INFO));
	assert_false(plx_log_enabled(&zone, PLX_LOG_DEBUG));
}

static void
the_last_matching_rule_wins(void **state)
{
	assert_int_equal(plx_log_add_rule("debug", NULL), 0);
	assert_int_equal(plx_log_add_rule("eal.*:error", NULL), 0);
	assert_true(plx_log_enabled(&af_xdp, PLX_LOG_DEBUG));
	assert_true(plx_log_enabled(&zone, PLX_LOG_ERR));
	assert_false(plx_log_enabled(&zone, PLX_LOG_WARNING));
	assert_int_equal(plx_log_add_rule("1", NULL), 0);
	assert_false(plx_log_enabled(&zone, PLX_LOG_ERR));
	assert_false(plx_log_enabled(&af_xdp, PLX_LOG_ALERT));
}

static void
reset_brings_notice_back(void **state)
{
	assert_int_equal(plx_log_add_rule("*:debug", NULL), 0);
	assert_true(plx_log_enabled(&zone, PLX_LOG_DEBUG));
	plx_log_reset();
	assert_false(plx_log_enabled(&zone, PLX_LOG_INFO));
	assert_true(plx_log_enabled(&zone, PLX_LOG_NOTICE));
}

static void
a_bad_rule_names_what_was_found_and_what_is_allowed(void **state)
{
	struct plx_why why;

	assert_int_equal(plx_log_add_rule("pmd.*:loud", &why), -EINVAL);
	assert_non_null(strstr(why.text, "'loud'"));
	assert_non_null(strstr(why.text, "notice"));
	assert_int_equal(plx_log_add_rule("pmd.*:9", &why), -EINVAL);
	assert_int_equal(plx_log_add_rule("pmd.*:0", &why), -EINVAL);
	assert_int_equal(plx_log_add_rule("pmd.*:", &why), -EINVAL);
	assert_int_equal(plx_log_add_rule(":debug", &why), -EINVAL);
	assert_non_null(strstr(why.text, "0 characters"));
	assert_int_equal(plx_log_add_rule("", &why), -EINVAL);
	assert_false(plx_log_enabled(&af_xdp, PLX_LOG_INFO));
}

static void
a_full_table_refuses_but_a_rule_for_all_still_fits(void **state)
{
	struct plx_why why;
	char rule[32];

	for (int i = 0; i < PLX_LOG_RULES_MAX; i++) {
		snprintf(rule, sizeof(rule), "x%d:debug", i);
		assert_int_equal(plx_log_add_rule(rule, &why), 0);
	}
	assert_int_equal(plx_log_add_rule("one.more:debug", &why), -ENOSPC);
	for (int i = 0; i < 2 * PLX_LOG_RULES_MAX; i++)
		assert_int_equal(plx_log_add_rule(i % 2 ? "info" : "debug", &why), 0);
	assert_int_equal(plx_log_add_rule("one.more:debug", &why), 0);
}

static void
a_message_is_one_line_without_escapes(void **state)
{
	plx_log_err(&zone, "a\nb\033[2Jc\n\n");
	assert_string_equal(seen.text, "a b [2Jc");
}

static void
a_long_message_is_cut(void **state)
{
	char longer[3000];

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	plx_log_err(&zone, "%s", longer);
	assert_int_equal(strlen(seen.text), 1023);
}

static void
errno_survives_a_message(void **state)
{
	errno = ENODEV;
	plx_log_err(&zone, "no device");
	assert_int_equal(errno, ENODEV);
}

static void
the_default_sink_writes_one_line_to_stderr(void **state)
{
	int saved = dup(STDERR_FILENO);
	int ends[2];
	char line[256];
	ssize_t len;

	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	plx_log_set_sink(NULL, NULL);
	plx_log_warn(&zone, "no huge pages");
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(ends[1]);
	len = read(ends[0], line, sizeof(line) - 1);
	close(ends[0]);
	assert_true(len > 0);
	line[len] = '\0';
	assert_string_equal(line, "pollux: eal.zone: no huge pages\n");
}

static void
level_names_are_those_of_dpdk(void **state)
{
	assert_string_equal(plx_log_level_name(PLX_LOG_EMERG), "emergency");
	assert_string_equal(plx_log_level_name(PLX_LOG_DEBUG), "debug");
	assert_string_equal(plx_log_level_name((enum plx_log_level)99), "unknown");
}

static void *
log_and_ask(void *arg)
{
	for (int i = 0; i < 2000; i++) {
		bool on = plx_log_enabled(&zone, PLX_LOG_ERR);

		if (!on)
			return arg;
	}
	return NULL;
}

static void
rules_may_change_while_threads_log(void **state)
{
	pthread_t threads[3];
	void *failed;

	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, log_and_ask, &seen), 0);
	for (int i = 0; i < 200; i++)
		assert_int_equal(plx_log_add_rule(i % 2 ? "eal.*:debug" : "eal.*:error", NULL), 0);
	for (int i = 0; i < 3; i++) {
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
}

static void
components_and_rules_can_be_listed_with_their_levels(void **state)
{
	struct plx_log_entry entries[8];
	unsigned n;

	plx_log_notice(&af_xdp, "here");
	plx_log_notice(&zone, "here");
	plx_log_add_rule("pmd.*:debug", NULL);
	n = plx_log_components(entries, PLX_ARRAY_LEN(entries));
	assert_int_equal(n, 2);
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(entries[i].level, strcmp(entries[i].name, "eal.zone") == 0
							   ? PLX_LOG_NOTICE
							   : PLX_LOG_DEBUG);
	assert_int_equal(plx_log_rules(entries, 1), 1);
	assert_string_equal(entries[0].name, "pmd.*");
	assert_int_equal(entries[0].level, PLX_LOG_DEBUG);
	assert_int_equal(plx_log_rules(NULL, 0), 1);
}

static void
a_rule_replaces_an_older_one_of_its_pattern(void **state)
{
	struct plx_log_entry entries[4];

	for (int i = 0; i < 2 * PLX_LOG_RULES_MAX; i++) {
		assert_int_equal(plx_log_add_rule("pmd.*:info", NULL), 0);
		assert_int_equal(plx_log_add_rule("eal.*:debug", NULL), 0);
	}
	assert_int_equal(plx_log_rules(entries, PLX_ARRAY_LEN(entries)), 2);
	assert_string_equal(entries[1].name, "eal.*");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(notice_is_written_and_info_is_not_by_default),
		TEST(a_pattern_changes_only_what_it_matches),
		TEST(the_last_matching_rule_wins),
		TEST(reset_brings_notice_back),
		TEST(components_and_rules_can_be_listed_with_their_levels),
		TEST(a_rule_replaces_an_older_one_of_its_pattern),
		TEST(a_bad_rule_names_what_was_found_and_what_is_allowed),
		TEST(a_full_table_refuses_but_a_rule_for_all_still_fits),
		TEST(a_message_is_one_line_without_escapes),
		TEST(a_long_message_is_cut),
		TEST(errno_survives_a_message),
		TEST(the_default_sink_writes_one_line_to_stderr),
		TEST(level_names_are_those_of_dpdk),
		TEST(rules_may_change_while_threads_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
