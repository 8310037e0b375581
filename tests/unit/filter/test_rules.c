/* SPDX-License-Identifier: BSD-3-Clause */
#include "rules_fixture.h"

#define HTTP  "tcp 10.0.0.1:1000 10.0.0.2:80"
#define REPLY "tcp 10.0.0.2:80 10.0.0.1:1000"
#define DNS   "udp 10.1.0.1:53 10.1.0.2:5353"

/* -- conditions, one by one and together ----------------------------------------------------------- */

struct row {
	const char *conditions;
	const char *packet;
	bool meets;
};

static const struct row rows[] = {
	{"", HTTP, true},
	{"proto tcp", HTTP, true},
	{"proto udp", HTTP, false},
	{"proto 6", HTTP, true},
	{"proto udp", DNS, true},
	{"proto tcp", "tcp6 0.0.0.1:1 0.0.0.2:2", true},
	{"ipv4", HTTP, true},
	{"ipv6", HTTP, false},
	{"ipv6", "tcp6 0.0.0.1:1 0.0.0.2:2", true},
	{"ipv4", "tcp6 0.0.0.1:1 0.0.0.2:2", false},
	{"ethertype ipv4", HTTP, true},
	{"ethertype 0x0800", HTTP, true},
	{"ethertype arp", HTTP, false},
	{"ethertype ipv4", "v5 " HTTP, true},
	{"vlan 5", "v5 " HTTP, true},
	{"vlan 6", "v5 " HTTP, false},
	{"vlan 0", "v5 " HTTP, false},
	{"vlan 0", HTTP, true},
	{"vlan 0", "v0 " HTTP, true},
	{"vlan 5", HTTP, false},
	{"vlan 5", "v40965 " HTTP, true},
	{"src 10.0.0.1", HTTP, true},
	{"src 10.0.0.2", HTTP, false},
	{"src 10.0.0.0/24", HTTP, true},
	{"src 10.0.1.0/24", HTTP, false},
	{"src 10.0.0.0/31", HTTP, true},
	{"src 10.0.0.2/31", HTTP, false},
	{"src 0.0.0.0/0", HTTP, true},
	{"src 0.0.0.0/0", "tcp6 0.0.0.1:1 0.0.0.2:2", false},
	{"src 10.0.0.0/255.0.255.0", HTTP, true},
	{"src 10.0.0.0/255.0.255.0", "tcp 10.9.0.1:1 10.0.0.2:2", true},
	{"src 10.0.0.0/255.0.255.0", "tcp 10.9.1.1:1 10.0.0.2:2", false},
	{"src 0.0.0.1/0.0.0.255", HTTP, true},
	{"src 0.0.0.2/0.0.0.255", HTTP, false},
	{"dst 10.0.0.2", HTTP, true},
	{"dst 10.0.0.1", HTTP, false},
	{"dst 10.0.0.2/32", HTTP, true},
	{"src fd00::0.0.0.1", "tcp6 0.0.0.1:1 0.0.0.2:2", true},
	{"src fd00::0.0.0.2", "tcp6 0.0.0.1:1 0.0.0.2:2", false},
	{"dst fd00::0.0.0.2", "tcp6 0.0.0.1:1 0.0.0.2:2", true},
	{"src fd00::/8", "tcp6 0.0.0.1:1 0.0.0.2:2", true},
	{"src fe00::/8", "tcp6 0.0.0.1:1 0.0.0.2:2", false},
	{"src fd00::/64", "tcp6 0.0.0.1:1 0.0.0.2:2", true},
	{"src fd00::/80", "tcp6 0.0.0.1:1 0.0.0.2:2", true},
	{"src fd00::1:0:0/96", "tcp6 0.0.0.1:1 0.0.0.2:2", false},
	{"src fd00:0:0:1::/64", "tcp6 0.0.0.1:1 0.0.0.2:2", false},
	{"src fd00::10.0.0.0/104", "tcp6 10.0.0.1:1 0.0.0.2:2", true},
	{"src fd00::10.0.0.0/104", "tcp6 11.0.0.1:1 0.0.0.2:2", false},
	{"src fd00::/8", HTTP, false},
	{"src ::1/::ff", "tcp6 9.9.9.1:1 0.0.0.2:2", true},
	{"src ::1/::ff", "tcp6 9.9.9.2:1 0.0.0.2:2", false},
	{"dst fd00::0.0.0.2/127", "tcp6 0.0.0.1:1 0.0.0.3:2", true},
	{"dst fd00::0.0.0.2/127", "tcp6 0.0.0.1:1 0.0.0.4:2", false},
	{"sport 1000", HTTP, true},
	{"sport 999", HTTP, false},
	{"sport 80", HTTP, false},
	{"dport 80", HTTP, true},
	{"dport 79-81", HTTP, true},
	{"dport 80-80", HTTP, true},
	{"dport 81-65535", HTTP, false},
	{"dport 0-79", HTTP, false},
	{"dport 0-65535", HTTP, true},
	{"sport 1000-65535", HTTP, true},
	{"sport 0", "udp 1.1.1.1:0 2.2.2.2:2", true},
	{"dport 65535", "udp 1.1.1.1:0 2.2.2.2:65535", true},
	{"smac 02:00:00:00:00:01", HTTP, true},
	{"smac 02:00:00:00:00:02", HTTP, false},
	{"dmac 02:00:00:00:00:02", HTTP, true},
	{"dmac 02:00:00:00:00:01", HTTP, false},
	{"smac 02:00:00:00:00:00/ff:ff:ff:ff:ff:00", HTTP, true},
	{"smac 02:00:00:00:01:00/ff:ff:ff:ff:ff:00", HTTP, false},
	{"dmac 00:00:00:00:00:00/01:00:00:00:00:00", HTTP, true},
	{"dmac 01:00:00:00:00:00/01:00:00:00:00:00", HTTP, false},
	{"payload \"INVITE\"", HTTP, true},
	{"payload \"NVITE s\"", HTTP, true},
	{"payload \"invite\"", HTTP, false},
	{"payload \"\\x49NVITE\"", HTTP, true},
	{"payload \"sip\\x00\\x00\"", HTTP, true},
	{"payload \"\\x0a\\x00\\x00\\x01\"", HTTP, false},
	{"bpf \"tcp port 80\"", HTTP, true},
	{"bpf \"tcp port 81\"", HTTP, false},
	{"bpf \"len = 128\"", HTTP, true},
	{"bpf \"vlan 5 and tcp\"", "v5 " HTTP, true},
	{"proto tcp bpf \"src host 10.0.0.1\"", HTTP, true},
	{"proto udp bpf \"src host 10.0.0.1\"", HTTP, false},
	{"proto tcp src 10.0.0.1 sport 1000 dst 10.0.0.2 dport 80", HTTP, true},
	{"proto tcp src 10.0.0.1 sport 1000 dst 10.0.0.2 dport 81", HTTP, false},
	{"proto tcp src 10.0.0.1 sport 1000 dst 10.0.0.2 dport 80", REPLY, false},
	{"proto tcp src 10.0.0.1 sport 1000 dst 10.0.0.2 dport 80 bidirectional", REPLY, true},
	{"src 10.0.0.1 bidirectional", HTTP, true},
	{"src 10.0.0.1 bidirectional", REPLY, true},
	{"src 10.0.0.1 dst 10.0.0.3 bidirectional", REPLY, false},
	{"smac 02:00:00:00:00:02 bidirectional", HTTP, true},
	{"dmac 02:00:00:00:00:01 bidirectional", HTTP, true},
	{"smac 02:00:00:00:00:03 bidirectional", HTTP, false},
	{"sport 80 dst 10.0.0.1 bidirectional", HTTP, true},
	{"sport 80 dst 10.0.0.2 bidirectional", HTTP, false},
	{"dst 0.0.0.1/0.0.0.255 bidirectional", HTTP, true},
	{"dst fd00::0.0.0.1 bidirectional", "tcp6 0.0.0.1:1 0.0.0.2:2", true},
	{"dst fd00::0.0.0.1", "tcp6 0.0.0.1:1 0.0.0.2:2", false},
};

