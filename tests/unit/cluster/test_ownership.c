/* SPDX-License-Identifier: BSD-3-Clause */
/* Who holds what: honest slaves, and those that say what is not so. */
#include "rig.h"

#include "cluster_priv.h"

/* The master looks between the mark and the done: the mark must not be forgotten. */
static void
kept_packets_stay_when_the_master_looks_meanwhile(void **state)
{
	struct plx_cluster_slave *slave;
	const struct plx_cluster_desc *desc;
	uint32_t number, bytes;

	rig_make();
	slave = rig_join(0, 0);
	rig_feed(20);
	rig_poll();
	assert_int_equal(plx_cluster_peek(slave, &desc, 10), 10);
	plx_cluster_done(slave, 10);
	assert_int_equal(plx_cluster_peek(slave, &desc, 10), 10);
	assert_true(plx_cluster_keep(slave, 7));
	number = desc[7].number;
	rig_poll();
	plx_cluster_done(slave, 10);
	rig_poll();
	assert_int_equal(plx_pool_in_use(rig.pool), 1);
	rig_audit();
	for (uint32_t i = 0; i < 8; i++) { /* the buffer is not used again */
		rig_feed(40);
		rig_poll();
		for (uint32_t n; (n = plx_cluster_peek(slave, &desc, 32)) != 0;) {
			for (uint32_t k = 0; k < n; k++)
				assert_int_not_equal(desc[k].number, number);
			plx_cluster_done(slave, n);
		}
	}
	rig_poll();
	memcpy(&bytes, plx_pool_data(rig.pool, number) + PLX_MBUF_HEADROOM + RIG_FRAME - 4, 4);
	assert_int_equal(bytes, 17);
	plx_cluster_return(slave, number);
	plx_cluster_flush(slave);
	rig_poll();
	assert_int_equal(plx_pool_in_use(rig.pool), 0);
	rig_audit();
	plx_cluster_leave(slave);
}

static void
kept_and_given_back_in_one_go(void **state)
{
	struct plx_cluster_slave *slave;
	const struct plx_cluster_desc *desc;

	rig_make();
	slave = rig_join(0, 0);
	for (uint32_t round = 0; round < 100; round++) {
		rig_feed(16);
		rig_poll();
		assert_int_equal(plx_cluster_peek(slave, &desc, 16), 16);
		for (uint32_t i = 0; i < 16; i++) {
			assert_true(plx_cluster_keep(slave, i));
			plx_cluster_return(slave, desc[i].number);
		}
		if (round % 2 != 0)
			plx_cluster_flush(slave); /* before the slots are given back */
		if (round % 3 != 0)
			rig_poll();
		plx_cluster_done(slave, 16);
		rig_poll();
		rig_audit();
	}
	assert_int_equal(plx_pool_in_use(rig.pool), 0);
	assert_int_equal(rig_place(0).lies, 0);
	plx_cluster_leave(slave);
}

static void
what_is_given_back_twice_counts_as_a_lie(void **state)
{
	struct plx_cluster_slave *slave, *other;
	const struct plx_cluster_desc *desc;
	uint32_t number;

	rig.params.spread.mode = PLX_CLUSTER_FANOUT;
	rig_make();
	slave = rig_join(0, 0);
	other = rig_join(1, 0);
	rig_feed(4);
	rig_poll();
	assert_int_equal(plx_cluster_peek(slave, &desc, 4), 4);
	assert_true(plx_cluster_keep(slave, 0));
	number = desc[0].number;
	plx_cluster_done(slave, 4);
	for (uint32_t i = 0; i < 3; i++)
		plx_cluster_return(slave, number);
	plx_cluster_return(slave, RIG_BUFFERS);
	plx_cluster_return(slave, UINT32_MAX);
	plx_cluster_flush(slave);
	rig_poll();
	assert_int_equal(rig_place(0).lies, 4);
	assert_true(rig_place(0).present);
	assert_int_equal(plx_pool_in_use(rig.pool), 4); /* the other holds them still */
	rig_audit();
	assert_int_equal(rig_drink(other), 4);
	rig_poll();
	assert_int_equal(plx_pool_in_use(rig.pool), 0);
	rig_audit();
	plx_cluster_leave(slave);
	plx_cluster_leave(other);
}

