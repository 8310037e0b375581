/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of the transport uio_pci_generic share (Documentation/driver-api/uio-howto.rst). The kernel gives INTx and
 * nothing else; BARs and configuration space come from sysfs, DMA is not translated at all.
 */
#ifndef PLX_EAL_PCI_UIO_PRIV_H
#define PLX_EAL_PCI_UIO_PRIV_H

#include "plx_event.h"
#include "plx_pci_driver.h"

struct plx_uio_bar {
	int fd;		/* resourceN; -1: there is no such BAR */
	size_t map_len; /* what was mapped, from the start of the BAR's page */
	size_t map_off; /* of the BAR in that page */
};

struct plx_uio_device {
	int config; /* fd of the configuration space */
	int fd;	    /* /dev/uioN */
	struct plx_uio_bar bar[PLX_PCI_BARS];
	int irq_fd;	    /* whom we signal; -1: nobody */
	plx_event_id event; /* 0: /dev/uioN is not watched */
};

/* Finds BARs and opens their files; of what is open, close_all closes everything. (uio_bar.c) */
int plx_uio_bars_open(struct plx_pci *pci, const char *address, struct plx_why *why);
void plx_uio_bars_close(struct plx_pci *pci);
int plx_uio_bar_map(struct plx_pci *pci, unsigned bar, struct plx_why *why);
int plx_uio_bar_read(struct plx_pci *pci, unsigned bar, uint64_t off, void *value, unsigned len);
int
plx_uio_bar_write(struct plx_pci *pci, unsigned bar, uint64_t off, const void *value, unsigned len);

/* (uio_irq.c) */
int plx_uio_irq_set(struct plx_pci *pci, enum plx_pci_irq_kind kind, const int *fds, unsigned n,
		    struct plx_why *why);
int plx_uio_irq_unmask(struct plx_pci *pci);

#endif
