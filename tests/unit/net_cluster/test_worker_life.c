/* SPDX-License-Identifier: BSD-3-Clause */
/* A worker outlives its masters: what they left is read, the link goes and comes, and every packet has its row. */
#include "worker_scene.h"

#include <poll.h>

static unsigned downs, ups;

static void
on_link(void *arg, uint16_t port, bool up)
{
	__atomic_fetch_add(up ? &ups : &downs, 1, __ATOMIC_RELAXED);
}

static void
what_a_master_leaves_is_read_before_the_link_goes(void **state)
{
	uint16_t port;

	downs = ups = 0;
	assert_int_equal(plx_ethdev_watch_links(on_link, NULL, NULL), 0);
	scene_open();
	port = scene_start("10@1,writable=1");
	assert_true(scene_link(port));
	rig_feed(30);
	rig_poll();
	scene_expect(port, 0, 10);
	scene_close();
	assert_true(scene_link(port));
	scene_expect(port, 10, 20);
	SCENE_WAIT(!scene_link(port));
	SCENE_WAIT(__atomic_load_n(&downs, __ATOMIC_RELAXED) == 1);
	assert_int_equal(__atomic_load_n(&ups, __ATOMIC_RELAXED), 0);
	assert_false(plx_ethdev_ended(port));
	scene_balanced(port, 30);
	scene_leave(port);
	plx_ethdev_unwatch_links();
}

static void
the_next_master_is_found(void **state)
{
	struct plx_net_cluster_facts facts;
	struct plx_mbuf *m;
	uint16_t port;

	downs = ups = 0;
	assert_int_equal(plx_ethdev_watch_links(on_link, NULL, NULL), 0);
	scene_open();
	port = scene_start("10@1,writable=1");
	for (unsigned life = 1; life <= 3; life++) {
		scene_close();
		SCENE_WAIT(!scene_link(port));
		assert_int_equal(plx_ethdev_rx_burst(port, 0, &m, 1), 0);
		m = rig_packet(0, 0);
		assert_int_equal(plx_ethdev_tx_burst(port, 0, &m, 1), 0);
		plx_mbuf_free(m);
		scene_open();
		SCENE_WAIT(scene_link(port));
		SCENE_WAIT(__atomic_load_n(&ups, __ATOMIC_RELAXED) == life);
		assert_true(scene_place(1).present);
		rig_feed(20);
		rig_poll();
		scene_expect(port, 0, 20);
		m = rig_packet(0, 0);
		assert_int_equal(plx_ethdev_tx_burst(port, 0, &m, 1), 1);
		rig_poll();
		assert_int_equal(rig_out(0, NULL, 8), 1);
		assert_int_equal(plx_net_cluster_facts(port, &facts), 0);
		assert_int_equal(facts.masters, life + 1);
	}
	assert_int_equal(__atomic_load_n(&downs, __ATOMIC_RELAXED), 3);
	scene_balanced(port, 60);
	scene_leave(port);
	plx_ethdev_unwatch_links();
}

/* A place that somebody else has by now is waited for; the others are taken. */
static void
of_several_places_each_is_taken_when_it_can_be(void **state)
{
	struct plx_net_cluster_facts facts = {.taken = 0};
	struct plx_cluster_slave *other;
	uint16_t port;

	scene_open();
	port = scene_start("10@1,queues=2");
	scene_close();
	SCENE_WAIT(!scene_link(port));
	rig_make();
	other = rig_join(2, 0);
	assert_int_equal(plx_cluster_open(rig.cluster, NULL), 0);
	SCENE_WAIT(scene_link(port));
	assert_int_equal(plx_net_cluster_facts(port, &facts), 0);
	assert_int_equal(facts.taken, 1);
	plx_cluster_leave(other);
	SCENE_WAIT(plx_net_cluster_facts(port, &facts) == 0 && facts.taken == 2);
	scene_leave(port);
}

static uint64_t
unread(uint16_t port)
{
	struct plx_ethdev_stats stats;

	assert_int_equal(plx_ethdev_stats(port, &stats), 0);
	return stats.rx_missed;
}