/* A head beyond the queue costs the place, which is free when its thread has left, too. */
static void
who_gives_back_more_than_there_is_is_sent_away(void **state)
{
	struct plx_cluster_slave_params params = {.place = 0};
	struct plx_cluster_slave *slave, *next;
	struct plx_why why;

	rig_make();
	slave = rig_join(0, 0);
	rig_feed(4);
	rig_poll();
	plx_cluster_done(slave, 5);
	rig_poll();
	assert_true(plx_cluster_ended(slave));
	assert_false(rig_place(0).present);
	assert_int_equal(rig_place(0).lies, 1);
	assert_int_equal(rig_place(0).taken_back, 4);
	assert_int_equal(plx_pool_in_use(rig.pool), 0);
	rig_audit();
	assert_int_equal(plx_cluster_join(rig.cluster, &params, &next, &why), -EBUSY);
	plx_cluster_leave(slave);
	next = rig_join(0, 0);
	assert_false(plx_cluster_ended(next));
	rig_feed(4);
	rig_poll();
	assert_int_equal(rig_drink(next), 4);
	plx_cluster_leave(next);
}

static void
granted_buffers_are_its_own_up_to_extra(void **state)
{
	struct plx_cluster_slave *slave;
	uint32_t number[17], n = 0;

	rig.params.writable = true;
	rig_make();
	slave = rig_join(0, PLX_CLUSTER_SLAVE_WRITE);
	for (uint32_t round = 0; round < 20; round++) {
		while (n < 17 && plx_cluster_alloc(slave, &number[n]))
			n++;
		rig_poll();
	}
	assert_int_equal(n, 16);
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < i; k++)
			assert_int_not_equal(number[i], number[k]);
	rig_audit();
	for (uint32_t i = 0; i < n; i++)
		plx_cluster_return(slave, number[i]);
	plx_cluster_flush(slave);
	rig_poll();
	rig_audit();
	assert_true(plx_cluster_alloc(slave, &number[0]));
	assert_int_equal(rig_place(0).lies, 0);
	plx_cluster_leave(slave);
}

/* The master looks at a slave's grants each round, and adds to them when half of them were taken. */
static void
grants_come_again_at_half(void **state)
{
	struct plx_cluster_slave *slave;
	uint32_t number[5];

	rig.params.writable = true;
	rig_make();
	slave = rig_join(0, PLX_CLUSTER_SLAVE_WRITE);
	assert_int_equal(rig_place(0).granted, 8);
	for (uint32_t i = 0; i < 4; i++) {
		rig_poll();
		assert_int_equal(rig_place(0).granted, 8);
		assert_true(plx_cluster_alloc(slave, &number[i]));
	}
	rig_poll();
	assert_int_equal(rig_place(0).granted, 12);
	assert_true(plx_cluster_alloc(slave, &number[4]));
	rig_poll();
	assert_int_equal(rig_place(0).granted, 12);
	rig_audit();
	plx_cluster_leave(slave);
}

static void
one_extra_buffer_is_one(void **state)
{
	struct plx_cluster_slave *slave;
	uint32_t number;

	rig.params.writable = true;
	rig.params.extra = 1;
	rig_make();
	slave = rig_join(0, PLX_CLUSTER_SLAVE_WRITE);
	for (uint32_t round = 0; round < 10; round++) {
		assert_true(plx_cluster_alloc(slave, &number));
		assert_false(plx_cluster_alloc(slave, &number));
		plx_cluster_return(slave, number);
		plx_cluster_flush(slave);
		rig_poll();
	}
	rig_audit();
	plx_cluster_leave(slave);
}

