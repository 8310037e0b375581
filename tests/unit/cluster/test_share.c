/* SPDX-License-Identifier: BSD-3-Clause */
/* Whose share is what, and who keeps it when others come and go. */
#include "rig.h"

#include "cluster_priv.h"

static struct plx_cluster_slave *slaves[PLX_CLUSTER_PLACES_MAX];

/* How many buckets of the first group each place has; false if one has none though a place is there. */
static void
count(uint32_t has[PLX_CLUSTER_PLACES_MAX], uint8_t copy[BUCKETS])
{
	memset(has, 0, PLX_CLUSTER_PLACES_MAX * sizeof(*has));
	memcpy(copy, rig.cluster->buckets[0], BUCKETS);
	for (uint32_t i = 0; i < BUCKETS; i++)
		if (copy[i] != NO_PLACE)
			has[copy[i]]++;
}

static uint32_t
changed(const uint8_t *before, const uint8_t *after)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < BUCKETS; i++)
		n += before[i] != after[i];
	return n;
}

/* At random, up to 64: always even, and no bucket moves that need not. */
static void
as_few_as_possible_change_hands(void **state)
{
	uint32_t has[PLX_CLUSTER_PLACES_MAX], there = 0, seed = 1;
	uint8_t before[BUCKETS], after[BUCKETS];

	rig.params.places = PLX_CLUSTER_PLACES_MAX;
	rig.params.queue_len = 8;
	rig.params.extra = 0;
	rig_make();
	memset(slaves, 0, sizeof(slaves));
	count(has, before);
	for (uint32_t step = 0; step < 600; step++) {
		uint32_t i = (seed = seed * 1664525 + 1013904223) >> 26, old = has[i];
		bool comes = slaves[i] == NULL;

		if (comes) {
			slaves[i] = rig_join(i, 0);
		} else {
			plx_cluster_leave(slaves[i]);
			slaves[i] = NULL;
			rig_poll();
		}
		there += comes ? 1 : -1u;
		count(has, after);
		for (uint32_t k = 0; k < PLX_CLUSTER_PLACES_MAX; k++)
			if (slaves[k] != NULL)
				assert_in_range(has[k], BUCKETS / there,
						BUCKETS / there + (BUCKETS % there != 0));
			else
				assert_int_equal(has[k], 0);
		assert_int_equal(changed(before, after), comes ? has[i] : old);
		memcpy(before, after, sizeof(before));
	}
	for (uint32_t i = 0; i < PLX_CLUSTER_PLACES_MAX; i++)
		plx_cluster_leave(slaves[i]);
}

/* Both directions of a conversation meet at one slave, before and after somebody comes. */
static void
conversations_stay_together(void **state)
{
	struct plx_net_build build = {.proto = PLX_NET_PROTO_TCP};
	const struct plx_cluster_desc *desc;

	rig_make();
	slaves[0] = rig_join(0, 0);
	slaves[1] = rig_join(1, 0);
	for (uint32_t flow = 0; flow < 200; flow++) {
		for (uint32_t way = 0; way < 2; way++) {
			struct plx_mbuf *m = plx_mbuf_alloc(rig.pool);

			memcpy(build.src_ip, way != 0 ? "\12\0\0\2" : "\12\0\0\1", 4);
			memcpy(build.dst_ip, way != 0 ? "\12\0\0\1" : "\12\0\0\2", 4);
			build.src_port = (uint16_t)(way != 0 ? 80 : 1000 + flow);
			build.dst_port = (uint16_t)(way != 0 ? 1000 + flow : 80);
			plx_net_build_frame(&build, plx_mbuf_append(m, RIG_FRAME), RIG_FRAME);
			rig_put(0, m);
		}
		rig_poll();
		for (uint32_t i = 0; i < 2; i++) {
			uint32_t n = plx_cluster_peek(slaves[i], &desc, 2);

			assert_int_not_equal(n, 1);
			plx_cluster_done(slaves[i], n);
		}
	}
	plx_cluster_leave(slaves[0]);
	plx_cluster_leave(slaves[1]);
}

static uint32_t
feed_and_drink(uint32_t i)
{
	rig_feed(60);
	rig_poll();
	return rig_drink(slaves[i]);
}