static void
a_rule_meets_what_its_conditions_say(void **state)
{
	for (unsigned i = 0; i < PLX_ARRAY_LEN(rows); i++) {
		char text[256];
		struct fixture f;

		snprintf(text, sizeof(text), "10 drop %s\n", rows[i].conditions);
		fixture_open(&f, NULL);
		load(&f, text);
		if ((match(&f, rows[i].packet).fate == PLX_FILTER_DROPPED) != rows[i].meets)
			fail_msg("\"%s\" %s \"%s\"", rows[i].conditions,
				 rows[i].meets ? "misses" : "meets", rows[i].packet);
		fixture_close(&f);
	}
}

/* The same, each rule among all the others: in front of it only rules that miss. */
static void
conditions_do_not_disturb_each_other(void **state)
{
	char *text = malloc(PLX_ARRAY_LEN(rows) * 200);
	struct fixture f;

	fixture_open(&f, NULL);
	for (unsigned i = 0; i < PLX_ARRAY_LEN(rows); i++) {
		size_t len = 0;

		for (unsigned k = 0; k < PLX_ARRAY_LEN(rows); k++)
			if (k != i &&
			    (strcmp(rows[k].packet, rows[i].packet) != 0 || !rows[k].meets))
				len += (size_t)sprintf(
					text + len,
					"%u reflect-continue 1 %s smac 03:00:00:00:00:00\n", k + 1,
					strstr(rows[k].conditions, "smac") ? ""
									   : rows[k].conditions);
		sprintf(text + len, "%u drop %s\n", 1000 + i, rows[i].conditions);
		load(&f, text);
		if ((match(&f, rows[i].packet).rule == 1000 + i) != rows[i].meets)
			fail_msg("row %u", i);
	}
	free(text);
	fixture_close(&f);
}

