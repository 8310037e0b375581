/* SPDX-License-Identifier: BSD-3-Clause */
#include "rules_fixture.h"

/* What is written back, if it is not the same. */
static const char *const lines[][2] = {
	{"10 drop", NULL},
	{"0 forward", NULL},
	{"4294967294 drop", NULL},
	{"0x10 drop", "16 drop"},
	{"  10\tdrop   # a comment", "10 drop"},
	{"10 drop# a comment", "10 drop"},
	{"1 execute sip", NULL},
	{"1 execute-continue sip plugin rtp", NULL},
	{"1 add-rule drop proto udp", NULL},
	{"1 add-rule reflect 3", NULL},
	{"1 add-rule bounce same", NULL},
	{"1 delete-rule flow", NULL},
	{"1 delete-rule 77", NULL},
	{"1 reflect 0", NULL},
	{"1 reflect-continue 65534", NULL},
	{"1 bounce same", NULL},
	{"1 bounce-continue 2", NULL},
	{"1 drop smac 02:00:00:00:00:01 dmac 02:00:00:00:00:00/ff:ff:ff:ff:ff:00", NULL},
	{"1 drop vlan 4095", NULL},
	{"1 drop ethertype arp", NULL},
	{"1 drop ethertype 0x88cc", NULL},
	{"1 drop ethertype 2048", "1 drop ethertype ipv4"},
	{"1 drop proto 250", NULL},
	{"1 drop proto 6", "1 drop proto tcp"},
	{"1 drop ipv4", NULL},
	{"1 drop ipv6", NULL},
	{"1 drop ipv4 src 10.0.0.1", "1 drop src 10.0.0.1"},
	{"1 drop src 10.0.0.1/32", "1 drop src 10.0.0.1"},
	{"1 drop src 10.0.0.0/8 dst 0.0.0.0/0", NULL},
	{"1 drop src 10.0.0.0/255.0.0.0", "1 drop src 10.0.0.0/8"},
	{"1 drop src 10.0.1.0/255.0.255.0", NULL},
	{"1 drop src 2001:db8::/32 dst ::1", NULL},
	{"1 drop src ::1/::f", NULL},
	{"1 drop proto tcp src 10.0.0.1 sport 1-2 dst 10.0.0.2 dport 80", NULL},
	{"1 drop dport 80 sport 1-2", "1 drop sport 1-2 dport 80"},
	{"1 drop dport 80-80", "1 drop dport 80"},
	{"1 drop payload \"INVITE\"", NULL},
	{"1 drop payload INVITE", "1 drop payload \"INVITE\""},
	{"1 drop payload \"a\\\"b\\\\c\\x00\\xff\"", NULL},
	{"1 drop payload \"\\x41\"", "1 drop payload \"A\""},
	{"1 drop payload \"a # b\"", NULL},
	{"1 drop balance 3/4", NULL},
	{"1 drop bpf \"tcp[13] & 2 != 0\"", NULL},
	{"1 drop plugin sip bidirectional locked", NULL},
	{"1 drop locked bidirectional", "1 drop bidirectional locked"},
	{"exact drop proto tcp src 1.1.1.1 sport 1 dst 2.2.2.2 dport 2", NULL},
	{"exact drop vlan 5 proto udp src ::1 sport 1 dst ::2 dport 2 bidirectional locked", NULL},
	{"exact reflect 4 proto icmp src 1.1.1.1 dst 2.2.2.2", NULL},
	{"exact execute sip proto 50 src 1.1.1.1 dst 2.2.2.2",
	 "exact execute sip proto esp src 1.1.1.1 dst 2.2.2.2"},
	{"exact delete-rule flow proto tcp src 1.1.1.1 dst 2.2.2.2", NULL},
	{"policy drop", NULL},
	{"policy forward # all", "policy forward"},
	{"sample 10", NULL},
	{"", NULL},
	{"   # nothing", ""},
	{"10 drop\n20 what is behind the line", "10 drop"},
};