static void
what_nobody_is_there_to_read_is_given_up_and_counted(void **state)
{
	uint16_t port;

	scene_open();
	port = scene_start("10");
	rig_feed(30);
	rig_poll();
	scene_expect(port, 0, 10);
	assert_int_equal(plx_ethdev_stop(port), 0);
	scene_balanced(port, 30);
	assert_int_equal(unread(port), 0);
	rig_put(0, rig_packet(0, 30));
	rig_poll();
	scene_balanced(port, 30); /* whoever asks, and whenever */
	/* It waits for the port to start again ... */
	assert_int_equal(plx_ethdev_start(port, NULL), 0);
	scene_expect(port, 10, 10);
	/* ... but not for queues that are made anew ... */
	assert_int_equal(plx_ethdev_stop(port), 0);
	scene_configure(port, 1, 0);
	assert_int_equal(unread(port), 11);
	scene_balanced(port, 31);
	rig_feed(5);
	rig_poll();
	scene_expect(port, 0, 5);
	/* ... and not when the master is gone. */
	rig_feed(7);
	rig_poll();
	assert_int_equal(plx_ethdev_stop(port), 0);
	scene_close();
	SCENE_WAIT(!scene_link(port));
	assert_int_equal(unread(port), 18);
	scene_balanced(port, 43);
	scene_leave(port);
}

/* What came while nobody had set up a queue is there when somebody has. */
static void
what_comes_before_the_start_waits(void **state)
{
	uint16_t port;

	scene_open();
	port = scene_attach("10");
	rig_feed(40);
	rig_poll();
	scene_balanced(port, 0);
	scene_configure(port, 1, 0);
	scene_balanced(port, 40);
	scene_expect(port, 0, 40);
	scene_leave(port);
}

static bool
is_readable(int fd, int timeout_ms)
{
	struct pollfd item = {.fd = fd, .events = POLLIN};

	return poll(&item, 1, timeout_ms) == 1;
}

static void
who_sleeps_is_woken_by_every_master(void **state)
{
	struct plx_mbuf *m;
	uint16_t port;
	int fd;

	scene_open();
	port = scene_start("10@1");
	fd = plx_ethdev_rx_fd(port, 0);
	assert_true(fd >= 0);
	for (unsigned life = 0; life < 3; life++) {
		assert_int_equal(plx_ethdev_rx_burst(port, 0, &m, 1), 0);
		assert_false(is_readable(fd, 5));
		rig_feed(3);
		rig_poll();
		assert_true(is_readable(fd, LIMIT_MS));
		scene_expect(port, 0, 3);
		scene_close();
		SCENE_WAIT(!scene_link(port));
		assert_false(is_readable(fd, 5));
		scene_open();
		SCENE_WAIT(scene_link(port));
	}
	assert_int_equal(plx_ethdev_rx_fd(port, 0), fd);
	scene_leave(port);
}

static void
who_leaves_gives_the_place_back_at_once(void **state)
{
	uint16_t port;

	scene_open();
	for (unsigned life = 0; life < 20; life++) {
		port = scene_start("10@3");
		rig_feed(5);
		rig_poll();
		scene_leave(port);
	}
	SCENE_WAIT(!scene_place(3).present);
	rig_poll();
	assert_int_equal(scene_place(3).held, 0);
	assert_int_equal(scene_place(3).taken_back, 100);
	rig_audit();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(what_a_master_leaves_is_read_before_the_link_goes),
		SCENE_TEST(the_next_master_is_found),
		SCENE_TEST(of_several_places_each_is_taken_when_it_can_be),
		SCENE_TEST(what_nobody_is_there_to_read_is_given_up_and_counted),
		SCENE_TEST(what_comes_before_the_start_waits),
		SCENE_TEST(who_sleeps_is_woken_by_every_master),
		SCENE_TEST(who_leaves_gives_the_place_back_at_once),
	};

	return cmocka_run_group_tests(tests, scene_init, scene_fini);
}
