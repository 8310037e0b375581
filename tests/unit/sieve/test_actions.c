/* SPDX-License-Identifier: BSD-3-Clause */
/* Each action through a port, and many rules at once against what the set itself says of each packet. */
#include "sieve_rig.h"

#include "plx_filter_plugin.h"

#include <unistd.h>

/* Where one packet of flow 7 is found again. */
struct found {
	bool passes;	/* as it came */
	int out;	/* of which port, -1 none */
	bool exchanged; /* its MAC addresses, there */
};

static void
expect_macs(struct plx_mbuf *m, bool exchanged)
{
	struct plx_mbuf *plain = rig_packet(rig_flow(m));
	const uint8_t *want = plx_mbuf_data(plain), *got = plx_mbuf_data(m);

	assert_memory_equal(got, want + (exchanged ? 6 : 0), 6);
	assert_memory_equal(got + 6, want + (exchanged ? 0 : 6), 6);
	assert_memory_equal(got + 12, want + 12, RIG_FRAME - 12);
	plx_mbuf_free(plain);
}

static void
expect(const struct found *found)
{
	struct plx_mbuf *pkts[8];

	rig_feed(7, 1);
	assert_int_equal(rig_get(pkts, 8), found->passes);
	if (found->passes) {
		expect_macs(pkts[0], false);
		plx_mbuf_free(pkts[0]);
	}
	rig_settle();
	for (int port = 0; port < RIG_PORTS; port++) {
		assert_int_equal(rig_out((unsigned)port, pkts, 8), port == found->out);
		if (port == found->out) {
			expect_macs(pkts[0], found->exchanged);
			plx_mbuf_free(pkts[0]);
		}
	}
}

static enum plx_filter_said
say(void *state, const struct plx_filter_packet *packet, struct plx_filter_rules_reader *reader)
{
	return *(enum plx_filter_said *)state;
}

static enum plx_filter_said said;

static int
make_sayer(const char *args, void **ret_state, struct plx_why *why)
{
	*ret_state = &said;
	return 0;
}

static const struct plx_filter_plugin sayer = {
	.version = PLX_FILTER_PLUGIN_VERSION, .name = "sayer", .create = make_sayer, .handle = say};

static void
forward_drop_reflect_and_bounce_do_so(void **state)
{
	static const struct {
		const char *rules;
		struct found found;
	} cases[] = {
		{"10 forward\npolicy drop\n", {true, -1, false}},
		{"10 drop\n", {false, -1, false}},
		{"10 reflect 2\n", {false, 1, false}},
		{"10 reflect-continue 2\n", {true, 1, false}},
		{"10 reflect-continue 4\n20 drop\n", {false, 2, false}},
		{"10 bounce 4\n", {false, 2, true}},
		{"10 bounce-continue 2\n", {true, 1, true}},
		{"10 bounce-continue 2\n20 drop\n", {false, 1, true}},
		{"10 bounce same\n", {false, 0, true}},
		{"10 reflect-continue same\n", {true, 0, false}},
	};

	for (unsigned i = 0; i < RIG_PORTS; i++)
		rig_egress(i);
	for (unsigned i = 0; i < PLX_ARRAY_LEN(cases); i++) {
		rig_rules(cases[i].rules);
		expect(&cases[i].found);
		assert_int_equal(rig_books().passed, cases[i].found.passes);
		assert_int_equal(rig_books().handed_over, cases[i].found.out >= 0);
		plx_ethdev_stats_reset(rig.port[0]);
		rig_drop_rules();
	}
	rig_rules("");
	expect(&(struct found){true, -1, false});
}

static void
plugins_act(void **state)
{
	const struct found passes = {true, -1, false}, not = {false, -1, false};

	rig_rules("");
	assert_int_equal(plx_filter_rules_plugin_add(rig.rules, &sayer, NULL, "", NULL), 0);
	assert_int_equal(
		plx_filter_rules_load_text(rig.rules, "10 execute sayer\npolicy drop\n", 0, NULL),
		0);
	said = PLX_FILTER_SAID_NOTHING;
	expect(&not );
	said = PLX_FILTER_SAID_FORWARD;
	expect(&passes);
	said = PLX_FILTER_SAID_DROP;
	expect(&not );
	assert_int_equal(plx_filter_rules_load_text(rig.rules,
						    "10 execute-continue sayer\n20 drop sport 7\n",
						    0, NULL),
			 0);
	expect(&not );
	said = PLX_FILTER_SAID_NOTHING;
	expect(&passes);
	assert_int_equal(rig_books().dropped + rig_books().unwanted, 3);
}