/* The list of what is kept and granted is tidied many times over. */
static void
keeping_goes_on_for_ever(void **state)
{
	struct plx_cluster_slave *slave;
	const struct plx_cluster_desc *desc;
	uint32_t kept[16], n = 0;

	rig_make();
	slave = rig_join(0, 0);
	for (uint32_t i = 0; i < 5000; i++) {
		rig_put(0, rig_packet(i % 50, i));
		rig_poll();
		assert_int_equal(plx_cluster_peek(slave, &desc, 1), 1);
		if (n == 16)
			plx_cluster_return(slave, kept[i % 16]);
		assert_true(plx_cluster_keep(slave, 0));
		kept[i % 16] = desc->number;
		n += n < 16;
		plx_cluster_done(slave, 1);
	}
	rig_poll();
	assert_int_equal(plx_pool_in_use(rig.pool), 16);
	assert_int_equal(rig_place(0).lies, 0);
	assert_int_equal(rig_place(0).held, 16);
	rig_audit();
	plx_cluster_leave(slave);
}

/* What was held is taken back in pieces, while others are served. */
static void
a_long_queue_is_taken_back_piece_by_piece(void **state)
{
	struct plx_cluster_slave *slave, *other;
	uint32_t rounds = 0;

	rig.params.queue_len = 2048;
	rig.params.spread.mode = PLX_CLUSTER_FANOUT;
	rig_make();
	slave = rig_join(0, 0);
	other = rig_join(1, 0);
	rig_feed(1500);
	rig_poll();
	assert_int_equal(rig_drink(other), 1500);
	rig_poll();
	assert_int_equal(plx_pool_in_use(rig.pool), 1500);
	plx_cluster_leave(slave);
	while (plx_pool_in_use(rig.pool) != 0 && rounds < 100) {
		rig_put(0, rig_packet(0, 0));
		plx_cluster_poll(rig.cluster);
		assert_int_equal(rig_drink(other), 1);
		plx_cluster_poll(rig.cluster);
		rounds++;
		rig_audit();
	}
	assert_in_range(rounds, 2, 20);
	plx_cluster_leave(other);
}

/* It marks all it gets, as no honest slave can: it loses its place, and nothing is lost. */
static void
who_keeps_more_than_it_may_is_sent_away(void **state)
{
	struct plx_cluster_slave *slave;
	const struct plx_cluster_desc *desc;

	rig_make();
	slave = rig_join(0, 0);
	for (uint32_t i = 0; i < 400 && !plx_cluster_ended(slave); i++) {
		rig_put(0, rig_packet(0, i));
		rig_poll();
		slave->priv->held = 0;
		if (plx_cluster_peek(slave, &desc, 1) == 1) {
			assert_true(plx_cluster_keep(slave, 0));
			plx_cluster_done(slave, 1);
		}
	}
	assert_true(plx_cluster_ended(slave));
	rig_poll();
	rig_audit();
	assert_int_equal(rig_place(0).held, 0);
	assert_int_equal(plx_pool_in_use(rig.pool), 0);
	plx_cluster_leave(slave);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(kept_packets_stay_when_the_master_looks_meanwhile),
		RIG_TEST(kept_and_given_back_in_one_go),
		RIG_TEST(what_is_given_back_twice_counts_as_a_lie),
		RIG_TEST(who_gives_back_more_than_there_is_is_sent_away),
		RIG_TEST(granted_buffers_are_its_own_up_to_extra),
		RIG_TEST(grants_come_again_at_half),
		RIG_TEST(one_extra_buffer_is_one),
		RIG_TEST(keeping_goes_on_for_ever),
		RIG_TEST(who_keeps_more_than_it_may_is_sent_away),
		RIG_TEST(a_long_queue_is_taken_back_piece_by_piece),
	};

	return cmocka_run_group_tests(tests, rig_init, rig_fini);
}
