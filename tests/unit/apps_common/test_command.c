/* SPDX-License-Identifier: BSD-3-Clause */
/* From a line to a command. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "toy.h"

#include <string.h>

static void
a_line_without_words_does_nothing(void **state)
{
	struct console *console = toy_begin();
	struct plx_why why;

	assert_int_equal(command_run(console, "", &why), 0);
	assert_int_equal(command_run(console, "  \t\n", &why), 0);
	assert_int_equal(command_run(console, "# quit", &why), 0);
	assert_false(console->quit);
}

static void
a_command_runs(void **state)
{
	struct console *console = toy_begin();
	struct plx_why why;

	assert_int_equal(command_run(console, " quit ", &why), 0);
	assert_true(console->quit);
}

static void
an_unknown_command_is_named(void **state)
{
	struct console *console = toy_begin();
	struct plx_why why;

	assert_int_equal(command_run(console, "frobnicate all", &why), -EINVAL);
	assert_non_null(strstr(why.text, "frobnicate"));
}

static void
an_incomplete_command_shows_what_there_is(void **state)
{
	struct console *console = toy_begin();
	struct plx_why why;

	assert_int_equal(command_run(console, "show port", &why), -EINVAL);
	assert_non_null(strstr(why.text, "show port info|stats|xstats <port>"));
}

static void
a_command_without_facts_has_no_json(void **state)
{
	struct console *console = toy_begin();
	struct plx_why why;

	assert_int_equal(command_run(console, "quit --json", &why), -ENOTSUP);
	assert_false(console->quit);
}

static void
a_wrong_word_is_pointed_at_and_the_nearest_named(void **state)
{
	struct console *console = toy_begin();
	struct command_place place;
	struct plx_why why;

	assert_int_equal(command_run_at(console, "  show prot info 0", &place, &why), -EINVAL);
	assert_true(place.known);
	assert_int_equal(place.column, 7);
	assert_non_null(strstr(why.text, "did you mean \"port\"?"));
}

static void
a_missing_word_is_pointed_at_behind_the_last(void **state)
{
	struct console *console = toy_begin();
	struct command_place place;
	struct plx_why why;

	assert_int_equal(command_run_at(console, "show port", &place, &why), -EINVAL);
	assert_true(place.known);
	assert_int_equal(place.column, 10);
}

static void
a_parameter_that_a_command_refuses_is_pointed_at(void **state)
{
	struct console *console = toy_begin();
	struct command_place place;
	struct plx_why why;

	assert_int_equal(command_run_at(console, "show port info 700", &place, &why), -EINVAL);
	assert_true(place.known);
	assert_int_equal(place.column, 15);
}

static void
a_comment_may_follow_a_command(void **state)
{
	struct console *console = toy_begin();
	struct plx_why why;

	assert_int_equal(command_run(console, "quit # and so good night", &why), 0);
	assert_true(console->quit);
}

static void
a_line_longer_than_any_command_is_refused(void **state)
{
	static char line[COMMAND_LINE_MAX + 2];
	struct console *console = toy_begin();
	struct plx_why why;

	memset(line, ' ', COMMAND_LINE_MAX + 1);
	memcpy(line, "quit", 4);
	assert_int_equal(command_run(console, line, &why), -EINVAL);
	line[COMMAND_LINE_MAX] = '\0';
	assert_int_equal(command_run(console, line, &why), 0);
}

/* Runs the line with every answer in JSON; yields what was answered. */
static char *
answered(struct console *console, const char *line)
{
	static char text[4096];
	struct plx_why why;

	memset(text, 0, sizeof(text));
	console->json = true;
	console->answers = fmemopen(text, sizeof(text), "w");
	command_run(console, line, &why);
	fclose(console->answers);
	return text;
}

static void
with_json_for_the_run_each_command_is_answered_by_one_line(void **state)
{
	struct console *console = toy_begin();

	assert_string_equal(answered(console, "quit"), "{\"command\":\"quit\",\"result\":{}}\n");
	assert_string_equal(answered(console, "# nothing"), "");
	assert_non_null(strstr(answered(console, "frobnicate"), "\"error\":"));
}

static void
bytes_that_are_no_utf8_are_answered_in_json_too(void **state)
{
	struct console *console = toy_begin();

	assert_non_null(strstr(answered(console, "show \xff\xfe"), "{\"command\":\"show ??\","));
}

/* What "help <word>" for programs tells: the patterns, parted by bars. */
static const char *
helped(const char *word)
{
	static char all[512];
	json_t *result = json_object(), *row;
	struct plx_why why;
	size_t i;

	all[0] = '\0';
	help_facts(toy_begin(), word, result, &why);
	json_array_foreach(json_object_get(result, "commands"), i, row)
	{
		strcat(all, json_string_value(json_object_get(row, "pattern")));
		strcat(all, ";");
	}
	json_decref(result);
	return all;
}

static void
help_is_by_section_first_word_group_or_all(void **state)
{
	struct plx_why why;

	assert_string_equal(helped("control"), "help [<section>];load <file>;quit|exit|q;");
	assert_string_equal(helped("exit"), "quit|exit|q;");
	assert_string_equal(helped("display"),
			    "show port info|stats|xstats <port>;show fruit <fruit>;");
	assert_string_equal(helped("nonsense"), "");
	assert_non_null(strstr(helped(NULL), "show fruit"));
	assert_int_equal(help_show(toy_begin(), "nonsense", &why), -EINVAL);
	assert_non_null(strstr(why.text, "control ports display all"));
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
		cmocka_unit_test(help_is_by_section_first_word_group_or_all),
		cmocka_unit_test(bytes_that_are_no_utf8_are_answered_in_json_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
