/* SPDX-License-Identifier: BSD-3-Clause */
/* What goes out: from one to many, while it is held, by those who share it, and when there is no room. */
#include "rig.h"

#include "cluster_priv.h"

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

/* The packet is sent, freed by the device, and still whole for who holds it. */
static void
what_goes_out_can_be_held(void **state)
{
	struct plx_cluster_slave *slave;
	const struct plx_cluster_desc *desc;

	rig.params.spread.forward = 3;
	make(PLX_CLUSTER_SHARE);
	slave = rig_join(0, 0);
	rig_feed(10);
	rig_poll();
	assert_int_equal(rig_out(0, NULL, 100), 10);
	assert_int_equal(rig_out(1, NULL, 100), 10);
	assert_int_equal(plx_pool_in_use(rig.pool), 10);
	assert_int_equal(plx_cluster_peek(slave, &desc, 32), 10);
	for (uint32_t i = 0; i < 10; i++)
		assert_int_equal(rig_number(slave, &desc[i]), i);
	plx_cluster_done(slave, 10);
	rig_poll();
	assert_int_equal(plx_pool_in_use(rig.pool), 0);
	rig_feed(10); /* now given back before it has left the device */
	rig_poll();
	assert_int_equal(rig_drink(slave), 10);
	rig_poll();
	assert_int_equal(plx_pool_in_use(rig.pool), 10);
	assert_int_equal(rig_out(0, NULL, 100), 10);
	assert_int_equal(rig_out(1, NULL, 100), 10);
	assert_int_equal(plx_pool_in_use(rig.pool), 0);
	assert_int_equal(stats_now().transmitted, 40);
	plx_cluster_leave(slave);
}

/* Three hold one buffer and send different parts of it. */
static void
each_sends_the_part_it_wants(void **state)
{
	struct plx_cluster_slave *slaves[3];
	const struct plx_cluster_desc *desc;
	struct plx_mbuf *out[3];

	make(PLX_CLUSTER_FANOUT);
	for (uint32_t i = 0; i < 3; i++)
		slaves[i] = rig_join(i, 0);
	rig_feed(1);
	rig_poll();
	for (uint32_t i = 0; i < 3; i++) {
		struct plx_cluster_desc part;

		assert_int_equal(plx_cluster_peek(slaves[i], &desc, 1), 1);
		part = *desc;
		part.off = (uint16_t)(part.off + 4 * i);
		part.len = (uint16_t)(part.len - 8 * i);
		assert_true(plx_cluster_keep(slaves[i], 0));
		plx_cluster_done(slaves[i], 1);
		assert_true(plx_cluster_send_kept(slaves[i], &part, 1));
		plx_cluster_flush(slaves[i]);
		rig_poll();
		rig_audit();
	}
	assert_int_equal(rig_out(0, out, 3), 3);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(out[i]->pkt_len, RIG_FRAME - 8 * i);
		assert_int_equal(plx_mbuf_check(out[i], NULL), 0);
		if (i > 0)
			assert_memory_equal(plx_mbuf_data(out[i]), plx_mbuf_data(out[0]) + 4 * i,
					    out[i]->pkt_len);
	}
	for (uint32_t i = 0; i < 3; i++)
		plx_mbuf_free(out[i]);
	assert_int_equal(plx_pool_in_use(rig.pool), 0);
	for (uint32_t i = 0; i < 3; i++)
		plx_cluster_leave(slaves[i]);
}

/* Its header is the device's still: what the slave sends is another one. */
static void
what_is_under_way_is_sent_as_a_clone(void **state)
{
	struct plx_cluster_slave *slave;
	const struct plx_cluster_desc *desc;
	struct plx_mbuf *out = NULL;

	rig.params.spread.forward = 1;
	make(PLX_CLUSTER_SHARE);
	slave = rig_join(0, 0);
	rig_feed(1);
	rig_poll();
	assert_int_equal(plx_cluster_peek(slave, &desc, 1), 1);
	assert_true(plx_cluster_send(slave, 0, 2));
	plx_cluster_done(slave, 1);
	rig_poll();
	assert_int_equal(rig_out(1, &out, 1), 1);
	assert_false(plx_mbuf_is_direct(out));
	plx_mbuf_free(out);
	assert_int_equal(rig_out(0, NULL, 1), 1);
	assert_int_equal(plx_pool_in_use(rig.pool), 0);
	plx_cluster_leave(slave);
}

