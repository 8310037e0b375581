/* SPDX-License-Identifier: BSD-3-Clause */
/* From a line to a command, without any port. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "command.h"

#include <errno.h>
#include <string.h>

static void
a_line_without_words_does_nothing(void **state)
{
	struct testpmd app = {0};
	struct plx_why why;

	assert_int_equal(command_run(&app, "", &why), 0);
	assert_int_equal(command_run(&app, "  \t\n", &why), 0);
	assert_int_equal(command_run(&app, "# quit", &why), 0);
	assert_false(app.quit);
}

static void
a_command_runs(void **state)
{
	struct testpmd app = {0};
	struct plx_why why;

	assert_int_equal(command_run(&app, " quit ", &why), 0);
	assert_true(app.quit);
}

static void
an_unknown_command_is_named(void **state)
{
	struct testpmd app = {0};
	struct plx_why why;

	assert_int_equal(command_run(&app, "frobnicate all", &why), -EINVAL);
	assert_non_null(strstr(why.text, "frobnicate"));
}

static void
an_incomplete_command_shows_what_there_is(void **state)
{
	struct testpmd app = {0};
	struct plx_why why;

	assert_int_equal(command_run(&app, "show port", &why), -EINVAL);
	assert_non_null(strstr(why.text, "show port info|stats|xstats|summary|offloads <port>"));
}

static void
a_command_without_facts_has_no_json(void **state)
{
	struct testpmd app = {0};
	struct plx_why why;

	assert_int_equal(command_run(&app, "quit --json", &why), -ENOTSUP);
	assert_false(app.quit);
}

static void
a_wrong_word_is_pointed_at_and_the_nearest_named(void **state)
{
	struct testpmd app = {0};
	struct command_place place;
	struct plx_why why;

	assert_int_equal(command_run_at(&app, "  show prot info 0", &place, &why), -EINVAL);
	assert_true(place.known);
	assert_int_equal(place.column, 7);
	assert_non_null(strstr(why.text, "did you mean \"port\"?"));
}

static void
a_missing_word_is_pointed_at_behind_the_last(void **state)
{
	struct testpmd app = {0};
	struct command_place place;
	struct plx_why why;

	assert_int_equal(command_run_at(&app, "show port", &place, &why), -EINVAL);
	assert_true(place.known);
	assert_int_equal(place.column, 10);
}

static void
a_parameter_that_a_command_refuses_is_pointed_at(void **state)
{
	struct testpmd app = {0};
	struct command_place place;
	struct plx_why why;

	assert_int_equal(command_run_at(&app, "show port info 700", &place, &why), -EINVAL);
	assert_true(place.known);
	assert_int_equal(place.column, 15);
}

static void
a_comment_may_follow_a_command(void **state)
{
	struct testpmd app = {0};
	struct plx_why why;

	assert_int_equal(command_run(&app, "quit # and so good night", &why), 0);
	assert_true(app.quit);
}

static void
a_line_longer_than_any_command_is_refused(void **state)
{
	static char line[COMMAND_LINE_MAX + 2];
	struct testpmd app = {0};
	struct plx_why why;

	memset(line, ' ', COMMAND_LINE_MAX + 1);
	memcpy(line, "quit", 4);
	assert_int_equal(command_run(&app, line, &why), -EINVAL);
	line[COMMAND_LINE_MAX] = '\0';
	assert_int_equal(command_run(&app, line, &why), 0);
}

/* Runs the line with every answer in JSON; yields what was answered. */
static char *
answered(struct testpmd *app, const char *line)
{
	static char text[4096];
	struct plx_why why;

	memset(text, 0, sizeof(text));
	app->args.json = true;
	app->answers = fmemopen(text, sizeof(text), "w");
	command_run(app, line, &why);
	fclose(app->answers);
	return text;
}

static void
with_json_for_the_run_each_command_is_answered_by_one_line(void **state)
{
	struct testpmd app = {0};

	assert_string_equal(answered(&app, "quit"), "{\"command\":\"quit\",\"result\":{}}\n");
	assert_string_equal(answered(&app, "# nothing"), "");
	assert_non_null(strstr(answered(&app, "frobnicate"), "\"error\":"));
}

static void
bytes_that_are_no_utf8_are_answered_in_json_too(void **state)
{
	struct testpmd app = {0};

	assert_non_null(strstr(answered(&app, "show \xff\xfe"), "{\"command\":\"show ??\","));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_without_words_does_nothing),
		cmocka_unit_test(a_command_runs),
		cmocka_unit_test(an_unknown_command_is_named),
		cmocka_unit_test(an_incomplete_command_shows_what_there_is),
		cmocka_unit_test(a_command_without_facts_has_no_json),
		cmocka_unit_test(a_wrong_word_is_pointed_at_and_the_nearest_named),
		cmocka_unit_test(a_missing_word_is_pointed_at_behind_the_last),
		cmocka_unit_test(a_parameter_that_a_command_refuses_is_pointed_at),
		cmocka_unit_test(a_comment_may_follow_a_command),
		cmocka_unit_test(a_line_longer_than_any_command_is_refused),
		cmocka_unit_test(with_json_for_the_run_each_command_is_answered_by_one_line),
		cmocka_unit_test(bytes_that_are_no_utf8_are_answered_in_json_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