/* With sticky places the others get no more than before; what nobody is there for is lost and counted. */
static void
sticky_places_keep_their_share(void **state)
{
	struct plx_cluster_stats stats;
	uint32_t n;

	rig.params.sticky = true;
	rig.params.places = 2;
	rig_make();
	slaves[0] = rig_join(0, 0);
	n = feed_and_drink(0);
	assert_in_range(n, 10, 50);
	slaves[1] = rig_join(1, 0);
	assert_int_equal(feed_and_drink(0), n);
	assert_int_equal(rig_drink(slaves[1]), 60 - n);
	plx_cluster_leave(slaves[1]);
	rig_poll();
	assert_int_equal(feed_and_drink(0), n);
	plx_cluster_stats(rig.cluster, &stats);
	assert_int_equal(stats.nobody, 2 * (60 - n));
	rig_audit();
	plx_cluster_leave(slaves[0]);
}

/* Places where nobody ever was belong to no group. */
static void
sticky_groups_begin_with_who_comes(void **state)
{
	struct plx_cluster_slave_params params = {.place = 2, .group = 1};

	rig.params.sticky = true;
	rig.params.spread.mode = PLX_CLUSTER_GROUPS;
	rig.params.spread.nb_groups = 2;
	rig_make();
	slaves[0] = rig_join(0, 0);
	assert_int_equal(plx_cluster_join(rig.cluster, &params, &slaves[1], NULL), 0);
	assert_int_equal(feed_and_drink(0), 60);
	assert_int_equal(rig_drink(slaves[1]), 60);
	params.group = 2;
	params.place = 3;
	assert_int_equal(plx_cluster_join(rig.cluster, &params, &slaves[2], NULL), -EINVAL);
	rig_audit();
	plx_cluster_leave(slaves[0]);
	plx_cluster_leave(slaves[1]);
}

/* Groups with places of their own: who names a place is of its group, who does not gets one of his group's. */
static void
places_have_their_groups(void **state)
{
	static const uint32_t shape[] = {2, 1, 1}, too_few[] = {2, 1, 0}, too_many[] = {2, 1, 2};
	struct plx_cluster_slave_params params = {.place = PLX_CLUSTER_PLACE_ANY, .group = 1};
	struct plx_cluster_place_stats stats;
	struct plx_why why;

	rig.params.spread.mode = PLX_CLUSTER_GROUPS;
	rig.params.spread.nb_groups = 3;
	rig.params.places = 4;
	rig.params.group_places = too_few;
	assert_int_equal(plx_cluster_create(&rig.params, &rig.cluster, &why), -EINVAL);
	assert_non_null(strstr(why.text, "group 2 has none"));
	rig.params.group_places = too_many;
	assert_int_equal(plx_cluster_create(&rig.params, &rig.cluster, &why), -EINVAL);
	assert_non_null(strstr(why.text, "5 in all groups, but 4 places"));
	rig.params.group_places = shape;
	rig_make();
	assert_int_equal(plx_cluster_place_stats(rig.cluster, 3, &stats), 0);
	assert_int_equal(stats.group, 2);
	assert_int_equal(plx_cluster_join(rig.cluster, &params, &slaves[2], &why), 0);
	assert_int_equal(plx_cluster_slave_place(slaves[2]), 2);
	assert_int_equal(plx_cluster_join(rig.cluster, &params, &slaves[3], &why), -ENOSPC);
	assert_non_null(strstr(why.text, "all places of group 1"));
	slaves[3] = rig_join(3, 0);
	slaves[0] = rig_join(0, 0);
	slaves[1] = rig_join(1, 0);
	rig_feed(60);
	rig_poll();
	assert_int_equal(rig_drink(slaves[2]), 60);
	assert_int_equal(rig_drink(slaves[3]), 60);
	assert_int_equal(rig_drink(slaves[0]) + rig_drink(slaves[1]), 60);
	rig_audit();
	for (unsigned i = 0; i < 4; i++)
		plx_cluster_leave(slaves[i]);
}

static uint32_t
group_of(uint32_t place)
{
	return rig_place(place).group;
}

/* 60 packets: how many each of three slaves got. */
static void
expect_each(uint32_t first, uint32_t second, uint32_t third, uint32_t sum)
{
	const uint32_t wanted[] = {first, second, third};
	uint32_t all = 0;

	rig_feed(60);
	rig_poll();
	for (uint32_t i = 0; i < 3; i++) {
		uint32_t got = rig_drink(slaves[i]);

		if (wanted[i] != 0)
			assert_int_equal(got, wanted[i]);
		else
			assert_in_range(got, 1, 59);
		all += got;
	}
	assert_int_equal(all, sum);
	rig_poll();
	rig_audit();
}

