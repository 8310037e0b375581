/* SPDX-License-Identifier: BSD-3-Clause */
/* One queue stopped and started on a fake device: what the device sees, where the buffers are, and resets that never end. */
#include "fake_port.h"
#include "patience.h"
#include "virtio.h"

#define WAIT_MS 100

static const struct vfake_options kinds[] = {
	{.features = VFAKE_MODERN | VIRTIO_BIT(VIRTIO_F_RING_RESET), .vectors = 6, .pairs = 2},
	{.features = VFAKE_MODERN_PACKED | VIRTIO_BIT(VIRTIO_F_RING_RESET),
	 .vectors = 6,
	 .pairs = 2},
};

static void
begin(const struct vfake_options *options)
{
	make_device(options);
	must(attach(FAKE_DEVICE));
	must(start(2, NULL));
}

static unsigned
buffers_out(void)
{
	plx_pool_cache_flush(pool);
	return plx_pool_in_use(pool);
}

static enum plx_ethdev_queue_state
rx_state(uint16_t queue)
{
	struct plx_ethdev_queue_info info;

	assert_int_equal(plx_ethdev_rx_queue_info(port, queue, &info), 0);
	return info.state;
}

static uint64_t
xstat(const char *name)
{
	struct plx_ethdev_xstat stats[64];
	int n = plx_ethdev_xstats(port, stats, PLX_ARRAY_LEN(stats));

	for (int i = 0; i < n; i++)
		if (strcmp(stats[i].name, name) == 0)
			return stats[i].value;
	fail_msg("no xstat %s", name);
	return 0;
}

static void
the_books_balance(void)
{
	struct plx_ethdev_ledger ledger;
	int64_t rx, tx;

	assert_int_equal(plx_ethdev_ledger(port, &ledger), 0);
	plx_ethdev_ledger_balance(&ledger, &rx, &tx);
	assert_int_equal(rx, 0);
	assert_int_equal(tx, 0);
}

static void
a_stopped_queue_has_no_buffer_and_the_device_no_ring(void **state)
{
	for (unsigned k = 0; k < PLX_ARRAY_LEN(kinds); k++) {
		unsigned before;

		begin(&kinds[k]);
		both_ways(3);
		before = buffers_out();
		must(plx_ethdev_rx_queue_stop(port, 1, &why));
		assert_int_equal(buffers_out(), before - FAKE_DESCS);
		assert_false(vfake_state(fake).queue[2].enabled);
		assert_true(vfake_state(fake).queue[0].enabled);
		assert_int_equal(vfake_state(fake).queue_resets, 1);
		both_ways(3);
		must(plx_ethdev_rx_queue_start(port, 1, &why));
		assert_int_equal(buffers_out(), before);
		assert_true(vfake_state(fake).queue[2].enabled);
		both_ways(3);
		assert_string_equal(vfake_violations(fake), "");
		drop_port();
	}
}

static void
what_came_before_the_stop_is_counted_by_name(void **state)
{
	for (unsigned k = 0; k < PLX_ARRAY_LEN(kinds); k++) {
		begin(&kinds[k]);
		put(0, 7);
		expect(0, 2);
		must(plx_ethdev_rx_queue_stop(port, 0, &why));
		assert_int_equal(xstat("rx_missed_stopped"), 5);
		assert_int_equal(xstat("rx_good_packets"), 2);
		assert_int_equal(xstat("rx_good_bytes"), 2 * FRAME_LEN);
		assert_int_equal(xstat("rx_missed_errors"), 5);
		the_books_balance();
		must(plx_ethdev_rx_queue_start(port, 0, &why));
		both_ways(3);
		/* A port that stops is no different. */
		put(0, 4);
		assert_int_equal(plx_ethdev_stop(port), 0);
		assert_int_equal(xstat("rx_missed_stopped"), 9);
		drop_port();
	}
}

