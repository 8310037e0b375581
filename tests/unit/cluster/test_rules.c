/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules of the cluster, and filters of slaves. */
#include "rig.h"

#include "cluster_priv.h"
#include "plx_clock.h"
#include "plx_filter_rules.h"

static struct plx_filter_rules *rules;

static void
make(const char *text)
{
	struct plx_why why;

	if (plx_filter_rules_create(NULL, &rules, &why) < 0 ||
	    plx_filter_rules_load_text(rules, text, plx_clock_monotonic_ns(), &why) < 0)
		fail_msg("%s", why.text);
	rig.params.spread.rules = rules;
	rig.params.nb_tx_ports = 2;
	rig_make();
}

static int
end(void **state)
{
	int ret = rig_end(state);

	plx_filter_rules_destroy(rules);
	rules = NULL;
	return ret;
}

static struct plx_cluster_stats
stats_now(void)
{
	struct plx_cluster_stats stats;

	rig_audit();
	plx_cluster_stats(rig.cluster, &stats);
	return stats;
}

static void
what_rules_drop_is_dropped(void **state)
{
	struct plx_cluster_slave *slave;
	struct plx_cluster_stats stats;

	make("10 drop sport 1024-1033\n");
	slave = rig_join(0, 0);
	rig_feed(40);
	rig_poll();
	assert_int_equal(rig_drink(slave), 30);
	stats = stats_now();
	assert_int_equal(stats.dropped, 10);
	assert_int_equal(stats.by_rule, 10);
	assert_int_equal(stats.delivered, 30);
	rig_poll();
	assert_int_equal(plx_pool_in_use(rig.pool), 0);
	plx_cluster_leave(slave);
}

static void
policy_and_sampling_count_for_themselves(void **state)
{
	struct plx_cluster_slave *slave;
	struct plx_cluster_stats stats;

	make("10 forward sport 1024-1043\npolicy drop\nsample 4\n");
	slave = rig_join(0, 0);
	rig_feed(40);
	rig_poll();
	assert_int_equal(rig_drink(slave), 5);
	stats = stats_now();
	assert_int_equal(stats.dropped, 35);
	assert_int_equal(stats.unwanted, 20);
	assert_int_equal(stats.sampled_out, 15);
	assert_int_equal(stats.by_rule, 0);
	plx_cluster_leave(slave);
}

static void
expect_macs(const struct plx_mbuf *m, bool exchanged)
{
	struct plx_mbuf *plain = rig_packet(0, 0);
	const uint8_t *want = plx_mbuf_data(plain), *got = plx_mbuf_data(m);

	assert_memory_equal(got, want + (exchanged ? 6 : 0), 6);
	assert_memory_equal(got + 6, want + (exchanged ? 0 : 6), 6);
	assert_memory_equal(got + 12, want + 12, 8);
	plx_mbuf_free(plain);
}

/* Out of a port, as it is or with its addresses exchanged, and on to the slaves or not. */
static void
rules_send(void **state)
{
	static const struct {
		const char *action;
		bool bounce, on;
	} cases[] = {{"reflect", false, false},
		     {"reflect-continue", false, true},
		     {"bounce", true, false},
		     {"bounce-continue", true, true}};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(cases); i++) {
		struct plx_cluster_slave *slave;
		const struct plx_cluster_desc *desc;
		struct plx_mbuf *m = NULL;
		char text[64];

		/* Rules name ports as ethdev does. */
		snprintf(text, sizeof(text), "10 %s %u\n", cases[i].action, rig.ports[1].port);
		make(text);
		slave = rig_join(0, 0);
		rig_put(0, rig_packet(0, 7));
		rig_poll();
		assert_int_equal(rig_out(1, &m, 1), 1);
		expect_macs(m, cases[i].bounce);
		plx_mbuf_free(m);
		assert_int_equal(plx_cluster_peek(slave, &desc, 1), cases[i].on);
		if (cases[i].on) {
			assert_int_equal(rig_number(slave, desc), 7);
			assert_int_equal(plx_cluster_data(slave, desc)[5], 2); /* as it came */
			assert_int_equal(plx_cluster_data(slave, desc)[11], 1);
			plx_cluster_done(slave, 1);
		}
		assert_int_equal(stats_now().forwarded, !cases[i].on);
		assert_int_equal(stats_now().delivered, cases[i].on);
		assert_int_equal(stats_now().transmitted, 1);
		plx_cluster_leave(slave);
		end(state);
		rig_params(state);
	}
}

