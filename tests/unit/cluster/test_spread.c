/* SPDX-License-Identifier: BSD-3-Clause */
/* Who gets what: modes, turns, functions that decide, and changing all that. */
#include "rig.h"

static struct plx_cluster_slave *slaves[4];

static struct plx_cluster_stats
stats_now(void)
{
	struct plx_cluster_stats stats;

	plx_cluster_stats(rig.cluster, &stats);
	return stats;
}

static void
join_all(uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct plx_cluster_slave_params params = {.place = i, .group = i % 2};

		assert_int_equal(plx_cluster_join(rig.cluster, &params, &slaves[i], NULL), 0);
	}
}

static void
leave_all(uint32_t n)
{
	rig_poll();
	rig_audit();
	for (uint32_t i = 0; i < n; i++)
		plx_cluster_leave(slaves[i]);
}

static void
set(const struct plx_cluster_spread *spread)
{
	struct plx_why why;

	if (plx_cluster_set_spread(rig.cluster, spread, &why) < 0)
		fail_msg("%s", why.text);
}

static void
turns_are_taken_exactly(void **state)
{
	rig.params.spread.key = PLX_CLUSTER_KEY_ROUND_ROBIN;
	rig_make();
	join_all(3);
	for (uint32_t round = 0; round < 10; round++) {
		for (uint32_t i = 0; i < 30; i++)
			rig_put(0, rig_packet(0, i));
		rig_poll();
		for (uint32_t i = 0; i < 3; i++)
			assert_int_equal(rig_drink(slaves[i]), 10);
	}
	leave_all(3);
}

/* Slaves of groups that are gone get nothing, until there are as many again. */
static void
groups_can_become_fewer(void **state)
{
	static const uint32_t groups[] = {4, 2, 3, 4};
	struct plx_cluster_slave_params last = {.place = PLX_CLUSTER_PLACE_ANY, .group = 3};
	struct plx_cluster_spread spread = {.mode = PLX_CLUSTER_GROUPS, .nb_groups = 4};

	rig.params.places = 5;
	rig.params.spread = spread;
	rig_make();
	for (uint32_t i = 0; i < 4; i++) {
		struct plx_cluster_slave_params params = {.place = i, .group = i};

		assert_int_equal(plx_cluster_join(rig.cluster, &params, &slaves[i], NULL), 0);
	}
	for (uint32_t turn = 0; turn < PLX_ARRAY_LEN(groups); turn++) {
		struct plx_cluster_slave *late = NULL;

		spread.nb_groups = groups[turn];
		spread.key = turn % 2 != 0 ? PLX_CLUSTER_KEY_ROUND_ROBIN : PLX_CLUSTER_KEY_FLOW;
		set(&spread);
		rig_feed(40);
		rig_poll();
		for (uint32_t i = 0; i < 4; i++)
			assert_int_equal(rig_drink(slaves[i]), i < groups[turn] ? 40 : 0);
		assert_int_equal(plx_cluster_join(rig.cluster, &last, &late, NULL),
				 groups[turn] == 4 ? 0 : -EINVAL);
		plx_cluster_leave(late);
		rig_poll();
	}
	leave_all(4);
}

static void
groups_get_all_and_divide_it(void **state)
{
	uint32_t got[4];

	for (unsigned turn = 0; turn < 2; turn++) {
		rig.params.spread.mode = PLX_CLUSTER_GROUPS;
		rig.params.spread.nb_groups = 2;
		rig.params.spread.key =
			turn != 0 ? PLX_CLUSTER_KEY_ROUND_ROBIN : PLX_CLUSTER_KEY_FLOW;
		rig_make();
		join_all(4);
		rig_feed(60);
		rig_poll();
		for (uint32_t i = 0; i < 4; i++)
			got[i] = rig_drink(slaves[i]);
		assert_int_equal(got[0] + got[2], 60);
		assert_int_equal(got[1] + got[3], 60);
		for (uint32_t i = 0; i < 4; i++)
			assert_in_range(got[i], turn != 0 ? 30 : 10, turn != 0 ? 30 : 50);
		assert_int_equal(stats_now().delivered, 60);
		leave_all(4);
		rig_end(state);
		rig_params(state);
	}
}

