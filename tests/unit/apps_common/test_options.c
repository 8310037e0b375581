/* SPDX-License-Identifier: BSD-3-Clause */
#include "options.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct settings {
	bool promisc;
	uint64_t count;
	uint64_t ports;
	uint64_t duration_ns;
	int format;
	const char *output;
	struct option_texts filters;
};

static const char *const formats[] = {"pcap", "pcapng", NULL};

#define AT(field) offsetof(struct settings, field)

static const struct option_row rows[] = {
	{"", 0, OPTION_HEADING, 0, 0, 0, NULL, NULL, "What is captured"},
	{"output", 'o', OPTION_TEXT, AT(output), 0, 0, NULL, "FILE", "where to write"},
	{"write", 'w', OPTION_TEXT, AT(output), 0, 0, NULL, "FILE", "as -o"},
	{"promisc", 'q', OPTION_ON, AT(promisc), 0, 0, NULL, NULL, "all packets"},
	{"no-promisc", 'n', OPTION_OFF, AT(promisc), 0, 0, NULL, NULL, "own packets"},
	{"count", 'c', OPTION_UINT, AT(count), 1, 1000000, NULL, "N", "packets\nand no more"},
	{"port", 'p', OPTION_SET, AT(ports), 0, 63, NULL, "LIST", "ports"},
	{"duration", 'd', OPTION_TIME, AT(duration_ns), 1000, UINT64_C(3600000000000), NULL, "TIME",
	 "seconds"},
	{"format", 0, OPTION_CHOICE, AT(format), 0, 0, formats, "FORMAT", "of the file"},
	{"filter", 'f', OPTION_TEXTS, AT(filters), 0, 0, NULL, "FILTER", "what to keep"},
	{"order", 0, OPTION_CHOICE, AT(format), 0, 0, formats, NULL,
	 "a text of more words than a line of the usage text has room for"},
	{"habit", 0, OPTION_IGNORED},
	{"habit-of-old", 0, OPTION_IGNORED, .value = "N"},
	{NULL},
};

static struct settings settings;
static struct options_found found;
static struct plx_why why;

static const char *argv0 = "program", *owner;
static bool behind;

/* Splits the line at blanks and parses it. */
static int
parse(const char *line)
{
	static char text[512];
	char first[16], *argv[128] = {first};
	int argc = 1;

	snprintf(first, sizeof(first), "%s", argv0);
	snprintf(text, sizeof(text), "%s", line);
	for (char *word = strtok(text, " "); word != NULL; word = strtok(NULL, " "))
		argv[argc++] = strcmp(word, "''") == 0 ? word + 2 : word;
	settings = (struct settings){.count = 7, .format = 1};
	free(found.words);
	memset(&found, 0, sizeof(found));
	found.program = owner;
	found.behind = behind;
	why.text[0] = '\0';
	return options_parse(rows, argc, argv, &settings, &found, &why);
}

static void
accept(const char *line)
{
	int err = parse(line);

	if (err != 0)
		fail_msg("'%s' is refused: %s", line, why.text);
}

static void
refuse(const char *line, const char *sentence)
{
	assert_int_equal(parse(line), -EINVAL);
	if (strstr(why.text, sentence) == NULL)
		fail_msg("'%s' is answered '%s', expected '%s'", line, why.text, sentence);
}

static void
what_is_not_given_keeps_its_default(void **state)
{
	accept("");
	assert_int_equal(settings.count, 7);
	assert_int_equal(settings.format, 1);
	assert_null(settings.output);
	assert_int_equal(found.nb_words, 0);
	assert_false(options_given(rows, &found, "count"));
}

static void
long_and_short_spellings_mean_the_same(void **state)
{
	static const char *const lines[] = {"--count 12 --output a", "--count=12 --output=a",
					    "-c 12 -o a", "-c12 -oa", "-qc12 -w a"};

	for (size_t i = 0; i < PLX_ARRAY_LEN(lines); i++) {
		accept(lines[i]);
		assert_int_equal(settings.count, 12);
		assert_string_equal(settings.output, "a");
		assert_true(options_given(rows, &found, "count"));
	}
	assert_true(settings.promisc);
}

static void
every_kind_fills_its_field(void **state)
{
	accept("-q -p 0,2-4,63 -d 1.5 --format pcap -f tcp -f udp -o -");
	assert_true(settings.promisc);
	assert_true(settings.ports == ((UINT64_C(1) << 63) | 0x1d));
	assert_true(settings.duration_ns == UINT64_C(1500000000));
	assert_int_equal(settings.format, 0);
	assert_int_equal(settings.filters.n, 2);
	assert_string_equal(settings.filters.item[1], "udp");
	assert_string_equal(settings.output, "-");
	accept("-n");
	assert_false(settings.promisc);
}

static void
words_stand_anywhere_and_behind_a_second_separator(void **state)
{
	accept("tcp port -c 3 80 - -- -c --what");
	assert_int_equal(settings.count, 3);
	assert_int_equal(found.nb_words, 6);
	assert_string_equal(found.words[0], "tcp");
	assert_string_equal(found.words[2], "80");
	assert_string_equal(found.words[3], "-");
	assert_string_equal(found.words[4], "-c");
	assert_string_equal(found.words[5], "--what");
}

static void
unknown_options_are_named_with_the_nearest(void **state)
{
	refuse("--cuont 3", "unknown option '--cuont'; did you mean '--count'?");
	refuse("--zzzzzzzz", "unknown option '--zzzzzzzz'; --help lists");
	refuse("-qz", "unknown option '-z'");
	refuse("--count=", "'' is no number");
}

