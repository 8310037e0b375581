/* SPDX-License-Identifier: BSD-3-Clause */
/* net_af_xdp on a veth pair: the kernel's own sockets on the far end judge what it does. */
#include "xdp_port.h"

#include <signal.h>
#include <sys/wait.h>

/* n frames from va arrive on the port, whole and in order; the pool is home afterwards. */
static void
receive_and_check(const struct xdp_port_conf *conf, unsigned n, unsigned len)
{
	struct plx_mbuf *pkts[512];
	uint16_t port = port_start("net_af_xdp0", conf);
	int fd = raw_open("va");
	uint8_t frame[FRAME_MAX], copy[FRAME_MAX];

	raw_send_n(fd, n, len, 1);
	assert_int_equal(port_receive(port, 0, pkts, n, 5), n);
	for (unsigned i = 0; i < n; i++) {
		struct plx_why why = {""};

		frame_make(frame, len, 0, i);
		assert_int_equal(pkts[i]->pkt_len, len);
		assert_int_equal(pkts[i]->port, port);
		if (plx_mbuf_check(pkts[i], &why) != 0)
			fail_msg("%s", why.text);
		assert_memory_equal(plx_mbuf_read(pkts[i], 0, len, copy), frame, len);
		plx_mbuf_free(pkts[i]);
	}
	close(fd);
	port_end(port);
}

static void
receives_every_byte(void **state)
{
	struct plx_pool *pool = pool_make("p", POOL_BUFFERS, 0, 0);
	const struct xdp_port_conf conf = {.devargs = "iface=vb", .pool = pool};

	receive_and_check(&conf, 500, 60);
	receive_and_check(&conf, 500, 1514);
	pool_unmake(pool);
}

static void
receives_in_every_buffer_layout(void **state)
{
	static const struct {
		uint32_t buf_size, stride;
	} rows[] = {{2048, 2048}, {4096, 4096}, {2048, 2112},
		    {3000, 3008}, {9216, 9216}, {2304, 4096}};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(rows); i++) {
		struct plx_pool *pool = pool_make("p", 4096, rows[i].buf_size, rows[i].stride);
		const struct xdp_port_conf conf = {.devargs = "iface=vb", .pool = pool};

		receive_and_check(&conf, 300, 1514);
		pool_unmake(pool);
	}
}

static void
receives_in_generic_mode(void **state)
{
	struct plx_pool *pool = pool_make("p", POOL_BUFFERS, 0, 0);
	const struct xdp_port_conf conf = {.devargs = "iface=vb,mode=generic", .pool = pool};

	receive_and_check(&conf, 500, 700);
	pool_unmake(pool);
}

static void
runs_without_need_wakeup(void **state)
{
	struct plx_pool *pool = pool_make("p", POOL_BUFFERS, 0, 0);
	const struct xdp_port_conf conf = {.devargs = "iface=vb,need_wakeup=0", .pool = pool};

	receive_and_check(&conf, 500, 700);
	pool_unmake(pool);
}

static void
runs_with_busy_polling(void **state)
{
	struct plx_pool *pool = pool_make("p", POOL_BUFFERS, 0, 0);
	const struct xdp_port_conf conf = {.devargs = "iface=vb,busy_budget=64", .pool = pool};

	receive_and_check(&conf, 500, 700);
	pool_unmake(pool);
}

static void
restarts_at_once_and_again(void **state)
{
	struct plx_pool *pool = pool_make("p", POOL_BUFFERS, 0, 0);
	const struct xdp_port_conf conf = {.devargs = "iface=vb", .pool = pool};
	uint16_t port = port_start("net_af_xdp0", &conf);
	struct plx_why why = {""};
	struct plx_mbuf *pkts[100];
	int fd = raw_open("va");

	for (unsigned i = 0; i < 10; i++) {
		raw_send_n(fd, 100, 200, 1);
		assert_int_equal(port_receive(port, 0, pkts, 100, 5), 100);
		plx_mbuf_free_bulk(pkts, 100);
		assert_int_equal(plx_ethdev_stop(port), 0);
		assert_balanced(port);
		assert_int_equal(plx_pool_in_use(pool), 0);
		if (plx_ethdev_start(port, &why) != 0)
			fail_msg("%s", why.text);
	}
	close(fd);
	port_end(port);
	pool_unmake(pool);
}