static struct plx_cluster_verdict verdict;
static unsigned calls;

static struct plx_cluster_verdict
decide_one(void *arg, struct plx_mbuf *m)
{
	assert_ptr_equal(arg, &calls);
	calls++;
	return verdict;
}

static void
decide(void *arg, struct plx_mbuf *const *pkts, uint16_t n, struct plx_cluster_verdict *ret)
{
	assert_ptr_equal(arg, &calls);
	calls++;
	for (uint16_t i = 0; i < n; i++)
		ret[i] = verdict;
}

/* What each of 10 packets became: how many each slave got, and the one counter that moved. */
static void
expect(struct plx_cluster_verdict given, uint32_t of0, uint32_t of1, uint32_t out, size_t counter,
       uint32_t misdirected)
{
	for (unsigned one = 0; one < 2; one++) {
		struct plx_cluster_spread spread = {.decide = one ? NULL : decide,
						    .decide_one = one ? decide_one : NULL,
						    .arg = &calls};
		struct plx_cluster_stats before = stats_now(), now;
		uint64_t old, new;

		set(&spread);
		verdict = given;
		calls = 0;
		rig_feed(10);
		rig_poll();
		assert_int_equal(calls, one ? 10 : 1);
		assert_int_equal(rig_drink(slaves[0]), of0);
		assert_int_equal(rig_drink(slaves[1]), of1);
		rig_poll();
		assert_int_equal(rig_out(1, NULL, 100), out);
		now = stats_now();
		memcpy(&old, (uint8_t *)&before + counter, sizeof(old));
		memcpy(&new, (uint8_t *)&now + counter, sizeof(new));
		assert_int_equal(new - old, 10);
		assert_int_equal(now.misdirected - before.misdirected, misdirected);
		rig_audit();
	}
}

#define COUNTER(name) offsetof(struct plx_cluster_stats, name)
#define VERDICT(...)  ((struct plx_cluster_verdict){__VA_ARGS__})

static void
functions_decide(void **state)
{
	rig.params.nb_tx_ports = 2;
	rig_make();
	join_all(2);
	expect(VERDICT(.action = PLX_CLUSTER_DROP), 0, 0, 0, COUNTER(dropped), 0);
	expect(VERDICT(.action = PLX_CLUSTER_DROP, .slaves = 3), 0, 0, 0, COUNTER(dropped), 0);
	expect(VERDICT(.action = PLX_CLUSTER_PASS, .slaves = 1), 10, 0, 0, COUNTER(delivered), 0);
	expect(VERDICT(.action = PLX_CLUSTER_PASS, .slaves = 3), 10, 10, 0, COUNTER(delivered), 0);
	expect(VERDICT(.action = PLX_CLUSTER_PASS, .slaves = 2, .ports = 2), 0, 10, 10,
	       COUNTER(delivered), 0);
	expect(VERDICT(.action = PLX_CLUSTER_PASS, .ports = 2), 0, 0, 10, COUNTER(forwarded), 0);
	expect(VERDICT(.action = PLX_CLUSTER_PASS), 0, 0, 0, COUNTER(nobody), 0);
	expect(VERDICT(.action = PLX_CLUSTER_PASS, .slaves = 4), 0, 0, 0, COUNTER(nobody), 0);
	expect(VERDICT(.action = PLX_CLUSTER_PASS, .slaves = 1ULL << 40 | 1), 10, 0, 0,
	       COUNTER(delivered), 10);
	expect(VERDICT(.action = PLX_CLUSTER_PASS, .slaves = 1, .ports = 4), 10, 0, 0,
	       COUNTER(delivered), 10);
	expect(VERDICT(.action = (enum plx_cluster_action)77, .slaves = 3, .ports = 3), 0, 0, 0,
	       COUNTER(dropped), 10);
	expect(VERDICT(.action = PLX_CLUSTER_HASH, .hash = 0), 10, 0, 0, COUNTER(delivered), 0);
	expect(VERDICT(.action = PLX_CLUSTER_HASH, .hash = UINT32_MAX, .ports = 2), 0, 10, 10,
	       COUNTER(delivered), 0);
	leave_all(2);
}