static void
options_of_the_eal_are_told_where_they_belong(void **state)
{
	argv0 = "--";
	owner = "program";
	refuse("--vdev net_null0", "'--vdev' is an option of the EAL: write it in front of '--'");
	refuse("-l 0-3", "'-l' is an option of the EAL: write it");
	argv0 = "program";
	refuse("--vdev net_null0", "there is no '--' behind it: write program [EAL options] --");
	refuse("-l 0-3", "there is no '--' behind it");
	behind = true;
	refuse("-l 0-3", "'-l' is an option of the EAL: write it in front of '--'");
	behind = false;
	owner = NULL;
	refuse("--vdev net_null0", "unknown option '--vdev'");
	refuse("-l 0-3", "unknown option '-l'");
}

static void
missing_and_superfluous_values_are_refused(void **state)
{
	refuse("-c", "'--count' needs a value: --count N");
	refuse("--output --count 3",
	       "'--output' needs a value (--output FILE), found the option '--count'");
	refuse("--promisc=yes", "'--promisc' takes no value, found 'yes'");
	refuse("--output=", "--output: the value is empty");
	refuse("-f ''", "--filter: the value is empty");
}

static void
values_outside_the_range_are_refused_with_the_range(void **state)
{
	refuse("-c 0", "--count: 0 is out of range, allowed is 1 .. 1000000");
	refuse("-c 1000001", "out of range");
	refuse("-c -5", "'-5' is no number");
	refuse("-c 99999999999999999999999", "out of range");
	refuse("-d 2h", "--duration: 2h is out of range, allowed is 1 us .. 1 h 00 m");
	refuse("-d soon", "'soon' is no time; write 10, 0.5, 500ms");
	refuse("--format pcapg", "'pcapg' is none of pcap, pcapng; did you mean 'pcap'?");
	refuse("--format exe", "'exe' is none of pcap, pcapng");
}

static void
lists_of_numbers_are_checked(void **state)
{
	static const char *const bad[] = {"64", "0,64", "3-2", "1-",   ",1",
					  "1,", "1;2",	"a",   "1--2", "0-99999999999999999999"};
	char line[64];

	for (size_t i = 0; i < PLX_ARRAY_LEN(bad); i++) {
		snprintf(line, sizeof(line), "-p %s", bad[i]);
		refuse(line, "is no list such as 0,2-3; its numbers go from 0 to 63");
	}
}

static void
twice_and_contradictions_are_refused(void **state)
{
	refuse("-c 1 --count 2", "'--count' is given twice");
	refuse("-o a -w b", "'--write' contradicts '--output'");
	refuse("--promisc --no-promisc", "'--no-promisc' contradicts '--promisc'");
}

static void
too_many_texts_are_refused(void **state)
{
	char line[OPTION_TEXTS_MAX * 5 + 8] = "";

	for (int i = 0; i < OPTION_TEXTS_MAX; i++)
		strcat(line, "-f x ");
	accept(line);
	strcat(line, "-f x");
	refuse(line, "--filter is given more than 32 times");
}

static void
usage_shows_every_option_and_its_help(void **state)
{
	char text[4096] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	options_usage(rows, out);
	fclose(out);
	assert_non_null(strstr(text, "\nWhat is captured\n"));
	assert_non_null(strstr(text, "  -o, --output FILE          where to write\n"));
	assert_non_null(strstr(text, "      --format FORMAT        of the file\n"));
	assert_non_null(strstr(text, "  -c, --count N              packets\n"
				     "                             and no more\n"));
	assert_non_null(strstr(
		text,
		"      --order pcap|pcapng    a text of more words than a line of the usage text\n"
		"                             has room for\n"));
	assert_non_null(strstr(text, "\nAccepted without effect\n    --habit, --habit-of-old\n"));
}

static void
what_has_no_effect_takes_its_value_with_it_as_often_as_it_comes(void **state)
{
	accept("--habit --habit-of-old 3 --habit-of-old=4 --habit word");
	assert_int_equal(found.nb_words, 1);
	assert_string_equal(found.words[0], "word");
	refuse("--habit-of-old", "'--habit-of-old' needs a value: --habit-of-old N");
	refuse("--habit=3", "'--habit' takes no value, found '3'");
}

static void
the_separator_is_the_first_of_its_kind(void **state)
{
	char a[] = "p", b[] = "-l", c[] = "--", d[] = "--";
	char *argv[] = {a, b, c, d, NULL};

	assert_int_equal(options_separator(4, argv), 2);
	assert_int_equal(options_separator(2, argv), 2);
	assert_int_equal(options_separator(1, argv), 1);
}

int
main(void)
{
	int failed;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_given_keeps_its_default),
		cmocka_unit_test(long_and_short_spellings_mean_the_same),
		cmocka_unit_test(every_kind_fills_its_field),
		cmocka_unit_test(what_has_no_effect_takes_its_value_with_it_as_often_as_it_comes),
		cmocka_unit_test(words_stand_anywhere_and_behind_a_second_separator),
		cmocka_unit_test(unknown_options_are_named_with_the_nearest),
		cmocka_unit_test(options_of_the_eal_are_told_where_they_belong),
		cmocka_unit_test(missing_and_superfluous_values_are_refused),
		cmocka_unit_test(values_outside_the_range_are_refused_with_the_range),
		cmocka_unit_test(lists_of_numbers_are_checked),
		cmocka_unit_test(twice_and_contradictions_are_refused),
		cmocka_unit_test(too_many_texts_are_refused),
		cmocka_unit_test(usage_shows_every_option_and_its_help),
		cmocka_unit_test(the_separator_is_the_first_of_its_kind),
	};

	failed = cmocka_run_group_tests_name("options", tests, NULL, NULL);
	free(found.words);
	return failed;
}
