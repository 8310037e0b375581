/* SPDX-License-Identifier: BSD-3-Clause */
/* All ports at once: the pool they share, what is undone when one of them fails, and the books at the end. */
#include "eal_fixture.h"
#include "plx_ethdev_driver.h"
#include "plx_ethdev_open.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define DESCS 64

struct toy_queue {
	union {
		struct plx_ethdev_rxq_stats rx;
		struct plx_ethdev_txq_stats tx;
	};
};

struct toy {
	struct plx_ethdev dev;
	struct plx_device device;
	bool broken, link_down;
	unsigned queues;
};

static struct toy *
toy_of(struct plx_ethdev *dev)
{
	return PLX_CONTAINER_OF(dev, struct toy, dev);
}

static int
toy_rx_setup(struct plx_ethdev *dev, uint16_t queue, uint16_t descs, struct plx_pool *pool,
	     void **ret_queue, struct plx_why *why)
{
	*ret_queue = calloc(1, sizeof(struct toy_queue));
	toy_of(dev)->queues++;
	return 0;
}

static int
toy_tx_setup(struct plx_ethdev *dev, uint16_t queue, uint16_t descs, void **ret_queue,
	     struct plx_why *why)
{
	return toy_rx_setup(dev, queue, descs, NULL, ret_queue, why);
}

static void
toy_release(struct plx_ethdev *dev, void *queue)
{
	free(queue);
	toy_of(dev)->queues--;
}

static int
toy_start(struct plx_ethdev *dev, struct plx_why *why)
{
	return toy_of(dev)->broken ? plx_why(why, -EIO, "%s is broken", dev->info.name) : 0;
}

static void
toy_stop(struct plx_ethdev *dev)
{
}

static int
toy_link(struct plx_ethdev *dev, struct plx_ethdev_link *ret_link)
{
	*ret_link = (struct plx_ethdev_link){.up = !toy_of(dev)->link_down};
	return 0;
}

static uint16_t
toy_burst(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	return 0;
}

static const struct plx_ethdev_ops toy_ops = {
	.rx_queue_setup = toy_rx_setup,
	.tx_queue_setup = toy_tx_setup,
	.rx_queue_release = toy_release,
	.tx_queue_release = toy_release,
	.start = toy_start,
	.stop = toy_stop,
	.link = toy_link,
};

static struct toy toys[2];

static int
set_up(void **state)
{
	memset(toys, 0, sizeof(toys));
	for (unsigned i = 0; i < 2; i++) {
		struct toy *toy = &toys[i];

		snprintf(toy->device.name, sizeof(toy->device.name), "toy%u", i);
		toy->dev.device = &toy->device;
		toy->dev.ops = &toy_ops;
		toy->dev.rx_burst = toy->dev.tx_burst = toy_burst;
		toy->dev.info.max_rx_queues = 4;
		toy->dev.info.max_tx_queues = 2;
		toy->dev.info.max_mtu = 9000;
		toy->dev.info.rx_desc_max = toy->dev.info.tx_desc_max = 1024;
		toy->dev.info.rx_desc_default = toy->dev.info.tx_desc_default = DESCS;
		toy->dev.info.buf_size_best = 2048;
		toy->dev.prefills = true;
		if (plx_ethdev_register(&toy->dev, NULL) != 0)
			return -1;
	}
	return 0;
}

static int
tear_down(void **state)
{
	plx_ethdev_unregister(&toys[0].dev);
	plx_ethdev_unregister(&toys[1].dev);
	return 0;
}

static struct toy_queue *
rxq(unsigned i)
{
	return toys[i].dev.rxq[0];
}

static void
the_number_of_ports_must_be_right(void **state)
{
	struct plx_pool *pool;
	struct plx_why why;

	assert_int_equal(plx_ethdev_open_all(3, 1, 0, &pool, &why), -ENODEV);
	assert_non_null(strstr(why.text, "3 ports are needed, there are 2."));
	assert_non_null(strstr(why.text, "--vdev"));
	assert_int_equal(plx_ethdev_open_all(1, 1, 0, &pool, &why), -ENODEV);
	assert_non_null(strstr(why.text, "1 port is needed, there are 2."));
	assert_int_equal(plx_ethdev_open_all(2, 3, 0, &pool, &why), -EINVAL);
	assert_non_null(strstr(why.text, "3 queues asked for, the device has 1 to 2"));
	assert_null(plx_pool_at(0));
}

static void
ports_run_on_a_pool_that_holds_all_they_can_hold(void **state)
{
	struct plx_ethdev_info info;
	struct plx_pool *pool;

	assert_int_equal(plx_ethdev_open_all(0, 2, 1000, &pool, NULL), 0);
	assert_true(pool->n >= 2 * 2 * 2 * DESCS + 1000);
	assert_int_equal(pool->buf_size, 2048);
	assert_int_equal(pool->stride, 2048);
	PLX_ETHDEV_FOREACH(port) {
		assert_int_equal(plx_ethdev_info(port, &info), 0);
		assert_int_equal(info.state, PLX_ETHDEV_STARTED);
		assert_int_equal(info.nb_rx_queues, 2);
		assert_int_equal(info.nb_tx_queues, 2);
	}
	assert_int_equal(plx_ethdev_open(0, 1, pool, NULL), -EBUSY);
	assert_int_equal(plx_ethdev_open(9, 1, pool, NULL), -ENODEV);
	assert_int_equal(plx_ethdev_close_all(pool, NULL, NULL, NULL), 0);
	assert_int_equal(toys[0].queues + toys[1].queues, 0);
	assert_null(plx_pool_at(0));
}

