/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A virtio device on the PCI bus: which windows of which BARs its registers are, and its interrupts. Modern devices say it
 * in capabilities (4.1.4), legacy ones have everything in BAR 0 (4.1.4.10); what differs is in virtio_modern.c and
 * virtio_legacy.c.
 */
#ifndef PLX_DRIVERS_NET_VIRTIO_VIRTIO_PCI_H
#define PLX_DRIVERS_NET_VIRTIO_VIRTIO_PCI_H

#include "virtio.h"

#include "plx_pci_driver.h"

#define VIRTIO_PCI_FDS_MAX (1 + 2 * VIRTIO_PAIRS_MAX) /* configuration, then the queues */

struct virtio_pci {
	struct plx_pci *pci;
	struct plx_pci_window common; /* legacy: the whole of BAR 0 */
	struct plx_pci_window notify;
	struct plx_pci_window isr;    /* len 0: none */
	struct plx_pci_window config; /* len 0: none; legacy: see virtio_legacy.c */
	uint32_t notify_multiplier;

	/* virtio_pci_irq.c */
	enum plx_pci_irq_kind irq;
	unsigned nb_fds;
	int fds[VIRTIO_PCI_FDS_MAX];	      /* as given to irq_set: whom INTx is passed on to */
	uint16_t vectors[VIRTIO_PCI_FDS_MAX]; /* in the same order; VIRTIO_MSIX_NO_VECTOR */
	struct plx_pci_intx intx;
};

static inline struct virtio_pci *
virtio_pci(const struct virtio_dev *dev)
{
	return dev->transport_data;
}

extern const struct virtio_transport virtio_modern, virtio_legacy;

/*
 * Finds the registers of an open device and with it the transport: modern where the capabilities are good, else legacy, or
 * legacy at once if the user says so. The device may lie about everything. Fills vp. -ENODEV: it is neither.
 */
int virtio_pci_find(struct plx_pci *pci, bool legacy, struct virtio_pci *vp,
		    const struct virtio_transport **ret_transport, struct plx_why *why);

/* Bytes of a window by accesses as wide as the fields (4.1.3.1). -ERANGE beyond its end, -EIO no device. */
int virtio_pci_load(const struct plx_pci_window *w, uint64_t off, void *to, unsigned len);
int virtio_pci_store(const struct plx_pci_window *w, uint64_t off, const void *from, unsigned len);

/* The status register at `off` of the common window, in either set of registers. As in struct virtio_transport. */
int virtio_pci_status(struct virtio_dev *dev, uint64_t off, uint8_t *ret_status);
int virtio_pci_set_status(struct virtio_dev *dev, uint64_t off, uint8_t status);

/*
 * What both transports' irq_set is: MSI-X with a vector for each fd, else INTx passed on; -ENOTSUP. The vector of the
 * configuration goes into the register at `config_off`.
 */
int virtio_pci_irq_set(struct virtio_dev *dev, const int *fds, unsigned n, uint64_t config_off,
		       struct plx_why *why);
/* With MSI-X: 4.1.5.1.2.1, a vector counts as taken only if it reads back. */
int
virtio_pci_set_vector(struct virtio_pci *vp, uint64_t off, uint16_t vector, struct plx_why *why);
/* The vector of the configuration (0) or of queue i (1 + i), and the fd that it ends in; -1: none. */
int virtio_pci_fd(const struct virtio_pci *vp, unsigned i);
uint16_t virtio_pci_vector(const struct virtio_pci *vp, unsigned i);

/* Takes the device off the bus's memory. */
void virtio_pci_cut(struct virtio_dev *dev);

#endif
