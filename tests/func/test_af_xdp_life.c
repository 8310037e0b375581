/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports of net_af_xdp among others: what they share, what they change of an interface and put back, and how they end. */
#include "xdp_port.h"

#include <signal.h>
#include <sys/wait.h>

static void
two_ports_share_a_umem(void **state)
{
	struct plx_pool *pool = pool_make("p", POOL_BUFFERS, 0, 0);
	const struct xdp_port_conf a = {.devargs = "iface=va,shared_umem=1", .pool = pool},
				   b = {.devargs = "iface=vb,shared_umem=1", .pool = pool};
	uint16_t va = port_start("net_af_xdp0", &a), vb = port_start("net_af_xdp1", &b);
	struct plx_ethdev_info info;
	struct plx_mbuf *pkts[100];

	assert_int_equal(plx_ethdev_info(vb, &info), 0);
	assert_non_null(strstr(info.mode, "shared UMEM"));
	assert_int_equal(plx_mbuf_alloc_bulk(pool, pkts, 100), 0);
	for (unsigned i = 0; i < 100; i++)
		memset(plx_mbuf_append(pkts[i], 100), (int)i, 100);
	/* There and back, in the same buffers, without a copy of ours. */
	port_send(va, 0, pkts, 100);
	assert_int_equal(port_receive(vb, 0, pkts, 100, 20), 100);
	port_send(vb, 0, pkts, 100);
	assert_int_equal(port_receive(va, 0, pkts, 100, 20), 100);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(plx_mbuf_data(pkts[i])[50], i);
	plx_mbuf_free_bulk(pkts, 100);
	assert_int_equal(port_counter(va, "tx_copied") + port_counter(vb, "tx_copied"), 0);
	/* The first goes, the second lives on. */
	port_end(va);
	assert_int_equal(plx_mbuf_alloc_bulk(pool, pkts, 10), 0);
	for (unsigned i = 0; i < 10; i++)
		memset(plx_mbuf_append(pkts[i], 100), 0xff, 100);
	port_send(vb, 0, pkts, 10);
	port_end(vb);
	pool_unmake(pool);
}

static void
two_ports_share_an_interface(void **state)
{
	struct plx_pool *pool = pool_make("p", POOL_BUFFERS, 0, 0);
	const struct xdp_port_conf low = {.devargs = "iface=vb,queue_count=2",
					  .pool = pool,
					  .queues = 2,
					  .descs = 512},
				   high = {.devargs = "iface=vb,start_queue=2",
					   .pool = pool,
					   .queues = 2,
					   .descs = 512};
	uint16_t first = port_start("net_af_xdp0", &low), second = port_start("net_af_xdp1", &high);
	struct plx_mbuf *pkts[400];
	int fd = raw_open("va");
	unsigned got = 0;

	raw_send_n(fd, 400, 100, 64);
	for (unsigned turn = 0; turn < 200 && got < 400; turn++) {
		got += port_receive(first, turn % 2, pkts + got, 400 - got, 0.05);
		got += port_receive(second, turn % 2, pkts + got, 400 - got, 0.05);
	}
	assert_int_equal(got, 400);
	plx_mbuf_free_bulk(pkts, got);
	/* The program stays for the one that stays. */
	port_end(first);
	raw_send_n(fd, 400, 100, 64);
	got = port_receive(second, 0, pkts, 400, 1);
	assert_in_range(got, 1, 399);
	plx_mbuf_free_bulk(pkts, got);
	close(fd);
	port_end(second);
	pool_unmake(pool);
}

