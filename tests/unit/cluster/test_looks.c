/* SPDX-License-Identifier: BSD-3-Clause */
/* How often the master looks at what a slave gave back: while bursts come full not in every round, and nobody loses by that. */
#include "rig.h"

#define BURST  PLX_CLUSTER_BURST
#define EVERY  8 /* rounds, at most */
#define ROUNDS 50

static void
use_fanout(void)
{
	rig.params.spread.mode = PLX_CLUSTER_FANOUT;
	rig_make();
}

static void
what_is_given_back_waits_a_few_full_bursts_at_most(void **state)
{
	struct plx_cluster_slave *slave;
	uint32_t most = 0;

	rig.params.queue_len = 1024;
	rig_make();
	slave = rig_join(0, 0);
	for (unsigned i = 0; i < ROUNDS; i++) {
		rig_feed(BURST);
		plx_cluster_poll(rig.cluster);
		if (plx_pool_in_use(rig.pool) > most)
			most = (uint32_t)plx_pool_in_use(rig.pool);
		rig_audit();
		assert_int_equal(rig_drink(slave), BURST);
	}
	assert_in_range(most, BURST + 1, EVERY * BURST);
	/* A burst that is not full: the round looks at everybody. */
	rig_feed(BURST - 1);
	plx_cluster_poll(rig.cluster);
	assert_int_equal(plx_pool_in_use(rig.pool), BURST - 1);
	assert_int_equal(rig_drink(slave), BURST - 1);
	plx_cluster_poll(rig.cluster);
	assert_int_equal(plx_pool_in_use(rig.pool), 0);
	plx_cluster_leave(slave);
}

/* The most rounds that passed until something of a place was home. */
static uint32_t
longest_wait(struct plx_pool *pool, uint32_t place)
{
	uint32_t waited = 0, longest = 0;
	struct plx_cluster_slave *slave;
	uint64_t released = 0;

	rig.params.queue_len = 1024;
	rig.params.pool = pool;
	rig.params.id++;
	rig_make();
	slave = rig_join(place, 0);
	for (unsigned i = 0; i < ROUNDS; i++) {
		rig_feed(BURST);
		plx_cluster_poll(rig.cluster);
		waited = rig_place(place).released != released ? 0 : waited + 1;
		released = rig_place(place).released;
		if (waited > longest && i >= EVERY)
			longest = waited;
		rig_drink(slave);
	}
	assert_true(released > 0);
	plx_cluster_leave(slave);
	plx_cluster_destroy(rig.cluster);
	rig.cluster = NULL;
	return longest + 1;
}

/* So that what waits is never more than a sixteenth of it. */
static void
the_smaller_the_pool_the_shorter_the_wait(void **state)
{
	static const struct {
		uint32_t buffers, rounds;
	} cases[] = {{4096, 8}, {2048, 4}, {1024, 2}, {512, 1}};

	for (size_t i = 0; i < PLX_ARRAY_LEN(cases); i++) {
		struct plx_pool_params params = {.name = "small",
						 .n = cases[i].buffers,
						 .buf_size = 512,
						 .cache = 32,
						 .node = PLX_NODE_ANY};
		struct plx_pool *pool;

		assert_int_equal(plx_pool_create(&params, &pool, NULL), 0);
		for (uint32_t place = 0; place < 4; place++)
			assert_int_equal(longest_wait(pool, place), cases[i].rounds);
		assert_int_equal(plx_pool_destroy(pool, NULL), 0);
	}
}

static void
who_has_hardly_room_is_looked_at_in_every_round(void **state)
{
	struct plx_cluster_slave *slaves[3];

	rig.params.queue_len = 2 * BURST;
	use_fanout();
	for (uint32_t i = 0; i < 3; i++)
		slaves[i] = rig_join(i, 0);
	for (unsigned round = 0; round < ROUNDS; round++) {
		rig_feed(BURST);
		plx_cluster_poll(rig.cluster);
		for (uint32_t i = 0; i < 3; i++)
			assert_int_equal(rig_drink(slaves[i]), BURST);
	}
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(rig_place(i).full, 0);
		plx_cluster_leave(slaves[i]);
	}
}

/* One that had no room gets packets again in the round after it gave something back. */
static void
who_was_full_is_looked_at_in_every_round(void **state)
{
	struct plx_cluster_slave *slave;

	rig.params.queue_len = 2 * BURST;
	rig_make();
	slave = rig_join(0, 0);
	for (unsigned round = 0; round < 3 * EVERY + 1; round++) {
		rig_feed(BURST);
		plx_cluster_poll(rig.cluster);
	}
	assert_int_equal(rig_place(0).full, (3 * EVERY - 1) * BURST);
	for (unsigned round = 0; round < ROUNDS; round++) {
		const uint64_t full = rig_place(0).full;
		const struct plx_cluster_desc *desc;

		assert_int_equal(plx_cluster_peek(slave, &desc, BURST), BURST);
		plx_cluster_done(slave, BURST);
		rig_feed(BURST);
		plx_cluster_poll(rig.cluster);
		assert_int_equal(rig_place(0).full, full);
	}
	plx_cluster_leave(slave);
}

static void
packets_of_several_segments_find_their_room(void **state)
{
	struct plx_cluster_slave *slave;

	rig.params.queue_len = 256;
	rig_make();
	slave = rig_join(0, 0);
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (uint32_t i = 0; i < BURST; i++) {
			struct plx_mbuf *m = rig_packet(i, i);

			for (unsigned k = 0; k < 2; k++)
				assert_int_equal(plx_mbuf_chain(m, rig_packet(i, i)), 0);
			rig_put(0, m);
		}
		plx_cluster_poll(rig.cluster);
		assert_int_equal(rig_drink(slave), 3 * BURST);
	}
	assert_int_equal(rig_place(0).full, 0);
	plx_cluster_leave(slave);
}

static void
who_sends_is_heard_in_every_round(void **state)
{
	struct plx_cluster_slave *slave;
	const struct plx_cluster_desc *desc;

	rig.params.queue_len = 1024;
	rig.params.nb_tx_ports = 1;
	rig_make();
	slave = rig_join(0, 0);
	for (unsigned round = 0; round < ROUNDS; round++) {
		uint32_t before = round <= EVERY ? 0 : 1;

		rig_feed(BURST);
		plx_cluster_poll(rig.cluster);
		assert_true(rig_out(0, NULL, UINT32_MAX) >= before);
		assert_int_equal(plx_cluster_peek(slave, &desc, BURST), BURST);
		assert_true(plx_cluster_send(slave, 0, 1));
		plx_cluster_done(slave, BURST);
	}
	plx_cluster_leave(slave);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(what_is_given_back_waits_a_few_full_bursts_at_most),
		RIG_TEST(the_smaller_the_pool_the_shorter_the_wait),
		RIG_TEST(who_has_hardly_room_is_looked_at_in_every_round),
		RIG_TEST(who_was_full_is_looked_at_in_every_round),
		RIG_TEST(packets_of_several_segments_find_their_room),
		RIG_TEST(who_sends_is_heard_in_every_round),
	};

	return cmocka_run_group_tests(tests, rig_init, rig_fini);
}