static void
ports_are_of_whole_datagrams_with_ports(void **state)
{
	struct plx_net_build build = build_of(HTTP);
	uint8_t bytes[FRAME] = {0};
	struct fixture f;

	fixture_open(&f, NULL);
	load(&f, "1 drop dport 0-65535\n2 reflect 7 proto tcp");
	assert_int_equal(plx_net_build_frame(&build, bytes, FRAME), 0);
	assert_int_equal(match_bytes(&f, bytes, FRAME, 0).rule, 1);
	bytes[14 + 7] = 8; /* a fragment from the middle */
	assert_int_equal(match_bytes(&f, bytes, FRAME, 0).rule, 2);
	fixture_close(&f);
}

static void
frames_of_any_length_are_matched(void **state)
{
	struct plx_net_build build = build_of("v5 " HTTP);
	uint8_t bytes[FRAME] = {0};
	struct fixture f;

	fixture_open(&f, NULL);
	load(&f, "1 reflect-continue 1 payload \"x\"\n2 reflect-continue 1 smac 02:00:00:00:00:01\n"
		 "3 reflect-continue 1 src fd00::/127\n4 reflect-continue 1 src 0.0.0.1/0.0.0.1\n"
		 "5 reflect-continue 1 balance 0/2\n6 reflect-continue 1 bpf \"tcp\"\n7 drop\n"
		 "exact drop proto tcp src 1.1.1.1 dst 2.2.2.2\n");
	assert_int_equal(plx_net_build_frame(&build, bytes, FRAME), 0);
	for (uint32_t len = 0; len <= FRAME; len++) {
		uint8_t *cut = malloc(len > 0 ? len : 1);

		memcpy(cut, bytes, len);
		assert_int_equal(match_bytes(&f, cut, len, 0).rule, 7);
		free(cut);
	}
	fixture_close(&f);
}

/* -- order, actions, policy ------------------------------------------------------------------------- */

