/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests as peers may write them, well and badly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "door_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct plx_door_request request;

/* In a block of its own size, so that reading behind it is seen. */
static int
parse_bytes(const char *bytes, size_t len, struct plx_why *why)
{
	char *copy = malloc(len > 0 ? len : 1);
	int ret;

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	ret = door_request_parse(&request, copy, len, why);
	free(copy);
	return ret;
}

static void
is_refused(const char *text, const char *says)
{
	struct plx_why why = {""};

	if (parse_bytes(text, strlen(text), &why) != -EINVAL)
		fail_msg("taken: %s", text);
	if (strstr(why.text, says) == NULL)
		fail_msg("%s: '%s' lacks '%s'", text, why.text, says);
}

static void
is_taken(const char *text)
{
	struct plx_why why = {""};

	if (parse_bytes(text, strlen(text), &why) != 0)
		fail_msg("%s: %s", text, why.text);
}

static void
a_command_is_a_line_of_words_with_values_by_name(void **state)
{
	is_taken(
		" { \"command\" : \"stats  0\\tall\" , \"port\":-1.5e+3, \"on\":true,\n\"x\":null}\r\n");
	assert_string_equal(plx_door_request_line(&request), "stats  0\tall");
	assert_string_equal(request.words[0], "stats");
	assert_string_equal(plx_door_request_word(&request, 0), "0");
	assert_string_equal(plx_door_request_word(&request, 1), "all");
	assert_null(plx_door_request_word(&request, 2));
	assert_string_equal(plx_door_request_value(&request, "port"), "-1.5e+3");
	assert_string_equal(plx_door_request_value(&request, "on"), "true");
	assert_string_equal(plx_door_request_value(&request, "x"), "null");
	assert_null(plx_door_request_value(&request, "por"));
}

static void
escapes_become_what_they_stand_for(void **state)
{
	is_taken(
		"{\"command\":\"a\",\"t\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20AC\\ud83d\\ude00\"}");
	assert_string_equal(plx_door_request_value(&request, "t"),
			    "\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
}

static void
numbers_are_words_or_values(void **state)
{
	struct plx_why why = {""};
	uint64_t n = 0;

	is_taken("{\"command\":\"stats 7\",\"port\":3}");
	assert_int_equal(plx_door_request_number(&request, 0, "port", 31, &n, &why), 0);
	assert_int_equal(n, 7);
	is_taken("{\"command\":\"stats\",\"port\":3}");
	assert_int_equal(plx_door_request_number(&request, 0, "port", 3, &n, &why), 0);
	assert_int_equal(n, 3);
	assert_int_equal(plx_door_request_number(&request, 0, "port", 2, &n, &why), -EINVAL);
	assert_non_null(strstr(why.text, "\"3\" is no port: a number up to 2"));
	assert_int_equal(plx_door_request_number(&request, 0, "queue", 2, &n, &why), -EINVAL);
	assert_string_equal(why.text, "stats needs a queue");
	is_taken("{\"command\":\"stats -1\"}");
	assert_int_equal(plx_door_request_number(&request, 0, "port", 9, &n, &why), -EINVAL);
	is_taken("{\"command\":\"stats 1x\"}");
	assert_int_equal(plx_door_request_number(&request, 0, "port", 9, &n, &why), -EINVAL);
	is_taken("{\"command\":\"stats 99999999999999999999999\"}");
	assert_int_equal(plx_door_request_number(&request, 0, "port", UINT64_MAX, &n, &why),
			 -EINVAL);
}

static void
what_is_no_request_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"{",
		"}",
		"[]",
		"\"command\"",
		"{\"command\"}",
		"{\"command\":}",
		"{\"command\":\"a\"",
		"{\"command\":\"a\",}",
		"{\"command\":\"a\"}x",
		"{\"command\":\"a",
		"{\"command\":\"a\\",
		"{\"command\":\"a\\x\"}",
		"{\"command\":\"a\\u12",
		"{\"command\":\"a\\u12g4\"}",
		"{\"command\":\"a\\u0000\"}",
		"{\"command\":\"a\\udc00\"}",
		"{\"command\":\"a\\ud800\"}",
		"{\"command\":\"a\\ud800\\u0041\"}",
		"{\"command\":\"a\\ud800\\ue000\"}",
		"{\"command\":\"a\nb\"}",
		"{\"command\":\"a\",\"n\":01}",
		"{\"command\":\"a\",\"n\":-}",
		"{\"command\":\"a\",\"n\":1.}",
		"{\"command\":\"a\",\"n\":1e}",
		"{\"command\":\"a\",\"n\":+1}",
		"{\"command\":\"a\",\"n\":tru",
		"{\"command\":\"a\",\"n\":{}}",
		"{\"command\":\"a\",\"n\":[1]}",
		"{'command':'a'}",
	};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(bad); i++)
		is_refused(bad[i], "is expected where");
	is_refused("{}", "no \"command\"");
	is_refused("{\"Command\":\"a\"}", "no \"command\"");
	is_refused("{\"command\":\" \"}", "is empty");
	is_refused("{\"command\":\"a\",\"x\":1,\"x\":2}", "\"x\" twice");
	assert_int_equal(parse_bytes("{\"command\":\"a\0b\"}", 17, NULL), -EINVAL);
}

