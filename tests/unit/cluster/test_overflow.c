/* SPDX-License-Identifier: BSD-3-Clause */
/* A slave whose queue is full, with each policy, and packets of several segments. */
#include "rig.h"

#define QUEUE 8

static struct plx_cluster_slave *
make(enum plx_cluster_overflow overflow, uint32_t reserve)
{
	rig.params.queue_len = QUEUE;
	rig.params.overflow = overflow;
	rig.params.reserve = reserve;
	rig_make();
	return rig_join(0, 0);
}

/* Packets first, first + step .. in order, and what follows them. */
static void
expect(struct plx_cluster_slave *slave, uint32_t first, uint32_t n)
{
	const struct plx_cluster_desc *desc;

	for (uint32_t i = 0; i < n; i++) {
		assert_int_equal(plx_cluster_peek(slave, &desc, 1), 1);
		assert_int_equal(rig_number(slave, desc), first + i);
		plx_cluster_done(slave, 1);
		rig_poll();
		rig_audit();
	}
}

/* A packet of n segments, each a packet of its own by its bytes: number, number + 1 .. */
static void
put_chain(uint32_t number, uint32_t n)
{
	struct plx_mbuf *m = rig_packet(0, number);

	for (uint32_t i = 1; i < n; i++)
		assert_int_equal(plx_mbuf_chain(m, rig_packet(0, number + i)), 0);
	rig_put(0, m);
}

static void
the_newest_is_dropped(void **state)
{
	struct plx_cluster_slave *slave = make(PLX_CLUSTER_DROP_NEWEST, 0);
	struct plx_cluster_stats stats;

	rig_feed(20);
	rig_poll();
	rig_audit();
	expect(slave, 0, QUEUE);
	assert_int_equal(rig_drink(slave), 0);
	assert_int_equal(rig_place(0).full, 12);
	plx_cluster_stats(rig.cluster, &stats);
	assert_int_equal(stats.full, 12);
	assert_int_equal(stats.delivered, 8);
	assert_int_equal(plx_pool_in_use(rig.pool), 0);
	plx_cluster_leave(slave);
}

static void
the_oldest_of_the_backlog_is_dropped(void **state)
{
	struct plx_cluster_slave *slave = make(PLX_CLUSTER_DROP_OLDEST, 0);

	rig_feed(30);
	rig_poll();
	rig_audit();
	assert_int_equal(rig_place(0).oldest, 30 - 2 * QUEUE);
	assert_int_equal(rig_place(0).backlog, QUEUE);
	expect(slave, 0, QUEUE);
	expect(slave, 30 - QUEUE, QUEUE);
	assert_int_equal(rig_place(0).full, 0);
	assert_int_equal(plx_pool_in_use(rig.pool), 0);
	plx_cluster_leave(slave);
}

/* Whole packets go: of a backlog of chains of 3, never a part of one. */
static void
the_oldest_goes_with_all_its_segments(void **state)
{
	struct plx_cluster_slave *slave = make(PLX_CLUSTER_DROP_OLDEST, 0);
	const struct plx_cluster_desc *desc;
	uint32_t whole = 0;

	for (uint32_t i = 0; i < 10; i++)
		put_chain(3 * i, 3);
	put_chain(30, 1);
	rig_poll();
	rig_audit();
	/* 2 packets in the queue, 2 and the single one in the backlog; 6 were thrown out. */
	assert_int_equal(rig_place(0).oldest, 18);
	assert_int_equal(rig_place(0).backlog, 7);
	for (uint32_t next = 0; plx_cluster_peek(slave, &desc, 1) == 1; rig_poll()) {
		uint32_t number = rig_number(slave, desc);

		if (next != 0)
			assert_int_equal(number, next);
		else
			assert_int_equal(number % 3, 0);
		next = (desc->flags & PLX_CLUSTER_MORE) != 0 ? number + 1 : 0;
		whole += next == 0;
		plx_cluster_done(slave, 1);
	}
	assert_int_equal(whole, 5);
	rig_audit();
	assert_int_equal(plx_pool_in_use(rig.pool), 0);
	plx_cluster_leave(slave);
}

