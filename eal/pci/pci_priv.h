/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of eal/pci share. */
#ifndef PLX_EAL_PCI_PCI_PRIV_H
#define PLX_EAL_PCI_PCI_PRIV_H

#include "plx_pci_driver.h"

/* The transports of real devices; names are those of the kernel drivers that hold them. */
extern const struct plx_pci_transport plx_pci_vfio, plx_pci_uio;

/* Of devices in other programs: "vfio-user:<path of a socket>". */
extern const struct plx_pci_transport plx_pci_vfio_user;

/*
 * Has the device answer to accesses of the BARs whose size is set, and tells which of them are I/O ports. -EIO if it does not
 * answer. For a transport's open.
 */
int plx_pci_bars_enable(struct plx_pci *pci, struct plx_why *why);

/* Lets the device pull its INTx line, or not, whatever else is set. */
int plx_pci_intx_enable(struct plx_pci *pci, bool on);

/* Forgets those that were added. */
void plx_pci_transports_forget(void);

/*
 * The transport for devices that this kernel driver holds; NULL if there is none. One that was added under the name goes
 * before ours.
 */
const struct plx_pci_transport *plx_pci_transport_find(const char *kernel_driver);

/* The driver that takes devices of these ids; NULL if there is none. */
const struct plx_driver *plx_pci_driver_of(uint16_t vendor, uint16_t device);

#endif
