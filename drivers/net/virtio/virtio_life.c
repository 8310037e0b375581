/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A port comes up, goes down, and is started anew under running bursts:
 *
 *	start	negotiate what configure did (3.1.1), clear the queues, interrupts and queues (4.1.5.1), DRIVER_OK, queue pairs
 *		and filters (5.1.5, 5.1.6.5), fill and open the gates
 *	stop	close the gates, reset, interrupts, buffers back
 *	halt	close the gates: the peer went
 *	revive	halt, reset, buffers back, and all of start
 *
 * Memory that the device knows is given back only after its reset, or after it was cut off from the bus.
 */
#include "virtio_port.h"

#include "plx_clock.h"
#include "plx_log.h"

#include <errno.h>
#include <string.h>

PLX_LOG_COMPONENT(logger, "pmd.net.virtio");

#define RESET_PAUSE_NS \
	1000000000ULL /* a device that needs a reset sooner after the last is broken */

/* -- down --------------------------------------------------------------------------------------------------------------- */

/* After it no memory is the device's any more, by its own word or by force. */
void
virtio_life_silence(struct virtio_dev *dev)
{
	int ret = virtio_dev_reset(dev);

	if (ret == 0)
		return;
	if (dev->transport->cut != NULL)
		dev->transport->cut(dev);
	if (!dev->alone)
		plx_log_warn(&logger, "%s: the device does not finish a reset (%s) and was cut off",
			     dev->eth.device->name, strerror(-ret));
}

static void
close_gates(struct virtio_dev *dev)
{
	for (unsigned i = 0; i < VIRTIO_PAIRS_MAX; i++) {
		if (dev->rxqs[i] != NULL)
			virtio_rxq_stop(dev->rxqs[i]);
		if (dev->txqs[i] != NULL)
			virtio_txq_stop(dev->txqs[i]);
	}
}

/* As new, under what was agreed. Only while the device is reset: else it writes into them. */
static void
clear_queues(struct virtio_dev *dev)
{
	for (unsigned i = 0; i < VIRTIO_PAIRS_MAX; i++) {
		if (dev->rxqs[i] != NULL)
			virtio_rxq_drain(dev->rxqs[i]);
		if (dev->txqs[i] != NULL)
			virtio_txq_drain(dev->txqs[i]);
	}
	if (dev->ctrl != NULL)
		virtio_queue_clear(dev->ctrl);
}

/* Gates are closed. */
static void
take_down(struct virtio_dev *dev)
{
	virtio_life_silence(dev);
	virtio_irq_stop(dev);
	clear_queues(dev);
}

/* -- up ----------------------------------------------------------------------------------------------------------------- */

static int
negotiate_again(struct virtio_dev *dev, struct plx_why *why)
{
	const uint64_t before = dev->features;
	int ret = virtio_dev_negotiate(dev, before, why); /* no more than that */

	if (ret != 0 || dev->features == before)
		return ret;
	ret = plx_why(why, -EPROTO,
		      "the device offers other features than when it was configured (%#llx, not "
		      "%#llx): configure it again",
		      (unsigned long long)dev->features, (unsigned long long)before);
	dev->features = before; /* what the queues are laid out for */
	return ret;
}

static void
open_gates(struct virtio_dev *dev)
{
	for (unsigned i = 0; i < VIRTIO_PAIRS_MAX; i++) {
		if (dev->rxqs[i] != NULL && !virtio_queue_is_off(virtio_rxq_queue(dev->rxqs[i])))
			virtio_rxq_start(dev->rxqs[i]);
		if (dev->txqs[i] != NULL && !virtio_queue_is_off(virtio_txq_queue(dev->txqs[i])))
			virtio_txq_start(dev->txqs[i]);
	}
}

static int
stop_if_off(struct virtio_dev *dev, struct virtio_queue *q, struct plx_why *why)
{
	int ret = virtio_queue_is_off(q) ? dev->transport->queue_stop(dev, q) : 0;

	return ret == 0 ? 0
			: plx_why(why, ret, "virtqueue %u, which is to stay stopped: %s", q->index,
				  strerror(-ret));
}

