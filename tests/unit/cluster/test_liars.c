/* SPDX-License-Identifier: BSD-3-Clause */
/* One lie at a time: what the master makes of it, and that nobody else is harmed. */
#include "rig.h"

#include "cluster_priv.h"

static struct plx_cluster_slave *liar, *other;

/* Both see every packet; the liar is at place 0 and may write. */
static void
seat_both(void)
{
	rig.params.spread.mode = PLX_CLUSTER_FANOUT;
	rig.params.writable = true;
	rig.params.nb_tx_ports = 1;
	rig_make();
	liar = rig_join(0, PLX_CLUSTER_SLAVE_WRITE);
	other = rig_join(1, 0);
}

static void
leave_both(void)
{
	rig_drink(other);
	rig_poll();
	rig_audit();
	plx_cluster_leave(liar);
	plx_cluster_leave(other);
}

static void
who_is_further_than_can_be_is_sent_away(void **state)
{
	for (unsigned what = 0; what < 4; what++) {
		struct plx_cluster_lane *lane;
		struct plx_cluster_lane_shape shape;

		seat_both();
		lane = liar->lane;
		shape = lane->shape;
		rig_feed(20);
		rig_poll();
		if (what == 0)
			lane->slave.head = 21;
		else if (what == 1)
			lane->slave.return_tail = shape.return_len + 1;
		else if (what == 2)
			lane->slave.send_tail = shape.send_len + 1;
		else
			lane->slave.grant_head = lane->master.grant_tail + 1;
		rig_poll();
		assert_true(plx_cluster_ended(liar));
		assert_int_equal(rig_place(0).lies, 1);
		assert_int_equal(rig_place(0).held, 0);
		assert_false(plx_cluster_ended(other));
		assert_int_equal(rig_drink(other), 20);
		leave_both();
		plx_cluster_destroy(rig.cluster);
		rig.cluster = NULL;
	}
}

static void
numbers_that_are_not_its_own_are_counted_and_no_more(void **state)
{
	uint32_t *back;

	seat_both();
	rig_feed(20);
	rig_poll();
	assert_int_equal(rig_drink(liar), 20);
	rig_poll();
	back = (uint32_t *)(void *)((uint8_t *)liar->lane + liar->lane->shape.return_at);
	back[0] = other->queue[3].number;
	back[1] = RIG_BUFFERS;
	back[2] = UINT32_MAX;
	back[3] = other->queue[3].number;
	liar->lane->slave.return_tail = 4;
	rig_poll();
	assert_int_equal(rig_place(0).lies, 4);
	assert_int_equal(rig_place(1).held, 20);
	rig_audit();
	assert_int_equal(rig_drink(other), 20);
	leave_both();
}

static void
what_does_not_fit_into_a_buffer_is_not_sent(void **state)
{
	struct plx_cluster_order *orders;
	const struct plx_cluster_desc *desc;

	seat_both();
	rig_feed(4);
	rig_poll();
	assert_int_equal(plx_cluster_peek(liar, &desc, 4), 4);
	orders = (struct plx_cluster_order *)(void *)((uint8_t *)liar->lane +
						      liar->lane->shape.send_at);
	orders[0] = (struct plx_cluster_order){desc[0].number, 512, 1, 1};
	orders[1] = (struct plx_cluster_order){desc[1].number, 511, 2, 1};
	orders[2] = (struct plx_cluster_order){desc[2].number, UINT16_MAX, UINT16_MAX, 1};
	orders[3] = (struct plx_cluster_order){desc[3].number, 511, 1, 1};
	liar->lane->slave.send_tail = 4;
	rig_poll();
	assert_int_equal(rig_place(0).lies, 3);
	assert_int_equal(rig_place(0).sent, 1);
	assert_int_equal(rig_out(0, NULL, 4), 1);
	leave_both();
}

/* It reads numbers where they will be only later: of packets that wait behind its queue. */
static void
what_was_given_back_unseen_stays_in_the_books(void **state)
{
	uint32_t *back;

	rig.params.overflow = PLX_CLUSTER_DROP_OLDEST;
	seat_both();
	rig_feed(100);
	rig_poll();
	assert_int_equal(rig_place(0).backlog, 36);
	back = (uint32_t *)(void *)((uint8_t *)liar->lane + liar->lane->shape.return_at);
	for (uint32_t i = 0; i < 10; i++)
		back[i] = rig.cluster->places[0].backlog.desc[i].number;
	liar->lane->slave.return_tail = 10;
	rig_poll();
	rig_audit();
	rig_feed(100);
	rig_poll();
	assert_int_equal(rig_place(1).oldest, 72);
	assert_int_equal(rig_place(0).oldest, 62);
	rig_audit();
	leave_both();
}

static void
word_of_an_end_that_comes_late_is_not_the_next_ones(void **state)
{
	const struct plx_cluster_slave_params params = {.place = 0};
	struct plx_cluster_slave *next;
	uint64_t first;

	seat_both();
	first = rig.cluster->places[0].visit;
	plx_cluster_leave(liar);
	rig_poll();
	liar = rig_join(0, 0);
	place_shut(rig.cluster, 0, first);
	rig_poll();
	assert_true(rig_place(0).present);
	assert_false(plx_cluster_ended(liar));
	rig_feed(5);
	rig_poll();
	assert_int_equal(rig_drink(liar), 5);
	rig_poll();
	/* Nor is the place free by it when the next one is sent away, whose thread has the lane still. */
	plx_cluster_done(liar, 100);
	rig_poll();
	assert_false(rig_place(0).present);
	assert_int_equal(plx_cluster_join(rig.cluster, &params, &next, NULL), -EBUSY);
	leave_both();
}

/* Lanes have their shape for the slave alone: the master goes by the one it made. */
static void
what_it_writes_over_its_shape_is_not_read(void **state)
{
	const struct plx_cluster_desc *desc;
	uint32_t kept[6], empty;

	seat_both();
	rig_feed(40);
	rig_poll();
	memset(&liar->lane->shape, 0xff, sizeof(liar->lane->shape));
	assert_int_equal(plx_cluster_peek(liar, &desc, 40), 40);
	for (uint32_t i = 0; i < 6; i++) {
		kept[i] = desc[i].number;
		assert_true(plx_cluster_keep(liar, i));
	}
	for (uint32_t i = 6; i < 12; i++)
		assert_true(plx_cluster_send(liar, i, 1));
	assert_true(plx_cluster_alloc(liar, &empty));
	plx_cluster_done(liar, 40);
	rig_poll();
	assert_int_equal(rig_drink(other), 40);
	for (uint32_t i = 0; i < 6; i++)
		plx_cluster_return(liar, kept[i]);
	plx_cluster_return(liar, empty);
	plx_cluster_flush(liar);
	rig_poll();
	assert_int_equal(rig_out(0, NULL, 100), 6);
	assert_int_equal(rig_place(0).lies, 0);
	assert_int_equal(rig_place(0).sent, 6);
	assert_int_equal(rig_place(0).released, 34 + 1);
	leave_both();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(who_is_further_than_can_be_is_sent_away),
		RIG_TEST(numbers_that_are_not_its_own_are_counted_and_no_more),
		RIG_TEST(what_does_not_fit_into_a_buffer_is_not_sent),
		RIG_TEST(what_it_writes_over_its_shape_is_not_read),
		RIG_TEST(what_was_given_back_unseen_stays_in_the_books),
		RIG_TEST(word_of_an_end_that_comes_late_is_not_the_next_ones),
	};

	return cmocka_run_group_tests(tests, rig_init, rig_fini);
}
