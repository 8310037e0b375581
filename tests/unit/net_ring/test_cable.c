/* SPDX-License-Identifier: BSD-3-Clause */
/* Two ports, one at each end. */
#include "ring_scene.h"

#include <pthread.h>
#include <sched.h>

static void
two_ports_join_whichever_comes_first(void **state)
{
	static const char *const args[][2] = {
		{"net_ring0,peer=net_ring1", "net_ring1,peer=net_ring0"},
		{"net_ring1,peer=net_ring0", "net_ring0"},
		{"net_ring0,peer=net_ring1,entries=64,queues=2", "net_ring1,queues=2"},
	};

	for (size_t i = 0; i < PLX_ARRAY_LEN(args); i++) {
		uint16_t a = attach(args[i][0]), b = attach(args[i][1]);

		start_with(a, 2, 0);
		start_with(b, 2, 0);
		for (uint16_t queue = 0; queue < 2; queue++) {
			cross(a, b, queue, 40);
			cross(b, a, queue, 3);
		}
		assert_int_equal(plx_device_detach("net_ring0", &why), 0);
		assert_int_equal(plx_device_detach("net_ring1", &why), 0);
	}
}

static void
a_sender_without_receiver_keeps_its_packets(void **state)
{
	uint16_t a = attach("net_ring0,peer=net_ring1"), b;
	struct plx_mbuf *m;

	start(a);
	make(&m, 1);
	assert_false(link_is_up(a));
	assert_int_equal(plx_ethdev_tx_burst(a, 0, &m, 1), 0);
	b = attach("net_ring1");
	assert_int_equal(plx_ethdev_tx_burst(a, 0, &m, 1), 0);
	start(b);
	assert_true(link_is_up(a));
	assert_true(link_is_up(b));
	assert_int_equal(plx_ethdev_tx_burst(a, 0, &m, 1), 1);
	assert_int_equal(plx_ethdev_stop(b), 0);
	assert_false(link_is_up(a));
	assert_int_equal(plx_pool_in_use(pool), 0);
	make(&m, 1);
	assert_int_equal(plx_ethdev_tx_burst(a, 0, &m, 1), 0);
	plx_mbuf_free(m);
	assert_int_equal(xstat(b, "rx_missed_stopped"), 1);
	balanced(a);
	balanced(b);
}

static void
a_sender_that_stops_leaves_its_packets_to_the_receiver(void **state)
{
	uint16_t a = attach("net_ring0,peer=net_ring1"), b = attach("net_ring1");
	struct plx_mbuf *pkts[5];

	start(a);
	start(b);
	make(pkts, 5);
	assert_int_equal(plx_ethdev_tx_burst(a, 0, pkts, 5), 5);
	assert_int_equal(plx_ethdev_close(a), 0);
	assert_false(link_is_up(b));
	assert_int_equal(plx_ethdev_rx_burst(b, 0, pkts, 5), 5);
	plx_mbuf_free_bulk(pkts, 5);
	balanced(b);
}

static void
a_port_may_go_and_come_back(void **state)
{
	uint16_t a = attach("net_ring0,peer=net_ring1"), b = attach("net_ring1");
	struct plx_mbuf *m;

	start(a);
	start(b);
	cross(a, b, 0, 5);
	make(&m, 1);
	assert_int_equal(plx_ethdev_tx_burst(a, 0, &m, 1), 1);
	assert_int_equal(plx_device_detach("net_ring1", &why), 0);
	assert_int_equal(plx_pool_in_use(pool), 0);
	assert_false(link_is_up(a));
	b = attach("net_ring1,peer=net_ring0");
	start(b);
	cross(a, b, 0, 5);
	cross(b, a, 0, 5);
	assert_int_equal(xstat(b, "rx_missed_stopped"), 0);
	assert_int_equal(xstat(b, "rx_good_packets"), 5);
}

/* What a burst under way puts into a lane behind a stopped receiver is not forgotten. */
static void
queues_that_nobody_reads_are_emptied_and_counted(void **state)
{
	uint16_t a = attach("net_ring0,peer=net_ring1"), b = attach("net_ring1");
	struct plx_mbuf *pkts[4];

	start_with(a, 2, 0);
	start(b);
	make(pkts, 4);
	assert_int_equal(plx_ethdev_tx_burst(a, 1, pkts, 4), 4);
	balanced(b);
	assert_int_equal(plx_ethdev_close(b), 0);
	balanced(b);
	assert_int_equal(xstat(b, "rx_missed_stopped"), 4);
	assert_int_equal(plx_pool_in_use(pool), 0);
}