static void
a_line_is_read_and_written(void **state)
{
	for (unsigned i = 0; i < PLX_ARRAY_LEN(lines); i++) {
		const char *expected = lines[i][1] != NULL ? lines[i][1] : lines[i][0];
		char first[PLX_FILTER_LINE_TEXT], second[PLX_FILTER_LINE_TEXT];
		struct plx_filter_line line;
		struct plx_why why;

		memset(&line, 0x5a, sizeof(line));
		if (plx_filter_line_parse(lines[i][0], &line, NULL, &why) != 0)
			fail_msg("%s: %s", lines[i][0], why.text);
		assert_int_equal(plx_filter_line_format(&line, first, sizeof(first)),
				 strlen(expected));
		assert_string_equal(first, expected);
		assert_int_equal(plx_filter_line_parse(first, &line, NULL, NULL), 0);
		plx_filter_line_format(&line, second, sizeof(second));
		assert_string_equal(second, first);
	}
}

static const struct {
	const char *text;
	unsigned column;
	const char *words;
} errors[] = {
	{"drop", 1, "begins with the id"},
	{"\"10\" drop", 1, "begins with the id"},
	{"4294967295 drop", 1, "begins with the id"},
	{"-1 drop", 1, "begins with the id"},
	{"10", 3, "an action is missing"},
	{"10 # drop", 4, "an action is missing"},
	{"10 dropp", 4, "\"dropp\" is no action"},
	{"10 drop portt 5", 9, "\"portt\" is no condition"},
	{"10 drop vlan", 13, "a VLAN is missing"},
	{"10 drop vlan 4096", 14, "0 to 4095"},
	{"10 drop vlan x", 14, "0 to 4095"},
	{"10 drop vlan 5 vlan 6", 16, "a second time"},
	{"10 drop proto 256", 15, "no protocol"},
	{"10 drop proto tpc", 15, "no protocol"},
	{"10 drop ethertype 0x10000", 19, "no ethertype"},
	{"10 drop smac 02:00", 14, "no MAC address"},
	{"10 drop smac 02:00:00:00:00:01/ff", 32, "no mask of a MAC address"},
	{"10 drop smac 02:00:00:00:00:01/ff:00:00:00:00:00", 14, "outside its mask"},
	{"10 drop src 10.0.0", 13, "no IP address"},
	{"10 drop src 10.0.0.256", 13, "no IP address"},
	{"10 drop src 10.0.0.0/33", 22, "prefix length"},
	{"10 drop src 10.0.0.0/x", 22, "prefix length"},
	{"10 drop src ::/129", 16, "prefix length"},
	{"10 drop src 10.0.0.1/8", 13, "outside its mask"},
	{"10 drop src 10.0.0.1 dst ::1", 26, "this is IPv6, what is before is IPv4"},
	{"10 drop ipv6 dst 1.1.1.1", 18, "this is IPv4"},
	{"10 drop sport", 14, "a port is missing"},
	{"10 drop sport x", 15, "neither a port"},
	{"10 drop sport 65536", 15, "neither a port"},
	{"10 drop sport 5-", 17, "the last port"},
	{"10 drop sport 5-70000", 17, "the last port"},
	{"10 drop sport 9-8", 15, "is empty"},
	{"10 drop dport 5x", 16, "\"x\" does not belong"},
	{"10 drop payload \"\"", 17, "1 to 64 bytes"},
	{"10 drop payload \"abc", 17, "does not end"},
	{"10 drop payload \"ab\\q\"", 20, "after \\ comes"},
	{"10 drop payload \"\\x4\"", 18, "after \\ comes"},
	{"10 drop balance 4", 17, "id/pool"},
	{"10 drop balance 4/4", 17, "not in a pool of 4"},
	{"10 drop balance 0/0", 17, "pool of 0"},
	{"10 drop bpf \"tcp prot 80\"", 18, "prot"},
	{"10 drop bpf", 12, "a BPF expression is missing"},
	{"10 drop plugin", 15, "missing"},
	{"10 drop plugin a23456789012345678901234567890123", 16, "1 to 31"},
	{"10 execute", 11, "the name of a plugin is missing"},
	{"10 execute \"a b\"", 12, "without quotation marks"},
	{"10 add-rule", 12, "what the added rule does is missing"},
	{"10 add-rule execute", 13, "forward, drop, reflect or bounce"},
	{"10 add-rule reflect", 20, "missing"},
	{"10 delete-rule", 15, "missing"},
	{"10 delete-rule x", 16, "neither \"flow\""},
	{"10 reflect x", 12, "neither the number of a port"},
	{"10 reflect 65535", 12, "neither the number of a port"},
	{"10 reflect", 11, "missing"},
	{"exact", 6, "an action is missing"},
	{"exact drop", 1, "needs proto, src and dst"},
	{"exact drop proto tcp src 1.1.1.1", 1, "needs proto, src and dst"},
	{"exact drop proto tcp src 1.0.0.0/8 dst 2.2.2.2", 1, "whole addresses"},
	{"exact drop proto tcp src 1.1.1.1 dst 2.2.2.2 dport 1-2", 1, "single ports"},
	{"exact drop proto tcp src 1.1.1.1 dst 2.2.2.2 payload \"x\"", 1, "nothing else"},
	{"exact add-rule drop proto tcp src 1.1.1.1 dst 2.2.2.2", 1, "cannot do that"},
	{"exact delete-rule 5 proto tcp src 1.1.1.1 dst 2.2.2.2", 1, "cannot do that"},
	{"policy", 7, "missing"},
	{"policy maybe", 8, "\"forward\" or \"drop\""},
	{"policy drop it", 13, "too much"},
	{"sample x", 8, "a number"},
	{"sample 5 6", 10, "too much"},
};