/* Frames of a burst differ, so a mixed-up buffer would show. */
static void
send_and_check(uint16_t port, struct plx_pool *pool, unsigned n, unsigned len)
{
	struct plx_mbuf *pkts[256];
	uint8_t frame[FRAME_MAX], seen[FRAME_MAX];
	int fd = raw_open("va");

	assert_int_equal(plx_mbuf_alloc_bulk(pool, pkts, n), 0);
	for (unsigned i = 0; i < n; i++) {
		frame_make(frame, len, 0, i);
		memcpy(plx_mbuf_append(pkts[i], (uint16_t)len), frame, len);
	}
	port_send(port, 0, pkts, n);
	for (unsigned i = 0; i < n; i++) {
		frame_make(frame, len, 0, i);
		assert_int_equal(raw_receive(fd, seen), len);
		assert_memory_equal(seen, frame, len);
	}
	close(fd);
}

static void
sends_every_byte_without_copying(void **state)
{
	struct plx_pool *pool = pool_make("p", POOL_BUFFERS, 0, 0);
	const struct xdp_port_conf conf = {.devargs = "iface=vb", .pool = pool};
	uint16_t port = port_start("net_af_xdp0", &conf);
	struct plx_ethdev_stats stats;

	send_and_check(port, pool, 100, 60);
	send_and_check(port, pool, 100, 1514);
	assert_int_equal(plx_ethdev_stats(port, &stats), 0);
	assert_int_equal(stats.tx_packets, 200);
	assert_int_equal(stats.tx_bytes, 100 * (60 + 1514));
	assert_int_equal(stats.tx_errors, 0);
	assert_int_equal(port_counter(port, "tx_copied"), 0);
	port_end(port);
	pool_unmake(pool);
}

static void
sends_from_a_foreign_pool_by_copying(void **state)
{
	struct plx_pool *pool = pool_make("p", POOL_BUFFERS, 0, 0);
	struct plx_pool *other = pool_make("other", 1024, 0, 0);
	const struct xdp_port_conf conf = {.devargs = "iface=vb", .pool = pool};
	uint16_t port = port_start("net_af_xdp0", &conf);

	send_and_check(port, other, 100, 1000);
	assert_int_equal(port_counter(port, "tx_copied"), 100);
	assert_int_equal(plx_pool_in_use(other), 0);
	port_end(port);
	pool_unmake(pool);
	pool_unmake(other);
}

static void
sends_without_a_receiving_queue(void **state)
{
	struct plx_pool *other = pool_make("other", 1024, 0, 0);
	const struct xdp_port_conf conf = {.devargs = "iface=vb", .no_rx = true};
	uint16_t port = port_start("net_af_xdp0", &conf);

	send_and_check(port, other, 100, 1000);
	port_end(port);
	pool_unmake(other);
}

static void
sends_shared_and_chained_packets(void **state)
{
	struct plx_pool *pool = pool_make("p", POOL_BUFFERS, 0, 0);
	const struct xdp_port_conf conf = {.devargs = "iface=vb", .pool = pool};
	uint16_t port = port_start("net_af_xdp0", &conf);
	struct plx_mbuf *m = plx_mbuf_alloc(pool), *tail = plx_mbuf_alloc(pool), *pkts[3];
	uint8_t frame[FRAME_MAX], seen[FRAME_MAX];
	int fd = raw_open("va");

	frame_make(frame, 1000, 0, 7);
	memcpy(plx_mbuf_append(m, 400), frame, 400);
	memcpy(plx_mbuf_append(tail, 600), frame + 400, 600);
	assert_int_equal(plx_mbuf_chain(m, tail), 0);
	plx_mbuf_ref(m);
	pkts[0] = m;
	pkts[1] = plx_mbuf_clone(m, pool);
	pkts[2] = m;
	port_send(port, 0, pkts, 3);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(raw_receive(fd, seen), 1000);
		assert_memory_equal(seen, frame, 1000);
	}
	assert_int_equal(port_counter(port, "tx_copied"), 3);
	close(fd);
	port_end(port);
	pool_unmake(pool);
}

static void
jumbo_frames_come_and_go_as_chains(void **state)
{
	struct plx_pool *pool = pool_make("p", POOL_BUFFERS, 0, 0);
	const struct xdp_port_conf conf = {.devargs = "iface=vb",
					   .pool = pool,
					   .rx_offloads = PLX_ETH_RX_OFFLOAD_SCATTER,
					   .tx_offloads = PLX_ETH_TX_OFFLOAD_MULTI_SEGS};
	uint8_t frame[FRAME_MAX], seen[FRAME_MAX];
	struct plx_mbuf *pkts[100];
	uint16_t port;
	int fd;

	sh("ip link set va mtu 9000 && ip link set vb mtu 9000");
	port = port_start("net_af_xdp0", &conf);
	fd = raw_open("va");
	raw_send_n(fd, 100, 9014, 1);
	/* Bursts of one: a chain never comes in parts. */
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(port_receive(port, 0, &pkts[i], 1, 5), 1);
	for (unsigned i = 0; i < 100; i++) {
		struct plx_why why = {""};

		frame_make(frame, 9014, 0, i);
		if (plx_mbuf_check(pkts[i], &why) != 0)
			fail_msg("%s", why.text);
		assert_int_equal(pkts[i]->pkt_len, 9014);
		assert_true(pkts[i]->nb_segs > 1);
		assert_memory_equal(plx_mbuf_read(pkts[i], 0, 9014, seen), frame, 9014);
	}
	port_send(port, 0, pkts, 100);
	for (unsigned i = 0; i < 100; i++) {
		frame_make(frame, 9014, 0, i);
		assert_int_equal(raw_receive(fd, seen), 9014);
		assert_memory_equal(seen, frame, 9014);
	}
	assert_int_equal(port_counter(port, "tx_copied"), 0);
	close(fd);
	port_end(port);
	pool_unmake(pool);
}

