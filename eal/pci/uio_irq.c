/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * INTx by uio: reading /dev/uioN tells of interrupts. The control thread reads it and signals the eventfd that the driver
 * gave, so that drivers know one kind of interrupt only. The kernel silences the device on each (command register, bit 10)
 * until it is unmasked, so a level that stays up fires once.
 */
#include "pci/uio_priv.h"

#include "pci/pci_priv.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static void
forward(void *arg, int fd, uint32_t events)
{
	struct plx_uio_device *dev = arg;
	uint64_t one = 1;
	int32_t count;
	ssize_t len = read(fd, &count, sizeof(count));

	if (len == (ssize_t)sizeof(count)) {
		/* A full eventfd has told already. */
		if (write(dev->irq_fd, &one, sizeof(one)) < 0)
			return;
	} else if (len >= 0 || (errno != EAGAIN && errno != EINTR)) {
		/* Unplugged: it would be readable forever. */
		plx_event_remove(dev->event);
	}
}

static void
disable(struct plx_pci *pci)
{
	struct plx_uio_device *dev = pci->handle;

	plx_pci_intx_enable(pci, false);
	if (dev->event != 0)
		plx_event_remove(dev->event);
	dev->event = 0;
	dev->irq_fd = -1;
}

int
plx_uio_irq_set(struct plx_pci *pci, enum plx_pci_irq_kind kind, const int *fds, unsigned n,
		struct plx_why *why)
{
	struct plx_uio_device *dev = pci->handle;
	int ret;

	disable(pci);
	if (kind == PLX_PCI_IRQ_NONE || n == 0 || fds[0] < 0)
		return 0;
	if (kind != PLX_PCI_IRQ_INTX || n > 1)
		return plx_why(why, -ENOTSUP,
			       "uio_pci_generic has one interrupt, INTx; for MSI-X bind the device "
			       "to vfio-pci");
	dev->irq_fd = fds[0];
	ret = plx_event_fd_add(dev->fd, EPOLLIN, forward, dev, &dev->event);
	if (ret == 0)
		ret = plx_pci_intx_enable(pci, true);
	if (ret != 0) {
		disable(pci);
		return plx_why(why, ret, "INTx cannot be enabled: %s", strerror(-ret));
	}
	return 0;
}

int
plx_uio_irq_unmask(struct plx_pci *pci)
{
	const struct plx_uio_device *dev = pci->handle;

	return dev->irq_fd >= 0 ? plx_pci_intx_enable(pci, true) : 0;
}