static void
errors_point_at_the_column(void **state)
{
	for (unsigned i = 0; i < PLX_ARRAY_LEN(errors); i++) {
		struct plx_filter_line line;
		struct plx_why why = {{0}};
		char place[32];
		unsigned column = 0;

		assert_int_equal(plx_filter_line_parse(errors[i].text, &line, &column, &why),
				 -EINVAL);
		snprintf(place, sizeof(place), "column %u: ", errors[i].column);
		if (column != errors[i].column || strncmp(why.text, place, strlen(place)) != 0 ||
		    strstr(why.text, errors[i].words) == NULL)
			fail_msg("%s: %u: %s", errors[i].text, column, why.text);
		assert_int_equal(plx_filter_line_parse(errors[i].text, &line, NULL, NULL), -EINVAL);
	}
}

static void
a_small_buffer_gets_what_fits(void **state)
{
	struct plx_filter_line line;
	char buf[8];

	assert_int_equal(plx_filter_line_parse("10 drop proto tcp", &line, NULL, NULL), 0);
	assert_int_equal(plx_filter_line_format(&line, buf, sizeof(buf)), 17);
	assert_string_equal(buf, "10 drop");
	assert_int_equal(plx_filter_line_format(&line, NULL, 0), 17);
}

static void
words_of_any_length_are_refused(void **state)
{
	struct plx_filter_line line;
	char text[6000];

	for (unsigned quoted = 0; quoted < 2; quoted++) {
		memset(text, 'x', sizeof(text));
		memcpy(text, "1 drop payload ", 15);
		text[15] = quoted ? '"' : 'x';
		text[sizeof(text) - 2] = quoted ? '"' : 'x';
		text[sizeof(text) - 1] = '\0';
		assert_int_equal(plx_filter_line_parse(text, &line, NULL, NULL), -EINVAL);
	}
}

static void
the_longest_rule_has_room(void **state)
{
	struct plx_filter_line line = {.kind = PLX_FILTER_LINE_RULE};
	struct plx_filter_rule *rule = &line.rule;
	char buf[PLX_FILTER_LINE_TEXT];

	memset(rule, 0xfe, sizeof(*rule));
	rule->has = PLX_FILTER_HAS_ALL;
	rule->action = PLX_FILTER_EXECUTE_CONTINUE;
	rule->ip_version = 6;
	rule->pattern_len = PLX_FILTER_PATTERN_MAX;
	rule->bidirectional = rule->locked = true;
	memset(rule->bpf, '"', sizeof(rule->bpf) - 1);
	rule->bpf[sizeof(rule->bpf) - 1] = '\0';
	rule->plugin[PLX_FILTER_NAME_MAX - 1] = rule->action_plugin[PLX_FILTER_NAME_MAX - 1] = '\0';
	assert_true(plx_filter_line_format(&line, buf, sizeof(buf)) < PLX_FILTER_LINE_TEXT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_read_and_written),
		cmocka_unit_test(errors_point_at_the_column),
		cmocka_unit_test(a_small_buffer_gets_what_fits),
		cmocka_unit_test(words_of_any_length_are_refused),
		cmocka_unit_test(the_longest_rule_has_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
