/* SPDX-License-Identifier: BSD-3-Clause */
/* What a slave sees of its own losses: as its master counts them, since it came. */
#include "rig.h"

#include "cluster_priv.h"

#define QUEUE 8

static struct plx_cluster_slave_stats
seen_by(const struct plx_cluster_slave *slave)
{
	struct plx_cluster_slave_stats seen;

	plx_cluster_slave_stats(slave, &seen);
	assert_int_equal(seen.offered,
			 seen.queued + seen.full + seen.oldest + seen.backlog + seen.filtered);
	return seen;
}

/* The first slave of a place sees what its master has of the place. */
static struct plx_cluster_slave_stats
same_as_the_masters(const struct plx_cluster_slave *slave)
{
	struct plx_cluster_slave_stats seen = seen_by(slave);
	struct plx_cluster_place_stats counted;

	assert_int_equal(
		plx_cluster_place_stats(rig.cluster, plx_cluster_slave_place(slave), &counted), 0);
	assert_int_equal(seen.offered, counted.offered);
	assert_int_equal(seen.queued, counted.queued);
	assert_int_equal(seen.full, counted.full);
	assert_int_equal(seen.oldest, counted.oldest);
	assert_int_equal(seen.backlog, counted.backlog);
	assert_int_equal(seen.filtered, counted.filtered);
	assert_int_equal(seen.granted, counted.granted);
	assert_int_equal(seen.released, counted.released);
	assert_int_equal(seen.sent, counted.sent);
	assert_int_equal(seen.refused, counted.refused);
	assert_int_equal(seen.lies, counted.lies);
	return seen;
}

static struct plx_cluster_slave *
make(enum plx_cluster_overflow overflow, uint32_t flags)
{
	rig.params.queue_len = QUEUE;
	rig.params.overflow = overflow;
	rig_make();
	return rig_join(0, flags);
}

static void
what_had_no_room_is_seen(void **state)
{
	struct plx_cluster_slave *slave = make(PLX_CLUSTER_DROP_NEWEST, 0);
	struct plx_cluster_slave_stats seen = same_as_the_masters(slave);

	assert_int_equal(seen.offered, 0);
	rig_feed(20);
	rig_poll();
	seen = same_as_the_masters(slave);
	assert_int_equal(seen.offered, 20);
	assert_int_equal(seen.queued, QUEUE);
	assert_int_equal(seen.full, 20 - QUEUE);
	rig_drink(slave);
	rig_poll();
	assert_int_equal(same_as_the_masters(slave).released, QUEUE);
	plx_cluster_leave(slave);
}

static void
the_backlog_and_what_fell_out_of_it_are_seen(void **state)
{
	struct plx_cluster_slave *slave = make(PLX_CLUSTER_DROP_OLDEST, 0);
	struct plx_cluster_slave_stats seen;

	rig_feed(30);
	rig_poll();
	seen = same_as_the_masters(slave);
	assert_int_equal(seen.offered, 30);
	assert_int_equal(seen.oldest, 30 - 2 * QUEUE);
	assert_int_equal(seen.backlog, QUEUE);
	plx_cluster_leave(slave);
}

static void
what_its_filter_does_not_want_is_seen(void **state)
{
	struct plx_cluster_slave_params params = {.filter = "udp port 1030"};
	struct plx_cluster_slave *slave;
	struct plx_why why;

	rig_make();
	assert_int_equal(plx_cluster_join(rig.cluster, &params, &slave, &why), 0);
	rig_feed(20);
	rig_poll();
	assert_int_equal(same_as_the_masters(slave).filtered, 19);
	assert_int_equal(same_as_the_masters(slave).queued, 1);
	plx_cluster_leave(slave);
}