static void
the_lowest_id_decides(void **state)
{
	struct fixture f;

	fixture_open(&f, NULL);
	load(&f, "30 drop proto tcp\n10 forward dport 80\n20 drop src 10.0.0.1\n");
	assert_int_equal(match(&f, HTTP).rule, 10);
	assert_int_equal(match(&f, HTTP).fate, PLX_FILTER_PASSED);
	assert_int_equal(match(&f, "tcp 10.0.0.1:1 9.9.9.9:1").rule, 20);
	assert_int_equal(match(&f, "tcp 10.0.0.7:1 9.9.9.9:1").rule, 30);
	assert_int_equal(match(&f, DNS).rule, PLX_FILTER_RULE_NONE);
	assert_int_equal(match(&f, DNS).fate, PLX_FILTER_PASSED);
	fixture_close(&f);
}

static void
more_than_one_word_of_rules_keeps_the_order(void **state)
{
	struct fixture f;

	fixture_open(&f, NULL);
	for (unsigned i = 0; i < 300; i++) {
		struct plx_filter_rule rule = {.id = 1000 - i,
					       .has = PLX_FILTER_HAS_DST_PORT,
					       .dst_port = {(uint16_t)(i / 2), 400},
					       .action = PLX_FILTER_DROP};

		assert_int_equal(plx_filter_rules_add(f.rules, &rule, NULL), 0);
	}
	for (unsigned port = 0; port < 420; port++) {
		unsigned last = 2 * port + 1 < 299 ? 2 * port + 1 : 299;
		char words[64];

		snprintf(words, sizeof(words), "tcp 10.0.0.1:1 10.0.0.2:%u", port);
		assert_int_equal(match(&f, words).rule,
				 port <= 400 ? 1000 - last : PLX_FILTER_RULE_NONE);
	}
	fixture_close(&f);
}

static void
policy_and_sampling_hold_for_what_no_rule_decides(void **state)
{
	struct plx_filter_rules_stats stats;
	unsigned passed = 0;
	struct fixture f;

	fixture_open(&f, &(struct plx_filter_rules_config){.drop = true});
	assert_int_equal(match(&f, HTTP).fate, PLX_FILTER_UNWANTED);
	load(&f, "policy drop\nsample 10\n1 forward proto tcp\n");
	assert_int_equal(match(&f, DNS).fate, PLX_FILTER_UNWANTED);
	for (unsigned i = 0; i < 1000; i++)
		passed += match(&f, HTTP).fate == PLX_FILTER_PASSED;
	assert_int_equal(passed, 100);
	plx_filter_rules_stats(f.rules, &stats);
	assert_int_equal(stats.fates[PLX_FILTER_SAMPLED_OUT], 900);
	assert_int_equal(plx_filter_rules_set_policy(f.rules, false, 0, NULL), 0);
	assert_int_equal(match(&f, DNS).fate, PLX_FILTER_PASSED);
	fixture_close(&f);
}

static void
sends_are_collected_until_a_rule_stops(void **state)
{
	struct plx_filter_rules_stats stats;
	struct plx_filter_verdict v;
	struct fixture f;

	fixture_open(&f, NULL);
	load(&f, "1 reflect-continue 3\n2 bounce-continue same proto tcp\n3 reflect 4 dport 80\n"
		 "4 bounce 5 dport 81\n5 forward dport 82\n");
	v = match(&f, HTTP);
	assert_int_equal(v.fate, PLX_FILTER_SENT);
	assert_int_equal(v.nb_sends, 3);
	assert_int_equal(v.sends[0].port, 3);
	assert_false(v.sends[0].bounce);
	assert_int_equal(v.sends[1].port, PLX_FILTER_PORT_SAME);
	assert_true(v.sends[1].bounce);
	assert_int_equal(v.sends[2].port, 4);
	assert_false(v.sends[2].bounce);
	v = match(&f, "tcp 1.1.1.1:1 2.2.2.2:81");
	assert_int_equal(v.fate, PLX_FILTER_SENT);
	assert_true(v.sends[2].bounce);
	v = match(&f, "tcp 1.1.1.1:1 2.2.2.2:82");
	assert_int_equal(v.fate, PLX_FILTER_PASSED);
	assert_int_equal(v.nb_sends, 2);
	load(&f, "1 reflect-continue 1\n2 reflect-continue 2\n3 reflect-continue 3\n"
		 "4 reflect-continue 4\n5 reflect-continue 5\n");
	assert_int_equal(match(&f, DNS).nb_sends, PLX_FILTER_SENDS_MAX);
	plx_filter_rules_stats(f.rules, &stats);
	assert_int_equal(stats.sends_lost, 1);
	assert_int_equal(stats.sends, 3 + 3 + 2 + 4);
	fixture_close(&f);
}