static void
settings_reach_the_interface_and_are_undone(void **state)
{
	struct plx_pool *pool = pool_make("p", POOL_BUFFERS, 0, 0);
	const struct xdp_port_conf conf = {.devargs = "iface=vb", .pool = pool};
	const uint8_t mac[6] = {2, 1, 2, 3, 4, 5}, group[6] = {1, 0, 0x5e, 1, 2, 3};
	struct plx_ethdev_link link;
	struct plx_why why = {""};
	uint16_t port;

	sh("ip link set vb address 02:aa:00:00:00:01");
	port = port_start("net_af_xdp0", &conf);
	assert_int_equal(plx_ethdev_link(port, &link), 0);
	assert_true(link.up);
	assert_int_equal(plx_ethdev_set_promiscuous(port, true), 0);
	assert_true(sh_ok("ip -d link show vb | grep -q 'promiscuity 1'"));
	assert_int_equal(plx_ethdev_set_allmulticast(port, true), 0);
	assert_int_equal(plx_ethdev_mac_add(port, group), 0);
	assert_true(sh_ok("ip maddr show dev vb | grep -q 01:00:5e:01:02:03"));
	assert_int_equal(plx_ethdev_mac_remove(port, group), 0);
	assert_int_equal(plx_ethdev_set_mac(port, mac), 0);
	assert_true(sh_ok("ip link show vb | grep -q 02:01:02:03:04:05"));
	if (plx_ethdev_set_mtu(port, 1400, &why) != 0)
		fail_msg("%s", why.text);
	assert_true(sh_ok("ip link show vb | grep -q 'mtu 1400'"));
	assert_int_equal(plx_ethdev_set_mtu(port, 4000, &why), -ERANGE);
	assert_int_equal(plx_ethdev_set_link(port, false), 0);
	assert_int_equal(plx_ethdev_link(port, &link), 0);
	assert_false(link.up);
	assert_int_equal(plx_ethdev_set_link(port, true), 0);
	port_end(port);
	assert_true(sh_ok("ip -d link show vb | grep -q 'promiscuity 0'"));
	assert_true(sh_ok("ip link show vb | grep -q 'mtu 1500'"));
	assert_true(sh_ok("ip link show vb | grep -q 02:aa:00:00:00:01"));
	assert_false(sh_ok("ip link show vb | grep -q xdp"));
	pool_unmake(pool);
}

static void
its_fd_wakes_a_sleeper(void **state)
{
	struct wire w = wire_up("iface=vb");
	struct pollfd ready = {.fd = plx_ethdev_rx_fd(w.port, 0), .events = POLLIN};
	struct plx_mbuf *pkts[3];

	assert_true(ready.fd >= 0);
	assert_int_equal(poll(&ready, 1, 0), 0);
	raw_send_n(w.fd, 3, 100, 1);
	assert_int_equal(poll(&ready, 1, 20000), 1);
	assert_int_equal(plx_ethdev_rx_queue_count(w.port, 0), 3);
	assert_int_equal(port_receive(w.port, 0, pkts, 3, 20), 3);
	assert_int_equal(plx_ethdev_rx_queue_count(w.port, 0), 0);
	assert_int_equal(poll(&ready, 1, 0), 0);
	plx_mbuf_free_bulk(pkts, 3);
	wire_down(&w);
}

/* A child with a running port dies by SIGKILL: the interface is free, and another can start on it. */
static void
a_killed_program_leaves_nothing(void **state)
{
	struct plx_pool *pool = pool_make("p", POOL_BUFFERS, 0, 0);
	const struct xdp_port_conf conf = {.devargs = "iface=vb", .pool = pool};
	int up[2], status;
	char byte;
	pid_t child;

	assert_int_equal(pipe(up), 0);
	child = fork();
	if (child == 0) {
		/* Its own: pools are shared memory. */
		const struct xdp_port_conf own = {.devargs = "iface=vb",
						  .pool = pool_make("child", POOL_BUFFERS, 0, 0)};
		uint16_t port = port_start("net_af_xdp0", &own);

		plx_ethdev_set_promiscuous(port, true);
		if (write(up[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	assert_int_equal(read(up[0], &byte, 1), 1);
	assert_true(sh_ok("ip link show vb | grep -q xdp"));
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	receive_and_check(&conf, 100, 100);
	assert_false(sh_ok("ip link show vb | grep -q xdp"));
	assert_true(sh_ok("ip -d link show vb | grep -q 'promiscuity 0'"));
	close(up[0]);
	close(up[1]);
	pool_unmake(pool);
}

static void
an_interface_that_vanishes_costs_no_buffer(void **state)
{
	struct wire w = wire_up("iface=vb");
	struct plx_mbuf *m = plx_mbuf_alloc(w.pool), *got[1];

	memset(plx_mbuf_append(m, 100), 0xff, 100);
	sh("ip link del va");
	assert_int_equal(plx_ethdev_rx_burst(w.port, 0, got, 1), 0);
	if (plx_ethdev_tx_burst(w.port, 0, &m, 1) == 0)
		plx_mbuf_free(m);
	wire_down(&w);
}

int
main(void)
{
#define CASE(name)  cmocka_unit_test_setup_teardown(name, one_queue, tear_down)
#define CASE4(name) cmocka_unit_test_setup_teardown(name, four_queues, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(two_ports_share_a_umem),
		CASE4(two_ports_share_an_interface),
		CASE(settings_reach_the_interface_and_are_undone),
		CASE(its_fd_wakes_a_sleeper),
		CASE(a_killed_program_leaves_nothing),
		CASE(an_interface_that_vanishes_costs_no_buffer),
	};

	enter_namespace();
	if (eal_up() != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
