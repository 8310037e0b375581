/* SPDX-License-Identifier: BSD-3-Clause */
/* The flat table that bursts go through, and what stands in it while a port does not run. */
#include "ethdev_priv.h"

/* `queue` points at the port's count of such calls; threads may be several. */
static uint16_t
stopped_burst(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	__atomic_fetch_add((uint64_t *)queue, 1, __ATOMIC_RELAXED);
	return 0;
}

/* Ports that never were. */
static uint64_t no_port_bursts;

#define REPEAT_4(x)  x, x, x, x
#define REPEAT_16(x) REPEAT_4(x), REPEAT_4(x), REPEAT_4(x), REPEAT_4(x)
#define REPEAT_64(x) REPEAT_16(x), REPEAT_16(x), REPEAT_16(x), REPEAT_16(x)
static void *no_port_queue[PLX_ETHDEV_QUEUES_MAX] = {REPEAT_64(&no_port_bursts)};
PLX_STATIC_ASSERT(PLX_ETHDEV_QUEUES_MAX == 64, "one entry a queue above");

struct plx_ethdev_fast plx_ethdev_fast_table[PLX_ETHDEV_MAX] = {
	[0 ... PLX_ETHDEV_MAX - 1] = {stopped_burst, stopped_burst, no_port_queue, no_port_queue,
				      NULL},
};

/* All but the hooks, which others set at any time. */
static void
fill(uint16_t port, plx_ethdev_rx_fn rx, plx_ethdev_tx_fn tx, void **rxq, void **txq)
{
	struct plx_ethdev_fast *fast = &plx_ethdev_fast_table[port];

	fast->rx = rx;
	fast->tx = tx;
	fast->rxq = rxq;
	fast->txq = txq;
}

void
ethdev_fast_start(struct plx_ethdev *dev)
{
	fill(dev->port, dev->rx_burst, dev->tx_burst, dev->rxq, dev->txq);
}

void
ethdev_fast_stop(struct plx_ethdev *dev)
{
	struct plx_ethdev_private *priv = dev->priv;

	for (unsigned i = 0; i < PLX_ETHDEV_QUEUES_MAX; i++)
		priv->stopped_queue[i] = &priv->stopped_bursts;
	fill(dev->port, stopped_burst, stopped_burst, priv->stopped_queue, priv->stopped_queue);
}

void
ethdev_fast_forget(struct plx_ethdev *dev)
{
	fill(dev->port, stopped_burst, stopped_burst, no_port_queue, no_port_queue);
}
