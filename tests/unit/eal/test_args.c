/* SPDX-License-Identifier: BSD-3-Clause */
#include "args_table_priv.h"
#include "pci/pci_address_priv.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WORDS_MAX 200

static struct plx_args args;
static struct plx_why why;

/* Splits at blanks and parses into `args` and `why`. */
static int
parse(const char *text)
{
	static char copy[4096];
	static char *argv[WORDS_MAX + 1];
	int argc = 0;
	char *save;

	why.text[0] = '\0';
	snprintf(copy, sizeof(copy), "%s", text);
	for (char *word = strtok_r(copy, " ", &save); word != NULL && argc < WORDS_MAX;
	     word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	argv[argc] = NULL;
	return plx_args_parse(&args, argc, argv, &why);
}

static void
refused(const char *text, const char *sentence)
{
	if (parse(text) != -EINVAL)
		fail_msg("'%s' was not refused", text);
	if (strstr(why.text, sentence) == NULL)
		fail_msg("'%s': '%s' lacks '%s'", text, why.text, sentence);
}

static void
no_options_mean_defaults(void **state)
{
	assert_int_equal(parse("./bin/prog"), 0);
	assert_string_equal(args.program, "prog");
	assert_int_equal(args.consumed, 0);
	assert_int_equal(args.lcores.count, 0);
	assert_int_equal(args.main_lcore, PLX_LCORE_NONE);
	assert_int_equal(args.iova, PLX_IOVA_VA);
	assert_int_equal(args.idle, PLX_ARGS_IDLE_AUTO);
	assert_null(args.prefix);
	assert_int_equal(plx_args_parse(&args, 0, NULL, &why), 0);
	assert_string_equal(args.program, "pollux");
}

static void
values_stand_apart_glued_or_behind_an_equals_sign(void **state)
{
	static const char *const lines[] = {"p -l 0-3", "p -l0-3", "p --lcores 0-3",
					    "p --lcores=0-3"};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(lines); i++) {
		assert_int_equal(parse(lines[i]), 0);
		assert_int_equal(args.lcores.count, 4);
	}
}

static void
every_option_reaches_its_field(void **state)
{
	assert_int_equal(
		parse("p -l 0-3 --main-lcore 2 --idle sleep -a 0000:00:08.0,x=1 -a net_null1 "
		      "--vdev net_af_xdp0,iface=eth1 -d a.so -d dir -m 64 --iova-mode pa "
		      "--file-prefix one --log-level debug --log-level pmd.*:8 -v"),
		0);
	assert_int_equal(args.main_lcore, 2);
	assert_int_equal(args.idle, PLX_ARGS_IDLE_SLEEP);
	assert_int_equal(args.allow.n, 1);
	assert_string_equal(args.allow.item[0], "0000:00:08.0,x=1");
	assert_int_equal(args.devices.n, 2);
	assert_string_equal(args.devices.item[0], "net_null1");
	assert_string_equal(args.devices.item[1], "net_af_xdp0,iface=eth1");
	assert_int_equal(args.plugins.n, 2);
	assert_int_equal(args.mem_max, 64 << 20);
	assert_int_equal(args.iova, PLX_IOVA_PA);
	assert_string_equal(args.prefix, "one");
	assert_int_equal(args.log_rules.n, 2);
	assert_true(args.version);
	assert_int_equal(parse("p --no-huge --no-pci -b 00:08.0 --block=0000:01:00.1"), 0);
	assert_true(args.no_huge);
	assert_true(args.no_pci);
	assert_int_equal(args.block.n, 2);
	assert_int_equal(parse("p --socket-mem 512,0,16"), 0);
	assert_int_equal(args.nb_node_max, 3);
	assert_int_equal(args.node_max[0], 512 << 20);
	assert_int_equal(args.node_max[1], 0);
	assert_int_equal(args.node_max[2], 16 << 20);
	assert_int_equal(parse("p -c 3"), 0);
	assert_int_equal(args.lcores.count, 2);
}

static void
parsing_ends_at_the_two_dashes(void **state)
{
	assert_int_equal(parse("p -l 0 -- -o x --help"), 0);
	assert_int_equal(args.consumed, 3);
	assert_int_equal(parse("p -- -o x"), 0);
	assert_int_equal(args.consumed, 1);
	assert_int_equal(parse("p -l 0"), 0);
	assert_int_equal(args.consumed, 2);
}

static void
a_missing_double_dash_is_explained(void **state)
{
	refused("plx-capture -o log.pcap", "'plx-capture -l 0-1 -- -o'");
	refused("p -l 0 --stats-period 1", "' -- '");
	refused("p -l 0 log.pcap", "' -- '");
	refused("p -i", "' -- '");
	refused("p -", "' -- '");
}

static void
a_misspelt_option_is_guessed(void **state)
{
	refused("p --lcore 0", "did you mean --lcores?");
	refused("p --no-hugh", "did you mean --no-huge?");
	refused("p --main-lcores=1", "did you mean --main-lcore?");
}

static void
doubled_options_are_refused_unless_they_collect(void **state)
{
	refused("p -l 0 -l 1", "-l/--lcores: given twice");
	refused("p -l 0 --lcores 1", "given twice");
	refused("p --no-huge --no-huge", "given twice");
	refused("p -m 1 -m 2", "given twice");
	refused("p --socket-mem 1 --numa-mem 1", "given twice");
	assert_int_equal(parse("p --vdev a --vdev b -d x -d y -a c"), 0);
}

