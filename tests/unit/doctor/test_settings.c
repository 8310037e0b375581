/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "check.h"
#include "doctor.h"
#include "settings.h"

#include <stdlib.h>

static struct settings settings;
static struct plx_why why;

/* The command line, words parted by single blanks. */
static int
read_line(const char *line)
{
	static char copy[256], *words[16];
	char *rest = copy;
	int n = 0;

	snprintf(copy, sizeof(copy), "plx-doctor %s", line);
	while (n < 16 && (words[n] = strsep(&rest, " ")) != NULL)
		n++;
	return settings_read(&settings, n, words, &why);
}

static void
checks_are_named_as_words(void **state)
{
	assert_int_equal(read_line("cpus --json memlock"), 0);
	assert_int_equal(settings.nb_checks, 2);
	assert_string_equal(settings.checks[1], "memlock");
	assert_true(settings.json);
	assert_int_equal(settings_purposes(&settings), FOR_ALL);
	settings_fini(&settings);
}

static void
a_check_there_is_none_of_is_refused_with_the_nearest(void **state)
{
	assert_int_equal(read_line("hugepage"), -EINVAL);
	assert_string_equal(why.text, "there is no check 'hugepage'; did you mean 'hugepages'?");
	settings_fini(&settings);
	assert_int_equal(read_line("zzzzzzzz"), -EINVAL);
	assert_non_null(strstr(why.text, "plx-doctor --list"));
	settings_fini(&settings);
}

static void
a_driver_is_chosen_by_its_name(void **state)
{
	assert_int_equal(read_line("--for tap"), 0);
	assert_int_equal(settings_purposes(&settings), FOR_TAP);
	settings_fini(&settings);
	assert_int_equal(read_line("--for usb"), -EINVAL);
	settings_fini(&settings);
}

static void
contradictions_are_refused(void **state)
{
	assert_int_equal(read_line("--yes"), -EINVAL);
	settings_fini(&settings);
	assert_int_equal(read_line("--sweep --json"), -EINVAL);
	settings_fini(&settings);
}

static void
a_driver_that_lacks_something_is_a_problem_only_for_who_asked_for_it(void **state)
{
	struct exam exam = {.purposes = FOR_ALL};

	assert_int_equal(exam_lack(&exam, FOR_TAP), LEVEL_NOTE);
	exam.purposes = FOR_TAP;
	assert_int_equal(exam_lack(&exam, FOR_TAP), LEVEL_PROBLEM);
	assert_int_equal(exam_lack(&exam, FOR_AF_XDP), LEVEL_NOTE);
}

static void
an_examination_is_told_as_json_that_counts_what_it_found(void **state)
{
	struct exam exam = {.machine = {.root = "/nowhere"}, .purposes = FOR_TAP};
	char id[] = "tun", *ids[] = {id}, *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	json_t *told;

	assert_int_equal(doctor_run(&exam, ids, 1, true, out), 1);
	fclose(out);
	told = json_loads(text, 0, NULL);
	assert_non_null(told);
	assert_int_equal(json_integer_value(json_object_get(told, "problems")), 1);
	assert_int_equal(json_array_size(json_object_get(told, "checks")), 1);
	json_decref(told);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checks_are_named_as_words),
		cmocka_unit_test(a_check_there_is_none_of_is_refused_with_the_nearest),
		cmocka_unit_test(a_driver_is_chosen_by_its_name),
		cmocka_unit_test(contradictions_are_refused),
		cmocka_unit_test(
			a_driver_that_lacks_something_is_a_problem_only_for_who_asked_for_it),
		cmocka_unit_test(an_examination_is_told_as_json_that_counts_what_it_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