/* Slaves stay where they are; what they get, and which place a group's next one is given, is as the new groups say. */
static void
groups_change_under_slaves(void **state)
{
	static const uint32_t before[] = {2, 1, 1}, after[] = {1, 3};
	struct plx_cluster_spread spread = {.mode = PLX_CLUSTER_GROUPS, .nb_groups = 2};
	struct plx_cluster_slave_params params = {.place = PLX_CLUSTER_PLACE_ANY};
	struct plx_why why;

	rig.params.spread.mode = PLX_CLUSTER_GROUPS;
	rig.params.spread.nb_groups = 3;
	rig.params.group_places = before;
	rig_make();
	for (uint32_t i = 0; i < 3; i++)
		slaves[i] = rig_join(i, 0);
	expect_each(0, 0, 60, 120);
	assert_int_equal(plx_cluster_set_groups(rig.cluster, &spread, before, &why), -EINVAL);
	assert_non_null(strstr(why.text, "3 in all groups, but 4 places"));
	assert_int_equal(plx_cluster_set_groups(rig.cluster, &spread, NULL, &why), -EINVAL);
	expect_each(0, 0, 60, 120);
	assert_int_equal(plx_cluster_set_groups(rig.cluster, &spread, after, &why), 0);
	expect_each(60, 0, 0, 120);
	assert_int_equal(group_of(0), 0);
	assert_int_equal(group_of(2), 1);
	assert_int_equal(plx_cluster_join(rig.cluster, &params, &slaves[3], &why), -ENOSPC);
	params.group = 1;
	assert_int_equal(plx_cluster_join(rig.cluster, &params, &slaves[3], &why), 0);
	plx_cluster_leave(slaves[3]);
	rig_poll();
	spread = (struct plx_cluster_spread){.mode = PLX_CLUSTER_SHARE};
	assert_int_equal(plx_cluster_set_groups(rig.cluster, &spread, after, &why), -EINVAL);
	assert_int_equal(plx_cluster_set_groups(rig.cluster, &spread, NULL, &why), 0);
	expect_each(0, 0, 0, 60);
	assert_int_equal(group_of(2), 0);
	for (uint32_t i = 0; i < 3; i++)
		plx_cluster_leave(slaves[i]);
}

/* A sticky place that never had a slave keeps its share for the one to come, where it is known whose it is. */
static void
sticky_groups_have_shares_of_those_to_come(void **state)
{
	static const uint32_t shape[] = {2, 1};
	uint32_t n;

	rig.params.sticky = true;
	rig.params.spread.mode = PLX_CLUSTER_GROUPS;
	rig.params.spread.nb_groups = 2;
	rig.params.places = 3;
	rig.params.group_places = shape;
	rig_make();
	slaves[0] = rig_join(0, 0);
	slaves[2] = rig_join(2, 0);
	n = feed_and_drink(0);
	assert_in_range(n, 10, 50);
	assert_int_equal(rig_drink(slaves[2]), 60);
	plx_cluster_leave(slaves[0]);
	plx_cluster_leave(slaves[2]);
}

/* All 64 bits are somebody's. */
static void
all_places_are_served(void **state)
{
	rig.params.places = PLX_CLUSTER_PLACES_MAX;
	rig_make();
	for (uint32_t i = 0; i < PLX_CLUSTER_PLACES_MAX; i++)
		slaves[i] = rig_join(i, 0);
	for (unsigned fanout = 0; fanout < 2; fanout++) {
		struct plx_cluster_spread spread = {.mode = fanout ? PLX_CLUSTER_FANOUT
								   : PLX_CLUSTER_SHARE,
						    .key = PLX_CLUSTER_KEY_ROUND_ROBIN};

		assert_int_equal(plx_cluster_set_spread(rig.cluster, &spread, NULL), 0);
		rig_feed(PLX_CLUSTER_PLACES_MAX);
		rig_poll();
		for (uint32_t i = 0; i < PLX_CLUSTER_PLACES_MAX; i++)
			assert_int_equal(rig_drink(slaves[i]), fanout ? PLX_CLUSTER_PLACES_MAX : 1);
		rig_poll();
		rig_audit();
		assert_int_equal(plx_pool_in_use(rig.pool), 0);
	}
	for (uint32_t i = 0; i < PLX_CLUSTER_PLACES_MAX; i++)
		plx_cluster_leave(slaves[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(as_few_as_possible_change_hands),
		RIG_TEST(all_places_are_served),
		RIG_TEST(conversations_stay_together),
		RIG_TEST(sticky_places_keep_their_share),
		RIG_TEST(sticky_groups_begin_with_who_comes),
		RIG_TEST(places_have_their_groups),
		RIG_TEST(groups_change_under_slaves),
		RIG_TEST(sticky_groups_have_shares_of_those_to_come),
	};

	return cmocka_run_group_tests(tests, rig_init, rig_fini);
}
