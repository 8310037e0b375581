/* SPDX-License-Identifier: BSD-3-Clause */
/* net_af_xdp on a veth pair: the kernel's own sockets on the far end judge what it does. */
#include "xdp_port.h"

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
receive_with(const char *devargs)
{
	struct plx_pool *pool = pool_make("p", POOL_BUFFERS, 0, 0);
	const struct xdp_port_conf conf = {.devargs = devargs, .pool = pool};

	receive_and_check(&conf, 500, 700);
	pool_unmake(pool);
}

static void
receives_in_generic_mode(void **state)
{
	receive_with("iface=vb,mode=generic");
}

static void
runs_without_need_wakeup(void **state)
{
	receive_with("iface=vb,need_wakeup=0");
}

static void
runs_with_busy_polling(void **state)
{
	receive_with("iface=vb,busy_budget=64");
}

static void
restarts_at_once_and_again(void **state)
{
	struct wire w = wire_up("iface=vb");
	struct plx_why why = {""};
	struct plx_mbuf *pkts[100];

	for (unsigned i = 0; i < 10; i++) {
		raw_send_n(w.fd, 100, 200, 1);
		assert_int_equal(port_receive(w.port, 0, pkts, 100, 20), 100);
		plx_mbuf_free_bulk(pkts, 100);
		assert_int_equal(plx_ethdev_stop(w.port), 0);
		assert_balanced(w.port);
		assert_int_equal(plx_pool_in_use(w.pool), 0);
		if (plx_ethdev_start(w.port, &why) != 0)
			fail_msg("%s", why.text);
	}
	wire_down(&w);
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
	struct wire w = wire_up("iface=vb");
	struct plx_ethdev_stats stats;

	send_and_check(w.port, w.pool, 100, 60);
	send_and_check(w.port, w.pool, 100, 1514);
	assert_int_equal(plx_ethdev_stats(w.port, &stats), 0);
	assert_int_equal(stats.tx_packets, 200);
	assert_int_equal(stats.tx_bytes, 100 * (60 + 1514));
	assert_int_equal(stats.tx_errors, 0);
	assert_int_equal(port_counter(w.port, "tx_copied"), 0);
	wire_down(&w);
}

static void
sends_from_a_foreign_pool_by_copying(void **state)
{
	struct plx_pool *other = pool_make("other", 1024, 0, 0);
	struct wire w = wire_up("iface=vb");

	send_and_check(w.port, other, 100, 1000);
	assert_int_equal(port_counter(w.port, "tx_copied"), 100);
	assert_int_equal(plx_pool_in_use(other), 0);
	wire_down(&w);
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
	struct wire w = wire_up("iface=vb");
	struct plx_mbuf *m = plx_mbuf_alloc(w.pool), *tail = plx_mbuf_alloc(w.pool), *pkts[3];
	uint8_t frame[FRAME_MAX], seen[FRAME_MAX];

	frame_make(frame, 1000, 0, 7);
	memcpy(plx_mbuf_append(m, 400), frame, 400);
	memcpy(plx_mbuf_append(tail, 600), frame + 400, 600);
	assert_int_equal(plx_mbuf_chain(m, tail), 0);
	plx_mbuf_ref(m);
	pkts[0] = m;
	pkts[1] = plx_mbuf_clone(m, w.pool);
	pkts[2] = m;
	port_send(w.port, 0, pkts, 3);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(raw_receive(w.fd, seen), 1000);
		assert_memory_equal(seen, frame, 1000);
	}
	assert_int_equal(port_counter(w.port, "tx_copied"), 3);
	wire_down(&w);
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
		assert_int_equal(port_receive(port, 0, &pkts[i], 1, 20), 1);
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
	struct wire w = wire_up_on(
		POOL_BUFFERS,
		(struct xdp_port_conf){.devargs = "iface=vb", .queues = 4, .descs = 512});
	struct plx_mbuf *pkts[400];
	unsigned sum = 0, busy = 0;

	raw_send_n(w.fd, 400, 100, 64);
	for (unsigned turn = 0; turn < 400 && sum < 400; turn++) {
		const uint16_t q = turn % 4;
		unsigned got = port_receive(w.port, q, pkts, 400 - sum, 0.05);

		for (unsigned i = 0; i < got; i++)
			assert_int_equal(pkts[i]->queue, q);
		plx_mbuf_free_bulk(pkts, got);
		busy |= (got != 0 ? 1u : 0) << q;
		sum += got;
	}
	assert_int_equal(sum, 400);
	assert_true((busy & (busy - 1)) != 0); /* more than one */
	wire_down(&w);
}

static void
the_filter_leaves_the_rest_to_the_kernel(void **state)
{
	struct wire w = wire_up("iface=vb,filter='udp src portrange 1024-1027'");
	int stack = raw_open("vb");
	uint8_t frame[FRAME_MAX];
	struct plx_mbuf *pkts[100];
	unsigned left = 0;

	raw_send_n(w.fd, 100, 100, 10);
	assert_int_equal(port_receive(w.port, 0, pkts, 40, 20), 40);
	assert_int_equal(port_receive(w.port, 0, pkts + 40, 60, 0.2), 0);
	plx_mbuf_free_bulk(pkts, 40);
	while (left < 60 && raw_receive(stack, frame) == 100)
		left++;
	assert_int_equal(left, 60);
	assert_int_equal(port_counter(w.port, "rx_passed_by_filter"), 60);
	close(stack);
	wire_down(&w);
}

static void
bad_lengths_are_refused_and_counted(void **state)
{
	struct plx_pool *large = pool_make("large", 128, 60000, 0);
	struct wire w = wire_up("iface=vb");
	struct plx_mbuf *pkts[3];

	pkts[0] = plx_mbuf_alloc(w.pool); /* empty */
	pkts[1] = plx_mbuf_alloc(w.pool);
	plx_mbuf_append(pkts[1], 13);
	pkts[2] = plx_mbuf_alloc(large);
	plx_mbuf_append(pkts[2], 50000);
	port_send(w.port, 0, pkts, 3);
	assert_int_equal(port_counter(w.port, "tx_bad_length"), 3);
	wire_down(&w);
	pool_unmake(large);
}

static void
a_full_ring_takes_fewer_and_loses_none(void **state)
{
	struct wire w = wire_up_on(POOL_BUFFERS,
				   (struct xdp_port_conf){.devargs = "iface=vb", .descs = 64});
	struct plx_mbuf *pkts[500];
	struct plx_ethdev_stats stats;
	unsigned sent;

	assert_int_equal(plx_mbuf_alloc_bulk(w.pool, pkts, 500), 0);
	for (unsigned i = 0; i < 500; i++)
		memset(plx_mbuf_append(pkts[i], 100), 0xff, 100);
	sent = plx_ethdev_tx_burst(w.port, 0, pkts, 500);
	assert_true(sent > 0 && sent <= 64);
	port_send(w.port, 0, pkts + sent, 500 - sent);
	assert_int_equal(plx_ethdev_stats(w.port, &stats), 0);
	assert_int_equal(stats.tx_packets + stats.tx_errors, 500);
	wire_down(&w);
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
	};

	enter_namespace();
	if (eal_up() != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
