/* SPDX-License-Identifier: BSD-3-Clause */
/* What replies look like, and those that come out wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "door_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
becomes(struct plx_door_reply *reply, const char *line, const char *expected)
{
	const struct plx_why why = {""};
	char *text = door_reply_message(reply, line, 0, &why);

	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
	door_reply_fini(reply);
}

static void
members_arrays_and_objects_nest(void **state)
{
	struct plx_door_reply r = {0};

	becomes(&r, "a", "{\"command\":\"a\",\"result\":{}}");
	plx_door_reply_count(&r, "n", 7);
	plx_door_reply_count(&r, "most", UINT64_MAX);
	plx_door_reply_array(&r, "list");
	plx_door_reply_text(&r, NULL, "x");
	plx_door_reply_object(&r, NULL);
	plx_door_reply_bool(&r, "on", true);
	plx_door_reply_null(&r, "none");
	plx_door_reply_end(&r);
	plx_door_reply_array(&r, NULL);
	plx_door_reply_end(&r);
	plx_door_reply_bool(&r, NULL, false);
	plx_door_reply_end(&r);
	plx_door_reply_object(&r, "o");
	plx_door_reply_end(&r);
	becomes(&r, "a \"b\"",
		"{\"command\":\"a \\\"b\\\"\",\"result\":{\"n\":7,\"most\":9223372036854775807,"
		"\"list\":[\"x\",{\"on\":true,\"none\":null},[],false],\"o\":{}}}");
}

static void
any_bytes_become_text(void **state)
{
	struct plx_door_reply r = {0};

	plx_door_reply_text(&r, "\n", "\"\\\x01\x7f\xc3\xa9\xf0\x9f\x98\x80");
	/* Cut, too long, halves of pairs, beyond the end, out of order. */
	plx_door_reply_text(
		&r, "bad",
		"\xc3|\xc0\x80|\xe0\x80\x80|\xed\xa0\x80|\xf4\x90\x80\x80|\xff|\x80|\xf0\x9f\x98");
	becomes(&r, NULL,
		"{\"result\":{\"\\u000a\":\"\\\"\\\\\\u0001\\u007f\xc3\xa9\xf0\x9f\x98\x80\","
		"\"bad\":\"?|\?\?|\?\?\?|\?\?\?|\?\?\?\?|?|?|\?\?\?\"}}");
}

static void
a_whole_result_takes_the_place_of_members(void **state)
{
	struct plx_door_reply r = {0};

	plx_door_reply_whole(&r, "[1]");
	becomes(&r, "a", "{\"command\":\"a\",\"result\":[1]}");
	plx_door_reply_whole(&r, "[1]");
	plx_door_reply_count(&r, "n", 1);
	becomes(&r, "a", "{\"command\":\"a\",\"error\":\"the answer was made wrongly\"}");
	plx_door_reply_count(&r, "n", 1);
	plx_door_reply_whole(&r, "[1]");
	becomes(&r, "a", "{\"command\":\"a\",\"error\":\"the answer was made wrongly\"}");
}

static void
what_does_not_nest_is_an_error(void **state)
{
	struct plx_door_reply r = {0};
	static const char wrong[] = "{\"error\":\"the answer was made wrongly\"}";

	plx_door_reply_end(&r);
	becomes(&r, NULL, wrong);
	plx_door_reply_object(&r, "o");
	becomes(&r, NULL, wrong);
	plx_door_reply_count(&r, NULL, 1);
	becomes(&r, NULL, wrong);
	plx_door_reply_array(&r, "a");
	plx_door_reply_count(&r, "n", 1);
	plx_door_reply_end(&r);
	becomes(&r, NULL, wrong);
	for (unsigned i = 0; i < 40; i++)
		plx_door_reply_object(&r, "o");
	for (unsigned i = 0; i < 40; i++)
		plx_door_reply_end(&r);
	becomes(&r, NULL, wrong);
}

static void
too_much_is_an_error_and_ends_growing(void **state)
{
	struct plx_door_reply r = {0};

	for (unsigned i = 0; i < PLX_DOOR_REPLY_MAX; i++)
		plx_door_reply_text(&r, "name", "a text of some length");
	assert_true(r.size <= 2 * PLX_DOOR_REPLY_MAX + 2);
	becomes(&r, "a",
		"{\"command\":\"a\",\"error\":\"the answer is too long for a message: ask for a part of "
		"it\"}");
}

/* The longest line, all of it to be quoted, and the longest answer fit into a message. */
static void
the_longest_that_is_taken_fits(void **state)
{
	static char line[PLX_DOOR_REQUEST_MAX], body[PLX_DOOR_REPLY_MAX + 1];
	const struct plx_why why = {""};
	bool fits = true;

	memset(line, 1, sizeof(line) - 1);
	for (size_t len = PLX_DOOR_REPLY_MAX; len > PLX_DOOR_REPLY_MAX - 40000; len -= 97) {
		struct plx_door_reply r = {0};
		char *text;

		memset(body, '1', len);
		body[len] = '\0';
		plx_door_reply_whole(&r, body);
		text = door_reply_message(&r, line, 0, &why);
		assert_non_null(text);
		assert_true(strlen(text) <= PLX_DOOR_REPLY_MAX);
		fits = strstr(text, "\"result\"") != NULL;
		free(text);
		door_reply_fini(&r);
	}
	assert_true(fits);
}

static void
an_error_closes_the_fds(void **state)
{
	const struct plx_why said = {"no \"such\" port"}, silent = {""};
	struct plx_door_reply r = {0};
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	char *text;

	assert_int_equal(plx_door_reply_fd(&r, fd), 0);
	text = door_reply_message(&r, "a", -ENODEV, &said);
	assert_string_equal(text, "{\"command\":\"a\",\"error\":\"no \\\"such\\\" port\"}");
	free(text);
	assert_int_equal(r.nb_fds, 0);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	text = door_reply_message(&r, NULL, -ENODEV, &silent);
	assert_string_equal(text, "{\"error\":\"No such device\"}");
	free(text);
	door_reply_fini(&r);
}

static void
too_many_fds_are_closed(void **state)
{
	struct plx_door_reply r = {0};
	int fd = -1;

	for (unsigned i = 0; i <= PLX_DOOR_FDS_MAX; i++) {
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		assert_int_equal(plx_door_reply_fd(&r, fd), i < PLX_DOOR_FDS_MAX ? 0 : -EMFILE);
	}
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	fd = r.fds[0];
	becomes(&r, NULL, "{\"error\":\"the answer has too many file descriptors\"}");
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_arrays_and_objects_nest),
		cmocka_unit_test(any_bytes_become_text),
		cmocka_unit_test(a_whole_result_takes_the_place_of_members),
		cmocka_unit_test(what_does_not_nest_is_an_error),
		cmocka_unit_test(too_much_is_an_error_and_ends_growing),
		cmocka_unit_test(the_longest_that_is_taken_fits),
		cmocka_unit_test(an_error_closes_the_fds),
		cmocka_unit_test(too_many_fds_are_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
