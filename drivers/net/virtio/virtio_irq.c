/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the device tells by itself: packets, to who sleeps on a queue's fd, and changes of its configuration, to the control
 * thread. A device without interrupts is polled and its link read when asked for.
 */
#include "virtio.h"

#include "plx_log.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

PLX_LOG_COMPONENT(logger, "pmd.net.virtio");

#define FDS_MAX (1 + 2 * VIRTIO_PAIRS_MAX)

static int
make_fd(int *fd)
{
	if (*fd < 0)
		*fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return *fd;
}

void
virtio_irq_rx_create(struct virtio_dev *dev, uint16_t queue)
{
	if (dev->transport->irq_set != NULL)
		make_fd(&dev->rx_fds[queue]);
}

void
virtio_irq_rx_destroy(struct virtio_dev *dev, uint16_t queue)
{
	if (dev->rx_fds[queue] >= 0)
		close(dev->rx_fds[queue]);
	dev->rx_fds[queue] = -1;
}

void
virtio_irq_start(struct virtio_dev *dev)
{
	struct plx_why why = {""};
	int fds[FDS_MAX];
	unsigned n = 1;

	if (dev->transport->irq_set == NULL)
		return;
	memset(fds, -1, sizeof(fds));
	fds[0] = make_fd(&dev->config_fd);
	for (unsigned i = 0; i < VIRTIO_PAIRS_MAX; i++) {
		if (dev->rxqs[i] == NULL)
			continue;
		fds[1 + 2 * i] = dev->rx_fds[i];
		n = 2 + 2 * i;
	}
	dev->interrupts = dev->transport->irq_set(dev, fds, n, &why) == 0;
	if (!dev->interrupts)
		plx_log_notice(&logger, "%s: no interrupts, queues and link are polled: %s",
			       dev->eth.device->name, why.text);
}

void
virtio_irq_stop(struct virtio_dev *dev)
{
	if (dev->transport->irq_set != NULL)
		dev->transport->irq_set(dev, NULL, 0, NULL);
}

int
virtio_irq_rx_fd(struct plx_ethdev *eth, void *queue)
{
	struct virtio_dev *dev = virtio_dev(eth);
	const uint16_t pair = virtio_rxq_queue(queue)->index / 2;

	if (dev->rx_fds[pair] < 0 || (dev->state == VIRTIO_RUNNING && !dev->interrupts))
		return -ENOTSUP;
	virtio_rxq_irq(queue, true);
	return dev->rx_fds[pair];
}

/* -- the link -------------------------------------------------------------------------------------------------------- */

void
virtio_irq_unwatch(struct virtio_dev *dev)
{
	if (dev->config_event != 0)
		plx_event_remove(dev->config_event);
	dev->config_event = 0;
}

void
virtio_irq_forget(struct virtio_dev *dev)
{
	if (dev->config_fd >= 0)
		close(dev->config_fd);
	dev->config_fd = -1;
}

/* Under the lock. */
static bool
read_link(struct virtio_dev *dev, uint16_t *ret_status)
{
	*ret_status = 0;
	return !dev->alone && dev->state != VIRTIO_HALTED &&
	       virtio_config_status(dev, ret_status) == 0 &&
	       (*ret_status & VIRTIO_NET_S_LINK_UP) != 0;
}

int
virtio_irq_link(struct plx_ethdev *eth, struct plx_ethdev_link *ret_link)
{
	struct virtio_dev *dev = virtio_dev(eth);
	uint16_t status;

	pthread_mutex_lock(&dev->lock);
	*ret_link = (struct plx_ethdev_link){
		.speed_mbps = dev->wishes.speed_mbps != 0 ? dev->wishes.speed_mbps
							  : dev->limits.speed_mbps,
		.full_duplex = dev->limits.full_duplex,
		.up = read_link(dev, &status),
	};
	pthread_mutex_unlock(&dev->lock);
	return 0;
}

/* -- news ------------------------------------------------------------------------------------------------------------- */

/* A device that needs a reset gets one; one that needs the next at once stays as it is. Under the lock. */
static void
heal(struct virtio_dev *dev)
{
	struct plx_why why = {""};
	uint8_t status;

	if (dev->state != VIRTIO_RUNNING || dev->transport->status(dev, &status) != 0 ||
	    (status & VIRTIO_STATUS_DEVICE_NEEDS_RESET) == 0)
		return;
	if (virtio_port_resets_too_often(dev)) {
		virtio_port_halt(dev);
		plx_log_err(&logger,
			    "%s: the device needs a reset again and again: it is left alone until "
			    "the port is started anew",
			    dev->eth.device->name);
	} else if (virtio_port_revive(dev, &why) != 0) {
		plx_log_err(&logger, "%s: the device needed a reset, which failed: %s",
			    dev->eth.device->name, why.text);
	} else {
		plx_log_notice(&logger, "%s: the device needed a reset and has had it",
			       dev->eth.device->name);
	}
}

/* How the link is, and what the device wants announced. Under the lock; true if the link changed. */
static bool
look_at_link(struct virtio_dev *dev)
{
	const bool before = dev->link_up;
	uint16_t status;

	dev->link_up = read_link(dev, &status);
	if (dev->state == VIRTIO_RUNNING)
		virtio_config_speed(dev);
	if (dev->state == VIRTIO_RUNNING && virtio_has(dev, VIRTIO_NET_F_GUEST_ANNOUNCE) &&
	    (status & VIRTIO_NET_S_ANNOUNCE) != 0)
		virtio_announce(dev);
	return dev->link_up != before;
}

void
virtio_port_changed(struct virtio_dev *dev)
{
	bool changed, up;

	pthread_mutex_lock(&dev->lock);
	dev->config_changes++;
	heal(dev);
	changed = look_at_link(dev);
	up = dev->link_up;
	pthread_mutex_unlock(&dev->lock);
	if (changed)
		plx_ethdev_link_changed(&dev->eth, up);
}

bool
virtio_port_link_news(struct virtio_dev *dev)
{
	bool changed, up;

	if (pthread_mutex_trylock(&dev->lock) != 0)
		return false;
	dev->config_changes++;
	changed = look_at_link(dev);
	up = dev->link_up;
	pthread_mutex_unlock(&dev->lock);
	if (changed)
		plx_ethdev_link_changed(&dev->eth, up);
	return true;
}

static void
on_config(void *arg, int fd, uint32_t events)
{
	eventfd_t count;

	if (eventfd_read(fd, &count) == 0)
		virtio_port_changed(arg);
}

void
virtio_irq_watch(struct virtio_dev *dev)
{
	if (dev->config_fd >= 0 && dev->config_event == 0)
		plx_event_fd_add(dev->config_fd, EPOLLIN, on_config, dev, &dev->config_event);
	pthread_mutex_lock(&dev->lock);
	look_at_link(dev);
	pthread_mutex_unlock(&dev->lock);
}
