/* SPDX-License-Identifier: BSD-3-Clause */
#include "rules_fixture.h"

#define HTTP  "tcp 10.0.0.1:1000 10.0.0.2:80"
#define REPLY "tcp 10.0.0.2:80 10.0.0.1:1000"

static struct plx_filter_exact
exact_of(const char *words, uint8_t action)
{
	struct plx_net_build build = build_of(words);
	struct plx_filter_exact exact = {
		.vlan = build.nb_vlans > 0 ? build.vlan_tci[0] : 0,
		.ip_version = build.ipv6 ? 6 : 4,
		.proto = build.proto,
		.src_port = build.src_port,
		.dst_port = build.dst_port,
		.action = action,
	};

	memcpy(exact.src_ip, build.src_ip, sizeof(exact.src_ip));
	memcpy(exact.dst_ip, build.dst_ip, sizeof(exact.dst_ip));
	return exact;
}

static uint32_t
count(struct fixture *f)
{
	struct plx_filter_rules_stats stats;

	plx_filter_rules_stats(f->rules, &stats);
	return stats.exact;
}

static void
each_of_the_six_values_counts(void **state)
{
	static const char *const others[] = {
		"udp 10.0.0.1:1000 10.0.0.2:80",  "tcp 10.0.0.3:1000 10.0.0.2:80",
		"tcp 10.0.0.1:1001 10.0.0.2:80",  "tcp 10.0.0.1:1000 10.0.0.3:80",
		"tcp 10.0.0.1:1000 10.0.0.2:81",  "v5 tcp 10.0.0.1:1000 10.0.0.2:80",
		"tcp6 10.0.0.1:1000 10.0.0.2:80", "tcp 10.0.0.1:80 10.0.0.2:1000",
		"tcp 10.0.0.2:1000 10.0.0.1:80",  REPLY,
	};
	struct plx_filter_exact exact = exact_of(HTTP, PLX_FILTER_DROP);
	struct fixture f;

	fixture_open(&f, NULL);
	assert_int_equal(plx_filter_rules_exact_add(f.rules, &exact, 0, NULL), 0);
	assert_int_equal(match(&f, HTTP).fate, PLX_FILTER_DROPPED);
	assert_true(match(&f, HTTP).exact);
	for (unsigned i = 0; i < PLX_ARRAY_LEN(others); i++) {
		exact = exact_of(others[i], PLX_FILTER_DROP);
		assert_int_equal(match(&f, others[i]).fate, PLX_FILTER_PASSED);
		assert_int_equal(plx_filter_rules_exact_delete(f.rules, &exact, NULL), -ENOENT);
	}
	fixture_close(&f);
}

static void
one_direction_or_both(void **state)
{
	struct plx_filter_exact there = exact_of(HTTP, PLX_FILTER_DROP);
	struct plx_filter_exact back = exact_of(REPLY, PLX_FILTER_REFLECT_STOP), found;
	struct fixture f;

	fixture_open(&f, NULL);
	assert_int_equal(plx_filter_rules_exact_add(f.rules, &there, 0, NULL), 0);
	assert_int_equal(plx_filter_rules_exact_add(f.rules, &back, 0, NULL), 0);
	assert_int_equal(match(&f, HTTP).fate, PLX_FILTER_DROPPED);
	assert_int_equal(match(&f, REPLY).fate, PLX_FILTER_SENT);
	assert_int_equal(plx_filter_rules_exact_find(f.rules, &back, &found, NULL), 0);
	assert_int_equal(found.src_port, 80);
	assert_int_equal(found.action, PLX_FILTER_REFLECT_STOP);
	assert_int_equal(plx_filter_rules_exact_delete(f.rules, &there, NULL), 0);
	assert_int_equal(match(&f, HTTP).fate, PLX_FILTER_PASSED);
	assert_int_equal(match(&f, REPLY).fate, PLX_FILTER_SENT);
	assert_int_equal(plx_filter_rules_exact_delete(f.rules, &back, NULL), 0);
	there.bidirectional = true;
	assert_int_equal(plx_filter_rules_exact_add(f.rules, &there, 0, NULL), 0);
	assert_int_equal(plx_filter_rules_exact_add(f.rules, &back, 0, NULL), -EEXIST);
	assert_int_equal(match(&f, REPLY).fate, PLX_FILTER_DROPPED);
	assert_int_equal(plx_filter_rules_exact_delete(f.rules, &back, NULL), -ENOENT);
	assert_int_equal(count(&f), 1);
	fixture_close(&f);
}