/* Lengths, offsets and numbers that are not its own are lies; ports that are not there lose the packet. */
static void
bad_orders_are_refused(void **state)
{
	static const struct {
		uint16_t off, len;
		uint64_t ports;
		bool lie;
	} cases[] = {{0, 0, 1, true},	      {0, 513, 1, true},	 {512, 1, 1, true},
		     {65535, 65535, 1, true}, {511, 1, 1, false},	 {0, 60, 0, false},
		     {0, 60, 4, false},	      {0, 60, 1ULL << 63, false}};
	struct plx_cluster_slave *slave;
	struct plx_cluster_desc desc = {0};
	uint64_t lies = 0;

	make(PLX_CLUSTER_SHARE);
	slave = rig_join(0, PLX_CLUSTER_SLAVE_WRITE);
	for (size_t i = 0; i < PLX_ARRAY_LEN(cases); i++) {
		assert_true(plx_cluster_alloc(slave, &desc.number));
		desc.off = cases[i].off;
		desc.len = cases[i].len;
		assert_true(plx_cluster_send_kept(slave, &desc, cases[i].ports));
		plx_cluster_flush(slave);
		rig_poll();
		rig_audit();
		lies += cases[i].lie;
		assert_int_equal(rig_place(0).lies, lies);
	}
	assert_int_equal(rig_place(0).refused, 3);
	assert_int_equal(stats_now().asked, 1);
	rig_out(0, NULL, 100);
	desc.off = 0;
	desc.len = 60;
	while (rig.cluster->holders[desc.number] != 0) /* granted again, perhaps */
		desc.number = (desc.number + 1) % RIG_BUFFERS;
	for (uint32_t i = 0; i < 2; i++) { /* at home; of no pool */
		desc.number = i == 0 ? desc.number : RIG_BUFFERS;
		assert_true(plx_cluster_send_kept(slave, &desc, 1));
		plx_cluster_flush(slave);
		rig_poll();
	}
	assert_int_equal(rig_place(0).lies, lies + 2);
	assert_true(rig_place(0).present);
	rig_audit();
	plx_cluster_leave(slave);
}

/* The port takes no more: what is too much is counted and freed. */
static void
a_full_port_refuses(void **state)
{
	rig.params.spread.forward = 2;
	make(PLX_CLUSTER_SHARE);
	for (uint32_t i = 0; i < 30; i++) {
		rig_feed(100);
		rig_poll();
	}
	assert_int_equal(stats_now().asked, 3000);
	assert_in_range(stats_now().refused, 900, 1000);
	assert_int_equal(stats_now().forwarded, 3000);
	assert_int_equal(rig_out(1, NULL, UINT32_MAX), stats_now().transmitted);
	assert_int_equal(plx_pool_in_use(rig.pool), 0);
}

/* With a thread that sends, nothing goes out before it does; what its ring has no room for is refused. */
static void
the_sending_thread_sends(void **state)
{
	struct plx_cluster_port_stats port;

	rig.params.send_thread = true;
	rig.params.spread.forward = 1;
	make(PLX_CLUSTER_SHARE);
	rig_feed(100);
	rig_poll();
	assert_int_equal(rig_out(0, NULL, 100), 0);
	assert_int_equal(stats_now().waiting, 100);
	while (plx_cluster_poll_send(rig.cluster) != 0)
		;
	assert_int_equal(rig_out(0, NULL, 1000), 100);
	for (uint32_t i = 0; i < 11; i++) {
		rig_feed(100);
		rig_poll();
	}
	assert_int_equal(stats_now().waiting, 1024);
	assert_int_equal(stats_now().refused, 76);
	assert_int_equal(plx_cluster_tx_stats(rig.cluster, 0, &port), 0);
	assert_int_equal(port.waiting, 1024);
	assert_int_equal(plx_cluster_tx_stats(rig.cluster, 2, &port), -EINVAL);
	/* The rest is sent by destroy. */
}

