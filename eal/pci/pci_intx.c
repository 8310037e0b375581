/* SPDX-License-Identifier: BSD-3-Clause */
/* INTx as an event of the control thread, for drivers with one line for everything. */
#include "plx_pci_driver.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void
on_readable(void *arg, int fd, uint32_t events)
{
	const struct plx_pci_intx *intx = arg;
	eventfd_t times;

	if (eventfd_read(fd, &times) == 0)
		intx->fn(intx->arg);
}

void
plx_pci_intx_forget(struct plx_pci *pci, struct plx_pci_intx *intx)
{
	if (intx->event == 0)
		return;
	plx_pci_irq_set(pci, PLX_PCI_IRQ_NONE, NULL, 0, NULL);
	plx_event_remove(intx->event);
	close(intx->fd);
	*intx = (struct plx_pci_intx){0};
}

int
plx_pci_intx_watch(struct plx_pci *pci, plx_pci_intx_fn fn, void *arg, struct plx_pci_intx *intx,
		   struct plx_why *why)
{
	int ret;

	*intx = (struct plx_pci_intx){.fn = fn, .arg = arg};
	intx->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (intx->fd < 0)
		return plx_why(why, -errno, "eventfd: %s", strerror(errno));
	ret = plx_event_fd_add(intx->fd, EPOLLIN, on_readable, intx, &intx->event);
	if (ret != 0) {
		close(intx->fd);
		return plx_why(why, ret, "the interrupt's fd cannot be watched: %s",
			       strerror(-ret));
	}
	ret = plx_pci_irq_set(pci, PLX_PCI_IRQ_INTX, &intx->fd, 1, why);
	if (ret != 0)
		plx_pci_intx_forget(pci, intx);
	return ret;
}
