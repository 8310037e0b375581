/* SPDX-License-Identifier: BSD-3-Clause */
/* The books of net_af_xdp: whatever is lost on either side has its name, under overload and at every stop. */
#include "xdp_port.h"

#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* Nobody takes packets out: the kernel must drop, and every one of them has its name in the books. */
static void
overload_is_in_the_books(void **state)
{
	struct wire w =
		wire_up_on(512, (struct xdp_port_conf){.devargs = "iface=vb", .descs = 256});
	struct plx_ethdev_ledger ledger;
	struct plx_mbuf *pkts[100];
	struct plx_ethdev_stats stats;

	raw_send_n(w.fd, 5000, 100, 1);
	assert_int_equal(port_receive(w.port, 0, pkts, 100, 20), 100);
	plx_mbuf_free_bulk(pkts, 100);
	assert_int_equal(plx_ethdev_stop(w.port), 0);
	assert_int_equal(plx_ethdev_ledger(w.port, &ledger), 0);
	assert_int_equal(ledger.rx_received, 5000);
	assert_int_equal(ledger.rx_delivered, 100);
	assert_int_equal(ledger.rx_waiting, 0);
	assert_balanced(w.port);
	assert_int_equal(plx_ethdev_stats(w.port, &stats), 0);
	assert_int_equal(stats.rx_missed, 4900);
	assert_true(port_counter(w.port, "rx_missed_no_buffer") >= 4700);
	wire_down(&w);
}

/* The application keeps all buffers: the pool runs dry, then recovers by itself. */
static void
an_empty_pool_is_in_the_books(void **state)
{
	struct wire w =
		wire_up_on(512, (struct xdp_port_conf){.devargs = "iface=vb", .descs = 256});
	struct plx_mbuf *pkts[1000];
	unsigned got = 0;

	for (unsigned i = 0; i < 20; i++) {
		raw_send_n(w.fd, 50, 100, 1);
		got += port_receive(w.port, 0, pkts + got, 50, 0.02);
	}
	assert_int_equal(got, 512);
	assert_true(port_counter(w.port, "rx_short_refills") > 0);
	plx_mbuf_free_bulk(pkts, got);
	assert_int_equal(plx_ethdev_rx_burst(w.port, 0, pkts, 32), 0);
	raw_send_n(w.fd, 100, 100, 1);
	assert_int_equal(port_receive(w.port, 0, pkts, 100, 20), 100);
	plx_mbuf_free_bulk(pkts, 100);
	wire_down(&w);
}

/* A child that sends until it is killed; it cannot outlive us. */
static pid_t
fire(void)
{
	pid_t child = fork();

	if (child == 0) {
		int fd = raw_open("va");

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			raw_send_n(fd, 1000, 60, 16);
	}
	return child;
}

