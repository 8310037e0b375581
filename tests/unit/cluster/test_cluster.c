/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets to slaves and back, with master and slaves taking turns in one thread. */
#include "fds.h"
#include "rig.h"

static void
each_packet_goes_to_one_slave(void **state)
{
	struct plx_cluster_slave *slaves[4];
	struct plx_cluster_stats stats;
	uint32_t sum = 0;

	rig_make();
	for (uint32_t i = 0; i < 4; i++)
		slaves[i] = rig_join(i, 0);
	for (uint32_t round = 0; round < 50; round++) {
		rig_feed(100);
		rig_poll();
		for (uint32_t i = 0; i < 4; i++) {
			uint32_t n = rig_drink(slaves[i]);

			assert_in_range(n, 5, 64);
			sum += n;
		}
		rig_audit();
	}
	assert_int_equal(sum, 5000);
	plx_cluster_stats(rig.cluster, &stats);
	assert_int_equal(stats.received, 5000);
	assert_int_equal(stats.delivered, 5000);
	rig_poll();
	for (uint32_t i = 0; i < 4; i++)
		plx_cluster_leave(slaves[i]);
}

static void
fanout_shows_each_packet_to_all(void **state)
{
	struct plx_cluster_slave *slaves[3];
	const struct plx_cluster_desc *desc;

	rig.params.spread.mode = PLX_CLUSTER_FANOUT;
	rig_make();
	for (uint32_t i = 0; i < 3; i++)
		slaves[i] = rig_join(PLX_CLUSTER_PLACE_ANY, 0);
	rig_feed(40);
	rig_poll();
	assert_int_equal(plx_pool_in_use(rig.pool), 40);
	for (uint32_t i = 0; i < 3; i++) {
		uint32_t n = plx_cluster_peek(slaves[i], &desc, 64);

		assert_int_equal(n, 40);
		for (uint32_t k = 0; k < n; k++)
			assert_int_equal(rig_number(slaves[i], &desc[k]), k);
		plx_cluster_done(slaves[i], n);
		rig_poll();
		assert_int_equal(plx_pool_in_use(rig.pool), i == 2 ? 0 : 40);
		rig_audit();
	}
	for (uint32_t i = 0; i < 3; i++)
		plx_cluster_leave(slaves[i]);
}

static void
kept_packets_come_back_in_any_order(void **state)
{
	struct plx_cluster_slave *slave;
	const struct plx_cluster_desc *desc;
	uint32_t kept[16];

	rig_make();
	slave = rig_join(0, 0);
	rig_feed(32);
	rig_poll();
	assert_int_equal(plx_cluster_peek(slave, &desc, 32), 32);
	for (uint32_t i = 0; i < 16; i++) {
		kept[i] = desc[2 * i].number;
		assert_true(plx_cluster_keep(slave, 2 * i));
	}
	assert_false(plx_cluster_keep(slave, 1)); /* extra is 16 */
	plx_cluster_done(slave, 32);
	rig_poll();
	assert_int_equal(plx_pool_in_use(rig.pool), 16);
	rig_audit();
	for (uint32_t i = 0; i < 16; i++)
		plx_cluster_return(slave, kept[(i * 7) % 16]);
	plx_cluster_flush(slave);
	rig_poll();
	assert_int_equal(plx_pool_in_use(rig.pool), 0);
	rig_audit();
	plx_cluster_leave(slave);
}

static void
what_is_sent_goes_out(void **state)
{
	struct plx_cluster_slave *slave;
	const struct plx_cluster_desc *desc;
	struct plx_cluster_stats stats;

	rig.params.nb_tx_ports = 2;
	rig_make();
	slave = rig_join(0, 0);
	rig_feed(10);
	rig_poll();
	assert_int_equal(plx_cluster_peek(slave, &desc, 32), 10);
	for (uint32_t i = 0; i < 10; i++)
		assert_true(plx_cluster_send(slave, i, i < 5 ? 1 : 3));
	plx_cluster_flush(slave); /* shows nothing before done */
	rig_poll();
	plx_cluster_stats(rig.cluster, &stats);
	assert_int_equal(stats.asked, 0);
	plx_cluster_done(slave, 10);
	rig_poll();
	plx_cluster_stats(rig.cluster, &stats);
	assert_int_equal(stats.asked, 15);
	assert_int_equal(stats.transmitted, 15);
	assert_int_equal(rig_out(0, NULL, 100), 10);
	assert_int_equal(rig_out(1, NULL, 100), 5);
	rig_audit();
	plx_cluster_leave(slave);
}

static void
what_a_dead_slave_held_comes_back(void **state)
{
	struct plx_cluster_slave *slave, *other;
	const struct plx_cluster_desc *desc;
	struct plx_cluster_place_stats stats;
	uint32_t number;

	rig.params.writable = true;
	rig.params.nb_tx_ports = 1;
	rig.params.spread.mode = PLX_CLUSTER_FANOUT;
	rig_make();
	slave = rig_join(0, PLX_CLUSTER_SLAVE_WRITE);
	other = rig_join(1, 0);
	rig_feed(60);
	rig_poll();
	assert_int_equal(plx_cluster_peek(slave, &desc, 20), 20);
	assert_true(plx_cluster_keep(slave, 3));
	assert_true(plx_cluster_keep(slave, 4));
	assert_true(plx_cluster_alloc(slave, &number));
	plx_cluster_done(slave, 20);
	plx_cluster_leave(slave);
	rig_poll();
	rig_audit();
	assert_int_equal(plx_cluster_place_stats(rig.cluster, 0, &stats), 0);
	assert_false(stats.present);
	assert_int_equal(stats.held, 0);
	assert_true(stats.taken_back > 40);
	assert_int_equal(rig_drink(other), 60);
	rig_poll();
	assert_int_equal(plx_pool_in_use(rig.pool), 0);
	slave = rig_join(0, 0);
	rig_feed(10);
	rig_poll();
	assert_int_equal(rig_drink(slave), 10);
	assert_int_equal(rig_drink(other), 10);
	rig_audit();
	plx_cluster_leave(slave);
	plx_cluster_leave(other);
}

static void
who_comes_and_goes_leaves_no_file_open(void **state)
{
	unsigned before;

	rig_make();
	plx_cluster_leave(rig_join(0, 0));
	rig_poll();
	before = open_fds();
	for (uint32_t i = 0; i < 10; i++) {
		plx_cluster_leave(rig_join(0, 0));
		rig_poll();
	}
	assert_int_equal(open_fds(), before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(each_packet_goes_to_one_slave),
		RIG_TEST(fanout_shows_each_packet_to_all),
		RIG_TEST(kept_packets_come_back_in_any_order),
		RIG_TEST(what_is_sent_goes_out),
		RIG_TEST(what_a_dead_slave_held_comes_back),
		RIG_TEST(who_comes_and_goes_leaves_no_file_open),
	};

	return cmocka_run_group_tests(tests, rig_init, rig_fini);
}
