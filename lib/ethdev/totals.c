/* SPDX-License-Identifier: BSD-3-Clause */
/* The one place where queue counters are summed. Released queues leave theirs behind here. */
#include "ethdev_priv.h"

static void
add_rx(struct plx_ethdev_rxq_stats *sum, const struct plx_ethdev_rxq_stats *queue)
{
	sum->packets += plx_ethdev_read(&queue->packets);
	sum->bytes += plx_ethdev_read(&queue->bytes);
	sum->no_mbuf += plx_ethdev_read(&queue->no_mbuf);
	sum->errors += plx_ethdev_read(&queue->errors);
}

static void
add_tx(struct plx_ethdev_txq_stats *sum, const struct plx_ethdev_txq_stats *queue)
{
	sum->packets += plx_ethdev_read(&queue->packets);
	sum->bytes += plx_ethdev_read(&queue->bytes);
	sum->taken += plx_ethdev_read(&queue->taken);
	sum->errors += plx_ethdev_read(&queue->errors);
	sum->in_flight += plx_ethdev_read(&queue->in_flight);
}

void
ethdev_totals_keep_rx(struct plx_ethdev *dev, const struct plx_ethdev_rxq_stats *queue)
{
	add_rx(&dev->priv->released.rx, queue);
}

void
ethdev_totals_keep_tx(struct plx_ethdev *dev, const struct plx_ethdev_txq_stats *queue)
{
	add_tx(&dev->priv->released.tx, queue);
}

/* Before the queues' own counters, which are written first: so that what is sifted never seems to be more. */
static void
add_sifted(const struct plx_ethdev *dev, struct ethdev_totals *totals)
{
	for (unsigned q = 0; q < PLX_ETHDEV_QUEUES_MAX; q++) {
		const struct plx_ethdev_sifted *sifted = &ethdev_sifted[dev->port][q];

		for (unsigned i = 0; i < PLX_ETHDEV_SIFTED_MAX; i++)
			totals->sifted[i] += __atomic_load_n(&sifted->packets[i], __ATOMIC_ACQUIRE);
		totals->sifted_bytes += __atomic_load_n(&sifted->bytes, __ATOMIC_ACQUIRE);
	}
}

uint64_t
ethdev_totals_sifted(const struct ethdev_totals *totals)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < PLX_ETHDEV_SIFTED_MAX; i++)
		sum += totals->sifted[i];
	return sum;
}

static uint64_t
rx_losses(const struct plx_ethdev *dev, const struct ethdev_totals *totals)
{
	uint64_t sum = totals->rx.no_mbuf + totals->rx.errors;

	for (unsigned i = 0; i < dev->nb_counters; i++) {
		if (dev->counters[i].kind == PLX_COUNTER_RX_MISSED ||
		    dev->counters[i].kind == PLX_COUNTER_RX_ERROR)
			sum += totals->counter[i];
	}
	return sum;
}

static uint64_t
waiting(struct plx_ethdev *dev)
{
	uint64_t sum = 0;

	for (uint16_t i = 0; dev->ops->rx_queue_count != NULL && i < dev->info.nb_rx_queues; i++) {
		int count = dev->rxq[i] != NULL ? dev->ops->rx_queue_count(dev, dev->rxq[i]) : 0;

		sum += count > 0 ? (uint64_t)count : 0;
	}
	return sum;
}

void
ethdev_totals(struct plx_ethdev *dev, struct ethdev_totals *ret_totals)
{
	const uint64_t unknown = UINT64_MAX;
	struct ethdev_totals *totals = ret_totals;

	*totals = dev->priv->released;
	add_sifted(dev, totals);
	for (uint16_t i = 0; i < PLX_ETHDEV_QUEUES_MAX; i++) {
		if (dev->rxq[i] != NULL)
			add_rx(&totals->rx, dev->rxq[i]);
		if (dev->txq[i] != NULL)
			add_tx(&totals->tx, dev->txq[i]);
	}
	totals->received = unknown;
	if (dev->ops->counters != NULL)
		dev->ops->counters(dev, totals->counter, &totals->received);
	if (totals->received == unknown)
		totals->received = totals->rx.packets + rx_losses(dev, totals);
	else
		totals->waiting = waiting(dev);
}