/* All were started, as pairs are asked for whole (5.1.6.5.5): those that were stopped alone go off again, empty as they are. */
static int
stop_off(struct virtio_dev *dev, struct plx_why *why)
{
	int ret = 0;

	for (unsigned i = 0; i < VIRTIO_PAIRS_MAX && ret == 0; i++) {
		if (dev->rxqs[i] != NULL)
			ret = stop_if_off(dev, virtio_rxq_queue(dev->rxqs[i]), why);
		if (ret == 0 && dev->txqs[i] != NULL)
			ret = stop_if_off(dev, virtio_txq_queue(dev->txqs[i]), why);
	}
	return ret;
}

static void
all_on(struct virtio_dev *dev)
{
	for (unsigned i = 0; i < VIRTIO_PAIRS_MAX; i++) {
		if (dev->rxqs[i] != NULL)
			virtio_queue_set_off(virtio_rxq_queue(dev->rxqs[i]), false);
		if (dev->txqs[i] != NULL)
			virtio_queue_set_off(virtio_txq_queue(dev->txqs[i]), false);
	}
}

/* From whatever state to a device that works; the queues are as new. A peer that is not there yet is waited for. */
static int
bring_up(struct virtio_dev *dev, struct plx_why *why)
{
	int ret = negotiate_again(dev, why);

	dev->state = VIRTIO_HALTED;
	if (ret == 0 && dev->alone)
		return 0;
	if (ret == 0) {
		clear_queues(dev);
		virtio_irq_start(dev);
		ret = virtio_dev_start(dev, why);
	}
	if (ret == 0) {
		dev->state = VIRTIO_RUNNING;
		ret = virtio_filter_restore(dev, why);
	}
	if (ret == 0)
		ret = stop_off(dev, why);
	if (ret == 0) {
		open_gates(dev);
		return 0;
	}
	dev->state = VIRTIO_HALTED;
	take_down(dev);
	return ret;
}

int
virtio_life_start(struct plx_ethdev *eth, struct plx_why *why)
{
	struct virtio_dev *dev = virtio_dev(eth);
	int ret;

	eth->rx_burst = virtio_rx_function(dev);
	eth->tx_burst = virtio_tx_function(dev);
	pthread_mutex_lock(&dev->lock);
	dev->last_revival = 0;
	all_on(dev);
	ret = bring_up(dev, why);
	if (ret != 0) {
		virtio_irq_forget(dev);
		dev->state = VIRTIO_STOPPED;
	}
	pthread_mutex_unlock(&dev->lock);
	if (ret != 0)
		return ret;
	virtio_irq_watch(dev);
	return 0;
}

void
virtio_life_stop(struct plx_ethdev *eth)
{
	struct virtio_dev *dev = virtio_dev(eth);

	virtio_irq_unwatch(dev);
	pthread_mutex_lock(&dev->lock);
	close_gates(dev);
	take_down(dev);
	virtio_irq_forget(dev);
	dev->state = VIRTIO_STOPPED;
	pthread_mutex_unlock(&dev->lock);
}

void
virtio_port_halt(struct virtio_dev *dev)
{
	close_gates(dev);
	if (dev->state == VIRTIO_RUNNING)
		dev->state = VIRTIO_HALTED;
}

int
virtio_port_revive(struct virtio_dev *dev, struct plx_why *why)
{
	if (dev->state == VIRTIO_STOPPED)
		return 0;
	virtio_port_halt(dev);
	take_down(dev);
	dev->revivals++;
	dev->last_revival = plx_clock_monotonic_ns();
	return bring_up(dev, why);
}

bool
virtio_port_resets_too_often(const struct virtio_dev *dev)
{
	return dev->last_revival != 0 &&
	       plx_clock_monotonic_ns() - dev->last_revival < RESET_PAUSE_NS;
}