static void
what_was_being_sent_is_lost_and_counted(void **state)
{
	for (unsigned k = 0; k < PLX_ARRAY_LEN(kinds); k++) {
		struct vfake_options options = kinds[k];
		unsigned before;

		options.holds = true;
		begin(&options);
		before = buffers_out();
		assert_int_equal(send_some(0, 6), 6);
		must(plx_ethdev_tx_queue_stop(port, 0, &why));
		assert_int_equal(xstat("tx_q0_in_flight"), 0);
		assert_int_equal(xstat("tx_q0_errors"), 6);
		assert_int_equal(buffers_out(), before);
		assert_int_equal(send_some(0, 1), 0);
		the_books_balance();
		must(plx_ethdev_tx_queue_start(port, 0, &why));
		both_ways(3);
		assert_string_equal(vfake_violations(fake), "");
		drop_port();
	}
}

static void
a_reset_that_never_ends_leaves_one_dead_queue(void **state)
{
	for (unsigned k = 0; k < PLX_ARRAY_LEN(kinds); k++) {
		struct plx_mbuf *m;

		begin(&kinds[k]);
		vfake_faults(fake)->queue_reset_stuck = true;
		assert_int_equal(plx_ethdev_rx_queue_stop(port, 1, &why), -ETIMEDOUT);
		assert_non_null(
			strstr(why.text, "does not finish the reset of virtqueue 2 within 100 ms"));
		assert_int_equal(rx_state(1), PLX_ETHDEV_QUEUE_DEAD);
		assert_int_equal(plx_ethdev_rx_queue_start(port, 1, &why), -EIO);
		assert_non_null(strstr(why.text, "never let go of rx queue 1"));
		assert_int_equal(plx_ethdev_rx_queue_stop(port, 1, &why), -EIO);
		assert_int_equal(plx_ethdev_rx_burst(port, 1, &m, 1), 0);
		/* The port goes on, and the next start is for all. */
		both_ways(3);
		vfake_faults(fake)->queue_reset_stuck = false;
		assert_int_equal(plx_ethdev_stop(port), 0);
		assert_int_equal(buffers_out(), 0);
		must(plx_ethdev_start(port, &why));
		assert_int_equal(rx_state(1), PLX_ETHDEV_QUEUE_STARTED);
		must(plx_ethdev_rx_queue_stop(port, 1, &why));
		must(plx_ethdev_rx_queue_start(port, 1, &why));
		both_ways(3);
		assert_string_equal(vfake_violations(fake), "");
		drop_port();
	}
}

static void
a_device_that_is_gone_lets_go_of_nothing(void **state)
{
	begin(&kinds[0]);
	vfake_faults(fake)->dead = true;
	assert_int_equal(plx_ethdev_tx_queue_stop(port, 1, &why), -ETIMEDOUT);
	assert_int_equal(plx_ethdev_stop(port), 0);
	drop_port();
}

static void
a_start_that_the_device_refuses_leaves_the_queue_stopped(void **state)
{
	begin(&kinds[0]);
	must(plx_ethdev_rx_queue_stop(port, 0, &why));
	vfake_faults(fake)->vector_refused = true;
	assert_int_not_equal(plx_ethdev_rx_queue_start(port, 0, &why), 0);
	assert_int_equal(rx_state(0), PLX_ETHDEV_QUEUE_STOPPED);
	vfake_faults(fake)->vector_refused = false;
	must(plx_ethdev_rx_queue_start(port, 0, &why));
	both_ways(3);
	drop_port();
}

static void
a_deferred_start_that_never_ends_is_no_start(void **state)
{
	begin(&kinds[0]);
	assert_int_equal(plx_ethdev_stop(port), 0);
	must(plx_ethdev_tx_queue_defer(port, 1, true, &why));
	vfake_faults(fake)->queue_reset_stuck = true;
	assert_int_equal(plx_ethdev_start(port, &why), -ETIMEDOUT);
	assert_int_equal(buffers_out(), 0);
	vfake_faults(fake)->queue_reset_stuck = false;
	must(plx_ethdev_start(port, &why));
	assert_false(vfake_state(fake).queue[3].enabled);
	assert_true(vfake_state(fake).queue[1].enabled);
	both_ways(3);
	must(plx_ethdev_tx_queue_start(port, 1, &why));
	drop_port();
}