enum { STREAM = 200000 };

static void *
send_stream(void *arg)
{
	uint16_t port = *(uint16_t *)arg;

	for (uint32_t seq = 0; seq < STREAM;) {
		struct plx_mbuf *pkts[8];
		uint16_t n = 0, sent;

		while (n < 8 && (pkts[n] = plx_mbuf_alloc(pool)) != NULL) {
			uint32_t number = seq + n;

			memcpy(plx_mbuf_append(pkts[n++], 60), &number, sizeof(number));
		}
		sent = plx_ethdev_tx_burst(port, 0, pkts, n);
		plx_mbuf_free_bulk(pkts + sent, n - sent);
		seq += sent;
		if (sent == 0)
			sched_yield();
	}
	return NULL;
}

static void
two_threads_lose_nothing_between_them(void **state)
{
	uint16_t a = attach("net_ring0,peer=net_ring1,entries=64"), b = attach("net_ring1");
	struct plx_mbuf *pkts[32];
	pthread_t thread;

	start(a);
	start(b);
	assert_int_equal(pthread_create(&thread, NULL, send_stream, &a), 0);
	for (uint32_t seq = 0; seq < STREAM;) {
		uint16_t n = plx_ethdev_rx_burst(b, 0, pkts, 32);

		for (uint16_t i = 0; i < n; i++, seq++)
			assert_memory_equal(plx_mbuf_data(pkts[i]), &seq, sizeof(seq));
		plx_mbuf_free_bulk(pkts, n);
		if (n == 0)
			sched_yield();
	}
	pthread_join(thread, NULL);
	balanced(a);
	balanced(b);
	assert_int_equal(xstat(b, "rx_good_packets"), STREAM);
}

static void *
send_until_told(void *arg)
{
	bool *told = arg;
	uint64_t *ret_sent = calloc(1, sizeof(*ret_sent));

	while (!__atomic_load_n(told, __ATOMIC_RELAXED)) {
		struct plx_mbuf *pkts[8];
		uint16_t n = 0, sent;

		while (n < 8 && (pkts[n] = plx_mbuf_alloc(pool)) != NULL)
			n++;
		sent = plx_ethdev_tx_burst(0, 0, pkts, n);
		plx_mbuf_free_bulk(pkts + sent, n - sent);
		*ret_sent += sent;
		sched_yield();
	}
	return ret_sent;
}

static void
a_receiver_may_stop_while_others_send(void **state)
{
	uint16_t a = attach("net_ring0,peer=net_ring1"), b = attach("net_ring1");
	struct plx_mbuf *pkts[32];
	uint64_t *sent;
	bool told = false;
	pthread_t thread;

	assert_int_equal(a, 0);
	start(a);
	start(b);
	assert_int_equal(pthread_create(&thread, NULL, send_until_told, &told), 0);
	for (unsigned round = 0; round < 300; round++) {
		sched_yield();
		plx_mbuf_free_bulk(pkts, plx_ethdev_rx_burst(b, 0, pkts, 32));
		assert_int_equal(plx_ethdev_stop(b), 0);
		sched_yield();
		assert_int_equal(plx_ethdev_start(b, &why), 0);
	}
	assert_int_equal(plx_ethdev_close(b), 0);
	__atomic_store_n(&told, true, __ATOMIC_RELAXED);
	pthread_join(thread, (void **)&sent);
	assert_int_equal(plx_ethdev_close(a), 0);
	assert_int_equal(plx_pool_in_use(pool), 0);
	assert_true(*sent > 0);
	assert_int_equal(xstat(b, "rx_good_packets") + xstat(b, "rx_missed_stopped"), *sent);
	balanced(a);
	balanced(b);
	free(sent);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(two_ports_join_whichever_comes_first),
		TEST(a_sender_without_receiver_keeps_its_packets),
		TEST(a_sender_that_stops_leaves_its_packets_to_the_receiver),
		TEST(a_port_may_go_and_come_back),
		TEST(queues_that_nobody_reads_are_emptied_and_counted),
		TEST(two_threads_lose_nothing_between_them),
		TEST(a_receiver_may_stop_while_others_send),
	};
	int failed;

	if (scene_begin() != 0)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	plx_eal_cleanup();
	return failed;
}
