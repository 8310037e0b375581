/* SPDX-License-Identifier: BSD-3-Clause */
/* Interrupts over vfio-user: the server signals eventfds that it is sent. */
#include "pci/vfio_user_priv.h"

#include <errno.h>
#include <string.h>

static int
count(struct plx_vfio_user *dev, enum vfio_user_irq index, uint32_t *ret_count)
{
	const struct vfio_user_irq_info asked = {.argsz = sizeof(asked), .index = index};
	struct vfio_user_irq_info info;
	struct plx_vfio_user_call call = {.command = VFIO_USER_DEVICE_GET_IRQ_INFO,
					  .head = {&asked, sizeof(asked)},
					  .reply = &info,
					  .reply_len = sizeof(info)};
	int ret = plx_vfio_user_call(dev, &call);

	*ret_count = ret == 0 && (info.flags & VFIO_USER_IRQ_EVENTFD) != 0 ? info.count : 0;
	return ret == -EIO ? ret : 0;
}

int
plx_vfio_user_irq_count(struct plx_pci *pci, struct plx_why *why)
{
	struct plx_vfio_user *dev = pci->handle;
	uint32_t intx = 0, msix = 0;
	int ret = count(dev, VFIO_USER_IRQ_INTX, &intx);

	if (ret == 0)
		ret = count(dev, VFIO_USER_IRQ_MSIX, &msix);
	pci->intx = intx > 0;
	pci->msix_vectors = (uint16_t)(msix < UINT16_MAX ? msix : UINT16_MAX);
	return ret == 0 ? 0 : plx_why(why, ret, "the server does not tell of interrupts");
}

static int
set(struct plx_vfio_user *dev, enum plx_pci_irq_kind kind, uint32_t flags, unsigned start,
    unsigned n, const int *fds, unsigned nb_fds)
{
	const struct vfio_user_irq_set asked = {
		.argsz = sizeof(asked),
		.flags = flags,
		.index = kind == PLX_PCI_IRQ_MSIX ? VFIO_USER_IRQ_MSIX : VFIO_USER_IRQ_INTX,
		.start = start,
		.count = n};
	struct plx_vfio_user_call call = {.command = VFIO_USER_DEVICE_SET_IRQS,
					  .head = {&asked, sizeof(asked)},
					  .fds = fds,
					  .nb_fds = nb_fds};

	return plx_vfio_user_call(dev, &call);
}

static int
disable(struct plx_vfio_user *dev)
{
	enum plx_pci_irq_kind kind = dev->irq_kind;

	dev->irq_kind = PLX_PCI_IRQ_NONE;
	if (kind == PLX_PCI_IRQ_NONE)
		return 0;
	return set(dev, kind, VFIO_USER_SET_NONE | VFIO_USER_SET_TRIGGER, 0, 0, NULL, 0);
}

/* Runs of vectors that have eventfds, as many in a message as the server takes; the others have none since disable(). */
static int
enable(struct plx_vfio_user *dev, enum plx_pci_irq_kind kind, const int *fds, unsigned n)
{
	const unsigned most = dev->peer.max_msg_fds < VFIO_USER_FDS_MAX
				      ? (unsigned)dev->peer.max_msg_fds
				      : VFIO_USER_FDS_MAX;
	int ret = most > 0 ? 0 : -ENOTSUP;

	dev->irq_kind = kind;
	for (unsigned i = 0; i < n && ret == 0;) {
		unsigned run = 0;

		while (run < most && i + run < n && fds[i + run] >= 0)
			run++;
		if (run > 0)
			ret = set(dev, kind, VFIO_USER_SET_EVENTFD | VFIO_USER_SET_TRIGGER, i, run,
				  fds + i, run);
		i += run > 0 ? run : 1;
	}
	return ret;
}

int
plx_vfio_user_irq_set(struct plx_pci *pci, enum plx_pci_irq_kind kind, const int *fds, unsigned n,
		      struct plx_why *why)
{
	struct plx_vfio_user *dev = pci->handle;
	int ret = disable(dev);

	if (n == 0)
		return 0;
	if (ret == 0)
		ret = enable(dev, kind, fds, n);
	if (ret == 0)
		return 0;
	disable(dev);
	return plx_why(why, ret, "the server does not take %u interrupts: %s", n, strerror(-ret));
}

int
plx_vfio_user_irq_unmask(struct plx_pci *pci)
{
	return set(pci->handle, PLX_PCI_IRQ_INTX, VFIO_USER_SET_NONE | VFIO_USER_SET_UNMASK, 0, 1,
		   NULL, 0);
}
