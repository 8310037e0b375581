/* SPDX-License-Identifier: BSD-3-Clause */
/* Single queues, with a driver that can, cannot, or fails at it. */
#include "eal_pool_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "toy.h"

/* What the driver was asked, "rx0 off tx1 on", and what it answers. */
static struct {
	char asked[256];
	int answer;
} it;

static int
ask(const char *way, uint16_t queue, bool on, struct plx_why *why)
{
	const size_t used = strlen(it.asked);

	snprintf(it.asked + used, sizeof(it.asked) - used, "%s%s%u %s", used > 0 ? " " : "", way,
		 queue, on ? "on" : "off");
	return it.answer == 0 ? 0 : plx_why(why, it.answer, "the toy is broken");
}

static int
run_rx(struct plx_ethdev *dev, uint16_t queue, bool on, struct plx_why *why)
{
	return ask("rx", queue, on, why);
}

static int
run_tx(struct plx_ethdev *dev, uint16_t queue, bool on, struct plx_why *why)
{
	return ask("tx", queue, on, why);
}

static struct plx_ethdev_ops able;
static struct toy toy;
static struct plx_why why;

static void
asked(const char *what)
{
	assert_string_equal(it.asked, what);
	it.asked[0] = '\0';
}

static int
set_up(void **state)
{
	memset(&it, 0, sizeof(it));
	able = toy_ops;
	able.rx_queue_run = run_rx;
	able.tx_queue_run = run_tx;
	toy_init(&toy, "toy0");
	toy.dev.ops = &able;
	return plx_ethdev_register(&toy.dev, NULL);
}

static int
tear_down(void **state)
{
	plx_ethdev_unregister(&toy.dev);
	return toy.queues == 0 ? 0 : -1;
}

static enum plx_ethdev_queue_state
rx_state(uint16_t queue)
{
	struct plx_ethdev_queue_info info;

	assert_int_equal(plx_ethdev_rx_queue_info(0, queue, &info), 0);
	return info.state;
}

static void
the_driver_is_asked_once_for_what_is_not_so_yet(void **state)
{
	assert_int_equal(plx_ethdev_rx_queue_stop(7, 0, &why), -ENODEV);
	run(&toy, pool, 2, 2);
	asked("");
	assert_int_equal(plx_ethdev_rx_queue_start(0, 1, &why), 0);
	asked("");
	assert_int_equal(plx_ethdev_rx_queue_stop(0, 1, &why), 0);
	assert_int_equal(plx_ethdev_rx_queue_stop(0, 1, &why), 0);
	asked("rx1 off");
	assert_int_equal(plx_ethdev_tx_queue_stop(0, 1, &why), 0);
	assert_int_equal(plx_ethdev_rx_queue_start(0, 1, &why), 0);
	asked("tx1 off rx1 on");
	assert_int_equal(plx_ethdev_tx_queue_stop(0, 2, &why), -EINVAL);
	asked("");
	assert_int_equal(plx_ethdev_stop(0), 0);
	assert_int_equal(rx_state(0), PLX_ETHDEV_QUEUE_STOPPED);
	assert_int_equal(plx_ethdev_rx_queue_start(0, 0, &why), -EINVAL);
	assert_non_null(strstr(why.text, "it does not run"));
	asked("");
}

static void
deferred_queues_are_stopped_before_the_first_burst(void **state)
{
	run(&toy, pool, 2, 2);
	assert_int_equal(plx_ethdev_rx_queue_defer(0, 1, true, &why), -EBUSY);
	assert_int_equal(plx_ethdev_stop(0), 0);
	assert_int_equal(plx_ethdev_rx_queue_defer(0, 2, true, &why), -EINVAL);
	assert_int_equal(plx_ethdev_rx_queue_defer(0, 1, true, &why), 0);
	assert_int_equal(plx_ethdev_tx_queue_defer(0, 0, true, &why), 0);
	assert_int_equal(plx_ethdev_start(0, &why), 0);
	asked("rx1 off tx0 off");
	assert_int_equal(rx_state(0), PLX_ETHDEV_QUEUE_STARTED);
	assert_int_equal(rx_state(1), PLX_ETHDEV_QUEUE_STOPPED);
	assert_int_equal(plx_ethdev_rx_queue_start(0, 1, &why), 0);
	asked("rx1 on");
	assert_int_equal(plx_ethdev_stop(0), 0);
	assert_int_equal(plx_ethdev_tx_queue_defer(0, 0, false, &why), 0);
	assert_int_equal(plx_ethdev_start(0, &why), 0);
	asked("rx1 off");
	assert_int_equal(plx_ethdev_close(0), 0);
	run(&toy, pool, 2, 2);
	asked("");
}