static void
a_rule_that_continues_lets_wildcard_rules_decide(void **state)
{
	struct plx_filter_verdict v;
	struct fixture f;

	fixture_open(&f, NULL);
	load(&f,
	     "exact reflect-continue 9 proto tcp src 10.0.0.1 sport 1000 dst 10.0.0.2 dport 80\n"
	     "1 drop proto tcp\n");
	v = match(&f, HTTP);
	assert_int_equal(v.fate, PLX_FILTER_DROPPED);
	assert_int_equal(v.nb_sends, 1);
	assert_int_equal(v.rule, 1);
	assert_false(v.exact);
	fixture_close(&f);
}

static void
an_exact_rule_comes_before_wildcard_rules(void **state)
{
	struct fixture f;

	fixture_open(&f, NULL);
	load(&f, "1 drop\nexact forward proto tcp src 10.0.0.1 sport 1000 dst 10.0.0.2 dport 80\n");
	assert_int_equal(match(&f, HTTP).fate, PLX_FILTER_PASSED);
	assert_int_equal(match(&f, REPLY).fate, PLX_FILTER_DROPPED);
	fixture_close(&f);
}

static void
rules_are_added_and_deleted_by_packets(void **state)
{
	struct plx_filter_rules_stats stats;
	struct fixture f;

	fixture_open(&f, NULL);
	load(&f, "1 add-rule drop proto tcp bidirectional\n2 delete-rule 1 dport 53\n");
	assert_int_equal(match(&f, HTTP).fate, PLX_FILTER_PASSED);
	assert_int_equal(match(&f, HTTP).fate, PLX_FILTER_PASSED);
	assert_int_equal(count(&f), 0);
	assert_int_equal(plx_filter_rules_service(f.rules, 0), 2);
	assert_int_equal(count(&f), 1);
	assert_int_equal(match(&f, HTTP).fate, PLX_FILTER_DROPPED);
	assert_int_equal(match(&f, REPLY).fate, PLX_FILTER_DROPPED);
	plx_filter_rules_stats(f.rules, &stats);
	assert_int_equal(stats.posts_done, 1);
	assert_int_equal(stats.posts_idle, 1);
	match(&f, "udp 1.1.1.1:1 2.2.2.2:53");
	plx_filter_rules_service(f.rules, 0);
	assert_int_equal(match(&f, "tcp 1.1.1.1:1 2.2.2.2:2").rule, PLX_FILTER_RULE_NONE);
	fixture_close(&f);
}

static void
what_an_added_rule_sends_goes_where_it_says(void **state)
{
	struct plx_filter_verdict verdict;
	struct fixture f;

	fixture_open(&f, NULL);
	load(&f, "1 add-rule bounce 3 proto tcp\n");
	match(&f, HTTP);
	assert_int_equal(plx_filter_rules_service(f.rules, 0), 1);
	verdict = match(&f, HTTP);
	assert_int_equal(verdict.fate, PLX_FILTER_SENT);
	assert_int_equal(verdict.nb_sends, 1);
	assert_int_equal(verdict.sends[0].port, 3);
	assert_true(verdict.sends[0].bounce);
	fixture_close(&f);
}