static bool
is_reset(uint64_t times)
{
	const uint64_t end = now_ms() + PATIENCE_MS;

	while (xstat("device_resets") != times && now_ms() < end)
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	return xstat("device_resets") == times;
}

static void
a_stopped_queue_stays_so_over_a_reset_of_its_device(void **state)
{
	for (unsigned k = 0; k < PLX_ARRAY_LEN(kinds); k++) {
		begin(&kinds[k]);
		must(plx_ethdev_rx_queue_stop(port, 1, &why));
		must(plx_ethdev_tx_queue_stop(port, 1, &why));
		vfake_need_reset(fake);
		assert_true(is_reset(1));
		assert_false(vfake_state(fake).queue[2].enabled);
		assert_false(vfake_state(fake).queue[3].enabled);
		both_ways(3);
		must(plx_ethdev_rx_queue_start(port, 1, &why));
		must(plx_ethdev_tx_queue_start(port, 1, &why));
		assert_true(vfake_state(fake).queue[2].enabled);
		assert_true(vfake_state(fake).queue[3].enabled);
		assert_string_equal(vfake_violations(fake), "");
		drop_port();
	}
}

/* The announcement goes through the first tx queue, and must not open its gate. */
static void
an_announcement_starts_no_queue(void **state)
{
	const uint64_t end = now_ms() + PATIENCE_MS;
	uint8_t frame[FRAME_LEN];

	begin(&kinds[0]);
	must(plx_ethdev_tx_queue_stop(port, 0, &why));
	vfake_announce(fake);
	while (vfake_state(fake).announced == 0 && now_ms() < end)
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	assert_int_equal(vfake_state(fake).announced, 1);
	assert_int_equal(send_some(0, 1), 0);
	assert_int_equal(vfake_take(fake, VFAKE_ANY, frame, sizeof(frame), NULL), 0);
	assert_string_equal(vfake_violations(fake), "");
	drop_port();
}

static void
without_ring_reset_the_reason_is_told(void **state)
{
	struct vfake_options options = kinds[0];

	options.features &= ~VIRTIO_BIT(VIRTIO_F_RING_RESET);
	begin(&options);
	assert_int_equal(plx_ethdev_rx_queue_stop(port, 1, &why), -ENOTSUP);
	assert_non_null(strstr(why.text, "does not offer RING_RESET"));
	assert_int_equal(rx_state(1), PLX_ETHDEV_QUEUE_STARTED);
	both_ways(3);
	assert_string_equal(vfake_violations(fake), "");
	drop_port();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_PORT_TEST(a_stopped_queue_has_no_buffer_and_the_device_no_ring),
		FAKE_PORT_TEST(what_came_before_the_stop_is_counted_by_name),
		FAKE_PORT_TEST(what_was_being_sent_is_lost_and_counted),
		FAKE_PORT_TEST(a_reset_that_never_ends_leaves_one_dead_queue),
		FAKE_PORT_TEST(a_device_that_is_gone_lets_go_of_nothing),
		FAKE_PORT_TEST(a_start_that_the_device_refuses_leaves_the_queue_stopped),
		FAKE_PORT_TEST(a_deferred_start_that_never_ends_is_no_start),
		FAKE_PORT_TEST(a_stopped_queue_stays_so_over_a_reset_of_its_device),
		FAKE_PORT_TEST(an_announcement_starts_no_queue),
		FAKE_PORT_TEST(without_ring_reset_the_reason_is_told),
	};

	virtio_wait_ms = WAIT_MS;
	return cmocka_run_group_tests(tests, fake_port_setup, fake_port_teardown);
}
