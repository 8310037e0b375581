/* SPDX-License-Identifier: BSD-3-Clause */
/* Patterns of commands against words, and what may follow what was typed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "complete.h"
#include "grammar.h"
#include "toy.h"

#include <stdlib.h>
#include <string.h>

#define SHOW "show port info|stats <port> [raw] [<times>]"

static unsigned
match(const char *pattern, const char *line, bool *ret_whole)
{
	char *words[16], *copy = strdup(line), *rest = NULL;
	unsigned n = 0, fitting;

	for (char *word = strtok_r(copy, " ", &rest); word != NULL;
	     word = strtok_r(NULL, " ", &rest))
		words[n++] = word;
	fitting = grammar_match(pattern, words, n, ret_whole);
	free(copy);
	return fitting;
}

static void
a_line_matches_as_far_as_its_words_are_right(void **state)
{
	bool whole;

	assert_int_equal(match(SHOW, "show prot info 0", &whole), 1);
	assert_false(whole);
	assert_int_equal(match(SHOW, "show port inf 0", &whole), 2);
	assert_false(whole);
	assert_int_equal(match(SHOW, "show port info", &whole), 3);
	assert_false(whole);
	assert_int_equal(match(SHOW, "show port stats 0", &whole), 4);
	assert_true(whole);
}

static void
what_is_in_brackets_may_be_absent(void **state)
{
	bool whole;

	assert_int_equal(match(SHOW, "show port info 0 raw", &whole), 5);
	assert_true(whole);
	assert_int_equal(match(SHOW, "show port info 0 raw 5", &whole), 6);
	assert_true(whole);
	assert_int_equal(match(SHOW, "show port info 0 row", &whole), 4);
	assert_false(whole);
	assert_int_equal(match(SHOW, "show port info 0 raw 5 more", &whole), 6);
	assert_false(whole);
}

static void
a_part_of_a_choice_is_none(void **state)
{
	bool whole;

	assert_int_equal(match("quit|exit|q", "qui", &whole), 0);
	assert_int_equal(match("quit|exit|q", "quit|exit", &whole), 0);
	assert_int_equal(match("quit|exit|q", "q", &whole), 1);
	assert_true(whole);
}

static void
of_two_commands_the_one_with_the_earlier_word_is_meant(void **state)
{
	char port[] = "port", config[] = "config", mtu[] = "mtu";
	char *words[] = {port, config, mtu};

	assert_true(grammar_literals("port config <port>", words, 3) >
		    grammar_literals("port <port> mtu", words, 3));
	assert_true(grammar_literals("port config mtu", words, 3) >
		    grammar_literals("port config <port>", words, 3));
	assert_int_equal(grammar_literals("<port> <port> <port>", words, 3), 0);
}

/* What TAB offers behind the text, in one line. */
static const char *
offered(const char *text)
{
	static char all[512];
	struct words words = {0};

	all[0] = '\0';
	complete_words(toy_begin(), text, &words);
	for (unsigned i = 0; i < words.n; i++) {
		strcat(all, i > 0 ? " " : "");
		strcat(all, words.word[i]);
	}
	words_free(&words);
	return all;
}

static void
completion_offers_words_and_choices(void **state)
{
	assert_string_equal(offered("qu"), "quit");
	assert_string_equal(offered("show port st"), "stats");
	assert_string_equal(offered("show  port  xs"), "xstats");
	assert_string_equal(offered("nothing begins so "), "");
	assert_non_null(strstr(offered(""), "quit"));
}

static void
completion_knows_sections_files_and_what_the_program_tells(void **state)
{
	assert_string_equal(offered("show fruit ap"), "apple apricot");
	assert_string_equal(offered("help contr"), "control");
	assert_string_equal(offered("help al"), "all");
	assert_string_equal(offered("load /proc/self/cmdlin"), "/proc/self/cmdline");
	assert_string_equal(offered("load /et"), "/etc/");
}

static void
completion_offers_json_where_a_line_is_whole(void **state)
{
	assert_string_equal(offered("show port info 0 "), "--json");
	assert_string_equal(offered("show port info 0 --j"), "--json");
	assert_string_equal(offered("quit "), "");
}

static void
completion_ends_at_a_comment(void **state)
{
	assert_string_equal(offered("show # po"), "");
	/* Where the mark would pass for a parameter. */
	assert_string_equal(offered("show port info 0 "), "--json");
	assert_string_equal(offered("show port info # "), "");
}

static void
words_have_a_beginning_in_common(void **state)
{
	struct words words = {0};

	assert_int_equal(words_common(&words), 0);
	words_add(&words, "rxonly", 6);
	assert_int_equal(words_common(&words), 6);
	words_add(&words, "rxq", 3);
	words_add(&words, "rxq", 3);
	assert_int_equal(words.n, 2);
	assert_int_equal(words_common(&words), 2);
	words_free(&words);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_matches_as_far_as_its_words_are_right),
		cmocka_unit_test(what_is_in_brackets_may_be_absent),
		cmocka_unit_test(a_part_of_a_choice_is_none),
		cmocka_unit_test(of_two_commands_the_one_with_the_earlier_word_is_meant),
		cmocka_unit_test(completion_offers_words_and_choices),
		cmocka_unit_test(completion_knows_sections_files_and_what_the_program_tells),
		cmocka_unit_test(completion_offers_json_where_a_line_is_whole),
		cmocka_unit_test(completion_ends_at_a_comment),
		cmocka_unit_test(words_have_a_beginning_in_common),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
