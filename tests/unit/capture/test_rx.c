/* SPDX-License-Identifier: BSD-3-Clause */
/* The end of a capture: what devices hold is taken, however late its thread gets to it, and traffic without an end is left. */
#include "rx.h"

#include "pool_fixture.h"

#include <errno.h>

#include <pollux/plx_clock.h>
#include <pollux/plx_driver.h>
#include <pollux/plx_ethdev.h>
#include <pollux/plx_ethdev_driver.h>

#define RING 512

/* A device with packets, some of which it hands over only after having been asked so many times. */
static struct {
	struct plx_ethdev dev;
	struct plx_device device;
	struct plx_ethdev_rxq_stats rxq;
	unsigned ready, held, asked_until_ready;
} box;

static uint16_t
box_burst(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	uint16_t i = 0;

	if (box.held > 0 && --box.asked_until_ready == 0) {
		box.ready += box.held;
		box.held = 0;
	}
	for (; i < n && box.ready > 0; i++, box.ready--)
		pkts[i] = packet(60, 1);
	return i;
}

static int
box_count(struct plx_ethdev *dev, void *queue)
{
	return (int)(box.ready + box.held);
}

static int
box_setup(struct plx_ethdev *dev, uint16_t queue, uint16_t descs, struct plx_pool *p,
	  void **ret_queue, struct plx_why *why)
{
	*ret_queue = &box.rxq;
	return 0;
}

static int
box_tx_setup(struct plx_ethdev *dev, uint16_t queue, uint16_t descs, void **ret_queue,
	     struct plx_why *why)
{
	return -ENOTSUP;
}

static void
box_release(struct plx_ethdev *dev, void *queue)
{
}

static int
box_start(struct plx_ethdev *dev, struct plx_why *why)
{
	return 0;
}

static void
box_stop(struct plx_ethdev *dev)
{
}

static int
begin(void **state)
{
	static const struct plx_ethdev_ops ops = {.rx_queue_setup = box_setup,
						  .tx_queue_setup = box_tx_setup,
						  .rx_queue_release = box_release,
						  .tx_queue_release = box_release,
						  .start = box_start,
						  .stop = box_stop,
						  .rx_queue_count = box_count};

	struct plx_why why = {""};

	if (fixture_begin(state) != 0)
		return -1;
	strcpy(box.device.name, "net_box0");
	box.dev.device = &box.device;
	box.dev.ops = &ops;
	box.dev.rx_burst = box_burst;
	box.dev.info.max_rx_queues = 1;
	box.dev.info.rx_desc_max = 1024;
	box.dev.info.rx_desc_default = 32;
	if (plx_ethdev_register(&box.dev, &why) != 0 ||
	    plx_ethdev_configure(box.dev.port, 1, 0, NULL, &why) != 0 ||
	    plx_ethdev_rx_queue_setup(box.dev.port, 0, 0, pool, &why) != 0 ||
	    plx_ethdev_start(box.dev.port, &why) != 0) {
		print_error("%s\n", why.text);
		return -1;
	}
	return 0;
}

static int
end(void **state)
{
	plx_ethdev_stop(box.dev.port);
	plx_ethdev_close(box.dev.port);
	plx_ethdev_unregister(&box.dev);
	return fixture_end(state);
}

/* Ends a capture whose thread did not run for `late_ns` since it was told to; returns the packets it took. */
static unsigned
finish_late(uint64_t late_ns)
{
	static const _Atomic bool over;
	const struct source_params params = {.port = box.dev.port, .ring = RING};
	struct source *s = NULL;
	struct rx_worker worker = {.over = &over, .nb_sources = 1, .sources = &s};
	struct rx_finish finish;
	struct plx_mbuf *m;
	unsigned n = 0;

	assert_int_equal(source_create(&params, &s), 0);
	rx_finish_begin(&finish);
	finish.end_ticks -= plx_clock_ns_to_ticks(late_ns);
	finish.held_end_ticks -= plx_clock_ns_to_ticks(late_ns);
	do {
		for (; source_take(s, &m, 1) == 1; n++)
			plx_mbuf_free(m);
	} while (rx_finish_round(&worker, &finish));
	for (; source_take(s, &m, 1) == 1; n++)
		plx_mbuf_free(m);
	assert_true(tally_read(&s->floor_ns) == UINT64_MAX);
	assert_int_equal(tally_read(&s->counts.too_slow), 0);
	source_destroy(s);
	return n;
}

static void
all_that_is_there_is_taken_though_the_thread_comes_late(void **state)
{
	box.ready = 1000;
	assert_int_equal(finish_late(0), 1000);
	box.ready = 1000;
	assert_int_equal(finish_late(2000000000), 1000);
}

static void
what_a_device_hands_over_later_is_waited_for(void **state)
{
	box.held = 10;
	box.asked_until_ready = 1000;
	assert_int_equal(finish_late(20000000), 10);
}

static void
what_a_device_never_hands_over_is_left(void **state)
{
	box.held = 10;
	box.asked_until_ready = 0;
	assert_int_equal(finish_late(2000000000), 0);
	box.held = 0;
}

static void
traffic_without_an_end_is_left(void **state)
{
	unsigned n;

	box.ready = UINT32_MAX;
	n = finish_late(2000000000);
	assert_in_range(n, 1000, 10000);
	box.ready = 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_is_there_is_taken_though_the_thread_comes_late),
		cmocka_unit_test(what_a_device_hands_over_later_is_waited_for),
		cmocka_unit_test(what_a_device_never_hands_over_is_left),
		cmocka_unit_test(traffic_without_an_end_is_left),
	};

	return cmocka_run_group_tests_name("rx", tests, begin, end);
}