/* Of three places 0 and 2 get what comes, 1 gets nothing and sends; with 1 alone it is for nobody, whoever else may come. */
static void
only_sends(enum plx_cluster_mode mode, bool sticky)
{
	const uint32_t flags = PLX_CLUSTER_SLAVE_WRITE | PLX_CLUSTER_SLAVE_SEND_ONLY;
	struct plx_cluster_slave *sender, *taker[2];
	struct plx_cluster_desc desc = {.len = 60};

	rig.params.places = 3;
	rig.params.sticky = sticky;
	make(mode);
	sender = rig_join(1, flags);
	rig_feed(30);
	rig_poll();
	assert_int_equal(stats_now().nobody, 30);
	taker[0] = rig_join(0, 0);
	taker[1] = rig_join(2, 0);
	rig_feed(30);
	rig_poll();
	assert_int_equal(stats_now().delivered, 30);
	assert_int_equal(rig_place(1).offered, 0);
	assert_true(rig_place(0).queued > 0 && rig_place(2).queued > 0);
	assert_true(plx_cluster_alloc(sender, &desc.number));
	memset(plx_cluster_data(sender, &desc), 7, desc.len);
	assert_true(plx_cluster_send_kept(sender, &desc, 1));
	plx_cluster_flush(sender);
	rig_poll();
	assert_int_equal(rig_out(0, NULL, 100), 1);
	plx_cluster_leave(sender);
	plx_cluster_leave(taker[0]);
	plx_cluster_leave(taker[1]);
	rig_poll();
	sender = rig_join(1, PLX_CLUSTER_SLAVE_WRITE);
	rig_feed(30);
	rig_poll();
	assert_in_range(rig_place(1).queued, sticky ? 1 : 30, sticky ? 29 : 30);
	plx_cluster_leave(sender);
	plx_cluster_destroy(rig.cluster);
	rig.cluster = NULL;
}

static struct plx_cluster_verdict
to_the_second(void *arg, struct plx_mbuf *pkt)
{
	return (struct plx_cluster_verdict){.action = PLX_CLUSTER_PASS, .slaves = 2};
}

static void
who_only_sends_gets_nothing(void **state)
{
	const struct plx_cluster_slave_params mute = {.flags = PLX_CLUSTER_SLAVE_SEND_ONLY};
	struct plx_cluster_slave *slave;
	struct plx_why why;

	only_sends(PLX_CLUSTER_SHARE, false);
	only_sends(PLX_CLUSTER_SHARE, true);
	only_sends(PLX_CLUSTER_FANOUT, false);
	rig.params.spread.decide_one = to_the_second;
	make(PLX_CLUSTER_SHARE);
	slave = rig_join(1, PLX_CLUSTER_SLAVE_WRITE | PLX_CLUSTER_SLAVE_SEND_ONLY);
	rig_feed(30);
	rig_poll();
	assert_int_equal(stats_now().nobody, 30);
	plx_cluster_leave(slave);
	assert_int_equal(plx_cluster_join(rig.cluster, &mute, &slave, &why), -EINVAL);
}

/* Nothing is received where there is no port for it, and nothing sent. */
static void
a_cluster_may_have_one_direction(void **state)
{
	struct plx_cluster_slave *slave;
	struct plx_cluster_desc desc = {.len = 60};

	for (uint32_t receives = 0; receives < 2; receives++) {
		rig.params.writable = true;
		rig.params.nb_rx_ports = receives;
		rig.params.nb_tx_ports = 1 - receives;
		rig_make();
		slave = rig_join(0, PLX_CLUSTER_SLAVE_WRITE);
		rig_feed(10 * receives);
		assert_true(plx_cluster_alloc(slave, &desc.number));
		assert_true(plx_cluster_send_kept(slave, &desc, 1));
		plx_cluster_flush(slave);
		rig_poll();
		assert_int_equal(stats_now().delivered, 10 * receives);
		assert_int_equal(rig_out(0, NULL, 100), 1 - receives);
		assert_int_equal(rig_place(0).refused, receives);
		rig_audit();
		plx_cluster_leave(slave);
		plx_cluster_destroy(rig.cluster);
		rig.cluster = NULL;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(what_goes_out_can_be_held),
		RIG_TEST(each_sends_the_part_it_wants),
		RIG_TEST(what_is_under_way_is_sent_as_a_clone),
		RIG_TEST(bad_orders_are_refused),
		RIG_TEST(a_full_port_refuses),
		RIG_TEST(the_sending_thread_sends),
		RIG_TEST(who_only_sends_gets_nothing),
		RIG_TEST(a_cluster_may_have_one_direction),
	};

	return cmocka_run_group_tests(tests, rig_init, rig_fini);
}