static void
locked_rules_stay(void **state)
{
	struct fixture f;

	fixture_open(&f, NULL);
	load(&f,
	     "1 forward vlan 5 locked\n2 delete-rule 1 dport 53\n"
	     "3 delete-rule flow\n"
	     "exact reflect-continue 1 proto tcp src 10.0.0.1 sport 1000 dst 10.0.0.2 dport 80 locked\n"
	     "exact reflect-continue 1 proto tcp src 10.0.0.1 sport 1001 dst 10.0.0.2 dport 80\n");
	match(&f, "udp 1.1.1.1:1 2.2.2.2:53");
	match(&f, HTTP);
	match(&f, "tcp 10.0.0.1:1001 10.0.0.2:80");
	assert_int_equal(plx_filter_rules_service(f.rules, 0), 3);
	assert_int_equal(match(&f, "v5 " HTTP).rule, 1);
	assert_int_equal(count(&f), 1);
	assert_int_equal(plx_filter_rules_purge(f.rules, 100 * SECOND, SECOND, 0), 0);
	assert_int_equal(count(&f), 1);
	fixture_close(&f);
}

static void
a_rule_for_one_packet_deletes_itself(void **state)
{
	struct fixture f;

	fixture_open(&f, NULL);
	load(&f, "exact delete-rule flow proto tcp src 10.0.0.1 sport 1000 dst 10.0.0.2 dport 80\n"
		 "policy drop\n");
	assert_int_equal(match(&f, HTTP).fate, PLX_FILTER_PASSED);
	plx_filter_rules_service(f.rules, 0);
	assert_int_equal(match(&f, HTTP).fate, PLX_FILTER_UNWANTED);
	fixture_close(&f);
}

static void
a_full_queue_of_requests_is_counted(void **state)
{
	struct plx_filter_rules_stats stats;
	struct fixture f;

	fixture_open(&f, &(struct plx_filter_rules_config){.max_exact = 100});
	load(&f, "1 add-rule drop\n");
	for (unsigned i = 0; i < 1000; i++) {
		char words[64];

		snprintf(words, sizeof(words), "udp 10.0.0.1:%u 10.0.0.2:80", i);
		match(&f, words);
	}
	plx_filter_rules_service(f.rules, 0);
	plx_filter_rules_stats(f.rules, &stats);
	assert_int_equal(stats.posts, 1000);
	assert_true(stats.posts_lost > 0);
	assert_int_equal(stats.posts_done, 100);
	assert_int_equal(stats.posts_refused, 1000 - 100 - stats.posts_lost);
	assert_int_equal(stats.exact, 100);
	fixture_close(&f);
}

static void
idle_rules_are_purged_in_portions(void **state)
{
	struct plx_filter_rule_stats stats;
	struct plx_filter_exact exact = exact_of(HTTP, PLX_FILTER_DROP), found;
	struct plx_filter_rules_stats sums;
	unsigned purged = 0;
	struct fixture f;

	fixture_open(&f, NULL);
	for (unsigned i = 0; i < 3000; i++) {
		exact.src_port = (uint16_t)(1000 + i);
		assert_int_equal(plx_filter_rules_exact_add(f.rules, &exact, SECOND, NULL), 0);
	}
	match_at(&f, HTTP, 10 * SECOND);
	assert_int_equal(plx_filter_rules_purge(f.rules, 10 * SECOND, 10 * SECOND, 0), 0);
	for (unsigned i = 0; i < 3; i++) {
		unsigned some = plx_filter_rules_purge(f.rules, 12 * SECOND, 10 * SECOND, 1000);

		assert_true(some >= 999 && some <= 1000);
		purged += some;
	}
	assert_int_equal(purged, 2999);
	plx_filter_rules_stats(f.rules, &sums);
	assert_int_equal(sums.purged, 2999);
	exact.src_port = 1000;
	assert_int_equal(plx_filter_rules_exact_find(f.rules, &exact, &found, &stats), 0);
	assert_int_equal(stats.packets, 1);
	assert_int_equal(stats.bytes, FRAME);
	assert_int_equal(stats.last_ns, 10 * SECOND);
	assert_int_equal(plx_filter_rules_purge(f.rules, 20 * SECOND, 10 * SECOND, 0), 1);
	assert_int_equal(count(&f), 0);
	fixture_close(&f);
}