static void
forward_is_for_all_that_is_not_dropped(void **state)
{
	struct plx_cluster_spread spread = {.forward = 1, .decide = decide, .arg = &calls};

	rig.params.nb_tx_ports = 2;
	rig.params.spread.forward = 2;
	rig_make();
	rig_feed(10);
	rig_poll();
	assert_int_equal(rig_out(1, NULL, 100), 10); /* nobody is there */
	assert_int_equal(stats_now().forwarded, 10);
	join_all(2);
	rig_feed(10);
	rig_poll();
	assert_int_equal(rig_out(1, NULL, 100), 10);
	assert_int_equal(rig_drink(slaves[0]) + rig_drink(slaves[1]), 10);
	assert_int_equal(stats_now().delivered, 10);
	set(&spread);
	verdict = VERDICT(.action = PLX_CLUSTER_PASS, .slaves = 1);
	rig_feed(10);
	rig_poll();
	assert_int_equal(rig_out(0, NULL, 100), 10);
	assert_int_equal(rig_drink(slaves[0]), 10);
	verdict = VERDICT(.action = PLX_CLUSTER_HASH, .hash = 0);
	rig_feed(10);
	rig_poll();
	assert_int_equal(rig_out(0, NULL, 100), 10);
	assert_int_equal(rig_drink(slaves[0]), 10);
	verdict = VERDICT(.action = PLX_CLUSTER_DROP);
	rig_feed(10);
	rig_poll();
	assert_int_equal(rig_out(0, NULL, 100), 0);
	leave_all(2);
}

/* Slaves of fan-out see no hash, whatever else the spread says. */
static void
fanout_has_no_hash(void **state)
{
	const struct plx_cluster_desc *desc;

	rig.params.nb_tx_ports = 2;
	rig_make();
	join_all(2);
	for (unsigned i = 0; i < 4; i++) {
		struct plx_cluster_spread spread = {.mode = PLX_CLUSTER_FANOUT,
						    .forward = i & 1,
						    .key = i & 2 ? PLX_CLUSTER_KEY_ROUND_ROBIN
								 : PLX_CLUSTER_KEY_FLOW};

		set(&spread);
		rig_feed(20);
		rig_poll();
		for (uint32_t s = 0; s < 2; s++) {
			uint32_t n = plx_cluster_peek(slaves[s], &desc, 32);

			for (uint32_t k = 0; k < n; k++)
				assert_int_equal(desc[k].hash, 0);
			assert_int_equal(rig_drink(slaves[s]), 20);
		}
		rig_poll();
		rig_out(0, NULL, 100);
	}
	leave_all(2);
}

static struct plx_cluster_verdict
tag_it(void *arg, struct plx_mbuf *m)
{
	m->vlan_tci = 5;
	m->ol_flags |= PLX_MBUF_RX_VLAN_STRIPPED;
	return VERDICT(.action = PLX_CLUSTER_HASH, .hash = 77);
}

/* Each segment says what its packet is, and all but the last that there is more. */
static void
segments_know_their_packet(void **state)
{
	struct plx_mbuf *m = rig_packet(0, 0);
	const struct plx_cluster_desc *desc;

	rig.params.spread.decide_one = tag_it;
	rig_make();
	join_all(1);
	for (uint32_t i = 1; i < 4; i++)
		plx_mbuf_chain(m, rig_packet(0, i));
	rig_put(0, m);
	rig_poll();
	assert_int_equal(plx_cluster_peek(slaves[0], &desc, 8), 4);
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(rig_number(slaves[0], &desc[i]), i);
		assert_int_equal(desc[i].vlan_tci, 5);
		assert_int_equal(desc[i].hash, 77);
		assert_int_equal(desc[i].flags,
				 PLX_CLUSTER_VLAN_STRIPPED | (i < 3 ? PLX_CLUSTER_MORE : 0));
	}
	plx_cluster_done(slaves[0], 4);
	leave_all(1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(turns_are_taken_exactly),
		RIG_TEST(groups_get_all_and_divide_it),
		RIG_TEST(groups_can_become_fewer),
		RIG_TEST(functions_decide),
		RIG_TEST(forward_is_for_all_that_is_not_dropped),
		RIG_TEST(fanout_has_no_hash),
		RIG_TEST(segments_know_their_packet),
	};

	return cmocka_run_group_tests(tests, rig_init, rig_fini);
}