static void
what_it_sends_is_seen(void **state)
{
	struct plx_cluster_slave *slave;
	const struct plx_cluster_desc *desc;
	struct plx_cluster_slave_stats seen;
	uint32_t number[32], held;
	uint64_t granted;

	rig.params.nb_tx_ports = 1;
	rig.params.writable = true;
	slave = make(PLX_CLUSTER_DROP_NEWEST, PLX_CLUSTER_SLAVE_WRITE);
	assert_int_not_equal(same_as_the_masters(slave).granted, 0);
	rig_feed(4);
	rig_poll();
	assert_int_equal(plx_cluster_peek(slave, &desc, 4), 4);
	assert_true(plx_cluster_send(slave, 0, 1));
	assert_true(plx_cluster_send(slave, 1, 2)); /* there is no such port */
	plx_cluster_done(slave, 4);
	rig_poll();
	granted = same_as_the_masters(slave).granted;
	for (held = 0; plx_cluster_alloc(slave, &number[held]);)
		held++;
	rig_poll(); /* has nothing to do but to grant more */
	assert_true(same_as_the_masters(slave).granted > granted);
	while (held > 0)
		plx_cluster_return(slave, number[--held]);
	plx_cluster_return(slave, RIG_BUFFERS);
	plx_cluster_flush(slave);
	rig_poll();
	seen = same_as_the_masters(slave);
	assert_int_equal(seen.sent, 2);
	assert_int_equal(seen.refused, 1);
	assert_int_equal(seen.lies, 1);
	plx_cluster_leave(slave);
}

/* A round that moves nothing would tell at once; there is none here. */
static void
under_load_it_is_told_in_time(void **state)
{
	struct plx_cluster_slave *slave = make(PLX_CLUSTER_DROP_NEWEST, 0);
	unsigned rounds = 0;

	for (; seen_by(slave).full == 0 && rounds < 64 + QUEUE; rounds++) {
		rig_put(0, rig_packet(0, rounds));
		assert_int_equal(plx_cluster_poll(rig.cluster), 1);
	}
	assert_int_not_equal(seen_by(slave).full, 0);
	assert_int_equal(rounds, 64);
	plx_cluster_leave(slave);
}

static void
who_comes_begins_at_zero(void **state)
{
	struct plx_cluster_slave *slave = make(PLX_CLUSTER_DROP_OLDEST, 0);
	struct plx_cluster_place_stats counted;

	for (unsigned visit = 1; visit <= 3; visit++) {
		assert_int_equal(seen_by(slave).offered, 0);
		rig_feed(30);
		rig_poll();
		assert_int_equal(seen_by(slave).offered, 30);
		assert_int_equal(seen_by(slave).oldest, 30 - 2 * QUEUE);
		plx_cluster_leave(slave);
		slave = rig_join(0, 0);
		assert_int_equal(plx_cluster_place_stats(rig.cluster, 0, &counted), 0);
		assert_int_equal(counted.offered, 30 * visit);
	}
	plx_cluster_leave(slave);
}

static void
the_last_word_is_told_before_the_end(void **state)
{
	struct plx_cluster_slave *slave = make(PLX_CLUSTER_DROP_NEWEST, 0);

	rig_feed(20);
	assert_int_not_equal(plx_cluster_poll(rig.cluster), 0);
	assert_int_equal(seen_by(slave).full, 0);
	slave->lane->slave.head = QUEUE + 1; /* a lie */
	assert_int_not_equal(plx_cluster_poll(rig.cluster), 0);
	assert_true(plx_cluster_ended(slave));
	assert_int_equal(seen_by(slave).full, 20 - QUEUE);
	assert_int_equal(seen_by(slave).lies, 1);
	plx_cluster_leave(slave);
}

static void
what_a_slave_writes_there_is_believed_by_nobody(void **state)
{
	struct plx_cluster_slave *slave = make(PLX_CLUSTER_DROP_NEWEST, 0);

	rig_feed(5);
	rig_poll();
	memset(&slave->lane->books, 0xff, sizeof(slave->lane->books));
	rig_audit();
	rig_feed(5);
	rig_poll();
	rig_audit();
	assert_int_equal(same_as_the_masters(slave).offered, 10);
	plx_cluster_leave(slave);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(what_had_no_room_is_seen),
		RIG_TEST(the_backlog_and_what_fell_out_of_it_are_seen),
		RIG_TEST(what_its_filter_does_not_want_is_seen),
		RIG_TEST(what_it_sends_is_seen),
		RIG_TEST(under_load_it_is_told_in_time),
		RIG_TEST(who_comes_begins_at_zero),
		RIG_TEST(the_last_word_is_told_before_the_end),
		RIG_TEST(what_a_slave_writes_there_is_believed_by_nobody),
	};

	return cmocka_run_group_tests(tests, rig_init, rig_fini);
}