/* Adds, deletes and looks up against a plain array, through many growths and rebuilds. */
static void
the_table_holds_what_an_array_holds(void **state)
{
	enum { FLOWS = 40000, STEPS = 200000 };
	bool *there = calloc(FLOWS, sizeof(*there));
	struct plx_filter_exact exact = exact_of(HTTP, PLX_FILTER_DROP), found;
	struct plx_filter_rules_stats stats;
	uint32_t cursor = 0, live = 0, walked = 0;
	struct fixture f;

	srand(7);
	fixture_open(&f, NULL);
	for (unsigned i = 0; i < STEPS; i++) {
		unsigned flow = (unsigned)rand() % (i < STEPS / 2 ? FLOWS : FLOWS / 50);
		int err;

		exact.src_ip[2] = (uint8_t)(flow >> 8);
		exact.src_ip[3] = (uint8_t)flow;
		exact.vlan = (uint16_t)(flow % 3);
		if (there[flow])
			err = plx_filter_rules_exact_delete(f.rules, &exact, NULL);
		else
			err = plx_filter_rules_exact_add(f.rules, &exact, 0, NULL);
		assert_int_equal(err, 0);
		there[flow] = !there[flow];
		live += there[flow] ? 1 : (uint32_t)-1;
		assert_int_equal(plx_filter_rules_exact_find(f.rules, &exact, &found, NULL),
				 there[flow] ? 0 : -ENOENT);
	}
	for (unsigned flow = 0; flow < FLOWS; flow++) {
		exact.src_ip[2] = (uint8_t)(flow >> 8);
		exact.src_ip[3] = (uint8_t)flow;
		exact.vlan = (uint16_t)(flow % 3);
		assert_int_equal(plx_filter_rules_exact_find(f.rules, &exact, &found, NULL),
				 there[flow] ? 0 : -ENOENT);
	}
	while (plx_filter_rules_exact_next(f.rules, &cursor, &found, NULL) == 0)
		walked++;
	assert_int_equal(walked, live);
	plx_filter_rules_stats(f.rules, &stats);
	assert_int_equal(stats.exact, live);
	assert_true(stats.exact_memory > 64ull * live);
	free(there);
	fixture_close(&f);
}

static void
what_deleted_rules_held_is_used_again(void **state)
{
	struct plx_filter_exact exact = exact_of(HTTP, PLX_FILTER_DROP);
	struct plx_filter_rules_stats before, after;
	struct fixture f;

	fixture_open(&f, NULL);
	for (unsigned i = 0; i < 20000; i++) {
		assert_int_equal(plx_filter_rules_exact_add(f.rules, &exact, 0, NULL), 0);
		assert_int_equal(plx_filter_rules_exact_delete(f.rules, &exact, NULL), 0);
		if (i == 1000)
			plx_filter_rules_stats(f.rules, &before);
	}
	plx_filter_rules_stats(f.rules, &after);
	assert_true(after.exact_memory <= before.exact_memory);
	fixture_close(&f);
}

/* -- texts ------------------------------------------------------------------------------------------ */

