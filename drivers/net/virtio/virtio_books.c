/* SPDX-License-Identifier: BSD-3-Clause */
/* The port's own counters, beside those that every queue has. They outlive queues and resets. */
#include "virtio_port.h"

enum {
	COUNT_NOTIFICATIONS,
	COUNT_STARVED,
	COUNT_COPIED,
	COUNT_UNREAD,
	COUNT_BROKEN_QUEUES,
	COUNT_VIOLATIONS,
	COUNT_CONFIG_CHANGES,
	COUNT_CTRL_COMMANDS,
	COUNT_CTRL_FAILURES,
	COUNT_RESETS,
	COUNTS,
};

static const struct plx_ethdev_counter counters[COUNTS] = {
	[COUNT_NOTIFICATIONS] = {"notifications", "doorbells rung", PLX_COUNTER_INFO},
	[COUNT_STARVED] = {"rx_starved", "refills that found the pool empty", PLX_COUNTER_INFO},
	[COUNT_COPIED] = {"tx_copied", "packets whose bytes the device cannot reach, copied",
			  PLX_COUNTER_INFO},
	[COUNT_UNREAD] = {"rx_missed_stopped", "in the ring when its queue stopped",
			  PLX_COUNTER_RX_MISSED},
	[COUNT_BROKEN_QUEUES] = {"broken_queues", "queues that the device broke", PLX_COUNTER_INFO},
	[COUNT_VIOLATIONS] = {"violations", "rules that the device broke", PLX_COUNTER_INFO},
	[COUNT_CONFIG_CHANGES] = {"config_changes", "changes of configuration", PLX_COUNTER_INFO},
	[COUNT_CTRL_COMMANDS] = {"ctrl_commands", "commands to the device", PLX_COUNTER_INFO},
	[COUNT_CTRL_FAILURES] = {"ctrl_failures", "commands refused", PLX_COUNTER_INFO},
	[COUNT_RESETS] = {"device_resets", "times the device was started anew", PLX_COUNTER_INFO},
};

void
virtio_books_open(struct plx_ethdev *eth)
{
	eth->counters = counters;
	eth->nb_counters = COUNTS;
}

static void
add(struct virtio_counts *sum, const struct virtio_queue *q)
{
	sum->notifications += plx_ethdev_read(&q->notifications);
	sum->starved += plx_ethdev_read(&q->starved);
	sum->copied += plx_ethdev_read(&q->copied);
	sum->unread += plx_ethdev_read(&q->unread);
	sum->violations += plx_ethdev_read(&q->violations);
}

void
virtio_books_keep(struct virtio_dev *dev, const struct virtio_queue *q)
{
	add(&dev->kept, q);
}

static void
count_queue(const struct virtio_queue *q, struct virtio_counts *sum, uint64_t *broken)
{
	add(sum, q);
	*broken += q->broken;
}

int
virtio_books_read(struct plx_ethdev *eth, uint64_t *values, uint64_t *ret_received)
{
	struct virtio_dev *dev = virtio_dev(eth);
	struct virtio_counts sum;
	uint64_t broken = 0;

	pthread_mutex_lock(&dev->lock);
	sum = dev->kept;
	for (unsigned i = 0; i < VIRTIO_PAIRS_MAX; i++) {
		if (dev->rxqs[i] != NULL)
			count_queue(virtio_rxq_queue(dev->rxqs[i]), &sum, &broken);
		if (dev->txqs[i] != NULL)
			count_queue(virtio_txq_queue(dev->txqs[i]), &sum, &broken);
	}
	if (dev->ctrl != NULL)
		count_queue(dev->ctrl, &sum, &broken);
	values[COUNT_NOTIFICATIONS] = sum.notifications;
	values[COUNT_STARVED] = sum.starved;
	values[COUNT_COPIED] = sum.copied;
	values[COUNT_UNREAD] = sum.unread;
	values[COUNT_VIOLATIONS] = sum.violations;
	values[COUNT_BROKEN_QUEUES] = broken;
	values[COUNT_CONFIG_CHANGES] = dev->config_changes;
	values[COUNT_CTRL_COMMANDS] = dev->ctrl_commands;
	values[COUNT_CTRL_FAILURES] = dev->ctrl_failures;
	values[COUNT_RESETS] = dev->revivals;
	pthread_mutex_unlock(&dev->lock);
	return 0;
}
