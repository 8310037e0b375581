/* SPDX-License-Identifier: BSD-3-Clause */
/* The time stamps of net_af_xdp: each packet's own moment, by a clock that is read on either side of it. */
#include "xdp_port.h"

#define STAMPED PLX_ETH_RX_OFFLOAD_TIMESTAMP
#define SENT	300u

static uint64_t
clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Sends frames with their numbers, on one flow after the other, and notes the moment before each. */
static void
send_timed(const char *name, uint64_t *before, unsigned len, unsigned flows)
{
	uint8_t frame[FRAME_MAX];
	int fd = raw_open(name);

	for (unsigned i = 0; i < SENT; i++) {
		frame_make(frame, len, (uint16_t)(i % flows), i);
		before[i] = clock_ns(CLOCK_REALTIME);
		raw_send(fd, frame, len);
	}
	close(fd);
}

/* Until all frames are in the rings; then the time. */
static uint64_t
wait_for_frames(uint16_t port, uint16_t queues)
{
	const double end = now_s() + 10;
	unsigned waiting;

	do {
		waiting = 0;
		for (uint16_t q = 0; q < queues; q++)
			waiting += (unsigned)plx_ethdev_rx_queue_count(port, q);
		sched_yield();
	} while (waiting < SENT && now_s() < end);
	assert_int_equal(waiting, SENT);
	return clock_ns(CLOCK_REALTIME);
}

/* After the frame was sent and before anybody looked for it: no time taken at the burst lies there. */
static uint64_t
checked_stamp(const struct plx_mbuf *m, const uint64_t *before, uint64_t arrived_ns)
{
	uint8_t head[46];
	const uint32_t number = frame_number(plx_mbuf_read(m, 0, sizeof(head), head));

	assert_true(number < SENT);
	assert_true((m->ol_flags & PLX_MBUF_RX_TIMESTAMP) != 0);
	assert_true(m->timestamp >= before[number]);
	assert_true(m->timestamp <= arrived_ns);
	return m->timestamp;
}

static void
send_from_and_check_stamps(const char *name, const struct xdp_port_conf *conf, unsigned len)
{
	static uint64_t before[SENT];
	struct plx_mbuf *pkts[SENT];
	const uint16_t queues = (uint16_t)(conf->queues != 0 ? conf->queues : 1);
	uint16_t port = port_start("net_af_xdp0", conf);
	uint64_t arrived_ns;

	send_timed(name, before, len, 16u * queues);
	arrived_ns = wait_for_frames(port, queues);
	for (uint16_t q = 0; q < queues; q++) {
		const unsigned n = (unsigned)plx_ethdev_rx_queue_count(port, q);
		uint64_t last = 0;

		assert_int_equal(port_receive(port, q, pkts, n, 20), n);
		for (unsigned i = 0; i < n; i++) {
			const uint64_t stamp = checked_stamp(pkts[i], before, arrived_ns);

			assert_true(stamp > last);
			assert_int_equal(pkts[i]->pkt_len, len);
			last = stamp;
		}
		plx_mbuf_free_bulk(pkts, n);
	}
	assert_int_equal(port_counter(port, "rx_without_stamp"), 0);
	port_end(port);
}

static void
send_and_check_stamps(const struct xdp_port_conf *conf, unsigned len)
{
	send_from_and_check_stamps("va", conf, len);
}

static void
packets_carry_their_own_moments(void **state)
{
	struct plx_pool *pool = pool_make("p", POOL_BUFFERS, 0, 0);
	const struct xdp_port_conf conf = {
		.devargs = "iface=vb", .pool = pool, .rx_offloads = STAMPED};

	send_and_check_stamps(&conf, 60);
	send_and_check_stamps(&conf, 1514);
	pool_unmake(pool);
}

static void
stamps_come_in_every_buffer_layout(void **state)
{
	static const uint32_t rows[][2] = {{2048, 2048}, {4096, 4096}, {2048, 2112}, {3000, 3008}};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(rows); i++) {
		struct plx_pool *pool = pool_make("p", 4096, rows[i][0], rows[i][1]);
		const struct xdp_port_conf conf = {
			.devargs = "iface=vb", .pool = pool, .rx_offloads = STAMPED};

		send_and_check_stamps(&conf, 1000);
		pool_unmake(pool);
	}
}

static void
stamps_come_in_generic_mode(void **state)
{
	struct plx_pool *pool = pool_make("p", POOL_BUFFERS, 0, 0);
	const struct xdp_port_conf conf = {
		.devargs = "iface=vb,mode=generic", .pool = pool, .rx_offloads = STAMPED};

	send_and_check_stamps(&conf, 700);
	pool_unmake(pool);
}

static void
stamps_come_on_the_loopback_interface(void **state)
{
	struct plx_pool *pool = pool_make("p", POOL_BUFFERS, 0, 0);
	const struct xdp_port_conf conf = {
		.devargs = "iface=lo,mode=generic", .pool = pool, .rx_offloads = STAMPED};

	sh("ip link set lo mtu 1500");
	send_from_and_check_stamps("lo", &conf, 700);
	pool_unmake(pool);
}

static void
stamps_rise_on_every_queue(void **state)
{
	struct plx_pool *pool = pool_make("p", POOL_BUFFERS, 0, 0);
	const struct xdp_port_conf conf = {.devargs = "iface=vb",
					   .pool = pool,
					   .queues = 4,
					   .descs = 512,
					   .rx_offloads = STAMPED};

	send_and_check_stamps(&conf, 100);
	pool_unmake(pool);
}

