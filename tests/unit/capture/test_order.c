/* SPDX-License-Identifier: BSD-3-Clause */
#include "order.h"

#include "pool_fixture.h"

#define LANES 3
#define RING  64

static struct lane lanes[LANES];

static int
make_lanes(void **state)
{
	memset(lanes, 0, sizeof(lanes));
	for (unsigned i = 0; i < LANES; i++) {
		const struct source_params params = {.ring = RING};

		if (source_create(&params, &lanes[i].source) != 0)
			return -1;
	}
	return 0;
}

static int
drop_lanes(void **state)
{
	for (unsigned i = 0; i < LANES; i++) {
		struct lane *lane = &lanes[i];
		struct plx_mbuf *m;

		while (!lane_is_empty(lane))
			plx_mbuf_free(lane->pkts[lane->at++]);
		while (source_take(lane->source, &m, 1) != 0)
			plx_mbuf_free(m);
		source_destroy(lane->source);
	}
	return 0;
}

/* A packet of that time comes from the lane's source. */
static void
arrive(unsigned lane, uint64_t time)
{
	struct plx_mbuf *m = packet(60, 0);

	source_accept(lanes[lane].source, &m, 1, time);
}

/* The source was polled at that time and had nothing. */
static void
nothing(unsigned lane, uint64_t time)
{
	source_accept(lanes[lane].source, NULL, 0, time);
}

/* Takes one packet as the writer does, and says its time; 0: it waits. */
static uint64_t
take_one(uint64_t *ret_until)
{
	struct lane *lane;
	struct plx_mbuf *m;
	uint64_t time;

	order_refill(lanes, LANES);
	lane = order_pick(lanes, LANES, ret_until);
	if (lane == NULL)
		return 0;
	m = lane->pkts[lane->at++];
	time = m->timestamp;
	plx_mbuf_free(m);
	return time;
}

static void
the_oldest_goes_first(void **state)
{
	uint64_t until;

	arrive(0, 5);
	arrive(0, 9);
	arrive(1, 7);
	arrive(2, 8);
	for (unsigned i = 0; i < LANES; i++)
		nothing(i, 20);
	assert_int_equal(take_one(&until), 5);
	assert_int_equal(until, 7);
	assert_int_equal(take_one(&until), 7);
	assert_int_equal(take_one(&until), 8);
	assert_int_equal(until, 9);
	assert_int_equal(take_one(&until), 9);
	assert_int_equal(until, 20);
	assert_int_equal(take_one(&until), 0);
}

static void
nothing_is_written_that_an_empty_source_may_undercut(void **state)
{
	uint64_t until;

	arrive(0, 10);
	nothing(1, 30);
	nothing(2, 8);
	assert_int_equal(take_one(&until), 0);
	arrive(2, 9);
	assert_int_equal(take_one(&until), 9);
	/* Its floor stands at 9 now: 10 still has to wait. */
	assert_int_equal(take_one(&until), 0);
	nothing(2, 10);
	assert_int_equal(take_one(&until), 10);
}

static void
a_run_ends_where_another_source_may_come_in(void **state)
{
	uint64_t until;

	arrive(0, 10);
	arrive(0, 50);
	nothing(1, 30);
	nothing(2, 40);
	assert_int_equal(take_one(&until), 10);
	assert_int_equal(until, 30);
	assert_int_equal(take_one(&until), 0);
}

static void
a_ring_that_fills_up_is_not_kept_waiting(void **state)
{
	uint64_t until;

	for (unsigned i = 0; i < LANE_BURST + RING / 2; i++) {
		arrive(0, 10 + i);
		if (i == 0)
			assert_int_equal(take_one(&until), 0);
		if (i == LANE_BURST)
			order_refill(lanes, LANES);
	}
	assert_int_not_equal(take_one(&until), 0);
}

static void
closed_sources_hold_up_nobody(void **state)
{
	uint64_t until;

	arrive(0, 10);
	assert_true(order_refill(lanes, LANES));
	source_close(lanes[1].source);
	source_close(lanes[2].source);
	assert_int_equal(take_one(&until), 10);
	assert_true(order_refill(lanes, LANES));
	source_close(lanes[0].source);
	assert_false(order_refill(lanes, LANES));
}

static void
packets_of_a_closed_source_are_not_forgotten(void **state)
{
	uint64_t until;

	arrive(0, 10);
	for (unsigned i = 0; i < LANES; i++)
		source_close(lanes[i].source);
	assert_true(order_refill(lanes, LANES));
	assert_int_equal(take_one(&until), 10);
	assert_false(order_refill(lanes, LANES));
}

int
main(void)
{
#define WITH_LANES(test) cmocka_unit_test_setup_teardown(test, make_lanes, drop_lanes)
	const struct CMUnitTest tests[] = {
		WITH_LANES(the_oldest_goes_first),
		WITH_LANES(nothing_is_written_that_an_empty_source_may_undercut),
		WITH_LANES(a_run_ends_where_another_source_may_come_in),
		WITH_LANES(a_ring_that_fills_up_is_not_kept_waiting),
		WITH_LANES(closed_sources_hold_up_nobody),
		WITH_LANES(packets_of_a_closed_source_are_not_forgotten),
	};

	return cmocka_run_group_tests_name("order", tests, fixture_begin, fixture_end);
}
