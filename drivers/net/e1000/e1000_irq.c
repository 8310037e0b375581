/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the card tells by itself, over INTx: its link, to the control thread, and packets, to who sleeps on the queue's fd.
 * Once a second it is looked at in any case: a card without interrupts has its link polled, and statistics of 32 bits are
 * fetched before they are full.
 *
 *	control thread:  INTx -> ICR (clears) -> IMC, fd written, fired	   lcore, queue empty: fired? -> fd read, IMS
 *
 * A packet that comes between ICR and IMS stands in ICR, and interrupts at once when IMS lets it. A card that interrupts more often
 * than ITR lets a good one has its line left masked until the next look.
 */
#include "e1000.h"

#include "plx_log.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

PLX_LOG_COMPONENT(logger, "pmd.net.e1000");

#define RX_CAUSES     (E1000_INT_RXT0 | E1000_INT_RXDMT0 | E1000_INT_RXO)
#define LINK_CAUSES   (E1000_INT_LSC | E1000_INT_RXSEQ)
#define ITR_8000      488u /* 13.4.18: 8,000 interrupts a second at most */
#define LOOK_EVERY_US 1000000u
#define STORM	      10000u /* between two looks */

/* -- the line (13.4.17 - 13.4.21) -------------------------------------------------------------------------------------- */

static void
wake_sleeper(struct e1000_dev *dev)
{
	if (dev->rxq == NULL || !__atomic_load_n(&dev->rxq->sleeps, __ATOMIC_RELAXED))
		return;
	e1000_write(dev, E1000_IMC, RX_CAUSES);
	eventfd_write(dev->rx_fd, 1);
	__atomic_store_n(&dev->rxq->fired, true, __ATOMIC_RELEASE);
}

/* Under the lock. True if the line may rise again at once. */
static bool
count_irq(struct e1000_dev *dev)
{
	if (++dev->irqs < STORM)
		return true;
	if (dev->irqs == STORM) {
		plx_ethdev_add(&dev->counts[E1000_STORMS], 1);
		plx_log_warn(&logger, "%s: %u interrupts within a second: no more until the next",
			     dev->eth.device->name, STORM);
	}
	return false;
}

static void
on_irq(void *arg)
{
	struct e1000_dev *dev = arg;
	bool changed = false, again, up;
	uint32_t icr;

	pthread_mutex_lock(&dev->lock);
	icr = e1000_read(dev, E1000_ICR);
	if (icr != E1000_GONE && (icr & RX_CAUSES) != 0)
		wake_sleeper(dev);
	if (icr == E1000_GONE || (icr & LINK_CAUSES) != 0)
		changed = e1000_link_look(dev);
	up = dev->link_up;
	again = count_irq(dev) && icr != E1000_GONE; /* else its line may be stuck */
	pthread_mutex_unlock(&dev->lock);
	if (again)
		plx_pci_irq_unmask(dev->pci);
	if (changed)
		plx_ethdev_link_changed(&dev->eth, up);
}

/* -- the look ------------------------------------------------------------------------------------------------------------ */

static void
on_alarm(void *arg)
{
	struct e1000_dev *dev = arg;
	bool changed, up, calm;

	pthread_mutex_lock(&dev->lock);
	changed = e1000_link_look(dev);
	up = dev->link_up;
	calm = dev->irqs < STORM;
	dev->irqs = 0;
	e1000_stats_collect(dev, true);
	pthread_mutex_unlock(&dev->lock);
	if (!calm)
		plx_pci_irq_unmask(dev->pci);
	if (changed)
		plx_ethdev_link_changed(&dev->eth, up);
}

/* -- who sleeps ------------------------------------------------------------------------------------------------------------ */

int
e1000_irq_rx_fd(struct plx_ethdev *eth, void *queue)
{
	struct e1000_dev *dev = e1000_dev(eth);
	struct e1000_rxq *rxq = queue;
	int fd;

	pthread_mutex_lock(&dev->lock);
	fd = dev->running && dev->intx.event == 0 ? -1 : dev->rx_fd;
	if (fd >= 0 && !rxq->sleeps) {
		__atomic_store_n(&rxq->sleeps, true, __ATOMIC_RELAXED);
		if (dev->running)
			e1000_write(dev, E1000_IMS, RX_CAUSES);
	}
	pthread_mutex_unlock(&dev->lock);
	return fd >= 0 ? fd : -ENOTSUP;
}

void
e1000_irq_rearm(struct e1000_rxq *rxq)
{
	eventfd_t times;

	if (!__atomic_exchange_n(&rxq->fired, false, __ATOMIC_ACQUIRE))
		return;
	if (eventfd_read(rxq->dev->rx_fd, &times) == 0 || errno == EAGAIN)
		e1000_write(rxq->dev, E1000_IMS, RX_CAUSES);
}

/* -- life ------------------------------------------------------------------------------------------------------------------ */

void
e1000_irq_start(struct e1000_dev *dev)
{
	struct plx_why why = {""};
	uint32_t causes = LINK_CAUSES;

	dev->link_up = e1000_link_is_up(dev);
	dev->irqs = 0;
	if (plx_pci_intx_watch(dev->pci, on_irq, dev, &dev->intx, &why) != 0)
		plx_log_notice(&logger, "%s: no interrupts, queue and link are polled: %s",
			       dev->eth.device->name, why.text);
	plx_event_alarm_add(LOOK_EVERY_US, LOOK_EVERY_US, on_alarm, dev, &dev->alarm);
	if (dev->intx.event == 0)
		return;
	if (dev->rxq != NULL && __atomic_load_n(&dev->rxq->sleeps, __ATOMIC_RELAXED))
		causes |= RX_CAUSES;
	e1000_write(dev, E1000_ITR, ITR_8000);
	e1000_write(dev, E1000_IMS, causes);
}

void
e1000_irq_forget(struct e1000_dev *dev)
{
	plx_pci_intx_forget(dev->pci, &dev->intx);
	if (dev->alarm != 0)
		plx_event_remove(dev->alarm);
	dev->alarm = 0;
}
