/* SPDX-License-Identifier: BSD-3-Clause */
/* Interrupts over vfio: the kernel signals eventfds. */
#include "pci/vfio_priv.h"

#include <errno.h>
#include <string.h>

/* A request with room for an eventfd a vector. */
union irq_request {
	struct vfio_irq_set set;
	uint8_t room[sizeof(struct vfio_irq_set) + PLX_PCI_VECTORS_MAX * sizeof(int32_t)];
};

unsigned
plx_vfio_irqs_of(int device, unsigned index)
{
	struct vfio_irq_info info = {.argsz = sizeof(info), .index = index};

	if (plx_vfio_ioctl(device, VFIO_DEVICE_GET_IRQ_INFO, &info) != 0 ||
	    (info.flags & VFIO_IRQ_INFO_EVENTFD) == 0)
		return 0;
	return info.count;
}

void
plx_vfio_irq_count(struct plx_pci *pci)
{
	const struct plx_vfio_device *dev = pci->handle;
	unsigned msix = plx_vfio_irqs_of(dev->fd, VFIO_PCI_MSIX_IRQ_INDEX);

	pci->intx = plx_vfio_irqs_of(dev->fd, VFIO_PCI_INTX_IRQ_INDEX) > 0;
	pci->msix_vectors = (uint16_t)(msix < UINT16_MAX ? msix : UINT16_MAX);
}

static unsigned
index_of(enum plx_pci_irq_kind kind)
{
	return kind == PLX_PCI_IRQ_MSIX ? VFIO_PCI_MSIX_IRQ_INDEX : VFIO_PCI_INTX_IRQ_INDEX;
}

/* One without data, on all vectors of the kind: n 0 disables them. */
static int
act(const struct plx_vfio_device *dev, enum plx_pci_irq_kind kind, uint32_t action, unsigned n)
{
	struct vfio_irq_set set = {.argsz = sizeof(set),
				   .flags = VFIO_IRQ_SET_DATA_NONE | action,
				   .index = index_of(kind),
				   .count = n};

	return plx_vfio_ioctl(dev->fd, VFIO_DEVICE_SET_IRQS, &set) == 0 ? 0 : -errno;
}

static int
enable(const struct plx_vfio_device *dev, enum plx_pci_irq_kind kind, const int *fds, unsigned n)
{
	union irq_request request = {
		.set = {
			.argsz = sizeof(request.set) + n * sizeof(int32_t),
			.flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
			.index = index_of(kind),
			.count = n,
		}};

	memcpy(request.room + sizeof(request.set), fds, n * sizeof(*fds));
	return plx_vfio_ioctl(dev->fd, VFIO_DEVICE_SET_IRQS, &request) == 0 ? 0 : -errno;
}

/* The number of MSI-X vectors cannot change while they are enabled: off first, always. */
int
plx_vfio_irq_set(struct plx_pci *pci, enum plx_pci_irq_kind kind, const int *fds, unsigned n,
		 struct plx_why *why)
{
	struct plx_vfio_device *dev = pci->handle;
	int ret;

	if (dev->irq_kind != PLX_PCI_IRQ_NONE)
		act(dev, dev->irq_kind, VFIO_IRQ_SET_ACTION_TRIGGER, 0);
	dev->irq_kind = PLX_PCI_IRQ_NONE;
	if (kind == PLX_PCI_IRQ_NONE || n == 0)
		return 0;
	if (n > PLX_PCI_VECTORS_MAX)
		return plx_why(why, -EINVAL, "%u interrupts; %u are possible", n,
			       PLX_PCI_VECTORS_MAX);
	ret = enable(dev, kind, fds, n);
	if (ret != 0)
		return plx_why(why, ret, "%u interrupts (%s) cannot be enabled: %s", n,
			       kind == PLX_PCI_IRQ_MSIX ? "MSI-X" : "INTx", strerror(-ret));
	dev->irq_kind = kind;
	return 0;
}

int
plx_vfio_irq_unmask(struct plx_pci *pci)
{
	const struct plx_vfio_device *dev = pci->handle;

	/* MSI-X is not masked by firing. */
	if (dev->irq_kind != PLX_PCI_IRQ_INTX)
		return 0;
	return act(dev, PLX_PCI_IRQ_INTX, VFIO_IRQ_SET_ACTION_UNMASK, 1);
}