static void
the_first_buffer_of_a_jumbo_frame_has_the_stamp(void **state)
{
	struct plx_pool *pool = pool_make("p", POOL_BUFFERS, 0, 0);
	const struct xdp_port_conf conf = {.devargs = "iface=vb",
					   .pool = pool,
					   .rx_offloads = STAMPED | PLX_ETH_RX_OFFLOAD_SCATTER};

	sh("ip link set va mtu 9000 && ip link set vb mtu 9000");
	send_and_check_stamps(&conf, 9014);
	send_and_check_stamps(&conf, 60);
	pool_unmake(pool);
}

/* What the filter sees, and what goes on to the kernel, is as without stamps. */
static void
the_filter_sees_frames_as_they_came(void **state)
{
	struct plx_pool *pool = pool_make("p", POOL_BUFFERS, 0, 0);
	const struct xdp_port_conf conf = {.devargs =
						   "iface=vb,filter='udp src portrange 1024-1027'",
					   .pool = pool,
					   .rx_offloads = STAMPED};
	uint16_t port = port_start("net_af_xdp0", &conf);
	int fd = raw_open("va"), stack = raw_open("vb");
	uint8_t frame[FRAME_MAX], expected[FRAME_MAX];
	struct plx_mbuf *pkts[40];
	unsigned left = 0;

	raw_send_n(fd, 100, 100, 10);
	assert_int_equal(port_receive(port, 0, pkts, 40, 20), 40);
	for (unsigned i = 0; i < 40; i++) {
		const uint32_t number = frame_number(plx_mbuf_data(pkts[i]));

		frame_make(expected, 100, (uint16_t)(number % 10), number);
		assert_memory_equal(plx_mbuf_data(pkts[i]), expected, 100);
		assert_true((pkts[i]->ol_flags & PLX_MBUF_RX_TIMESTAMP) != 0);
	}
	plx_mbuf_free_bulk(pkts, 40);
	for (; left < 60 && raw_receive(stack, frame) == 100; left++) {
		const uint32_t number = frame_number(frame);

		frame_make(expected, 100, (uint16_t)(number % 10), number);
		assert_memory_equal(frame, expected, 100);
	}
	assert_int_equal(left, 60);
	close(fd);
	close(stack);
	port_end(port);
	pool_unmake(pool);
}

/* Not asked for: no flag, and not a byte in front of the frame is touched. */
static void
without_the_offload_nothing_is_written(void **state)
{
	struct plx_pool *pool = pool_make("p", 2048, 2048, 2048);
	const struct xdp_port_conf conf = {.devargs = "iface=vb", .pool = pool, .descs = 512};
	struct plx_mbuf *pkts[100];
	uint8_t untouched[16];
	uint16_t port;
	int fd;

	memset(pool->data, 0x5a, (size_t)pool->n * pool->stride);
	memset(untouched, 0x5a, sizeof(untouched));
	port = port_start("net_af_xdp0", &conf);
	fd = raw_open("va");
	raw_send_n(fd, 100, 200, 1);
	assert_int_equal(port_receive(port, 0, pkts, 100, 20), 100);
	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(pkts[i]->ol_flags & PLX_MBUF_RX_TIMESTAMP, 0);
		assert_memory_equal(plx_mbuf_data(pkts[i]) - 16, untouched, 16);
	}
	plx_mbuf_free_bulk(pkts, 100);
	assert_int_equal(port_counter(port, "rx_without_stamp"), 0);
	close(fd);
	port_end(port);
	pool_unmake(pool);
}

static void
ports_on_one_interface_agree_on_stamps(void **state)
{
	struct plx_pool *pool = pool_make("p", POOL_BUFFERS, 0, 0);
	const struct xdp_port_conf with = {.devargs = "iface=vb,queues=1",
					   .pool = pool,
					   .rx_offloads = STAMPED},
				   without = {.devargs = "iface=vb,queues=1,start_queue=1",
					      .pool = pool};
	struct plx_why why = {""};
	uint16_t port = port_start("net_af_xdp0", &with), other;

	assert_int_equal(port_try("net_af_xdp1", &without, &other, &why), -EBUSY);
	assert_non_null(strstr(why.text, "the same offloads"));
	port_end(port);
	pool_unmake(pool);
}

static void
the_port_says_whose_clock_it_is(void **state)
{
	struct plx_pool *pool = pool_make("p", POOL_BUFFERS, 0, 0);
	const struct xdp_port_conf conf = {
		.devargs = "iface=vb", .pool = pool, .rx_offloads = STAMPED};
	struct plx_ethdev_info info;
	uint16_t port = port_start("net_af_xdp0", &conf);

	assert_int_equal(plx_ethdev_info(port, &info), 0);
	assert_true(info.rx_offloads_capable & STAMPED);
	assert_true(info.rx_offloads & STAMPED);
	assert_memory_equal(info.rx_clock, "XDP program, CLOCK_", 19);
	assert_non_null(strstr(info.mode, "time stamps"));
	port_end(port);
	pool_unmake(pool);
}

int
main(void)
{
#define CASE(name)  cmocka_unit_test_setup_teardown(name, one_queue, tear_down)
#define CASE4(name) cmocka_unit_test_setup_teardown(name, four_queues, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(packets_carry_their_own_moments),
		CASE(stamps_come_in_every_buffer_layout),
		CASE(stamps_come_in_generic_mode),
		CASE(stamps_come_on_the_loopback_interface),
		CASE4(stamps_rise_on_every_queue),
		CASE(the_first_buffer_of_a_jumbo_frame_has_the_stamp),
		CASE(the_filter_sees_frames_as_they_came),
		CASE(without_the_offload_nothing_is_written),
		CASE4(ports_on_one_interface_agree_on_stamps),
		CASE(the_port_says_whose_clock_it_is),
	};

	enter_namespace();
	if (eal_up() != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
