/* SPDX-License-Identifier: BSD-3-Clause */
/* Several ports, ports that stop, and packets from elsewhere. */
#include "rig.h"

static struct plx_cluster_stats
stats_now(void)
{
	struct plx_cluster_stats stats;

	rig_audit();
	plx_cluster_stats(rig.cluster, &stats);
	return stats;
}

static void
make(enum plx_cluster_mode mode)
{
	rig.params.nb_tx_ports = 2;
	rig.params.writable = true;
	rig.params.spread.mode = mode;
	rig_make();
}

static void
ports_are_told_apart(void **state)
{
	const struct plx_cluster_desc *desc;
	struct plx_cluster_slave *slave;
	struct plx_cluster_port_stats port;

	rig.params.nb_rx_ports = 3;
	rig_make();
	slave = rig_join(0, 0);
	for (uint8_t i = 0; i < 3; i++)
		for (uint32_t k = 0; k <= i; k++)
			rig_put(i, rig_packet(k, i));
	rig_poll();
	for (uint32_t i = 0; i < 6; i++) {
		assert_int_equal(plx_cluster_peek(slave, &desc, 1), 1);
		assert_int_equal(desc->port, rig_number(slave, desc));
		plx_cluster_done(slave, 1);
	}
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(plx_cluster_rx_stats(rig.cluster, i, &port), 0);
		assert_int_equal(port.port, rig.ports[i].port);
		assert_int_equal(port.received, i + 1);
	}
	assert_int_equal(plx_cluster_rx_stats(rig.cluster, 3, &port), -EINVAL);
	plx_cluster_leave(slave);
}

/* Packets of another pool are copied, those that are shared too; with an empty pool they are lost and counted. */
static void
foreign_packets_are_copied(void **state)
{
	struct plx_pool_params params = {
		.name = "other", .n = 64, .buf_size = 512, .node = PLX_NODE_ANY};
	struct plx_mbuf *m, *all[RIG_BUFFERS], *shared;
	struct plx_cluster_slave *slave;
	const struct plx_cluster_desc *desc;
	struct plx_pool *other;
	uint32_t n = 0;

	make(PLX_CLUSTER_SHARE);
	assert_int_equal(plx_pool_create(&params, &other, NULL), 0);
	slave = rig_join(0, 0);
	m = plx_mbuf_alloc(other);
	memset(plx_mbuf_append(m, 100), 0x5a, 100);
	rig_put(0, m);
	shared = rig_packet(0, 77);
	plx_mbuf_ref(shared);
	rig_put(0, shared);
	rig_poll();
	assert_int_equal(stats_now().copied, 2);
	assert_int_equal(plx_pool_in_use(other), 0);
	assert_int_equal(plx_cluster_peek(slave, &desc, 2), 2);
	assert_int_equal(desc[0].len, 100);
	assert_int_equal(plx_cluster_data(slave, desc)[99], 0x5a);
	assert_int_equal(rig_number(slave, &desc[1]), 77);
	assert_int_not_equal(desc[1].number, plx_pool_index(rig.pool, shared));
	plx_mbuf_free(shared);
	plx_cluster_done(slave, 2);
	rig_poll();
	assert_int_equal(plx_pool_in_use(rig.pool), 0);
	while ((all[n] = plx_mbuf_alloc(rig.pool)) != NULL && n < RIG_BUFFERS - 1)
		n++;
	if (all[n] != NULL)
		n++;
	m = plx_mbuf_alloc(other);
	plx_mbuf_append(m, 100);
	rig_put(0, m);
	rig_poll();
	assert_int_equal(stats_now().no_buffer, 1);
	assert_int_equal(plx_pool_in_use(other), 0);
	plx_mbuf_free_bulk(all, n);
	plx_cluster_leave(slave);
	assert_int_equal(plx_pool_destroy(other, NULL), 0);
}

/* Ports that stop lose what is sent, and nothing else. */
static void
ports_that_stop_are_survived(void **state)
{
	struct plx_cluster_slave *slave;

	rig.params.spread.forward = 2;
	make(PLX_CLUSTER_SHARE);
	slave = rig_join(0, 0);
	rig_feed(10);
	assert_int_equal(plx_ethdev_stop(rig.ports[1].port), 0);
	rig_poll();
	assert_int_equal(rig_drink(slave), 10);
	assert_int_equal(stats_now().refused, 10);
	assert_int_equal(plx_ethdev_stop(rig.ports[0].port), 0);
	rig_poll();
	assert_int_equal(plx_ethdev_start(rig.ports[0].port, NULL), 0);
	assert_int_equal(plx_ethdev_start(rig.ports[1].port, NULL), 0);
	rig_feed(10);
	rig_poll();
	assert_int_equal(rig_drink(slave), 10);
	assert_int_equal(stats_now().transmitted, 10);
	plx_cluster_leave(slave);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(ports_are_told_apart),
		RIG_TEST(foreign_packets_are_copied),
		RIG_TEST(ports_that_stop_are_survived),
	};

	return cmocka_run_group_tests(tests, rig_init, rig_fini);
}