static void
limits_are_held(void **state)
{
	char text[PLX_DOOR_REQUEST_MAX + 2];
	size_t used = (size_t)snprintf(text, sizeof(text), "{\"command\":\"a\"");
	struct plx_why why = {""};

	for (unsigned i = 1; i < DOOR_VALUES_MAX; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, ",\"v%u\":%u", i, i);
	snprintf(text + used, sizeof(text) - used, "}");
	is_taken(text);
	snprintf(text + used, sizeof(text) - used, ",\"one\":1}");
	is_refused(text, "at most 16 values");
	used = (size_t)snprintf(text, sizeof(text), "{\"command\":\"");
	for (unsigned i = 0; i < DOOR_WORDS_MAX; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "w ");
	snprintf(text + used, sizeof(text) - used, "\"}");
	is_taken(text);
	assert_int_equal(request.nb_words, DOOR_WORDS_MAX);
	snprintf(text + used, sizeof(text) - used, "w\"}");
	is_refused(text, "at most 32 words");
	/* All of it is one word, which is kept twice. */
	memset(text, 'x', sizeof(text));
	memcpy(text, "{\"command\":\"", 12);
	memcpy(text + PLX_DOOR_REQUEST_MAX - 2, "\"}", 2);
	assert_int_equal(parse_bytes(text, PLX_DOOR_REQUEST_MAX, &why), 0);
	assert_true(request.used <= sizeof(request.text));
	memcpy(text + PLX_DOOR_REQUEST_MAX - 1, "\"}", 2);
	text[PLX_DOOR_REQUEST_MAX - 2] = 'x';
	assert_int_equal(parse_bytes(text, PLX_DOOR_REQUEST_MAX + 1, &why), -EINVAL);
	assert_non_null(strstr(why.text, "4096 bytes"));
}

/* Whatever is cut off or changed: an answer, and nothing touched that is not there. */
static void
every_cut_and_every_byte_is_survived(void **state)
{
	static const char whole[] =
		"{\"command\":\"a b\\u00e9\\ud83d\\ude00\",\"n\":-12.5e+1,\"t\":true}";
	char text[sizeof(whole)];

	for (size_t len = 0; len < sizeof(whole) - 1; len++)
		assert_int_equal(parse_bytes(whole, len, NULL), -EINVAL);
	for (size_t at = 0; at < sizeof(whole) - 1; at++) {
		for (int byte = 0; byte < 256; byte++) {
			memcpy(text, whole, sizeof(text));
			text[at] = (char)byte;
			if (parse_bytes(text, sizeof(whole) - 1, NULL) == 0)
				assert_true(request.nb_words > 0 &&
					    request.used <= sizeof(request.text));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_is_a_line_of_words_with_values_by_name),
		cmocka_unit_test(escapes_become_what_they_stand_for),
		cmocka_unit_test(numbers_are_words_or_values),
		cmocka_unit_test(what_is_no_request_is_refused),
		cmocka_unit_test(limits_are_held),
		cmocka_unit_test(every_cut_and_every_byte_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