static void
contradictions_are_refused(void **state)
{
	refused("p -l 0 -c 1", "contradict");
	refused("p -a 00:08.0 -b 00:09.0", "contradict");
	refused("p -m 5 --socket-mem 5", "contradict");
	refused("p --no-huge --socket-mem 5", "contradict");
	refused("p --no-huge --iova-mode pa", "contradict");
	refused("p --no-pci -a 00:08.0", "contradict");
	refused("p -l 0-1 --main-lcore 2", "not among");
}

/* Each row of the pairs must name two rows of the table, or it would never be found. */
static void
contradictions_name_options_that_exist(void **state)
{
	for (const struct plx_args_pair *pair = plx_args_pairs; pair->one != NULL; pair++) {
		const struct plx_args_row *row = plx_args_rows;
		unsigned found = 0;

		for (; row->letter != 0 || row->name != NULL; row++) {
			char name[64];

			plx_args_row_name(row, name, sizeof(name));
			found += strcmp(name, pair->one) == 0;
			found += strcmp(name, pair->other) == 0;
		}
		assert_int_equal(found, 2);
	}
}

static void
wrong_values_are_refused(void **state)
{
	refused("p -l", "LCORES is missing");
	refused("p -l -- -x", "LCORES is missing");
	refused("p --lcores --no-huge", "LCORES is missing");
	refused("p --lcores=", "ends where");
	refused("p --no-huge=1", "takes no value");
	refused("p --main-lcore x", "lcore number");
	refused("p --main-lcore 99999", "lcore number");
	refused("p --idle nap", "poll, yield, sleep");
	refused("p -m 0", "megabytes");
	refused("p -m -5", "megabytes");
	refused("p --socket-mem 1,,2", "list");
	refused("p --socket-mem 1,x", "'x'");
	refused("p --iova-mode xa", "pa nor va");
	refused("p --file-prefix a/b", "'/'");
	refused("p --file-prefix ..", "'.'");
	refused("p -b net_null0", "PCI address");
	refused("p -a 99:99.9", "no PCI address");
	refused("p --proc-type secondary", "secondary");
	refused("p -w 00:08.0", "-a (--allow)");
	refused("p --vdev=", "empty");
}

static void
too_many_values_are_refused(void **state)
{
	char line[2048] = "p";

	for (int i = 0; i < PLX_ARGS_LIST_MAX; i++)
		strcat(line, " --vdev a");
	assert_int_equal(parse(line), 0);
	strcat(line, " --vdev a");
	refused(line, "more than 64");
}

static unsigned ignored;

static void
count_ignored(const char *option, const char *reason)
{
	assert_true(strlen(option) >= 2);
	assert_true(strlen(reason) > 0);
	ignored++;
}

static void
habits_are_accepted_and_told(void **state)
{
	assert_int_equal(parse("p -n 4 -r 2 --in-memory --huge-dir /dev/hugepages --legacy-mem "
			       "--telemetry --no-shconf --single-file-segments --huge-unlink "
			       "--syslog=daemon --proc-type primary"),
			 0);
	ignored = 0;
	plx_args_each_ignored(&args, count_ignored);
	assert_int_equal(ignored, 10);
}

static void
help_is_told_apart_from_errors(void **state)
{
	assert_int_equal(parse("p -h"), -ECANCELED);
	assert_int_equal(parse("p -l 0 --help -x"), -ECANCELED);
	assert_int_equal(parse("p -l 0 -- -h"), 0);
}

static void
the_usage_names_every_option(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	plx_args_usage(out);
	fclose(out);
	for (const struct plx_args_row *row = plx_args_rows; row->letter != 0 || row->name != NULL;
	     row++) {
		char name[64];

		if (row->help == NULL)
			continue;
		if (row->name != NULL)
			snprintf(name, sizeof(name), "--%s", row->name);
		else
			snprintf(name, sizeof(name), "-%c", row->letter);
		if (strstr(text, name) == NULL)
			fail_msg("%s is not in the usage", name);
	}
	free(text);
}

static void
pci_addresses_are_told_from_names(void **state)
{
	static const struct {
		const char *text;
		bool is;
	} cases[] = {
		{"0000:00:08.0", true},
		{"00:08.0", true},
		{"10000:e1:00.7,key=v", true},
		{"0000:00:08.8", false},
		{"0000:00:08", false},
		{"0000:00:08.0x", false},
		{"000:000:08.0", false},
		{"net_null0", false},
		{"", false},
		{":", false},
		{"00:", false},
	};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(cases); i++)
		if (plx_pci_address_is(cases[i].text) != cases[i].is)
			fail_msg("%s", cases[i].text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_options_mean_defaults),
		cmocka_unit_test(values_stand_apart_glued_or_behind_an_equals_sign),
		cmocka_unit_test(every_option_reaches_its_field),
		cmocka_unit_test(parsing_ends_at_the_two_dashes),
		cmocka_unit_test(a_missing_double_dash_is_explained),
		cmocka_unit_test(a_misspelt_option_is_guessed),
		cmocka_unit_test(doubled_options_are_refused_unless_they_collect),
		cmocka_unit_test(contradictions_are_refused),
		cmocka_unit_test(contradictions_name_options_that_exist),
		cmocka_unit_test(wrong_values_are_refused),
		cmocka_unit_test(too_many_values_are_refused),
		cmocka_unit_test(habits_are_accepted_and_told),
		cmocka_unit_test(help_is_told_apart_from_errors),
		cmocka_unit_test(the_usage_names_every_option),
		cmocka_unit_test(pci_addresses_are_told_from_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
