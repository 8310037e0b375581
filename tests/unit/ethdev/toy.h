/* SPDX-License-Identifier: BSD-3-Clause */
/* A driver that only remembers what it was asked, for tests of the port layer. */
#ifndef PLX_TESTS_UNIT_ETHDEV_TOY_H
#define PLX_TESTS_UNIT_ETHDEV_TOY_H

#include "plx_ethdev_driver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct toy_rxq {
	struct plx_ethdev_rxq_stats stats;
};
struct toy_txq {
	struct plx_ethdev_txq_stats stats;
};

struct toy {
	struct plx_ethdev dev;
	struct plx_device device;
	int fail; /* what the next op returns */
	struct plx_ethdev_flow_ctrl flow;
	unsigned starts, stops, queues;
	uint64_t ring_full, received;
	unsigned fds_asked;
	uint16_t waiting;
};

static struct toy *
toy_of(struct plx_ethdev *dev)
{
	return PLX_CONTAINER_OF(dev, struct toy, dev);
}

static int
toy_queue(struct plx_ethdev *dev, void **ret_queue)
{
	if (toy_of(dev)->fail != 0)
		return toy_of(dev)->fail;
	*ret_queue = calloc(1, 128);
	toy_of(dev)->queues++;
	return 0;
}

static int
toy_rx_setup(struct plx_ethdev *dev, uint16_t queue, uint16_t descs, struct plx_pool *p,
	     void **ret_queue, struct plx_why *why)
{
	int ret = toy_queue(dev, ret_queue);

	return ret == 0 ? 0 : plx_why(why, ret, "the toy is broken");
}

static int
toy_tx_setup(struct plx_ethdev *dev, uint16_t queue, uint16_t descs, void **ret_queue,
	     struct plx_why *why)
{
	return toy_queue(dev, ret_queue);
}

static void
toy_release(struct plx_ethdev *dev, void *queue)
{
	toy_of(dev)->queues--;
	free(queue);
}

static int
toy_start(struct plx_ethdev *dev, struct plx_why *why)
{
	toy_of(dev)->starts++;
	return toy_of(dev)->fail;
}

static void
toy_stop(struct plx_ethdev *dev)
{
	toy_of(dev)->stops++;
}

static int
toy_filter_mac(struct plx_ethdev *dev, const uint8_t mac[6], bool on)
{
	return 0;
}

static int
toy_rx_queue_count(struct plx_ethdev *dev, void *queue)
{
	return toy_of(dev)->waiting;
}

static int
toy_flow_ctrl(struct plx_ethdev *dev, struct plx_ethdev_flow_ctrl *ret_flow)
{
	*ret_flow = toy_of(dev)->flow;
	return toy_of(dev)->fail;
}

static int
toy_set_flow_ctrl(struct plx_ethdev *dev, const struct plx_ethdev_flow_ctrl *flow)
{
	toy_of(dev)->flow = *flow;
	return toy_of(dev)->fail;
}

static int
toy_registers(struct plx_ethdev *dev, struct plx_ethdev_reg *ret_regs, unsigned n)
{
	if (n > 0)
		*ret_regs = (struct plx_ethdev_reg){.name = "TOY", .offset = 8, .value = 77};
	return toy_of(dev)->fail != 0 ? toy_of(dev)->fail : 1;
}

static int
toy_set_rss(struct plx_ethdev *dev)
{
	return toy_of(dev)->fail;
}

static int
toy_counters(struct plx_ethdev *dev, uint64_t *values, uint64_t *ret_received)
{
	values[0] = toy_of(dev)->ring_full;
	values[1] = 77;
	if (toy_of(dev)->received != 0)
		*ret_received = toy_of(dev)->received;
	return 0;
}

static uint16_t
toy_burst(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	return n;
}

static int
toy_rx_fd(struct plx_ethdev *dev, void *queue)
{
	toy_of(dev)->fds_asked++;
	return 100;
}

static const struct plx_ethdev_ops toy_ops = {
	.rx_fd = toy_rx_fd,
	.rx_queue_setup = toy_rx_setup,
	.tx_queue_setup = toy_tx_setup,
	.rx_queue_release = toy_release,
	.tx_queue_release = toy_release,
	.start = toy_start,
	.stop = toy_stop,
	.filter_mac = toy_filter_mac,
	.rx_queue_count = toy_rx_queue_count,
	.flow_ctrl = toy_flow_ctrl,
	.set_flow_ctrl = toy_set_flow_ctrl,
	.registers = toy_registers,
	.set_rss = toy_set_rss,
	.counters = toy_counters,
};

static const struct plx_ethdev_counter toy_counters_table[] = {
	{"rx_missed_ring_full", "kernel ring full", PLX_COUNTER_RX_MISSED},
	{"wakeups", "wakeups", PLX_COUNTER_INFO},
};

static inline void
toy_init(struct toy *toy, const char *name)
{
	memset(toy, 0, sizeof(*toy));
	snprintf(toy->device.name, sizeof(toy->device.name), "%s", name);
	toy->dev.device = &toy->device;
	toy->dev.ops = &toy_ops;
	toy->dev.counters = toy_counters_table;
	toy->dev.nb_counters = 2;
	toy->dev.rx_burst = toy_burst;
	toy->dev.tx_burst = toy_burst;
	toy->dev.info.max_rx_queues = 4;
	toy->dev.info.max_tx_queues = 2;
	toy->dev.info.rx_desc_min = 8;
	toy->dev.info.rx_desc_max = 1024;
	toy->dev.info.rx_desc_default = 32;
	toy->dev.info.tx_desc_default = 32;
	toy->dev.info.reta_size = 8;
	toy->dev.info.rss_key_size = 40;
	toy->dev.info.rss_types = PLX_ETH_RSS_IPV4 | PLX_ETH_RSS_TCP;
	toy->dev.info.max_mac_addrs = 3;
	toy->dev.info.rx_offloads_capable = PLX_ETH_RX_OFFLOAD_SCATTER;
}

static inline void
run(struct toy *toy, struct plx_pool *from, uint16_t nb_rx, uint16_t nb_tx)
{
	uint16_t port = toy->dev.port;

	assert_int_equal(plx_ethdev_configure(port, nb_rx, nb_tx, NULL, NULL), 0);
	for (uint16_t i = 0; i < nb_rx; i++)
		assert_int_equal(plx_ethdev_rx_queue_setup(port, i, 0, from, NULL), 0);
	for (uint16_t i = 0; i < nb_tx; i++)
		assert_int_equal(plx_ethdev_tx_queue_setup(port, i, 0, NULL), 0);
	assert_int_equal(plx_ethdev_start(port, NULL), 0);
}

#endif
