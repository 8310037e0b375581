/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Commands to the device (5.1.6.5): class, command and data go out, one byte comes back. That byte is preset to neither
 * yes nor no, so that a device which uses the buffer without an answer is found out.
 */
#include "virtio.h"

#include "plx_log.h"

#include <errno.h>
#include <string.h>

PLX_LOG_COMPONENT(logger, "pmd.net.virtio");

#define NO_ANSWER 0xff
#define HEAD_LEN  2 /* class, command */

/* Once: a queue that is broken is not asked again. */
static void
tell_lost(const struct virtio_dev *dev, const uint8_t *request, int err)
{
	plx_log_warn(
		&logger,
		"%s: command %u/%u was not answered (%s): the control queue is given up, filters "
		"and queues stay as they are until the port is stopped and started",
		dev->eth.device->name, request[0], request[1], strerror(-err));
}

/* Where a queue can be reset alone (2.6.1) this one gets a second chance, once between two starts of the device. */
static bool
reset_queue(struct virtio_dev *dev)
{
	if (dev->ctrl_was_reset || dev->transport->queue_stop == NULL ||
	    dev->transport->queue_stop(dev, dev->ctrl) != 0)
		return false;
	dev->ctrl_was_reset = true;
	virtio_queue_clear(dev->ctrl);
	return dev->transport->queue_start(dev, dev->ctrl, NULL) == 0;
}

static int
say(struct virtio_dev *dev, const uint8_t *request, unsigned len, uint8_t *ret_ack)
{
	*ret_ack = NO_ANSWER;
	return virtio_queue_call(dev->ctrl, request, len, ret_ack, sizeof(*ret_ack),
				 (int)virtio_wait_ms);
}

/* What is said twice has the effect of what is said once, with all commands that there are. */
static int
ask(struct virtio_dev *dev, const uint8_t *request, unsigned len)
{
	uint8_t ack;
	int ret = say(dev, request, len, &ack);

	if (ret != 0 && reset_queue(dev)) {
		plx_log_notice(&logger,
			       "%s: command %u/%u was not answered (%s): the control queue was "
			       "reset, and it is said again",
			       dev->eth.device->name, request[0], request[1], strerror(-ret));
		ret = say(dev, request, len, &ack);
	}
	if (ret != 0) {
		tell_lost(dev, request, ret);
		return -EIO;
	}
	if (ack == VIRTIO_NET_OK)
		return 0;
	return ack == VIRTIO_NET_ERR ? -EPERM : -EIO;
}

int
virtio_ctrl(struct virtio_dev *dev, uint8_t class, uint8_t command, const void *data, unsigned len)
{
	uint8_t request[VIRTIO_CALL_MAX] = {class, command};
	int ret;

	if (len > sizeof(request) - HEAD_LEN)
		return -EINVAL;
	if (dev->transport->ctrl == NULL && dev->ctrl == NULL)
		return -ENOTSUP;
	dev->ctrl_commands++;
	if (dev->transport->ctrl != NULL) {
		ret = dev->transport->ctrl(dev, class, command, data, len);
	} else if (dev->ctrl->broken) {
		ret = -EIO;
	} else {
		if (len > 0)
			memcpy(request + HEAD_LEN, data, len);
		ret = ask(dev, request, HEAD_LEN + len);
	}
	if (ret != 0)
		dev->ctrl_failures++;
	return ret;
}

int
virtio_ctrl_if_running(struct virtio_dev *dev, uint8_t class, uint8_t command, const void *data,
		       unsigned len)
{
	return dev->state == VIRTIO_RUNNING ? virtio_ctrl(dev, class, command, data, len) : 0;
}