static void
all_borrow_from_one_reserve(void **state)
{
	struct plx_cluster_slave *slave = make(PLX_CLUSTER_BORROW, 20), *other;
	struct plx_cluster_spread fanout = {.mode = PLX_CLUSTER_FANOUT};

	assert_int_equal(plx_cluster_set_spread(rig.cluster, &fanout, NULL), 0);
	other = rig_join(1, 0);
	rig_feed(30);
	rig_poll();
	rig_audit();
	assert_int_equal(rig_place(0).backlog + rig_place(1).backlog, 20);
	assert_int_equal(rig_place(0).full + rig_place(1).full, 60 - 2 * QUEUE - 20);
	/* What one does not need any more is the other's. */
	plx_cluster_leave(slave);
	rig_poll();
	rig_audit();
	rig_feed(30);
	rig_poll();
	assert_int_equal(rig_place(1).backlog, 20);
	assert_int_equal(rig_drink(other), QUEUE);
	rig_poll();
	assert_int_equal(rig_place(1).backlog, 20 - QUEUE);
	rig_audit();
	plx_cluster_leave(other);
}

static void
pressure_loses_nothing(void **state)
{
	struct plx_cluster_slave *slave = make(PLX_CLUSTER_PRESSURE, 0);
	struct plx_cluster_stats stats;

	for (uint32_t i = 0; i < 100; i++)
		put_chain(6 * i, 6);
	for (uint32_t i = 0; i < 20; i++)
		plx_cluster_poll(rig.cluster);
	plx_cluster_stats(rig.cluster, &stats);
	assert_int_equal(stats.received, 32);
	expect(slave, 0, 600);
	assert_int_equal(rig_drink(slave), 0);
	assert_int_equal(rig_place(0).full, 0);
	assert_int_equal(plx_pool_in_use(rig.pool), 0);
	plx_cluster_leave(slave);
}

static void
a_dead_slave_does_not_press(void **state)
{
	struct plx_cluster_slave *slave = make(PLX_CLUSTER_PRESSURE, 0), *other;
	struct plx_cluster_spread fanout = {.mode = PLX_CLUSTER_FANOUT};
	uint32_t got = 0;

	assert_int_equal(plx_cluster_set_spread(rig.cluster, &fanout, NULL), 0);
	other = rig_join(1, 0);
	rig_feed(200);
	for (uint32_t i = 0; i < 20; i++) {
		rig_poll();
		got += rig_drink(other);
	}
	assert_int_equal(got, 32); /* the first does not take anything */
	plx_cluster_leave(slave);
	for (uint32_t i = 0; i < 100; i++) {
		rig_poll();
		got += rig_drink(other);
		rig_audit();
	}
	assert_int_equal(got, 200);
	rig_poll();
	assert_int_equal(plx_pool_in_use(rig.pool), 0);
	plx_cluster_leave(other);
}

/* Longer than the queue: it never fits, so nobody waits for it, with any policy. */
static void
what_never_fits_is_full_at_once(void **state)
{
	for (unsigned overflow = 0; overflow < PLX_CLUSTER_OVERFLOWS; overflow++) {
		struct plx_cluster_slave *slave = make(overflow, 100);

		put_chain(0, QUEUE + 1);
		put_chain(100, QUEUE);
		put_chain(200, 1);
		rig_poll();
		assert_int_equal(rig_place(0).full,
				 overflow == PLX_CLUSTER_DROP_NEWEST ? QUEUE + 2 : QUEUE + 1);
		expect(slave, 100, QUEUE);
		if (overflow != PLX_CLUSTER_DROP_NEWEST)
			expect(slave, 200, 1);
		assert_int_equal(rig_drink(slave), 0);
		rig_audit();
		plx_cluster_leave(slave);
		rig_end(state);
		rig_params(state);
	}
}

/* Slots give way one by one, chains wait for room for all of them; the order stays. */
static void
chains_wait_for_room(void **state)
{
	struct plx_cluster_slave *slave = make(PLX_CLUSTER_BORROW, 64);

	put_chain(0, 5);
	put_chain(5, 5);
	put_chain(10, 1);
	rig_poll();
	assert_int_equal(rig_place(0).queued, 5);
	assert_int_equal(rig_place(0).backlog, 6);
	expect(slave, 0, 11);
	assert_int_equal(plx_pool_in_use(rig.pool), 0);
	plx_cluster_leave(slave);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(the_newest_is_dropped),
		RIG_TEST(the_oldest_of_the_backlog_is_dropped),
		RIG_TEST(the_oldest_goes_with_all_its_segments),
		RIG_TEST(all_borrow_from_one_reserve),
		RIG_TEST(pressure_loses_nothing),
		RIG_TEST(a_dead_slave_does_not_press),
		RIG_TEST(what_never_fits_is_full_at_once),
		RIG_TEST(chains_wait_for_room),
	};

	return cmocka_run_group_tests(tests, rig_init, rig_fini);
}