/* What actions ask for is done without the program's help. */
static void
rules_that_add_and_delete_rules(void **state)
{
	struct plx_filter_rules_stats stats;

	rig_rules(
		"10 add-rule drop sport 1007\n20 delete-rule 30 sport 1008\n30 drop sport 1009\n");
	expect(&(struct found){true, -1, false});
	RIG_WAIT((plx_filter_rules_stats(rig.rules, &stats), stats.exact == 1));
	expect(&(struct found){false, -1, false});
	rig_feed(9, 1);
	assert_int_equal(rig_drink(), 0);
	rig_feed(8, 1);
	assert_int_equal(rig_drink(), 1);
	RIG_WAIT((plx_filter_rules_stats(rig.rules, &stats), stats.wildcard == 2));
	rig_feed(9, 1);
	assert_int_equal(rig_drink(), 1);
	assert_int_equal(rig_books().dropped, 2);
}

/* -- many ---------------------------------------------------------------------------------------------- */

#define ROUNDS 40

static const char many[] = "10 drop sport 1000-1009\n"
			   "20 reflect-continue 2 sport 1005-1030\n"
			   "30 bounce-continue 4 sport 1020-1040\n"
			   "40 forward sport 1000-1050\n"
			   "50 reflect 2 sport 1060-1090\n"
			   "60 bounce 4 sport 1091-1099\n"
			   "exact drop proto udp src 10.0.0.1 sport 1015 dst 10.0.0.2 dport 53\n"
			   "exact forward proto udp src 10.0.0.1 sport 1003 dst 10.0.0.2 dport 53\n"
			   "policy drop\n";

struct sum {
	uint64_t passed, flows, sends, bounces;
};

/* What the set says of a packet, asked by a reader of our own. */
static void
ask(struct plx_filter_rules_reader *reader, struct plx_mbuf *m, struct sum *sum)
{
	const struct plx_filter_packet packet = {
		.bytes = plx_mbuf_data(m), .caplen = m->data_len, .wirelen = m->pkt_len};
	struct plx_filter_verdict verdict;

	plx_filter_rules_match_burst(reader, &packet, 1, 1, &verdict);
	if (verdict.fate == PLX_FILTER_PASSED) {
		sum->passed++;
		sum->flows += rig_flow(m);
	}
	for (unsigned i = 0; i < verdict.nb_sends; i++) {
		sum->sends++;
		sum->bounces += verdict.sends[i].bounce;
	}
}

static void
take_out(unsigned port, struct sum *sum)
{
	struct plx_mbuf *pkts[RIG_ENTRIES];
	uint16_t n;

	rig_settle();
	n = rig_out(port, pkts, RIG_ENTRIES);
	for (uint16_t i = 0; i < n; i++) {
		const uint8_t *bytes = plx_mbuf_data(pkts[i]);

		sum->sends++;
		sum->bounces += bytes[5] == 1;
	}
	plx_mbuf_free_bulk(pkts, n);
}

/* Packets in the order they came in, and sums as the set has them packet by packet. */
static void
what_comes_is_what_the_set_says(void **state)
{
	struct plx_filter_rules_reader *reader;
	struct sum want = {0}, got = {0};
	struct plx_mbuf *pkts[RIG_ENTRIES];

	rig_egress(1);
	rig_egress(2);
	rig_rules(many);
	assert_int_equal(plx_filter_rules_reader_create(rig.rules, &reader, NULL), 0);
	for (unsigned round = 0; round < ROUNDS; round++) {
		const uint16_t n = (uint16_t)(1 + round * 10);
		uint32_t last = 0;
		uint16_t passed;

		for (uint16_t i = 0; i < n; i++) {
			struct plx_mbuf *m = rig_packet(i * 120u / n);

			ask(reader, m, &want);
			rig_put(m, 0);
		}
		passed = rig_get(pkts, RIG_ENTRIES);
		got.passed += passed;
		for (uint16_t i = 0; i < passed; i++) {
			assert_true(rig_flow(pkts[i]) >= last);
			last = rig_flow(pkts[i]);
			got.flows += last;
			expect_macs(pkts[i], false);
		}
		plx_mbuf_free_bulk(pkts, passed);
		take_out(1, &got);
		take_out(2, &got);
	}
	assert_true(want.passed > 0 && want.bounces > 0);
	assert_memory_equal(&got, &want, sizeof(got));
	assert_int_equal(rig_books().handed_over, want.sends);
	plx_filter_rules_reader_destroy(reader);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(forward_drop_reflect_and_bounce_do_so),
		RIG_TEST(plugins_act),
		RIG_TEST(rules_that_add_and_delete_rules),
		RIG_TEST(what_comes_is_what_the_set_says),
	};

	return cmocka_run_group_tests(tests, rig_init, eal_pool_fini);
}
