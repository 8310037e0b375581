/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the card tells by itself, over INTx: its link, to the control thread, and packets, to who sleeps on the queue's fd.
 * Once a second it is looked at in any case: a card without interrupts has its link polled, and statistics of 32 bits are
 * fetched before they are full.
 *
 *	control thread:  INTx -> ICR (clears) -> IMC, fd written, fired	   lcore, queue empty: fired? -> fd read, IMS
 *
 * A packet that comes between ICR and IMS stands in ICR, and interrupts at once when IMS lets it.
 */
#include "e1000.h"

#include "plx_log.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

PLX_LOG_COMPONENT(logger, "pmd.net.e1000");

#define RX_CAUSES     (E1000_INT_RXT0 | E1000_INT_RXDMT0 | E1000_INT_RXO)
#define LINK_CAUSES   (E1000_INT_LSC | E1000_INT_RXSEQ)
#define ITR_8000      488u /* 13.4.18: 8,000 interrupts a second at most */
#define LOOK_EVERY_US 1000000u

/* -- the link ------------------------------------------------------------------------------------------------------------ */

static bool
is_up(uint32_t status)
{
	return status != E1000_GONE && (status & E1000_STATUS_LU) != 0;
}

/* True if it changed. Under the lock. */
static bool
look_at_link(struct e1000_dev *dev)
{
	const bool up = is_up(e1000_read(dev, E1000_STATUS));

	if (up == dev->link_up)
		return false;
	dev->link_up = up;
	plx_ethdev_add(&dev->counts[E1000_LINK_CHANGES], 1);
	if (up)
		e1000_hw_flow(dev);
	return true;
}

/* 13.4.2 */
int
e1000_irq_link(struct plx_ethdev *eth, struct plx_ethdev_link *ret_link)
{
	static const uint32_t speeds[] = {10, 100, 1000, 1000};
	struct e1000_dev *dev = e1000_dev(eth);
	uint32_t status;

	pthread_mutex_lock(&dev->lock);
	status = e1000_read(dev, E1000_STATUS);
	pthread_mutex_unlock(&dev->lock);
	*ret_link = (struct plx_ethdev_link){.autoneg = true, .up = is_up(status)};
	if (!ret_link->up)
		return 0;
	ret_link->speed_mbps = speeds[status >> E1000_STATUS_SPEED_SHIFT & E1000_STATUS_SPEED_MASK];
	ret_link->full_duplex = (status & E1000_STATUS_FD) != 0;
	return 0;
}

/* -- interrupts (13.4.17 - 13.4.21) ------------------------------------------------------------------------------------------ */

static void
wake_sleeper(struct e1000_dev *dev)
{
	if (dev->rxq == NULL || !__atomic_load_n(&dev->rxq->sleeps, __ATOMIC_RELAXED))
		return;
	e1000_write(dev, E1000_IMC, RX_CAUSES);
	eventfd_write(dev->rx_fd, 1);
	__atomic_store_n(&dev->rxq->fired, true, __ATOMIC_RELEASE);
}

static void
on_irq(void *arg, int fd, uint32_t events)
{
	struct e1000_dev *dev = arg;
	bool changed = false, up;
	eventfd_t times;
	uint32_t icr;

	if (eventfd_read(fd, &times) != 0)
		return;
	pthread_mutex_lock(&dev->lock);
	icr = e1000_read(dev, E1000_ICR);
	if (icr != E1000_GONE && (icr & RX_CAUSES) != 0)
		wake_sleeper(dev);
	if (icr == E1000_GONE || (icr & LINK_CAUSES) != 0)
		changed = look_at_link(dev);
	up = dev->link_up;
	pthread_mutex_unlock(&dev->lock);
	if (icr != E1000_GONE) /* else its line may be stuck */
		plx_pci_irq_unmask(dev->pci);
	if (changed)
		plx_ethdev_link_changed(&dev->eth, up);
}

static void
on_alarm(void *arg)
{
	struct e1000_dev *dev = arg;
	bool changed, up;

	pthread_mutex_lock(&dev->lock);
	changed = look_at_link(dev);
	up = dev->link_up;
	e1000_stats_collect(dev, true);
	pthread_mutex_unlock(&dev->lock);
	if (changed)
		plx_ethdev_link_changed(&dev->eth, up);
}

int
e1000_irq_rx_fd(struct plx_ethdev *eth, void *queue)
{
	struct e1000_dev *dev = e1000_dev(eth);
	struct e1000_rxq *rxq = queue;
	int fd;

	pthread_mutex_lock(&dev->lock);
	fd = dev->running && !dev->interrupts ? -1 : dev->rx_fd;
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

static int
watch_irq(struct e1000_dev *dev, struct plx_why *why)
{
	int ret;

	dev->irq_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (dev->irq_fd < 0)
		return plx_why(why, -errno, "no eventfd");
	ret = plx_event_fd_add(dev->irq_fd, EPOLLIN, on_irq, dev, &dev->irq_event);
	if (ret != 0)
		return plx_why(why, ret, "the interrupt's fd cannot be watched");
	return plx_pci_irq_set(dev->pci, PLX_PCI_IRQ_INTX, &dev->irq_fd, 1, why);
}

void
e1000_irq_start(struct e1000_dev *dev)
{
	struct plx_why why = {""};
	uint32_t causes = LINK_CAUSES;

	dev->link_up = is_up(e1000_read(dev, E1000_STATUS));
	dev->interrupts = watch_irq(dev, &why) == 0;
	if (!dev->interrupts)
		plx_log_notice(&logger, "%s: no interrupts, queue and link are polled: %s",
			       dev->eth.device->name, why.text);
	plx_event_alarm_add(LOOK_EVERY_US, LOOK_EVERY_US, on_alarm, dev, &dev->alarm);
	if (!dev->interrupts)
		return;
	if (dev->rxq != NULL && __atomic_load_n(&dev->rxq->sleeps, __ATOMIC_RELAXED))
		causes |= RX_CAUSES;
	e1000_write(dev, E1000_ITR, ITR_8000);
	e1000_write(dev, E1000_IMS, causes);
}

void
e1000_irq_forget(struct e1000_dev *dev)
{
	if (dev->interrupts)
		plx_pci_irq_set(dev->pci, PLX_PCI_IRQ_NONE, NULL, 0, NULL);
	if (dev->irq_event != 0)
		plx_event_remove(dev->irq_event);
	if (dev->alarm != 0)
		plx_event_remove(dev->alarm);
	if (dev->irq_fd >= 0)
		close(dev->irq_fd);
	dev->irq_event = dev->alarm = 0;
	dev->irq_fd = -1;
	dev->interrupts = false;
}