static void
a_large_buffer_is_sent_in_parts(void **state)
{
	struct plx_pool *pool = pool_make("p", 2048, 9216 + 256, 0);
	const struct xdp_port_conf conf = {.devargs = "iface=vb",
					   .pool = pool,
					   .descs = 512,
					   .rx_offloads = PLX_ETH_RX_OFFLOAD_SCATTER,
					   .tx_offloads = PLX_ETH_TX_OFFLOAD_MULTI_SEGS};
	uint16_t port;

	sh("ip link set va mtu 9000 && ip link set vb mtu 9000");
	port = port_start("net_af_xdp0", &conf);
	send_and_check(port, pool, 50, 9014);
	assert_int_equal(port_counter(port, "tx_copied"), 0);
	port_end(port);
	pool_unmake(pool);
}

static void
every_queue_receives_its_flows(void **state)
{
	struct plx_pool *pool = pool_make("p", POOL_BUFFERS, 0, 0);
	const struct xdp_port_conf conf = {
		.devargs = "iface=vb", .pool = pool, .queues = 4, .descs = 512};
	uint16_t port = port_start("net_af_xdp0", &conf);
	struct plx_mbuf *pkts[400];
	int fd = raw_open("va");
	unsigned sum = 0, busy = 0;

	raw_send_n(fd, 400, 100, 64);
	for (uint16_t q = 0; q < 4; q++) {
		unsigned got = port_receive(port, q, pkts, 400 - sum, 0.2);

		for (unsigned i = 0; i < got; i++)
			assert_int_equal(pkts[i]->queue, q);
		plx_mbuf_free_bulk(pkts, got);
		busy += got != 0;
		sum += got;
	}
	assert_int_equal(sum, 400);
	assert_true(busy > 1);
	close(fd);
	port_end(port);
	pool_unmake(pool);
}

static void
the_filter_leaves_the_rest_to_the_kernel(void **state)
{
	struct plx_pool *pool = pool_make("p", POOL_BUFFERS, 0, 0);
	const struct xdp_port_conf conf = {
		.devargs = "iface=vb,filter='udp src portrange 1024-1027'", .pool = pool};
	uint16_t port = port_start("net_af_xdp0", &conf);
	int fd = raw_open("va"), stack = raw_open("vb");
	uint8_t frame[FRAME_MAX];
	struct plx_mbuf *pkts[100];
	unsigned left = 0;

	raw_send_n(fd, 100, 100, 10);
	assert_int_equal(port_receive(port, 0, pkts, 100, 0.5), 40);
	plx_mbuf_free_bulk(pkts, 40);
	while (left < 100 && raw_receive(stack, frame) == 100)
		left++;
	assert_int_equal(left, 60);
	assert_int_equal(port_counter(port, "rx_passed_by_filter"), 60);
	close(fd);
	close(stack);
	port_end(port);
	pool_unmake(pool);
}

static void
bad_lengths_are_refused_and_counted(void **state)
{
	struct plx_pool *pool = pool_make("p", POOL_BUFFERS, 0, 0);
	struct plx_pool *large = pool_make("large", 128, 60000, 0);
	const struct xdp_port_conf conf = {.devargs = "iface=vb", .pool = pool};
	uint16_t port = port_start("net_af_xdp0", &conf);
	struct plx_mbuf *pkts[3];

	pkts[0] = plx_mbuf_alloc(pool); /* empty */
	pkts[1] = plx_mbuf_alloc(pool);
	plx_mbuf_append(pkts[1], 13);
	pkts[2] = plx_mbuf_alloc(large);
	plx_mbuf_append(pkts[2], 50000);
	port_send(port, 0, pkts, 3);
	assert_int_equal(port_counter(port, "tx_bad_length"), 3);
	port_end(port);
	pool_unmake(pool);
	pool_unmake(large);
}