static void
a_text_takes_the_place_of_the_one_before(void **state)
{
	struct plx_filter_exact own = exact_of("tcp 9.9.9.9:1 8.8.8.8:2", PLX_FILTER_DROP);
	struct plx_why why;
	struct fixture f;

	fixture_open(&f, NULL);
	assert_int_equal(plx_filter_rules_exact_add(f.rules, &own, 0, NULL), 0);
	load(&f, "exact drop proto tcp src 1.1.1.1 dst 2.2.2.2 sport 1 dport 2\n"
		 "exact drop proto tcp src 1.1.1.1 dst 2.2.2.2 sport 1 dport 3\n");
	assert_int_equal(count(&f), 3);
	load(&f, "exact reflect 4 proto tcp src 1.1.1.1 dst 2.2.2.2 sport 1 dport 3\n"
		 "exact drop proto tcp src 1.1.1.1 dst 2.2.2.2 sport 1 dport 4\n");
	assert_int_equal(count(&f), 3);
	assert_int_equal(match(&f, "tcp 1.1.1.1:1 2.2.2.2:2").fate, PLX_FILTER_PASSED);
	assert_int_equal(match(&f, "tcp 1.1.1.1:1 2.2.2.2:3").fate, PLX_FILTER_SENT);
	assert_int_equal(match(&f, "tcp 1.1.1.1:1 2.2.2.2:4").fate, PLX_FILTER_DROPPED);
	assert_int_equal(match(&f, "tcp 9.9.9.9:1 8.8.8.8:2").fate, PLX_FILTER_DROPPED);
	/* Not possible: nothing of it is done. */
	assert_int_equal(
		plx_filter_rules_load_text(
			f.rules,
			"1 drop\nexact drop proto tcp src 1.1.1.1 dst 2.2.2.2 sport 1 dport 3\n"
			"exact drop proto tcp src 7.7.7.7 dst 2.2.2.2\n"
			"exact forward proto tcp src 9.9.9.9 sport 1 dst 8.8.8.8 dport 2\n",
			0, &why),
		-EEXIST);
	assert_non_null(strstr(why.text, "exact rule 3 of the text"));
	assert_int_equal(count(&f), 3);
	assert_int_equal(match(&f, "tcp 1.1.1.1:1 2.2.2.2:3").fate, PLX_FILTER_SENT);
	assert_int_equal(match(&f, "tcp 5.5.5.5:1 2.2.2.2:3").fate, PLX_FILTER_PASSED);
	/* The same words as a rule from elsewhere: it is not the text's. */
	assert_int_equal(plx_filter_rules_load_text(
				 f.rules,
				 "exact drop proto tcp src 9.9.9.9 sport 1 dst 8.8.8.8 dport 2\n",
				 0, &why),
			 -EEXIST);
	load(&f, "exact drop proto tcp src 1.1.1.1 sport 1 dst 2.2.2.2 dport 2 bidirectional\n");
	assert_int_equal(plx_filter_rules_load_text(
				 f.rules,
				 "exact drop proto tcp src 1.1.1.1 sport 1 dst 2.2.2.2 dport 2\n"
				 "exact drop proto tcp src 2.2.2.2 sport 2 dst 1.1.1.1 dport 1\n",
				 0, &why),
			 -EEXIST);
	assert_int_equal(match(&f, "tcp 2.2.2.2:2 1.1.1.1:1").fate, PLX_FILTER_DROPPED);
	load(&f, "");
	assert_int_equal(count(&f), 1);
	fixture_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_of_the_six_values_counts),
		cmocka_unit_test(one_direction_or_both),
		cmocka_unit_test(a_rule_that_continues_lets_wildcard_rules_decide),
		cmocka_unit_test(an_exact_rule_comes_before_wildcard_rules),
		cmocka_unit_test(rules_are_added_and_deleted_by_packets),
		cmocka_unit_test(what_an_added_rule_sends_goes_where_it_says),
		cmocka_unit_test(locked_rules_stay),
		cmocka_unit_test(a_rule_for_one_packet_deletes_itself),
		cmocka_unit_test(a_full_queue_of_requests_is_counted),
		cmocka_unit_test(idle_rules_are_purged_in_portions),
		cmocka_unit_test(the_table_holds_what_an_array_holds),
		cmocka_unit_test(what_deleted_rules_held_is_used_again),
		cmocka_unit_test(a_text_takes_the_place_of_the_one_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
