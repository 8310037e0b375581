/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One queue alone, while the others run: by the reset of its virtqueue (RING_RESET, 2.6.1), or by what a back end is told of its
 * ring.
 *
 *	off	close the gate, have the device let go of the ring, buffers back: the ring is as new
 *	on	tell the device of the ring, fill it, open the gate
 *
 * A queue that is off stays so when the device is started anew under the running port. One whose reset never ends keeps its buffers
 * until the whole device is reset.
 */
#include "virtio_port.h"

#include <errno.h>
#include <string.h>

static int
check_device(const struct virtio_dev *dev, struct plx_why *why)
{
	if (dev->transport->queue_stop != NULL &&
	    (dev->transport->stops_alone || virtio_has(dev, VIRTIO_F_RING_RESET)))
		return 0;
	return plx_why(
		why, -ENOTSUP,
		"the device does not offer RING_RESET (QEMU: queue_reset=on, from 7.1 on): its "
		"queues start and stop with the port");
}

/* A device that is not there, or left alone, has nothing to let go of: its queues are emptied before it is started anew. */
static int
let_go(struct virtio_dev *dev, struct virtio_queue *q, struct plx_why *why)
{
	int ret = dev->state == VIRTIO_RUNNING ? dev->transport->queue_stop(dev, q) : 0;

	if (ret == -ETIMEDOUT)
		return plx_why(why, ret,
			       "the device does not finish the reset of virtqueue %u within %u ms: "
			       "the buffers in it are the device's until the port is stopped",
			       q->index, virtio_wait_ms);
	if (ret != 0)
		return plx_why(why, ret, "the device does not let go of virtqueue %u: %s", q->index,
			       strerror(-ret));
	return 0;
}

static int
take_on(struct virtio_dev *dev, struct virtio_queue *q, struct plx_why *why)
{
	int ret = 0;

	if (dev->state == VIRTIO_RUNNING)
		ret = dev->transport->queue_start(dev, q, why);
	if (ret == 0)
		virtio_queue_set_off(q, false);
	return ret;
}

static int
stop_rx(struct virtio_dev *dev, struct virtio_rxq *rxq, struct plx_why *why)
{
	int ret;

	virtio_queue_set_off(virtio_rxq_queue(rxq), true);
	virtio_rxq_stop(rxq);
	ret = let_go(dev, virtio_rxq_queue(rxq), why);
	if (ret == 0 && dev->state == VIRTIO_RUNNING)
		virtio_rxq_drain(rxq);
	return ret;
}

static int
start_rx(struct virtio_dev *dev, struct virtio_rxq *rxq, struct plx_why *why)
{
	int ret = take_on(dev, virtio_rxq_queue(rxq), why);

	if (ret == 0 && dev->state == VIRTIO_RUNNING)
		virtio_rxq_start(rxq);
	return ret;
}

static int
stop_tx(struct virtio_dev *dev, struct virtio_txq *txq, struct plx_why *why)
{
	int ret;

	virtio_queue_set_off(virtio_txq_queue(txq), true);
	virtio_txq_stop(txq);
	ret = let_go(dev, virtio_txq_queue(txq), why);
	if (ret == 0 && dev->state == VIRTIO_RUNNING)
		virtio_txq_drain(txq);
	return ret;
}

static int
start_tx(struct virtio_dev *dev, struct virtio_txq *txq, struct plx_why *why)
{
	int ret = take_on(dev, virtio_txq_queue(txq), why);

	if (ret == 0 && dev->state == VIRTIO_RUNNING)
		virtio_txq_start(txq);
	return ret;
}

int
virtio_single_rx(struct plx_ethdev *eth, uint16_t queue, bool on, struct plx_why *why)
{
	struct virtio_dev *dev = virtio_dev(eth);
	int ret;

	pthread_mutex_lock(&dev->lock);
	ret = check_device(dev, why);
	if (ret == 0)
		ret = (on ? start_rx : stop_rx)(dev, dev->rxqs[queue], why);
	pthread_mutex_unlock(&dev->lock);
	return ret;
}

int
virtio_single_tx(struct plx_ethdev *eth, uint16_t queue, bool on, struct plx_why *why)
{
	struct virtio_dev *dev = virtio_dev(eth);
	int ret;

	pthread_mutex_lock(&dev->lock);
	ret = check_device(dev, why);
	if (ret == 0)
		ret = (on ? start_tx : stop_tx)(dev, dev->txqs[queue], why);
	pthread_mutex_unlock(&dev->lock);
	return ret;
}