/* Port 2 is none of the cluster's egress ports. */
static void
a_port_that_is_no_egress_is_misdirected(void **state)
{
	struct plx_cluster_stats stats;
	char text[64];

	snprintf(text, sizeof(text), "10 bounce %u\n", rig.ports[2].port);
	make(text);
	rig_feed(5);
	rig_poll();
	stats = stats_now();
	assert_int_equal(stats.misdirected, 5);
	assert_int_equal(stats.dropped, 5);
	assert_int_equal(stats.asked, 0);
	assert_int_equal(plx_pool_in_use(rig.pool), 0);
}

static void
rules_come_and_go(void **state)
{
	struct plx_cluster_spread none = {.mode = PLX_CLUSTER_SHARE}, with = none;
	struct plx_cluster_slave *slave;

	make("10 drop\n");
	with.rules = rules;
	slave = rig_join(0, 0);
	for (unsigned i = 0; i < 300; i++) { /* more than there can be readers */
		assert_int_equal(plx_cluster_set_spread(rig.cluster, &none, NULL), 0);
		rig_put(0, rig_packet(0, 0));
		rig_poll();
		assert_int_equal(rig_drink(slave), 1);
		assert_int_equal(plx_cluster_set_spread(rig.cluster, &with, NULL), 0);
		rig_put(0, rig_packet(0, 0));
		rig_poll();
		assert_int_equal(rig_drink(slave), 0);
	}
	plx_cluster_leave(slave);
}

/* What is looked for lies in the third segment. */
static void
chains_are_looked_at_as_one(void **state)
{
	struct plx_cluster_slave *slave;
	struct plx_mbuf *m = rig_packet(0, 1);

	make("10 drop bpf \"ether[140:4] = 0x01020304\"\n");
	slave = rig_join(0, 0);
	plx_mbuf_chain(m, rig_packet(1, 2));
	plx_mbuf_chain(m, rig_packet(2, 3));
	memcpy(plx_mbuf_data(m->next->next) + 12, "\1\2\3\4", 4);
	rig_put(0, rig_packet(0, 0));
	rig_put(0, m);
	rig_put(0, rig_packet(0, 0));
	rig_poll();
	assert_int_equal(stats_now().by_rule, 1);
	assert_int_equal(rig_drink(slave), 2);
	plx_cluster_leave(slave);
}

/* Flow 0, of VLAN 10, whose tag the device took out. */
static struct plx_mbuf *
untagged(void)
{
	struct plx_mbuf *m = rig_packet(0, 0);

	m->ol_flags |= PLX_MBUF_RX_VLAN | PLX_MBUF_RX_VLAN_STRIPPED;
	m->vlan_tci = 10;
	return m;
}

static void
a_tag_that_a_device_took_out_is_seen_and_sent(void **state)
{
	static const char *const actions[] = {"drop", "reflect", "bounce", "reflect-continue"};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(actions); i++) {
		struct plx_mbuf *pkts[2] = {untagged(), rig_packet(0, 0)}, *out = NULL;
		char text[128], port[16] = "";

		if (i != 0)
			snprintf(port, sizeof(port), "%u", rig.ports[1].port);
		snprintf(text, sizeof(text), "10 %s %s vlan 10 bpf \"vlan 10\"\n20 drop vlan 11\n",
			 actions[i], port);
		make(text);
		assert_int_equal(rules_burst(rig.cluster, pkts, 2), i == 3 ? 2 : 1);
		egress_flush(rig.cluster);
		assert_int_equal(rig_out(1, &out, 1), i != 0);
		if (out != NULL) {
			const uint8_t *bytes = plx_mbuf_data(out);

			assert_memory_equal(bytes + 12, "\x81\x00\x00\x0a", 4);
			assert_int_equal(bytes[5], i == 2 ? 1 : 2);
			plx_mbuf_free(out);
		}
		if (i == 3) {
			assert_int_not_equal(pkts[0]->ol_flags & PLX_MBUF_RX_VLAN_STRIPPED, 0);
			plx_mbuf_free(pkts[1]);
		}
		plx_mbuf_free(pkts[0]);
		end(state);
		rig_params(state);
	}
}

/* -- filters ------------------------------------------------------------------------------------------ */