static void
a_rule_acts_once_on_a_packet_that_meets_it_both_ways(void **state)
{
	struct fixture f;

	fixture_open(&f, NULL);
	load(&f, "1 reflect-continue 3 src 10.0.0.0/8 bidirectional\n");
	assert_int_equal(match(&f, HTTP).nb_sends, 1);
	fixture_close(&f);
}

static void
balance_takes_each_packet_for_one_id(void **state)
{
	unsigned counts[4] = {0};
	struct fixture f;

	fixture_open(&f, NULL);
	load(&f, "1 reflect 0 balance 0/4\n2 reflect 1 balance 1/4\n3 reflect 2 balance 2/4\n"
		 "4 reflect 3 balance 3/4\n");
	for (unsigned i = 0; i < 1000; i++) {
		char there[64], back[64];
		struct plx_filter_verdict v;

		snprintf(there, sizeof(there), "tcp 10.0.0.1:%u 10.0.0.2:80", i);
		snprintf(back, sizeof(back), "tcp 10.0.0.2:80 10.0.0.1:%u", i);
		v = match(&f, there);
		assert_int_equal(v.nb_sends, 1);
		assert_int_equal(v.hash % 4, v.sends[0].port);
		assert_int_equal(match(&f, back).sends[0].port, v.sends[0].port);
		counts[v.sends[0].port]++;
	}
	for (unsigned i = 0; i < 4; i++)
		assert_true(counts[i] > 150);
	fixture_close(&f);
}

static void
the_hash_is_the_flow_hash(void **state)
{
	struct plx_net_build build = build_of(HTTP);
	uint8_t bytes[FRAME] = {0};
	struct fixture f;

	assert_int_equal(plx_net_build_frame(&build, bytes, FRAME), 0);
	fixture_open(&f, &(struct plx_filter_rules_config){.want_hash = true});
	assert_int_equal(match_bytes(&f, bytes, FRAME, 0).hash, plx_net_flow_hash(bytes, FRAME));
	fixture_close(&f);
	assert_int_equal(plx_net_flow_hash_tuple(false, build.src_ip, build.dst_ip, 1000, 80),
			 plx_net_flow_hash(bytes, FRAME));
}

/* As long as it was on the wire, however much of it there is. */
static void
rules_count_bytes_of_the_wire(void **state)
{
	const uint8_t bytes[FRAME] = {0};
	const struct plx_filter_packet packet = {.bytes = bytes, .caplen = FRAME, .wirelen = 1500};
	struct plx_filter_rule_stats stats;
	struct plx_filter_verdict verdict;
	struct plx_filter_rule rule;
	struct fixture f;

	fixture_open(&f, NULL);
	load(&f, "9 drop\n");
	plx_filter_rules_match_burst(f.reader, &packet, 1, 0, &verdict);
	assert_int_equal(verdict.rule, 9);
	assert_int_equal(plx_filter_rules_next(f.rules, 0, &rule, &stats), 0);
	assert_int_equal(stats.bytes, 1500);
	fixture_close(&f);
}