static void
cease(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

/* Frames are on their way at every moment; each stop must find every one of them. */
static void
stop_under_fire(const char *devargs)
{
	struct plx_pool *pool = pool_make("p", 2048, 0, 0);
	/* All queues of the interface: which of them a flow comes to is the kernel's choice, another at each boot. */
	const struct xdp_port_conf conf = {
		.devargs = devargs, .pool = pool, .queues = 4, .descs = 256};
	pid_t child = fire(); /* first: it must not inherit the sockets */
	uint16_t port = port_start("net_af_xdp0", &conf);
	uint64_t received = 0;

	for (unsigned i = 0; i < 15; i++) {
		const double end = now_s() + 0.02;
		struct plx_ethdev_ledger ledger;
		struct plx_mbuf *pkts[32];
		struct plx_why why = {""};

		/* At least until something comes: the child may have to wait for a processor. */
		for (bool any = false; now_s() < end || (!any && now_s() < end + 20);) {
			for (uint16_t q = 0; q < 4; q++) {
				uint16_t n = plx_ethdev_rx_burst(port, q, pkts, 32);

				plx_mbuf_free_bulk(pkts, n);
				any = any || n > 0;
			}
		}
		assert_int_equal(plx_ethdev_stop(port), 0);
		assert_balanced(port);
		assert_int_equal(plx_pool_in_use(pool), 0);
		plx_ethdev_ledger(port, &ledger);
		assert_true(ledger.rx_received > received);
		received = ledger.rx_received;
		if (plx_ethdev_start(port, &why) != 0)
			fail_msg("%s", why.text);
	}
	port_end(port);
	cease(child);
	pool_unmake(pool);
}

static void
stopping_under_fire_keeps_the_books(void **state)
{
	stop_under_fire("iface=vb");
	stop_under_fire("iface=vb,mode=generic");
	stop_under_fire("iface=vb,filter='udp src port 1025 or udp src port 1030'");
}

struct worker {
	struct plx_pool *pool;
	uint16_t port;
	bool stop;
	uint64_t sent;
};

static void *
send_until_stopped(void *arg)
{
	struct worker *w = arg;

	while (!__atomic_load_n(&w->stop, __ATOMIC_RELAXED)) {
		struct plx_mbuf *pkts[16];
		unsigned sent;

		if (plx_mbuf_alloc_bulk(w->pool, pkts, 16) != 0) {
			plx_ethdev_tx_burst(w->port, 0, NULL, 0);
			sched_yield();
			continue;
		}
		for (unsigned i = 0; i < 16; i++)
			memset(plx_mbuf_append(pkts[i], 60), 0xff, 60);
		sent = plx_ethdev_tx_burst(w->port, 0, pkts, 16);
		plx_mbuf_free_bulk(pkts + sent, 16 - sent);
		w->sent += sent;
	}
	return NULL;
}

/* One thread receives, one sends, on the two directions of one socket, and a third reads the figures. */
static void
a_queue_may_have_a_thread_each_way(void **state)
{
	struct plx_pool *pool = pool_make("p", 4096, 0, 0);
	const struct xdp_port_conf conf = {.devargs = "iface=vb", .pool = pool, .descs = 512};
	pid_t child = fire();
	struct worker worker = {.pool = pool, .port = port_start("net_af_xdp0", &conf)};
	const double end = now_s() + 0.5;
	struct plx_ethdev_ledger ledger;
	pthread_t sender;
	uint64_t received = 0;

	assert_int_equal(pthread_create(&sender, NULL, send_until_stopped, &worker), 0);
	while (now_s() < end) {
		struct plx_mbuf *pkts[32];
		uint16_t n = plx_ethdev_rx_burst(worker.port, 0, pkts, 32);

		plx_mbuf_free_bulk(pkts, n);
		received += n;
	}
	__atomic_store_n(&worker.stop, true, __ATOMIC_RELAXED);
	pthread_join(sender, NULL);
	cease(child);
	assert_int_equal(plx_ethdev_stop(worker.port), 0);
	assert_int_equal(plx_ethdev_ledger(worker.port, &ledger), 0);
	assert_int_equal(ledger.rx_delivered, received);
	assert_int_equal(ledger.tx_taken, worker.sent);
	assert_true(received > 0 && worker.sent > 0);
	port_end(worker.port);
	pool_unmake(pool);
}

static void
a_frame_longer_than_a_buffer_is_in_the_books(void **state)
{
	struct plx_pool *pool = pool_make("p", POOL_BUFFERS, 2048, 2048);
	const struct xdp_port_conf conf = {.devargs = "iface=vb,mode=generic", .pool = pool};
	uint16_t port = port_start("net_af_xdp0", &conf);
	struct plx_ethdev_stats stats;
	struct plx_mbuf *pkts[10];
	int fd = raw_open("va");

	sh("ip link set va mtu 3000 && ip link set vb mtu 3000");
	raw_send_n(fd, 10, 2500, 1);
	raw_send_n(fd, 10, 500, 1);
	assert_int_equal(port_receive(port, 0, pkts, 10, 20), 10);
	plx_mbuf_free_bulk(pkts, 10);
	assert_int_equal(plx_ethdev_stats(port, &stats), 0);
	assert_int_equal(stats.rx_errors, 10);
	assert_int_equal(port_counter(port, "rx_too_long"), 10);
	close(fd);
	port_end(port);
	pool_unmake(pool);
}

static void
packets_the_device_refuses_are_in_the_books(void **state)
{
	struct wire w = wire_up("iface=vb");
	struct plx_mbuf *pkts[50];
	struct plx_ethdev_stats stats;

	sh("ip link set va down"); /* vb loses its carrier */
	assert_int_equal(plx_mbuf_alloc_bulk(w.pool, pkts, 50), 0);
	for (unsigned i = 0; i < 50; i++)
		memset(plx_mbuf_append(pkts[i], 100), 0xff, 100);
	port_send(w.port, 0, pkts, 50);
	assert_int_equal(plx_ethdev_stats(w.port, &stats), 0);
	assert_int_equal(stats.tx_packets, 0);
	assert_int_equal(stats.tx_errors, 50);
	wire_down(&w);
}

int
main(void)
{
#define CASE(name)  cmocka_unit_test_setup_teardown(name, one_queue, tear_down)
#define CASE4(name) cmocka_unit_test_setup_teardown(name, four_queues, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(overload_is_in_the_books),
		CASE(an_empty_pool_is_in_the_books),
		CASE4(stopping_under_fire_keeps_the_books),
		CASE(a_queue_may_have_a_thread_each_way),
		CASE(a_frame_longer_than_a_buffer_is_in_the_books),
		CASE(packets_the_device_refuses_are_in_the_books),
	};

	enter_namespace();
	if (eal_up() != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