static void
a_filter_shows_what_was_asked_for(void **state)
{
	struct plx_cluster_slave_params params = {.place = 1, .filter = "src port 1030"};
	struct plx_cluster_slave *all, *choosy;
	struct plx_cluster_place_stats stats;
	const struct plx_cluster_desc *desc;

	rig.params.spread.mode = PLX_CLUSTER_FANOUT;
	rig_make();
	all = rig_join(0, 0);
	assert_int_equal(plx_cluster_join(rig.cluster, &params, &choosy, NULL), 0);
	rig_feed(20);
	rig_poll();
	assert_int_equal(plx_cluster_peek(choosy, &desc, 32), 1);
	assert_int_equal(rig_number(choosy, desc), 6);
	assert_int_equal(rig_drink(choosy), 1);
	assert_int_equal(rig_drink(all), 20);
	assert_int_equal(plx_cluster_place_stats(rig.cluster, 1, &stats), 0);
	assert_int_equal(stats.offered, 20);
	assert_int_equal(stats.filtered, 19);
	assert_int_equal(stats_now().filtered, 0);
	plx_cluster_leave(all);
	rig_poll();
	rig_feed(20);
	rig_poll();
	assert_int_equal(rig_drink(choosy), 1);
	assert_int_equal(stats_now().filtered, 19);
	plx_cluster_leave(choosy);
	rig_poll();
	all = rig_join(1, 0); /* the next one there has none */
	rig_feed(20);
	rig_poll();
	assert_int_equal(rig_drink(all), 20);
	plx_cluster_leave(all);
}

/* A packet that was cut has the length it had. */
static void
the_length_is_the_wires(void **state)
{
	struct plx_cluster_slave_params params = {.place = 0, .filter = "greater 1000"};
	struct plx_mbuf *m = rig_packet(0, 0);
	struct plx_cluster_slave *slave;

	rig_make();
	assert_int_equal(plx_cluster_join(rig.cluster, &params, &slave, NULL), 0);
	m->wire_len = 1500;
	assert_int_equal(filter_places(rig.cluster, m, 1), 0);
	m->ol_flags |= PLX_MBUF_RX_CUT;
	assert_int_equal(filter_places(rig.cluster, m, 1), 1);
	plx_mbuf_free(m);
	plx_cluster_leave(slave);
}

static void
a_filter_sees_the_tag_that_a_device_took_out(void **state)
{
	struct plx_cluster_slave_params params = {.place = 0, .filter = "vlan 10 and udp"};
	struct plx_mbuf *m = untagged(), *plain = rig_packet(0, 0);
	struct plx_cluster_slave *slave;

	rig_make();
	assert_int_equal(plx_cluster_join(rig.cluster, &params, &slave, NULL), 0);
	assert_int_equal(filter_places(rig.cluster, m, 1), 1);
	assert_int_equal(filter_places(rig.cluster, plain, 1), 0);
	m->vlan_tci = 11;
	assert_int_equal(filter_places(rig.cluster, m, 1), 0);
	plx_mbuf_free(m);
	plx_mbuf_free(plain);
	plx_cluster_leave(slave);
}

static void
a_filter_that_is_none_is_refused(void **state)
{
	struct plx_cluster_slave_params params = {.place = 0, .filter = "this is no filter"};
	struct plx_cluster_slave *slave;
	struct plx_why why = {.text = ""};

	rig_make();
	assert_int_equal(plx_cluster_join(rig.cluster, &params, &slave, &why), -EINVAL);
	assert_true(strlen(why.text) > 10);
	params.filter = "";
	assert_int_equal(plx_cluster_join(rig.cluster, &params, &slave, &why), 0);
	params.filter = "udp";
	assert_int_equal(plx_cluster_join(rig.cluster, &params, &slave, &why), -EBUSY);
	plx_cluster_leave(slave);
}

#define RULES_TEST(test) cmocka_unit_test_setup_teardown(test, rig_params, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RULES_TEST(what_rules_drop_is_dropped),
		RULES_TEST(policy_and_sampling_count_for_themselves),
		RULES_TEST(rules_send),
		RULES_TEST(a_port_that_is_no_egress_is_misdirected),
		RULES_TEST(rules_come_and_go),
		RULES_TEST(chains_are_looked_at_as_one),
		RULES_TEST(a_tag_that_a_device_took_out_is_seen_and_sent),
		RIG_TEST(a_filter_sees_the_tag_that_a_device_took_out),
		RIG_TEST(a_filter_shows_what_was_asked_for),
		RIG_TEST(the_length_is_the_wires),
		RIG_TEST(a_filter_that_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, rig_init, rig_fini);
}
