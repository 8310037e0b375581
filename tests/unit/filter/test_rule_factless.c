/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sets of rules of which none asks for a packet's facts are matched without them. Beside a rule that asks, and that nothing meets, the
 * same rules say the same of the same packets.
 */
#include "rules_fixture.h"

enum { PACKETS = 60, MANY = 150, TEXT = MANY * 80 };

static const char asks[] = "9000 drop vlan 4000\n";

struct burst {
	uint8_t bytes[PACKETS][FRAME];
	struct plx_filter_packet packets[PACKETS];
	struct plx_filter_verdict verdicts[PACKETS];
};

/* TCP and UDP, IPv4 and IPv6, tagged and not; some with a payload, some cut off amid the headers. */
static void
fill(struct burst *b)
{
	for (unsigned i = 0; i < PACKETS; i++) {
		struct plx_net_build build;
		char words[96];

		snprintf(words, sizeof(words), "%s%s%s 10.0.%u.1:%u 10.0.0.2:%u",
			 i % 5 == 0 ? "v5 " : "", i % 2 != 0 ? "tcp" : "udp", i % 7 == 0 ? "6" : "",
			 i % 11, 1000 + i, i % 3 != 0 ? 80 : 53);
		build = build_of(words);
		build.src_mac[5] = (uint8_t)(i % 4);
		memset(b->bytes[i], 0, FRAME);
		if (i % 4 == 0)
			memcpy(b->bytes[i] + plx_net_build_header_len(&build), "INVITE sip", 10);
		assert_int_equal(plx_net_build_frame(&build, b->bytes[i], FRAME), 0);
		b->packets[i] = (struct plx_filter_packet){
			.bytes = b->bytes[i], .caplen = i % 13 == 0 ? i : FRAME, .wirelen = FRAME};
	}
}

/* What the rules say; what they ask for is done in the end. */
static struct plx_filter_rules_stats
judge(const char *text, const char *more, struct burst *b)
{
	struct plx_filter_rules_stats stats;
	struct fixture f;
	char all[TEXT + sizeof(asks)];

	snprintf(all, sizeof(all), "%s%s", text, more);
	fixture_open(&f, NULL);
	load(&f, all);
	plx_filter_rules_match_burst(f.reader, b->packets, PACKETS, 0, b->verdicts);
	plx_filter_rules_service(f.rules, 0);
	plx_filter_rules_stats(f.rules, &stats);
	fixture_close(&f);
	return stats;
}

static void
expect_same(const struct plx_filter_verdict *a, const struct plx_filter_verdict *b)
{
	assert_int_equal(a->fate, b->fate);
	assert_int_equal(a->rule, b->rule);
	assert_int_equal(a->exact, b->exact);
	assert_int_equal(a->hash, b->hash);
	assert_int_equal(a->nb_sends, b->nb_sends);
	for (unsigned i = 0; i < a->nb_sends; i++)
		assert_int_equal(a->sends[i].port, b->sends[i].port);
}

static void
compare(const char *text)
{
	static struct burst alone, beside;
	struct plx_filter_rules_stats one, other;

	fill(&alone);
	fill(&beside);
	one = judge(text, "", &alone);
	other = judge(text, asks, &beside);
	for (unsigned i = 0; i < PACKETS; i++)
		expect_same(&alone.verdicts[i], &beside.verdicts[i]);
	assert_memory_equal(one.fates, other.fates, sizeof(one.fates));
	assert_int_equal(one.bytes, other.bytes);
	assert_int_equal(one.sends, other.sends);
	assert_int_equal(one.posts, other.posts);
	assert_int_equal(one.posts_done, other.posts_done);
	assert_int_equal(one.posts_idle, other.posts_idle);
	assert_int_equal(one.exact, other.exact);
}

static void
without_facts_the_verdicts_are_the_same(void **state)
{
	static const char *const texts[] = {
		"10 drop bpf \"udp port 53\"\n",
		"10 drop bpf \"vlan 5\"\npolicy drop\nsample 3\n20 forward bpf \"tcp\"\n",
		"10 drop bpf \"udp\" payload \"INVITE\"\n20 drop payload \"sip\"\n",
		"10 drop smac 02:00:00:00:00:01\n20 drop dmac 02:00:00:00:00:02 bpf \"tcp\"\n",
		"10 drop balance 0/3\n20 reflect 1 balance 1/3 bpf \"udp\"\n",
		"10 reflect-continue 1 bpf \"ip\"\n20 reflect-continue 2 bpf \"tcp\"\n30 bounce 3 bpf \"ip6\"\n",
		"10 add-rule drop bpf \"tcp\"\n",
		"10 add-rule drop bidirectional\n",
		"10 delete-rule flow bpf \"tcp\"\n",
		"10 delete-rule 20 bpf \"tcp\"\n20 drop bpf \"udp\"\n",
		"10 drop bpf \"udp\"\n20 drop proto tcp\n",
		"10 drop src ::/0\n20 drop bpf \"tcp\"\n",
	};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(texts); i++)
		compare(texts[i]);
}

/* More than a word of them, of which many are left for a packet. */
static void
so_they_are_of_many_rules(void **state)
{
	char text[TEXT];
	size_t len = 0;

	for (unsigned i = 0; i < MANY; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"%u %s bpf \"src port %u\"\n", 10 + i,
					i % 3 == 0 ? "drop" : "reflect-continue 1", 1000 + i % 40);
	compare(text);
	for (unsigned n = 4; n <= 6; n++) {
		len = 0;
		for (unsigned i = 0; i < n; i++)
			len += (size_t)snprintf(text + len, sizeof(text) - len,
						"%u reflect-continue %u bpf \"tcp\"\n", 10 + i, i);
		compare(text);
	}
}

/* A filter beside what is asked of the packet itself: both must hold. */
static void
all_that_a_rule_asks_holds(void **state)
{
	static const struct {
		const char *rule;
		enum plx_filter_fate fate;
	} cases[] = {
		{"10 drop bpf \"udp\" payload \"INVITE\"\n", PLX_FILTER_DROPPED},
		{"10 drop bpf \"tcp\" payload \"INVITE\"\n", PLX_FILTER_PASSED},
		{"10 drop bpf \"udp\" payload \"OPTIONS\"\n", PLX_FILTER_PASSED},
		{"10 drop bpf \"udp\" smac 02:00:00:00:00:09\n", PLX_FILTER_PASSED},
	};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(cases); i++) {
		struct fixture f;

		fixture_open(&f, NULL);
		load(&f, cases[i].rule);
		assert_int_equal(match(&f, "udp 10.0.0.1:1 10.0.0.2:2").fate, cases[i].fate);
		fixture_close(&f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_facts_the_verdicts_are_the_same),
		cmocka_unit_test(all_that_a_rule_asks_holds),
		cmocka_unit_test(so_they_are_of_many_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
