/* SPDX-License-Identifier: BSD-3-Clause */
/* What completion offers for testpmd's own parameters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "commands.h"
#include "complete.h"

#include <errno.h>
#include <string.h>

/* What TAB offers behind the text, in one line. */
static const char *
offered(const char *text)
{
	static char all[512];
	struct app app = {0};
	struct words words = {0};

	commands_begin(&app);
	all[0] = '\0';
	complete_words(&app.console, text, &words);
	for (unsigned i = 0; i < words.n; i++) {
		strcat(all, i > 0 ? " " : "");
		strcat(all, words.word[i]);
	}
	words_free(&words);
	return all;
}

static void
completion_knows_engines_levels_and_ports(void **state)
{
	assert_string_equal(offered("set fwd macs"), "macswap");
	assert_string_equal(offered("show port su"), "summary");
	assert_string_equal(offered("show port info a"), "all");
	assert_non_null(strstr(offered("set log global "), "debug"));
}

static void
dpdks_sections_are_helped_with(void **state)
{
	struct app app = {0};
	struct plx_why why;

	commands_begin(&app);
	assert_int_equal(command_run(&app.console, "help display", &why), 0);
	assert_int_equal(command_run(&app.console, "help ports", &why), 0);
	assert_int_equal(command_run(&app.console, "help nonsense", &why), -EINVAL);
	assert_non_null(strstr(why.text, " display "));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(completion_knows_engines_levels_and_ports),
		cmocka_unit_test(dpdks_sections_are_helped_with),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