static void
rules_count_what_they_met(void **state)
{
	struct plx_filter_rule_stats stats;
	struct plx_filter_rule rule;
	struct fixture f;

	fixture_open(&f, NULL);
	load(&f, "7 drop proto tcp\n9 forward\n");
	match_at(&f, HTTP, 5 * SECOND);
	match_at(&f, HTTP, 6 * SECOND);
	match_at(&f, DNS, 7 * SECOND);
	assert_int_equal(plx_filter_rules_next(f.rules, 0, &rule, &stats), 0);
	assert_int_equal(rule.id, 7);
	assert_int_equal(stats.packets, 2);
	assert_int_equal(stats.bytes, 2 * FRAME);
	assert_int_equal(stats.last_ns, 6 * SECOND);
	assert_int_equal(plx_filter_rules_next(f.rules, 8, &rule, &stats), 0);
	assert_int_equal(rule.id, 9);
	assert_int_equal(stats.packets, 1);
	assert_int_equal(plx_filter_rules_next(f.rules, 10, &rule, &stats), -ENOENT);
	/* The same words keep their counters, others begin anew. */
	load(&f, "7 drop proto tcp\n9 forward vlan 0\n");
	plx_filter_rules_next(f.rules, 7, NULL, &stats);
	assert_int_equal(stats.packets, 2);
	plx_filter_rules_next(f.rules, 9, NULL, &stats);
	assert_int_equal(stats.packets, 0);
	fixture_close(&f);
}

/* -- refusals --------------------------------------------------------------------------------------- */