static void
a_full_ring_takes_fewer_and_loses_none(void **state)
{
	struct plx_pool *pool = pool_make("p", POOL_BUFFERS, 0, 0);
	const struct xdp_port_conf conf = {.devargs = "iface=vb", .pool = pool, .descs = 64};
	uint16_t port = port_start("net_af_xdp0", &conf);
	struct plx_mbuf *pkts[500];
	struct plx_ethdev_stats stats;
	unsigned sent;

	assert_int_equal(plx_mbuf_alloc_bulk(pool, pkts, 500), 0);
	for (unsigned i = 0; i < 500; i++)
		memset(plx_mbuf_append(pkts[i], 100), 0xff, 100);
	sent = plx_ethdev_tx_burst(port, 0, pkts, 500);
	assert_true(sent > 0 && sent <= 64);
	port_send(port, 0, pkts + sent, 500 - sent);
	assert_int_equal(plx_ethdev_stats(port, &stats), 0);
	assert_int_equal(stats.tx_packets + stats.tx_errors, 500);
	port_end(port);
	pool_unmake(pool);
}

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
	assert_int_equal(port_receive(vb, 0, pkts, 100, 2), 100);
	port_send(vb, 0, pkts, 100);
	assert_int_equal(port_receive(va, 0, pkts, 100, 2), 100);
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
	for (uint16_t q = 0; q < 2; q++) {
		got += port_receive(first, q, pkts + got, 400 - got, 0.2);
		got += port_receive(second, q, pkts + got, 400 - got, 0.2);
	}
	assert_int_equal(got, 400);
	plx_mbuf_free_bulk(pkts, got);
	/* The program stays for the one that stays. */
	port_end(first);
	raw_send_n(fd, 400, 100, 64);
	got = port_receive(second, 0, pkts, 400, 0.2);
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
	struct plx_pool *pool = pool_make("p", POOL_BUFFERS, 0, 0);
	const struct xdp_port_conf conf = {.devargs = "iface=vb", .pool = pool};
	uint16_t port = port_start("net_af_xdp0", &conf);
	struct pollfd ready = {.fd = plx_ethdev_rx_fd(port, 0), .events = POLLIN};
	struct plx_mbuf *pkts[3];
	int fd = raw_open("va");

	assert_true(ready.fd >= 0);
	assert_int_equal(poll(&ready, 1, 0), 0);
	raw_send_n(fd, 3, 100, 1);
	assert_int_equal(poll(&ready, 1, 2000), 1);
	assert_int_equal(plx_ethdev_rx_queue_count(port, 0), 3);
	assert_int_equal(port_receive(port, 0, pkts, 3, 1), 3);
	assert_int_equal(plx_ethdev_rx_queue_count(port, 0), 0);
	assert_int_equal(poll(&ready, 1, 0), 0);
	plx_mbuf_free_bulk(pkts, 3);
	close(fd);
	port_end(port);
	pool_unmake(pool);
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
	struct plx_pool *pool = pool_make("p", POOL_BUFFERS, 0, 0);
	const struct xdp_port_conf conf = {.devargs = "iface=vb", .pool = pool};
	uint16_t port = port_start("net_af_xdp0", &conf);
	struct plx_mbuf *m = plx_mbuf_alloc(pool), *got[1];

	memset(plx_mbuf_append(m, 100), 0xff, 100);
	sh("ip link del va");
	assert_int_equal(plx_ethdev_rx_burst(port, 0, got, 1), 0);
	if (plx_ethdev_tx_burst(port, 0, &m, 1) == 0)
		plx_mbuf_free(m);
	port_end(port);
	pool_unmake(pool);
}

int
main(void)
{
#define CASE(name)  cmocka_unit_test_setup_teardown(name, one_queue, tear_down)
#define CASE4(name) cmocka_unit_test_setup_teardown(name, four_queues, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(receives_every_byte),
		CASE(receives_in_every_buffer_layout),
		CASE(receives_in_generic_mode),
		CASE(runs_without_need_wakeup),
		CASE(runs_with_busy_polling),
		CASE(restarts_at_once_and_again),
		CASE(sends_every_byte_without_copying),
		CASE(sends_from_a_foreign_pool_by_copying),
		CASE(sends_without_a_receiving_queue),
		CASE(sends_shared_and_chained_packets),
		CASE(jumbo_frames_come_and_go_as_chains),
		CASE(a_large_buffer_is_sent_in_parts),
		CASE4(every_queue_receives_its_flows),
		CASE(the_filter_leaves_the_rest_to_the_kernel),
		CASE(bad_lengths_are_refused_and_counted),
		CASE(a_full_ring_takes_fewer_and_loses_none),
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
