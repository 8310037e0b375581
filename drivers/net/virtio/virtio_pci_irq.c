/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interrupts of a PCI device. With MSI-X each fd has a vector of its own. With INTx there is one line for everything: the
 * control thread takes it, asks the ISR register what it was and passes it on.
 *
 *	INTx -----------> control thread: ISR? --> fds[0] configuration
 *				  |		  +--> fds[1 ...] every queue that has one
 *				  +-- unmask
 */
#include "virtio_pci.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>

uint16_t
virtio_pci_vector(const struct virtio_pci *vp, unsigned i)
{
	return vp->irq == PLX_PCI_IRQ_MSIX && i < vp->nb_fds ? vp->vectors[i]
							     : VIRTIO_MSIX_NO_VECTOR;
}

int
virtio_pci_fd(const struct virtio_pci *vp, unsigned i)
{
	return i < vp->nb_fds ? vp->fds[i] : -1;
}

/* Full counters stay readable: that one more did not fit is no loss. */
static void
signal_fd(int fd)
{
	if (fd >= 0)
		eventfd_write(fd, 1);
}

static void
on_intx(void *arg)
{
	const struct virtio_pci *vp = arg;
	uint8_t isr;

	isr = plx_pci_read8(&vp->isr, 0); /* reading lowers the line (4.1.4.5) */
	if ((isr & VIRTIO_ISR_CONFIG) != 0)
		signal_fd(vp->fds[0]);
	for (unsigned i = 1; (isr & VIRTIO_ISR_QUEUE) != 0 && i < vp->nb_fds; i++)
		signal_fd(vp->fds[i]);
	plx_pci_irq_unmask(vp->pci);
}

static int
set_msix(struct virtio_pci *vp, struct plx_why *why)
{
	int fds[VIRTIO_PCI_FDS_MAX];
	unsigned n = 0;

	for (unsigned i = 0; i < vp->nb_fds; i++) {
		vp->vectors[i] = vp->fds[i] >= 0 ? (uint16_t)n : VIRTIO_MSIX_NO_VECTOR;
		if (vp->fds[i] >= 0)
			fds[n++] = vp->fds[i];
	}
	return plx_pci_irq_set(vp->pci, PLX_PCI_IRQ_MSIX, fds, n, why);
}

static int
set_intx(struct virtio_pci *vp, struct plx_why *why)
{
	if (vp->isr.len == 0)
		return plx_why(why, -ENOTSUP, "the device has no ISR register");
	return plx_pci_intx_watch(vp->pci, on_intx, vp, &vp->intx, why);
}

static void
take_back(struct virtio_pci *vp)
{
	plx_pci_irq_set(vp->pci, PLX_PCI_IRQ_NONE, NULL, 0, NULL);
	plx_pci_intx_forget(vp->pci, &vp->intx);
	vp->nb_fds = 0;
	vp->irq = PLX_PCI_IRQ_NONE;
}

int
virtio_pci_set_vector(struct virtio_pci *vp, uint64_t off, uint16_t vector, struct plx_why *why)
{
	if (vp->irq != PLX_PCI_IRQ_MSIX)
		return 0;
	plx_pci_write16(&vp->common, off, vector);
	if (plx_pci_read16(&vp->common, off) == vector)
		return 0;
	return plx_why(why, -EIO, "the device does not take interrupt vector %u", vector);
}

static int
set_up(struct virtio_pci *vp, const int *fds, unsigned n, struct plx_why *why)
{
	int ret;

	if (n > VIRTIO_PCI_FDS_MAX)
		return -EINVAL;
	memcpy(vp->fds, fds, n * sizeof(*fds));
	vp->nb_fds = n;
	ret = set_msix(vp, why);
	if (ret == 0) {
		vp->irq = PLX_PCI_IRQ_MSIX;
		return 0;
	}
	if (vp->pci->intx)
		ret = set_intx(vp, why);
	if (ret == 0)
		vp->irq = PLX_PCI_IRQ_INTX;
	return ret;
}

int
virtio_pci_irq_set(struct virtio_dev *dev, const int *fds, unsigned n, uint64_t config_off,
		   struct plx_why *why)
{
	struct virtio_pci *vp = virtio_pci(dev);
	int ret;

	take_back(vp);
	if (n == 0)
		return 0;
	ret = set_up(vp, fds, n, why);
	if (ret == 0)
		ret = virtio_pci_set_vector(vp, config_off, virtio_pci_vector(vp, 0), why);
	if (ret != 0)
		take_back(vp);
	return ret;
}
