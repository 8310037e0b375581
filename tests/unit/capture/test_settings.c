/* SPDX-License-Identifier: BSD-3-Clause */
#include "settings.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct settings settings;
static struct plx_why why;

/* Words parted by '|', so that a value may hold blanks. */
static int
read_words(const char *words)
{
	static char text[512];
	static char program[] = "--";
	char *argv[32] = {program}, *save = NULL;
	int argc = 1;

	snprintf(text, sizeof(text), "%s", words);
	for (char *word = strtok_r(text, "|", &save); word != NULL;
	     word = strtok_r(NULL, "|", &save))
		argv[argc++] = word;
	why.text[0] = '\0';
	return settings_read(&settings, argc, argv, &why);
}

static void
accept(const char *words)
{
	if (read_words(words) != 0)
		fail_msg("'%s' is refused: %s", words, why.text);
}

static void
assert_filter(const char *words, const char *filter)
{
	accept(words);
	if (filter == NULL)
		assert_null(settings.filter);
	else
		assert_string_equal(settings.filter, filter);
	settings_fini(&settings);
}

static void
assert_format(const char *words, enum plx_pcapfile_format format)
{
	accept(words);
	assert_int_equal(settings.format, format);
	settings_fini(&settings);
}

static void
options_and_words_make_one_filter(void **state)
{
	assert_filter("-o|a", NULL);
	assert_filter("-o|a|-f|tcp or udp", "tcp or udp");
	assert_filter("-o|a|tcp|port|80", "tcp port 80");
	assert_filter("tcp|-o|a|port|80", "tcp port 80");
	assert_filter("-o|a|-f|tcp or udp|-f|port 53", "(tcp or udp) and (port 53)");
	assert_filter("-o|a|-f|tcp or udp|port|53", "(tcp or udp) and (port 53)");
}

static void
the_name_tells_the_format_unless_it_is_given(void **state)
{
	assert_format("-o|a.pcap", PLX_PCAPFILE_PCAP_NS);
	assert_format("-o|a", PLX_PCAPFILE_PCAP_NS);
	assert_format("-o|-", PLX_PCAPFILE_PCAP_NS);
	assert_format("-w|a.pcapng", PLX_PCAPFILE_PCAPNG);
	assert_format("-o|.pcapng", PLX_PCAPFILE_PCAPNG);
	assert_format("-o|pcapng", PLX_PCAPFILE_PCAP_NS);
	assert_format("-o|a.pcapng|--format|pcap", PLX_PCAPFILE_PCAP_NS);
	assert_format("-o|a.pcapng|--format|pcap-us", PLX_PCAPFILE_PCAP_US);
	assert_format("-o|-|--format|pcapng", PLX_PCAPFILE_PCAPNG);
}

static void
defaults_are_a_whole_capture_without_an_end(void **state)
{
	accept("-o|a");
	assert_true(settings.promisc);
	assert_int_equal(settings.snaplen, PLX_PCAPFILE_SNAPLEN_MAX);
	assert_int_equal(settings.count, 0);
	assert_int_equal(settings.duration_ns, 0);
	assert_int_equal(settings.period_ns, 1000000000);
	assert_false(settings_per_worker(&settings));
	accept("-o|a|-s|0|--no-promisc");
	assert_int_equal(settings.snaplen, PLX_PCAPFILE_SNAPLEN_MAX);
	assert_false(settings.promisc);
	accept("-o|a-%w.pcap");
	assert_true(settings_per_worker(&settings));
}

static void
without_a_file_there_must_be_something_to_see(void **state)
{
	assert_int_equal(read_words("-c|5"), -EINVAL);
	assert_non_null(strstr(why.text, "give -o FILE"));
	accept("--top|5");
	assert_null(settings.output);
	accept("--help");
	assert_true(settings.help);
}

static void
a_name_promises_no_other_compression(void **state)
{
	assert_int_equal(read_words("-w|log.pcap.gz"), -EINVAL);
	assert_non_null(strstr(why.text, "-z gzip"));
	assert_int_equal(read_words("-w|log.xz"), -EINVAL);
	accept("-w|log.gz.pcap");
	accept("-w|.gz");
}

static void
options_of_other_tools_are_answered_with_what_does_the_same(void **state)
{
	assert_int_equal(read_words("-w|a|-B|4096"), -EINVAL);
	assert_non_null(
		strstr(why.text, "'-B': in place of the kernel's buffer there are --rxd N"));
	assert_int_equal(read_words("-w|a|-ne"), -EINVAL);
	assert_non_null(strstr(why.text, "| tcpdump -e -nr -"));
	assert_int_equal(read_words("-w|a|--time-stamp-precision=nano"), -EINVAL);
	assert_non_null(strstr(why.text, "--format pcap-us"));
	assert_int_equal(read_words("-w|a|-k"), -EINVAL);
	assert_non_null(strstr(why.text, "--help lists what there is"));
	/* And what tcpdump takes as often as it is said. */
	accept("-w|a|-nnvv");
	assert_int_equal(read_words("-w|a|--promisc|--no-promisc"), -EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_and_words_make_one_filter),
		cmocka_unit_test(the_name_tells_the_format_unless_it_is_given),
		cmocka_unit_test(defaults_are_a_whole_capture_without_an_end),
		cmocka_unit_test(without_a_file_there_must_be_something_to_see),
		cmocka_unit_test(a_name_promises_no_other_compression),
		cmocka_unit_test(options_of_other_tools_are_answered_with_what_does_the_same),
	};

	return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
