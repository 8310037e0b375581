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
	assert_non_null(strstr(why.text, "show port info|stats|xstats|summary <port>"));
}

static void
a_command_without_facts_has_no_json(void **state)
{
	struct testpmd app = {0};
	struct plx_why why;

	assert_int_equal(command_run(&app, "quit --json", &why), -ENOTSUP);
	assert_false(app.quit);
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