static void
assert_add_refused(struct fixture *f, const char *line, int err, const char *words)
{
	struct plx_filter_line parsed;
	struct plx_why why = {{0}};

	assert_int_equal(plx_filter_line_parse(line, &parsed, NULL, NULL), 0);
	if (parsed.kind == PLX_FILTER_LINE_EXACT)
		assert_int_equal(plx_filter_rules_exact_add(f->rules, &parsed.exact, 0, &why), err);
	else
		assert_int_equal(plx_filter_rules_add(f->rules, &parsed.rule, &why), err);
	if (strstr(why.text, words) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", why.text, words);
}

static void
contradictions_are_refused_and_change_nothing(void **state)
{
	struct plx_filter_rules_stats stats;
	struct plx_why why;
	struct fixture f;

	fixture_open(&f, &(struct plx_filter_rules_config){.max_wildcard = 2, .max_exact = 2});
	load(&f,
	     "10 drop proto tcp dport 80\nexact drop proto udp src 1.1.1.1 dst 2.2.2.2 dport 5\n");
	assert_add_refused(&f, "10 forward proto udp", -EEXIST, "rule 10 already");
	assert_add_refused(&f, "20 forward dport 80 proto tcp", -EINVAL,
			   "rule 10 (drop) and rule 20 (forward) contradict");
	assert_add_refused(&f, "5 reflect 1 dport 80 proto tcp", -EINVAL,
			   "rule 5 (reflect) and rule 10 (drop) contradict");
	assert_add_refused(&f, "20 drop plugin none", -ENOENT, "no plugin \"none\"");
	assert_add_refused(&f, "20 execute none", -ENOENT, "no plugin \"none\"");
	assert_add_refused(&f, "exact forward proto udp src 1.1.1.1 dst 2.2.2.2 dport 5", -EEXIST,
			   "already: drop, one direction");
	assert_add_refused(&f,
			   "exact forward proto udp src 2.2.2.2 sport 5 dst 1.1.1.1 bidirectional",
			   -EEXIST, "already");
	assert_int_equal(plx_filter_rules_load_text(
				 f.rules, "1 drop vlan 1\n2 drop vlan 2\n3 drop\n", 0, &why),
			 -ENOSPC);
	assert_non_null(strstr(why.text, "max_wildcard"));
	assert_int_equal(plx_filter_rules_load_text(
				 f.rules, "1 drop vlan 1\n2 drop vlan 1\n3 forwrd", 0, &why),
			 -EINVAL);
	assert_non_null(strstr(why.text, "line 3, column 3: "));
	assert_int_equal(
		plx_filter_rules_load_text(f.rules, "1 drop vlan 1\n1 drop vlan 2\n", 0, &why),
		-EEXIST);
	assert_int_equal(
		plx_filter_rules_load_text(f.rules, "1 drop vlan 1\n2 forward vlan 1\n", 0, &why),
		-EINVAL);
	plx_filter_rules_stats(f.rules, &stats);
	assert_int_equal(stats.wildcard, 1);
	assert_int_equal(stats.exact, 1);
	assert_int_equal(match(&f, HTTP).rule, 10);
	assert_add_refused(&f, "11 forward proto tcp", 0, "");
	assert_add_refused(&f, "12 forward proto udp", -ENOSPC, "max_wildcard");
	assert_add_refused(&f, "exact drop proto udp src 1.1.1.1 dst 2.2.2.2 dport 6", 0, "");
	assert_add_refused(&f, "exact drop proto udp src 1.1.1.1 dst 2.2.2.2 dport 7", -ENOSPC,
			   "max_exact");
	assert_int_equal(plx_filter_rules_delete(f.rules, 99, &why), -ENOENT);
	fixture_close(&f);
}

static void
rules_that_differ_do_not_contradict(void **state)
{
	static const char *const conditions[] = {
		"",
		"vlan 1",
		"vlan 2",
		"proto tcp",
		"proto udp",
		"ethertype arp",
		"ethertype ipv6",
		"ipv4",
		"ipv6",
		"src 10.0.0.0/8",
		"src 10.0.0.0/9",
		"src 11.0.0.0/8",
		"dst 10.0.0.0/8",
		"dst 10.0.0.0/8 bidirectional",
		"sport 1",
		"sport 1-2",
		"dport 1",
		"dport 1-2",
		"smac 02:00:00:00:00:00",
		"smac 02:00:00:00:00:00/ff:00:00:00:00:00",
		"dmac 02:00:00:00:00:00",
		"payload \"a\"",
		"payload \"b\"",
		"payload \"ab\"",
		"balance 0/2",
		"balance 1/2",
		"balance 0/3",
		"bpf \"tcp\"",
		"bpf \"udp\"",
	};
	char text[128];
	struct fixture f;

	fixture_open(&f, NULL);
	for (unsigned i = 0; i < PLX_ARRAY_LEN(conditions); i++) {
		snprintf(text, sizeof(text), "%u %s %s", i, i % 2 != 0 ? "drop" : "forward",
			 conditions[i]);
		assert_add_refused(&f, text, 0, "");
	}
	for (unsigned i = 0; i < PLX_ARRAY_LEN(conditions); i++) {
		snprintf(text, sizeof(text), "1000 reflect 1 %s", conditions[i]);
		assert_add_refused(&f, text, -EINVAL, "contradict");
	}
	fixture_close(&f);
}

static void
rules_that_make_no_sense_are_refused(void **state)
{
	struct plx_filter_rule rule = {.id = 1}, bad;
	struct plx_filter_exact exact = {.ip_version = 5};

	assert_int_equal(plx_filter_rule_check(&rule, NULL), 0);
#define REFUSED(...)                                                          \
	do {                                                                  \
		bad = (struct plx_filter_rule){.id = 1, __VA_ARGS__};         \
		assert_int_equal(plx_filter_rule_check(&bad, NULL), -EINVAL); \
	} while (0)
	REFUSED(.has = 1u << 31);
	REFUSED(.has = PLX_FILTER_HAS_SRC_IP);
	REFUSED(.has = PLX_FILTER_HAS_IP, .ip_version = 5);
	REFUSED(.has = PLX_FILTER_HAS_VLAN, .vlan = 4096);
	REFUSED(.has = PLX_FILTER_HAS_SRC_PORT, .src_port = {2, 1});
	REFUSED(.has = PLX_FILTER_HAS_DST_PORT, .dst_port = {2, 1});
	REFUSED(.has = PLX_FILTER_HAS_SRC_MAC, .src_mac = {1});
	REFUSED(.has = PLX_FILTER_HAS_DST_MAC, .dst_mac = {1});
	REFUSED(.has = PLX_FILTER_HAS_IP | PLX_FILTER_HAS_SRC_IP, .ip_version = 4, .src_ip = {1});
	REFUSED(.has = PLX_FILTER_HAS_IP | PLX_FILTER_HAS_DST_IP, .ip_version = 6, .dst_ip[15] = 1);
	REFUSED(.has = PLX_FILTER_HAS_PAYLOAD);
	REFUSED(.has = PLX_FILTER_HAS_PAYLOAD, .pattern_len = PLX_FILTER_PATTERN_MAX + 1);
	REFUSED(.has = PLX_FILTER_HAS_BALANCE);
	REFUSED(.has = PLX_FILTER_HAS_BALANCE, .balance_id = 2, .balance_pool = 2);
	REFUSED(.has = PLX_FILTER_HAS_BPF);
	REFUSED(.has = PLX_FILTER_HAS_PLUGIN);
	REFUSED(.action = PLX_FILTER_ACTIONS);
	REFUSED(.action = PLX_FILTER_EXECUTE_STOP);
	REFUSED(.action = PLX_FILTER_ADD_RULE, .add_action = PLX_FILTER_ADD_RULE);
	bad = (struct plx_filter_rule){.id = PLX_FILTER_RULE_NONE};
	assert_int_equal(plx_filter_rule_check(&bad, NULL), -EINVAL);
	memset(bad.bpf, 'x', sizeof(bad.bpf));
	bad.id = 1;
	bad.has = PLX_FILTER_HAS_BPF;
	assert_int_equal(plx_filter_rule_check(&bad, NULL), -EINVAL);
	assert_int_equal(plx_filter_exact_check(&exact, NULL), -EINVAL);
	exact.ip_version = 4;
	assert_int_equal(plx_filter_exact_check(&exact, NULL), 0);
	exact.vlan = 4096;
	assert_int_equal(plx_filter_exact_check(&exact, NULL), -EINVAL);
	exact.vlan = 1;
	exact.action = PLX_FILTER_ADD_RULE;
	assert_int_equal(plx_filter_exact_check(&exact, NULL), -EINVAL);
}

static void
there_are_as_many_readers_as_can_be(void **state)
{
	struct plx_filter_rules_reader *readers[PLX_FILTER_READERS_MAX], *more;
	struct plx_filter_rules *rules;

	assert_int_equal(plx_filter_rules_create(NULL, &rules, NULL), 0);
	for (unsigned i = 0; i < PLX_FILTER_READERS_MAX; i++)
		assert_int_equal(plx_filter_rules_reader_create(rules, &readers[i], NULL), 0);
	assert_int_equal(plx_filter_rules_reader_create(rules, &more, NULL), -ENOSPC);
	plx_filter_rules_reader_destroy(readers[5]);
	assert_int_equal(plx_filter_rules_reader_create(rules, &readers[5], NULL), 0);
	plx_filter_rules_destroy(rules);
	assert_int_equal(
		plx_filter_rules_create(&(struct plx_filter_rules_config){.max_wildcard = 1u << 20},
					&rules, NULL),
		-EINVAL);
	plx_filter_rules_destroy(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rule_meets_what_its_conditions_say),
		cmocka_unit_test(conditions_do_not_disturb_each_other),
		cmocka_unit_test(ports_are_of_whole_datagrams_with_ports),
		cmocka_unit_test(frames_of_any_length_are_matched),
		cmocka_unit_test(the_lowest_id_decides),
		cmocka_unit_test(more_than_one_word_of_rules_keeps_the_order),
		cmocka_unit_test(policy_and_sampling_hold_for_what_no_rule_decides),
		cmocka_unit_test(sends_are_collected_until_a_rule_stops),
		cmocka_unit_test(a_rule_acts_once_on_a_packet_that_meets_it_both_ways),
		cmocka_unit_test(balance_takes_each_packet_for_one_id),
		cmocka_unit_test(the_hash_is_the_flow_hash),
		cmocka_unit_test(rules_count_bytes_of_the_wire),
		cmocka_unit_test(rules_count_what_they_met),
		cmocka_unit_test(contradictions_are_refused_and_change_nothing),
		cmocka_unit_test(rules_that_differ_do_not_contradict),
		cmocka_unit_test(rules_that_make_no_sense_are_refused),
		cmocka_unit_test(there_are_as_many_readers_as_can_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