static void
buffers_are_as_large_as_frames_need(void **state)
{
	struct plx_pool *pool;

	toys[1].dev.mtu = 1800;
	assert_int_equal(plx_ethdev_pool_create("a", 1, 0, &pool, NULL), 0);
	assert_int_equal(pool->buf_size, 4096);
	assert_int_equal(plx_pool_destroy(pool, NULL), 0);
	toys[1].dev.mtu = 9000;
	assert_int_equal(plx_ethdev_pool_create("b", 1, 0, &pool, NULL), 0);
	assert_true(pool->buf_size - pool->headroom >= 9000 + 14 + 8);
	assert_int_equal(plx_pool_destroy(pool, NULL), 0);
}

static void
a_port_that_fails_closes_those_before_it(void **state)
{
	struct plx_ethdev_info info;
	struct plx_pool *pool;
	struct plx_why why;

	toys[1].broken = true;
	assert_int_equal(plx_ethdev_open_all(2, 1, 0, &pool, &why), -EIO);
	assert_non_null(strstr(why.text, "toy1 is broken"));
	assert_int_equal(plx_ethdev_info(0, &info), 0);
	assert_int_equal(info.state, PLX_ETHDEV_CLOSED);
	assert_int_equal(toys[0].queues + toys[1].queues, 0);
	assert_null(plx_pool_at(0));
}

static void
the_books_are_added_up_and_written(void **state)
{
	struct plx_ethdev_stats sum;
	struct plx_pool *pool;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(plx_ethdev_open_all(2, 1, 0, &pool, NULL), 0);
	rxq(0)->rx = (struct plx_ethdev_rxq_stats){.packets = 10, .bytes = 640, .no_mbuf = 3};
	rxq(1)->rx.packets = 5;
	assert_int_equal(plx_ethdev_close_all(pool, out, &sum, NULL), 0);
	fclose(out);
	assert_int_equal(sum.rx_packets, 15);
	assert_int_equal(sum.rx_bytes, 640);
	assert_int_equal(sum.rx_no_mbuf, 3);
	assert_non_null(
		strstr(text, "port 0 (toy0): received 13 = delivered 10 + waiting 0 + lost 3\n"));
	assert_non_null(
		strstr(text, "port 1 (toy1): received 5 = delivered 5 + waiting 0 + lost 0\n"));
	assert_null(strstr(text, "handed over"));
	free(text);
}

static void
books_that_do_not_balance_are_an_error(void **state)
{
	struct toy_queue *txq;
	struct plx_pool *pool;
	struct plx_why why;

	assert_int_equal(plx_ethdev_open_all(2, 1, 0, &pool, NULL), 0);
	txq = toys[1].dev.txq[0];
	txq->tx.taken = 4; /* of which three are nowhere */
	txq->tx.packets = 1;
	assert_int_equal(plx_ethdev_close_all(pool, NULL, NULL, &why), -EUCLEAN);
	assert_non_null(strstr(why.text, "the books of port 1 (toy1) do not balance"));
	assert_null(plx_pool_at(0));
}

static void
a_buffer_that_is_out_keeps_the_pool(void **state)
{
	struct plx_pool *pool;
	struct plx_mbuf *m;

	assert_int_equal(plx_ethdev_open_all(2, 1, 0, &pool, NULL), 0);
	m = plx_mbuf_alloc(pool);
	assert_int_equal(plx_ethdev_close_all(pool, NULL, NULL, NULL), -EBUSY);
	plx_mbuf_free(m);
	assert_int_equal(plx_pool_destroy(pool, NULL), 0);
}

static void
only_a_port_of_no_interface_whose_link_is_down_has_ended(void **state)
{
	struct plx_pool *pool;

	assert_int_equal(plx_ethdev_open_all(2, 1, 0, &pool, NULL), 0);
	assert_false(plx_ethdev_ended(0));
	toys[0].link_down = toys[1].link_down = true;
	toys[1].dev.info.if_index = 7;
	assert_true(plx_ethdev_ended(0));
	toys[0].dev.link_returns = true;
	assert_false(plx_ethdev_ended(0));
	assert_false(plx_ethdev_ended(1));
	assert_false(plx_ethdev_ended(9));
	assert_int_equal(plx_ethdev_close_all(pool, NULL, NULL, NULL), 0);
}

static int
start(void **state)
{
	return eal_fixture_init("0@0");
}

static int
end(void **state)
{
	return plx_eal_cleanup();
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_number_of_ports_must_be_right),
		CASE(ports_run_on_a_pool_that_holds_all_they_can_hold),
		CASE(buffers_are_as_large_as_frames_need),
		CASE(a_port_that_fails_closes_those_before_it),
		CASE(the_books_are_added_up_and_written),
		CASE(books_that_do_not_balance_are_an_error),
		CASE(only_a_port_of_no_interface_whose_link_is_down_has_ended),
		CASE(a_buffer_that_is_out_keeps_the_pool),
	};

	return cmocka_run_group_tests(tests, start, end);
}