static void
a_start_whose_deferred_queues_cannot_be_stopped_is_none(void **state)
{
	run(&toy, pool, 1, 1);
	assert_int_equal(plx_ethdev_stop(0), 0);
	assert_int_equal(plx_ethdev_rx_queue_defer(0, 0, true, &why), 0);
	it.answer = -ENOTSUP;
	toy.stops = 0;
	assert_int_equal(plx_ethdev_start(0, &why), -ENOTSUP);
	assert_string_equal(why.text, "port 0 (toy0) rx queue 0: the toy is broken");
	assert_int_equal(toy.stops, 1);
	assert_int_equal(toy.dev.info.state, PLX_ETHDEV_CONFIGURED);
	assert_int_equal(rx_state(0), PLX_ETHDEV_QUEUE_STOPPED);
}

static void
what_the_device_does_not_let_go_of_is_dead_until_the_port_stops(void **state)
{
	run(&toy, pool, 2, 1);
	it.answer = -ENOTSUP;
	assert_int_equal(plx_ethdev_rx_queue_stop(0, 0, &why), -ENOTSUP);
	assert_int_equal(rx_state(0), PLX_ETHDEV_QUEUE_STARTED);
	it.answer = -ETIMEDOUT;
	assert_int_equal(plx_ethdev_rx_queue_stop(0, 0, &why), -ETIMEDOUT);
	assert_int_equal(rx_state(0), PLX_ETHDEV_QUEUE_DEAD);
	it.answer = 0;
	it.asked[0] = '\0';
	assert_int_equal(plx_ethdev_rx_queue_start(0, 0, &why), -EIO);
	assert_int_equal(plx_ethdev_rx_queue_stop(0, 0, &why), -EIO);
	asked("");
	/* A queue that does not start is as it was. */
	assert_int_equal(plx_ethdev_rx_queue_stop(0, 1, &why), 0);
	it.answer = -EIO;
	assert_int_equal(plx_ethdev_rx_queue_start(0, 1, &why), -EIO);
	assert_int_equal(rx_state(1), PLX_ETHDEV_QUEUE_STOPPED);
	it.answer = 0;
	assert_int_equal(plx_ethdev_rx_queue_start(0, 1, &why), 0);
	assert_int_equal(plx_ethdev_stop(0), 0);
	assert_int_equal(plx_ethdev_start(0, &why), 0);
	assert_int_equal(rx_state(0), PLX_ETHDEV_QUEUE_STARTED);
}

static void
a_driver_that_cannot_is_told_so_without_being_asked(void **state)
{
	able.rx_queue_run = able.tx_queue_run = NULL;
	run(&toy, pool, 1, 1);
	assert_int_equal(plx_ethdev_tx_queue_stop(0, 0, &why), -ENOTSUP);
	assert_non_null(strstr(why.text, "start and stop with their port only"));
	assert_int_equal(plx_ethdev_stop(0), 0);
	assert_int_equal(plx_ethdev_tx_queue_defer(0, 0, true, &why), -ENOTSUP);
	assert_int_equal(plx_ethdev_tx_queue_defer(0, 0, false, &why), 0);
	assert_int_equal(plx_ethdev_start(0, &why), 0);
}

static int
set_up_all(void **state)
{
	const struct plx_pool_params params = {.name = "toys", .n = 64, .node = PLX_NODE_ANY};

	return eal_pool_init(&params);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_driver_is_asked_once_for_what_is_not_so_yet),
		CASE(deferred_queues_are_stopped_before_the_first_burst),
		CASE(a_start_whose_deferred_queues_cannot_be_stopped_is_none),
		CASE(what_the_device_does_not_let_go_of_is_dead_until_the_port_stops),
		CASE(a_driver_that_cannot_is_told_so_without_being_asked),
	};

	return cmocka_run_group_tests(tests, set_up_all, eal_pool_fini);
}
