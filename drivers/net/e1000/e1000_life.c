/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A start resets the card and tells it everything anew; a stop resets it and takes its bus mastering away, so that no buffer is
 * its own any more, whether it obeys or not:
 *
 *	start	reset -> general registers -> PHY -> filters -> rings (14.3, 14.4, 14.5) -> RCTL.EN, buffers -> interrupts
 *	stop	interrupts -> RCTL, TCTL off -> statistics -> reset -> no bus master -> buffers back
 */
#include "e1000.h"

#include "plx_log.h"

#include <errno.h>

PLX_LOG_COMPONENT(logger, "pmd.net.e1000");

static void
take_down(struct e1000_dev *dev)
{
	struct plx_why why = {""};

	dev->running = false;
	dev->rctl = 0;
	e1000_write(dev, E1000_RCTL, 0);
	e1000_write(dev, E1000_TCTL, E1000_TCTL_PSP);
	e1000_stats_collect(dev, true);
	if (e1000_hw_reset(dev, &why) != 0)
		plx_log_warn(&logger, "%s: it is cut off from the bus: %s", dev->eth.device->name,
			     why.text);
	plx_pci_bus_master(dev->pci, false);
	if (dev->rxq != NULL)
		e1000_rxq_drain(dev->rxq);
	if (dev->txq != NULL)
		e1000_txq_drain(dev->txq);
}

static int
bring_up(struct e1000_dev *dev, struct plx_why *why)
{
	int ret = e1000_hw_reset(dev, why);

	if (ret != 0)
		return ret;
	e1000_hw_init(dev);
	ret = e1000_phy_start(dev, why);
	if (ret == 0 && plx_pci_bus_master(dev->pci, true) != 0)
		ret = plx_why(why, -EIO, "the card cannot be made a bus master");
	if (ret != 0)
		return ret;
	e1000_hw_flow(dev); /* as agreed on already, if it was */
	e1000_filter_restore(dev);
	if (dev->txq != NULL)
		e1000_txq_start(dev->txq);
	if (dev->rxq != NULL)
		e1000_rxq_start(dev->rxq);
	dev->running = true;
	e1000_filter_modes(dev); /* RCTL.EN, once the ring is there (14.4) */
	if (dev->rxq != NULL)
		e1000_rx_refill(dev->rxq);
	return 0;
}

int
e1000_life_start(struct plx_ethdev *eth, struct plx_why *why)
{
	struct e1000_dev *dev = e1000_dev(eth);
	int ret;

	pthread_mutex_lock(&dev->lock);
	ret = bring_up(dev, why);
	pthread_mutex_unlock(&dev->lock);
	if (ret == 0)
		e1000_irq_start(dev);
	return ret;
}

void
e1000_life_stop(struct plx_ethdev *eth)
{
	struct e1000_dev *dev = e1000_dev(eth);

	e1000_irq_forget(dev);
	pthread_mutex_lock(&dev->lock);
	take_down(dev);
	pthread_mutex_unlock(&dev->lock);
}

int
e1000_life_reset(struct plx_ethdev *eth, struct plx_why *why)
{
	struct e1000_dev *dev = e1000_dev(eth);
	int ret;

	pthread_mutex_lock(&dev->lock);
	ret = e1000_hw_reset(dev, why);
	pthread_mutex_unlock(&dev->lock);
	return ret;
}
